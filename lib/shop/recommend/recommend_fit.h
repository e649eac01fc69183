/* recommend_fit.h: what the files of the fit share. Nothing of the query side includes
 * it.
 *
 *   events -> catalogue -> rows (histories in order) -> split -> members on the learning
 *   part, each setting measured -> shares of the blend -> trees -> the chosen members
 *   again on everything */
#ifndef PSN_SHOP_RECOMMEND_FIT_H
#define PSN_SHOP_RECOMMEND_FIT_H

#include "data/table.h"
#include "shop/recommend/recommend.h"

/* Quality is NDCG of lists so long. */
enum { PSN_REC_AT = 20 };

/* Events of all users as rows, each oldest first. A row is a user, or a session. */
typedef struct psn_rec_rows {
    int64_t rows, events;
    int64_t *start;
    int32_t *item;
    uint8_t *kind;
    float *weight;
    int64_t *time;    /* INT64_MIN = unknown */
    int64_t *rank;    /* of each row by time: 0 = oldest */
    int32_t *session; /* of each event */
    int32_t *order;   /* NULL: no orders */
} psn_rec_rows;

/* Cases to validate on, in random order: a history each, and the wanted items that came
 * next (truth[start[c]] .. truth[start[c + 1] - 1], ascending). What is true of a case is
 * not learnt by the members that are measured on it. */
typedef struct psn_rec_split {
    uint8_t *learns; /* of each event of the rows */
    int64_t count;
    psn_rec_history *history;
    int64_t *start;
    int32_t *truth;
    /* Histories that are not a stretch of a row. */
    int32_t *item;
    uint8_t *kind;
    float *weight;
    int64_t *time;
} psn_rec_split;

/* Scores of what was shown to the cases, as maps to probabilities take them, and whether
 * it was right. */
typedef struct psn_rec_shown {
    int64_t count, room, right;
    double *score;
    uint8_t *is;
} psn_rec_shown;

typedef struct psn_rec_fitting {
    const persona_table *table;
    const persona_params *params;
    persona_task *task;
    persona_recommender *model;
    psn_pool *pool;
    uint64_t seed;
    int64_t column[PSN_REC_ROLES];

    /* Events by row of the table, until they are sorted into `rows`. */
    int64_t count;
    int32_t *user, *item, *session, *order;
    uint8_t *kind;
    float *weight;
    int64_t *time;
    int64_t users;
    int32_t items;
    int32_t times; /* PSN_REC_NO_TIME ... */
    int32_t mode;

    psn_rec_rows rows;
    psn_sparse *attributes; /* items x attributes; NULL: none */
    psn_rec_split split;

    int only; /* the member of option algorithm; -1: auto */
    struct psn_rec_setting {
        double value[4];
    } setting[PSN_REC_MEMBERS];      /* chosen */
    double alone[PSN_REC_MEMBERS];   /* its NDCG on the cases */
    double blend_quality, tree_gain; /* NDCG */
    struct psn_rec_trials *trials;
    psn_rec_shown shown[PSN_REC_CHANCES];
} psn_rec_fitting;

/* Releases all that reading and learning took, but not the model. */
void psn_rec_fit_close(psn_rec_fitting *fit);

#define REC_TEXT(fit, name)                                                              \
    psn_params_text((fit)->params, &psn_recommend_fit_schema, name)
#define REC_INT(fit, name, is_auto)                                                      \
    psn_params_int((fit)->params, &psn_recommend_fit_schema, name, is_auto)
#define REC_REAL(fit, name, is_auto)                                                     \
    psn_params_real((fit)->params, &psn_recommend_fit_schema, name, is_auto)
#define REC_BOOL(fit, name)                                                              \
    psn_params_bool((fit)->params, &psn_recommend_fit_schema, name)

/* recommend_fit_roles.c, _kinds.c, _events.c, _rows.c: from the table to rows. */
int psn_rec_fit_roles(psn_rec_fitting *fit, persona_error *error);
int psn_rec_fit_kinds(psn_rec_fitting *fit, persona_error *error);
int psn_rec_fit_events(psn_rec_fitting *fit, persona_error *error);
int psn_rec_fit_rows(psn_rec_fitting *fit, persona_error *error);
/* Weight of each event of the table: kind, dwell, what was sent back, half-life. */
int psn_rec_fit_weights(psn_rec_fitting *fit, persona_error *error);
/* Events of each user by time, then in the order of the table; those of user u are
 * starts[u] .. starts[u + 1] - 1 (room for users + 2). Without user or item: none. */
