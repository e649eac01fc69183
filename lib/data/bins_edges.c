/* bins_edges.c: where the bins of a column of numbers end.
 *
 * Sorting is by radix, eleven bits at a time, on the bits of the doubles turned into
 * integers of the same order: six passes, those in which all values agree left out.
 *
 * Edges: with few distinct values each has its bin. Otherwise a value that is more
 * frequent than an average bin has one of its own, and the rest fill bins to equal counts
 * (the greedy rule of LightGBM's bin.cpp). An edge lies half way between two neighbouring
 * values, so that later values fall to the nearer side. */
#include "data/bins.h"

#include <math.h>
#include <string.h>

enum {
    BINS_DIGIT = 11,
    BINS_DIGITS = 6,
    BINS_RADIX = 1 << BINS_DIGIT,
    BINS_FEW = 64 /* below it insertion beats radix */
};

static uint64_t bins_key(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits ^ (-(bits >> 63) | 0x8000000000000000);
}

static double bins_value(uint64_t key)
{
    uint64_t bits = key ^ (((key >> 63) - 1) | 0x8000000000000000);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void bins_sort_few(double *values, int64_t count)
{
    for (int64_t i = 1; i < count; i++) {
        double value = values[i];
        int64_t j = i;
        for (; j > 0 && values[j - 1] > value; j--) values[j] = values[j - 1];
        values[j] = value;
    }
}

/* One pass from `from` to `to`; counts become start positions. */
static void bins_pass(uint64_t *to, const uint64_t *from, int64_t count, int shift,
                      uint32_t *counts)
{
    uint32_t sum = 0;
    for (int i = 0; i < BINS_RADIX; i++) {
        uint32_t here = counts[i];
        counts[i] = sum;
        sum += here;
    }
    for (int64_t i = 0; i < count; i++) {
        to[counts[from[i] >> shift & (BINS_RADIX - 1)]++] = from[i];
    }
}

void psn_bins_sort(double *values, double *spare, int64_t count)
{
    if (count <= BINS_FEW) {
        bins_sort_few(values, count);
        return;
    }
    uint32_t counts[BINS_DIGITS][BINS_RADIX];
    memset(counts, 0, sizeof counts);
    /* Doubles and keys have one size: both arrays are read and written by memcpy. */
    uint64_t *from = (uint64_t *)(void *)values, *to = (uint64_t *)(void *)spare;
    for (int64_t i = 0; i < count; i++) {
        double value;
        memcpy(&value, &from[i], sizeof value);
        uint64_t key = bins_key(value);
        memcpy(&from[i], &key, sizeof key);
        for (int d = 0; d < BINS_DIGITS; d++) {
            counts[d][key >> (d * BINS_DIGIT) & (BINS_RADIX - 1)]++;
        }
    }
    for (int d = 0; d < BINS_DIGITS; d++) {
        int shift = d * BINS_DIGIT;
        if (counts[d][from[0] >> shift & (BINS_RADIX - 1)] == (uint32_t)count) continue;
        bins_pass(to, from, count, shift, counts[d]);
        uint64_t *swap = from;
        from = to;
        to = swap;
    }
    for (int64_t i = 0; i < count; i++) {
        double value = bins_value(from[i]);
        memcpy(&values[i], &value, sizeof value);
    }
}

/* a <= edge < b */
static double bins_middle(double a, double b)
{
    double middle = a + (b - a) * 0.5;
    if (!(middle >= a && middle < b)) middle = a * 0.5 + b * 0.5;
    return middle >= a && middle < b ? middle : a;
}

/* Length of the run of equal values that begins at i. */
static int64_t bins_run(const double *sorted, int64_t count, int64_t i)
{
    int64_t end = i + 1;
    while (end < count && sorted[end] == sorted[i]) end++;
    return end - i;
}

typedef struct bins_budget {
    double mean;             /* values in an average bin */
    double rest;             /* values not yet in a bin, without the frequent ones */
    int32_t rest_bins, bins; /* for those; in all */
} bins_budget;

static bins_budget bins_plan(const double *sorted, int64_t count, int32_t limit)
{
    bins_budget budget = {(double)count / limit, (double)count, limit, limit};
    for (int64_t i = 0, run; i < count; i += run) {
        run = bins_run(sorted, count, i);
        if ((double)run < budget.mean) continue;
        budget.rest -= (double)run;
        budget.rest_bins--;
    }
    return budget;
}

static double bins_target(const bins_budget *budget)
{
    return budget->rest_bins > 0 ? budget->rest / budget->rest_bins : budget->rest;
}

static int32_t bins_edges_greedy(double *edges, const double *sorted, int64_t count,
                                 int32_t limit)
{
    bins_budget budget = bins_plan(sorted, count, limit);
    double target = bins_target(&budget);
    int64_t filled = 0;
    int32_t found = 0;
    for (int64_t i = 0, run; i < count && found < limit - 1; i += run) {
        run = bins_run(sorted, count, i);
        int64_t next = i + run;
        if (next >= count) break;
        int frequent = (double)run >= budget.mean;
        int next_frequent = (double)bins_run(sorted, count, next) >= budget.mean;
        filled += run;
        if (!frequent) budget.rest -= (double)run;
        if (!frequent && (double)filled < target &&
            !(next_frequent && (double)filled >= 0.5 * target)) {
            continue;
        }
        edges[found++] = bins_middle(sorted[next - 1], sorted[next]);
        filled = 0;
        if (!frequent) {
            budget.rest_bins--;
            target = bins_target(&budget);
        }
    }
    return found;
}

int32_t psn_bins_edges(double *edges, const double *sorted, int64_t count, int32_t limit)
{
    int32_t found = 0;
    int64_t i = 0;
    while (i < count) {
        int64_t next = i + bins_run(sorted, count, i);
        if (next >= count) return found;
        if (found == limit - 1) break;
        edges[found++] = bins_middle(sorted[next - 1], sorted[next]);
        i = next;
    }
    return count == 0 ? 0 : bins_edges_greedy(edges, sorted, count, limit);
}
