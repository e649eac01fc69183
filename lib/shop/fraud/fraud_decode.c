/* fraud_decode.c: the fraud scorer out of a model file (fraud_file.h).
 *
 * Decoding checks whatever a query relies on: numbers finite, every index inside its
 * array, a rate for each level and one more, members over as many features as there are.
 * So no query can fail, or read where it must not. */
#include "base/error.h"
#include "base/memory.h"
#include "shop/fraud/fraud_file.h"

#include <math.h>
#include <string.h>

enum { DECODE_MOST = 1 << 20 };
#define DECODE_REAL 1e300

/* ---- numbers of the model */

void psn_fraud_reals_to(persona_fraud_scorer *model, const double *real)
{
    psn_decision_costs *costs = &model->costs.decision;
    model->bias = real[REAL_BIAS];
    for (int m = 0; m < PSN_FRAUD_MEMBERS; m++) model->weight[m] = real[REAL_WEIGHT + m];
    model->shift = real[REAL_SHIFT];
    model->forest_mean = real[REAL_FOREST_MEAN];
    model->forest_scale = real[REAL_FOREST_SCALE];
    model->prevalence = real[REAL_PREVALENCE];
    costs->fee = real[REAL_FEE];
    costs->fixed_fee = real[REAL_FIXED_FEE];
    costs->margin = real[REAL_MARGIN];
    costs->insult = real[REAL_INSULT];
    costs->review = real[REAL_REVIEW];
    costs->review_miss = real[REAL_REVIEW_MISS];
    costs->review_wrong = real[REAL_REVIEW_WRONG];
    model->costs.usual_amount = real[REAL_USUAL];
    model->costs.review_from = real[REAL_REVIEW_FROM];
    model->costs.block_from = real[REAL_BLOCK_FROM];
}

static int decode_limit(double limit)
{
    return isnan(limit) || (limit >= 0 && limit <= 2);
}

static int decode_reals_good(const double *real)
{
    for (int i = 0; i < REAL_REVIEW_FROM; i++)
        if (!(fabs(real[i]) <= DECODE_REAL)) return 0;
    for (int m = 0; m < PSN_FRAUD_MEMBERS; m++)
        if (!(fabs(real[REAL_WEIGHT + m]) <= 1e6)) return 0;
    return real[REAL_SHIFT] > 0 && real[REAL_USUAL] >= 0 &&
           fabs(real[REAL_BIAS]) <= 1e6 && fabs(real[REAL_FOREST_SCALE]) <= 1e6 &&
           real[REAL_PREVALENCE] >= 0 && real[REAL_PREVALENCE] <= 1 &&
           decode_limit(real[REAL_REVIEW_FROM]) && decode_limit(real[REAL_BLOCK_FROM]);
}

static int decode_meta(persona_fraud_scorer *model, psn_reader *reader, int64_t *meta,
                       persona_error *error)
{
    int rc;
    double real[REAL_COUNT];
    PSN_TRY(psn_chunks_array(meta, reader, "Meta", META_COUNT, sizeof *meta, error));
    PSN_TRY(psn_chunks_array(real, reader, "Real", REAL_COUNT, sizeof *real, error));
    if (meta[META_LAYOUT] != 0)
        PSN_FAIL(error, PERSONA_EVERSION,
                 "the fraud scorer was saved by a later version");
    for (int i = META_READY; i < META_COUNT; i++)
        if (meta[i] < (i >= META_VALUE && i <= META_QUANTITY ? -1 : 0) ||
            (i <= META_QUANTITY && meta[i] > DECODE_MOST))
            return psn_chunks_bad(error, "a count is out of range");
    if (meta[META_READY] > 1 || meta[META_NO_REVIEW] > 1 || !decode_reals_good(real))
        return psn_chunks_bad(error, "a number is out of range");
    if (meta[META_READY] && (meta[META_INPUTS] == 0 || meta[META_FEATURES] == 0))
        return psn_chunks_bad(error, "a model without inputs");
    psn_fraud_reals_to(model, real);
    model->ready = (int32_t)meta[META_READY];
    model->value = (int32_t)meta[META_VALUE];
    model->price = (int32_t)meta[META_PRICE];
    model->quantity = (int32_t)meta[META_QUANTITY];
    model->rows = meta[META_ROWS];
    model->labelled = meta[META_LABELLED];
    model->frauds = meta[META_FRAUDS];
    model->costs.decision.no_review = (int32_t)meta[META_NO_REVIEW];
    PSN_TRY(psn_decision_check(&model->costs.decision, error));
done:
    return rc == PERSONA_EOPTION ? psn_chunks_bad(error, "a cost is out of range") : rc;
}

