/* gbdt_search.h: a small seeded search over settings, and the blend of the best few.
 *
 *   psn_gbdt_options base;
 *   psn_gbdt_search_options search = {.seed = 1};
 *   psn_gbdt_defaults(&base, PSN_GBDT_BINARY);
 *   psn_gbdt_search_defaults(&base, &search, rows);
 *   psn_gbdt_search_mask(&found, &data, &base, &search, pool, task, error);  */
#ifndef PSN_LEARN_GBDT_SEARCH_H
#define PSN_LEARN_GBDT_SEARCH_H

#include <stdint.h>
#include "learn/gbdt.h"

typedef struct psn_gbdt_search_options {
    int32_t trials; /* settings tried, 1 .. 1000: some that do well on most tables, then
                       settings drawn at random */
    int32_t blend;  /* at most so many of the best, as many as lower the loss, are fitted
                       anew and averaged */
    uint64_t seed;
    /* The last word on the settings of a trial: what the user of a search has fixed.
     * NULL: nothing. */
    void (*adjust)(const void *context, psn_gbdt_options *options);
    const void *context;
    double from, to; /* the share of the task that this is; both 0: all of it */
} psn_gbdt_search_options;

/* Who learns and who validates, in turn. */
typedef struct psn_gbdt_folds {
    int32_t count; /* 0: nothing can be chosen, `base` is fitted as it is */
    /* The data of a fold, 0 .. count - 1, whose mask holds both kinds of rows, and then,
     * as fold `count`, what the model learns from in the end. Valid until the next call;
     * bins may change from fold to fold, their rows, columns and levels may not. */
    int (*open)(void *context, psn_gbdt_data *data, int32_t fold, persona_error *error);
    void *context;
} psn_gbdt_folds;

/* One line of the table of trials. */
typedef struct psn_gbdt_trial {
    psn_gbdt_options options; /* what was tried; rounds: the limit */
    int32_t rounds;           /* the best number of them */
    double loss;              /* of validation there, mean over the rows of all folds */
    int32_t rank;             /* 0 = best */
    double share;             /* in the blend; 0 = not in it */
} psn_gbdt_trial;

typedef struct psn_gbdt_found {
    psn_gbdt *model;
    psn_gbdt_trial *trial; /* in the order tried */
    int32_t trials;
    const psn_gbdt_trial *best;
    /* Raw scores of the blend while a row validated, [output * rows + row]; NaN: it never
     * did. NULL where there is no fold. */
    double *scores;
} psn_gbdt_found;
void psn_gbdt_found_clear(psn_gbdt_found *found);

/* learning_rate, rounds and early_stopping of `base`, trials and blend of `search`, where
 * they are 0 or the default: what pays for that many rows. */
void psn_gbdt_search_defaults(psn_gbdt_options *base, psn_gbdt_search_options *search,
                              int64_t rows);
/* `base` gives objective, rounds (a limit), learning_rate, early_stopping and whatever
 * else is not searched: constraints, class weights. */
int psn_gbdt_search(psn_gbdt_found *out, const psn_gbdt_folds *folds,
                    const psn_gbdt_options *base, const psn_gbdt_search_options *search,
                    psn_pool *pool, persona_task *task, persona_error *error);
/* The same on the one fold of data->mask; in the end all rows of it learn. */
int psn_gbdt_search_mask(psn_gbdt_found *out, const psn_gbdt_data *data,
                         const psn_gbdt_options *base,
                         const psn_gbdt_search_options *search, psn_pool *pool,
                         persona_task *task, persona_error *error);

/* The settings of trial i for a table of that many rows that train. */
void psn_gbdt_trial_options(psn_gbdt_options *options, const psn_gbdt_options *base,
                            int64_t rows, int32_t trial, uint64_t seed);
/* The trials as a table, the best first. */
int psn_gbdt_trial_table(persona_table **out, const psn_gbdt_trial *trials, int32_t count,
                         persona_error *error);

#endif
