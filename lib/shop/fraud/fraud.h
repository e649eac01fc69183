/* fraud.h: the fraud scorer: what it is made of and what can be asked of it.
 *
 * An order (or a login) is a row of inputs as the shop knows them: numbers, times, texts.
 * From them come the features that the learners see: a number as it is, the level of a
 * category, the hour and weekday of a time, the hours between two times, and of a
 * category with many levels how often and how badly each was seen. Trees, a logistic
 * regression and an isolation forest score the features; the scores are blended,
 * calibrated to a probability, and costs turn that into an action. The fit side
 * (fraud_fit.h) makes the model; everything here only reads it. */
#ifndef PSN_SHOP_FRAUD_H
#define PSN_SHOP_FRAUD_H

#include <stdint.h>
#include "base/dict.h"
#include "data/table.h"
#include "learn/calibrate.h"
#include "learn/gbdt.h"
#include "learn/gbdt_shap.h"
#include "learn/iforest.h"
#include "learn/logistic.h"
#include "plan/decision.h"
#include "shop/model.h"

typedef enum psn_fraud_type {
    PSN_FRAUD_NUMBER,
    PSN_FRAUD_BOOL,
    PSN_FRAUD_TIME,
    PSN_FRAUD_CODE, /* a number that is a category */
    PSN_FRAUD_TEXT, /* always a category */
    PSN_FRAUD_TYPES
} psn_fraud_type;

/* Categories: level 0 .. count - 1; count = any other, rare or not seen. */
typedef struct psn_fraud_input {
    char *name;
    int32_t type;
    psn_dict *levels;
    int32_t silent; /* while fitting: tells the amount, but is no feature */
} psn_fraud_input;

typedef enum psn_fraud_derive {
    PSN_FRAUD_VALUE,   /* the number */
    PSN_FRAUD_LEVEL,   /* the level, a category */
    PSN_FRAUD_HOUR,    /* of the day, UTC, with its minutes */
    PSN_FRAUD_WEEKDAY, /* 0 = Monday */
    PSN_FRAUD_AGE,     /* hours from `other` to `input` */
    PSN_FRAUD_RATE,    /* log odds of fraud of the level, shrunk to the mean */
    PSN_FRAUD_COUNT,   /* log of how often the level was seen */
    PSN_FRAUD_DERIVES
} psn_fraud_derive;

typedef struct psn_fraud_feature {
    char *name;
    int32_t derive, input, other;
    int32_t group;    /* the feature that answers for this one in reasons */
    double low, high; /* four fifths of the values of the fit lie between */
    double *lookup;   /* rate, count: one a level, the last for all others */
    int32_t lookups;
} psn_fraud_feature;

/* A column of the logistic regression: a clamped number (log: sign(x) log1p|x|), with
 * `missing` where there is none, or 1 for one level (-1: for missing). */
typedef struct psn_fraud_term {
    int32_t feature, level, log;
    double low, high, missing;
} psn_fraud_term;
enum { PSN_FRAUD_TERM_NUMBER = -2, PSN_FRAUD_TERM_MISSING = -1 };

typedef enum psn_fraud_role {
    PSN_FRAUD_ROLE_LABEL,
    PSN_FRAUD_ROLE_TIME,
    PSN_FRAUD_ROLE_USER,
    PSN_FRAUD_ROLE_ORDER,
    PSN_FRAUD_ROLE_VALUE,
    PSN_FRAUD_ROLE_PRICE,
    PSN_FRAUD_ROLE_QUANTITY,
    PSN_FRAUD_ROLE_WEIGHT,
    PSN_FRAUD_ROLES
} psn_fraud_role;

typedef enum psn_fraud_member {
    PSN_FRAUD_TREES,
    PSN_FRAUD_LINEAR,
    PSN_FRAUD_FOREST,
    PSN_FRAUD_MEMBERS
} psn_fraud_member;

/* Parts kept as tables; "trees", "inputs", "features" and "options" are made when asked.
 */
