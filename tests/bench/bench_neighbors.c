/* bench_neighbors.c: CPU seconds of the learners of item x item weights.
 *     bench_neighbors THREADS FILE ...      lines of item numbers, a user or a session
 *                                             each, oldest first
 *     bench_neighbors                         20,000 made users, 10,000 items
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/philox.h"
#include "base/pool.h"
#include "learn/bought_together.h"
#include "learn/item_knn.h"
#include "learn/rp3beta.h"
#include "learn/sequence_rules.h"

static double bench_cpu(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static psn_sparse *bench_join(const int32_t *items, const int64_t *start, int64_t rows)
{
    psn_sparse *m;
    int32_t columns = 0;
    for (int64_t i = 0; i < start[rows]; i++)
        columns = items[i] >= columns ? items[i] + 1 : columns;
    if (psn_sparse_new(&m, rows, columns, start[rows], 0, NULL) != PERSONA_OK)
        return NULL;
    memcpy(m->start, start, ((size_t)rows + 1) * sizeof *start);
    memcpy(m->column, items, (size_t)start[rows] * sizeof *items);
    return m;
}

static psn_sparse *bench_read(const char *path)
{
    enum { MOST = 20000000 };
    FILE *file = fopen(path, "r");
    int32_t *items = malloc(MOST * sizeof *items);
    int64_t *start = calloc(MOST, sizeof *start), rows = 0, entries = 0;
    psn_sparse *m = NULL;
    int c = 0, digits = 0;
    int32_t number = 0;
    while (file != NULL && items != NULL && start != NULL && c != EOF) {
        c = getc(file);
        if (c >= '0' && c <= '9') {
            number = number * 10 + c - '0';
            digits++;
            continue;
        }
        if (digits > 0 && entries < MOST) items[entries++] = number;
        number = digits = 0;
        if (c == '\n' && rows + 1 < MOST) start[++rows] = entries;
    }
    if (file != NULL && items != NULL && start != NULL)
        m = bench_join(items, start, rows);
    if (file != NULL) fclose(file);
    free(items);
    free(start);
    return m;
}

/* 40 items a user, near the one before it or anywhere, popular ones more often. */
static psn_sparse *bench_make(void)
{
    enum { USERS = 20000, EACH = 40, ITEMS = 10000 };
    psn_sparse *m;
    psn_random random;
    psn_random_start(&random, 1, 1, 0);
    if (psn_sparse_new(&m, USERS, ITEMS, USERS * EACH, 0, NULL) != PERSONA_OK)
        return NULL;
    for (int64_t u = 0; u < USERS; u++) {
        int32_t item = 0;
        for (int64_t i = u * EACH; i < (u + 1) * EACH; i++) {
            const double unit = psn_random_unit(&random);
            item = unit < 0.5 ? (int32_t)((item + psn_random_below(&random, 20)) % ITEMS)
                              : (int32_t)(4 * (unit - 0.5) * (unit - 0.5) * ITEMS);
            m->column[i] = item;
        }
        m->start[u + 1] = (u + 1) * EACH;
    }
    return m;
}

typedef int (*bench_fit)(psn_sparse **out, const psn_sparse *x, psn_pool *pool);

static int bench_rp3beta(psn_sparse **out, const psn_sparse *x, psn_pool *pool)
{
    psn_rp3beta_options o;
    psn_rp3beta_defaults(&o);
    return psn_rp3beta_fit(out, x, &o, pool, NULL, NULL);
}

static int bench_cosine(psn_sparse **out, const psn_sparse *x, psn_pool *pool)
{
    psn_item_knn_options o;
    psn_item_knn_defaults(&o);
    return psn_item_knn_fit(out, x, &o, pool, NULL, NULL);
}

static int bench_bm25(psn_sparse **out, const psn_sparse *x, psn_pool *pool)
{
    psn_item_knn_options o;
    psn_item_knn_defaults(&o);
    o.similarity = PSN_KNN_BM25;
    return psn_item_knn_fit(out, x, &o, pool, NULL, NULL);
}

static int bench_together(psn_sparse **out, const psn_sparse *x, psn_pool *pool)
{
    psn_bought_together_options o;
    psn_bought_together_defaults(&o);
    return psn_bought_together_fit(out, NULL, x, &o, pool, NULL, NULL);
}

static int bench_rules(psn_sparse **out, const psn_sparse *x, psn_pool *pool)
{
    psn_sequence_rules_options o;
    psn_sequence_rules_defaults(&o);
    return psn_sequence_rules_fit(out, x, &o, pool, NULL, NULL);
}

static void bench_one(const char *name, bench_fit fit, const psn_sparse *x,
                      psn_pool *pool)
{
    double best = 1e9;
    int64_t entries = 0;
    for (int run = 0; run < 3; run++) {
        psn_sparse *out = NULL;
        const double start = bench_cpu();
        if (fit(&out, x, pool) != PERSONA_OK) return;
        const double time = bench_cpu() - start;
        best = time < best ? time : best;
        entries = out->start[out->rows];
        psn_sparse_free(out);
    }
    printf("  %-16s %7.3f CPU s  %9lld weights\n", name, best, (long long)entries);
}

static void bench_data(const char *name, psn_sparse *sequences, psn_pool *pool)
{
    psn_sparse *sets = NULL;
    double pairs = 0;
    if (sequences == NULL ||
        psn_sparse_collapse(&sets, sequences, 1, NULL) != PERSONA_OK) {
        fprintf(stderr, "%s: cannot be read\n", name);
        return;
    }
    for (int64_t u = 0; u < sets->rows; u++) {
        const double length = (double)(sets->start[u + 1] - sets->start[u]);
        pairs += length * length;
    }
    printf("%s: %lld rows, %d items, %lld events, %.1f million pairs\n", name,
           (long long)sets->rows, (int)sets->columns,
           (long long)sequences->start[sequences->rows], pairs / 1e6);
    bench_one("rp3beta", bench_rp3beta, sets, pool);
    bench_one("cosine", bench_cosine, sets, pool);
    bench_one("bm25", bench_bm25, sets, pool);
    bench_one("bought together", bench_together, sets, pool);
    bench_one("sequence rules", bench_rules, sequences, pool);
    psn_sparse_free(sets);
    psn_sparse_free(sequences);
}

int main(int argc, char **argv)
{
    const int threads = argc > 1 ? atoi(argv[1]) : 1;
    psn_pool *pool;
    if (psn_pool_open(&pool, threads > 0 ? threads : 1, NULL) != PERSONA_OK) return 1;
    if (argc < 3) bench_data("made", bench_make(), pool);
    for (int a = 2; a < argc; a++) bench_data(argv[a], bench_read(argv[a]), pool);
    psn_pool_close(pool);
    return 0;
}
