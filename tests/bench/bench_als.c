/* bench_als.c: quality of iALS against CPU seconds, and the time of fold-in.
 *
 *   bench_als DIR [factors=128] [unobserved=...] [regularization=...] [iterations=8]
 *             [solver=cg] [cg_steps=3] [block=64] [threads=1] [seed=0] [k=20]
 *             [users_each=1] [each=1] [level=avx2] [share=10 ridge=.06]
 *   bench_als              synthetic data: fold-in alone
 *
 * DIR: events.txt (user item time kind), cases.txt (user TAB items that must not be
 * shown), truth.txt (user TAB items to find). Kinds view, cart, buy weigh 1, 2, 3. A line
 * for each iteration: CPU seconds of the fit so far, NDCG@k over every users_each-th
 * case.
 */
#include <cblas.h>
#include <malloc.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "base/pool.h"
#include "learn/als.h"
#include "math/blas.h"
#include "math/simd.h"

enum { LINE = 1 << 20, BATCH = 128, MOST_K = 100 };

typedef struct cases {
    int64_t count, *user, *start;
    int32_t *item;
} cases;

typedef struct bench {
    psn_sparse *profile;
    cases hidden, truth;
    int32_t factors, k, users_each, each;
    double share, ridge;
    double paused, begun; /* CPU seconds */
    float *scores;
    double last;
} bench;

static void die(const char *what)
{
    fprintf(stderr, "bench_als: %s\n", what);
    exit(1);
}

static void *room(size_t bytes)
{
    void *block = malloc(bytes + 1);
    if (block == NULL) die("out of memory");
    return block;
}

/* What the library holds, and the most it held since it was asked. */
static size_t held, most_held;

static void *count_block(void *block)
{
    if (block != NULL) held += malloc_usable_size(block);
    if (held > most_held) most_held = held;
    return block;
}

static void *count_allocate(void *context, int64_t bytes)
{
    (void)context;
    return count_block(malloc((size_t)bytes));
}

static void count_release(void *context, void *block)
{
    (void)context;
    if (block != NULL) held -= malloc_usable_size(block);
    free(block);
}

static void *count_resize(void *context, void *block, int64_t bytes)
{
    (void)context;
    const size_t before = block != NULL ? malloc_usable_size(block) : 0;
    void *made = realloc(block, (size_t)bytes);
    if (made == NULL) return NULL;
    held -= before;
    return count_block(made);
}

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static FILE *open_in(const char *folder, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "r");
    if (file == NULL) die("cannot read the protocol's folder");
    return file;
}

static float kind_weight(const char *kind)
{
    return strcmp(kind, "cart") == 0 ? 2.0f : strcmp(kind, "buy") == 0 ? 3.0f : 1.0f;
}

typedef struct event {
    int32_t user, item;
    float weight;
} event;

static int by_pair(const void *a, const void *b)
{
    const event *x = a, *y = b;
    if (x->user != y->user) return x->user < y->user ? -1 : 1;
    if (x->item != y->item) return x->item < y->item ? -1 : 1;
    return (x->weight > y->weight) - (x->weight < y->weight);
}

/* An event counts once for each kind of it. */
static psn_sparse *read_events(const char *folder, int32_t least_items)
{
    FILE *file = open_in(folder, "events.txt");
    int64_t count = 0, most = 1 << 20, kept = 0;
    event *events = room((size_t)most * sizeof *events);
    char kind[64];
    int user, item, when, users = 0, items = least_items;
    while (fscanf(file, "%d %d %d %63s", &user, &item, &when, kind) == 4) {
        if (count == most &&
            (events = realloc(events, (size_t)(most *= 2) * sizeof *events)) == NULL)
            die("out of memory");
        events[count++] = (event){user, item, kind_weight(kind)};
        users = user >= users ? user + 1 : users;
        items = item >= items ? item + 1 : items;
    }
    fclose(file);
    qsort(events, (size_t)count, sizeof *events, by_pair);
    psn_sparse *m;
    if (psn_sparse_new(&m, users, items, count, 1, NULL) != PERSONA_OK) die("memory");
    for (int64_t i = 0; i < count; i++) {
        const event *e = &events[i];
        if (i > 0 && by_pair(e, e - 1) == 0) continue;
        if (i > 0 && e->user == e[-1].user && e->item == e[-1].item) {
            m->value[kept - 1] += e->weight;
            continue;
        }
        m->column[kept] = e->item;
        m->value[kept++] = e->weight;
        m->start[e->user + 1] = kept;
    }
    for (int64_t u = 0; u < users; u++)
        if (m->start[u + 1] < m->start[u]) m->start[u + 1] = m->start[u];
    free(events);
    return m;
}

