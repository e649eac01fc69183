/* arrow_import.c: Arrow arrays to columns.
 *
 * A stream yields structs ("+s") whose children are the columns of one chunk. Each chunk
 * becomes a table and is appended to the first. Value i of an array lies at position
 * offset + i of its buffers; bit i of the validity bit map is 0 where it is null. What
 * lies in null slots may be anything and is never looked at. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "data/arrow.h"
#include "data/column.h"

typedef enum import_kind {
    IMPORT_NONE, /* not supported */
    IMPORT_NULL,
    IMPORT_INT,
    IMPORT_UINT,
    IMPORT_FLOAT,
    IMPORT_DOUBLE,
    IMPORT_BOOL,
    IMPORT_TEXT,
    IMPORT_TIME
} import_kind;

/* What a format string says. Times: ms = value x multiply / divide. */
typedef struct import_format {
    import_kind kind;
    int width; /* bytes of a value, or of an offset of a text */
    int64_t multiply, divide;
} import_format;

/* One column of one chunk. */
typedef struct import_column {
    const char *name;
    const struct ArrowArray *array;
    import_format format;
    import_format values; /* of the dictionary, if there is one */
    int64_t first;        /* position of row 0 in the buffers */
    int64_t rows;
    int64_t before; /* rows of earlier chunks, for messages */
    persona_error *error;
} import_column;

/* ---- formats */

static import_format import_time(const char *format)
{
    static const char units[] = "smun";
    static const int64_t multiply[] = {1000, 1, 1, 1}, divide[] = {1, 1, 1000, 1000000};
    import_format none = {.kind = IMPORT_NONE};
    if (strcmp(format, "tdD") == 0) return (import_format){IMPORT_TIME, 4, 86400000, 1};
    if (strcmp(format, "tdm") == 0) return (import_format){IMPORT_TIME, 8, 1, 1};
    if (strncmp(format, "ts", 2) != 0 || format[2] == '\0') return none;
    const char *unit = strchr(units, format[2]);
    if (unit == NULL || format[3] != ':') return none;
    return (import_format){IMPORT_TIME, 8, multiply[unit - units], divide[unit - units]};
}

static import_format import_format_of(const char *format)
{
    static const char letters[] = "cCsSiIlLfgbuUn";
    static const import_format formats[] = {
        {IMPORT_INT, 1, 0, 0},    {IMPORT_UINT, 1, 0, 0}, {IMPORT_INT, 2, 0, 0},
        {IMPORT_UINT, 2, 0, 0},   {IMPORT_INT, 4, 0, 0},  {IMPORT_UINT, 4, 0, 0},
        {IMPORT_INT, 8, 0, 0},    {IMPORT_UINT, 8, 0, 0}, {IMPORT_FLOAT, 4, 0, 0},
        {IMPORT_DOUBLE, 8, 0, 0}, {IMPORT_BOOL, 0, 0, 0}, {IMPORT_TEXT, 4, 0, 0},
        {IMPORT_TEXT, 8, 0, 0},   {IMPORT_NULL, 0, 0, 0}};
    if (format == NULL || format[0] == '\0') return (import_format){.kind = IMPORT_NONE};
    if (format[0] == 't') return import_time(format);
    const char *letter = format[1] == '\0' ? strchr(letters, format[0]) : NULL;
    return letter == NULL ? (import_format){.kind = IMPORT_NONE}
                          : formats[letter - letters];
}

/* ---- messages */

static int import_bad(const import_column *column, const char *what)
{
    const char *name = column->name == NULL ? "" : column->name;
    return psn_fail(column->error, PERSONA_EDATA, "arrow: column \"%.*s\": %s",
                    psn_name_shown(name), name, what);
}

static int import_bad_row(const import_column *column, int64_t row, const char *what)
{
    long long at = (long long)(column->before + row);
    return psn_fail_at(column->error, PERSONA_EDATA, at,
                       "arrow: column \"%.*s\": row %lld %s",
                       psn_name_shown(column->name), column->name, at, what);
}

/* ---- what an array must have */

