/* csv_text.h: CSV in a string, in and out, for tests. */
#ifndef TESTS_SUPPORT_CSV_TEXT_H
#define TESTS_SUPPORT_CSV_TEXT_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/options.h"
#include "base/text.h"
#include "data/csv.h"
#include "data/table.h"
#include "persona/types.h"

static inline persona_params *csv_params(const char *options)
{
    persona_params *params;
    persona_error error;
    if (options == NULL) return NULL;
    assert_int_equal(psn_params_new(&params, &psn_csv_schema, &error), PERSONA_OK);
    if (psn_params_parse(params, options, &error) != PERSONA_OK)
        fail_msg("%s", error.message);
    return params;
}

static inline int csv_try(persona_table **out, const char *bytes, size_t size,
                          const char *options, persona_error *error)
{
    persona_params *params = csv_params(options);
    memset(error, 0, sizeof *error);
    int rc = psn_csv_from_bytes(out, bytes, size, params, NULL, error);
    psn_params_free(params);
    return rc;
}

/* A table that must come out. */
static inline persona_table *csv_table(const char *text, const char *options)
{
    persona_table *table;
    persona_error error;
    int rc = csv_try(&table, text, strlen(text), options, &error);
    if (rc != PERSONA_OK) fail_msg("%s", error.message);
    return table;
}

/* Reading must fail with this code, place and message. */
static inline void csv_refused(const char *text, const char *options, int code,
                               int64_t where, const char *message)
{
    persona_table *table;
    persona_error error;
    assert_int_equal(csv_try(&table, text, strlen(text), options, &error), code);
    assert_null(table);
    assert_string_equal(error.message, message);
    assert_int_equal(error.code, code);
    assert_int_equal(error.where, where);
}

/* The table as CSV equals the text. */
static inline void csv_is(const persona_table *table, const char *options,
                          const char *expected)
{
    persona_params *params = csv_params(options);
    psn_text out = {0};
    persona_error error;
    int rc = psn_csv_to_text(&out, table, params, &error);
    if (rc != PERSONA_OK) fail_msg("%s", error.message);
    psn_text_append(&out, "", 0);
    assert_string_equal(out.bytes, expected);
    psn_text_free(&out);
    psn_params_free(params);
}

/* Reads and frees: the table reads as this CSV. */
static inline void csv_reads_as(const char *text, const char *options,
                                const char *expected)
{
    persona_table *table = csv_table(text, options);
    csv_is(table, NULL, expected);
    psn_table_free(table);
}

static inline int csv_type(const persona_table *table, int64_t column)
{
    return psn_table_column(table, column)->type;
}

static inline int64_t csv_int(const persona_table *table, int64_t column, int64_t row)
{
    assert_int_equal(csv_type(table, column), PERSONA_TYPE_INT);
    return ((int64_t *)table->columns[column].values)[row];
}

static inline double csv_real(const persona_table *table, int64_t column, int64_t row)
{
    assert_int_equal(csv_type(table, column), PERSONA_TYPE_REAL);
    return ((double *)table->columns[column].values)[row];
}

static inline int64_t csv_time(const persona_table *table, int64_t column, int64_t row)
{
    assert_int_equal(csv_type(table, column), PERSONA_TYPE_TIME);
    return ((int64_t *)table->columns[column].values)[row];
}

static inline int csv_missing(const persona_table *table, int64_t column, int64_t row)
{
    return psn_column_missing(&table->columns[column], row);
}

/* A text equals this one. */
static inline void csv_says(const persona_table *table, int64_t column, int64_t row,
                            const char *expected)
{
    const char *bytes;
    int64_t length;
    psn_column_text(&table->columns[column], row, &bytes, &length);
    assert_non_null(bytes);
    assert_int_equal(length, strlen(expected));
    assert_memory_equal(bytes, expected, strlen(expected));
}

#endif
