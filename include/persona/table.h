/* table.h: named columns, the one noun for data that goes in and results that come out.
 *
 * A table is built by one thread; when it is complete, any number of threads may read it.
 * Every column has the same number of rows: the first column added to an empty table sets
 * it. Column names are unique, not empty, and at most 255 bytes. */
#ifndef PERSONA_TABLE_H
#define PERSONA_TABLE_H

#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

PERSONA_API int persona_table_new(persona_table **out, persona_error *error);
PERSONA_API void persona_table_free(persona_table *table);

/* Reads a CSV file (RFC 4180; also .gz, found by content). Options: schema "csv".
 * Separator, header, decimal comma, and the type of each column are detected over the
 * whole file; options override. A bad row is PERSONA_EDATA with the line in `where`, or
 * is skipped and counted with bad_rows=skip (persona_table_skipped). BATCH */
PERSONA_API int persona_table_read_csv(persona_table **out, const char *path,
                                       const persona_params *csv, persona_task *task,
                                       persona_error *error);
/* The same from memory. */
PERSONA_API int persona_table_from_csv(persona_table **out, const void *bytes,
                                       int64_t size, const persona_params *csv,
                                       persona_task *task, persona_error *error);
/* Bad rows that the reading of this table left out. */
PERSONA_API int64_t persona_table_skipped(const persona_table *table);

/* CSV of the whole table: header, then rows; reals in the shortest form that reads back
 * equal, times as 2017-01-31T12:00:00Z, missing as nothing. */
PERSONA_API int persona_table_to_csv(persona_buffer **out, const persona_table *table,
                                     const persona_params *csv, persona_error *error);
/* Writes it to a file, gzipped when the path ends in .gz; replaces the file at once or
 * leaves the old one. */
PERSONA_API int persona_table_write_csv(const persona_table *table, const char *path,
                                        const persona_params *csv, persona_task *task,
                                        persona_error *error);

/* The Arrow C stream interface (arrow.apache.org): pandas, polars, DuckDB and others give
 * and take it. The struct is defined by the host, as Arrow's page shows it. */
struct ArrowArrayStream;
/* All chunks of the stream as one table, copied; the stream is released in any case.
 * Integers, floats, bools, utf8, dictionaries of them, dates and timestamps; another type
 * is PERSONA_EDATA. BATCH */
PERSONA_API int persona_table_from_arrow(persona_table **out,
                                         struct ArrowArrayStream *stream,
                                         persona_error *error);
/* The table as a stream of one chunk, without a copy: the stream and its arrays hold on
 * to the table, which can be freed but no longer be changed until they are released. On
 * success the caller releases the stream. */
PERSONA_API int persona_table_to_arrow(struct ArrowArrayStream *out,
                                       const persona_table *table, persona_error *error);

/* Add a column of `rows` values, copied. valid: one byte a row, 0 = missing, or NULL. */
PERSONA_API int persona_table_add_int(persona_table *table, const char *name,
                                      const int64_t *values, const uint8_t *valid,
                                      int64_t rows, persona_error *error);
PERSONA_API int persona_table_add_real(persona_table *table, const char *name,
                                       const double *values, int64_t rows,
                                       persona_error *error);
PERSONA_API int persona_table_add_real32(persona_table *table, const char *name,
                                         const float *values, int64_t rows,
                                         persona_error *error);
PERSONA_API int persona_table_add_bool(persona_table *table, const char *name,
                                       const uint8_t *values, const uint8_t *valid,
                                       int64_t rows, persona_error *error);
PERSONA_API int persona_table_add_time(persona_table *table, const char *name,
                                       const int64_t *ms, const uint8_t *valid,
                                       int64_t rows, persona_error *error);
/* Row i is bytes[offsets[i] .. offsets[i + 1]); offsets has rows + 1 entries, the first
 * is 0 and none is smaller than the one before. */
PERSONA_API int persona_table_add_text(persona_table *table, const char *name,
                                       const char *bytes, const int64_t *offsets,
                                       const uint8_t *valid, int64_t rows,
                                       persona_error *error);
/* Text by number: row i is level codes[i] (0 .. levels - 1; -1 = missing) of the
 * dictionary in bytes and offsets (levels + 1 entries, as above). */
PERSONA_API int persona_table_add_codes(persona_table *table, const char *name,
                                        const int32_t *codes, int64_t rows,
                                        const char *bytes, const int64_t *offsets,
                                        int64_t levels, persona_error *error);

/* Adds the rows of `more`, which has the same column names and types. For hosts that read
 * a database in chunks. */
PERSONA_API int persona_table_append(persona_table *table, const persona_table *more,
                                     persona_error *error);

/* The values of `column` are keys of `other`: events.item -> products. So a fit finds
 * attributes of customers and items. The keys must be unique in `other`. The table holds
 * on to `other`, which can be freed but no longer be changed. */
PERSONA_API int persona_table_link(persona_table *table, const char *column,
                                   const persona_table *other, const char *key,
                                   persona_error *error);

/* A new table of `count` rows of this one, in the given order, repeats allowed. */
PERSONA_API int persona_table_select(persona_table **out, const persona_table *table,
                                     const int64_t *rows, int64_t count,
                                     persona_error *error);

PERSONA_API int64_t persona_table_rows(const persona_table *table);
PERSONA_API int64_t persona_table_columns(const persona_table *table);
/* Number of a column, or PERSONA_NONE. */
PERSONA_API int64_t persona_table_find(const persona_table *table, const char *name);
/* NULL and 0 when there is no such column. */
PERSONA_API const char *persona_table_name(const persona_table *table, int64_t column);
PERSONA_API int32_t persona_table_type(const persona_table *table, int64_t column);

/* The values of a column; NULL if it is of another type. */
PERSONA_API const int64_t *persona_table_ints(const persona_table *table, int64_t column);
PERSONA_API const double *persona_table_reals(const persona_table *table, int64_t column);
PERSONA_API const float *persona_table_reals32(const persona_table *table,
                                               int64_t column);
PERSONA_API const uint8_t *persona_table_bools(const persona_table *table,
                                               int64_t column);
PERSONA_API const int64_t *persona_table_times(const persona_table *table,
                                               int64_t column);
/* One byte a row, 0 = missing; NULL when no value is missing (reals: always NULL). */
PERSONA_API const uint8_t *persona_table_valid(const persona_table *table,
                                               int64_t column);
/* A text value; *bytes is NULL and *length 0 when it is missing. Not NUL-terminated. */
PERSONA_API int persona_table_text(const persona_table *table, int64_t column,
                                   int64_t row, const char **bytes, int64_t *length);

#ifdef __cplusplus
}
#endif
#endif
