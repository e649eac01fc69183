/* segment_fit_names.h: kinds of customers, for segment_fit_kinds.c and
 * segment_fit_names.c. */
#ifndef PSN_SHOP_SEGMENT_FIT_NAMES_H
#define PSN_SHOP_SEGMENT_FIT_NAMES_H

#include "shop/segment/segment_fit.h"

typedef enum psn_names_concept {
    NAMES_RECENCY,
    NAMES_FREQUENCY,
    NAMES_MONETARY,
    NAMES_TENURE,
    NAMES_BASKET,
    NAMES_DISCOUNT,
    NAMES_RETURNS,
    NAMES_MONTHS,
    NAMES_Q4,
    NAMES_CONCEPTS
} psn_names_concept;

/* How columns of a concept are called (plain), and how a segment far up or down reads. */
typedef struct psn_names_concept_words {
    const char *words, *high, *low;
} psn_names_concept_words;
extern const psn_names_concept_words psn_names_concepts[NAMES_CONCEPTS];

enum { NAMES_LIMITS = 3 };

typedef struct psn_names_limit {
    int concept;
    double at_least, at_most;
} psn_names_limit;

typedef struct psn_names_kind {
    const char *key, *name;
    double weight[NAMES_CONCEPTS]; /* R F M tenure basket discount returns months q4 */
    psn_names_limit limit[NAMES_LIMITS];
    int limits;
} psn_names_kind;

enum { NAMES_KINDS = 14 };
extern const psn_names_kind psn_names_kinds[NAMES_KINDS];

/* A lift that is worth a word. */
#define NAMES_MATTERS 0.25
/* One that is "very" high or low: a tenth of a normal distribution is further out. */
#define NAMES_FAR 1.28

typedef struct psn_names_work {
    const psn_fit_stats *stats;
    const psn_fit *fit;
    int64_t feature[NAMES_CONCEPTS]; /* of stats, or -1 */
    int32_t k;
    double *score; /* k x kinds, NaN = does not fit */
    int *kind;     /* k, -1 = none */
    int *equal;    /* k: others are called the same */
    int known;     /* kinds can be told apart */
    char *key, *name;
} psn_names_work;

/* Which features are which concept; whether at least two of recency, frequency and worth
 * are known, so that kinds can be told apart. */
void psn_names_find(psn_names_work *work);
/* How well each segment fits each kind: NaN = not, or much worse than another. */
void psn_names_score(psn_names_work *work);

#endif
