/* segment_fit.h: what the files of the fit side share. Nothing of the query side includes
 * it. */
#ifndef PSN_SHOP_SEGMENT_FIT_H
#define PSN_SHOP_SEGMENT_FIT_H

#include "base/pool.h"
#include "data/name.h"
#include "learn/kmeans.h"
#include "shop/segment/segment_log.h"
#include "shop/segment/segment_model.h"

/* One fit while it runs. */
typedef struct psn_fit {
    const persona_table *table; /* as given */
    const persona_params *params;
    persona_task *task;
    persona_segmenter *model;
    persona_table *customers; /* one row each, those left out are out */
    psn_pool *pool;
    psn_segment_view view;
    int64_t column[PSN_ROLES]; /* of `customers`, or PERSONA_NONE: user, value, weight */
    double *weights;           /* customers, or NULL */
    double *value;             /* what each is worth, or NULL; missing counts 0 */
    double *squared;           /* of each customer to its centre */
    int32_t *labels;
    psn_log_counts counts;
    int has_missing;
    double gamma;
} psn_fit;

#define PSN_FIT_TEXT(fit, name)                                                          \
    psn_params_text((fit)->params, &psn_segment_fit_schema, name)
#define PSN_FIT_INT(fit, name, is_auto)                                                  \
    psn_params_int((fit)->params, &psn_segment_fit_schema, name, is_auto)
#define PSN_FIT_REAL(fit, name, is_auto)                                                 \
    psn_params_real((fit)->params, &psn_segment_fit_schema, name, is_auto)
#define PSN_FIT_BOOL(fit, name)                                                          \
    psn_params_bool((fit)->params, &psn_segment_fit_schema, name)

/* segment_fit_customers.c: makes fit->customers of a log, or of the table itself. */
int psn_fit_customers(psn_fit *fit, persona_error *error);
/* segment_fit_roles.c: where the table has what (at[r] of fit->table, or PERSONA_NONE),
 * and whether it is a log of orders. */
int psn_fit_roles(int *is_log, int64_t *at, psn_fit *fit, persona_error *error);
/* The first column whose plain name is one of the words of a role; or of `words`. */
int64_t psn_fit_by_word(const persona_table *table, const char *words);
int psn_fit_named_user(const char *plain);

/* segment_fit_words.c. The next word of a name, in lower case: "CustomerID_2" ->
 * customer, id. 0: no more. */
int psn_fit_next_word(char *out, size_t capacity, const char **name);

/* segment_fit_ids.c. 1 if a value of the column stands in two rows, 0 if none does, -1 if
 * the column cannot hold ids: times, bools, reals that are not whole. */
int psn_fit_repeats(int *out, const persona_table *table, int64_t column,
                    persona_error *error);
typedef enum psn_fit_look {
    PSN_LOOK_PLAIN,
    PSN_LOOK_ROW_NUMBER,
    PSN_LOOK_ID,      /* distinct, and named like one */
    PSN_LOOK_CODE,    /* a number named like a code, though it repeats */
    PSN_LOOK_DISTINCT /* distinct whole numbers of any name */
} psn_fit_look;
int psn_fit_id_look(psn_fit_look *out, const psn_fit *fit, int64_t column,
                    persona_error *error);

/* segment_fit_texts.c: the levels in order of first sight; PERSONA_OK with NULL and a
 * note when the text is no category. `asked`: by option, so that only too many levels
 * tell against it. */
enum { PSN_FIT_LEVELS_MOST = 1024 };
int psn_fit_text_levels(psn_fit *fit, psn_dict **levels, int64_t column, int asked,
                        persona_error *error);

/* segment_fit_features.c: the inputs of the model, without their scales. */
int psn_fit_features(psn_fit *fit, psn_segment_input **input, int32_t *inputs,
                     persona_error *error);
/* segment_fit_transform.c: the scale of every number input; constant ones are gone. */
int psn_fit_transforms(psn_fit *fit, psn_segment_input *input, int32_t *inputs,
                       psn_scale_column *scales, persona_error *error);

/* segment_fit_options.c */
int psn_fit_check_options(const psn_fit *fit, persona_error *error);
/* After the fit: what every option was, "auto" resolved. */
int psn_fit_resolved(psn_fit *fit, persona_error *error);

/* segment_fit_rows.c: weights; customers of whom something is known; worth. */
int psn_fit_weights(psn_fit *fit, persona_error *error);
int psn_fit_known(psn_fit *fit, persona_error *error);
int psn_fit_value(psn_fit *fit, persona_error *error);

/* segment_fit_choice.c: centres (k x dims, to be released), trials and the choice. */
int psn_fit_centers(psn_fit *fit, const psn_points *points, double **centers, int32_t *k,
                    persona_error *error);

/* segment_fit_order.c; both use fit->labels and fit->squared, which have room. Numbers
 * the segments, labels the customers, gives the model its centres. Takes `centers` over.
 */
int psn_fit_finish(psn_fit *fit, double *centers, int32_t k, persona_error *error);

/* The share of weight of the smallest of k segments around `centers`. */
int psn_fit_smallest(double *share, psn_fit *fit, const double *centers, int32_t k,
                     persona_error *error);

/* segment_fit_profile.c: the parts profile and features. */
int psn_fit_profile(psn_fit *fit, persona_error *error);

/* What a segment is like, one row a segment and feature: filled by segment_fit_stats.c.
 */
typedef struct psn_fit_feature {
    char label[256];
    int64_t column;         /* of customers */
    int32_t input;          /* of the model; -1: describes only */
    int32_t level;          /* of a text input; -1: a number */
    double mean, deviation; /* of all */
    double *segment_mean, *median, *low, *high, *lift; /* k each */
} psn_fit_feature;

typedef struct psn_fit_stats {
    psn_fit_feature *feature;
    int64_t features;
    int64_t *size;   /* k */
    double *weight;  /* k: share of all weight */
    double *revenue; /* k, or NULL */
    double total_revenue;
    double *memory;
} psn_fit_stats;

int psn_fit_stats_make(psn_fit_stats *out, psn_fit *fit, persona_error *error);
void psn_fit_stats_free(psn_fit_stats *stats);

/* segment_fit_names.c: key and name of every segment, k x PSN_FIT_NAME bytes each. */
enum { PSN_FIT_NAME = 160 };
int psn_fit_names(char *key, char *name, const psn_fit_stats *stats, const psn_fit *fit,
                  persona_error *error);

int psn_fit_rules(psn_fit *fit, persona_error *error); /* segment_fit_rules.c */
int psn_fit_rfm(psn_fit *fit, persona_error *error);   /* segment_fit_rfm.c */
/* Mean scores of a segment: 3 x k, or NULL when there is no RFM. */
int psn_fit_rfm_scores(double **scores, const psn_fit *fit, persona_error *error);
/* segment_fit_map.c */
int psn_fit_map(psn_fit *fit, const psn_rows *seen, persona_error *error);
int psn_fit_examples(psn_fit *fit, persona_error *error);

const psn_column *psn_fit_column(const psn_fit *fit, int64_t column);

#endif
