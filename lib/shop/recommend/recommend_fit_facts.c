/* recommend_fit_facts.c: what is counted of items: how popular they are, were lately, and
 * how often an event of each kind stands beside a wanted one.
 *
 *   conversion(k, i) = (wanted events of i + 1) / (events of kind k with i + 20)
 *
 * And how likely an item is wanted next whose newest event of kind k is so many steps
 * ago, counted over the cases of the split (0.5 hits in 50 cases to begin with). */
#include "base/error.h"
#include "base/memory.h"
#include "math/elementary.h"
#include "math/order.h"
#include "shop/recommend/recommend_fit.h"

#include <string.h>

enum { FACTS_FRESH = 20 };

/* 1 for events among the newest twentieth: by moment, else by the order of rows. */
static int facts_newest(uint8_t **out, const psn_rec_fitting *fit, const uint8_t *learns,
                        persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_rec_rows *rows = &fit->rows;
    const size_t room = (size_t)rows->events + 1;
    double *when = psn_alloc(room, sizeof *when);
    double *sorted = psn_alloc(room, sizeof *sorted);
    int64_t count = 0;
    *out = NULL;
    PSN_NEED(when);
    PSN_NEED(sorted);
    PSN_NEED(*out = psn_alloc_zero(room, 1));
    for (int64_t r = 0; r < rows->rows; r++)
        for (int64_t e = rows->start[r]; e < rows->start[r + 1]; e++) {
            when[e] = fit->times == PSN_REC_MOMENTS ? (double)rows->time[e]
                      : fit->mode == PSN_REC_SESSIONS
                          ? (double)rows->rank[r]
                          : (double)(e - rows->start[r]) /
                                (double)(rows->start[r + 1] - rows->start[r]);
            if (learns == NULL || learns[e]) sorted[count++] = when[e];
        }
    if (count == 0) goto done;
    const double from = psn_select_real(sorted, count, count - 1 - count / FACTS_FRESH);
    for (int64_t e = 0; e < rows->events; e++)
        (*out)[e] = when[e] > from && (learns == NULL || learns[e]);
done:
    if (rc != PERSONA_OK) {
        psn_release(*out);
        *out = NULL;
    }
    psn_release(when);
    psn_release(sorted);
    return rc;
}

static int facts_room(psn_rec_engine *engine, persona_error *error)
{
    int rc = PERSONA_OK;
    const size_t items = (size_t)engine->items + 1;
    psn_rec_facts *facts = &engine->facts;
    if (facts->popularity) return PERSONA_OK;
    PSN_NEED(facts->popularity = psn_alloc(items, sizeof *facts->popularity));
    PSN_NEED(facts->fresh = psn_alloc(items, sizeof *facts->fresh));
    PSN_NEED(facts->conversion =
                 psn_alloc(items * (size_t)engine->kinds, sizeof *facts->conversion));
done:
    return rc;
}

/* counts: kinds x items, wanted: items, fresh: items. */
static void facts_count(const psn_rec_fitting *fit, const psn_rec_engine *engine,
                        const uint8_t *learns, const uint8_t *newest, double *counts,
                        double *wanted, double *fresh)
{
    const psn_rec_rows *rows = &fit->rows;
    for (int64_t e = 0; e < rows->events; e++) {
        if (learns && !learns[e]) continue;
        const int32_t item = rows->item[e], kind = rows->kind[e];
        counts[(int64_t)kind * engine->items + item]++;
        wanted[item] += engine->kind[kind].wanted;
        fresh[item] += newest[e];
    }
}

int psn_rec_fit_facts(psn_rec_engine *engine, const psn_rec_fitting *fit,
                      const uint8_t *learns, persona_error *error)
{
    int rc = PERSONA_OK;
    const size_t items = (size_t)engine->items;
    uint8_t *newest = NULL;
    double *counts =
        psn_alloc_zero(items * (size_t)(engine->kinds + 2) + 1, sizeof *counts);
    PSN_NEED(counts);
    PSN_TRY(facts_room(engine, error));
    PSN_TRY(facts_newest(&newest, fit, learns, error));
    double *wanted = counts + items * (size_t)engine->kinds, *fresh = wanted + items;
    facts_count(fit, engine, learns, newest, counts, wanted, fresh);
    for (size_t i = 0; i < items; i++) {
        double all = 0;
        for (size_t k = 0; k < (size_t)engine->kinds; k++) {
            const double of_kind = counts[k * items + i];
            all += of_kind;
            engine->facts.conversion[k * items + i] =
                (float)((wanted[i] + 1) / (of_kind + 20));
        }
        engine->facts.popularity[i] = (float)psn_log1p(all);
        engine->facts.fresh[i] = (float)psn_log1p(fresh[i]);
    }
done:
    psn_release(counts);
    psn_release(newest);
    return rc;
}

/* ---- how likely the own items are wanted */

static void facts_own_case(const psn_rec_fitting *fit, int64_t c, int64_t *seen,
                           double *hits, double *tries)
{
    const psn_rec_history *history = fit->split.history + c;
    const int64_t first =
        history->count > PSN_REC_EVENTS ? history->count - PSN_REC_EVENTS : 0;
    for (int64_t e = history->count - 1; e >= first; e--) {
        const int32_t item = history->item[e], kind = history->kind[e];
        int64_t *mark = seen + (int64_t)item * PSN_REC_KINDS + kind;
        if (*mark == c + 1) continue;
        *mark = c + 1;
        const int cell = kind * PSN_REC_AGES + psn_rec_age(history->count - 1 - e);
        tries[cell]++;
        hits[cell] += psn_rec_split_true(&fit->split, c, item);
    }
}

int psn_rec_fit_own_rates(psn_rec_engine *engine, const psn_rec_fitting *fit,
                          persona_error *error)
{
    int rc = PERSONA_OK;
    double hits[PSN_REC_KINDS * PSN_REC_AGES] = {0};
    double tries[PSN_REC_KINDS * PSN_REC_AGES] = {0};
    int64_t *seen =
        psn_alloc_zero((size_t)engine->items + 1, PSN_REC_KINDS * sizeof *seen);
    PSN_NEED(seen);
    if (engine->own_rate == NULL)
        PSN_NEED(engine->own_rate =
                     psn_alloc(PSN_REC_KINDS * PSN_REC_AGES, sizeof *engine->own_rate));
    for (int64_t c = 0; c < fit->split.count; c++)
        facts_own_case(fit, c, seen, hits, tries);
    for (int i = 0; i < PSN_REC_KINDS * PSN_REC_AGES; i++)
        engine->own_rate[i] = (float)((hits[i] + 0.5) / (tries[i] + 50));
done:
    psn_release(seen);
    return rc;
}
