/* recommend_fit_meaning.c: what is predicted, and what hides an item.
 *
 * Wanted are purchases where there are any, else everything that does not take away.
 * Bought items are not shown again (ask buy_again for them); looking never hides. Where
 * the table tells no kinds, items hide if people hardly ever come back to one: fewer than
 * one in twenty events repeats an item of the same user. */
#include "base/error.h"
#include "base/memory.h"
#include "shop/recommend/recommend_fit.h"

#include <string.h>

#define MEANING_REPEATS 0.05

static int32_t meaning_find(const psn_rec_engine *engine, const char *name)
{
    for (int32_t k = 0; k < engine->kinds; k++)
        if (strcmp(engine->kind[k].name, name) == 0) return k;
    return -1;
}

static int meaning_list(psn_rec_fitting *fit, const char *option, int hides,
                        persona_error *error)
{
    char name[64];
    const char *cursor = REC_TEXT(fit, option);
    psn_rec_engine *engine = &fit->model->engine;
    int more;
    while ((more = psn_list_next(&cursor, name, sizeof name)) != 0) {
        const int32_t k = more < 0 ? -1 : meaning_find(engine, name);
        if (k < 0)
            return psn_fail(error, PERSONA_EOPTION,
                            "%s names a kind of events that the table has not", option);
        if (hides)
            engine->kind[k].hides = 1;
        else
            engine->kind[k].wanted = 1;
    }
    return PERSONA_OK;
}

static void meaning_wanted(psn_rec_engine *engine)
{
    int purchases = 0;
    for (int32_t k = 0; k < engine->kinds; k++)
        purchases |= engine->kind[k].role == PSN_REC_ROLE_PURCHASE;
    for (int32_t k = 0; k < engine->kinds; k++)
        engine->kind[k].wanted = purchases ? engine->kind[k].role == PSN_REC_ROLE_PURCHASE
                                           : engine->kind[k].role != PSN_REC_ROLE_RETURN;
}

/* Share of events of kind k that come back to an item of the row. */
static double meaning_repeats(const psn_rec_fitting *fit, int32_t k, int64_t *seen_in)
{
    const psn_rec_rows *rows = &fit->rows;
    int64_t again = 0, all = 0;
    for (int64_t r = 0; r < rows->rows; r++)
        for (int64_t e = rows->start[r]; e < rows->start[r + 1]; e++) {
            if (rows->kind[e] != k) continue;
            again += seen_in[rows->item[e]] == r + 1;
            seen_in[rows->item[e]] = r + 1;
            all++;
        }
    return all > 0 ? (double)again / (double)all : 0;
}

static int meaning_hides(psn_rec_fitting *fit, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_rec_engine *engine = &fit->model->engine;
    int64_t *seen_in = psn_alloc_zero((size_t)fit->items + 1, sizeof *seen_in);
    PSN_NEED(seen_in);
    for (int32_t k = 0; k < engine->kinds; k++) {
        psn_rec_kind *kind = engine->kind + k;
        if (kind->role == PSN_REC_ROLE_PURCHASE) kind->hides = 1;
        if (kind->role != PSN_REC_ROLE_OTHER || fit->mode == PSN_REC_SESSIONS) continue;
        memset(seen_in, 0, (size_t)fit->items * sizeof *seen_in);
        kind->hides = meaning_repeats(fit, k, seen_in) < MEANING_REPEATS;
    }
done:
    psn_release(seen_in);
    return rc;
}

int psn_rec_fit_meaning(psn_rec_fitting *fit, persona_error *error)
{
    int rc = PERSONA_OK;
    const char *target = REC_TEXT(fit, "target"), *hide = REC_TEXT(fit, "hide");
    if (strcmp(target, "auto") == 0)
        meaning_wanted(&fit->model->engine);
    else
        PSN_TRY(meaning_list(fit, "target", 0, error));
    if (strcmp(hide, "auto") == 0)
        PSN_TRY(meaning_hides(fit, error));
    else if (strcmp(hide, "none") != 0)
        PSN_TRY(meaning_list(fit, "hide", 1, error));
done:
    return rc;
}