typedef enum psn_fraud_part {
    PSN_FRAUD_PART_METRICS,
    PSN_FRAUD_PART_ROC,
    PSN_FRAUD_PART_PRECISION_RECALL,
    PSN_FRAUD_PART_CALIBRATION,
    PSN_FRAUD_PART_COSTS,
    PSN_FRAUD_PART_THRESHOLDS,
    PSN_FRAUD_PART_IMPORTANCE,
    PSN_FRAUD_PART_SCORES,
    PSN_FRAUD_PART_SEARCH,
    PSN_FRAUD_PARTS
} psn_fraud_part;

typedef struct psn_fraud_costs {
    psn_decision_costs decision;
    double usual_amount;            /* of an order whose amount is not known */
    double review_from, block_from; /* own limits; NaN = by cost */
} psn_fraud_costs;

typedef struct persona_fraud_scorer {
    persona_model base;
    int32_t ready;           /* 0: a dry run, only notes */
    int32_t inputs, numbers; /* numbers first, then texts */
    psn_fraud_input *input;
    int32_t features;
    psn_fraud_feature *feature;
    int32_t value, price, quantity; /* inputs that tell the amount, -1 = none */
    psn_gbdt *trees;                /* or NULL, as the others */
    psn_gbdt_fast *fast;
    psn_gbdt_shap *shap;
    psn_logistic *linear;
    int32_t terms;
    psn_fraud_term *term;
    psn_iforest *forest;
    double forest_mean, forest_scale; /* its score as a member: (s - mean) x scale */
    double bias, weight[PSN_FRAUD_MEMBERS]; /* of the blend, on log odds */
    psn_calibrate *calibrate;               /* or NULL */
    double shift;                           /* of the odds, for the prevalence */
    psn_fraud_costs costs;
    int64_t rows, labelled, frauds;
    double prevalence;                    /* that the probabilities are made for */
    char *role[PSN_FRAUD_ROLES];          /* column names, NULL = none */
    persona_table *options;               /* option, value */
    persona_table *part[PSN_FRAUD_PARTS]; /* NULL = the model has none */
} persona_fraud_scorer;

typedef struct psn_fraud_query {
    persona_query base;
    psn_fraud_costs costs;
    double *level;   /* of each text input: its number, NaN = missing */
    double *scratch; /* what a score writes to, then a row, its effects and its values */
    int32_t reasons; /* of an explanation; 0 = all */
    int32_t exact;   /* Shapley values */
} psn_fraud_query;

extern const psn_kind psn_fraud_kind;
extern const psn_schema psn_fraud_fit_schema;      /* "fraud_scorer.fit" */
extern const psn_schema psn_fraud_query_schema;    /* "fraud_scorer.query" */
extern const psn_schema psn_fraud_evaluate_schema; /* "fraud_scorer.evaluate" */
extern const psn_schema psn_fraud_import_schema;   /* "fraud_scorer.import" */

/* The workers behind persona_fraud_scorer_*, with the same arguments. */
int psn_fraud_fit(persona_fraud_scorer **out, const persona_table *table,
                  const persona_params *fit, persona_task *task, persona_error *error);
int psn_fraud_import(persona_fraud_scorer **out, const char *path,
                     const persona_params *params, persona_task *task,
                     persona_error *error);
int psn_fraud_score_table(persona_table **out, const persona_fraud_scorer *model,
                          const persona_table *table, const persona_params *query,
                          persona_task *task, persona_error *error);
int psn_fraud_prepare(persona_query **out, const persona_fraud_scorer *model,
                      const persona_params *query, persona_error *error);
int psn_fraud_score(persona_query *query, const double *numbers, int64_t count,
                    double amount, double *probability, int32_t *action,
                    persona_error *error);
int psn_fraud_explain(persona_table **out, persona_query *query, const double *numbers,
                      int64_t count, persona_error *error);
int psn_fraud_evaluate(persona_table **out, const persona_fraud_scorer *model,
                       const persona_table *table, const persona_params *fit,
                       const persona_params *evaluate, persona_task *task,
                       persona_error *error);

#endif
