/* fraud_fit.h: what the files of the fit side share. Nothing of the query side includes
 * it. */
#ifndef PSN_SHOP_FRAUD_FIT_H
#define PSN_SHOP_FRAUD_FIT_H

#include "learn/gbdt_search.h"
#include "shop/fraud/fraud_model.h"

/* One fit while it runs. */
typedef struct psn_fraud_fitting {
    const persona_table *table; /* linked columns in it */
    const persona_params *params;
    persona_task *task;
    persona_fraud_scorer *model;
    psn_pool *pool;
    uint64_t seed;
    int64_t rows;
    int64_t column[PSN_FRAUD_ROLES]; /* of table, or PERSONA_NONE */
    double *label;                   /* 0, 1, NaN = unknown; NULL: no label at all */
    double *weight;                  /* NULL: all 1 */
    double *time;                    /* NULL: no time */
    int supervised;

    /* Validation: fold[row] >= 0 says which fold a row validates; -1: it learns always,
     * -2: it takes no part (label unknown, weight 0). rolling: fold 0 is the latest, and
     * what learns for a fold is what came before it. */
    int8_t *fold;
    int32_t folds; /* 0: too few frauds to choose anything */
    int32_t rolling;
    int64_t
        *moment; /* when a row was, for rates; equal for equal times; NULL: no order */
    char validation[16]; /* what auto came to */

    psn_fraud_view view;
    double *x;       /* rows x features */
    int32_t **codes; /* of each feature that is a category */
    psn_bins *bins;
    int32_t rates; /* features whose values depend on who learns */

    double *score[PSN_FRAUD_MEMBERS]; /* out of fold, NULL: no such member */
    double *raw;                      /* blended, out of fold */
    double *probability;              /* calibrated, out of fold */

    /* What the trees came to. */
    psn_gbdt_options tree_options;
    int32_t blended, trials, max_bins;
    double l2;
    const char *calibrated;
} psn_fraud_fitting;

enum { PSN_FRAUD_LEARNS = -1, PSN_FRAUD_UNUSED = -2 };
/* Frauds (and good orders) that the smaller side of a validation needs. */
enum { PSN_FRAUD_FEWEST = 8 };

/* Purposes of random numbers. */
enum { PSN_FRAUD_DRAW_FOLD = 0x66720001, PSN_FRAUD_DRAW_SPLIT };

#define FRAUD_TEXT(fit, name) psn_params_text((fit)->params, &psn_fraud_fit_schema, name)
#define FRAUD_INT(fit, name, is_auto)                                                    \
    psn_params_int((fit)->params, &psn_fraud_fit_schema, name, is_auto)
#define FRAUD_REAL(fit, name, is_auto)                                                   \
    psn_params_real((fit)->params, &psn_fraud_fit_schema, name, is_auto)
#define FRAUD_BOOL(fit, name) psn_params_bool((fit)->params, &psn_fraud_fit_schema, name)

static inline const psn_column *psn_fraud_fit_column(const psn_fraud_fitting *fit,
                                                     int64_t column)
{
    return psn_table_column(fit->table, column);
}
static inline double psn_fraud_fit_weight(const psn_fraud_fitting *fit, int64_t row)
{
    return fit->weight ? fit->weight[row] : 1;
}
/* 1 for rows whose label teaches or tests. */
static inline int psn_fraud_fit_used(const psn_fraud_fitting *fit, int64_t row)
{
    return fit->fold[row] != PSN_FRAUD_UNUSED;
}

/* 1 for rows that learn what `fold` validates (-1: all learn). */
static inline int psn_fraud_fit_learns(const psn_fraud_fitting *fit, int64_t row,
                                       int32_t fold)
{
    const int32_t its = fit->fold[row];
    if (its == PSN_FRAUD_UNUSED) return 0;
    if (fold < 0 || its == PSN_FRAUD_LEARNS) return 1;
    return fit->rolling ? its > fold : its != fold;
}
/* 1 for rows that the report and the calibration look at: the latest, or all. */
static inline int psn_fraud_fit_judges(const psn_fraud_fitting *fit, int64_t row)
{
    return fit->rolling ? fit->fold[row] == 0 : fit->fold[row] >= 0;
}

/* fraud_fit_roles.c: which column is what. */
int psn_fraud_fit_roles(psn_fraud_fitting *fit, persona_error *error);
/* fraud_fit_label.c: labels, weights and times of the rows. */
int psn_fraud_fit_labels(psn_fraud_fitting *fit, persona_error *error);
/* 1 if a column could be a label: exactly two values. */
int psn_fraud_fit_two_values(int *out, const persona_table *table, int64_t column,
                             persona_error *error);
