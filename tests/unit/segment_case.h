/* segment_case.h: a segmenter of a few lines of CSV, and what is in its tables. */
#ifndef TESTS_SEGMENT_CASE_H
#define TESTS_SEGMENT_CASE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>
#include "shop/segment/segment.h"
#include "support/csv_text.h"

static inline int fit_table(persona_segmenter **out, const persona_table *table,
                            const char *options, persona_error *error)
{
    persona_params *params = NULL;
    int rc = psn_params_new(&params, &psn_segment_fit_schema, error);
    if (rc == PERSONA_OK) rc = psn_params_parse(params, options, error);
    if (rc == PERSONA_OK) rc = psn_segment_fit(out, table, params, NULL, error);
    psn_params_free(params);
    return rc;
}

static inline persona_segmenter *fit_of(const char *csv, const char *options)
{
    persona_segmenter *model = NULL;
    persona_error error = {0};
    persona_table *table = csv_table(csv, NULL);
    if (fit_table(&model, table, options, &error)) fail_msg("%s", error.message);
    psn_table_free(table);
    return model;
}

/* The code of a fit that must fail; its message has `words`. */
static inline int fit_fails(const char *csv, const char *options, const char *words)
{
    persona_segmenter *model = NULL;
    persona_error error = {0};
    persona_table *table = csv_table(csv, NULL);
    const int rc = fit_table(&model, table, options, &error);
    assert_null(model);
    assert_non_null(strstr(error.message, words));
    psn_table_free(table);
    return rc;
}

static inline void drop(persona_segmenter *model)
{
    psn_model_free(&model->base);
}

static inline persona_table *part_of(const persona_segmenter *model, const char *part)
{
    persona_table *table = NULL;
    persona_error error = {0};
    if (psn_segment_kind.part(&table, &model->base, part, &error))
        fail_msg("%s", error.message);
    return table;
}

static inline const psn_column *column_of(const persona_table *table, const char *name)
{
    const psn_column *column = psn_table_column(table, psn_table_find(table, name));
    if (column == NULL) fail_msg("no column %s", name);
    return column;
}

static inline double number_at(const persona_table *table, const char *name, int64_t row)
{
    return psn_column_number(column_of(table, name), row);
}

static inline int text_is(const persona_table *table, const char *name, int64_t row,
                          const char *expected)
{
    const char *text;
    int64_t length;
    psn_column_text(column_of(table, name), row, &text, &length);
    return text && (size_t)length == strlen(expected) &&
           memcmp(text, expected, (size_t)length) == 0;
}

/* The count of the first note with that code; -1 = there is none. */
static inline int64_t note_count(const persona_segmenter *model, const char *code)
{
    for (int64_t i = 0; i < model->base.notes->rows; i++)
        if (text_is(model->base.notes, "code", i, code))
            return (int64_t)number_at(model->base.notes, "count", i);
    return -1;
}

static inline int near(double a, double b)
{
    return fabs(a - b) <= 1e-12 * (1 + fabs(b));
}

#define ASSERT_NEAR(a, b) assert_true(near(a, b))

#endif