/* Buffers are there, and positions `first` .. first + rows - 1 lie in the array. */
static int import_check(const import_column *column, const struct ArrowArray *array,
                        const import_format *format, int64_t rows)
{
    int64_t buffers = format->kind == IMPORT_NULL   ? 0
                      : format->kind == IMPORT_TEXT ? 3
                                                    : 2;
    if (array->length < 0 || array->offset < 0 ||
        array->length > INT64_MAX / 32 - array->offset)
        return import_bad(column, "length or offset out of range");
    if (rows > array->length) return import_bad(column, "is shorter than its chunk");
    if (array->n_buffers != buffers || (buffers > 0 && array->buffers == NULL))
        return import_bad(column, "has the wrong number of buffers");
    if (rows > 0 && buffers > 0 && array->buffers[1] == NULL)
        return import_bad(column, "has no values");
    if (rows > 0 && buffers > 0 && array->buffers[0] == NULL && array->null_count > 0)
        return import_bad(column, "has nulls but no validity");
    return PERSONA_OK;
}

static int import_bit(const void *bits, int64_t position)
{
    return ((const uint8_t *)bits)[position / 8] >> (position % 8) & 1;
}

static int import_is_null(const struct ArrowArray *array, int64_t position)
{
    if (array->n_buffers == 0) return 1;
    return array->buffers[0] != NULL && !import_bit(array->buffers[0], position);
}

/* ---- values */

/* A signed or unsigned value of 1 .. 8 bytes; 0 if it is above int64. */
static int import_whole(const void *buffer, int64_t position, const import_format *format,
                        int64_t *out)
{
    const char *at = (const char *)buffer + position * format->width;
    int sign = format->kind != IMPORT_UINT;
    int8_t one;
    int16_t two;
    int32_t four;
    switch (format->width) {
    case 1:
        memcpy(&one, at, 1);
        *out = sign ? one : (uint8_t)one;
        return 1;
    case 2:
        memcpy(&two, at, 2);
        *out = sign ? two : (uint16_t)two;
        return 1;
    case 4:
        memcpy(&four, at, 4);
        *out = sign ? four : (int64_t)(uint32_t)four;
        return 1;
    default:
        memcpy(out, at, 8);
        return sign || *out >= 0;
    }
}

static int64_t import_floor(int64_t value, int64_t divisor)
{
    return value / divisor - (value % divisor < 0);
}

static int import_int(const import_column *column, int64_t row, int64_t *out)
{
    const import_format *format = &column->format;
    const void *values = column->array->buffers[1];
    if (!import_whole(values, column->first + row, format, out))
        return import_bad_row(column, row, "does not fit int64");
    if (format->kind != IMPORT_TIME) return PERSONA_OK;
    if (__builtin_mul_overflow(*out, format->multiply, out))
        return import_bad_row(column, row, "is a time beyond milliseconds in int64");
    *out = import_floor(*out, format->divide);
    return PERSONA_OK;
}

static int import_value(const import_column *column, int64_t row, void *values)
{
    int64_t position = column->first + row;
    const char *buffer = column->array->buffers[1];
    switch (column->format.kind) {
    case IMPORT_FLOAT:
        memcpy((float *)values + row, buffer + position * 4, 4);
        return PERSONA_OK;
    case IMPORT_DOUBLE:
        memcpy((double *)values + row, buffer + position * 8, 8);
        return PERSONA_OK;
    case IMPORT_BOOL:
        ((uint8_t *)values)[row] = (uint8_t)import_bit(buffer, position);
        return PERSONA_OK;
    default:
        return import_int(column, row, (int64_t *)values + row);
    }
}

static int32_t import_type(import_kind kind)
{
    switch (kind) {
    case IMPORT_FLOAT:
        return PERSONA_TYPE_REAL32;
    case IMPORT_DOUBLE:
    case IMPORT_NULL:
        return PERSONA_TYPE_REAL;
    case IMPORT_BOOL:
        return PERSONA_TYPE_BOOL;
    case IMPORT_TIME:
        return PERSONA_TYPE_TIME;
    default:
        return PERSONA_TYPE_INT;
    }
}

