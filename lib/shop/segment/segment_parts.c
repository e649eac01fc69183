/* segment_parts.c: the insides of a segmenter as tables: those kept from the fit, and
 * those made of the model when asked for. */
#include "base/error.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "shop/segment/segment_model.h"

#include <math.h>
#include <string.h>

static int part_add_segments(persona_table *out, const persona_segmenter *model,
                             persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_column *name =
        psn_table_column(model->part[PSN_PART_PROFILE],
                         psn_table_find(model->part[PSN_PART_PROFILE], "name"));
    int64_t *number = psn_alloc((size_t)model->k, sizeof *number);
    PSN_NEED(number);
    for (int32_t c = 0; c < model->k; c++) number[c] = c;
    PSN_TRY(
        psn_table_add(out, "segment", PERSONA_TYPE_INT, number, NULL, model->k, error));
    PSN_TRY(psn_table_add_column(out, "name", name, model->k, error));
done:
    psn_release(number);
    return rc;
}

/* Centres in the units people read; of a text the share of each level. Times read "days
 * since". */
static int part_centers(persona_table **out, const persona_model *base,
                        persona_error *error)
{
    const persona_segmenter *model = (const persona_segmenter *)base;
    int rc;
    char label[600];
    double *values = psn_alloc((size_t)model->k, sizeof *values);
    PSN_NEED(values);
    PSN_TRY(psn_table_new(out, error));
    PSN_TRY(part_add_segments(*out, model, error));
    for (int32_t i = 0; i < model->inputs; i++) {
        const psn_segment_input *input = model->input + i;
        for (int32_t l = 0; l < input->width; l++) {
            size_t used = 0, length = 0;
            psn_segment_label(label, 256, input);
            used = strlen(label);
            if (input->levels) {
                const char *text = psn_dict_text(input->levels, l, &length);
                psn_format(label + used, sizeof label - used, "=%.*s", (int)length, text);
            }
            label[psn_utf8_cut(label, strlen(label), 255)] = 0;
            for (int32_t c = 0; c < model->k; c++) {
                const double z =
                    model->centers[(size_t)c * model->dims + input->first + l];
                values[c] =
                    input->levels ? z / input->one : psn_scale_back(model->scale, i, z);
            }
            if (psn_table_find(*out, label) != PERSONA_NONE) continue;
            PSN_TRY(psn_table_add(*out, label, PERSONA_TYPE_REAL, values, NULL, model->k,
                                  error));
        }
    }
done:
    psn_release(values);
    return rc;
}

typedef struct part_transforms_memory {
    const char **text;
    double *real;
    int64_t *log;
} part_transforms_memory;

static void part_transforms_fill(const part_transforms_memory *to,
                                 const persona_segmenter *model)
{
    const size_t n = (size_t)model->inputs;
    for (size_t i = 0; i < n; i++) {
        const psn_segment_input *input = model->input + i;
        const int number = input->levels == NULL;
        const psn_scale_column *c =
            number ? psn_scale_at(model->scale, (int32_t)i) : NULL;
        to->text[i] = input->name;
        to->text[n + i] = psn_segment_type_names[input->type];
        to->text[2 * n + i] = psn_segment_transform_names[input->transform];
        to->log[i] = number && c->log;
        to->real[i] = number && c->low > -PSN_SCALE_MOST ? c->low : NAN;
        to->real[n + i] = number && c->high < PSN_SCALE_MOST ? c->high : NAN;
        to->real[2 * n + i] = number ? c->shift : NAN;
        to->real[3 * n + i] =
            number ? c->scale / input->weight : input->one / input->weight;
        to->real[4 * n + i] = input->weight;
    }
}

static int part_transforms(persona_table **out, const persona_model *base,
                           persona_error *error)
{
    const persona_segmenter *model = (const persona_segmenter *)base;
    static const char *const texts[] = {"feature", "type", "transform"};
    static const char *const reals[] = {"low", "high", "shift", "factor", "weight"};
    int rc;
    const size_t n = (size_t)model->inputs;
    part_transforms_memory memory = {psn_alloc(n, 3 * sizeof(char *)),
                                     psn_alloc(n, 5 * sizeof(double)),
                                     psn_alloc(n, sizeof(int64_t))};
    PSN_NEED(memory.text);
    PSN_NEED(memory.real);
    PSN_NEED(memory.log);
    part_transforms_fill(&memory, model);
    PSN_TRY(psn_table_new(out, error));
    for (size_t c = 0; c < 3; c++)
        PSN_TRY(psn_table_add_strings(*out, texts[c], memory.text + c * n, model->inputs,
                                      error));
    PSN_TRY(psn_table_add(*out, "log1p", PERSONA_TYPE_INT, memory.log, NULL,
                          model->inputs, error));
    for (size_t c = 0; c < 5; c++)
        PSN_TRY(psn_table_add(*out, reals[c], PERSONA_TYPE_REAL, memory.real + c * n,
                              NULL, model->inputs, error));
done:
    psn_release(memory.text);
    psn_release(memory.real);
    psn_release(memory.log);
    return rc;
}

static int part_sizes(persona_table **out, const persona_model *base,
                      persona_error *error)
{
    const persona_segmenter *model = (const persona_segmenter *)base;
    int rc;
    const persona_table *profile = model->part[PSN_PART_PROFILE];
    const psn_column *size = psn_table_column(profile, psn_table_find(profile, "size"));
    PSN_TRY(psn_table_new(out, error));
    PSN_TRY(part_add_segments(*out, model, error));
    if (size && size->type == PERSONA_TYPE_INT)
        PSN_TRY(psn_table_add(*out, "size", PERSONA_TYPE_INT, size->values, size->valid,
                              model->k, error));
done:
    return rc;
}

static const psn_part_kept parts_kept[PSN_PARTS] = {
    [PSN_PART_PROFILE] = {"profile", "Prof", NULL},
    [PSN_PART_FEATURES] = {"features", "Feat", NULL},
    [PSN_PART_RULES] = {"rules", "Rule", NULL},
    [PSN_PART_SWEEP] = {"sweep", "Swep", NULL},
    [PSN_PART_RFM] = {"rfm", "Rfms", NULL},
    [PSN_PART_MAP] = {"map", "mapp", NULL},
    [PSN_PART_EXAMPLES] = {"examples", "exam", "; fit with examples=5 keeps some"}};
static const psn_part_made parts_made[] = {{"centers", part_centers, NULL},
                                           {"transforms", part_transforms, NULL},
                                           {"sizes", part_sizes, NULL}};
const psn_parts psn_segment_parts = {parts_kept, PSN_PARTS, parts_made,
                                     sizeof parts_made / sizeof *parts_made};

int psn_segment_part_of(persona_table **out, const persona_model *base, const char *part,
                        persona_error *error)
{
    const persona_segmenter *model = (const persona_segmenter *)base;
    const psn_parts_of of = {model->part, model->options, model->k > 0};
    if (strcmp(part, "segments") == 0) part = "profile"; /* its other name */
    return psn_parts_get(out, &psn_segment_parts, &of, base, part, error);
}