static cases read_cases(const char *folder, const char *name)
{
    static char line[LINE];
    FILE *file = open_in(folder, name);
    int64_t lines = 0, items = 0;
    while (fgets(line, LINE, file) != NULL) {
        lines++;
        for (const char *c = line; *c != '\0'; c++) items += *c == ' ' || *c == '\t';
    }
    cases all = {0, room((size_t)lines * 8), room((size_t)(lines + 1) * 8),
                 room((size_t)items * 4)};
    rewind(file);
    all.start[0] = 0;
    while (fgets(line, LINE, file) != NULL) {
        char *at = line, *end;
        int64_t filled = all.start[all.count];
        all.user[all.count] = strtol(at, &end, 10);
        for (at = end;; at = end) {
            const long item = strtol(at, &end, 10);
            if (end == at) break;
            all.item[filled++] = (int32_t)item;
        }
        all.start[++all.count] = filled;
    }
    fclose(file);
    return all;
}

/* ---- quality ---- */

static double ndcg(float *scores, int32_t items, const bench *b, int64_t c)
{
    int32_t best[MOST_K];
    const int32_t k = b->k;
    int32_t found = 0;
    for (int64_t i = b->hidden.start[c]; i < b->hidden.start[c + 1]; i++)
        scores[b->hidden.item[i]] = -INFINITY;
    for (int32_t i = 0; i < items; i++) {
        if (found == k && scores[i] <= scores[best[k - 1]]) continue;
        int32_t at = found < k ? found++ : k - 1;
        for (; at > 0 && scores[best[at - 1]] < scores[i]; at--) best[at] = best[at - 1];
        best[at] = i;
    }
    const int64_t from = b->truth.start[c], to = b->truth.start[c + 1];
    double gain = 0.0, ideal = 0.0;
    for (int32_t r = 0; r < found; r++) {
        for (int64_t i = from; i < to; i++)
            if (b->truth.item[i] == best[r]) gain += 1.0 / log2(r + 2.0);
        if (r < to - from) ideal += 1.0 / log2(r + 2.0);
    }
    return ideal > 0.0 ? gain / ideal : 0.0;
}

static double quality(bench *b, const float *users, const float *rows)
{
    const int32_t items = b->profile->columns, stride = (b->factors + 15) / 16 * 16;
    double sum = 0.0;
    int64_t counted = 0;
    float *some = room((size_t)BATCH * stride * sizeof *some);
    for (int64_t first = 0; first < b->truth.count; first += BATCH * b->users_each) {
        int64_t batch = 0;
        for (int64_t c = first; c < b->truth.count && batch < BATCH; c += b->users_each)
            memcpy(some + batch++ * stride, users + b->truth.user[c] * stride,
                   (size_t)stride * sizeof *some);
        cblas_sgemm(CblasColMajor, CblasTrans, CblasNoTrans, items, (int)batch, stride,
                    1.0f, rows, stride, some, stride, 0.0f, b->scores, items);
        for (int64_t i = 0; i < batch; i++, counted++)
            sum += ndcg(b->scores + i * items, items, b, first + i * b->users_each);
    }
    free(some);
    return sum / (double)counted;
}

static int watch(void *context, int32_t iteration, const float *users, const float *items)
{
    bench *b = context;
    if (iteration % b->each != 0) return 0;
    const double now = cpu_seconds(), used = now - b->begun - b->paused;
    b->last = quality(b, users, items);
    printf("iteration %2d cpu %.3f ndcg@%d %.5f\n", iteration, used, b->k, b->last);
    fflush(stdout);
    b->paused += cpu_seconds() - now;
    return 0;
}

/* ---- fold-in ---- */

static void time_fold_in(const psn_als *als, int64_t history)
{
    enum { ROUNDS = 2000 };
    int32_t *items = room((size_t)history * sizeof *items);
    float *user = aligned_alloc(64, (size_t)als->factors * sizeof *user);
    void *scratch = aligned_alloc(64, (psn_als_scratch(als) + 63) / 64 * 64);
    double best = INFINITY;
    for (int run = 0; run < 5; run++) {
        const double from = cpu_seconds();
        for (int round = 0; round < ROUNDS; round++) {
            for (int64_t i = 0; i < history; i++)
                items[i] =
                    (int32_t)((i * als->items + (round * 7919) % als->items) / history);
            psn_als_fold_in(als, items, NULL, history, user, scratch);
        }
        best = fmin(best, (cpu_seconds() - from) / ROUNDS);
    }
    printf("fold-in %3d factors %4lld items %8.1f us\n", als->factors, (long long)history,
           1e6 * best);
    free(items);
    free(user);
    free(scratch);
}

static psn_sparse *synthetic(void)
{
    enum { USERS = 4000, ITEMS = 3000, EACH = 40 };
    psn_sparse *m;
    if (psn_sparse_new(&m, USERS, ITEMS, (int64_t)USERS * EACH, 0, NULL) != PERSONA_OK)
        die("memory");
    uint32_t seed = 1;
    for (int64_t u = 0; u < USERS; u++) {
        for (int i = 0; i < EACH; i++) {
            seed = seed * 1664525u + 1013904223u;
            const double r = (seed >> 8) * 0x1p-24; /* one of EACH ascending ranges */
            m->column[u * EACH + i] =
                (int32_t)((i + r * (u % 7 < 3 ? 0.3 : 0.99)) * ITEMS / EACH);
        }
        m->start[u + 1] = (u + 1) * EACH;
    }
    return m;
}