/* fraud_fit_split.c: folds and moments. */
int psn_fraud_fit_split(psn_fraud_fitting *fit, persona_error *error);
/* Rows in order of time, missing first, ties by row. */
void psn_fraud_fit_by_time(int64_t *order, const double *time, double *spare,
                           int64_t rows);

/* fraud_fit_inputs.c: the inputs of the model; fraud_fit_levels.c: those that are
 * categories; fraud_fit_features.c: the features made of them. */
int psn_fraud_fit_inputs(psn_fraud_fitting *fit, persona_error *error);
int psn_fraud_fit_levels(psn_dict **out, int64_t *kept_rows, int64_t *distinct,
                         const psn_fraud_fitting *fit, int64_t column,
                         persona_error *error);
int psn_fraud_fit_features(psn_fraud_fitting *fit, persona_error *error);
int psn_fraud_fit_drop(psn_fraud_fitting *fit, const char *code, int64_t count,
                       const char *name, const char *why, persona_error *error);

/* fraud_fit_matrix.c: all rows as features; rates as rows that do not validate `fold`
 * know them (-1: all learn); bins over them. */
int psn_fraud_fit_matrix(psn_fraud_fitting *fit, persona_error *error);
int psn_fraud_fit_rates(psn_fraud_fitting *fit, int32_t fold, persona_error *error);
int psn_fraud_fit_bins(psn_fraud_fitting *fit, persona_error *error);
int psn_fraud_fit_spread(psn_fraud_fitting *fit, persona_error *error); /* low, high */

/* The members: each leaves its scores out of fold and, learnt from all, itself in the
 * model. */
int psn_fraud_fit_trees(psn_fraud_fitting *fit, persona_error *error);
int psn_fraud_fit_linear(psn_fraud_fitting *fit, persona_error *error);
int psn_fraud_fit_forest(psn_fraud_fitting *fit, persona_error *error);
/* fraud_fit_settings.c: what is searched; -1, 0, 1 for each feature (NULL where none is
 * set). */
void psn_fraud_fit_settings(psn_gbdt_options *base, psn_gbdt_search_options *search,
                            const psn_fraud_fitting *fit);
int psn_fraud_fit_monotone(int8_t **out, const psn_fraud_fitting *fit,
                           persona_error *error);

/* fraud_fit_loss.c: a validation loss that knows no level. Set the first line, zero the
 * rest; open anew when the mask has changed. */
typedef struct psn_fraud_loss {
    const double *label, *weight; /* weight NULL: 1 */
    const uint8_t *mask;          /* PSN_GBDT_TRAIN ... */
    int64_t rows, validating;
    double *room; /* 4 x validating */
    double shift; /* of all scores, the last one found */
} psn_fraud_loss;
int psn_fraud_loss_open(psn_fraud_loss *loss, persona_error *error);
void psn_fraud_loss_close(psn_fraud_loss *loss);
psn_gbdt_loss psn_fraud_loss_value;

/* fraud_fit_blend.c: weights, calibration, prevalence. */
int psn_fraud_fit_blend(psn_fraud_fitting *fit, persona_error *error);
int psn_fraud_fit_calibrate(psn_fraud_fitting *fit, persona_error *error);
int psn_fraud_fit_unlabelled(psn_fraud_fitting *fit, persona_error *error);

/* fraud_fit_report.c and fraud_fit_importance.c: the parts. */
int psn_fraud_fit_report(psn_fraud_fitting *fit, persona_error *error);
int psn_fraud_fit_importance(psn_fraud_fitting *fit, persona_error *error);

/* fraud_fit_options.c */
int psn_fraud_fit_check_options(const psn_fraud_fitting *fit, persona_error *error);
int psn_fraud_fit_resolved(psn_fraud_fitting *fit, persona_error *error);

/* fraud_metrics.c: what evaluate and the report tell of scored rows. */
typedef struct psn_fraud_scored {
    const double *probability, *label, *weight, *amount; /* weight may be NULL */
    int64_t rows;
    const psn_fraud_costs *costs;
    double level;
    int32_t draws;
    uint64_t seed;
    psn_pool *pool;
} psn_fraud_scored;
/* metric, value, low, high. metrics: a list, or "auto". */
int psn_fraud_metrics(persona_table **out, const psn_fraud_scored *scored,
                      const char *metrics, persona_error *error);

#endif