static int import_numbers(const import_column *column, persona_table *chunk)
{
    persona_error *error = column->error;
    int32_t type = import_type(column->format.kind);
    int rc = PERSONA_OK;
    uint8_t *valid = NULL;
    void *values = psn_alloc_zero((size_t)column->rows, psn_type_width(type));
    PSN_NEED(values);
    PSN_NEED(valid = psn_alloc((size_t)column->rows, 1));
    for (int64_t row = 0; row < column->rows; row++) {
        valid[row] = !import_is_null(column->array, column->first + row);
        if (valid[row]) PSN_TRY(import_value(column, row, values));
    }
    rc = psn_table_add(chunk, column->name, type, values, valid, column->rows, error);
done:
    psn_release(values);
    psn_release(valid);
    return rc;
}

/* ---- texts */

typedef struct import_texts {
    char *bytes;
    int64_t *offsets;
    uint8_t *valid;
} import_texts;

static void import_texts_free(import_texts *texts)
{
    psn_release(texts->bytes);
    psn_release(texts->offsets);
    psn_release(texts->valid);
}

static int64_t import_offset(const struct ArrowArray *array, int width, int64_t position)
{
    int32_t four;
    int64_t eight;
    const char *at = (const char *)array->buffers[1] + position * width;
    if (width == 8) {
        memcpy(&eight, at, 8);
        return eight;
    }
    memcpy(&four, at, 4);
    return four;
}

/* Offsets of the texts that are not null, in the table's form; and their sum. */
static int import_measure(const import_column *column, const struct ArrowArray *array,
                          int width, int64_t first, int64_t count, import_texts *out)
{
    int64_t total = 0;
    out->offsets[0] = 0;
    for (int64_t i = 0; i < count; i++) {
        int64_t from = import_offset(array, width, first + i);
        int64_t to = import_offset(array, width, first + i + 1);
        out->valid[i] = !import_is_null(array, first + i);
        if (out->valid[i]) {
            if (from < 0 || to < from || to - from > INT64_MAX / 2 - total)
                return import_bad(column, "text offsets are out of order");
            total += to - from;
        }
        out->offsets[i + 1] = total;
    }
    if (total > 0 && array->buffers[2] == NULL) return import_bad(column, "has no bytes");
    return PERSONA_OK;
}

/* Copies `count` texts from position `first` on. */
static int import_copy_texts(const import_column *column, const struct ArrowArray *array,
                             int width, int64_t first, int64_t count, import_texts *out)
{
    persona_error *error = column->error;
    int rc = PERSONA_OK;
    PSN_NEED(out->offsets = psn_alloc((size_t)count + 1, sizeof *out->offsets));
    PSN_NEED(out->valid = psn_alloc((size_t)count, 1));
    PSN_TRY(import_measure(column, array, width, first, count, out));
    PSN_NEED(out->bytes = psn_alloc((size_t)out->offsets[count], 1));
    for (int64_t i = 0; i < count; i++) {
        size_t length = (size_t)(out->offsets[i + 1] - out->offsets[i]);
        const char *from = array->buffers[2];
        if (length > 0)
            memcpy(out->bytes + out->offsets[i],
                   from + import_offset(array, width, first + i), length);
    }
done:
    return rc;
}

static int import_plain(const import_column *column, persona_table *chunk)
{
    import_texts texts = {0};
    int rc = import_copy_texts(column, column->array, column->format.width, column->first,
                               column->rows, &texts);
    if (rc == PERSONA_OK)
        rc = psn_table_add_text(chunk, column->name, texts.bytes, texts.offsets,
                                texts.valid, column->rows, column->error);
    import_texts_free(&texts);
    return rc;
}

/* Codes of the rows; a null value of the dictionary makes the row missing too. */
static int import_codes(const import_column *column, const uint8_t *valid, int32_t *codes)
{
    const struct ArrowArray *array = column->array;
    int64_t levels = array->dictionary->length, code;
    for (int64_t row = 0; row < column->rows; row++) {
        codes[row] = -1;
        if (import_is_null(array, column->first + row)) continue;
        int fits =
            import_whole(array->buffers[1], column->first + row, &column->format, &code);
        if (!fits || code < 0 || code >= levels)
            return import_bad_row(column, row, "is not in the dictionary");
        if (valid[code]) codes[row] = (int32_t)code;
    }
    return PERSONA_OK;
}

