/* recommend_fit_auto.c: which members, with which settings, in which shares.
 *
 * Each member that suits the data is fitted on the learning part with each of its
 * settings and measured alone on the cases (NDCG@20); the best stays. Where order counts,
 * the fading of the history is chosen in the same way, which needs no new fit. Shares:
 * from the best member, the member and share that help most are added while they help,
 * then each share is moved up and down (forward selection and coordinate search). */
#include "base/error.h"
#include "base/memory.h"
#include "base/task.h"
#include "shop/recommend/recommend_fit_panel.h"

#include <string.h>

enum { AUTO_ALONE = 1000, AUTO_CASES = 2000 };
#define AUTO_GAIN 1.002 /* what a member must add to come in */

/* ---- one member alone */

static int auto_alone(double *quality, psn_rec_fitting *fit, psn_rec_engine *engine,
                      int m, persona_error *error)
{
    psn_rec_panel panel;
    const float one = 1;
    const int rc = psn_rec_panel_new(&panel, fit, engine, 1u << m, AUTO_ALONE, error);
    if (rc != PERSONA_OK) return rc;
    *quality = psn_rec_panel_quality(&panel, &one);
    psn_rec_panel_clear(&panel);
    return PERSONA_OK;
}

static int auto_fades(const psn_rec_fitting *fit, const psn_rec_member *member)
{
    return fit->mode != PSN_REC_SETS && fit->times != PSN_REC_KIND_POSITIONS &&
           member->weights != NULL;
}

static int auto_try_decay(double *quality, psn_rec_fitting *fit, psn_rec_engine *engine,
                          int m, double decay, persona_error *error)
{
    int rc;
    engine->member[m].decay = decay;
    PSN_TRY(psn_rec_member_ready(engine, m, error));
    PSN_TRY(auto_alone(quality, fit, engine, m, error));
    PSN_TRY(psn_rec_fit_tried(fit, m, fit->setting + m, decay, *quality, error));
done:
    return rc;
}

/* Quality has one top over the fading: from the member's own up, else down, while it
 * rises. */
static int auto_decay(double *best, psn_rec_fitting *fit, psn_rec_engine *engine, int m,
                      persona_error *error)
{
    int rc = PERSONA_OK;
    enum { DECAYS = 8 };
    static const double decays[DECAYS] = {1, 0.98, 0.95, 0.9, 0.8, 0.7, 0.6, 0.4};
    psn_rec_member *member = engine->member + m;
    double quality, chosen = member->decay;
    int at = 0;
    while (at < DECAYS - 1 && decays[at] > chosen + 1e-9) at++;
    for (int step = -1; step <= 1; step += 2) {
        const double before = *best;
        for (int i = at + step; i >= 0 && i < DECAYS; i += step) {
            PSN_TRY(auto_try_decay(&quality, fit, engine, m, decays[i], error));
            if (!(quality > *best)) break;
            *best = quality;
            chosen = decays[i];
        }
        if (*best > before) break;
    }
    member->decay = chosen;
    PSN_TRY(psn_rec_member_ready(engine, m, error));
done:
    return rc;
}

static int auto_member(psn_rec_fitting *fit, psn_rec_engine *engine, int m,
                       persona_error *error)
{
    int rc = PERSONA_OK;
    struct psn_rec_setting settings[8];
    psn_rec_member kept;
    const int count = psn_rec_fit_settings(fit, m, settings);
    double best = -1;
    memset(&kept, 0, sizeof kept);
    for (int s = 0; s < count; s++) {
        double quality = 0;
        PSN_TRY(
            psn_rec_fit_member(engine, fit, m, settings + s, fit->split.learns, error));
        if (psn_rec_may_share(m)) {
            PSN_TRY(auto_alone(&quality, fit, engine, m, error));
            PSN_TRY(psn_rec_fit_tried(fit, m, settings + s, engine->member[m].decay,
                                      quality, error));
        }
        if (quality > best) {
            best = quality;
            fit->setting[m] = settings[s];
            psn_rec_member_clear(&kept);
            kept = engine->member[m];
            memset(engine->member + m, 0, sizeof kept);
        }
    }
    if (count == 0) return PERSONA_OK;
    psn_rec_member_clear(engine->member + m);
    engine->member[m] = kept;
    memset(&kept, 0, sizeof kept);
    if (auto_fades(fit, engine->member + m) && psn_rec_may_share(m))
        PSN_TRY(auto_decay(&best, fit, engine, m, error));
    fit->alone[m] = best;
done:
    psn_rec_member_clear(&kept);
    return rc;
}

