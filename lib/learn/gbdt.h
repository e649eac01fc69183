/* gbdt.h: gradient-boosted trees: training and prediction. */
#ifndef PSN_LEARN_GBDT_H
#define PSN_LEARN_GBDT_H

#include <stdint.h>
#include "base/pool.h"
#include "data/bins.h"
#include "learn/gbdt_model.h"
#include "math/rows.h"
#include "persona/types.h"

/* ---- training */
enum { PSN_GBDT_LEAF_WISE, PSN_GBDT_SYMMETRIC };
enum { PSN_GBDT_UNUSED, PSN_GBDT_TRAIN, PSN_GBDT_VALIDATE }; /* what a row is for */

/* Gradients from a caller: fills gradient and hessian (>= 0) of rows x outputs from the
 * scores (rows x outputs), each [output * rows + row]. Weights are applied afterwards.
 * Called by one thread. */
typedef void psn_gbdt_gradients(void *context, const double *scores, double *gradient,
                                double *hessian);
/* Loss over the rows of `mask` that are PSN_GBDT_VALIDATE, lower is better; scores before
 * class weights are corrected. */
typedef double psn_gbdt_loss(void *context, const double *scores);

typedef struct psn_gbdt_data {
    const psn_bins *bins;
    const double *label;
    const double *weight; /* >= 0; NULL = 1 */
    /* Scores to start from, [output * rows + row]; NULL: the best constant. They are not
     * part of the model, except with psn_gbdt_fit's `before`, whose scores they must be.
     */
    const double *start;
    const uint8_t *mask;        /* PSN_GBDT_UNUSED ...; NULL: all train */
    const int64_t *group_start; /* ranking: groups + 1 row numbers, 0 first, rows last */
    int64_t groups;
    const int32_t
        *position; /* ranking: place at which a row was shown, 0 ..; NULL = none */
    psn_gbdt_gradients *gradients; /* PSN_GBDT_CUSTOM */
    psn_gbdt_loss *loss; /* NULL: the objective's own, PSN_GBDT_CUSTOM has none */
    void *context;
} psn_gbdt_data;

typedef struct psn_gbdt_options {
    psn_gbdt_objective objective;
    double parameter;     /* quantile .5, Tweedie power 1.5 */
    int32_t classes;      /* multiclass */
    int32_t rounds;       /* trees = rounds x classes */
    double learning_rate; /* 0 .. 1 */
    int32_t growth;
    int32_t num_leaves;
    int32_t max_depth; /* 0 = no limit (leaf-wise); symmetric: 1 .. 10 */
    int32_t min_data_in_leaf;
    double min_sum_hessian;
    double lambda_l1, lambda_l2;
    double min_gain;
    double max_step;            /* bound of a leaf before learning_rate; 0 = none */
    double row_fraction;        /* drawn anew for every round, without replacement */
    double tree_columns;        /* share of features of a tree */
    double node_columns;        /* share of those of a node */
    double positive_weight;     /* binary: weight of label 1, corrected in the base */
    const double *class_weight; /* multiclass: classes entries or NULL, corrected too */
    const int8_t *monotone;     /* a feature: -1, 0, 1; NULL = none */
    /* Sets of features that may be on one path: constraint_start has constraints + 1
     * entries into constraint_feature. Features in no set stay alone. At most 63 sets. */
    int32_t constraints;
    const int32_t *constraint_start, *constraint_feature;
    double cat_smooth, cat_l2; /* categories, as LightGBM names them */
    int32_t max_cat_threshold, min_data_per_group, max_cat_to_onehot;
    int32_t early_stopping;  /* rounds without a better validation loss; 0 = all rounds */
    int32_t rank_truncation; /* LambdaMART: pairs with one document above this rank */
    int32_t rank_normalize;
    double rank_sigmoid;
    int32_t rank_metric_at; /* validation NDCG@ */
    double position_l2;     /* of the bias of positions */
    uint64_t seed;
} psn_gbdt_options;

