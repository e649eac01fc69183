/* recommend_fit_kinds.c: what kinds of events there are, what each means to the shop, and
 * how much one event weighs. Words are recognised in the languages of shop platforms'
 * logs; any other kind counts as interest. Option kind_weight.<kind> sets a weight. */
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "data/name.h"
#include "shop/recommend/recommend_fit.h"

#include <math.h>
#include <string.h>

static const char *const kinds_words[] = {
    [PSN_REC_ROLE_VIEW] =
        "view viewed views pageview page detail detailview click clicks "
        "clicked pv impression visit browse dwell read open watch play "
        "search v",
    [PSN_REC_ROLE_CART] =
        "cart addtocart addedtocart cartadd basket addtobasket wishlist "
        "addtowishlist fav favorite favourite like save saved bookmark "
        "addtocollection collect",
    [PSN_REC_ROLE_PURCHASE] = "purchase purchased buy bought order ordered transaction "
                              "sale sold checkout conversion paid payment",
    [PSN_REC_ROLE_RETURN] = "return returned refund refunded cancel cancelled canceled "
                            "removefromcart remove dislike",
    [PSN_REC_ROLE_OTHER] = "",
};
static const float kinds_weight[] = {[PSN_REC_ROLE_VIEW] = 1,
                                     [PSN_REC_ROLE_CART] = 2,
                                     [PSN_REC_ROLE_PURCHASE] = 3,
                                     [PSN_REC_ROLE_RETURN] = -3,
                                     [PSN_REC_ROLE_OTHER] = 1};

static int32_t kinds_role(const char *name)
{
    char plain[64];
    psn_name_plain(plain, sizeof plain, name);
    for (int32_t role = 0; role <= PSN_REC_ROLE_RETURN; role++)
        if (psn_name_in(plain, kinds_words[role])) return role;
    return PSN_REC_ROLE_OTHER;
}

static void kinds_start(psn_rec_kind *kind, const char *name, int32_t role)
{
    memset(kind, 0, sizeof *kind);
    psn_format(kind->name, sizeof kind->name, "%.60s", name);
    kind->role = role;
    kind->weight = kinds_weight[role];
}

static int kinds_weights(psn_rec_fitting *fit, persona_error *error)
{
    const char *name, *value;
    psn_rec_engine *engine = &fit->model->engine;
    for (size_t i = 0;
         (name = psn_params_member(fit->params, "kind_weight.*", i, &value)) != NULL;
         i++) {
        char option[96];
        int32_t k = 0;
        while (k < engine->kinds && strcmp(engine->kind[k].name, name) != 0) k++;
        if (k == engine->kinds)
            return psn_fail(error, PERSONA_EOPTION,
                            "kind_weight.%.60s: the table has no events of this kind",
                            name);
        psn_format(option, sizeof option, "kind_weight.%.60s", name);
        engine->kind[k].weight =
            (float)psn_params_real(fit->params, &psn_recommend_fit_schema, option, NULL);
    }
    return PERSONA_OK;
}

/* Without a column of kinds a table of orders holds purchases, another one interest. */
static void kinds_only(psn_rec_fitting *fit)
{
    psn_rec_engine *engine = &fit->model->engine;
    const int orders =
        fit->column[PSN_REC_ORDER] >= 0 || fit->column[PSN_REC_QUANTITY] >= 0;
    engine->kinds = 1;
    kinds_start(engine->kind, orders ? "purchase" : "event",
                orders ? PSN_REC_ROLE_PURCHASE : PSN_REC_ROLE_OTHER);
    engine->kind[0].weight = 1;
    engine->kind[0].events = fit->count;
}

/* The most frequent kinds keep their names; the rest is "other". */
static int kinds_of_column(psn_rec_fitting *fit, const int32_t *codes, psn_dict *names,
                           persona_error *error)
{
    int rc = PERSONA_OK;
    psn_rec_engine *engine = &fit->model->engine;
    const int64_t levels = psn_dict_count(names);
    int64_t *counts = psn_alloc_zero((size_t)levels + 1, sizeof *counts), rest = 0;
    int32_t *becomes = psn_alloc((size_t)levels + 1, sizeof *becomes);
    PSN_NEED(counts);
    PSN_NEED(becomes);
    for (int64_t i = 0; i < fit->count; i++) counts[codes[i] < 0 ? levels : codes[i]]++;
    for (int64_t l = 0; l <= levels; l++) becomes[l] = -1;
    for (engine->kinds = 0; engine->kinds < PSN_REC_KINDS - 1; engine->kinds++) {
        size_t length;
        char name[64];
        int64_t most = -1;
        for (int64_t l = 0; l < levels; l++)
            if (becomes[l] < 0 && counts[l] > 0 && (most < 0 || counts[l] > counts[most]))
                most = l;
        if (most < 0) break;
        const char *text = psn_dict_text(names, most, &length);
        psn_format(name, sizeof name, "%.*s", (int)(length < 60 ? length : 60), text);
        kinds_start(engine->kind + engine->kinds, name, kinds_role(name));
        engine->kind[engine->kinds].events = counts[most];
        becomes[most] = engine->kinds;
    }
    for (int64_t l = 0; l <= levels; l++)
        if (becomes[l] < 0) rest += counts[l];
    if (rest > 0 || engine->kinds == 0) {
        kinds_start(engine->kind + engine->kinds, "other", PSN_REC_ROLE_OTHER);
        engine->kind[engine->kinds].events = rest;
        for (int64_t l = 0; l <= levels; l++)
            if (becomes[l] < 0) becomes[l] = engine->kinds;
        engine->kinds++;
        PSN_TRY(psn_model_note(&fit->model->base, "other_kinds", "info", rest, error,
                               "%lld events of no or rare kinds count as kind \"other\"",
                               (long long)rest));
    }
    for (int64_t i = 0; i < fit->count; i++)
        fit->kind[i] = (uint8_t)becomes[codes[i] < 0 ? levels : codes[i]];
done:
    psn_release(counts);
    psn_release(becomes);
    return rc;
}

int psn_rec_fit_kinds(psn_rec_fitting *fit, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_dict *names = NULL;
    int32_t *codes = NULL;
    PSN_NEED(fit->kind = psn_alloc_zero((size_t)fit->count, sizeof *fit->kind));
    if (fit->column[PSN_REC_KIND] < 0) {
        kinds_only(fit);
    } else {
        PSN_NEED(codes = psn_alloc((size_t)fit->count, sizeof *codes));
        PSN_TRY(psn_table_encode(fit->table, fit->column[PSN_REC_KIND], codes, &names,
                                 error));
        PSN_TRY(kinds_of_column(fit, codes, names, error));
    }
    PSN_TRY(kinds_weights(fit, error));
done:
    psn_dict_free(names);
    psn_release(codes);
    return rc;
}