typedef struct psn_rec_when {
    int64_t time, row; /* row of the table */
} psn_rec_when;
int psn_rec_fit_gather(psn_rec_when **out, int64_t *starts, const psn_rec_fitting *fit,
                       persona_error *error);
void psn_rec_rows_clear(psn_rec_rows *rows);
/* recommend_fit_meaning.c: which kinds hide, which are wanted. */
int psn_rec_fit_meaning(psn_rec_fitting *fit, persona_error *error);
/* recommend_fit_catalog.c: category, brand, price, attributes of items. */
int psn_rec_fit_catalog(psn_rec_fitting *fit, persona_error *error);
/* recommend_fit_bytes.c: memory that the fit will take; PERSONA_ELIMIT where that is more
 * than max_bytes. */
int psn_rec_fit_bytes(psn_rec_fitting *fit, int64_t *bytes, persona_error *error);
/* recommend_fit_split.c */
int psn_rec_fit_split(psn_rec_fitting *fit, persona_error *error);
void psn_rec_split_clear(psn_rec_split *split);
/* 1 if the item is true of case c. */
int psn_rec_split_true(const psn_rec_split *split, int64_t c, int32_t item);
/* recommend_fit_facts.c: popularity, conversion, own rates from the events that learn
 * (learns NULL: all). */
int psn_rec_fit_facts(psn_rec_engine *engine, const psn_rec_fitting *fit,
                      const uint8_t *learns, persona_error *error);

int psn_rec_fit_own_rates(psn_rec_engine *engine, const psn_rec_fitting *fit,
                          persona_error *error);

/* recommend_fit_matrix.c */
int psn_rec_fit_sequences(psn_sparse **out, const psn_rec_fitting *fit,
                          const uint8_t *learns, persona_error *error);
int psn_rec_fit_profile(psn_sparse **out, const psn_rec_fitting *fit,
                        const uint8_t *learns, persona_error *error);
int psn_rec_fit_baskets(psn_sparse **out, const psn_rec_fitting *fit,
                        const uint8_t *learns, persona_error *error); /* may be NULL */

/* recommend_fit_members.c: one member with a setting, from the events that learn. */
int psn_rec_fit_member(psn_rec_engine *engine, const psn_rec_fitting *fit, int m,
                       const struct psn_rec_setting *setting, const uint8_t *learns,
                       persona_error *error);
const char *psn_rec_setting_option(int m, int i); /* or NULL */
/* 1 for members that the blend may use; trending and together answer other questions. */
static inline int psn_rec_may_share(int m)
{
    return m != PSN_REC_TRENDING && m != PSN_REC_TOGETHER;
}
/* Settings to try for member m; returns how many (0: does not suit the data). */
int psn_rec_fit_settings(const psn_rec_fitting *fit, int m,
                         struct psn_rec_setting settings[8]);

/* recommend_fit_auto.c: members chosen and weighed on the split. */
int psn_rec_fit_auto(psn_rec_fitting *fit, psn_rec_engine *engine, persona_error *error);
/* recommend_fit_report.c: what was tried and what came of it, as parts of the model. */
int psn_rec_fit_tried(psn_rec_fitting *fit, int m, const struct psn_rec_setting *setting,
                      double decay, double quality, persona_error *error);
int psn_rec_fit_report(psn_rec_fitting *fit, persona_error *error);
void psn_rec_trials_free(struct psn_rec_trials *trials);

/* recommend_fit_chance.c: what scores are worth, learnt on the split from members that
 * have not seen what is true of it; the trees' from what psn_rec_fit_show kept. */
int psn_rec_fit_chances(psn_rec_fitting *fit, psn_rec_engine *engine,
                        persona_error *error);
/* Keeps the ranked candidates of case c. */
int psn_rec_fit_show(psn_rec_fitting *fit, int which, int64_t c,
                     const psn_rec_candidates *all, persona_error *error);
void psn_rec_shown_clear(psn_rec_shown *shown);

/* recommend_fit_trees.c */
int psn_rec_fit_trees(psn_rec_fitting *fit, psn_rec_engine *engine, persona_error *error);
/* The allowed items of case c: not hidden by its history. words: (items + 63) / 64. */
void psn_rec_fit_allow(const psn_rec_fitting *fit, int64_t c, uint64_t *words);

#endif
