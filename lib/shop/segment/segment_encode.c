/* segment_encode.c: the segmenter into a model file (segment_file.h). */
#include "base/error.h"
#include "base/memory.h"
#include "shop/segment/segment_file.h"

const char *const psn_segment_part_tags[PSN_PARTS] = {"Prof", "Feat", "Rule", "Swep",
                                                      "Rfms", "mapp", "exam"};
const char *const psn_segment_input_ints[IN_INTS] = {"type", "transform", "log",
                                                     "levels"};
const char *const psn_segment_input_reals[IN_REALS] = {
    "origin", "unit", "low", "high", "shift", "scale", "weight", "one"};

static int encode_add_table(psn_writer *writer, const char *tag,
                            const persona_table *table, persona_error *error)
{
    psn_text bytes = {0};
    int rc = psn_table_pack(&bytes, table, error);
    if (rc == PERSONA_OK) return psn_writer_add_text(writer, tag, &bytes, error);
    psn_text_free(&bytes);
    return rc;
}

/* Owned bytes, since the writer borrows until it finishes. */
static int encode_add_copy(psn_writer *writer, const char *tag, const void *data,
                           size_t size, persona_error *error)
{
    psn_text bytes = {0};
    psn_text_append(&bytes, data, size);
    if (!bytes.failed) return psn_writer_add_text(writer, tag, &bytes, error);
    psn_text_free(&bytes);
    return psn_fail_memory(error);
}

static void encode_input_values(const persona_segmenter *model, int32_t i, int64_t *ints,
                                double *reals)
{
    const psn_segment_input *input = model->input + i;
    const psn_scale_column none = {0, 1, 0, 0, 0, 1, 0};
    const psn_scale_column c = i < model->numbers ? *psn_scale_at(model->scale, i) : none;
    ints[IN_TYPE] = input->type;
    ints[IN_TRANSFORM] = input->transform;
    ints[IN_LOG] = c.log;
    ints[IN_LEVELS] = input->levels ? psn_dict_count(input->levels) : 0;
    reals[IN_ORIGIN] = c.origin;
    reals[IN_UNIT] = c.unit;
    reals[IN_LOW] = c.low;
    reals[IN_HIGH] = c.high;
    reals[IN_SHIFT] = c.shift;
    reals[IN_SCALE] = c.scale;
    reals[IN_WEIGHT] = input->weight;
    reals[IN_ONE] = input->one;
}

static int encode_inputs(persona_table **out, const persona_segmenter *model,
                         persona_error *error)
{
    int rc;
    const size_t n = (size_t)model->inputs;
    int64_t *ints = psn_alloc(n * IN_INTS, sizeof *ints), int_row[IN_INTS];
    double *reals = psn_alloc(n * IN_REALS, sizeof *reals), real_row[IN_REALS];
    const char **names = psn_alloc(n, sizeof *names);
    PSN_NEED(ints);
    PSN_NEED(reals);
    PSN_NEED(names);
    for (size_t i = 0; i < n; i++) {
        names[i] = model->input[i].name;
        encode_input_values(model, (int32_t)i, int_row, real_row);
        for (size_t c = 0; c < IN_INTS; c++) ints[c * n + i] = int_row[c];
        for (size_t c = 0; c < IN_REALS; c++) reals[c * n + i] = real_row[c];
    }
    PSN_TRY(psn_table_new(out, error));
    PSN_TRY(psn_table_add_strings(*out, "name", names, model->inputs, error));
    for (size_t c = 0; c < IN_INTS; c++)
        PSN_TRY(psn_table_add(*out, psn_segment_input_ints[c], PERSONA_TYPE_INT,
                              ints + c * n, NULL, model->inputs, error));
    for (size_t c = 0; c < IN_REALS; c++)
        PSN_TRY(psn_table_add(*out, psn_segment_input_reals[c], PERSONA_TYPE_REAL,
                              reals + c * n, NULL, model->inputs, error));
done:
    psn_release(ints);
    psn_release(reals);
    psn_release(names);
    return rc;
}

/* All levels, one input after the other. */
static int encode_levels(persona_table **out, const persona_segmenter *model,
                         persona_error *error)
{
    int rc;
    psn_text bytes = {0};
    int64_t *offsets =
        psn_alloc((size_t)(model->dims - model->numbers) + 1, sizeof *offsets);
    int64_t count = 0;
    PSN_NEED(offsets);
    offsets[0] = 0;
    for (int32_t i = model->numbers; i < model->inputs; i++)
        for (int64_t l = 0; l < model->input[i].width; l++) {
            size_t length;
            const char *text = psn_dict_text(model->input[i].levels, l, &length);
            psn_text_append(&bytes, text, length);
            offsets[++count] = (int64_t)bytes.length;
        }
    PSN_NEED(bytes.failed ? NULL : offsets);
    PSN_TRY(psn_table_new(out, error));
    PSN_TRY(psn_table_add_text(*out, "level", bytes.bytes ? bytes.bytes : "", offsets,
                               NULL, count, error));
done:
    psn_text_free(&bytes);
    psn_release(offsets);
    return rc;
}

static int encode_roles(persona_table **out, const persona_segmenter *model,
                        persona_error *error)
{
    int rc;
    PSN_TRY(psn_table_new(out, error));
    PSN_TRY(psn_table_add_strings(*out, "column", (const char *const *)model->role,
                                  PSN_ROLES, error));
done:
    return rc;
}

typedef int (*encode_maker)(persona_table **, const persona_segmenter *, persona_error *);

static int encode_add_made(psn_writer *writer, const char *tag, encode_maker make,
                           const persona_segmenter *model, persona_error *error)
{
    persona_table *table = NULL;
    int rc = make(&table, model, error);
    if (rc == PERSONA_OK) rc = encode_add_table(writer, tag, table, error);
    psn_table_free(table);
    return rc;
}

int psn_segment_encode(const persona_model *base, psn_writer *writer,
                       persona_error *error)
{
    int rc;
    const persona_segmenter *model = (const persona_segmenter *)base;
    const int64_t meta[META_COUNT] = {0,           model->k,           model->inputs,
                                      model->log,  model->as_of_named, model->as_of,
                                      model->rows, model->customers};
    const double real[REAL_COUNT] = {model->spread, model->inertia, model->silhouette};
    PSN_TRY(encode_add_copy(writer, "Meta", meta, sizeof meta, error));
    PSN_TRY(encode_add_copy(writer, "Real", real, sizeof real, error));
    PSN_TRY(encode_add_table(writer, "Optn", model->options, error));
    if (model->k == 0) goto done;
    PSN_TRY(encode_add_made(writer, "Inpt", encode_inputs, model, error));
    if (model->dims > model->numbers)
        PSN_TRY(encode_add_made(writer, "Levl", encode_levels, model, error));
    PSN_TRY(psn_writer_add(writer, "Cntr", 8, model->centers,
                           (size_t)model->k * (size_t)model->dims * sizeof(double),
                           error));
    PSN_TRY(encode_add_made(writer, "Role", encode_roles, model, error));
    for (int p = 0; p < PSN_PARTS; p++)
        if (model->part[p])
            PSN_TRY(encode_add_table(writer, psn_segment_part_tags[p], model->part[p],
                                     error));
done:
    return rc;
}