/* ---- shares */

typedef struct auto_search {
    const psn_rec_panel *panel;
    float share[PSN_REC_MEMBERS];
    double best;
} auto_search;

static int auto_try(auto_search *search, int32_t column, float share)
{
    const float before = search->share[column];
    search->share[column] = share;
    const double quality = psn_rec_panel_quality(search->panel, search->share);
    search->share[column] = before;
    if (!(quality > search->best)) return 0;
    search->best = quality;
    return 1;
}

/* The member and share that help most; 0: none helps enough. */
static int auto_add(auto_search *search)
{
    static const float tried[] = {0.1f, 0.3f, 0.7f, 1.2f};
    const double from = search->best;
    int32_t column = -1;
    float share = 0;
    for (int32_t m = 0; m < search->panel->members; m++) {
        if (search->share[m] > 0) continue;
        for (int i = 0; i < 4; i++)
            if (auto_try(search, m, tried[i])) {
                column = m;
                share = tried[i];
            }
    }
    if (column < 0 || search->best < from * AUTO_GAIN) {
        search->best = from;
        return 0;
    }
    search->share[column] = share;
    return 1;
}

static void auto_refine(auto_search *search)
{
    static const float steps[] = {0.5f, 0.75f, 1.33f, 2};
    for (int round = 0; round < 2; round++)
        for (int32_t m = 0; m < search->panel->members; m++) {
            if (search->share[m] <= 0) continue;
            const float from = search->share[m];
            float to = from;
            for (int i = 0; i < 4; i++)
                if (auto_try(search, m, from * steps[i])) to = from * steps[i];
            search->share[m] = to;
        }
}

static int auto_shares(psn_rec_fitting *fit, psn_rec_engine *engine, persona_error *error)
{
    int rc;
    psn_rec_panel panel;
    auto_search search = {.panel = &panel, .best = -1};
    int32_t first = 0;
    uint32_t members = 0;
    for (int m = 0; m < PSN_REC_MEMBERS; m++)
        members |= (uint32_t)psn_rec_may_share(m) << m;
    if (fit->only >= 0) members = 1u << fit->only;
    PSN_TRY(psn_rec_panel_new(&panel, fit, engine, members, AUTO_CASES, error));
    for (int32_t m = 0; m < panel.members; m++)
        if (auto_try(&search, m, 1)) first = m;
    if (panel.members > 0) search.share[first] = 1;
    while (auto_add(&search)) continue;
    auto_refine(&search);
    fit->blend_quality = search.best;
    for (int32_t m = 0; m < panel.members; m++)
        engine->member[panel.member[m]].share = search.share[m];
    psn_rec_panel_clear(&panel);
done:
    return rc;
}

/* Without cases: what is known to serve. */
static void auto_no_cases(const psn_rec_fitting *fit, psn_rec_engine *engine)
{
    for (int m = 0; m < PSN_REC_MEMBERS; m++) {
        const int asked = fit->only >= 0 ? m == fit->only : psn_rec_may_share(m);
        engine->member[m].share = !asked ? 0 : m == PSN_REC_POPULAR ? 0.1f : 1;
    }
}

int psn_rec_fit_auto(psn_rec_fitting *fit, psn_rec_engine *engine, persona_error *error)
{
    int rc = PERSONA_OK;
    PSN_TRY(psn_rec_fit_facts(engine, fit, fit->split.learns, error));
    PSN_TRY(psn_rec_fit_own_rates(engine, fit, error));
    for (int m = 0; m < PSN_REC_MEMBERS; m++) {
        PSN_TRY(auto_member(fit, engine, m, error));
        PSN_TRY(psn_task_check(fit->task, (m + 1.0) / (PSN_REC_MEMBERS + 1), error));
    }
    if (fit->split.count == 0)
        auto_no_cases(fit, engine);
    else
        PSN_TRY(auto_shares(fit, engine, error));
done:
    return rc;
}
