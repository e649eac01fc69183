/* fraud_encode.c: the fraud scorer into a model file (fraud_file.h). */
#include "base/error.h"
#include "base/memory.h"
#include "shop/fraud/fraud_file.h"

static const char *const encode_input_ints[IN_INTS] = {"type", "levels"};
static const char *const encode_feature_ints[FEATURE_INTS] = {"derive", "input", "other",
                                                              "group", "lookups"};
static const char *const encode_feature_reals[FEATURE_REALS] = {"low", "high"};
static const char *const encode_term_ints[TERM_INTS] = {"feature", "level", "log"};
static const char *const encode_term_reals[TERM_REALS] = {"low", "high", "missing"};
const psn_sheet_layout psn_fraud_inputs_layout = {"Inpt",  1,    encode_input_ints,
                                                  IN_INTS, NULL, 0};
const psn_sheet_layout psn_fraud_features_layout = {
    "Fetr", 1, encode_feature_ints, FEATURE_INTS, encode_feature_reals, FEATURE_REALS};
const psn_sheet_layout psn_fraud_terms_layout = {
    "Term", 0, encode_term_ints, TERM_INTS, encode_term_reals, TERM_REALS};

void psn_fraud_reals_of(double *real, const persona_fraud_scorer *model)
{
    const psn_decision_costs *costs = &model->costs.decision;
    real[REAL_BIAS] = model->bias;
    for (int m = 0; m < PSN_FRAUD_MEMBERS; m++) real[REAL_WEIGHT + m] = model->weight[m];
    real[REAL_SHIFT] = model->shift;
    real[REAL_FOREST_MEAN] = model->forest_mean;
    real[REAL_FOREST_SCALE] = model->forest_scale;
    real[REAL_PREVALENCE] = model->prevalence;
    real[REAL_FEE] = costs->fee;
    real[REAL_FIXED_FEE] = costs->fixed_fee;
    real[REAL_MARGIN] = costs->margin;
    real[REAL_INSULT] = costs->insult;
    real[REAL_REVIEW] = costs->review;
    real[REAL_REVIEW_MISS] = costs->review_miss;
    real[REAL_REVIEW_WRONG] = costs->review_wrong;
    real[REAL_USUAL] = model->costs.usual_amount;
    real[REAL_REVIEW_FROM] = model->costs.review_from;
    real[REAL_BLOCK_FROM] = model->costs.block_from;
}

static int encode_inputs(psn_writer *writer, const persona_fraud_scorer *model,
                         persona_error *error)
{
    int rc;
    psn_sheet sheet;
    psn_dict **levels = NULL;
    PSN_TRY(psn_sheet_new(&sheet, &psn_fraud_inputs_layout, model->inputs, error));
    PSN_NEED(levels = psn_alloc((size_t)model->inputs, sizeof(psn_dict *)));
    for (int32_t i = 0; i < model->inputs; i++) {
        const psn_fraud_input *input = model->input + i;
        levels[i] = input->levels;
        sheet.name[i] = input->name;
        sheet.ints[IN_TYPE][i] = input->type;
        sheet.ints[IN_LEVELS][i] = levels[i] ? psn_dict_count(levels[i]) : 0;
    }
    PSN_TRY(psn_sheet_add(writer, &sheet, error));
    PSN_TRY(psn_chunks_add_levels(writer, "Levl", levels, model->inputs, error));
done:
    psn_sheet_close(&sheet);
    psn_release(levels);
    return rc;
}

static int encode_features(psn_writer *writer, const persona_fraud_scorer *model,
                           persona_error *error)
{
    int rc;
    psn_sheet sheet;
    psn_text look = {0};
    PSN_TRY(psn_sheet_new(&sheet, &psn_fraud_features_layout, model->features, error));
    for (int32_t f = 0; f < model->features; f++) {
        const psn_fraud_feature *feature = model->feature + f;
        sheet.name[f] = feature->name;
        sheet.ints[FEATURE_DERIVE][f] = feature->derive;
        sheet.ints[FEATURE_INPUT][f] = feature->input;
        sheet.ints[FEATURE_OTHER][f] = feature->other;
        sheet.ints[FEATURE_GROUP][f] = feature->group;
        sheet.ints[FEATURE_LOOKUPS][f] = feature->lookups;
        sheet.reals[FEATURE_LOW][f] = feature->low;
        sheet.reals[FEATURE_HIGH][f] = feature->high;
        psn_text_append(&look, (const char *)feature->lookup,
                        (size_t)feature->lookups * sizeof(double));
    }
    PSN_NEED(look.failed ? NULL : sheet.name);
    PSN_TRY(psn_sheet_add(writer, &sheet, error));
    if (look.length > 0) PSN_TRY(psn_writer_add_text(writer, "Look", &look, error));
done:
    psn_text_free(&look);
    psn_sheet_close(&sheet);
    return rc;
}

