/* segment_decode.c: the segmenter out of a model file (segment_file.h).
 *
 * Decoding checks whatever a query relies on: finite numbers inside the limits of the
 * scale, positive factors, at least one level a text input and no level twice, shares
 * above 0, columns there with their types. So no query can fail, or read where it must
 * not. */
#include "base/error.h"
#include "base/memory.h"
#include "shop/segment/segment_file.h"
#include "shop/segment/segment_log.h"

#include <math.h>
#include <string.h>

enum { DECODE_MOST_K = 65535, DECODE_MOST_INPUTS = 1 << 20 };

static int decode_bad(persona_error *error, const char *what)
{
    return psn_fail(error, PERSONA_EFORMAT, "the model file is damaged: %s", what);
}

int psn_segment_part_column(const psn_column **out, const persona_table *table,
                            const char *name, int32_t type, persona_error *error)
{
    *out = psn_table_column(table, psn_table_find(table, name));
    if (*out && (*out)->type == type) return PERSONA_OK;
    return psn_fail(error, PERSONA_EFORMAT,
                    "the model file is damaged: no column %s where one must be", name);
}

static int decode_table(persona_table **out, psn_reader *reader, const char *tag,
                        int needed, persona_error *error)
{
    const psn_chunk *chunk = psn_reader_find(reader, tag);
    if (chunk) return psn_table_unpack(out, chunk->data, chunk->size, error);
    return needed ? psn_fail(error, PERSONA_EFORMAT,
                             "the model file is damaged: it has no chunk %s", tag)
                  : PERSONA_OK;
}

static int decode_flag(int64_t value)
{
    return value == 0 || value == 1;
}

static int decode_meta(persona_segmenter *model, psn_reader *reader, int64_t *inputs,
                       int64_t *k, persona_error *error)
{
    int rc;
    const void *bytes;
    int64_t meta[META_COUNT];
    double real[REAL_COUNT];
    PSN_TRY(psn_reader_array(reader, "Meta", META_COUNT, sizeof *meta, &bytes, error));
    memcpy(meta, bytes, sizeof meta);
    PSN_TRY(psn_reader_array(reader, "Real", REAL_COUNT, sizeof *real, &bytes, error));
    memcpy(real, bytes, sizeof real);
    if (meta[META_LAYOUT] != 0)
        PSN_FAIL(error, PERSONA_EVERSION, "the segmenter was saved by a later version");
    if (meta[META_K] < 0 || meta[META_K] > DECODE_MOST_K || meta[META_INPUTS] < 0 ||
        meta[META_INPUTS] > DECODE_MOST_INPUTS || !decode_flag(meta[META_LOG]) ||
        !decode_flag(meta[META_AS_OF_NAMED]) || meta[META_ROWS] < 0 ||
        meta[META_CUSTOMERS] < 0)
        return decode_bad(error, "a count is out of range");
    if (meta[META_AS_OF] != PSN_AS_OF_FIND &&
        (meta[META_AS_OF] > PSN_TIME_MOST + PSN_DAY_MS ||
         meta[META_AS_OF] < -PSN_TIME_MOST - PSN_DAY_MS))
        return decode_bad(error, "a time is out of range");
    if (meta[META_K] > 0 && (meta[META_INPUTS] == 0 || !isfinite(real[REAL_SPREAD]) ||
                             real[REAL_SPREAD] <= 0))
        return decode_bad(error, "a model without inputs or spread");
    *k = meta[META_K];
    *inputs = meta[META_INPUTS];
    model->log = (int32_t)meta[META_LOG];
    model->as_of_named = (int32_t)meta[META_AS_OF_NAMED];
    model->as_of = meta[META_AS_OF];
    model->rows = meta[META_ROWS];
    model->customers = meta[META_CUSTOMERS];
    model->spread = real[REAL_SPREAD];
    model->inertia = real[REAL_INERTIA];
    model->silhouette = real[REAL_SILHOUETTE];
done:
    return rc;
}

typedef struct decode_input_columns {
    const psn_column *name, *ints[IN_INTS], *reals[IN_REALS];
} decode_input_columns;

static int64_t decode_int(const decode_input_columns *in, int column, int64_t row)
{
    return ((const int64_t *)in->ints[column]->values)[row];
}

static double decode_real(const decode_input_columns *in, int column, int64_t row)
{
    return ((const double *)in->reals[column]->values)[row];
}

/* Limits that keep psn_scale finite: nothing here can make a NaN of a finite number. */
static int decode_input_good(const decode_input_columns *in, int64_t i)
{
    for (int c = 0; c < IN_REALS; c++)
        if (!isfinite(decode_real(in, c, i))) return 0;
    const int64_t type = decode_int(in, IN_TYPE, i);
    const int64_t transform = decode_int(in, IN_TRANSFORM, i);
    return type >= 0 && type < PSN_SEGMENT_TYPES && transform >= 0 &&
           transform < PSN_SEGMENT_TRANSFORMS && decode_flag(decode_int(in, IN_LOG, i)) &&
           decode_real(in, IN_UNIT, i) != 0 && fabs(decode_real(in, IN_UNIT, i)) <= 1 &&
           decode_real(in, IN_LOW, i) <= decode_real(in, IN_HIGH, i) &&
           decode_real(in, IN_SCALE, i) > 0 && decode_real(in, IN_WEIGHT, i) > 0 &&
           decode_real(in, IN_ONE, i) >= 0 &&
           decode_real(in, IN_ONE, i) <= PSN_SCALE_MOST &&
           (type == PSN_SEGMENT_TEXT) == (decode_int(in, IN_LEVELS, i) > 0) &&
           (type == PSN_SEGMENT_TEXT) == (decode_real(in, IN_ONE, i) > 0);
}

