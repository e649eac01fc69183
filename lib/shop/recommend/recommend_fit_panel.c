/* recommend_fit_panel.c: quality of blends on kept scores. O(candidates x members) for
 * one set of shares. */
#include "shop/recommend/recommend_fit_panel.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/task.h"
#include "measure/recommendation.h"
#include "shop/recommend/recommend_scratch.h"

#include <string.h>

enum { PANEL_BLOCK = 64, PANEL_TRUES = 64 };

void psn_rec_panel_clear(psn_rec_panel *panel)
{
    psn_release(panel->start);
    psn_release(panel->item);
    psn_release(panel->part);
    psn_release(panel->ideal);
    psn_release(panel->true_item);
    memset(panel, 0, sizeof *panel);
}

typedef struct panel_block {
    int64_t count, room;
    int32_t *item;
    float *part;
    uint8_t *true_item;
    int rc;
} panel_block;
typedef struct panel_job {
    psn_rec_panel *panel;
    const psn_rec_fitting *fit;
    const psn_rec_engine *engine;
    uint32_t members;
    psn_rec_scratch **scratch; /* of each worker */
    uint64_t **allow;
    panel_block *block;
} panel_job;

static int panel_grow(panel_block *block, int64_t need, int32_t members)
{
    if (need <= block->room) return 1;
    const size_t room = (size_t)need * 2;
    int32_t *item = psn_resize(block->item, room, sizeof *item);
    if (item) block->item = item;
    float *part = psn_resize(block->part, room, (size_t)members * sizeof *part);
    if (part) block->part = part;
    uint8_t *is = psn_resize(block->true_item, room, 1);
    if (is) block->true_item = is;
    if (!item || !part || !is) return 0;
    block->room = (int64_t)room;
    return 1;
}

static int panel_case(panel_job *job, panel_block *block, int64_t c, int worker)
{
    psn_rec_panel *panel = job->panel;
    psn_rec_fit_allow(job->fit, c, job->allow[worker]);
    const psn_rec_candidates *all =
        psn_rec_score(job->engine, job->fit->split.history + c, job->members,
                      job->allow[worker], job->scratch[worker]);
    if (!panel_grow(block, block->count + all->count, panel->members)) return 0;
    for (int64_t i = 0; i < all->count; i++) {
        const int64_t at = block->count++;
        block->item[at] = all->item[i];
        block->true_item[at] =
            (uint8_t)psn_rec_split_true(&job->fit->split, c, all->item[i]);
        for (int32_t m = 0; m < panel->members; m++)
            block->part[at * panel->members + m] =
                all->part[i * PSN_REC_MEMBERS + panel->member[m]] *
                all->scale[panel->member[m]];
    }
    panel->start[c + 1] = all->count;
    panel->ideal[c] = job->fit->split.start[c + 1] - job->fit->split.start[c];
    return 1;
}

static void panel_work(void *context, int64_t b, int worker)
{
    panel_job *job = context;
    panel_block *block = job->block + b;
    const int64_t first = b * PANEL_BLOCK, end = first + PANEL_BLOCK;
    for (int64_t c = first; c < end && c < job->panel->cases; c++)
        if (!panel_case(job, block, c, worker)) block->rc = PERSONA_ENOMEM;
}

static int panel_join(psn_rec_panel *panel, const panel_block *block, int64_t blocks,
                      persona_error *error)
{
    int rc = PERSONA_OK;
    int64_t at = 0;
    for (int64_t c = 0; c < panel->cases; c++) panel->start[c + 1] += panel->start[c];
    const size_t all = (size_t)panel->start[panel->cases] + 1;
    const size_t width = (size_t)panel->members;
    PSN_NEED(panel->item = psn_alloc(all, sizeof *panel->item));
    PSN_NEED(panel->true_item = psn_alloc(all, 1));
    PSN_NEED(panel->part = psn_alloc(all, width * sizeof *panel->part));
    for (int64_t b = 0; b < blocks; b++) {
        const size_t count = (size_t)block[b].count;
        if (block[b].rc) return psn_fail_memory(error);
        if (count == 0) continue;
        memcpy(panel->item + at, block[b].item, count * sizeof *panel->item);
        memcpy(panel->true_item + at, block[b].true_item, count);
        memcpy(panel->part + (size_t)at * width, block[b].part,
               count * width * sizeof *panel->part);
        at += block[b].count;
    }
done:
    return rc;
}

static void panel_close(panel_job *job, int64_t blocks, int workers)
{
    for (int w = 0; w < workers; w++) {
        if (job->scratch) psn_rec_scratch_free(job->scratch[w]);
        if (job->allow) psn_release(job->allow[w]);
    }
    for (int64_t b = 0; b < blocks && job->block; b++) {
        psn_release(job->block[b].item);
        psn_release(job->block[b].part);
        psn_release(job->block[b].true_item);
    }
    psn_release(job->scratch);
    psn_release(job->allow);
    psn_release(job->block);
}