static int import_dictionary(const import_column *column, persona_table *chunk)
{
    persona_error *error = column->error;
    const struct ArrowArray *dictionary = column->array->dictionary;
    import_texts texts = {0};
    int32_t *codes = NULL;
    int rc = PERSONA_OK;
    if (dictionary == NULL) return import_bad(column, "has no dictionary");
    PSN_TRY(import_check(column, dictionary, &column->values, dictionary->length));
    if (dictionary->length > INT32_MAX)
        PSN_TRY(import_bad(column, "has too large a dictionary"));
    PSN_TRY(import_copy_texts(column, dictionary, column->values.width,
                              dictionary->offset, dictionary->length, &texts));
    PSN_NEED(codes = psn_alloc((size_t)column->rows, sizeof *codes));
    PSN_TRY(import_codes(column, texts.valid, codes));
    rc = psn_table_add_codes(chunk, column->name, codes, column->rows, texts.bytes,
                             texts.offsets, dictionary->length, error);
done:
    import_texts_free(&texts);
    psn_release(codes);
    return rc;
}

/* ---- chunks */

static int import_one(import_column *column, const struct ArrowSchema *schema,
                      persona_table *chunk)
{
    int rc = PERSONA_OK;
    column->format = import_format_of(schema->format);
    if (column->format.kind == IMPORT_NONE)
        return import_bad(column, "its Arrow type is not supported");
    PSN_TRY(import_check(column, column->array, &column->format,
                         column->rows + column->first));
    column->first += column->array->offset;
    if (schema->dictionary != NULL) {
        column->values = import_format_of(schema->dictionary->format);
        int whole =
            column->format.kind == IMPORT_INT || column->format.kind == IMPORT_UINT;
        if (!whole || column->values.kind != IMPORT_TEXT)
            return import_bad(column, "its Arrow type is not supported");
        return import_dictionary(column, chunk);
    }
    rc = column->format.kind == IMPORT_TEXT ? import_plain(column, chunk)
                                            : import_numbers(column, chunk);
done:
    return rc;
}

/* Rows of the struct itself; columns have nulls of their own. */
static int import_has_null_rows(const struct ArrowArray *array)
{
    const void *valid =
        array->n_buffers < 1 || array->buffers == NULL ? NULL : array->buffers[0];
    if (array->null_count == 0 || valid == NULL) return array->null_count > 0;
    for (int64_t i = 0; i < array->length; i++)
        if (!import_bit(valid, array->offset + i)) return 1;
    return 0;
}

static int import_check_struct(const struct ArrowArray *array,
                               const struct ArrowSchema *schema, persona_error *error)
{
    const char *wrong = NULL;
    if (array->length < 0 || array->offset < 0 ||
        array->length > INT64_MAX / 32 - array->offset)
        wrong = "length or offset out of range";
    else if (array->n_children != schema->n_children ||
             (array->n_children > 0 && array->children == NULL))
        wrong = "its number of columns is not that of the schema";
    else if (import_has_null_rows(array))
        wrong = "rows that are null as a whole are not supported";
    for (int64_t c = 0; wrong == NULL && c < array->n_children; c++)
        if (array->children[c] == NULL) wrong = "a column is NULL";
    if (wrong == NULL) return PERSONA_OK;
    return psn_fail(error, PERSONA_EDATA, "arrow: bad chunk: %s", wrong);
}

