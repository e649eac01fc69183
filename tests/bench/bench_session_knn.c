/* bench_session_knn.c: neighbour sessions: quality and time of a query on Diginetica
 * (where PERSONA_DATA has it), then time and memory on made sessions of a large shop.
 *     bench_session_knn [clicks=6000000] [items=176000] [newest=...] [nearest=...]
 * The size of "Serenade" (SIGMOD 2022) is clicks=60000000 items=1760000. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/memory.h"
#include "base/philox.h"
#include "learn/session_knn.h"
#include "store/gz.h"

enum { CASES = 60000, LONGEST_MADE = 40, MEAN_MADE = 5 };

typedef struct bench_sessions {
    psn_sparse rows; /* sequences */
    int32_t *target; /* what came after row c; NULL: not known */
} bench_sessions;

static double bench_clock(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double bench_peak_mb(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss / 1024;
}

static void *bench_need(void *block)
{
    if (block == NULL) exit(1);
    return block;
}

/* ---- Diginetica: a session a line; cases: history, a tab, the next item */

static int bench_text(psn_text *out, const char *name)
{
    const char *data = getenv("PERSONA_DATA");
    char path[1000];
    snprintf(path, sizeof path, "%s/recommend/diginetica/%s", data ? data : ".", name);
    FILE *file = fopen(path, "rb");
    if (file == NULL) return 0;
    const size_t room = 64 << 20;
    char *bytes = bench_need(malloc(room));
    const size_t size = fread(bytes, 1, room, file);
    fclose(file);
    const int rc = psn_gz_expand(out, bytes, size, 1 << 30, NULL);
    free(bytes);
    return rc == PERSONA_OK;
}

static void bench_parse(bench_sessions *out, psn_text *text, int targets)
{
    int64_t row = 0, at = 0;
    out->rows.start = bench_need(malloc((text->length + 2) * sizeof(int64_t)));
    out->rows.column = bench_need(malloc((text->length + 1) * sizeof(int32_t)));
    if (targets) out->target = bench_need(malloc((text->length + 1) * sizeof(int32_t)));
    out->rows.start[0] = 0;
    for (char *p = text->bytes, *end; *p != 0;) {
        const long item = strtol(p, &end, 10);
        out->rows.column[at++] = (int32_t)item;
        if (item >= out->rows.columns) out->rows.columns = (int32_t)item + 1;
        p = end;
        while (*p == ' ' || *p == '\r') p++;
        if (*p != '\n') continue;
        if (targets) out->target[row] = out->rows.column[--at];
        out->rows.start[++row] = at;
        p++;
    }
    out->rows.rows = row;
    psn_text_free(text);
}

/* ---- made: popularity falls as rank^-0.9; half of the steps go to a near item */

static int32_t bench_popular(psn_random *random, int32_t items)
{
    const double u = psn_random_unit(random);
    const double x = pow(u * (pow(items + 1.0, 0.1) - 1) + 1, 10) - 1;
    return x >= items ? items - 1 : (int32_t)x;
}

static void bench_make(bench_sessions *out, int64_t clicks, int32_t items)
{
    psn_random random;
    int64_t at = 0, row = 0;
    psn_random_start(&random, 1, 1, 0);
    out->rows.columns = items;
    out->rows.start = bench_need(malloc(((size_t)clicks + 1) * sizeof(int64_t)));
    out->rows.column = bench_need(malloc((size_t)(clicks + LONGEST_MADE) * 4));
    out->rows.start[0] = 0;
    while (at < clicks) {
        int32_t item = bench_popular(&random, items);
        for (int n = 0; n < LONGEST_MADE; n++) {
            out->rows.column[at++] = item;
            if (psn_random_below(&random, MEAN_MADE) == 0) break;
            item = psn_random_below(&random, 2) == 0
                       ? bench_popular(&random, items)
                       : (item + 1 + (int32_t)psn_random_below(&random, 10)) % items;
        }
        out->rows.start[++row] = at;
    }
    out->rows.rows = row;
}

/* ---- the same for both */

static int bench_by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int64_t bench_rank(const float *scores, const int32_t *touched, int64_t count,
                          int32_t item)
{
    int64_t rank = 1;
    if (scores[item] == 0) return INT64_MAX;
    for (int64_t i = 0; i < count; i++) {
        const int32_t other = touched[i];
        rank += scores[other] > scores[item] ||
                (scores[other] == scores[item] && other < item);
    }
    return rank;
}

static void bench_query(const psn_session_knn *knn, const bench_sessions *cases)
{
    const int32_t items = psn_session_knn_sessions(knn)->columns;
    const int64_t count = cases->rows.rows < CASES ? cases->rows.rows : CASES;
    float *scores = bench_need(calloc((size_t)items, sizeof *scores));
    int32_t *touched = bench_need(malloc(((size_t)items + 1) * sizeof *touched));
    double *us = bench_need(malloc((size_t)count * sizeof *us)), hits = 0, ranks = 0;
    void *scratch = bench_need(psn_alloc_aligned(psn_session_knn_scratch(knn), 1));
    for (int64_t c = 0; c < count; c++) {
        const int64_t from = cases->rows.start[c], to = cases->rows.start[c + 1];
        const double start = bench_clock(CLOCK_THREAD_CPUTIME_ID);
        const int64_t found = psn_session_knn_query(knn, cases->rows.column + from, NULL,
                                                    to - from, scores, touched, scratch);
        us[c] = (bench_clock(CLOCK_THREAD_CPUTIME_ID) - start) * 1e6;
        if (cases->target != NULL && cases->target[c] < items) {
            const int64_t rank = bench_rank(scores, touched, found, cases->target[c]);
            hits += rank <= 20;
            ranks += rank <= 20 ? 1.0 / (double)rank : 0;
        }
        for (int64_t i = 0; i < found; i++) scores[touched[i]] = 0;
    }
    qsort(us, (size_t)count, sizeof *us, bench_by_size);
    printf("  query, us: p50 %.1f  p90 %.1f  p99 %.1f  max %.1f;  scratch %.0f KB\n",
           us[count / 2], us[count * 9 / 10], us[count * 99 / 100], us[count - 1],
           (double)psn_session_knn_scratch(knn) / 1000);
    if (cases->target != NULL)
        printf("  HR@20 %.4f  MRR@20 %.4f\n", hits / (double)count,
               ranks / (double)count);
    psn_release_aligned(scratch);
    free(us);
    free(touched);
    free(scores);
}

static void bench_one(const char *name, bench_sessions *train,
                      const bench_sessions *cases, const psn_session_knn_options *options)
{
    psn_session_knn *knn;
    persona_error error;
    const int64_t clicks = train->rows.start[train->rows.rows];
    const double start = bench_clock(CLOCK_PROCESS_CPUTIME_ID);
    if (psn_session_knn_new(&knn, &train->rows, options, NULL, &error) != PERSONA_OK) {
        fprintf(stderr, "%s\n", error.message);
        exit(1);
    }
    const double build = bench_clock(CLOCK_PROCESS_CPUTIME_ID) - start;
    printf("%s: %lld clicks, %lld sessions, %d items\n", name, (long long)clicks,
           (long long)train->rows.rows, train->rows.columns);
    printf(
        "  build %.2f s, %.3f s per million clicks; index %.0f MB, peak of the process "
        "%.0f MB\n",
        build, build / (double)clicks * 1e6, (double)psn_session_knn_bytes(knn) / 1e6,
        bench_peak_mb());
    bench_query(knn, cases);
    psn_session_knn_free(knn);
}

static void bench_free(bench_sessions *sessions)
{
    free(sessions->rows.start);
    free(sessions->rows.column);
    free(sessions->target);
}

static double bench_option(int argc, char **argv, const char *name, double otherwise)
{
    const size_t length = strlen(name);
    for (int a = 1; a < argc; a++)
        if (strncmp(argv[a], name, length) == 0 && argv[a][length] == '=')
            return atof(argv[a] + length + 1);
    return otherwise;
}

int main(int argc, char **argv)
{
    psn_session_knn_options options;
    psn_text train_text = {0}, case_text = {0};
    static bench_sessions train, cases, made, made_cases;
    psn_session_knn_defaults(&options);
    options.newest = (int32_t)bench_option(argc, argv, "newest", options.newest);
    options.nearest = (int32_t)bench_option(argc, argv, "nearest", options.nearest);
    if (bench_text(&train_text, "train_sessions.txt.gz") &&
        bench_text(&case_text, "test_prefix_target.txt.gz")) {
        bench_parse(&train, &train_text, 0);
        bench_parse(&cases, &case_text, 1);
        bench_one("Diginetica", &train, &cases, &options);
    }
    bench_free(&train);
    bench_free(&cases);
    bench_make(&made, (int64_t)bench_option(argc, argv, "clicks", 6e6),
               (int32_t)bench_option(argc, argv, "items", 176000));
    /* The newest sessions ask: as long as real ones, but known to the index. */
    made_cases.rows = made.rows;
    made_cases.rows.rows = made.rows.rows < CASES ? made.rows.rows : CASES;
    made_cases.rows.start += made.rows.rows - made_cases.rows.rows;
    bench_one("made", &made, &made_cases, &options);
    bench_free(&made);
    return 0;
}
