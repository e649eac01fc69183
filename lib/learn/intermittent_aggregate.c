/* intermittent_aggregate.c: demand added up over buckets of periods has fewer zeros.
 *
 * ADIDA (Nikolopoulos et al. 2011): buckets as long as the mean interval between sales,
 * exponentially smoothed; the rate is the level over the length. IMAPA (Petropoulos and
 * Kourentzes 2015): the mean of the rates of all lengths 1 .. that one. The empirical
 * rate is the mean of the last `window` values, kept as sums of up to 8 blocks: just
 * after a fit it is exact, later the window is up to a block longer.
 *
 * Buckets end with the series: the oldest few values that fill none are left out. O(1) a
 * value and length. */
#include "learn/intermittent_engine.h"

enum {
    LONGEST = 64, /* bucket of adida */
    LENGTHS = 12, /* of imapa */
    BLOCKS = 8
};

/* ---- one bucketed level */
enum { LENGTH, SKIP, FILLED, SUM, BUCKETS, LEVEL, BUCKET_VALUES };

static void bucket_start(double *value, double length, int32_t values)
{
    for (int i = 0; i < BUCKET_VALUES; i++) value[i] = 0;
    value[LENGTH] = length;
    value[SKIP] = fmod((double)values, length);
}

static double bucket_rate(const double *value)
{
    if (value[BUCKETS] > 0) return value[LEVEL];
    return value[FILLED] > 0 ? value[SUM] / value[FILLED] : 0;
}

static void bucket_step(double *value, double gain, double y)
{
    if (value[SKIP] > 0) {
        value[SKIP] -= 1;
        return;
    }
    value[SUM] += y;
    value[FILLED] += 1;
    if (value[FILLED] < value[LENGTH]) return;
    value[BUCKETS] += 1;
    value[LEVEL] += psn_intermittent_gain(gain, value[BUCKETS]) *
                    (value[SUM] / value[LENGTH] - value[LEVEL]);
    value[SUM] = value[FILLED] = 0;
}

static int bucket_sane(const double *value)
{
    return value[LENGTH] >= 1 && value[LENGTH] <= LONGEST && value[SKIP] >= 0 &&
           value[FILLED] >= 0 && value[BUCKETS] >= 0;
}

/* The mean number of periods from sale to sale, and at least two buckets. */
static int32_t mean_interval(const intermittent_facts *facts, int32_t most)
{
    int32_t length =
        facts->sales > 0 ? (facts->values + facts->sales / 2) / facts->sales : 1;
    if (length > facts->values / 2) length = facts->values / 2;
    if (length > most) length = most;
    return length < 1 ? 1 : length;
}

/* ---- ADIDA: [gain, bucket] */
static int32_t adida_room(int32_t season)
{
    (void)season;
    return 1 + BUCKET_VALUES;
}

static int32_t adida_start(double *value, const intermittent_facts *facts,
                           const psn_intermittent_options *options)
{
    value[0] = psn_intermittent_option(options->rate, facts->season, 0.1, 0.15);
    bucket_start(value + 1, mean_interval(facts, LONGEST), facts->values);
    return 1 + BUCKET_VALUES;
}

static double adida_rate(const double *value)
{
    return bucket_rate(value + 1);
}

static void adida_step(double *value, double y)
{
    bucket_step(value + 1, value[0], y);
}

static int adida_check(const psn_local_model *model)
{
    const double *v = model->value + 1;
    return psn_intermittent_sane(model, 1 + BUCKET_VALUES) && v[0] > 0 && v[0] <= 1 &&
           bucket_sane(v + 1);
}

/* ---- IMAPA: [gain, number of lengths, buckets] */
static int32_t imapa_room(int32_t season)
{
    (void)season;
    return 2 + LENGTHS * BUCKET_VALUES;
}

static int32_t imapa_start(double *value, const intermittent_facts *facts,
                           const psn_intermittent_options *options)
{
    const int32_t lengths = mean_interval(facts, LENGTHS);
    value[0] = psn_intermittent_option(options->rate, facts->season, 0.1, 0.15);
    value[1] = lengths;
    for (int32_t k = 0; k < lengths; k++)
        bucket_start(value + 2 + k * BUCKET_VALUES, k + 1, facts->values);
    return 2 + lengths * BUCKET_VALUES;
}

