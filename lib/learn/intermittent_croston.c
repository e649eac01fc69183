/* intermittent_croston.c: sizes and intervals of demand smoothed apart.
 *
 *   at a sale:  z += a (y - z),  p += b (interval - p);   rate = z / p
 *
 * Croston (1972) takes that ratio; its mean is too high by about 1 / (1 - b / 2), which
 * Syntetos and Boylan (2005) take off. Both stay as they are while nothing sells.
 * Teunter, Syntetos and Babai (2011) smooth the probability of a sale instead, in every
 * period:
 *
 *   p += b (1[y > 0] - p);   rate = p z
 *
 * so that a dead item's rate goes to zero. O(1) a value. */
#include "learn/intermittent_engine.h"

enum { SIZE_GAIN, RATE_GAIN, SIZE, RATE, SALES, SINCE, FACTOR, CROSTON_VALUES };

static int32_t croston_room(int32_t season)
{
    (void)season;
    return CROSTON_VALUES;
}

static int32_t croston_start(double *value, const intermittent_facts *facts,
                             const psn_intermittent_options *options)
{
    for (int i = 0; i < CROSTON_VALUES; i++) value[i] = 0;
    value[SIZE_GAIN] = psn_intermittent_option(options->size, facts->season, 0.05, 0.1);
    value[RATE_GAIN] = psn_intermittent_option(options->rate, facts->season, 0.05, 0.1);
    value[FACTOR] = 1;
    return CROSTON_VALUES;
}

static int32_t sba_start(double *value, const intermittent_facts *facts,
                         const psn_intermittent_options *options)
{
    const int32_t count = croston_start(value, facts, options);
    value[FACTOR] = 1 - value[RATE_GAIN] / 2;
    return count;
}

static void croston_step(double *value, double y)
{
    value[SINCE] += 1;
    if (y == 0) return;
    value[SALES] += 1;
    value[SIZE] +=
        psn_intermittent_gain(value[SIZE_GAIN], value[SALES]) * (y - value[SIZE]);
    /* The wait for the first sale says nothing: series begin with one. */
    if (value[SALES] > 1)
        value[RATE] += psn_intermittent_gain(value[RATE_GAIN], value[SALES] - 1) *
                       (value[SINCE] - value[RATE]);
    value[SINCE] = 0;
}

/* Of one sale only its age is known. */
static double croston_rate(const double *value)
{
    if (value[SALES] < 1) return 0;
    if (value[SALES] < 2) return value[SIZE] / (value[SINCE] + 1);
    return value[FACTOR] * value[SIZE] / value[RATE];
}

static void tsb_step(double *value, double y)
{
    value[SINCE] += 1; /* all periods */
    value[RATE] +=
        psn_intermittent_gain(value[RATE_GAIN], value[SINCE]) * ((y != 0) - value[RATE]);
    if (y == 0) return;
    value[SALES] += 1;
    value[SIZE] +=
        psn_intermittent_gain(value[SIZE_GAIN], value[SALES]) * (y - value[SIZE]);
}

static double tsb_rate(const double *value)
{
    return value[RATE] * value[SIZE];
}

static const intermittent_form croston = {croston_start, croston_rate, croston_step},
                               sba = {sba_start, croston_rate, croston_step},
                               tsb = {croston_start, tsb_rate, tsb_step};

static int gain_sane(double gain)
{
    return gain > 0 && gain <= 1;
}

static int croston_gains_sane(const psn_local_model *model)
{
    const double *v = model->value + 1;
    return psn_intermittent_sane(model, CROSTON_VALUES) && gain_sane(v[SIZE_GAIN]) &&
           gain_sane(v[RATE_GAIN]) && v[SALES] >= 0 && v[SINCE] >= 0 &&
           fabs(v[FACTOR]) <= 1;
}

static int croston_check(const psn_local_model *model)
{
    const double *v = model->value + 1;
    return croston_gains_sane(model) && (v[SALES] < 2 || v[RATE] >= 0.5);
}

static int tsb_check(const psn_local_model *model)
{
    const double *v = model->value + 1;
    return croston_gains_sane(model) && v[RATE] >= 0 && v[RATE] <= 1;
}

INTERMITTENT_LEARNER(croston, croston_room, croston_check);
INTERMITTENT_LEARNER(sba, croston_room, croston_check);
INTERMITTENT_LEARNER(tsb, croston_room, tsb_check);
