/* sequence_rules.c: b came d steps after a, counted.
 *
 * Ludewig and Jannach, "Evaluation of session-based recommendation algorithms", UMUAI
 * 2018, with the weight d^-power, edges against time at `reverse` of their weight, and
 * division by powers of the sums of the row and of the column.
 *
 * Row a is summed from the places where a stands in the sequences: the items after it are
 * one run of memory whose weights are a table, so a place is one scaled list, and one
 * more for the items before it. No pair is ever stored. Cost: events x steps, twice with
 * reverse edges. */
#include "learn/sequence_rules.h"

#include <stddef.h>
#include "base/error.h"
#include "base/memory.h"
#include "math/elementary.h"
#include "math/sparse_product.h"

enum { RULES_MAX_STEPS = 256 };

void psn_sequence_rules_defaults(psn_sequence_rules_options *options)
{
    *options = (psn_sequence_rules_options){.steps = 10,
                                            .power = 0.7,
                                            .reverse = 0.3,
                                            .row_norm = 0.5,
                                            .column_norm = 0.2,
                                            .repeats = 0,
                                            .neighbors = 1000};
}

typedef struct rules_work {
    const psn_sequence_rules_options *options;
    const psn_sparse *sequences;
    psn_sparse *places; /* items x sequences: one entry each time the item occurs */
    int64_t *place;     /* of each of these: where in the sequences */
    double *from, *to;  /* factors of rows and columns */
    float after[RULES_MAX_STEPS + 1];  /* weight of distance 1, 2 .. */
    float before[RULES_MAX_STEPS + 1]; /* .. 2, 1, times reverse */
} rules_work;

/* ---- one row */

/* The items behind place p, whose events have weights of their own. */
static void rules_add_weighted(const rules_work *work, psn_row_sum *sum, int64_t p,
                               int64_t count)
{
    float weight[RULES_MAX_STEPS];
    const psn_sparse *s = work->sequences;
    for (int64_t d = 0; d < count; d++) weight[d] = work->after[d] * s->value[p + 1 + d];
    psn_row_sum_add(sum, s->column + p + 1, weight, count, 1.0F);
}

static void rules_add_place(const rules_work *work, psn_row_sum *sum, int64_t p,
                            int64_t sequence)
{
    const psn_sparse *s = work->sequences;
    const int64_t steps = work->options->steps;
    const int64_t behind = s->start[sequence + 1] - p - 1;
    const int64_t ahead = p - s->start[sequence];
    const int64_t later = behind < steps ? behind : steps;
    const int64_t earlier = ahead < steps ? ahead : steps;
    if (s->value != NULL)
        rules_add_weighted(work, sum, p, later);
    else
        psn_row_sum_add(sum, s->column + p + 1, work->after, later, 1.0F);
    if (work->options->reverse > 0)
        psn_row_sum_add(sum, s->column + p - earlier, work->before + steps - earlier,
                        earlier, s->value == NULL ? 1.0F : s->value[p]);
}

static void rules_add(void *context, int64_t row, psn_row_sum *sum)
{
    const rules_work *work = context;
    const psn_sparse *places = work->places;
    const int64_t first = places->start[row], end = places->start[row + 1];
    const int64_t sides = work->options->reverse > 0 ? 2 : 1;
    psn_row_sum_expect(sum, (end - first) * work->options->steps * sides);
    for (int64_t i = first; i < end; i++)
        rules_add_place(work, sum, work->place[i], places->column[i]);
}

static void rules_finish(void *context, int64_t row, const int32_t *columns,
                         float *values, int64_t count)
{
    const rules_work *work = context;
    const double from = work->from[row];
    for (int64_t i = 0; i < count; i++) {
        const int32_t to = columns[i];
        const int left_out = to == row && !work->options->repeats;
        values[i] = left_out ? 0 : (float)((double)values[i] * from * work->to[to]);
    }
}

/* ---- before the rows */

static void rules_tables(rules_work *work)
{
    const psn_sequence_rules_options *o = work->options;
    for (int32_t d = 0; d < o->steps; d++) {
        const double weight = psn_pow(d + 1, -o->power);
        work->after[d] = (float)weight;
        work->before[o->steps - 1 - d] = (float)(weight * o->reverse);
    }
}

