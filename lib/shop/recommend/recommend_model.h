/* recommend_model.h: what a recommender is made of, and how one case is scored.
 * Everything that queries need; the fit side adds recommend_fit.h.
 *
 * A case is a history of events. Members (learners) each score items for it; the best of
 * each, after filters, are the candidates; the blend (shares chosen on validation) or the
 * trees over features of case and candidate give the order. */
#ifndef PSN_SHOP_RECOMMEND_MODEL_H
#define PSN_SHOP_RECOMMEND_MODEL_H

#include <stddef.h>
#include <stdint.h>
#include "base/dict.h"
#include "learn/als.h"
#include "learn/calibrate.h"
#include "learn/gbdt.h"
#include "learn/repeat.h"
#include "learn/session_knn.h"
#include "math/mips.h"
#include "math/sparse.h"
#include "shop/model.h"
#include "shop/parts.h"
#include "shop/recommend/recommend_read.h"

/* ---- events */
enum {
    PSN_REC_KINDS = 8,     /* kinds of events a model tells apart; later ones are one */
    PSN_REC_EVENTS = 1000, /* newest events of a case that count */
    PSN_REC_SESSION = 50,  /* newest events that session neighbours look at */
    PSN_REC_AGES = 12      /* steps since an own event, in octaves */
};

/* What a kind of event means to the shop. */
enum {
    PSN_REC_ROLE_VIEW,     /* view, click, dwell, impression */
    PSN_REC_ROLE_CART,     /* cart, wishlist, favourite */
    PSN_REC_ROLE_PURCHASE, /* purchase, order */
    PSN_REC_ROLE_RETURN,   /* takes away */
    PSN_REC_ROLE_OTHER     /* no kind column, rating, anything else */
};
typedef struct psn_rec_kind {
    char name[64];
    int32_t role;
    float weight;   /* of one event; negative takes away */
    int32_t hides;  /* items with such an event are not shown again by default */
    int32_t wanted; /* this is what is predicted */
    int64_t events;
} psn_rec_kind;

/* Events of one case, oldest first. */
typedef struct psn_rec_history {
    int64_t count;
    const int32_t *item; /* 0 .. items - 1 */
    const uint8_t *kind;
    const float *weight; /* kind weight x dwell x decay; NULL: that of the kind */
    const int64_t *time; /* ms, or positions; NULL = unknown */
    int64_t now;         /* INT64_MIN = unknown */
} psn_rec_history;

/* Histories of all users: user u has entries start[u] .. start[u + 1] - 1. */
typedef struct psn_rec_log {
    int64_t users;
    int64_t *start;
    int32_t *item;
    uint8_t *kind;
    float *weight;
    int64_t *time;    /* NULL: none */
    int32_t *session; /* of each event: 0, 1 ... of its user; NULL: one session a user */
    int64_t *rank;    /* of each user by newest event, 0 = oldest: a permutation */
} psn_rec_log;
void psn_rec_log_clear(psn_rec_log *log);
/* Sequences, oldest rows first: of users by rank, cut where a session ends; events that
 * take away are left out. learns: only events with 1; NULL = all. What neighbour sessions
 * are made from. */
int psn_rec_log_sequences(psn_sparse **out, const psn_rec_log *log, int32_t items,
                          const uint8_t *learns, persona_error *error);

/* Steps since an event, in octaves: 0, 1-2, 3-6 ... */
static inline int psn_rec_age(int64_t lag)
{
    int age = 0;
    while (age + 1 < PSN_REC_AGES && lag >= (2 << age) - 1) age++;
    return age;
}

/* ---- members */
enum {
    PSN_REC_POPULAR,
    PSN_REC_TRENDING,
    PSN_REC_RP3BETA,
    PSN_REC_ITEM_KNN,
    PSN_REC_EASE,
    PSN_REC_ALS,
    PSN_REC_SEQUENCE,
    PSN_REC_RIDGE,
    PSN_REC_SESSION_KNN,
    PSN_REC_OWN, /* items of the own history: by kind, count and age */
    PSN_REC_TOGETHER,
    PSN_REC_CONTENT,
    PSN_REC_MEMBERS
};
extern const char *const psn_rec_member_names[PSN_REC_MEMBERS]; /* "rp3beta" ... */