static int decode_input_levels(psn_segment_input *input, const persona_table *levels,
                               int64_t *next, int64_t count, persona_error *error)
{
    int rc;
    const psn_column *column = NULL;
    if (levels == NULL || count > levels->rows - *next)
        return decode_bad(error, "it has fewer levels than its inputs");
    PSN_TRY(psn_segment_part_column(&column, levels, "level", PERSONA_TYPE_TEXT, error));
    PSN_NEED(input->levels = psn_dict_new());
    for (int64_t l = 0; l < count; l++) {
        const char *text;
        int64_t length;
        psn_column_text(column, (*next)++, &text, &length);
        const int64_t number =
            psn_dict_add(input->levels, text ? text : "", (size_t)length);
        if (number < 0) PSN_NEED(NULL);
        if (number != l) return decode_bad(error, "a level stands twice");
    }
done:
    return rc;
}

static int decode_open_inputs(decode_input_columns *in, const persona_table *table,
                              int64_t inputs, persona_error *error)
{
    int rc;
    if (table->rows != inputs) return decode_bad(error, "the number of inputs is wrong");
    PSN_TRY(psn_segment_part_column(&in->name, table, "name", PERSONA_TYPE_TEXT, error));
    for (int c = 0; c < IN_INTS; c++)
        PSN_TRY(psn_segment_part_column(&in->ints[c], table, psn_segment_input_ints[c],
                                        PERSONA_TYPE_INT, error));
    for (int c = 0; c < IN_REALS; c++)
        PSN_TRY(psn_segment_part_column(&in->reals[c], table, psn_segment_input_reals[c],
                                        PERSONA_TYPE_REAL, error));
done:
    return rc;
}

static int decode_read_input(psn_segment_input *input, psn_scale_column *scale,
                             const decode_input_columns *in, int64_t i,
                             persona_error *error)
{
    int rc = PERSONA_OK;
    const char *name;
    int64_t length;
    if (!decode_input_good(in, i)) return decode_bad(error, "an input is out of range");
    psn_column_text(in->name, i, &name, &length);
    if (name == NULL || length == 0 || length > 255 || memchr(name, 0, (size_t)length))
        return decode_bad(error, "an input has no name");
    PSN_NEED(input->name = psn_copy_text(name, (size_t)length));
    input->type = (int32_t)decode_int(in, IN_TYPE, i);
    input->transform = (int32_t)decode_int(in, IN_TRANSFORM, i);
    input->weight = decode_real(in, IN_WEIGHT, i);
    input->one = decode_real(in, IN_ONE, i);
    *scale = (psn_scale_column){
        decode_real(in, IN_ORIGIN, i),     decode_real(in, IN_UNIT, i),
        decode_real(in, IN_LOW, i),        decode_real(in, IN_HIGH, i),
        decode_real(in, IN_SHIFT, i),      decode_real(in, IN_SCALE, i),
        (int32_t)decode_int(in, IN_LOG, i)};
done:
    return rc;
}

static int decode_inputs_in(persona_segmenter *model, psn_reader *reader, int64_t inputs,
                            persona_error *error)
{
    int rc;
    int64_t next = 0;
    decode_input_columns in = {0};
    persona_table *table = NULL, *levels = NULL;
    psn_scale_column *scales = NULL;
    PSN_TRY(decode_table(&table, reader, "Inpt", 1, error));
    PSN_TRY(decode_table(&levels, reader, "Levl", 0, error));
    PSN_TRY(decode_open_inputs(&in, table, inputs, error));
    PSN_NEED(model->input = psn_alloc_zero((size_t)inputs, sizeof *model->input));
    PSN_NEED(scales = psn_alloc((size_t)inputs, sizeof *scales));
    model->inputs = (int32_t)inputs;
    for (int64_t i = 0; i < inputs; i++) {
        psn_segment_input *input = model->input + i;
        PSN_TRY(decode_read_input(input, scales + i, &in, i, error));
        if (input->type == PSN_SEGMENT_TEXT)
            PSN_TRY(decode_input_levels(input, levels, &next,
                                        decode_int(&in, IN_LEVELS, i), error));
        else if (i > 0 && input[-1].type == PSN_SEGMENT_TEXT)
            PSN_FAIL(error, PERSONA_EFORMAT,
                     "the model file is damaged: a number after a text input");
    }
    PSN_TRY(psn_segment_set_inputs(model, model->input, model->inputs, scales, error));
done:
    psn_table_free(table);
    psn_table_free(levels);
    psn_release(scales);
    return rc;
}