/* Where each item stands, in the order of the transpose. */
static int rules_find_places(rules_work *work, persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_sparse *s = work->sequences;
    const int64_t entries = s->start[s->rows];
    psn_sparse plain = *s;
    int64_t *next = NULL;
    plain.value = NULL;
    PSN_TRY(psn_sparse_transpose(&work->places, &plain, error));
    PSN_NEED(work->place = psn_alloc((size_t)entries, sizeof *work->place));
    PSN_NEED(next =
                 psn_copy(work->places->start, ((size_t)s->columns + 1) * sizeof *next));
    for (int64_t p = 0; p < entries; p++) work->place[next[s->column[p]]++] = p;
done:
    psn_release(next);
    return rc;
}

/* The sums of the rows and columns of c, in one walk over all pairs. */
static void rules_sum_sequence(const rules_work *work, int64_t sequence, double *rows,
                               double *columns)
{
    const psn_sparse *s = work->sequences;
    const psn_sequence_rules_options *o = work->options;
    const int64_t first = s->start[sequence];
    for (int64_t p = first + 1; p < s->start[sequence + 1]; p++) {
        const int64_t steps = p - first < o->steps ? p - first : o->steps;
        const double weight = s->value == NULL ? 1 : (double)s->value[p];
        const int32_t b = s->column[p];
        double all = 0;
        for (int64_t d = 1; d <= steps; d++) {
            const int32_t a = s->column[p - d];
            const double c = weight * (double)work->after[d - 1];
            if (a == b && !o->repeats) continue;
            all += c;
            rows[a] += c;
            columns[a] += c * o->reverse;
        }
        rows[b] += all * o->reverse;
        columns[b] += all;
    }
}

static void rules_power(double *sums, int64_t count, double power)
{
    for (int64_t i = 0; i < count; i++)
        sums[i] = sums[i] > 0 ? psn_pow(sums[i], -power) : 0;
}

static int rules_open(rules_work *work, persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_sparse *s = work->sequences;
    const size_t items = (size_t)s->columns;
    rules_tables(work);
    PSN_TRY(rules_find_places(work, error));
    PSN_NEED(work->from = psn_alloc_zero(items, sizeof *work->from));
    PSN_NEED(work->to = psn_alloc_zero(items, sizeof *work->to));
    for (int64_t r = 0; r < s->rows; r++)
        rules_sum_sequence(work, r, work->from, work->to);
    rules_power(work->from, s->columns, work->options->row_norm);
    rules_power(work->to, s->columns, work->options->column_norm);
done:
    return rc;
}

static int rules_check(const psn_sequence_rules_options *o, persona_error *error)
{
    if (o->steps < 1 || o->steps > RULES_MAX_STEPS || o->neighbors < 1)
        return psn_fail(error, PERSONA_EARG,
                        "sequence_rules: steps must be 1 .. %d, neighbors 1 or more",
                        (int)RULES_MAX_STEPS);
    if (!(o->power >= 0) || !(o->reverse >= 0) || !(o->row_norm >= 0) ||
        !(o->column_norm >= 0))
        return psn_fail(error, PERSONA_EARG,
                        "sequence_rules: power, reverse and norms must not be negative");
    return PERSONA_OK;
}

int psn_sequence_rules_fit(psn_sparse **weights, const psn_sparse *sequences,
                           const psn_sequence_rules_options *options, psn_pool *pool,
                           persona_task *task, persona_error *error)
{
    int rc = PERSONA_OK;
    rules_work *work = NULL;
    const int32_t items = sequences->columns;
    *weights = NULL;
    PSN_TRY(rules_check(options, error));
    PSN_NEED(work = psn_alloc_zero(1, sizeof *work));
    work->options = options;
    work->sequences = sequences;
    PSN_TRY(rules_open(work, error));
    const psn_row_maker maker = {items, items,     options->neighbors,
                                 work,  rules_add, rules_finish};
    PSN_TRY(psn_sparse_make_rows(weights, NULL, &maker, pool, task, error));
done:
    if (work != NULL) {
        psn_sparse_free(work->places);
        psn_release(work->place);
        psn_release(work->from);
        psn_release(work->to);
    }
    psn_release(work);
    return rc;
}