/* array NULL: no rows, only the columns. */
static int import_chunk(persona_table **out, const struct ArrowArray *array,
                        const struct ArrowSchema *schema, int64_t before,
                        persona_error *error)
{
    static const int64_t no_offsets[1] = {0};
    const void *no_buffers[3] = {NULL, no_offsets, NULL};
    int rc = PERSONA_OK;
    *out = NULL;
    if (array != NULL) PSN_TRY(import_check_struct(array, schema, error));
    PSN_TRY(psn_table_new(out, error));
    for (int64_t c = 0; c < schema->n_children; c++) {
        import_kind kind = import_format_of(schema->children[c]->format).kind;
        struct ArrowArray none = {.buffers = no_buffers};
        struct ArrowArray levels = {.buffers = no_buffers, .n_buffers = 3};
        none.n_buffers = kind == IMPORT_NULL ? 0 : kind == IMPORT_TEXT ? 3 : 2;
        none.dictionary = &levels;
        import_column column = {.name = schema->children[c]->name,
                                .array = array == NULL ? &none : array->children[c],
                                .first = array == NULL ? 0 : array->offset,
                                .rows = array == NULL ? 0 : array->length,
                                .before = before,
                                .error = error};
        PSN_TRY(import_one(&column, schema->children[c], *out));
    }
done:
    if (rc != PERSONA_OK) {
        psn_table_free(*out);
        *out = NULL;
    }
    return rc;
}

static int import_check_schema(const struct ArrowSchema *schema, persona_error *error)
{
    if (schema->format == NULL || strcmp(schema->format, "+s") != 0)
        return psn_fail(error, PERSONA_EDATA, "arrow: the stream is not one of structs");
    if (schema->n_children < 0 || (schema->n_children > 0 && schema->children == NULL))
        return psn_fail(error, PERSONA_EDATA, "arrow: the schema has no columns");
    for (int64_t c = 0; c < schema->n_children; c++)
        if (schema->children[c] == NULL)
            return psn_fail(error, PERSONA_EDATA,
                            "arrow: column %lld of the schema is NULL", (long long)c + 1);
    return PERSONA_OK;
}

/* One chunk more; *more = 0 at the end of the stream. */
static int import_next(persona_table **table, struct ArrowArrayStream *stream,
                       const struct ArrowSchema *schema, int *more, persona_error *error)
{
    int rc = PERSONA_OK;
    struct ArrowArray array = {.release = NULL};
    persona_table *chunk = NULL;
    int64_t before = *table == NULL ? 0 : (*table)->rows;
    if (stream->get_next(stream, &array) != 0)
        return psn_fail(error, PERSONA_EDATA, "arrow: the stream failed to give a chunk");
    *more = array.release != NULL;
    if (!*more) return PERSONA_OK;
    PSN_TRY(import_chunk(&chunk, &array, schema, before, error));
    if (*table == NULL) {
        *table = chunk;
        chunk = NULL;
    } else {
        rc = psn_table_append(*table, chunk, error);
    }
done:
    psn_table_free(chunk);
    array.release(&array);
    return rc;
}

static int import_stream(persona_table **out, struct ArrowArrayStream *stream,
                         persona_error *error)
{
    int rc = PERSONA_OK, more = 1;
    struct ArrowSchema schema = {.release = NULL};
    if (stream->get_schema == NULL || stream->get_next == NULL)
        return psn_fail(error, PERSONA_EARG, "stream: lacks get_schema or get_next");
    if (stream->get_schema(stream, &schema) != 0)
        return psn_fail(error, PERSONA_EDATA,
                        "arrow: the stream failed to give a schema");
    PSN_TRY(import_check_schema(&schema, error));
    while (more) PSN_TRY(import_next(out, stream, &schema, &more, error));
    if (*out == NULL) rc = import_chunk(out, NULL, &schema, 0, error);
done:
    if (schema.release != NULL) schema.release(&schema);
    return rc;
}

int psn_arrow_import(persona_table **out, struct ArrowArrayStream *stream,
                     persona_error *error)
{
    *out = NULL;
    if (stream == NULL) return psn_fail(error, PERSONA_EARG, "stream: is NULL");
    if (stream->release == NULL)
        return psn_fail(error, PERSONA_EARG, "stream: has been released");
    int rc = import_stream(out, stream, error);
    stream->release(stream);
    if (rc != PERSONA_OK) {
        psn_table_free(*out);
        *out = NULL;
    }
    return rc;
}
