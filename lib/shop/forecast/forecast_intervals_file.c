/* forecast_intervals_file.c: intervals in a model file: chunks "Ivhd" (counts), "Ivgr"
 * (groups, all doubles), "Ivst" (growth by step), "Ivow" (scales of series). Reading
 * checks every number a query relies on. */
#include <math.h>
#include "base/error.h"
#include "base/memory.h"
#include "shop/chunks.h"
#include "shop/forecast/forecast_intervals_model.h"

enum { GROUP_DOUBLES = sizeof(psn_interval_group) / sizeof(double) };

void psn_intervals_free(psn_intervals *intervals)
{
    if (intervals == NULL) return;
    psn_release(intervals->group);
    psn_release(intervals->growth);
    psn_release(intervals->own);
    psn_release(intervals);
}

int psn_intervals_encode(psn_writer *writer, const psn_intervals *intervals,
                         persona_error *error)
{
    int rc;
    const int64_t head[] = {intervals->groups, intervals->steps, intervals->series};
    PSN_TRY(psn_chunks_add_copy(writer, "Ivhd", head, sizeof head, error));
    PSN_TRY(psn_writer_add(writer, "Ivgr", 8, intervals->group,
                           (size_t)intervals->groups * sizeof *intervals->group, error));
    PSN_TRY(psn_writer_add(writer, "Ivst", 8, intervals->growth,
                           (size_t)intervals->groups * (size_t)intervals->steps *
                               sizeof *intervals->growth,
                           error));
    PSN_TRY(psn_writer_add(writer, "Ivow", 4, intervals->own,
                           (size_t)intervals->series * sizeof *intervals->own, error));
done:
    return rc;
}

static int between(double value, double low, double high)
{
    return value >= low && value <= high;
}

static int curve_sane(const double *curve, double most)
{
    for (int32_t i = 0; i < PSN_INTERVAL_KNOTS; i++)
        if (!between(curve[i], -most, most) || (i > 0 && curve[i] < curve[i - 1]))
            return 0;
    return 1;
}

static int group_sane(const psn_interval_group *group, int32_t steps)
{
    const double most = group->count > 0 ? 40 : 1e9;
    return (group->count == 0 || group->count == 1) &&
           (group->power == 0 || group->power == 0.5 || group->power == 1) &&
           between(group->relative, 0, 1e9) && between(group->growth, 0, 1) &&
           between(group->window, group->count, PSN_INTERVAL_WINDOW) &&
           between(group->share, 0, 1) && between(group->dispersion, 0, 1e9) &&
           between(group->trust, 0, 1e9) && between(group->memory, 0, 0.99) &&
           between(group->extra, 0, 1) && between(group->split, 1, steps) &&
           curve_sane(group->curve[0], most) && curve_sane(group->curve[1], most);
}

static int decode_sane(const psn_intervals *intervals)
{
    for (int32_t g = 0; g < intervals->groups; g++) {
        const double *growth = intervals->growth + (int64_t)g * intervals->steps;
        if (!group_sane(&intervals->group[g], intervals->steps)) return 0;
        for (int32_t h = 0; h < intervals->steps; h++)
            if (!between(growth[h], 0, 1e9) || (h > 0 && growth[h] < growth[h - 1]))
                return 0;
    }
    for (int64_t s = 0; s < intervals->series; s++)
        if (!between((double)intervals->own[s], 0, 1e9)) return 0;
    return 1;
}

int psn_intervals_decode(psn_intervals **out, psn_reader *reader, int32_t groups,
                         persona_error *error)
{
    int rc;
    int64_t head[3];
    psn_intervals *intervals = NULL;
    void *group = NULL, *growth = NULL, *own = NULL;
    *out = NULL;
    PSN_TRY(psn_chunks_array(head, reader, "Ivhd", 3, sizeof *head, error));
    if (head[0] != groups || !psn_chunks_in(head[1], 1, PSN_INTERVAL_STEPS + 1) ||
        !psn_chunks_in(head[2], 0, INT64_MAX / 8)) {
        rc = psn_chunks_bad(error, "intervals");
        goto done;
    }
    PSN_TRY(psn_chunks_new_array(&group, reader, "Ivgr", (size_t)groups * GROUP_DOUBLES,
                                 sizeof(double), error));
    PSN_TRY(psn_chunks_new_array(&growth, reader, "Ivst",
                                 (size_t)groups * (size_t)head[1], sizeof(double),
                                 error));
    PSN_TRY(psn_chunks_new_array(&own, reader, "Ivow", (size_t)head[2], sizeof(float),
                                 error));
    PSN_NEED(intervals = psn_alloc_zero(1, sizeof *intervals));
    *intervals = (psn_intervals){.groups = groups,
                                 .steps = (int32_t)head[1],
                                 .series = head[2],
                                 .group = group,
                                 .growth = growth,
                                 .own = own};
    group = growth = own = NULL;
    if (!decode_sane(intervals)) {
        rc = psn_chunks_bad(error, "intervals");
        goto done;
    }
    *out = intervals;
    intervals = NULL;
done:
    psn_intervals_free(intervals);
    psn_release(group);
    psn_release(growth);
    psn_release(own);
    return rc;
}
