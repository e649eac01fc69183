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

enum { DECODE_MOST_K = 65535, DECODE_MOST_INPUTS = 1 << 20 };

static int decode_flag(int64_t value)
{
    return value == 0 || value == 1;
}

static int decode_meta(persona_segmenter *model, psn_reader *reader, int64_t *inputs,
                       int64_t *k, persona_error *error)
{
    int rc;
    int64_t meta[META_COUNT];
    double real[REAL_COUNT];
    PSN_TRY(psn_chunks_array(meta, reader, "Meta", META_COUNT, sizeof *meta, error));
    PSN_TRY(psn_chunks_array(real, reader, "Real", REAL_COUNT, sizeof *real, error));
    if (meta[META_LAYOUT] != 0)
        PSN_FAIL(error, PERSONA_EVERSION, "the segmenter was saved by a later version");
    if (meta[META_K] < 0 || meta[META_K] > DECODE_MOST_K || meta[META_INPUTS] < 0 ||
        meta[META_INPUTS] > DECODE_MOST_INPUTS || !decode_flag(meta[META_LOG]) ||
        !decode_flag(meta[META_AS_OF_NAMED]) || meta[META_ROWS] < 0 ||
        meta[META_CUSTOMERS] < 0)
        return psn_chunks_bad(error, "a count is out of range");
    if (meta[META_AS_OF] != PSN_AS_OF_FIND &&
        (meta[META_AS_OF] > PSN_TIME_MOST + PSN_DAY_MS ||
         meta[META_AS_OF] < -PSN_TIME_MOST - PSN_DAY_MS))
        return psn_chunks_bad(error, "a time is out of range");
    if (meta[META_K] > 0 && (meta[META_INPUTS] == 0 || !isfinite(real[REAL_SPREAD]) ||
                             real[REAL_SPREAD] <= 0))
        return psn_chunks_bad(error, "a model without inputs or spread");
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

/* Limits that keep psn_scale finite: nothing here can make a NaN of a finite number. */
static int decode_input_good(const psn_sheet *sheet, int64_t i)
{
    for (int c = 0; c < IN_REALS; c++)
        if (!isfinite(sheet->reals[c][i])) return 0;
    const int64_t type = sheet->ints[IN_TYPE][i];
    const int64_t transform = sheet->ints[IN_TRANSFORM][i];
    return type >= 0 && type < PSN_SEGMENT_TYPES && transform >= 0 &&
           transform < PSN_SEGMENT_TRANSFORMS && decode_flag(sheet->ints[IN_LOG][i]) &&
           sheet->reals[IN_UNIT][i] != 0 && fabs(sheet->reals[IN_UNIT][i]) <= 1 &&
           sheet->reals[IN_LOW][i] <= sheet->reals[IN_HIGH][i] &&
           sheet->reals[IN_SCALE][i] > 0 && sheet->reals[IN_WEIGHT][i] > 0 &&
           sheet->reals[IN_ONE][i] >= 0 && sheet->reals[IN_ONE][i] <= PSN_SCALE_MOST &&
           (type == PSN_SEGMENT_TEXT) == (sheet->ints[IN_LEVELS][i] > 0) &&
           (type == PSN_SEGMENT_TEXT) == (sheet->reals[IN_ONE][i] > 0);
}

static int decode_input(psn_segment_input *input, psn_scale_column *scale,
                        const psn_sheet *sheet, int64_t i, persona_error *error)
{
    int rc = PERSONA_OK;
    if (!decode_input_good(sheet, i))
        return psn_chunks_bad(error, "an input is out of range");
    PSN_TRY(psn_sheet_name(&input->name, sheet, i, 255, error));
    input->type = (int32_t)sheet->ints[IN_TYPE][i];
    input->transform = (int32_t)sheet->ints[IN_TRANSFORM][i];
    input->weight = sheet->reals[IN_WEIGHT][i];
    input->one = sheet->reals[IN_ONE][i];
    *scale = (psn_scale_column){sheet->reals[IN_ORIGIN][i],     sheet->reals[IN_UNIT][i],
                                sheet->reals[IN_LOW][i],        sheet->reals[IN_HIGH][i],
                                sheet->reals[IN_SHIFT][i],      sheet->reals[IN_SCALE][i],
                                (int32_t)sheet->ints[IN_LOG][i]};
done:
    return rc;
}

static int decode_inputs(persona_segmenter *model, psn_reader *reader, int64_t inputs,
                         persona_error *error)
{
    int rc;
    int64_t next = 0;
    psn_sheet sheet;
    persona_table *levels = NULL;
    psn_scale_column *scales = NULL;
    PSN_TRY(psn_sheet_read(&sheet, &psn_segment_inputs_layout, reader, inputs, error));
    PSN_TRY(psn_chunks_table(&levels, reader, "Levl", 0, error));
    PSN_NEED(model->input = psn_alloc_zero((size_t)inputs, sizeof *model->input));
    PSN_NEED(scales = psn_alloc((size_t)inputs, sizeof *scales));
    model->inputs = (int32_t)inputs;
    for (int64_t i = 0; i < inputs; i++) {
        psn_segment_input *input = model->input + i;
        PSN_TRY(decode_input(input, scales + i, &sheet, i, error));
        if (input->type == PSN_SEGMENT_TEXT)
            PSN_TRY(psn_chunks_levels(&input->levels, levels, &next,
                                      sheet.ints[IN_LEVELS][i], error));
        else if (i > 0 && input[-1].type == PSN_SEGMENT_TEXT)
            PSN_TRY(psn_chunks_bad(error, "a number after a text input"));
    }
    PSN_TRY(psn_segment_set_inputs(model, model->input, model->inputs, scales, error));
done:
    psn_sheet_close(&sheet);
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
            rc = psn_chunks_bad(error, "a name is missing or stands twice");
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
    void *bytes;
    const psn_column *key, *name, *share;
    const persona_table *profile = model->part[PSN_PART_PROFILE];
    const size_t count = (size_t)k * (size_t)model->dims;
    double *centers = NULL;
    PSN_TRY(psn_chunks_column(&key, profile, "key", PERSONA_TYPE_TEXT, error));
    PSN_TRY(psn_chunks_column(&name, profile, "name", PERSONA_TYPE_TEXT, error));
    PSN_TRY(psn_chunks_column(&share, profile, "share", PERSONA_TYPE_REAL, error));
    if (profile->rows != k)
        return psn_chunks_bad(error, "the profile has too few segments");
    for (int64_t c = 0; c < k; c++) {
        const double value = ((const double *)share->values)[c];
        if (!(value >= 0 && value <= 1) || psn_column_missing(key, c))
            return psn_chunks_bad(error, "a segment of the profile is out of range");
    }
    PSN_TRY(decode_names(name, k, error));
    PSN_TRY(psn_chunks_new_array(&bytes, reader, "Cntr", count, sizeof(double), error));
    centers = bytes;
    for (size_t i = 0; i < count; i++)
        if (!(fabs(centers[i]) <= PSN_SCALE_MOST)) {
            rc = psn_chunks_bad(error, "a centre is out of range");
            goto done;
        }
    double *taken = centers;
    centers = NULL;
    PSN_TRY(psn_segment_set_centers(model, taken, (int32_t)k, share->values, error));
done:
    psn_release(centers);
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
    PSN_TRY(psn_chunks_options(&model->options, reader, "Optn", error));
    if (k > 0) {
        PSN_TRY(decode_inputs(model, reader, inputs, error));
        PSN_TRY(
            psn_chunks_texts(model->role, reader, "Role", "column", PSN_ROLES, error));
        if (model->log && (!model->role[PSN_ROLE_USER] || !model->role[PSN_ROLE_TIME]))
            PSN_TRY(psn_chunks_bad(error, "a log without user or time"));
        PSN_TRY(psn_parts_decode(model->part, &psn_segment_parts, reader, error));
        if (model->part[PSN_PART_PROFILE] == NULL)
            PSN_TRY(psn_chunks_bad(error, "it has no profile"));
        PSN_TRY(decode_centers(model, reader, k, error));
    }
    *out = &model->base;
    made = NULL;
done:
    if (made) psn_model_free(made);
    return rc;
}
