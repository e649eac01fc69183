/* directed_ridge.c: what follows what, in closed form.
 *
 * Of every position t of a sequence that something follows, x_t is the decayed past (w_i
 * g^(t - i) for the last `past` events i <= t) and y_t the decayed future (w_j
 * h^(j - t - 1) for the next `future` events j > t). B = (X'X + regularization I)^-1 X'Y
 * (the transition half of SLIST: Choi et al., WWW 2021).
 *
 * A pair of events meets at several t, but the sum of its products is a geometric one
 * that depends on their distance alone (and, in X'X, on how soon the sequence ends). So
 * each pair is visited once, with its coefficient from a table: O(events x past) instead
 * of O(events x past^2). The rows of an item are summed up by one worker over its places
 * in the sequences. Solving takes n^3 to 7/3 n^3 operations. */
#include "learn/directed_ridge.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/task.h"
#include "math/elementary.h"
#include "math/places.h"
#include "math/square.h"

typedef struct ridge_events {
    const psn_sparse *sequences;
    const psn_places *places;
    int64_t past, reach; /* reach: past + future - 1, the farthest pair in X'Y */
    double *both;        /* X'X of a pair: past x past, by distance and meetings - 1 */
    double *next;        /* X'Y of a pair, by distance; reach + 1 */
} ridge_events;

void psn_directed_ridge_defaults(psn_directed_ridge_options *options)
{
    *options = (psn_directed_ridge_options){.past_decay = 0.8,
                                            .past = 30,
                                            .future_decay = 0.5,
                                            .future = 5,
                                            .regularization = 150.0,
                                            .popularity = 0.0,
                                            .keep = 500,
                                            .max_bytes = 0};
}

size_t psn_directed_ridge_bytes(int64_t items)
{
    return psn_square_bytes(items, 2);
}

/* ---- the coefficients ---- */

static double ridge_power(double base, int64_t exponent)
{
    double power = 1.0;
    for (int64_t i = 0; i < exponent; i++) power *= base;
    return power;
}

/* Two events a distance apart that meet m times: sum over s < m of g^s g^(s + distance).
 */
static void ridge_table_both(ridge_events *events, double past_decay)
{
    for (int64_t distance = 0; distance < events->past; distance++) {
        double term = ridge_power(past_decay, distance), sum = 0.0;
        for (int64_t meetings = 0; meetings < events->past; meetings++) {
            sum += term;
            events->both[distance * events->past + meetings] = sum;
            term *= past_decay * past_decay;
        }
    }
}

/* An event and one `distance` later: sum over ages a < past and steps s = distance - a of
 * 1 .. future of g^a h^(s - 1). */
static void ridge_table_next(ridge_events *events,
                             const psn_directed_ridge_options *options)
{
    for (int64_t distance = 1; distance <= events->reach; distance++) {
        double sum = 0.0;
        for (int64_t age = 0; age < events->past; age++) {
            const int64_t step = distance - age;
            if (step < 1 || step > options->future) continue;
            sum += ridge_power(options->past_decay, age) *
                   ridge_power(options->future_decay, step - 1);
        }
        events->next[distance] = sum;
    }
}

static int ridge_tables(ridge_events *events, const psn_directed_ridge_options *options,
                        persona_error *error)
{
    int rc = PERSONA_OK;
    size_t cells;
    events->past = options->past;
    events->reach = events->past + options->future - 1;
    if (!psn_size_mul((size_t)events->past, (size_t)events->past, &cells))
        cells = SIZE_MAX;
    PSN_NEED(events->both = psn_alloc(cells, sizeof *events->both));
    PSN_NEED(events->next = psn_alloc((size_t)events->reach + 1, sizeof *events->next));
    ridge_table_both(events, options->past_decay);
    ridge_table_next(events, options);
done:
    return rc;
}

/* ---- the sums ---- */

static double ridge_value(const psn_sparse *sequences, int64_t place)
{
    return sequences->value != NULL ? (double)sequences->value[place] : 1.0;
}

/* X'X: the events around one of this item. The later one of a pair is in x_t from its own
 * place on, the earlier one for `past` positions, and the last event of the sequence has
 * nothing after it. */
