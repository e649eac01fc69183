/* arrow_export.c: columns as Arrow arrays, shared and not copied.
 *
 * Every array and schema owns what it points to through its private data, and every array
 * holds a reference to the table of its own: consumers may move a child out of its parent
 * and release the parent first. Validity and bools become bit maps, since a byte a row is
 * not Arrow's way; everything else is the table's own memory. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "data/arrow.h"
#include "data/column.h"

/* ENOMEM, as the stream interface wants it: the same number on every system. */
enum { EXPORT_NO_MEMORY = 12 };

/* ---- schemas */

static void export_release_schema(struct ArrowSchema *schema)
{
    for (int64_t c = 0; c < schema->n_children; c++) {
        struct ArrowSchema *child = schema->children[c];
        if (child != NULL && child->release != NULL) child->release(child);
        psn_release(child);
    }
    psn_release(schema->children);
    if (schema->dictionary != NULL && schema->dictionary->release != NULL)
        schema->dictionary->release(schema->dictionary);
    psn_release(schema->dictionary);
    psn_release(schema->private_data); /* the name */
    schema->release = NULL;
}

static const char *export_format(const psn_column *column)
{
    switch (column->type) {
    case PERSONA_TYPE_INT:
        return "l";
    case PERSONA_TYPE_REAL:
        return "g";
    case PERSONA_TYPE_REAL32:
        return "f";
    case PERSONA_TYPE_BOOL:
        return "b";
    case PERSONA_TYPE_TIME:
        return "tsm:UTC";
    default:
        return column->codes != NULL ? "i" : "U";
    }
}

/* 1 on success; on failure nothing is left to release. */
static int export_schema(struct ArrowSchema *out, const char *format, const char *name)
{
    memset(out, 0, sizeof *out);
    char *copy = psn_copy_text(name, strlen(name));
    if (copy == NULL) return 0;
    out->format = format;
    out->name = copy;
    out->private_data = copy;
    out->flags = ARROW_FLAG_NULLABLE;
    out->release = export_release_schema;
    return 1;
}

static struct ArrowSchema *export_column_schema(const psn_column *column)
{
    struct ArrowSchema *schema = psn_alloc(1, sizeof *schema);
    if (schema == NULL) return NULL;
    if (!export_schema(schema, export_format(column), column->name)) {
        psn_release(schema);
        return NULL;
    }
    if (column->codes == NULL) return schema;
    schema->dictionary = psn_alloc_zero(1, sizeof *schema->dictionary);
    if (schema->dictionary != NULL && export_schema(schema->dictionary, "U", ""))
        return schema;
    schema->release(schema);
    psn_release(schema);
    return NULL;
}

/* ---- arrays */

typedef struct export_owned {
    persona_table *table;
    const void *buffers[3];
    uint8_t *valid; /* bit maps made here */
    uint8_t *bits;
} export_owned;

static void export_release_array(struct ArrowArray *array)
{
    export_owned *owned = array->private_data;
    for (int64_t c = 0; c < array->n_children; c++) {
        struct ArrowArray *child = array->children[c];
        if (child != NULL && child->release != NULL) child->release(child);
        psn_release(child);
    }
    psn_release(array->children);
    if (array->dictionary != NULL && array->dictionary->release != NULL)
        array->dictionary->release(array->dictionary);
    psn_release(array->dictionary);
    psn_release(owned->valid);
    psn_release(owned->bits);
    psn_table_free(owned->table);
    psn_release(owned);
    array->release = NULL;
}

/* An array that holds the table and has no buffers set yet. */
static int export_array(struct ArrowArray *out, const persona_table *table,
                        int64_t length, int64_t buffers)
{
    memset(out, 0, sizeof *out);
    export_owned *owned = psn_alloc_zero(1, sizeof *owned);
    if (owned == NULL) return 0;
    owned->table = psn_table_ref(table);
    out->length = length;
    out->n_buffers = buffers;
    out->buffers = owned->buffers;
    out->private_data = owned;
    out->release = export_release_array;
    return 1;
}

static uint8_t *export_bits(int64_t rows)
{
    return psn_alloc_zero((size_t)rows / 8 + 1, 1);
}

/* The bit map of what is not missing, if something is. */
static int export_valid(struct ArrowArray *array, const psn_column *column)
{
    export_owned *owned = array->private_data;
    for (int64_t i = 0; i < array->length; i++)
        array->null_count += psn_column_missing(column, i);
    if (array->null_count == 0) return 1;
    owned->valid = export_bits(array->length);
    if (owned->valid == NULL) return 0;
    for (int64_t i = 0; i < array->length; i++)
        if (!psn_column_missing(column, i))
            owned->valid[i / 8] |= (uint8_t)(1u << (i % 8));
    owned->buffers[0] = owned->valid;
    return 1;
}

