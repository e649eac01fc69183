/* recommend_fit_chance.c: what a score is worth: how often an item with it, shown to a
 * case, was what came next.
 *
 * Cases are those of the split, judged by members (and trees) that have not seen what is
 * true of them; the newest drawn, which chose the shares least. What is shown is what a
 * question would show: the best candidates by the blend; by the trees of the other
 * quarters; and, as for a visitor of whom nothing is known, what is popular. Rows by
 * score are put into bins of CHANCE_HITS that were right (few bins where few were), so
 * that no step rests on luck; the best non-descending line through their means (isotonic
 * regression, linear between: learn/calibrate.h) is the map. O(rows log rows). */
#include "base/error.h"
#include "base/memory.h"
#include "base/task.h"
#include "math/order.h"
#include "shop/recommend/recommend_fit.h"
#include "shop/recommend/recommend_scratch.h"

#include <string.h>

enum {
    CHANCE_CASES = 4000,
    CHANCE_SHOWN = 100,
    CHANCE_FEWEST = 20, /* that were right, or there is no map */
    CHANCE_HITS = 40,
    CHANCE_ROWS = 50,
    CHANCE_BINS = 60 /* and a rest above and below */
};

void psn_rec_shown_clear(psn_rec_shown *shown)
{
    psn_release(shown->score);
    psn_release(shown->is);
    memset(shown, 0, sizeof *shown);
}

static int chance_room(psn_rec_shown *shown, int64_t more, persona_error *error)
{
    int rc = PERSONA_OK;
    void *bigger;
    if (shown->count + more <= shown->room) return PERSONA_OK;
    const size_t room = (size_t)(shown->room * 2 + more + 4096);
    PSN_NEED(bigger = psn_resize(shown->score, room, sizeof *shown->score));
    shown->score = bigger;
    PSN_NEED(bigger = psn_resize(shown->is, room, sizeof *shown->is));
    shown->is = bigger;
    shown->room = (int64_t)room;
done:
    return rc;
}

static void chance_add(psn_rec_fitting *fit, int which, int64_t c, int32_t item,
                       float score)
{
    psn_rec_shown *shown = fit->shown + which;
    const int is = psn_rec_split_true(&fit->split, c, item);
    shown->score[shown->count] = psn_rec_chance_of(which, score);
    shown->is[shown->count++] = (uint8_t)is;
    shown->right += is;
}

int psn_rec_fit_show(psn_rec_fitting *fit, int which, int64_t c,
                     const psn_rec_candidates *all, persona_error *error)
{
    int rc;
    PSN_TRY(chance_room(fit->shown + which, all->ranked, error));
    for (int64_t r = 0; r < all->ranked; r++) {
        const int32_t at = all->order[r];
        if (all->score[at] > 0) chance_add(fit, which, c, all->item[at], all->score[at]);
    }
done:
    return rc;
}

/* What is popular, as a visitor would see it of whom nothing is known. */
static int chance_show_popular(psn_rec_fitting *fit, const psn_rec_engine *engine,
                               int64_t c, const uint64_t *allow, persona_error *error)
{
    int rc;
    const psn_rec_member *popular = engine->member + PSN_REC_POPULAR;
    int32_t shown = 0;
    PSN_TRY(chance_room(fit->shown + PSN_REC_CHANCE_LISTS, CHANCE_SHOWN, error));
    for (int32_t i = 0; popular->order && i < engine->items && shown < CHANCE_SHOWN;
         i++) {
        const int32_t item = popular->order[i];
        if (!psn_rec_allowed(allow, item)) continue;
        chance_add(fit, PSN_REC_CHANCE_LISTS, c, item, popular->score[item]);
        shown++;
    }
done:
    return rc;
}

