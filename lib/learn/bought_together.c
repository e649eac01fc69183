/* bought_together.c: what goes into the same basket.
 *
 * The product of the baskets with themselves counts how many held both a and b. From the
 * 2 x 2 table of a pair (n baskets, n_a with a, n_b with b, n_ab with both):
 *   lift         n_ab n / (n_a n_b): how many times more often than chance. Rare items
 *                reach the top by one coincidence: `min_count` is all that holds them.
 *   likelihood   2 sum k log(k / expected k) over the four cells (Dunning 1993), of which
 *                the root is taken, about the deviate z of the pair, so that the items of
 *                a cart can be added: how sure it is that they belong together; pairs
 *                below chance are left out.
 *   Wilson       the lower end of the interval of P(b | a) = n_ab / n_a at 95 % (Wilson
 *                1927), over P(b): a lift that few baskets cannot make large.
 * On a year of a grocery chain, one item of a cart hidden, the first ten held it: lift
 * .11, Wilson .14, likelihood .205. The other two name closer relatives (eggs: bacon),
 * the likelihood what is really taken along (eggs: milk, bread).
 * Baskets larger than `longest` are left out, of the counts as well. Cost: sum over
 * baskets of (items)^2. */
#include "learn/bought_together.h"

#include <math.h>
#include <stddef.h>
#include <string.h>
#include "base/error.h"
#include "base/memory.h"
#include "math/elementary.h"
#include "math/sparse_product.h"

void psn_bought_together_defaults(psn_bought_together_options *options)
{
    *options = (psn_bought_together_options){.measure = PSN_BASKET_LIKELIHOOD,
                                             .neighbors = 100,
                                             .min_count = 2,
                                             .longest = 100};
}

typedef struct bought_work {
    const psn_bought_together_options *options;
    psn_sparse right; /* baskets, borrowed or made */
    psn_sparse *made, *left;
    double *held; /* baskets with the item */
    double all;   /* baskets */
} bought_work;

/* k log(k / expected). */
static double bought_surprise(double k, double expected)
{
    return k > 0 ? k * psn_log(k / expected) : 0;
}

static double bought_likelihood(double both, double a, double b, double n)
{
    if (both * n <= a * b) return 0;
    const double half = bought_surprise(both, a * b / n) +
                        bought_surprise(a - both, a * (n - b) / n) +
                        bought_surprise(b - both, (n - a) * b / n) +
                        bought_surprise(n - a - b + both, (n - a) * (n - b) / n);
    return half > 0 ? sqrt(2 * half) : 0; /* rounding of a pair just above chance */
}

/* The lower end of the interval of k out of m. */
static double bought_wilson(double k, double m)
{
    const double z = 1.959963984540054, p = k / m, zz = z * z;
    const double spread = z * sqrt(p * (1 - p) / m + zz / (4 * m * m));
    return (p + zz / (2 * m) - spread) / (1 + zz / m);
}

static double bought_measure(int32_t measure, double both, double a, double b, double n)
{
    if (measure == PSN_BASKET_LIFT) return both * n / (a * b);
    if (measure == PSN_BASKET_LIKELIHOOD) return bought_likelihood(both, a, b, n);
    return bought_wilson(both, a) * n / b;
}

static void bought_add(void *context, int64_t row, psn_row_sum *sum)
{
    const bought_work *work = context;
    psn_row_sum_product(sum, work->left, &work->right, row);
}

static void bought_finish(void *context, int64_t row, const int32_t *columns,
                          float *values, int64_t count)
{
    const bought_work *work = context;
    const psn_bought_together_options *o = work->options;
    for (int64_t i = 0; i < count; i++) {
        const double both = (double)values[i];
        values[i] = columns[i] == row || both < o->min_count
                        ? 0
                        : (float)bought_measure(o->measure, both, work->held[row],
                                                work->held[columns[i]], work->all);
    }
}

static int64_t bought_length(const psn_sparse *baskets, int64_t row, int32_t longest)
{
    const int64_t length = baskets->start[row + 1] - baskets->start[row];
    return length > longest ? 0 : length;
}

/* The baskets that count, without values; all when one of them is not empty. */
static int bought_choose(bought_work *work, const psn_sparse *baskets,
                         persona_error *error)
{
    int rc = PERSONA_OK;
    const int32_t longest = work->options->longest;
    int64_t entries = 0;
    for (int64_t r = 0; r < baskets->rows; r++) {
        const int64_t length = bought_length(baskets, r, longest);
        entries += length;
        work->all += length > 0;
    }
    work->right = *baskets;
    work->right.value = NULL;
    if (entries == baskets->start[baskets->rows]) return PERSONA_OK;
    PSN_TRY(
        psn_sparse_new(&work->made, baskets->rows, baskets->columns, entries, 0, error));
    psn_sparse *made = work->made;
    for (int64_t r = 0; r < baskets->rows; r++) {
        const int64_t length = bought_length(baskets, r, longest);
        memcpy(made->column + made->start[r], baskets->column + baskets->start[r],
               (size_t)length * sizeof *made->column);
        made->start[r + 1] = made->start[r] + length;
    }
    work->right = *made;
done:
    return rc;
}

int psn_bought_together_fit(psn_sparse **weights, psn_sparse **counts,
                            const psn_sparse *baskets,
                            const psn_bought_together_options *options, psn_pool *pool,
                            persona_task *task, persona_error *error)
{
    int rc = PERSONA_OK;
    bought_work work = {.options = options};
    const int32_t items = baskets->columns;
    *weights = NULL;
    if (counts != NULL) *counts = NULL;
    if (options->neighbors < 1 || options->min_count < 1 || options->longest < 1 ||
        options->measure < PSN_BASKET_LIFT || options->measure > PSN_BASKET_WILSON)
        PSN_FAIL(error, PERSONA_EARG,
                 "bought_together: neighbors, min_count and longest must be 1 or more, "
                 "measure a known one");
    PSN_TRY(bought_choose(&work, baskets, error));
    PSN_TRY(psn_sparse_transpose(&work.left, &work.right, error));
    PSN_NEED(work.held = psn_alloc((size_t)items, sizeof *work.held));
    psn_sparse_sums(work.left, work.held, NULL);
    const psn_row_maker maker = {items, items,      options->neighbors,
                                 &work, bought_add, bought_finish};
    PSN_TRY(psn_sparse_make_rows(weights, counts, &maker, pool, task, error));
done:
    psn_sparse_free(work.made);
    psn_sparse_free(work.left);
    psn_release(work.held);
    return rc;
}
