/* arima.h: seasonal autoregressive integrated moving averages, orders found by
 * themselves.
 *
 * The differenced series x = (1 - B)^d (1 - B^m)^D y follows, after taking away its mean
 * (a mean of x is a drift of y), an ARMA(p, q)(P, Q)m; see math/arma.h. */
#ifndef PSN_LEARN_ARIMA_H
#define PSN_LEARN_ARIMA_H

#include "data/local_model.h"
#include "math/arma.h"

typedef struct psn_arima_order {
    int32_t p, d, q, sp, sd, sq; /* d <= 2, sd <= 1 */
    int32_t mean;                /* 1: the differenced series has a mean; d + sd <= 1 */
} psn_arima_order;

enum {
    PSN_ARIMA_STEPWISE, /* candidates by conditional least squares, scored by their exact
                           likelihood; the best one by maximum likelihood */
    PSN_ARIMA_EXACT,    /* every candidate by maximum likelihood */
    PSN_ARIMA_QUICK     /* few candidates, conditional least squares only */
};

typedef struct psn_arima_options {
    int32_t given; /* 1: order as below, else found */
    psn_arima_order order;
    int32_t max_p, max_q, max_sp, max_sq, max_d, max_sd;
    int32_t search;
} psn_arima_options;

extern const psn_arima_options psn_arima_defaults;
extern const psn_local_learner psn_arima_learner;

psn_arima_order psn_arima_form_order(int32_t form);
int32_t psn_arima_order_form(const psn_arima_order *order);

#endif
