/* popular.h: what is popular: overall, lately, newest and rising. */
#ifndef PSN_LEARN_POPULAR_H
#define PSN_LEARN_POPULAR_H

#include <stdint.h>
#include "persona/types.h"

/* time: any unit that rises, such as milliseconds or the rank of the event in 0 .. 1;
 * NULL: all at once. weight NULL: 1; what is below 0 takes away. */
typedef struct psn_popular_events {
    int64_t count;
    const int32_t *item;
    const double *time;
    const float *weight;
} psn_popular_events;

typedef struct psn_popular_options {
    double half_life; /* in the unit of time; 0: a quarter of the whole span */
    double window;    /* the newest share of the events, 0 .. 1 */
    double prior;     /* events that a rise has to stand out from */
    double caution;   /* standard errors taken off a rise */
} psn_popular_options;
void psn_popular_defaults(psn_popular_options *options);

/* One number for every item. The first three are shares that add up to 1 (none below 0);
 * trend is the least the logarithm of the item's rise can be believed to be: above 0
 * where it sells above its own past. */
typedef struct psn_popular {
    int32_t items;
    float *overall, *decayed, *newest, *trend;
    double now;         /* time of the newest event */
    double half_life;   /* as it was chosen */
    double window_from; /* the newest share begins here */
} psn_popular;
int psn_popular_fit(psn_popular **out, const psn_popular_events *events, int32_t items,
                    const psn_popular_options *options, persona_error *error);
void psn_popular_free(psn_popular *popular);

#endif
