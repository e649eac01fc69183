/* fraud_encode.c: the fraud scorer into a model file (fraud_file.h). */
#include "base/error.h"
#include "base/memory.h"
#include "shop/fraud/fraud_file.h"

const char *const psn_fraud_part_tags[PSN_FRAUD_PARTS] = {
    "Metr", "Rocs", "Prec", "Clbt", "Cost", "Thrs", "Impt", "Scor", "Srch"};
const char *const psn_fraud_in_ints[IN_INTS] = {"type", "levels"};
const char *const psn_fraud_feature_ints[FEATURE_INTS] = {"derive", "input", "other",
                                                          "group", "lookups"};
const char *const psn_fraud_feature_reals[FEATURE_REALS] = {"low", "high"};
const char *const psn_fraud_term_ints[TERM_INTS] = {"feature", "level", "log"};
const char *const psn_fraud_term_reals[TERM_REALS] = {"low", "high", "missing"};

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

/* A table of ints and reals (column-major, rows each) after a column of names or none. */
typedef struct encode_rows {
    const char **name;
    int64_t *ints;
    double *reals;
    size_t rows;
} encode_rows;

static int encode_rows_open(encode_rows *to, size_t rows, persona_error *error)
{
    int rc = PERSONA_OK;
    to->rows = rows;
    PSN_NEED(to->name = psn_alloc(rows, sizeof *to->name));
    PSN_NEED(to->ints = psn_alloc(rows, FILE_MOST_INTS * sizeof *to->ints));
    PSN_NEED(to->reals = psn_alloc(rows, FILE_MOST_REALS * sizeof *to->reals));
done:
    return rc;
}

static void encode_rows_close(encode_rows *rows)
{
    psn_release(rows->name);
    psn_release(rows->ints);
    psn_release(rows->reals);
}

static int encode_rows_table(psn_writer *writer, const char *tag, const encode_rows *rows,
                             int named, const char *const *ints, size_t int_count,
                             const char *const *reals, size_t real_count,
                             persona_error *error)
{
    int rc;
    persona_table *table = NULL;
    const int64_t n = (int64_t)rows->rows;
    PSN_TRY(psn_table_new(&table, error));
    if (named) PSN_TRY(psn_table_add_strings(table, "name", rows->name, n, error));
    for (size_t c = 0; c < int_count; c++)
        PSN_TRY(psn_table_add(table, ints[c], PERSONA_TYPE_INT,
                              rows->ints + c * rows->rows, NULL, n, error));
    for (size_t c = 0; c < real_count; c++)
        PSN_TRY(psn_table_add(table, reals[c], PERSONA_TYPE_REAL,
                              rows->reals + c * rows->rows, NULL, n, error));
    PSN_TRY(encode_add_table(writer, tag, table, error));
done:
    psn_table_free(table);
    return rc;
}

static int encode_inputs(psn_writer *writer, const persona_fraud_scorer *model,
                         persona_error *error)
{
    int rc;
    encode_rows to = {0};
    const size_t n = (size_t)model->inputs;
    PSN_TRY(encode_rows_open(&to, n, error));
    for (size_t i = 0; i < n; i++) {
        const psn_fraud_input *input = model->input + i;
        to.name[i] = input->name;
        to.ints[IN_TYPE * n + i] = input->type;
        to.ints[IN_LEVELS * n + i] = input->levels ? psn_dict_count(input->levels) : 0;
    }
    PSN_TRY(encode_rows_table(writer, "Inpt", &to, 1, psn_fraud_in_ints, IN_INTS, NULL, 0,
                              error));
done:
    encode_rows_close(&to);
    return rc;
}

/* All levels, one input after the other. */
static int encode_levels(psn_writer *writer, const persona_fraud_scorer *model,
                         persona_error *error)
{
    int rc = PERSONA_OK;
    psn_text bytes = {0};
    persona_table *table = NULL;
    int64_t count = 0, all = 0, *offsets = NULL;
    for (int32_t i = 0; i < model->inputs; i++)
        if (model->input[i].levels) all += psn_dict_count(model->input[i].levels);
    if (all == 0) return PERSONA_OK;
    PSN_NEED(offsets = psn_alloc((size_t)all + 1, sizeof *offsets));
    offsets[0] = 0;
    for (int32_t i = 0; i < model->inputs; i++) {
        const psn_dict *levels = model->input[i].levels;
        for (int64_t l = 0; levels && l < psn_dict_count(levels); l++) {
            size_t length;
            const char *text = psn_dict_text(levels, l, &length);
            psn_text_append(&bytes, text, length);
            offsets[++count] = (int64_t)bytes.length;
        }
    }
    PSN_NEED(bytes.failed ? NULL : offsets);
    PSN_TRY(psn_table_new(&table, error));
    PSN_TRY(psn_table_add_text(table, "level", bytes.bytes ? bytes.bytes : "", offsets,
                               NULL, count, error));
    PSN_TRY(encode_add_table(writer, "Levl", table, error));
done:
    psn_table_free(table);
    psn_text_free(&bytes);
    psn_release(offsets);
    return rc;
}

