/* ces.h: complex exponential smoothing of one series (Svetunkov, Kourentzes and Ord
 * 2022): level and "information potential" smoothed together; no choice between trends.
 */
#ifndef PSN_LEARN_CES_H
#define PSN_LEARN_CES_H

#include "data/local_model.h"

typedef enum psn_ces_form {
    PSN_CES_NONE,     /* no season */
    PSN_CES_ADJUSTED, /* none, of the seasonally adjusted series */
    PSN_CES_SIMPLE,   /* every position of the season a series of its own */
    PSN_CES_PARTIAL,  /* an added season, smoothed */
    PSN_CES_FULL,     /* an added season that is complex too */
    PSN_CES_FORMS,
    PSN_CES_AUTO = -1
} psn_ces_form;

typedef struct psn_ces_options {
    int32_t form; /* psn_ces_form; AUTO: ADJUSTED where a season is found, else NONE */
} psn_ces_options;
extern const psn_local_learner psn_ces_learner;

#endif
