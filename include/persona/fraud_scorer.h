/* fraud_scorer.h: how likely is this order (or login) fraudulent, what to do with it,
 * why.
 *
 * Fit takes a table of past orders with a label (two values: 0 and 1, true and false, yes
 * and no; missing = not known yet) and any other columns: numbers, bools, times, texts.
 * Boosted trees (Friedman 2001; histograms, categories and missing values handled inside)
 * are chosen on the latest orders, or on random folds where no column tells the time,
 * blended with a logistic regression where that helps, and calibrated to a probability.
 * Costs (margin, fees, review) turn probability and amount into accept, review or block.
 * A table without labels gives an isolation forest (Liu, Ting and Zhou 2008): how unusual
 * an order is. Same data, options and seed give the same model for any number of threads.
 */
#ifndef PERSONA_FRAUD_SCORER_H
#define PERSONA_FRAUD_SCORER_H

#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What to do with an order. */
enum persona_action { PERSONA_ACCEPT = 0, PERSONA_REVIEW = 1, PERSONA_BLOCK = 2 };

/* Fits a fraud scorer. Options: schema "fraud_scorer.fit". Roles (option column.<role>,
 * or by name): label time user order value price quantity weight. Columns of linked
 * tables count as attributes. Columns that cannot serve (ids, constants) are left out and
 * noted. PERSONA_EDATA: a label of one value or more than two, an infinity (row in
 * `where`), a negative weight. BATCH, O(trials x rounds x rows x features). [shared
 * table] */
PERSONA_API int persona_fraud_scorer_fit(persona_fraud_scorer **out,
                                         const persona_table *table,
                                         const persona_params *fit, persona_task *task,
                                         persona_error *error);

/* A scorer out of a model that LightGBM (text) or XGBoost (JSON) saved, its objective
 * binary. Its columns become the inputs, all of them numbers; the probability is the one
 * that model tells. Options: schema "fraud_scorer.import". PERSONA_EFORMAT: no such file;
 * PERSONA_EKIND, PERSONA_EDATA: a model of another kind. WARM [owned] */
PERSONA_API int persona_fraud_scorer_import(persona_fraud_scorer **out, const char *path,
                                            const persona_params *options,
                                            persona_task *task, persona_error *error);

/* The same object as a persona_model, and back (NULL if of another kind). Neither makes a
 * new reference. */
PERSONA_API persona_model *persona_fraud_scorer_model(const persona_fraud_scorer *scorer);
PERSONA_API persona_fraud_scorer *persona_model_fraud_scorer(const persona_model *model);

/* Scores every row of a table: columns row, id (of the order, else the user, else the
 * row), probability, action (accept, review, block), reasons. The table has the columns
 * of persona_model_inputs by name. Row by row the same bits as
 * persona_fraud_scorer_score. BATCH */
PERSONA_API int
persona_fraud_scorer_score_table(persona_table **out, const persona_fraud_scorer *model,
                                 const persona_table *table, const persona_params *query,
                                 persona_task *task, persona_error *error);

/* Prepares a query. Options: schema "fraud_scorer.query"; costs that are not set are
 * those of the model. WARM */
PERSONA_API int persona_fraud_scorer_prepare(persona_query **out,
                                             const persona_fraud_scorer *model,
                                             const persona_params *query,
                                             persona_error *error);

/* One order. numbers: raw values of all inputs in the order of persona_model_inputs (text
 * inputs: any value here; bind them with persona_query_text), count = number of inputs,
 * NaN = missing. amount: what is at stake, NaN = what the inputs tell. *action is an enum
 * persona_action; either pointer may be NULL. A category the model has not seen counts as
 * rare. PERSONA_EDATA: an infinity, with the input in `where`. HOT [owned] */
PERSONA_API int persona_fraud_scorer_score(persona_query *query, const double *numbers,
                                           int64_t count, double amount,
                                           double *probability, int32_t *action,
                                           persona_error *error);

/* Why: columns feature, value (NaN for texts), effect (on the log odds before
 * calibration, > 0 = more like fraud), words ("amount 950 is high"), the largest effect
 * first. By the paths in the trees (Saabas 2014), or with exact=true Shapley values
 * (Lundberg 2018). WARM [owned] */
PERSONA_API int persona_fraud_scorer_explain(persona_table **out, persona_query *query,
                                             const double *numbers, int64_t count,
                                             persona_error *error);

/* How good it is on orders that it has not learnt from: columns metric, value, low, high
 * (bootstrap). model NULL: fits with the options `fit` on a part of the table and scores
 * the rest; option split of schema "fraud_scorer.evaluate" says which (by default the
 * last fifth by time). A model: scores the whole table, `fit` must be NULL. BATCH */
PERSONA_API int persona_fraud_scorer_evaluate(persona_table **out,
                                              const persona_fraud_scorer *model,
                                              const persona_table *table,
                                              const persona_params *fit,
                                              const persona_params *evaluate,
                                              persona_task *task, persona_error *error);

#ifdef __cplusplus
}
#endif
#endif