typedef struct psn_rec_member {
    int32_t fitted;
    float share;      /* in the blend; 0: fitted for other questions or the trees only */
    double decay;     /* of the history: weight x decay^(events since) */
    int32_t adds;     /* proposes only so many, and serves the trees without a share */
    int32_t weighted; /* event weights count (else each item 1) */
    psn_sparse *weights; /* item-item members: of the items that were learnt */
    psn_sparse *added;   /* of items that came later, in rows and columns; or NULL */
    psn_als *als;
    psn_session_knn *sessions;
    psn_repeat *repeat; /* OWN, where people come back to what they bought */
    float *score;       /* POPULAR, TRENDING: of each item */
    /* Made by psn_rec_engine_ready: */
    float *fade;    /* decay^0, decay^1 ... PSN_REC_EVENTS of them */
    psn_mips *mips; /* over the items of als */
    double *mean;   /* of the items of als: factors */
    int32_t *order; /* items by score down, id up */
    float spread;   /* of score over the items */
} psn_rec_member;

/* All that a fit learns and an update leaves as it is: shared by a model and those that
 * grow out of it. The members point into it. */
typedef struct psn_rec_learnt psn_rec_learnt;

/* What the trees and the filters know of an item. */
typedef struct psn_rec_facts {
    float *popularity; /* log1p of events, all time */
    float *fresh;      /* log1p of events in the newest twentieth */
    float *conversion; /* kinds x items: (wanted + 1) / (events of kind + 20) */
    float *price;      /* NaN = unknown; NULL: no prices */
    int32_t *category; /* -1 = unknown; NULL: none */
    int32_t *brand;
    int32_t *title; /* what people call it: a number of title_name; -1, NULL as above */
    int32_t categories, brands, titles;
    psn_dict *category_name, *brand_name, *title_name;
} psn_rec_facts;

/* What a score is worth: how often an item with it is what the visitor wants next. Of the
 * blend, of the trees, and, for what fills a short list, of popularity. */
enum {
    PSN_REC_CHANCE_BLEND,
    PSN_REC_CHANCE_TREES,
    PSN_REC_CHANCE_LISTS,
    PSN_REC_CHANCES
};
/* A score as its map takes it: in 0 .. 1, not descending. */
static inline double psn_rec_chance_of(int which, float score)
{
    const double s = score > 0 ? score : 0;
    if (which == PSN_REC_CHANCE_TREES || s > 1e30) return s < 1 ? s : 1;
    return s / (1 + s);
}

typedef struct psn_rec_engine {
    int32_t items;
    int32_t learnt_items; /* those that the learners saw; later ones came by updates */
    int32_t kinds;
    psn_rec_kind kind[PSN_REC_KINDS];
    double dwell;  /* mean log(1 + seconds looked at) of the fit; 0: none known */
    int32_t timed; /* times are moments (ms), not positions */
    int32_t pool;  /* candidates of each member */
    psn_rec_member member[PSN_REC_MEMBERS];
    psn_rec_facts facts;
    /* kinds x PSN_REC_AGES: how often an item with such an event so many steps ago is
     * wanted next. NULL: never learnt. */
    float *own_rate;
    /* Trees over features; NULL: the blend decides. */
    psn_gbdt *trees;
    psn_gbdt_fast *fast;
    int32_t reranked; /* best so many of the blend that the trees order */
    psn_calibrate *chance[PSN_REC_CHANCES]; /* NULL: never learnt */
    psn_rec_learnt *learnt; /* made by psn_rec_engine_ready, or shared with another */
} psn_rec_engine;

/* ---- what events weigh: recommend_weight.c */

/* log(1 + seconds) of a look; -1: not one, or seconds unknown. */
double psn_rec_dwell(const psn_rec_kind *kind, double seconds);
/* Of the event in a row of a table whose columns of the roles are `column`. */
float psn_rec_event_weight(const psn_rec_engine *engine, int32_t kind,
                           const persona_table *table, const int64_t *column,
                           int64_t row);

/* ---- scoring one case */

/* A distinct item of a history. */
typedef struct psn_rec_own {
    int32_t item;
    int32_t lag;  /* events since the newest one with it, 0 = the last */
    float weight; /* the largest of each kind, added */
    int64_t time; /* of the newest */
    uint16_t count[PSN_REC_KINDS];
    int32_t kind_lag[PSN_REC_KINDS]; /* of the newest of each kind; -1 = none */
} psn_rec_own;

