/* content_fit.c: neighbours by attributes.
 *
 * An item is the vector value x idf of its attributes, idf = log((1 + items) / (1 +
 * carriers)), of length 1; two items resemble each other by the cosine. Items are met
 * through the attributes they share, the rarest first, until `visits` carriers have been
 * looked at: so an attribute that half of the catalogue carries costs no more than any
 * other. Of a list that is too long the carriers with the nearest numbers are taken.
 * Where something was left out, the cosine of the items that were met is computed from
 * all their attributes. O(items x (visits + neighbors)) at most. */
#include "base/error.h"
#include "base/memory.h"
#include "base/task.h"
#include "learn/content_internal.h"
#include "math/elementary.h"
#include "math/sparse_product.h"

#include <math.h>

void psn_content_defaults(psn_content_options *options)
{
    *options = (psn_content_options){.neighbors = 100, .visits = 4096};
}

void psn_content_free(psn_content *content)
{
    if (content == NULL) return;
    psn_sparse_free(content->items);
    psn_sparse_free(content->carriers);
    psn_release(content->number);
    psn_release(content->idf);
    psn_release(content);
}

/* ---- the vectors ---- */

/* number[old] and idf[new]: by the number of carriers, ties by the old number. */
static int content_number(psn_content *content, const psn_sparse *attributes,
                          persona_error *error)
{
    int rc = PERSONA_OK;
    const int32_t n = attributes->columns;
    double *carriers = psn_alloc_zero((size_t)n, sizeof *carriers);
    int64_t *order = psn_alloc((size_t)n, sizeof *order);
    double items = 0.0;
    PSN_NEED(carriers);
    PSN_NEED(order);
    for (int64_t r = 0; r < attributes->rows; r++)
        items += attributes->start[r + 1] > attributes->start[r];
    for (int64_t i = 0; i < attributes->start[attributes->rows]; i++)
        carriers[attributes->column[i]] += 1.0;
    psn_sort_order(order, carriers, n);
    for (int32_t i = 0; i < n; i++) {
        const double count = carriers[order[i]];
        content->number[order[i]] = i;
        content->idf[i] = count > 0.0 && count < items
                              ? (float)psn_log((1.0 + items) / (1.0 + count))
                              : 0.0f;
    }
done:
    psn_release(order);
    psn_release(carriers);
    return rc;
}

void psn_content_normalize(float *value, int64_t count)
{
    double square = 0.0;
    for (int64_t i = 0; i < count; i++) square += (double)value[i] * (double)value[i];
    const double scale = square > 0.0 ? 1.0 / sqrt(square) : 0.0;
    for (int64_t i = 0; i < count; i++) value[i] = (float)((double)value[i] * scale);
}

/* carriers: by the new numbers, items rising; then turned into rows of items. */
static int content_vectors(psn_content *content, const psn_sparse *attributes,
                           persona_error *error)
{
    int rc;
    const int64_t entries = attributes->start[attributes->rows];
    psn_sparse *numbered = NULL, *turned = NULL;
    PSN_TRY(psn_sparse_new(&numbered, attributes->rows, attributes->columns, entries, 1,
                           error));
    for (int64_t r = 0; r < attributes->rows; r++) {
        const int64_t from = attributes->start[r], end = attributes->start[r + 1];
        for (int64_t i = from; i < end; i++) {
            const int32_t number = content->number[attributes->column[i]];
            const float value = attributes->value != NULL ? attributes->value[i] : 1.0f;
            if (!(value >= 0.0f && value <= 1e6f))
                PSN_FAIL(error, PERSONA_EDATA,
                         "importances of attributes must be 0 to 1000000");
            numbered->column[i] = number;
            numbered->value[i] = value * content->idf[number];
        }
        psn_content_normalize(numbered->value + from, end - from);
        numbered->start[r + 1] = end;
    }
    PSN_TRY(psn_sparse_transpose(&turned, numbered, error));
    PSN_TRY(psn_sparse_transpose(&content->items, turned, error));
    content->carriers = turned;
    turned = NULL;
done:
    psn_sparse_free(turned);
    psn_sparse_free(numbered);
    return rc;
}