/* ---- inputs */

static int decode_input(persona_fraud_scorer *model, const psn_sheet *sheet, int32_t i,
                        const persona_table *levels, int64_t *next, persona_error *error)
{
    int rc;
    psn_fraud_input *input = model->input + i;
    const int64_t type = sheet->ints[IN_TYPE][i], count = sheet->ints[IN_LEVELS][i];
    if (!psn_chunks_in(type, 0, PSN_FRAUD_TYPES) ||
        !psn_chunks_in(count, 0, INT32_MAX - 1) ||
        (!psn_fraud_is_category((int32_t)type) && count > 0))
        return psn_chunks_bad(error, "an input is out of range");
    input->type = (int32_t)type;
    PSN_TRY(psn_sheet_name(&input->name, sheet, i, FILE_NAME_MOST, error));
    if (psn_fraud_is_category(input->type))
        PSN_TRY(psn_chunks_levels(&input->levels, levels, next, count, error));
    if (input->type != PSN_FRAUD_TEXT) {
        if (i > model->numbers)
            return psn_chunks_bad(error, "a number after a text input");
        model->numbers = i + 1;
    }
done:
    return rc;
}

static int decode_inputs(persona_fraud_scorer *model, psn_reader *reader, int64_t inputs,
                         persona_error *error)
{
    int rc;
    int64_t next = 0;
    psn_sheet sheet;
    persona_table *levels = NULL;
    PSN_TRY(psn_sheet_read(&sheet, &psn_fraud_inputs_layout, reader, inputs, error));
    PSN_TRY(psn_chunks_table(&levels, reader, "Levl", 0, error));
    PSN_NEED(model->input = psn_alloc_zero((size_t)inputs, sizeof *model->input));
    model->inputs = (int32_t)inputs;
    for (int32_t i = 0; i < model->inputs; i++)
        PSN_TRY(decode_input(model, &sheet, i, levels, &next, error));
    if (!psn_chunks_in(model->value, -1, model->numbers) ||
        !psn_chunks_in(model->price, -1, model->numbers) ||
        !psn_chunks_in(model->quantity, -1, model->numbers))
        rc = psn_chunks_bad(error, "the amount is no number input");
done:
    psn_sheet_close(&sheet);
    psn_table_free(levels);
    return rc;
}

/* ---- features */

static int decode_feature_good(const persona_fraud_scorer *model,
                               const psn_fraud_feature *feature)
{
    const int32_t type = model->input[feature->input].type;
    switch (feature->derive) {
    case PSN_FRAUD_VALUE:
        return !psn_fraud_is_category(type);
    case PSN_FRAUD_LEVEL:
        return psn_fraud_is_category(type);
    case PSN_FRAUD_HOUR:
    case PSN_FRAUD_WEEKDAY:
        return type == PSN_FRAUD_TIME;
    case PSN_FRAUD_AGE:
        return type == PSN_FRAUD_TIME && feature->other >= 0 &&
               model->input[feature->other].type == PSN_FRAUD_TIME;
    default:
        return psn_fraud_is_category(type) &&
               feature->lookups ==
                   psn_dict_count(model->input[feature->input].levels) + 1;
    }
}

