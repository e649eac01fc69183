/* segment_encode.c: the segmenter into a model file (segment_file.h). */
#include "base/error.h"
#include "base/memory.h"
#include "shop/segment/segment_file.h"

static const char *const encode_input_ints[IN_INTS] = {"type", "transform", "log",
                                                       "levels"};
static const char *const encode_input_reals[IN_REALS] = {
    "origin", "unit", "low", "high", "shift", "scale", "weight", "one"};
const psn_sheet_layout psn_segment_inputs_layout = {
    "Inpt", 1, encode_input_ints, IN_INTS, encode_input_reals, IN_REALS};

static void encode_input(psn_sheet *sheet, const persona_segmenter *model, int32_t i)
{
    const psn_segment_input *input = model->input + i;
    const psn_scale_column none = {0, 1, 0, 0, 0, 1, 0};
    const psn_scale_column c = i < model->numbers ? *psn_scale_at(model->scale, i) : none;
    sheet->name[i] = input->name;
    sheet->ints[IN_TYPE][i] = input->type;
    sheet->ints[IN_TRANSFORM][i] = input->transform;
    sheet->ints[IN_LOG][i] = c.log;
    sheet->ints[IN_LEVELS][i] = input->levels ? psn_dict_count(input->levels) : 0;
    sheet->reals[IN_ORIGIN][i] = c.origin;
    sheet->reals[IN_UNIT][i] = c.unit;
    sheet->reals[IN_LOW][i] = c.low;
    sheet->reals[IN_HIGH][i] = c.high;
    sheet->reals[IN_SHIFT][i] = c.shift;
    sheet->reals[IN_SCALE][i] = c.scale;
    sheet->reals[IN_WEIGHT][i] = input->weight;
    sheet->reals[IN_ONE][i] = input->one;
}

static int encode_inputs(psn_writer *writer, const persona_segmenter *model,
                         persona_error *error)
{
    int rc;
    psn_sheet sheet;
    psn_dict **levels = NULL;
    PSN_TRY(psn_sheet_new(&sheet, &psn_segment_inputs_layout, model->inputs, error));
    PSN_NEED(levels = psn_alloc((size_t)model->inputs, sizeof(psn_dict *)));
    for (int32_t i = 0; i < model->inputs; i++) {
        levels[i] = model->input[i].levels;
        encode_input(&sheet, model, i);
    }
    PSN_TRY(psn_sheet_add(writer, &sheet, error));
    PSN_TRY(psn_chunks_add_levels(writer, "Levl", levels, model->inputs, error));
done:
    psn_sheet_close(&sheet);
    psn_release(levels);
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
    PSN_TRY(psn_chunks_add_copy(writer, "Meta", meta, sizeof meta, error));
    PSN_TRY(psn_chunks_add_copy(writer, "Real", real, sizeof real, error));
    PSN_TRY(psn_chunks_add_table(writer, "Optn", model->options, error));
    if (model->k == 0) goto done;
    PSN_TRY(encode_inputs(writer, model, error));
    PSN_TRY(psn_writer_add(writer, "Cntr", 8, model->centers,
                           (size_t)model->k * (size_t)model->dims * sizeof(double),
                           error));
    PSN_TRY(psn_chunks_add_texts(writer, "Role", "column",
                                 (const char *const *)model->role, PSN_ROLES, error));
    PSN_TRY(psn_parts_encode(writer, &psn_segment_parts, model->part, error));
done:
    return rc;
}