static int chance_show_all(psn_rec_fitting *fit, const psn_rec_engine *engine,
                           persona_error *error)
{
    int rc = PERSONA_OK;
    uint32_t members = 0;
    psn_rec_scratch *scratch = NULL;
    uint64_t *allow = psn_alloc((size_t)engine->items / 64 + 1, sizeof *allow);
    const int64_t cases = fit->split.count;
    PSN_NEED(allow);
    PSN_TRY(psn_rec_scratch_new(&scratch, engine, error));
    for (int m = 0; m < PSN_REC_MEMBERS; m++)
        if (engine->member[m].share > 0) members |= 1u << m;
    for (int64_t c = cases > CHANCE_CASES ? cases - CHANCE_CASES : 0; c < cases; c++) {
        const psn_rec_history *history = fit->split.history + c;
        psn_rec_fit_allow(fit, c, allow);
        const psn_rec_candidates *all =
            psn_rec_score(engine, history, members, allow, scratch);
        psn_rec_rank(engine, history, 0, CHANCE_SHOWN, scratch);
        PSN_TRY(psn_rec_fit_show(fit, PSN_REC_CHANCE_BLEND, c, all, error));
        PSN_TRY(chance_show_popular(fit, engine, c, allow, error));
        if (c % 64 == 0) PSN_TRY(psn_task_check(fit->task, 1, error));
    }
done:
    psn_rec_scratch_free(scratch);
    psn_release(allow);
    return rc;
}

/* ---- maps */

/* Of each bin its mean score twice: weighing what was right, and what was not. */
typedef struct chance_bins {
    int64_t count;
    double score[2 * CHANCE_BINS + 8], is[2 * CHANCE_BINS + 8],
        weight[2 * CHANCE_BINS + 8];
} chance_bins;

static void chance_close(chance_bins *bins, double sum, int64_t rows, int64_t right)
{
    const double mean = sum / (double)rows;
    const int64_t weight[2] = {rows - right, right};
    for (int is = 0; is < 2; is++) {
        if (weight[is] == 0) continue;
        bins->score[bins->count] = mean < 1 ? mean : 1;
        bins->is[bins->count] = is;
        bins->weight[bins->count++] = (double)weight[is];
    }
}

/* From the best down, since there are the hits. */
static void chance_bin(chance_bins *bins, const psn_rec_shown *shown,
                       const int64_t *order)
{
    const int64_t per = shown->right / CHANCE_BINS > CHANCE_HITS
                            ? shown->right / CHANCE_BINS
                            : CHANCE_HITS;
    int64_t rows = 0, right = 0;
    double sum = 0;
    for (int64_t i = shown->count - 1; i >= 0; i--) {
        sum += shown->score[order[i]];
        right += shown->is[order[i]];
        rows++;
        if (i > 0 && (right < per || rows < CHANCE_ROWS || i < CHANCE_ROWS)) continue;
        chance_close(bins, sum, rows, right);
        rows = right = 0;
        sum = 0;
    }
}

static int chance_learn(psn_calibrate **out, const psn_rec_shown *shown,
                        persona_error *error)
{
    int rc = PERSONA_OK;
    int64_t *order = NULL;
    chance_bins bins = {0};
    PSN_NEED(order = psn_alloc((size_t)shown->count, sizeof *order));
    psn_sort_order(order, shown->score, shown->count);
    chance_bin(&bins, shown, order);
    PSN_TRY(psn_calibrate_fit(out, PSN_CALIBRATE_ISOTONIC, bins.score, bins.is,
                              bins.weight, bins.count, error));
done:
    psn_release(order);
    return rc;
}

int psn_rec_fit_chances(psn_rec_fitting *fit, psn_rec_engine *engine,
                        persona_error *error)
{
    int rc;
    psn_calibrate **map = engine->chance;
    const psn_rec_shown *shown = fit->shown;
    const int trees = engine->trees != NULL;
    PSN_TRY(chance_show_all(fit, engine, error));
    if (shown[PSN_REC_CHANCE_BLEND].right < CHANCE_FEWEST ||
        (trees && shown[PSN_REC_CHANCE_TREES].right < CHANCE_FEWEST) ||
        shown[PSN_REC_CHANCE_LISTS].count == 0)
        return PERSONA_OK;
    for (int c = 0; c < PSN_REC_CHANCES; c++)
        if (c != PSN_REC_CHANCE_TREES || trees)
            PSN_TRY(chance_learn(map + c, shown + c, error));
done:
    return rc;
}