static int decode_lookup(psn_fraud_feature *feature, const psn_chunk *look, size_t *next,
                         persona_error *error)
{
    int rc = PERSONA_OK;
    const size_t size = (size_t)feature->lookups * sizeof(double);
    if (size == 0) return PERSONA_OK;
    if (look == NULL || size > look->size - *next)
        return psn_chunks_bad(error, "it has fewer rates than its features");
    PSN_NEED(feature->lookup = psn_alloc((size_t)feature->lookups, sizeof(double)));
    memcpy(feature->lookup, (const char *)look->data + *next, size);
    *next += size;
    for (int32_t l = 0; l < feature->lookups; l++)
        if (!(fabs(feature->lookup[l]) <= DECODE_REAL))
            return psn_chunks_bad(error, "a rate is out of range");
done:
    return rc;
}

static int decode_feature(persona_fraud_scorer *model, const psn_sheet *sheet, int64_t f,
                          persona_error *error)
{
    psn_fraud_feature *feature = model->feature + f;
    const int64_t derive = sheet->ints[FEATURE_DERIVE][f];
    const int64_t input = sheet->ints[FEATURE_INPUT][f];
    const int64_t other = sheet->ints[FEATURE_OTHER][f];
    const int64_t group = sheet->ints[FEATURE_GROUP][f];
    const int64_t lookups = sheet->ints[FEATURE_LOOKUPS][f];
    if (!psn_chunks_in(derive, 0, PSN_FRAUD_DERIVES) ||
        !psn_chunks_in(input, 0, model->inputs) ||
        !psn_chunks_in(other, -1, model->inputs) ||
        !psn_chunks_in(group, 0, model->features) ||
        !psn_chunks_in(lookups, 0, INT32_MAX) || isinf(sheet->reals[FEATURE_LOW][f]) ||
        isinf(sheet->reals[FEATURE_HIGH][f]))
        return psn_chunks_bad(error, "a feature is out of range");
    feature->derive = (int32_t)derive;
    feature->input = (int32_t)input;
    feature->other = (int32_t)other;
    feature->group = (int32_t)group;
    feature->lookups = (int32_t)lookups;
    feature->low = sheet->reals[FEATURE_LOW][f];
    feature->high = sheet->reals[FEATURE_HIGH][f];
    if (!decode_feature_good(model, feature))
        return psn_chunks_bad(error, "a feature does not fit its input");
    return psn_sheet_name(&feature->name, sheet, f, FILE_NAME_MOST, error);
}

static int decode_features(persona_fraud_scorer *model, psn_reader *reader,
                           int64_t features, persona_error *error)
{
    int rc;
    size_t next = 0;
    psn_sheet sheet;
    const psn_chunk *look = psn_reader_find(reader, "Look");
    PSN_TRY(psn_sheet_read(&sheet, &psn_fraud_features_layout, reader, features, error));
    PSN_NEED(model->feature = psn_alloc_zero((size_t)features, sizeof *model->feature));
    model->features = (int32_t)features;
    for (int32_t f = 0; f < model->features; f++) {
        PSN_TRY(decode_feature(model, &sheet, f, error));
        PSN_TRY(decode_lookup(model->feature + f, look, &next, error));
    }
done:
    psn_sheet_close(&sheet);
    return rc;
}

/* ---- members */

static int decode_terms(persona_fraud_scorer *model, psn_reader *reader, int64_t terms,
                        persona_error *error)
{
    int rc;
    psn_sheet sheet;
    PSN_TRY(psn_sheet_read(&sheet, &psn_fraud_terms_layout, reader, terms, error));
    PSN_NEED(model->term = psn_alloc((size_t)terms, sizeof *model->term));
    model->terms = (int32_t)terms;
    for (int64_t t = 0; t < terms; t++) {
        const int64_t feature = sheet.ints[TERM_FEATURE][t];
        const int64_t level = sheet.ints[TERM_LEVEL][t];
        const psn_fraud_term term = {(int32_t)feature,
                                     (int32_t)level,
                                     sheet.ints[TERM_LOG][t] != 0,
                                     sheet.reals[TERM_LOW][t],
                                     sheet.reals[TERM_HIGH][t],
                                     sheet.reals[TERM_MISSING][t]};
        if (!psn_chunks_in(feature, 0, model->features) ||
            !psn_chunks_in(level, PSN_FRAUD_TERM_NUMBER, INT32_MAX) ||
            !(fabs(term.low) <= DECODE_REAL) || !(fabs(term.high) <= DECODE_REAL) ||
            !(fabs(term.missing) <= DECODE_REAL) || term.low > term.high) {
            rc = psn_chunks_bad(error, "a term is out of range");
            goto done;
        }
        model->term[t] = term;
    }
done:
    psn_sheet_close(&sheet);
    return rc;
}