void psn_gbdt_defaults(psn_gbdt_options *options, psn_gbdt_objective objective);

/* What a fit tells besides the model. Zero-initialise, set want_scores, release with
 * psn_gbdt_report_clear. */
typedef struct psn_gbdt_report {
    int32_t want_scores;
    int32_t rounds_run, best_round; /* best_round = rounds in the model */
    double best_loss;               /* of validation; NaN without */
    double *losses;                 /* validation loss after each round run */
    double *scores; /* of rows that train or validate under the model (others:
                       where they started), [output * rows + row], if wanted */
} psn_gbdt_report;
void psn_gbdt_report_clear(psn_gbdt_report *report);

/* `before` (NULL = none): continue from it; data->start holds its raw scores and the bins
 * have its features. report may be NULL. */
int psn_gbdt_fit(psn_gbdt **out, psn_gbdt_report *report, const psn_gbdt_data *data,
                 const psn_gbdt_options *options, const psn_gbdt *before, psn_pool *pool,
                 persona_task *task, persona_error *error);

/* The validation loss that a fit would report for these raw scores, rows x outputs as in
 * a report. */
int psn_gbdt_scores_loss(double *loss, const psn_gbdt_data *data,
                         const psn_gbdt_options *options, const double *scores,
                         psn_pool *pool, persona_error *error);

/* New leaf values for the same trees from other rows: (decay) old + (1 - decay) new, new
 * being the step that training with learning_rate and lambda_l2 would take. */
typedef struct psn_gbdt_refit_options {
    double decay, learning_rate, lambda_l2;
} psn_gbdt_refit_options;
int psn_gbdt_refit(psn_gbdt **out, const psn_gbdt *model, const psn_rows *rows,
                   const double *label, const psn_gbdt_refit_options *options,
                   persona_error *error);

/* One model whose raw scores are the sum of shares[i] x those of models[i], which have
 * the same features (levels of categories included) and objective. */
int psn_gbdt_blend(psn_gbdt **out, const psn_gbdt *const *models, const double *shares,
                   int32_t count, persona_error *error);

/* ---- prediction: the same bits one by one, in blocks, and on every processor */
typedef struct psn_gbdt_fast psn_gbdt_fast;
/* Compiles a model; the model must outlive it. */
int psn_gbdt_fast_new(psn_gbdt_fast **out, const psn_gbdt *model, persona_error *error);
void psn_gbdt_fast_free(psn_gbdt_fast *fast);
/* Bytes of scratch (64-aligned) that one and batch write to. */
size_t psn_gbdt_fast_scratch(const psn_gbdt_fast *fast);
/* Raw scores of one row (features doubles) into out (outputs). No allocation, no lock. */
void psn_gbdt_fast_one(const psn_gbdt_fast *fast, const double *row, void *scratch,
                       double *out);
/* Of count rows, row-major with `stride` doubles from row to row; out is count x outputs.
 */
void psn_gbdt_fast_batch(const psn_gbdt_fast *fast, const double *rows, int64_t count,
                         int64_t stride, void *scratch, double *out);
/* The same over psn_rows with threads. out: rows x outputs. */
int psn_gbdt_predict(const psn_gbdt *model, const psn_rows *rows, double *out,
                     psn_pool *pool, persona_task *task, persona_error *error);

/* Rise of the loss (mean over rows) when the values of one feature are dealt out anew,
 * for every feature, mean of `repeats`. */
int psn_gbdt_permutation(double *rise, const psn_gbdt *model, const psn_rows *rows,
                         const double *label, int32_t repeats, uint64_t seed,
                         psn_pool *pool, persona_task *task, persona_error *error);
/* Mean loss of the objective; scores are raw, rows x outputs. Ranking and custom: NaN. */
double psn_gbdt_mean_loss(const psn_gbdt *model, const double *scores,
                          const double *label, const double *weight, int64_t rows);

#endif
