/* fraud_model.h: what the files of the query side share: one row through a model, a table
 * seen through a model, the file. */
#ifndef PSN_SHOP_FRAUD_MODEL_H
#define PSN_SHOP_FRAUD_MODEL_H

#include "base/pool.h"
#include "shop/fraud/fraud.h"
#include "shop/parts.h"
#include "shop/roles.h"

extern const char *const psn_fraud_type_names[PSN_FRAUD_TYPES];
extern const char *const psn_fraud_derive_names[PSN_FRAUD_DERIVES];
extern const char *const psn_fraud_role_names[PSN_FRAUD_ROLES];
extern const psn_roles psn_fraud_roles;
extern const psn_parts psn_fraud_parts;
extern const char *const psn_fraud_member_names[PSN_FRAUD_MEMBERS];

#define PSN_FRAUD_MOST 1e300 /* what larger numbers count as */

/* PERSONA_EARG when the model is a dry run. */
int psn_fraud_ready(const persona_fraud_scorer *model, persona_error *error);

static inline int psn_fraud_is_category(int32_t type)
{
    return type == PSN_FRAUD_CODE || type == PSN_FRAUD_TEXT;
}

/* ---- one row (fraud_row.c). values: one double an input, of a category its level. */
/* The level of a number that is a category; NaN stays NaN. */
double psn_fraud_code_level(const psn_fraud_input *input, double number);
double psn_fraud_text_level(const psn_fraud_input *input, const char *text,
                            size_t length);
double psn_fraud_derive_one(const psn_fraud_feature *feature, const double *values);
void psn_fraud_features(const persona_fraud_scorer *model, const double *values,
                        double *row);
void psn_fraud_terms(const persona_fraud_scorer *model, const double *row, double *terms);
/* Doubles of scratch (64-byte aligned) that the functions below write to. */
size_t psn_fraud_scratch(const persona_fraud_scorer *model);
size_t psn_fraud_scratch_last(const persona_fraud_scorer *model); /* the effects, in it */
/* Blended log odds of a row of features, before calibration. */
double psn_fraud_raw(const persona_fraud_scorer *model, const double *row,
                     double *scratch);
/* What each member says; NaN for those that are not there. */
void psn_fraud_members(const persona_fraud_scorer *model, const double *row,
                       double *scratch, double *members);
double psn_fraud_probability(const persona_fraud_scorer *model, double raw);
/* The amount of a row of values; NaN if not known. */
double psn_fraud_amount(const persona_fraud_scorer *model, const double *values);
int32_t psn_fraud_action(const psn_fraud_costs *costs, double probability, double amount);

/* Where one order lies while it is scored. */
typedef struct psn_fraud_order_row {
    double *row, *effects, *values;
} psn_fraud_order_row;

/* ---- reasons (fraud_effects.c, fraud_words.c) */
/* What each feature did to the blended log odds; those that another answers for are 0. */
void psn_fraud_effects(const persona_fraud_scorer *model, const double *row, int exact,
                       double *scratch, double *effects);
/* Features with an effect other than 0, the largest first; returns how many. */
int32_t psn_fraud_order(const persona_fraud_scorer *model, const double *effects,
                        int32_t *order);
/* "amount 950 is high", "country is new". */
void psn_fraud_words(psn_text *out, const persona_fraud_scorer *model, int32_t feature,
                     const double *values, const double *row);

/* ---- a table seen through a model (fraud_view.c) */
typedef struct psn_fraud_view {
    const persona_fraud_scorer *model;
    const persona_table *table;
    const psn_column **column; /* of each input */
    int32_t **level;           /* of each category: level of every row, -1 = missing */
} psn_fraud_view;
int psn_fraud_view_open(psn_fraud_view *view, const persona_fraud_scorer *model,
                        const persona_table *table, persona_error *error);
void psn_fraud_view_close(psn_fraud_view *view);
/* One double an input. Returns the first input that is infinite, or -1. */
int32_t psn_fraud_view_row(const psn_fraud_view *view, int64_t row, double *values);
/* PERSONA_EDATA naming the column and the row. */
int psn_fraud_view_infinite(const psn_fraud_view *view, int32_t input, int64_t row,
                            persona_error *error);

/* ---- options that fit, import and query share (fraud_costs.c) */
/* All of them, by default where not set; usual_amount 100 where it is auto. */
int psn_fraud_costs_of(psn_fraud_costs *costs, const persona_params *params,
                       const psn_schema *schema, persona_error *error);
/* Notes that no column tells the amount of an order, where that is so. */
int psn_fraud_costs_note(persona_fraud_scorer *model, persona_error *error);
/* Those that are set over what is there. */
int psn_fraud_costs_read(psn_fraud_costs *costs, const persona_params *params,
                         const psn_schema *schema, persona_error *error);

/* ---- the kind */
int psn_fraud_encode(const persona_model *model, psn_writer *writer,
                     persona_error *error);
int psn_fraud_decode(persona_model **out, psn_reader *reader, persona_error *error);
int psn_fraud_describe(const persona_model *model, psn_text *json, persona_error *error);
int psn_fraud_inputs(persona_table **out, const persona_model *model,
                     persona_error *error);
int psn_fraud_part_of(persona_table **out, const persona_model *model, const char *part,
                      persona_error *error);
int psn_fraud_without_user(persona_model **out, const persona_model *model,
                           const char *user, size_t length, persona_task *task,
                           persona_error *error);
void psn_fraud_destroy(persona_model *model);
void psn_fraud_query_clear(persona_query *query);
void psn_fraud_query_destroy(persona_query *query);
int psn_fraud_query_text(persona_query *query, int64_t input, const char *text,
                         int64_t length, persona_error *error);

#endif
