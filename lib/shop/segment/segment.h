/* segment.h: the segmenter: what it is made of and what can be asked of it.
 *
 * A customer is a row of inputs in raw units. Number-like inputs (numbers, bools, times)
 * come first and each becomes one scaled column (math/scale.h); a text input becomes a
 * one-hot block, one column a level. Centres live in the scaled columns. The fit side
 * (segment_fit.h) makes the model; everything here only reads it. */
#ifndef PSN_SHOP_SEGMENT_H
#define PSN_SHOP_SEGMENT_H

#include <stdint.h>
#include "base/dict.h"
#include "data/table.h"
#include "math/nearest.h"
#include "math/scale.h"
#include "shop/model.h"

typedef enum psn_segment_type {
    PSN_SEGMENT_NUMBER,
    PSN_SEGMENT_BOOL,
    PSN_SEGMENT_TIME,
    PSN_SEGMENT_TEXT,
    PSN_SEGMENT_TYPES
} psn_segment_type;

typedef enum psn_segment_transform {
    PSN_SEGMENT_NONE,     /* as it is, times the weight */
    PSN_SEGMENT_ZSCORE,   /* mean 0, deviation 1 */
    PSN_SEGMENT_ROBUST,   /* median 0, interquartile range as wide as a normal's */
    PSN_SEGMENT_LOG1P,    /* log1p, then z-score */
    PSN_SEGMENT_WINSOR,   /* outermost shares pulled in, then z-score */
    PSN_SEGMENT_CATEGORY, /* one-hot, or a bool, at the k-prototypes cost gamma */
    PSN_SEGMENT_AUTO,     /* chosen from the column */
    PSN_SEGMENT_TRANSFORMS
} psn_segment_transform;

typedef struct psn_segment_input {
    char *name;
    int32_t type;         /* psn_segment_type */
    int32_t transform;    /* what was chosen; AUTO: log1p, winsorised, robust ... mixed */
    int32_t first, width; /* its scaled columns */
    double weight;
    double one;       /* text: what the column of the level holds */
    psn_dict *levels; /* text */
} psn_segment_input;

/* Where a log of orders has what: column names, "" = there is none. */
typedef enum psn_segment_role {
    PSN_ROLE_USER,
    PSN_ROLE_TIME,
    PSN_ROLE_ORDER,
    PSN_ROLE_ITEM,
    PSN_ROLE_QUANTITY,
    PSN_ROLE_PRICE,
    PSN_ROLE_LIST_PRICE,
    PSN_ROLE_VALUE,
    PSN_ROLE_WEIGHT,
    PSN_ROLES
} psn_segment_role;

/* Parts kept as tables; the others ("centers", "transforms", "sizes", "inputs") are made
 * from the model when asked for. */
typedef enum psn_segment_part {
    PSN_PART_PROFILE,
    PSN_PART_FEATURES,
    PSN_PART_RULES,
    PSN_PART_SWEEP,
    PSN_PART_RFM,
    PSN_PART_MAP,
    PSN_PART_EXAMPLES,
    PSN_PARTS
} psn_segment_part;

typedef struct persona_segmenter {
    persona_model base;
    int32_t k, dims, inputs, numbers; /* k = 0: a dry run, only notes */
    psn_segment_input *input;         /* numbers first, then texts */
    psn_scale *scale;                 /* the numbers */
    double *share;   /* dims, or NULL: every column counts as a feature */
    double *centers; /* k x dims */
    psn_nearest *nearest;
    double *log_share;   /* k: log of the share of weight */
    double spread;       /* pooled variance within segments, for each feature */
    int32_t log;         /* fitted on a log of orders */
    int32_t as_of_named; /* as_of was given, not found */
    int64_t as_of;       /* ms */
    int64_t rows, customers;
    double inertia, silhouette;
    char *role[PSN_ROLES];          /* column names, NULL = none */
    persona_table *options;         /* option, value */
    persona_table *part[PSN_PARTS]; /* NULL = the model has none */
} persona_segmenter;

typedef struct psn_segment_query {
    persona_query base;
    double *scaled;  /* dims */
    double *squared; /* k */
    int32_t *level;  /* of each text input: number, or one of the two below */
} psn_segment_query;

enum { PSN_LEVEL_MISSING = -1, PSN_LEVEL_UNSEEN = -2 };

extern const psn_kind psn_segment_kind;
extern const psn_schema psn_segment_fit_schema;   /* "segmenter.fit" */
extern const psn_schema psn_segment_query_schema; /* "segmenter.query" */

/* The workers behind persona_segmenter_*, with the same arguments. */
int psn_segment_fit(persona_segmenter **out, const persona_table *table,
                    const persona_params *fit, persona_task *task, persona_error *error);
int psn_segment_assign_table(persona_table **out, const persona_segmenter *model,
                             const persona_table *table, const persona_params *query,
                             persona_task *task, persona_error *error);
int psn_segment_prepare(persona_query **out, const persona_segmenter *model,
                        const persona_params *query, persona_error *error);
int psn_segment_assign(persona_query *query, const double *numbers, int64_t count,
                       int32_t *segment, double *distance, persona_error *error);
int psn_segment_distances(persona_query *query, const double *numbers, int64_t count,
                          double *distances, int64_t segments, persona_error *error);
int psn_segment_membership(persona_query *query, const double *numbers, int64_t count,
                           double *membership, int64_t segments, persona_error *error);
int psn_segment_explain(persona_table **out, persona_query *query, const double *numbers,
                        int64_t count, persona_error *error);

#endif
