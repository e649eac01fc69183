/* recommend_fit_panel.h: what every member says of the candidates of every case, kept, so
 * that hundreds of shares can be tried without asking again. */
#ifndef PSN_SHOP_RECOMMEND_FIT_PANEL_H
#define PSN_SHOP_RECOMMEND_FIT_PANEL_H

#include "shop/recommend/recommend_fit.h"

typedef struct psn_rec_panel {
    int64_t cases;
    int32_t members;                 /* columns */
    int32_t member[PSN_REC_MEMBERS]; /* of each column */
    int64_t *start;                  /* cases + 1 */
    int32_t *item;                   /* of each candidate */
    float *part;                     /* candidates x members, part x scale */
    int64_t *ideal;                  /* truths of each case */
    uint8_t *true_item;              /* of each candidate */
} psn_rec_panel;

/* The first `cases` cases of the split, under the members of `members`. */
int psn_rec_panel_new(psn_rec_panel *panel, const psn_rec_fitting *fit,
                      const psn_rec_engine *engine, uint32_t members, int64_t cases,
                      persona_error *error);
void psn_rec_panel_clear(psn_rec_panel *panel);
/* Mean NDCG@PSN_REC_AT of the order that shares (members of them) give. */
double psn_rec_panel_quality(const psn_rec_panel *panel, const float *shares);

#endif