int psn_content_new(psn_content **out, const psn_sparse *attributes, persona_error *error)
{
    int rc = PERSONA_OK;
    const size_t columns = (size_t)attributes->columns;
    psn_content *content = psn_alloc_zero(1, sizeof *content);
    *out = NULL;
    PSN_NEED(content);
    PSN_NEED(content->number = psn_alloc(columns, sizeof *content->number));
    PSN_NEED(content->idf = psn_alloc(columns, sizeof *content->idf));
    PSN_TRY(content_number(content, attributes, error));
    PSN_TRY(content_vectors(content, attributes, error));
    *out = content;
    content = NULL;
done:
    psn_content_free(content);
    return rc;
}

/* ---- the walk ---- */

/* The place in a rising list where `item` is or would be. */
static int64_t content_place(const int32_t *items, int64_t count, int64_t item)
{
    int64_t low = 0, high = count;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (items[middle] < item)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

psn_content_list psn_content_carriers(const psn_content *content, int32_t attribute,
                                      int64_t item, int64_t left)
{
    const psn_sparse *carriers = content->carriers;
    const int64_t start = carriers->start[attribute];
    const int64_t count = carriers->start[attribute + 1] - start;
    psn_content_list list = {carriers->column + start, carriers->value + start, count};
    if (content->idf[attribute] == 0.0f || left <= 0) list.count = 0;
    if (list.count <= left) return list;
    int64_t from = content_place(list.item, count, item) - left / 2;
    from = from < 0 ? 0 : from > count - left ? count - left : from;
    return (psn_content_list){list.item + from, list.value + from, left};
}

float psn_content_product(const int32_t *a, const float *x, int64_t count_a,
                          const int32_t *b, const float *y, int64_t count_b)
{
    float sum = 0.0f;
    for (int64_t i = 0, j = 0; i < count_a && j < count_b;) {
        if (a[i] == b[j]) sum += x[i] * y[j];
        const int step_a = a[i] <= b[j], step_b = b[j] <= a[i];
        i += step_a;
        j += step_b;
    }
    return sum;
}

/* ---- rows of all items ---- */

typedef struct content_walk {
    const psn_content *content;
    int64_t visits;
} content_walk;

static int64_t content_cost(const psn_content *content, int64_t row)
{
    const psn_sparse *items = content->items;
    int64_t cost = 0;
    for (int64_t i = items->start[row]; i < items->start[row + 1]; i++)
        cost += psn_content_carriers(content, items->column[i], row, INT64_MAX).count;
    return cost;
}

static void content_add(void *context, int64_t row, psn_row_sum *sum)
{
    const content_walk *walk = context;
    const psn_sparse *items = walk->content->items;
    const int64_t cost = content_cost(walk->content, row);
    int64_t left = walk->visits;
    psn_row_sum_expect(sum, cost < left ? cost : left);
    for (int64_t i = items->start[row]; i < items->start[row + 1]; i++) {
        const psn_content_list list =
            psn_content_carriers(walk->content, items->column[i], row, left);
        psn_row_sum_add(sum, list.item, list.value, list.count, items->value[i]);
        left -= list.count;
    }
}

/* An item is no neighbour of itself. */
static void content_finish(void *context, int64_t row, const int32_t *columns,
                           float *values, int64_t count)
{
    const content_walk *walk = context;
    const psn_sparse *items = walk->content->items;
    const int64_t from = items->start[row], length = items->start[row + 1] - from;
    const int exact = content_cost(walk->content, row) <= walk->visits;
    for (int64_t i = 0; i < count; i++) {
        const int64_t *start = items->start + columns[i];
        if (columns[i] == row)
            values[i] = 0.0f;
        else if (!exact)
            values[i] = psn_content_product(items->column + from, items->value + from,
                                            length, items->column + start[0],
                                            items->value + start[0], start[1] - start[0]);
    }
}

int psn_content_fit(psn_sparse **weights, const psn_content *content,
                    const psn_content_options *options, psn_pool *pool,
                    persona_task *task, persona_error *error)
{
    content_walk walk = {content, options->visits};
    if (content->items->rows > INT32_MAX)
        return psn_fail(error, PERSONA_ELIMIT, "more than 2147483647 items");
    const psn_row_maker maker = {.rows = content->items->rows,
                                 .columns = (int32_t)content->items->rows,
                                 .keep = options->neighbors,
                                 .context = &walk,
                                 .add = content_add,
                                 .finish = content_finish};
    psn_task_enter(task, "items with the same attributes", 0.0, 1.0);
    return psn_sparse_make_rows(weights, NULL, &maker, pool, task, error);
}
