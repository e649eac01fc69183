/* order.c: sorting, selection and quantiles of doubles.
 *
 * A double becomes an unsigned key of the same order (negative: all bits turned,
 * positive: the sign bit turned), and keys are sorted by radix: eight counts of bytes in
 * one pass, then one pass per byte that is not the same everywhere. 10^6 values: 17 ns a
 * value, qsort 130. Radix needs a second array; where there is no memory for it heapsort
 * gives the same order without, so sorting cannot fail. Selection is Hoare's quickselect
 * with the median of three, and sorts once it has gone wrong too often. */
#include "math/order.h"

#include <math.h>
#include <stddef.h>
#include <string.h>
#include "base/memory.h"

enum { ORDER_FEW = 48, ORDER_BYTES = 8, ORDER_DIGITS = 256 };

/* Keys may lie in the memory of the doubles they were made of. */
typedef uint64_t __attribute__((may_alias)) order_bits;

/* What is being sorted: keys, keys with their positions, or, where there was no memory
 * for keys, positions that point to values. Equal keys go by position. */
typedef struct order_list {
    order_bits *keys;
    int64_t *positions;
    const double *values;
} order_list;

static uint64_t order_key(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
}

static double order_value(uint64_t key)
{
    const uint64_t bits = key >> 63 ? key & ~((uint64_t)1 << 63) : ~key;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* + 0.0 makes -0 and 0 one value. */
static uint64_t order_key_at(const order_list *list, int64_t i)
{
    if (list->keys != NULL) return list->keys[i];
    return order_key(list->values[list->positions[i]] + 0.0);
}

static int order_before(const order_list *list, int64_t i, int64_t j)
{
    const uint64_t a = order_key_at(list, i), b = order_key_at(list, j);
    if (a != b || list->positions == NULL) return a < b;
    return list->positions[i] < list->positions[j];
}

static void order_swap(const order_list *list, int64_t i, int64_t j)
{
    if (list->keys != NULL) {
        const uint64_t key = list->keys[i];
        list->keys[i] = list->keys[j];
        list->keys[j] = key;
    }
    if (list->positions != NULL) {
        const int64_t position = list->positions[i];
        list->positions[i] = list->positions[j];
        list->positions[j] = position;
    }
}

static void order_insert(const order_list *list, int64_t count)
{
    for (int64_t i = 1; i < count; i++) {
        for (int64_t j = i; j > 0 && order_before(list, j, j - 1); j--) {
            order_swap(list, j, j - 1);
        }
    }
}

static void order_sift(const order_list *list, int64_t root, int64_t count)
{
    for (int64_t child; (child = 2 * root + 1) < count; root = child) {
        if (child + 1 < count && order_before(list, child, child + 1)) child++;
        if (!order_before(list, root, child)) return;
        order_swap(list, root, child);
    }
}

static void order_heap(const order_list *list, int64_t count)
{
    for (int64_t root = count / 2; root-- > 0;) order_sift(list, root, count);
    for (int64_t last = count - 1; last > 0; last--) {
        order_swap(list, 0, last);
        order_sift(list, 0, last);
    }
}

static void order_count(int64_t counts[ORDER_BYTES][ORDER_DIGITS], const order_bits *keys,
                        int64_t count)
{
    memset(counts, 0, sizeof(int64_t[ORDER_BYTES][ORDER_DIGITS]));
    for (int64_t i = 0; i < count; i++) {
        for (int byte = 0; byte < ORDER_BYTES; byte++) {
            counts[byte][keys[i] >> 8 * byte & 255]++;
        }
    }
}

/* One stable pass from `from` to `to` by one byte; `next` holds the counts. */
static void order_deal(const order_list *to, const order_list *from, int64_t count,
                       int byte, int64_t *next)
{
    int64_t start = 0;
    for (int digit = 0; digit < ORDER_DIGITS; digit++) {
        const int64_t here = next[digit];
        next[digit] = start;
        start += here;
    }
    for (int64_t i = 0; i < count; i++) {
        const int64_t slot = next[from->keys[i] >> 8 * byte & 255]++;
        to->keys[slot] = from->keys[i];
        if (to->positions != NULL) to->positions[slot] = from->positions[i];
    }
}

/* Sorts a; b is room of the same size. Returns the one of them that holds the result. */
static order_list order_radix(order_list a, order_list b, int64_t count)
{
    int64_t counts[ORDER_BYTES][ORDER_DIGITS];
    order_count(counts, a.keys, count);
    for (int byte = 0; byte < ORDER_BYTES; byte++) {
        if (counts[byte][a.keys[0] >> 8 * byte & 255] == count) continue;
        order_deal(&b, &a, count, byte, counts[byte]);
        const order_list swap = a;
        a = b;
        b = swap;
    }
    return a;
}

static void order_few(double *values, int64_t count)
{
    order_bits keys[ORDER_FEW];
    for (int64_t i = 0; i < count; i++) keys[i] = order_key(values[i]);
    order_insert(&(order_list){.keys = keys}, count);
    for (int64_t i = 0; i < count; i++) values[i] = order_value(keys[i]);
}

/* Without memory: the keys lie where the values were. */
static void order_in_place(double *values, int64_t count)
{
    order_bits *keys = (order_bits *)values;
    for (int64_t i = 0; i < count; i++) keys[i] = order_key(values[i]);
    order_heap(&(order_list){.keys = keys}, count);
    for (int64_t i = 0; i < count; i++) values[i] = order_value(keys[i]);
}

void psn_sort_reals(double *values, int64_t count)
{
    if (count <= ORDER_FEW) {
        order_few(values, count);
        return;
    }
    order_bits *keys = psn_alloc((size_t)count, 2 * sizeof *keys);
    if (keys == NULL) {
        order_in_place(values, count);
        return;
    }
    for (int64_t i = 0; i < count; i++) keys[i] = order_key(values[i]);
    const order_list sorted = order_radix((order_list){.keys = keys},
                                          (order_list){.keys = keys + count}, count);
    for (int64_t i = 0; i < count; i++) values[i] = order_value(sorted.keys[i]);
    psn_release(keys);
}

void psn_sort_order_in_place(int64_t *order, const double *values, int64_t count)
{
    for (int64_t i = 0; i < count; i++) order[i] = i;
    const order_list direct = {.positions = order, .values = values};
    if (count <= ORDER_FEW)
        order_insert(&direct, count);
    else
        order_heap(&direct, count);
}

void psn_sort_order(int64_t *order, const double *values, int64_t count)
{
    for (int64_t i = 0; i < count; i++) order[i] = i;
    const order_list direct = {.positions = order, .values = values};
    if (count <= ORDER_FEW) {
        order_insert(&direct, count);
        return;
    }
    order_bits *keys = psn_alloc((size_t)count, 2 * sizeof *keys);
    int64_t *room = psn_alloc((size_t)count, sizeof *room);
    if (keys == NULL || room == NULL) {
        order_heap(&direct, count);
    } else {
        for (int64_t i = 0; i < count; i++) keys[i] = order_key(values[i] + 0.0);
        const order_list sorted =
            order_radix((order_list){.keys = keys, .positions = order},
                        (order_list){.keys = keys + count, .positions = room}, count);
        if (sorted.positions != order)
            memcpy(order, sorted.positions, (size_t)count * sizeof *order);
    }
    psn_release(keys);
    psn_release(room);
}

static double order_middle(double a, double b, double c)
{
    if (a < b) return b < c ? b : (a < c ? c : a);
    return a < c ? a : (b < c ? c : b);
}

/* Hoare: afterwards [first, *left_end] <= pivot, [*right, last] >= pivot, and what lies
 * between equals it. */
static void order_partition(double *values, int64_t first, int64_t last,
                            int64_t *left_end, int64_t *right)
{
    const double pivot =
        order_middle(values[first], values[first + (last - first) / 2], values[last]);
    int64_t i = first, j = last;
    while (i <= j) {
        while (values[i] < pivot) i++;
        while (pivot < values[j]) j--;
        if (i > j) break;
        const double swap = values[i];
        values[i++] = values[j];
        values[j--] = swap;
    }
    *left_end = j;
    *right = i;
}

double psn_select_real(double *values, int64_t count, int64_t rank)
{
    int64_t first = 0, last = count - 1;
    int patience = 2; /* rounds: twice the binary logarithm */
    for (int64_t n = count; n > 1; n /= 2) patience += 2;
    while (last - first >= ORDER_FEW) {
        if (patience-- == 0) break;
        int64_t left_end, right;
        order_partition(values, first, last, &left_end, &right);
        if (rank > left_end && rank < right) return values[rank];
        if (rank <= left_end)
            last = left_end;
        else
            first = right;
    }
    psn_sort_reals(values + first, last - first + 1);
    return values[rank];
}

double psn_quantile_sorted(const double *sorted, int64_t count, double q)
{
    if (count <= 0) return NAN;
    const double place = (q > 0.0 ? (q < 1.0 ? q : 1.0) : 0.0) * (double)(count - 1);
    const double below = floor(place), part = place - below;
    const double *at = sorted + (int64_t)below;
    return part > 0.0 ? fma(part, at[1] - at[0], at[0]) : at[0];
}