typedef struct psn_rec_candidates {
    int64_t count;
    int32_t *item;
    int32_t *own; /* slot of the own history, -1 = not in it */
    float *part;  /* count x PSN_REC_MEMBERS: score of each member, 0 = none */
    float *score; /* what orders them */
    float scale[PSN_REC_MEMBERS]; /* 1 / spread over all items; 0: no opinion */
    float best[PSN_REC_MEMBERS];  /* largest part */
    int64_t ranked;
    int32_t *order; /* `ranked` candidates, best first */
} psn_rec_candidates;

/* All memory of a query, and what is known of the case last scored. */
typedef struct psn_rec_scratch psn_rec_scratch;
int psn_rec_scratch_new(psn_rec_scratch **out, const psn_rec_engine *engine,
                        persona_error *error);
void psn_rec_scratch_free(psn_rec_scratch *scratch);

/* The members that know what a visitor wants: those with a share, his own items, and what
 * is popular. Others answer other questions. The trees look at these. */
uint32_t psn_rec_blended(const psn_rec_engine *engine);

/* Candidates of a case with parts and blended scores. members: bit m = ask member m.
 * allow: a bit for each item; never NULL. They stay in scratch until the next call. HOT.
 */
psn_rec_candidates *psn_rec_score(const psn_rec_engine *engine,
                                  const psn_rec_history *history, uint32_t members,
                                  const uint64_t *allow, psn_rec_scratch *scratch);
/* Scores of the candidates by other shares of the members. */
void psn_rec_blend(psn_rec_candidates *all, const float *shares);
/* The best `want` candidates by score down, item up, in ->order; with trees != 0 those of
 * the model, if it has any, order the best `reranked` first. HOT. */
void psn_rec_rank(const psn_rec_engine *engine, const psn_rec_history *history, int trees,
                  int64_t want, psn_rec_scratch *scratch);

/* ---- features of a case and its candidates, for the trees */
int32_t psn_rec_features(const psn_rec_engine *engine); /* how many */
/* The name of one, into 64 bytes. */
void psn_rec_feature_name(const psn_rec_engine *engine, int32_t feature, char *out);
/* Rows of the first `count` of ->order, row-major. */
void psn_rec_feature_rows(const psn_rec_engine *engine, const psn_rec_history *history,
                          int64_t count, double *rows, psn_rec_scratch *scratch);

void psn_rec_engine_clear(psn_rec_engine *engine);
void psn_rec_member_clear(psn_rec_member *member);
int psn_rec_member_ready(psn_rec_engine *engine, int m, persona_error *error);
/* Makes what is not stored (mips, spreads, orders, fast trees) after fit or decode; from
 * then on what is learnt can be shared. */
int psn_rec_engine_ready(psn_rec_engine *engine, persona_error *error);
/* Takes a share of all that `from` learnt; `to` has none of it yet. */
void psn_rec_engine_share(psn_rec_engine *to, const psn_rec_engine *from);
/* The index over the items of als, and their mean. */
int psn_rec_member_index(psn_rec_member *member, persona_error *error);

/* ---- the model */
enum { PSN_REC_PART_MEMBERS, PSN_REC_PART_TRIALS, PSN_REC_PARTS };
extern const psn_parts psn_recommend_parts;

enum { PSN_REC_SESSIONS, PSN_REC_SEQUENCES, PSN_REC_SETS, PSN_REC_MODES };
extern const char *const psn_rec_mode_names[PSN_REC_MODES]; /* "sessions" ... */

struct persona_recommender {
    persona_model base;
    int32_t ready; /* 0: a dry run */
    int32_t mode;
    psn_dict *users, *items;
    psn_rec_log log;
    psn_rec_engine engine;
    int64_t events, bots; /* learnt from; users cut short */
    int64_t newest;       /* ms, time of the newest event; INT64_MIN = unknown */
    char *column[PSN_REC_ROLES];
    persona_table *options, *part[PSN_REC_PARTS];
};

extern const psn_kind psn_recommend_kind;
extern const psn_schema psn_recommend_fit_schema, psn_recommend_query_schema;

#endif
