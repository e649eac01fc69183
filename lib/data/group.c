/* group.c: the counting sort of Seward (1954): count the rows of each group, turn counts
 * into starts, put each row where its group has got to. Two passes over the codes. */
#include "data/group.h"

#include "base/error.h"
#include "base/memory.h"

/* starts[g + 1] = rows of group g. */
static int group_count(int64_t *starts, const int32_t *codes, int64_t rows,
                       int64_t groups, persona_error *error)
{
    for (int64_t i = 0; i < rows; i++) {
        if (codes[i] < 0) continue;
        if (codes[i] >= groups)
            return psn_fail_at(error, PERSONA_EARG, i,
                               "codes: row %lld must be below %lld", (long long)i,
                               (long long)groups);
        starts[codes[i] + 1]++;
    }
    return PERSONA_OK;
}

int psn_group_build(psn_group *out, const int32_t *codes, int64_t rows, int64_t groups,
                    persona_error *error)
{
    int rc = PERSONA_OK;
    *out = (psn_group){.groups = groups};
    PSN_NEED(out->starts = psn_alloc_zero((size_t)groups + 1, sizeof *out->starts));
    PSN_TRY(group_count(out->starts, codes, rows, groups, error));
    for (int64_t g = 0; g < groups; g++) out->starts[g + 1] += out->starts[g];
    PSN_NEED(out->order = psn_alloc((size_t)out->starts[groups], sizeof *out->order));
    for (int64_t i = 0; i < rows; i++)
        if (codes[i] >= 0) out->order[out->starts[codes[i]]++] = i;
    /* Each start has run to the start of the next group: move them back by one. */
    for (int64_t g = groups; g > 0; g--) out->starts[g] = out->starts[g - 1];
    out->starts[0] = 0;
done:
    if (rc != PERSONA_OK) psn_group_free(out);
    return rc;
}

void psn_group_free(psn_group *group)
{
    psn_release(group->starts);
    psn_release(group->order);
    *group = (psn_group){0};
}
