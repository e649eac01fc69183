/* quality_local.c: forecasts of one learner, or the mean of several, for series given as
 * lines; the scorer of forecasts reads what this writes.
 *
 *     quality_local LEARNER[+LEARNER]... [SEASON,SEASON...] < lines > forecasts.csv
 *
 * A line: id season horizon count value ... (nan = missing). The CSV:
 * series_id,step,mean. Where a learner declines a series, the last value stands in for
 * it. On stderr: series, how many were declined, series a second of the fits. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support/local_learners.h"

enum { MOST_LEARNERS = 16 };

typedef struct local_run {
    const psn_local_learner *learner[MOST_LEARNERS];
    int learners;
    int64_t series, declined;
    double seconds;
    psn_mstl_options mstl; /* seasons 0: those of the lines */
    double *value, *mean, *sum;
} local_run;

static void *need(void *block)
{
    if (block != NULL) return block;
    fprintf(stderr, "quality_local: out of memory\n");
    exit(1);
}

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void run_learner(local_run *run, const psn_local_learner *learner,
                        const psn_series *series, int32_t horizon)
{
    const size_t bytes = learner->scratch(series->count, series->season) + 64;
    psn_local_model model = {.value = need(calloc((size_t)learner->room(series->season),
                                                  sizeof *model.value))};
    void *scratch = need(aligned_alloc(64, (bytes + 63) / 64 * 64));
    const double start = cpu_seconds();
    const int several = learner == &psn_mstl_learner && run->mstl.seasons > 0;
    const int fitted = learner->fit(&model, series, several ? &run->mstl : NULL, scratch);
    if (fitted) learner->forecast(&model, horizon, run->mean);
    run->seconds += cpu_seconds() - start;
    run->declined += !fitted;
    for (int32_t h = 0; h < horizon; h++)
        run->sum[h] += fitted ? run->mean[h] : series->value[series->count - 1];
    free(scratch);
    free(model.value);
}

static int run_line(local_run *run)
{
    char id[256];
    int32_t season, horizon, count;
    if (scanf("%255s %d %d %d", id, &season, &horizon, &count) != 4) return 0;
    run->value = need(realloc(run->value, (size_t)count * sizeof(double)));
    run->mean = need(realloc(run->mean, (size_t)horizon * sizeof(double)));
    run->sum = need(realloc(run->sum, (size_t)horizon * sizeof(double)));
    for (int32_t i = 0; i < count; i++)
        if (scanf("%lf", run->value + i) != 1) return 0;
    for (int32_t h = 0; h < horizon; h++) run->sum[h] = 0;
    for (int k = 0; k < run->mstl.seasons; k++)
        if (run->mstl.season[k] > season) season = run->mstl.season[k];
    const psn_series series = {run->value, count, season};
    for (int i = 0; i < run->learners; i++)
        run_learner(run, run->learner[i], &series, horizon);
    for (int32_t h = 0; h < horizon; h++)
        printf("%s,%d,%.12g\n", id, h + 1, run->sum[h] / run->learners);
    run->series++;
    return 1;
}

int main(int count, char **words)
{
    local_run run = {0};
    if (count < 2) {
        printf("quality_local: run by hand: LEARNER[+LEARNER]... < lines\n");
        return 0;
    }
    for (char *name = strtok(words[1], "+"); name; name = strtok(NULL, "+")) {
        const psn_local_learner *learner = local_learner_named(name);
        if (learner == NULL || run.learners == MOST_LEARNERS) {
            fprintf(stderr, "quality_local: no learner %s\n", name);
            return 1;
        }
        run.learner[run.learners++] = learner;
    }
    if (count > 2)
        for (char *word = strtok(words[2], ",");
             word && run.mstl.seasons < PSN_MSTL_SEASONS; word = strtok(NULL, ","))
            run.mstl.season[run.mstl.seasons++] = atoi(word);
    printf("series_id,step,mean\n");
    while (run_line(&run)) {
    }
    fprintf(stderr, "%lld series, %lld declined, %.0f series/s\n", (long long)run.series,
            (long long)run.declined, (double)run.series / run.seconds);
    free(run.value);
    free(run.mean);
    free(run.sum);
    return 0;
}
