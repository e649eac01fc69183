/* bench_recommender.c: time of a question to a recommender, through the public API.
 *     bench_recommender DIR [as=session|user] [fit=OPTIONS] [query=OPTIONS |
 * table=OPTIONS] [k=10] DIR holds events.txt (user item time kind, blanks between) and
 * cases.txt (id, a tab, items oldest first), as the scripts of the peers export them.
 * as=session: a case is its items, of nobody known; as=user: a case is the user of that
 * id. CPU time of one thread: other processes do not count. Then all users into a table,
 * 100 items each. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "persona.h"

enum { KIND = 32, LINE = 1 << 20, HISTORY = 1000 };

typedef struct bench_events {
    int64_t count, room;
    int64_t *user, *item, *time;
    char (*kind)[KIND];
} bench_events;

typedef struct bench_times {
    int64_t count, room;
    double *us;
} bench_times;

static double bench_cpu(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void bench_must(int rc, const persona_error *error)
{
    if (rc == PERSONA_OK) return;
    fprintf(stderr, "%s\n", error->message);
    exit(1);
}

static void *bench_more(void *block, int64_t count, size_t size)
{
    void *more = realloc(block, (size_t)count * size);
    if (more == NULL) exit(1);
    return more;
}

static FILE *bench_open(const char *folder, const char *name)
{
    char path[1000];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(1);
    }
    return file;
}

static void bench_read(bench_events *to, const char *folder)
{
    FILE *file = bench_open(folder, "events.txt");
    for (;;) {
        if (to->count == to->room) {
            to->room = to->room * 2 + 4096;
            to->user = bench_more(to->user, to->room, sizeof *to->user);
            to->item = bench_more(to->item, to->room, sizeof *to->item);
            to->time = bench_more(to->time, to->room, sizeof *to->time);
            to->kind = bench_more(to->kind, to->room, sizeof *to->kind);
        }
        const int64_t i = to->count;
        long long user, item, time;
        if (fscanf(file, "%lld %lld %lld %31s", &user, &item, &time, to->kind[i]) != 4)
            break;
        to->user[i] = user;
        to->item[i] = item;
        to->time[i] = time;
        to->count++;
    }
    fclose(file);
}

static persona_table *bench_table(const bench_events *of, int sessions)
{
    persona_error error;
    persona_table *table = NULL;
    int64_t bytes = 0, *offset = bench_more(NULL, of->count + 1, sizeof *offset);
    char *text = bench_more(NULL, of->count + 1, KIND);
    for (int64_t i = 0; i < of->count; i++) {
        offset[i] = bytes;
        const size_t length = strlen(of->kind[i]);
        memcpy(text + bytes, of->kind[i], length);
        bytes += (int64_t)length;
    }
    offset[of->count] = bytes;
    bench_must(persona_table_new(&table, &error), &error);
    bench_must(persona_table_add_int(table, sessions ? "session" : "user", of->user, NULL,
                                     of->count, &error),
               &error);
    bench_must(persona_table_add_int(table, "item", of->item, NULL, of->count, &error),
               &error);
    bench_must(persona_table_add_int(table, "time", of->time, NULL, of->count, &error),
               &error);
    bench_must(
        persona_table_add_text(table, "kind", text, offset, NULL, of->count, &error),
        &error);
    free(offset);
    free(text);
    return table;
}

static persona_params *bench_params(const char *schema, const char *text)
{
    persona_error error;
    persona_params *params = NULL;
    bench_must(persona_params_new(&params, schema, &error), &error);
    bench_must(persona_params_parse(params, text, &error), &error);
    return params;
}

static int bench_compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The items of a case by number. */
static int64_t bench_history(const persona_recommender *model, char *text, int64_t *items)
{
    int64_t count = 0;
    for (char *id = strtok(text, " \n"); id && count < HISTORY; id = strtok(NULL, " \n"))
        items[count++] = persona_recommender_item(model, id, PERSONA_NUL);
    return count;
}