static int encode_features(psn_writer *writer, const persona_fraud_scorer *model,
                           persona_error *error)
{
    int rc;
    encode_rows to = {0};
    psn_text look = {0};
    const size_t n = (size_t)model->features;
    PSN_TRY(encode_rows_open(&to, n, error));
    for (size_t i = 0; i < n; i++) {
        const psn_fraud_feature *feature = model->feature + i;
        to.name[i] = feature->name;
        to.ints[FEATURE_DERIVE * n + i] = feature->derive;
        to.ints[FEATURE_INPUT * n + i] = feature->input;
        to.ints[FEATURE_OTHER * n + i] = feature->other;
        to.ints[FEATURE_GROUP * n + i] = feature->group;
        to.ints[FEATURE_LOOKUPS * n + i] = feature->lookups;
        to.reals[FEATURE_LOW * n + i] = feature->low;
        to.reals[FEATURE_HIGH * n + i] = feature->high;
        psn_text_append(&look, (const char *)feature->lookup,
                        (size_t)feature->lookups * sizeof(double));
    }
    PSN_NEED(look.failed ? NULL : to.ints);
    PSN_TRY(encode_rows_table(writer, "Fetr", &to, 1, psn_fraud_feature_ints,
                              FEATURE_INTS, psn_fraud_feature_reals, FEATURE_REALS,
                              error));
    if (look.length > 0) PSN_TRY(psn_writer_add_text(writer, "Look", &look, error));
done:
    psn_text_free(&look);
    encode_rows_close(&to);
    return rc;
}

static int encode_terms(psn_writer *writer, const persona_fraud_scorer *model,
                        persona_error *error)
{
    int rc;
    encode_rows to = {0};
    const size_t n = (size_t)model->terms;
    PSN_TRY(encode_rows_open(&to, n, error));
    for (size_t i = 0; i < n; i++) {
        const psn_fraud_term *term = model->term + i;
        to.ints[TERM_FEATURE * n + i] = term->feature;
        to.ints[TERM_LEVEL * n + i] = term->level;
        to.ints[TERM_LOG * n + i] = term->log;
        to.reals[TERM_LOW * n + i] = term->low;
        to.reals[TERM_HIGH * n + i] = term->high;
        to.reals[TERM_MISSING * n + i] = term->missing;
    }
    PSN_TRY(encode_rows_table(writer, "Term", &to, 0, psn_fraud_term_ints, TERM_INTS,
                              psn_fraud_term_reals, TERM_REALS, error));
done:
    encode_rows_close(&to);
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

static int encode_roles(psn_writer *writer, const persona_fraud_scorer *model,
                        persona_error *error)
{
    int rc;
    persona_table *table = NULL;
    PSN_TRY(psn_table_new(&table, error));
    PSN_TRY(psn_table_add_strings(table, "column", (const char *const *)model->role,
                                  PSN_FRAUD_ROLES, error));
    PSN_TRY(encode_add_table(writer, "Role", table, error));
done:
    psn_table_free(table);
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
    PSN_TRY(encode_add_copy(writer, "Meta", meta, sizeof meta, error));
    PSN_TRY(encode_add_copy(writer, "Real", real, sizeof real, error));
    PSN_TRY(encode_add_table(writer, "Optn", model->options, error));
    if (!model->ready) goto done;
    PSN_TRY(encode_inputs(writer, model, error));
    PSN_TRY(encode_levels(writer, model, error));
    PSN_TRY(encode_features(writer, model, error));
    PSN_TRY(encode_members(writer, model, error));
    PSN_TRY(encode_roles(writer, model, error));
    for (int p = 0; p < PSN_FRAUD_PARTS; p++)
        if (model->part[p])
            PSN_TRY(
                encode_add_table(writer, psn_fraud_part_tags[p], model->part[p], error));
done:
    return rc;
}