static int64_t lines_items(const char *folder)
{
    char text[4096];
    FILE *file = open_in(folder, "protocol.json");
    const size_t length = fread(text, 1, sizeof text - 1, file);
    text[length] = '\0';
    fclose(file);
    const char *at = strstr(text, "\"items\":");
    return at != NULL ? strtol(at + 8, NULL, 10) : 0;
}

static int set(psn_als_options *o, bench *b, int64_t *threads, const char *text)
{
    static const char *const solvers[] = {"auto", "cholesky", "cg", "blocks"};
    const char *value = strchr(text, '=');
    if (value++ == NULL) return 0;
    const double number = strtod(value, NULL);
    const size_t length = (size_t)(value - text - 1);
#define IS(name) (strlen(name) == length && strncmp(text, name, length) == 0)
    if (IS("factors"))
        o->factors = (int32_t)number;
    else if (IS("unobserved"))
        o->unobserved = number;
    else if (IS("regularization"))
        o->regularization = number;
    else if (IS("frequency"))
        o->frequency = number;
    else if (IS("iterations"))
        o->iterations = (int32_t)number;
    else if (IS("cg_steps"))
        o->cg_steps = (int32_t)number;
    else if (IS("block"))
        o->block = (int32_t)number;
    else if (IS("seed"))
        o->seed = (uint64_t)number;
    else if (IS("k"))
        b->k = (int32_t)number;
    else if (IS("each"))
        b->each = (int32_t)number;
    else if (IS("share"))
        b->share = number;
    else if (IS("ridge"))
        b->ridge = number;
    else if (IS("users_each"))
        b->users_each = (int32_t)number;
    else if (IS("threads"))
        *threads = (int64_t)number;
    else if (IS("level")) {
        for (int level = 0; level < PSN_SIMD_LEVELS; level++)
            if (strcmp(psn_simd_name(level), value) == 0) psn_simd_force(level);
    } else if (IS("solver")) {
        for (int i = 0; i < 4; i++)
            if (strcmp(solvers[i], value) == 0) o->solver = i;
    } else
        return 0;
#undef IS
    return 1;
}

static void fit_and_fold(bench *b, psn_als_options *options, int64_t threads)
{
    persona_error error = {0};
    psn_als *als;
    psn_pool *pool;
    if (psn_pool_open(&pool, threads, &error) != 0) die(error.message);
    if (psn_blas_ready(&error) != 0) die(error.message);
    const size_t before = most_held = held;
    b->begun = cpu_seconds();
    if (psn_als_fit(&als, b->profile, options, pool, NULL, &error) != 0)
        die(error.message);
    const psn_sparse *x = b->profile;
    const double entries = 8.0 * (double)x->start[x->rows];
    const double whole =
        4.0 * options->factors * (double)(x->rows + x->columns) + entries;
    const double peak = (double)(most_held - before);
    printf("fit cpu %.3f; MB beside the profile: peak %.1f, estimated %.1f, factors and "
           "entries %.1f: peak is %.2f of them\n",
           cpu_seconds() - b->begun - b->paused, 1e-6 * peak,
           1e-6 * (double)psn_als_bytes(x->rows, x->columns, x->start[x->rows], options),
           1e-6 * whole, peak / whole);
    time_fold_in(als, 10);
    time_fold_in(als, 50);
    time_fold_in(als, 200);
    psn_als_free(als);
    psn_pool_close(pool);
}

int main(int argc, char **argv)
{
    bench b = {.k = 20, .users_each = 1, .each = 1};
    psn_als_options options;
    int64_t threads = 1;
    psn_als_defaults(&options);
    if (psn_memory_hook(count_allocate, count_resize, count_release, NULL, NULL) != 0)
        die("no hook of memory");
    for (int i = 2; i < argc; i++)
        if (!set(&options, &b, &threads, argv[i])) die("unknown option");
    if (argc < 2) {
        for (options.factors = 64; options.factors <= 128; options.factors *= 2) {
            b.profile = synthetic();
            fit_and_fold(&b, &options, threads);
            psn_sparse_free(b.profile);
        }
        return 0;
    }
    if (b.k < 1 || b.k > MOST_K || b.users_each < 1) die("k must be 1 to 100");
    b.profile = read_events(argv[1], (int32_t)lines_items(argv[1]));
    b.hidden = read_cases(argv[1], "cases.txt");
    b.truth = read_cases(argv[1], "truth.txt");
    b.factors = options.factors;
    b.scores = room((size_t)BATCH * (size_t)b.profile->columns * sizeof(float));
    if (b.share > 0.0) psn_als_scale(&options, b.profile, b.share, b.ridge);
    options.watch = watch;
    options.context = &b;
    fit_and_fold(&b, &options, threads);
    return 0;
}