static int encode_terms(psn_writer *writer, const persona_fraud_scorer *model,
                        persona_error *error)
{
    int rc;
    psn_sheet sheet;
    PSN_TRY(psn_sheet_new(&sheet, &psn_fraud_terms_layout, model->terms, error));
    for (int32_t t = 0; t < model->terms; t++) {
        const psn_fraud_term *term = model->term + t;
        sheet.ints[TERM_FEATURE][t] = term->feature;
        sheet.ints[TERM_LEVEL][t] = term->level;
        sheet.ints[TERM_LOG][t] = term->log;
        sheet.reals[TERM_LOW][t] = term->low;
        sheet.reals[TERM_HIGH][t] = term->high;
        sheet.reals[TERM_MISSING][t] = term->missing;
    }
    PSN_TRY(psn_sheet_add(writer, &sheet, error));
done:
    psn_sheet_close(&sheet);
    return rc;
}

static int encode_members(psn_writer *writer, const persona_fraud_scorer *model,
                          persona_error *error)
{
    int rc = PERSONA_OK;
    psn_text bytes = {0};
    if (model->trees) {
        PSN_TRY(psn_gbdt_pack(&bytes, model->trees, error));
        PSN_TRY(psn_writer_add_text(writer, "Tree", &bytes, error));
    }
    bytes = (psn_text){0};
    if (model->linear) {
        PSN_TRY(psn_logistic_pack(&bytes, model->linear, error));
        PSN_TRY(psn_writer_add_text(writer, "Line", &bytes, error));
        PSN_TRY(encode_terms(writer, model, error));
    }
    bytes = (psn_text){0};
    if (model->forest) {
        PSN_TRY(psn_iforest_pack(&bytes, model->forest, error));
        PSN_TRY(psn_writer_add_text(writer, "Frst", &bytes, error));
    }
    bytes = (psn_text){0};
    if (model->calibrate) {
        PSN_TRY(psn_calibrate_pack(&bytes, model->calibrate, error));
        PSN_TRY(psn_writer_add_text(writer, "Calb", &bytes, error));
    }
    return PERSONA_OK;
done:
    psn_text_free(&bytes);
    return rc;
}

int psn_fraud_encode(const persona_model *base, psn_writer *writer, persona_error *error)
{
    int rc;
    const persona_fraud_scorer *model = (const persona_fraud_scorer *)base;
    const int64_t meta[META_COUNT] = {0,
                                      model->ready,
                                      model->ready ? model->inputs : 0,
                                      model->ready ? model->features : 0,
                                      model->ready ? model->terms : 0,
                                      model->value,
                                      model->price,
                                      model->quantity,
                                      model->rows,
                                      model->labelled,
                                      model->frauds,
                                      model->costs.decision.no_review};
    double real[REAL_COUNT];
    psn_fraud_reals_of(real, model);
    PSN_TRY(psn_chunks_add_copy(writer, "Meta", meta, sizeof meta, error));
    PSN_TRY(psn_chunks_add_copy(writer, "Real", real, sizeof real, error));
    PSN_TRY(psn_chunks_add_table(writer, "Optn", model->options, error));
    if (!model->ready) goto done;
    PSN_TRY(encode_inputs(writer, model, error));
    PSN_TRY(encode_features(writer, model, error));
    PSN_TRY(encode_members(writer, model, error));
    PSN_TRY(psn_chunks_add_texts(writer, "Role", "column",
                                 (const char *const *)model->role, PSN_FRAUD_ROLES,
                                 error));
    PSN_TRY(psn_parts_encode(writer, &psn_fraud_parts, model->part, error));
done:
    return rc;
}