static int export_bools(struct ArrowArray *array, const psn_column *column)
{
    export_owned *owned = array->private_data;
    const uint8_t *values = column->values;
    owned->bits = export_bits(array->length);
    if (owned->bits == NULL) return 0;
    for (int64_t i = 0; i < array->length; i++)
        if (values[i]) owned->bits[i / 8] |= (uint8_t)(1u << (i % 8));
    owned->buffers[1] = owned->bits;
    return 1;
}

static int export_levels(struct ArrowArray *array, const persona_table *table,
                         const psn_column *column)
{
    array->dictionary = psn_alloc_zero(1, sizeof *array->dictionary);
    if (array->dictionary == NULL) return 0;
    if (!export_array(array->dictionary, table, column->levels, 3)) return 0;
    export_owned *owned = array->dictionary->private_data;
    owned->buffers[1] = column->offsets;
    owned->buffers[2] = column->bytes;
    return 1;
}

static int export_fill(struct ArrowArray *array, const persona_table *table,
                       const psn_column *column)
{
    export_owned *owned = array->private_data;
    if (!export_valid(array, column)) return 0;
    if (column->type == PERSONA_TYPE_BOOL) return export_bools(array, column);
    if (column->codes != NULL) {
        owned->buffers[1] = column->codes;
        return export_levels(array, table, column);
    }
    owned->buffers[1] =
        column->type == PERSONA_TYPE_TEXT ? (void *)column->offsets : column->values;
    owned->buffers[2] = column->bytes;
    return 1;
}

static struct ArrowArray *export_column(const persona_table *table,
                                        const psn_column *column)
{
    int plain = column->type == PERSONA_TYPE_TEXT && column->codes == NULL;
    struct ArrowArray *array = psn_alloc(1, sizeof *array);
    if (array == NULL) return NULL;
    if (!export_array(array, table, table->rows, plain ? 3 : 2)) {
        psn_release(array);
        return NULL;
    }
    if (export_fill(array, table, column)) return array;
    array->release(array);
    psn_release(array);
    return NULL;
}

/* ---- the stream */

typedef struct export_stream {
    persona_table *table;
    int done;
} export_stream;

static int export_get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    const persona_table *table = ((export_stream *)stream->private_data)->table;
    if (!export_schema(out, "+s", "")) return EXPORT_NO_MEMORY;
    out->flags = 0;
    out->children = psn_alloc_zero((size_t)table->count, sizeof *out->children);
    for (int64_t c = 0; out->children != NULL && c < table->count; c++) {
        out->n_children = c + 1;
        out->children[c] = export_column_schema(&table->columns[c]);
        if (out->children[c] == NULL) break;
    }
    if (out->n_children == table->count &&
        (table->count == 0 || out->children[table->count - 1] != NULL))
        return 0;
    out->release(out);
    return EXPORT_NO_MEMORY;
}

static int export_get_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    export_stream *state = stream->private_data;
    const persona_table *table = state->table;
    memset(out, 0, sizeof *out); /* release NULL: the end */
    if (state->done) return 0;
    if (!export_array(out, table, table->rows, 1)) return EXPORT_NO_MEMORY;
    out->children = psn_alloc_zero((size_t)table->count, sizeof *out->children);
    for (int64_t c = 0; out->children != NULL && c < table->count; c++) {
        out->n_children = c + 1;
        out->children[c] = export_column(table, &table->columns[c]);
        if (out->children[c] == NULL) break;
    }
    state->done = out->n_children == table->count &&
                  (table->count == 0 || out->children[table->count - 1] != NULL);
    if (state->done) return 0;
    out->release(out);
    return EXPORT_NO_MEMORY;
}

static const char *export_get_last_error(struct ArrowArrayStream *stream)
{
    (void)stream;
    return "out of memory";
}

static void export_release_stream(struct ArrowArrayStream *stream)
{
    export_stream *state = stream->private_data;
    psn_table_free(state->table);
    psn_release(state);
    stream->release = NULL;
}

int psn_arrow_export(struct ArrowArrayStream *out, const persona_table *table,
                     persona_error *error)
{
    if (out == NULL) return psn_fail(error, PERSONA_EARG, "out: is NULL");
    memset(out, 0, sizeof *out);
    if (table == NULL) return psn_fail(error, PERSONA_EARG, "table: is NULL");
    export_stream *state = psn_alloc(1, sizeof *state);
    if (state == NULL) return psn_fail_memory(error);
    *state = (export_stream){.table = psn_table_ref(table)};
    *out = (struct ArrowArrayStream){.get_schema = export_get_schema,
                                     .get_next = export_get_next,
                                     .get_last_error = export_get_last_error,
                                     .release = export_release_stream,
                                     .private_data = state};
    return PERSONA_OK;
}
