/* recommend_visitors.h: those whom a table of answers serves, and the events it brings.
 */
#ifndef PSN_SHOP_RECOMMEND_VISITORS_H
#define PSN_SHOP_RECOMMEND_VISITORS_H

#include "shop/recommend/recommend.h"

typedef struct psn_rec_visitors {
    int64_t count;
    const psn_dict *ids; /* of each, in order of first sight */
    psn_dict *owned;     /* ids, unless they are the model's */
    /* Events of visitor v: start[v] .. start[v + 1] - 1, oldest first; NULL: none. */
    int64_t *start;
    int64_t *item; /* of the model */
    int32_t *kind; /* NULL: unknown */
    int64_t *time; /* ms; NULL: unknown */
    float *weight; /* NULL: those of the kinds */
} psn_rec_visitors;

/* table NULL: all users of the model. Without a column of items its users or sessions,
 * with one their events too. */
int psn_rec_visitors_open(psn_rec_visitors *out, const persona_recommender *model,
                          const persona_table *table, const persona_params *params,
                          persona_error *error);
void psn_rec_visitors_close(psn_rec_visitors *visitors);

#endif
