/* recommend_file.h: how a recommender lies in a model file: what the writer and the
 * reader of it share. docs/model_file.md lists the chunks. */
#ifndef PSN_SHOP_RECOMMEND_FILE_H
#define PSN_SHOP_RECOMMEND_FILE_H

#include "shop/chunks.h"
#include "shop/recommend/recommend.h"
#include "shop/sheet.h"

/* Whole numbers of the model, chunk "Head". */
enum {
    HEAD_READY,
    HEAD_MODE,
    HEAD_ITEMS,
    HEAD_USERS,
    HEAD_LOGGED,
    HEAD_TIMES,
    HEAD_KINDS,
    HEAD_TIMED,
    HEAD_POOL,
    HEAD_RERANKED,
    HEAD_EVENTS,
    HEAD_BOTS,
    HEAD_NEWEST,
    HEAD_FACTS,
    HEAD_PRICES,
    HEAD_CATEGORIES,
    HEAD_BRANDS,
    HEAD_OWN,
    HEAD_REPEAT,
    HEAD_LEARNT,
    HEAD_SESSIONS,
    HEAD_INTS
};
enum { KIND_ROLE, KIND_HIDES, KIND_WANTED, KIND_EVENTS, KIND_INTS };
enum {
    MEMBER_FITTED,
    MEMBER_WEIGHTED,
    MEMBER_ADDS,
    MEMBER_ENTRIES,
    MEMBER_ADDED,
    MEMBER_FACTORS,
    MEMBER_SCORED,
    MEMBER_INTS
};
enum {
    MEMBER_SHARE,
    MEMBER_DECAY,
    MEMBER_UNOBSERVED,
    MEMBER_REGULARIZATION,
    MEMBER_FREQUENCY,
    MEMBER_REALS
};
extern const psn_sheet_layout psn_recommend_kinds_layout, psn_recommend_members_layout;

/* Arrays of a member: tag "Wlen", the last letter being that of the member. */
static inline void psn_recommend_tag(char tag[5], char letter, const char *two,
                                     int member)
{
    tag[0] = letter;
    tag[1] = two[0];
    tag[2] = two[1];
    tag[3] = (char)('a' + member);
    tag[4] = 0;
}

/* Chunk of each map from scores to probabilities. */
extern const char *const psn_recommend_chance_tags[PSN_REC_CHANCES];

/* Options of session neighbours as reals, in this order. */
enum { SESSION_OPTIONS = 10 };
void psn_recommend_session_reals(double real[SESSION_OPTIONS],
                                 const psn_session_knn_options *options);

#endif
