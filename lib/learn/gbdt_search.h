/* gbdt_search.h: a small seeded search over settings, and the blend of the best few. */
#ifndef PSN_LEARN_GBDT_SEARCH_H
#define PSN_LEARN_GBDT_SEARCH_H

#include <stdint.h>
#include "learn/gbdt.h"

typedef struct psn_gbdt_search_options {
    int32_t trials; /* settings tried, 1 .. 1000: four that do well on most tables, then
                       settings drawn at random */
    int32_t blend;  /* the best so many are fitted anew on all rows and averaged */
    uint64_t seed;
} psn_gbdt_search_options;

/* One line of the table of trials. */
typedef struct psn_gbdt_trial {
    psn_gbdt_options options; /* what was tried */
    int32_t rounds;           /* the best number of them */
    double loss;              /* of validation there */
    int32_t rank;             /* 0 = best */
    double share;             /* in the blend; 0 = not in it */
} psn_gbdt_trial;

/* `base` gives objective, rounds (a limit), learning_rate, early_stopping and whatever
 * else is not searched: constraints, class weights. data->mask must hold both kinds of
 * rows; refitting uses them all. *trials has search->trials entries, psn_release.
 * `report` (may be NULL) is that of the best trial: want_scores gives honest validation
 * scores. */
int psn_gbdt_search(psn_gbdt **out, psn_gbdt_trial **trials, psn_gbdt_report *report,
                    const psn_gbdt_data *data, const psn_gbdt_options *base,
                    const psn_gbdt_search_options *search, psn_pool *pool,
                    persona_task *task, persona_error *error);
/* The settings of trial i for a table of that many rows that train. */
void psn_gbdt_trial_options(psn_gbdt_options *options, const psn_gbdt_options *base,
                            int64_t rows, int32_t trial, uint64_t seed);
/* The trials as a table. */
int psn_gbdt_trial_table(persona_table **out, const psn_gbdt_trial *trials, int32_t count,
                         persona_error *error);

#endif