/* Names are levels of a dictionary in results: none may stand twice. */
static int decode_names(const psn_column *name, int64_t k, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_dict *dict = psn_dict_new();
    PSN_NEED(dict);
    for (int64_t c = 0; c < k; c++) {
        const char *text;
        int64_t length;
        psn_column_text(name, c, &text, &length);
        const int64_t number = text ? psn_dict_add(dict, text, (size_t)length) : c - 1;
        if (text && number < 0) PSN_NEED(NULL);
        if (number != c) {
            rc = decode_bad(error, "a name is missing or stands twice");
            goto done;
        }
    }
done:
    psn_dict_free(dict);
    return rc;
}

/* Profile: one row a segment with key, name and share, the rest for people. */
static int decode_centers(persona_segmenter *model, psn_reader *reader, int64_t k,
                          persona_error *error)
{
    int rc;
    const void *bytes;
    const psn_column *key, *name, *share;
    const persona_table *profile = model->part[PSN_PART_PROFILE];
    const size_t count = (size_t)k * (size_t)model->dims;
    double *centers = NULL;
    PSN_TRY(psn_segment_part_column(&key, profile, "key", PERSONA_TYPE_TEXT, error));
    PSN_TRY(psn_segment_part_column(&name, profile, "name", PERSONA_TYPE_TEXT, error));
    PSN_TRY(psn_segment_part_column(&share, profile, "share", PERSONA_TYPE_REAL, error));
    if (profile->rows != k) return decode_bad(error, "the profile has too few segments");
    for (int64_t c = 0; c < k; c++) {
        const double value = ((const double *)share->values)[c];
        if (!(value >= 0 && value <= 1) || psn_column_missing(key, c))
            return decode_bad(error, "a segment of the profile is out of range");
    }
    PSN_TRY(decode_names(name, k, error));
    PSN_TRY(psn_reader_array(reader, "Cntr", count, sizeof(double), &bytes, error));
    PSN_NEED(centers = psn_alloc(count, sizeof *centers));
    memcpy(centers, bytes, count * sizeof *centers);
    for (size_t i = 0; i < count; i++)
        if (!(fabs(centers[i]) <= PSN_SCALE_MOST)) {
            rc = decode_bad(error, "a centre is out of range");
            goto done;
        }
    double *taken = centers;
    centers = NULL;
    PSN_TRY(psn_segment_set_centers(model, taken, (int32_t)k, share->values, error));
done:
    psn_release(centers);
    return rc;
}

static int decode_roles_in(persona_segmenter *model, psn_reader *reader,
                           persona_error *error)
{
    int rc;
    persona_table *table = NULL;
    const psn_column *column;
    PSN_TRY(decode_table(&table, reader, "Role", 1, error));
    PSN_TRY(psn_segment_part_column(&column, table, "column", PERSONA_TYPE_TEXT, error));
    if (table->rows != PSN_ROLES) {
        rc = decode_bad(error, "the number of roles is wrong");
        goto done;
    }
    for (int r = 0; r < PSN_ROLES; r++) {
        const char *text;
        int64_t length;
        psn_column_text(column, r, &text, &length);
        if (text == NULL) continue;
        PSN_NEED(model->role[r] = psn_copy_text(text, (size_t)length));
    }
    if (model->log && (!model->role[PSN_ROLE_USER] || !model->role[PSN_ROLE_TIME]))
        rc = decode_bad(error, "a log without user or time");
done:
    psn_table_free(table);
    return rc;
}

static int decode_options_in(persona_segmenter *model, psn_reader *reader,
                             persona_error *error)
{
    int rc;
    const psn_column *column;
    PSN_TRY(decode_table(&model->options, reader, "Optn", 1, error));
    PSN_TRY(psn_segment_part_column(&column, model->options, "option", PERSONA_TYPE_TEXT,
                                    error));
    PSN_TRY(psn_segment_part_column(&column, model->options, "value", PERSONA_TYPE_TEXT,
                                    error));
done:
    return rc;
}

int psn_segment_decode(persona_model **out, psn_reader *reader, persona_error *error)
{
    int rc;
    void *made = NULL;
    int64_t k = 0, inputs = 0;
    *out = NULL;
    PSN_TRY(psn_model_new(&made, sizeof(persona_segmenter), &psn_segment_kind, error));
    persona_segmenter *model = made;
    PSN_TRY(decode_meta(model, reader, &inputs, &k, error));
    PSN_TRY(decode_options_in(model, reader, error));
    if (k > 0) {
        PSN_TRY(decode_inputs_in(model, reader, inputs, error));
        PSN_TRY(decode_roles_in(model, reader, error));
        for (int p = 0; p < PSN_PARTS; p++)
            PSN_TRY(decode_table(&model->part[p], reader, psn_segment_part_tags[p],
                                 p == PSN_PART_PROFILE, error));
        PSN_TRY(decode_centers(model, reader, k, error));
    }
    *out = &model->base;
    made = NULL;
done:
    if (made) psn_model_free(made);
    return rc;
}