static int panel_open(panel_job *job, int64_t blocks, int workers, persona_error *error)
{
    int rc = PERSONA_OK;
    const size_t count = (size_t)workers, words = (size_t)job->engine->items / 64 + 1;
    PSN_NEED(job->scratch = psn_alloc_zero(count, sizeof *job->scratch));
    PSN_NEED(job->allow = psn_alloc_zero(count, sizeof *job->allow));
    PSN_NEED(job->block = psn_alloc_zero((size_t)blocks + 1, sizeof *job->block));
    for (size_t w = 0; w < count; w++) {
        PSN_TRY(psn_rec_scratch_new(&job->scratch[w], job->engine, error));
        PSN_NEED(job->allow[w] = psn_alloc(words, sizeof **job->allow));
    }
done:
    return rc;
}

int psn_rec_panel_new(psn_rec_panel *panel, const psn_rec_fitting *fit,
                      const psn_rec_engine *engine, uint32_t members, int64_t cases,
                      persona_error *error)
{
    int rc = PERSONA_OK;
    if (cases > fit->split.count) cases = fit->split.count;
    const int workers = psn_pool_workers(fit->pool);
    const int64_t blocks = (cases + PANEL_BLOCK - 1) / PANEL_BLOCK;
    panel_job job = {.panel = panel, .fit = fit, .engine = engine, .members = members};
    memset(panel, 0, sizeof *panel);
    panel->cases = cases;
    for (int m = 0; m < PSN_REC_MEMBERS; m++)
        if (engine->member[m].fitted && (members >> m & 1))
            panel->member[panel->members++] = m;
    PSN_NEED(panel->start = psn_alloc_zero((size_t)cases + 1, sizeof *panel->start));
    PSN_NEED(panel->ideal = psn_alloc_zero((size_t)cases + 1, sizeof *panel->ideal));
    PSN_TRY(panel_open(&job, blocks, workers, error));
    psn_pool_run(fit->pool, blocks, panel_work, &job);
    PSN_TRY(panel_join(panel, job.block, blocks, error));
    PSN_TRY(psn_task_check(fit->task, 0, error));
done:
    panel_close(&job, blocks, workers);
    if (rc != PERSONA_OK) psn_rec_panel_clear(panel);
    return rc;
}

/* The places of the true candidates only: how many others are above each. */
static double panel_case_quality(const psn_rec_panel *panel, int64_t c,
                                 const float *shares, const double *gain)
{
    const int64_t first = panel->start[c], count = panel->start[c + 1] - first;
    const int32_t width = panel->members;
    uint64_t key[PANEL_TRUES];
    int64_t trues[PANEL_TRUES], hits = 0;
    int32_t above[PANEL_TRUES] = {0};
    for (int64_t i = 0; i < count && hits < PANEL_TRUES; i++)
        if (panel->true_item[first + i]) trues[hits++] = i;
    if (hits == 0) return 0;
    for (int64_t t = 0; t < hits; t++) {
        const float *part = panel->part + (first + trues[t]) * width;
        float score = 0;
        for (int32_t m = 0; m < width; m++) score += shares[m] * part[m];
        key[t] = psn_rec_key(score, panel->item[first + trues[t]]);
    }
    for (int64_t i = 0; i < count; i++) {
        const float *part = panel->part + (first + i) * width;
        float score = 0;
        for (int32_t m = 0; m < width; m++) score += shares[m] * part[m];
        const uint64_t its = psn_rec_key(score, panel->item[first + i]);
        for (int64_t t = 0; t < hits; t++) above[t] += its > key[t];
    }
    double sum = 0;
    for (int64_t t = 0; t < hits; t++)
        if (above[t] < PSN_REC_AT) sum += gain[above[t]];
    return sum;
}

double psn_rec_panel_quality(const psn_rec_panel *panel, const float *shares)
{
    double gain[PSN_REC_AT], ideal[PSN_REC_AT + 1] = {0}, sum = 0;
    for (int32_t p = 0; p < PSN_REC_AT; p++) {
        gain[p] = psn_rec_discount(p + 1);
        ideal[p + 1] = ideal[p] + gain[p];
    }
    for (int64_t c = 0; c < panel->cases; c++) {
        const int64_t most = panel->ideal[c] < PSN_REC_AT ? panel->ideal[c] : PSN_REC_AT;
        sum += panel_case_quality(panel, c, shares, gain) / ideal[most];
    }
    return panel->cases > 0 ? sum / (double)panel->cases : 0;
}