static void ridge_sum_both(const void *context, int64_t column, double *sums)
{
    const ridge_events *events = context;
    const psn_sparse *sequences = events->sequences;
    const psn_places *places = events->places;
    const int64_t past = events->past;
    for (int64_t p = places->start[column]; p < places->start[column + 1]; p++) {
        const int64_t own = places->place[p], first = sequences->start[places->row[p]];
        const int64_t last = sequences->start[places->row[p] + 1] - 1; /* not in any x */
        const int64_t from = own - past + 1 > first ? own - past + 1 : first;
        const int64_t end = own + past < last ? own + past : last;
        const double weight = ridge_value(sequences, own);
        if (own >= last) continue;
        for (int64_t other = from; other < end; other++) {
            const int64_t distance = other < own ? own - other : other - own;
            const int64_t later = other < own ? own : other;
            const int64_t left = last - later;
            const int64_t meetings = left < past - distance ? left : past - distance;
            sums[places->number[other]] += weight * ridge_value(sequences, other) *
                                           events->both[distance * past + meetings - 1];
        }
    }
}

/* X'Y of the item as what follows: the events before its own. */
static void ridge_sum_next(const void *context, int64_t column, double *sums)
{
    const ridge_events *events = context;
    const psn_sparse *sequences = events->sequences;
    const psn_places *places = events->places;
    for (int64_t p = places->start[column]; p < places->start[column + 1]; p++) {
        const int64_t own = places->place[p], first = sequences->start[places->row[p]];
        const int64_t from = own - events->reach > first ? own - events->reach : first;
        const double weight = ridge_value(sequences, own);
        for (int64_t other = from; other < own; other++)
            sums[places->number[other]] +=
                weight * ridge_value(sequences, other) * events->next[own - other];
    }
}

/* ---- the solution ---- */

/* Row i of the weights is row i of B: B turned, each entry j times count_j^-popularity.
 */
static int ridge_weights(psn_sparse **weights, float *b, const ridge_events *events,
                         const psn_directed_ridge_options *options, psn_pool *pool,
                         persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_places *places = events->places;
    float *scale = psn_alloc((size_t)places->count, sizeof *scale);
    PSN_NEED(scale);
    for (int64_t j = 0; j < places->count; j++) {
        const double count = (double)(places->start[j + 1] - places->start[j]);
        scale[j] = (float)psn_pow(count, -options->popularity);
    }
    psn_square_transpose(b, places->count);
    rc = psn_square_keep(weights, b, places->count, scale, 0, options->keep,
                         places->original, events->sequences->columns, pool, error);
done:
    psn_release(scale);
    return rc;
}

static int ridge_check(const psn_directed_ridge_options *options, persona_error *error)
{
    const int good = options->past >= 1 && options->past <= 1000 &&
                     options->future >= 1 && options->future <= 1000 &&
                     options->past_decay >= 0.0 && options->past_decay <= 1.0 &&
                     options->future_decay >= 0.0 && options->future_decay <= 1.0;
    return good
               ? PERSONA_OK
               : psn_fail(error, PERSONA_EOPTION,
                          "directed_ridge: past and future must be 1 to 1000, the decays "
                          "0 to 1");
}

int psn_directed_ridge_fit(psn_sparse **weights, const psn_sparse *sequences,
                           const psn_directed_ridge_options *options, psn_pool *pool,
                           persona_task *task, persona_error *error)
{
    int rc;
    float *a = NULL, *b = NULL;
    psn_places *places = NULL;
    ridge_events events = {.sequences = sequences};
    *weights = NULL;
    PSN_TRY(ridge_check(options, error));
    PSN_TRY(psn_places_new(&places, sequences, error));
    events.places = places;
    const int64_t n = places->count;
    PSN_TRY(ridge_tables(&events, options, error));
    PSN_TRY(psn_square_new(&a, n, 2, options->max_bytes, error));
    PSN_TRY(psn_square_new(&b, n, 2, options->max_bytes, error));
    psn_task_enter(task, "products of past and past", 0.0, 0.1);
    PSN_TRY(psn_square_fill(a, n, 1, ridge_sum_both, &events, pool, task, error));
    psn_task_enter(task, "products of past and future", 0.1, 0.2);
    PSN_TRY(psn_square_fill(b, n, 0, ridge_sum_next, &events, pool, task, error));
    psn_task_enter(task, "solving", 0.2, 0.95);
    PSN_TRY(psn_square_solve(a, b, n, options->regularization, pool, task, error));
    psn_task_enter(task, "keeping the largest weights", 0.95, 1.0);
    PSN_TRY(psn_task_check(task, 0.0, error));
    PSN_TRY(ridge_weights(weights, b, &events, options, pool, error));
done:
    psn_release(events.both);
    psn_release(events.next);
    psn_square_free(a);
    psn_square_free(b);
    psn_places_free(places);
    return rc;
}
