/* recommend_update.h: what the files of an update share. */
#ifndef PSN_SHOP_RECOMMEND_UPDATE_H
#define PSN_SHOP_RECOMMEND_UPDATE_H

#include "shop/recommend/recommend_fit.h"

typedef struct psn_rec_growing {
    const persona_recommender *from;
    persona_recommender *to;
    psn_rec_fitting fit;       /* of the table of new events, into `to` */
    persona_recommender *told; /* only facts: what the table tells of items */
    int64_t added;             /* events that came in */
    int64_t twice, skipped, new_users;
} psn_rec_growing;

/* recommend_update_events.c: columns, ids (new ones are added to the dictionaries of
 * `to`), kinds, times and weights of the new events. */
int psn_rec_update_events(psn_rec_growing *grow, persona_error *error);
/* recommend_update_catalog.c: what the table, or one linked to it, tells of items; then
 * how many items there are is known. Categories, brands and prices of `to`. What likeness
 * of attributes says of later items. */
int psn_rec_update_catalog(psn_rec_growing *grow, persona_error *error);
int psn_rec_update_facts(psn_rec_growing *grow, persona_error *error);
int psn_rec_update_alike(psn_sparse **out, psn_rec_growing *grow, persona_error *error);
/* recommend_update_log.c: the histories of `to`: those of `from` and the new events. */
int psn_rec_update_log(psn_rec_growing *grow, persona_error *error);
/* recommend_update_items.c: what learners say of items that they have not seen. */
int psn_rec_update_items(psn_rec_growing *grow, persona_error *error);

#endif