static double imapa_rate(const double *value)
{
    const int32_t lengths = (int32_t)value[1];
    double sum = 0;
    for (int32_t k = 0; k < lengths; k++)
        sum += bucket_rate(value + 2 + k * BUCKET_VALUES);
    return sum / lengths;
}

static void imapa_step(double *value, double y)
{
    const int32_t lengths = (int32_t)value[1];
    for (int32_t k = 0; k < lengths; k++)
        bucket_step(value + 2 + k * BUCKET_VALUES, value[0], y);
}

static int imapa_check(const psn_local_model *model)
{
    const int32_t lengths = model->count > 3 ? (model->count - 3) / BUCKET_VALUES : 0;
    const double *v = model->value + 1;
    if (lengths < 1 || lengths > LENGTHS ||
        !psn_intermittent_sane(model, 2 + lengths * BUCKET_VALUES) || v[1] != lengths ||
        !(v[0] > 0 && v[0] <= 1))
        return 0;
    for (int32_t k = 0; k < lengths; k++)
        if (!bucket_sane(v + 2 + k * BUCKET_VALUES)) return 0;
    return 1;
}

/* ---- empirical: [block length, blocks, next block, filled, whole blocks, skip, sums] */
enum { BLOCK, MANY, NEXT, PART, WHOLE, EMPIRICAL_SKIP, SUMS };

static int32_t empirical_room(int32_t season)
{
    (void)season;
    return SUMS + BLOCKS + 1;
}

/* One block more than the window has takes in the values after it. */
static int32_t empirical_start(double *value, const intermittent_facts *facts,
                               const psn_intermittent_options *options)
{
    int32_t window = options->window;
    if (window <= 0) window = (int32_t)psn_intermittent_option(0, facts->season, 35, 12);
    const int32_t block = (window + BLOCKS - 1) / BLOCKS;
    for (int i = 0; i < SUMS + BLOCKS + 1; i++) value[i] = 0;
    value[BLOCK] = block;
    value[MANY] = (window + block - 1) / block;
    if (facts->values > block) value[EMPIRICAL_SKIP] = facts->values % block;
    return SUMS + (int32_t)value[MANY] + 1;
}

static double empirical_rate(const double *value)
{
    const double values = value[WHOLE] * value[BLOCK] + value[PART];
    double sum = 0;
    for (int32_t b = 0; b <= (int32_t)value[MANY]; b++) sum += value[SUMS + b];
    return values > 0 ? sum / values : 0;
}

static void empirical_step(double *value, double y)
{
    if (value[EMPIRICAL_SKIP] > 0) {
        value[EMPIRICAL_SKIP] -= 1;
        return;
    }
    value[SUMS + (int32_t)value[NEXT]] += y;
    value[PART] += 1;
    if (value[PART] < value[BLOCK]) return;
    value[PART] = 0;
    value[NEXT] = value[NEXT] < value[MANY] ? value[NEXT] + 1 : 0;
    value[SUMS + (int32_t)value[NEXT]] = 0;
    if (value[WHOLE] < value[MANY]) value[WHOLE] += 1;
}

static int empirical_check(const psn_local_model *model)
{
    const int32_t many = model->count > SUMS + 2 ? model->count - SUMS - 2 : 0;
    if (many < 1 || many > BLOCKS || !psn_intermittent_sane(model, model->count - 1))
        return 0;
    const double *v = model->value + 1;
    return v[MANY] == many && v[BLOCK] >= 1 && v[PART] >= 0 && v[PART] < v[BLOCK] &&
           v[NEXT] >= 0 && v[NEXT] <= many && v[NEXT] == floor(v[NEXT]) &&
           v[WHOLE] >= 0 && v[WHOLE] <= many && v[EMPIRICAL_SKIP] >= 0;
}

static const intermittent_form adida = {adida_start, adida_rate, adida_step},
                               imapa = {imapa_start, imapa_rate, imapa_step},
                               empirical = {empirical_start, empirical_rate,
                                            empirical_step};

INTERMITTENT_LEARNER(adida, adida_room, adida_check);
INTERMITTENT_LEARNER(imapa, imapa_room, imapa_check);
INTERMITTENT_LEARNER(empirical, empirical_room, empirical_check);