static int decode_trees(persona_fraud_scorer *model, psn_reader *reader,
                        persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_chunk *chunk = psn_reader_find(reader, "Tree");
    if (chunk == NULL) return PERSONA_OK;
    PSN_TRY(psn_gbdt_unpack(&model->trees, chunk->data, chunk->size, error));
    if (model->trees->features != model->features || model->trees->outputs != 1 ||
        model->trees->objective != PSN_GBDT_BINARY)
        return psn_chunks_bad(error, "the trees do not fit the features");
    PSN_TRY(psn_gbdt_fast_new(&model->fast, model->trees, error));
    PSN_TRY(psn_gbdt_shap_new(&model->shap, model->trees, error));
done:
    return rc;
}

static int decode_members(persona_fraud_scorer *model, psn_reader *reader, int64_t terms,
                          persona_error *error)
{
    int rc;
    PSN_TRY(decode_trees(model, reader, error));
    const psn_chunk *chunk = psn_reader_find(reader, "Line");
    if (chunk) {
        PSN_TRY(psn_logistic_unpack(&model->linear, chunk->data, chunk->size, error));
        PSN_TRY(decode_terms(model, reader, terms, error));
        if (model->linear->dims != model->terms)
            return psn_chunks_bad(error, "the regression does not fit its terms");
    } else if (terms > 0) {
        return psn_chunks_bad(error, "terms without a regression");
    }
    chunk = psn_reader_find(reader, "Frst");
    if (chunk) {
        PSN_TRY(psn_iforest_unpack(&model->forest, chunk->data, chunk->size, error));
        if (psn_iforest_features(model->forest) != model->features)
            return psn_chunks_bad(error, "the forest does not fit the features");
    }
    chunk = psn_reader_find(reader, "Calb");
    if (chunk)
        PSN_TRY(psn_calibrate_unpack(&model->calibrate, chunk->data, chunk->size, error));
    const void *const members[] = {model->trees, model->linear, model->forest};
    for (int m = 0; m < PSN_FRAUD_MEMBERS; m++)
        if (model->weight[m] != 0 && members[m] == NULL)
            return psn_chunks_bad(error, "a member of the blend is not there");
done:
    return rc;
}

int psn_fraud_decode(persona_model **out, psn_reader *reader, persona_error *error)
{
    int rc;
    void *made = NULL;
    int64_t meta[META_COUNT];
    *out = NULL;
    PSN_TRY(psn_model_new(&made, sizeof(persona_fraud_scorer), &psn_fraud_kind, error));
    persona_fraud_scorer *model = made;
    PSN_TRY(decode_meta(model, reader, meta, error));
    PSN_TRY(psn_chunks_options(&model->options, reader, "Optn", error));
    if (model->ready) {
        PSN_TRY(decode_inputs(model, reader, meta[META_INPUTS], error));
        PSN_TRY(decode_features(model, reader, meta[META_FEATURES], error));
        PSN_TRY(decode_members(model, reader, meta[META_TERMS], error));
        PSN_TRY(psn_chunks_texts(model->role, reader, "Role", "column", PSN_FRAUD_ROLES,
                                 error));
        PSN_TRY(psn_parts_decode(model->part, &psn_fraud_parts, reader, error));
    }
    *out = &model->base;
    made = NULL;
done:
    if (made) psn_model_free(made);
    return rc;
}
