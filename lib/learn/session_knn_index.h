/* session_knn_index.h: what the index of sessions holds, for the code that builds it and
 * the code that asks it. */
#ifndef PSN_LEARN_SESSION_KNN_INDEX_H
#define PSN_LEARN_SESSION_KNN_INDEX_H

#include "learn/session_knn.h"

enum {
    SESSION_KNN_AGES = 1024,   /* steps in which a session loses weight by its age */
    SESSION_KNN_LONGEST = 255, /* a length is one byte */
    SESSION_KNN_LINES = 8      /* candidates <= so many x `newest` */
};

struct psn_session_knn {
    psn_session_knn_options options;
    psn_sparse *sessions; /* items of a row differ */
    /* Of item i: posting[posting_start[i]] .., sessions newest first. */
    int64_t *posting_start;
    uint32_t *posting;
    uint8_t *posting_length; /* of that session: saves a look at it */
    float *rare;             /* of an item: log(sessions / sessions with it) */
    int64_t candidates;      /* room for so many */
    int64_t longest_posting;
    int32_t age_shift; /* session >> age_shift = its step of age */
    float age[SESSION_KNN_AGES];
    float length[SESSION_KNN_LONGEST + 1];
    float decay[PSN_SESSION_KNN_HISTORY];
    float place[2 * SESSION_KNN_LONGEST + 1]; /* [SESSION_KNN_LONGEST + steps] */
};

#endif