static void bench_ask(const persona_recommender *model, const char *folder, int sessions,
                      int64_t k, const char *options)
{
    persona_error error;
    persona_query *query = NULL;
    persona_params *params = bench_params("recommender.query", options);
    char *line = bench_more(NULL, LINE, 1);
    int64_t history[HISTORY], *items = bench_more(NULL, k + 1, sizeof *items), answered;
    float *scores = bench_more(NULL, k + 1, sizeof *scores);
    bench_times times = {0, 1 << 20, bench_more(NULL, 1 << 20, sizeof(double))};
    FILE *file = bench_open(folder, "cases.txt");
    bench_must(persona_recommender_prepare(&query, model, params, &error), &error);
    while (times.count < times.room && fgets(line, LINE, file)) {
        char *tab = strchr(line, '\t');
        if (tab == NULL) continue;
        *tab = 0;
        const int64_t count = sessions ? bench_history(model, tab + 1, history) : 0;
        const double start = bench_cpu(CLOCK_THREAD_CPUTIME_ID);
        int rc = sessions
                     ? persona_query_items(query, PERSONA_HISTORY, history, count, &error)
                     : persona_query_user(query, line, PERSONA_NUL, NULL, &error);
        if (rc == PERSONA_OK)
            rc =
                persona_recommender_run(query, k, items, scores, NULL, &answered, &error);
        times.us[times.count++] = (bench_cpu(CLOCK_THREAD_CPUTIME_ID) - start) * 1e6;
        bench_must(rc, &error);
    }
    fclose(file);
    qsort(times.us, (size_t)times.count, sizeof(double), bench_compare);
    if (times.count > 0)
        printf("  %-28s %lld cases, %lld items: p50 %.1f us, p90 %.1f, p99 %.1f, most "
               "%.0f\n",
               options, (long long)times.count, (long long)k, times.us[times.count / 2],
               times.us[times.count * 9 / 10], times.us[times.count * 99 / 100],
               times.us[times.count - 1]);
    persona_query_free(query);
    persona_params_free(params);
    free(times.us);
    free(items);
    free(scores);
    free(line);
}

static void bench_all(const persona_recommender *model, const char *options)
{
    persona_error error;
    persona_table *out = NULL;
    persona_params *params = bench_params("recommender.query", options);
    const double start = bench_cpu(CLOCK_PROCESS_CPUTIME_ID),
                 wall = bench_cpu(CLOCK_MONOTONIC);
    bench_must(
        persona_recommender_recommend_table(&out, model, NULL, params, NULL, &error),
        &error);
    const double cpu = bench_cpu(CLOCK_PROCESS_CPUTIME_ID) - start;
    const int64_t rows = persona_table_rows(out);
    printf("  table %-22s %lld rows in %.2f CPU s, %.2f s: %.0f rows a CPU second\n",
           options, (long long)rows, cpu, bench_cpu(CLOCK_MONOTONIC) - wall,
           (double)rows / cpu);
    persona_table_free(out);
    persona_params_free(params);
}

static const char *bench_option(int argc, char **argv, const char *name,
                                const char *otherwise)
{
    const size_t length = strlen(name);
    for (int a = 2; a < argc; a++)
        if (strncmp(argv[a], name, length) == 0 && argv[a][length] == '=')
            return argv[a] + length + 1;
    return otherwise;
}

int main(int argc, char **argv)
{
    persona_error error;
    persona_recommender *model = NULL;
    bench_events events = {0};
    if (argc < 2) {
        printf("skipped: needs a folder with events.txt and cases.txt\n");
        return 0;
    }
    const int sessions = strcmp(bench_option(argc, argv, "as", "user"), "session") == 0;
    const int64_t k = atoll(bench_option(argc, argv, "k", "10"));
    persona_params *fit =
        bench_params("recommender.fit", bench_option(argc, argv, "fit", ""));
    bench_read(&events, argv[1]);
    persona_table *table = bench_table(&events, sessions);
    const double start = bench_cpu(CLOCK_PROCESS_CPUTIME_ID);
    bench_must(persona_recommender_fit(&model, table, fit, NULL, &error), &error);
    printf("%s: %lld events, %lld items, fit %.1f CPU s\n", argv[1],
           (long long)events.count, (long long)persona_recommender_items(model),
           bench_cpu(CLOCK_PROCESS_CPUTIME_ID) - start);
    const char *query = bench_option(argc, argv, "query", NULL);
    const char *all = bench_option(argc, argv, "table", NULL);
    if (query) {
        bench_ask(model, argv[1], sessions, k, query);
    } else if (all == NULL) {
        bench_ask(model, argv[1], sessions, k, "speed=fast");
        bench_ask(model, argv[1], sessions, k, "speed=best");
    }
    if (!sessions || all) bench_all(model, all ? all : "k=100 speed=fast");
    persona_model_free(persona_recommender_model(model));
    persona_table_free(table);
    persona_params_free(fit);
    free(events.user);
    free(events.item);
    free(events.time);
    free(events.kind);
    return 0;
}
