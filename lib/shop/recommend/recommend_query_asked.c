/* recommend_query_asked.c: what the options of a question mean for a model: who is asked,
 * with which share, what is hidden and where the limits are. Limits that have no effect,
 * because the model knows no prices, categories or brands, are errors.
 *
 *   for_you    the members with a share in the blend; the trees look at more
 *   buy_again  the own items
 *   similar    members without a direction, alike; if there are none, those with one
 *   together   what was bought together; a tenth as much who else knows the cart
 *   trending   nobody: the lists say it */
#include "base/error.h"
#include "shop/recommend/recommend_query.h"
#include "shop/settings.h"

#include <string.h>

#define ASKED_TEXT(name) psn_params_text(params, &psn_recommend_query_schema, name)
#define ASKED_INT(name)  psn_params_int(params, &psn_recommend_query_schema, name, &none)
#define ASKED_REAL(name) psn_params_real(params, &psn_recommend_query_schema, name, &none)
#define ASKED_REST       0.1f /* together: the share of who else knows */

static void asked_member(psn_rec_asked *asked, const psn_rec_engine *engine, int m,
                         float weight)
{
    if (!engine->member[m].fitted || weight <= 0) return;
    asked->members |= 1u << m;
    asked->weight[m] = weight;
}

static void asked_undirected(psn_rec_asked *asked, const psn_rec_engine *engine,
                             float weight)
{
    static const int members[] = {PSN_REC_RP3BETA, PSN_REC_ITEM_KNN, PSN_REC_EASE,
                                  PSN_REC_ALS, PSN_REC_CONTENT};
    for (int i = 0; i < 5; i++) asked_member(asked, engine, members[i], weight);
}

static void asked_directed(psn_rec_asked *asked, const psn_rec_engine *engine,
                           float weight)
{
    static const int members[] = {PSN_REC_SEQUENCE, PSN_REC_RIDGE, PSN_REC_SESSION_KNN};
    for (int i = 0; i < 3; i++) asked_member(asked, engine, members[i], weight);
}

static void asked_members(psn_rec_asked *asked, const psn_rec_engine *engine)
{
    switch (asked->question) {
    case PSN_REC_ASK_FOR_YOU:
        for (int m = 0; m < PSN_REC_MEMBERS; m++)
            asked_member(asked, engine, m, engine->member[m].share);
        if (asked->trees) asked->members = psn_rec_blended(engine);
        break;
    case PSN_REC_ASK_AGAIN:
        if (engine->own_rate) asked_member(asked, engine, PSN_REC_OWN, 1);
        break;
    case PSN_REC_ASK_SIMILAR:
        asked_undirected(asked, engine, 1);
        if (asked->members == 0) asked_directed(asked, engine, 1);
        break;
    case PSN_REC_ASK_TOGETHER:
        asked_member(asked, engine, PSN_REC_TOGETHER, 1);
        asked_directed(asked, engine, asked->members ? ASKED_REST : 1);
        asked_member(asked, engine, PSN_REC_RP3BETA,
                     asked->members >> PSN_REC_TOGETHER & 1 ? ASKED_REST : 1);
        if (asked->members == 0) asked_undirected(asked, engine, 1);
        break;
    default:
        break;
    }
}

static int32_t asked_question(const char *name)
{
    static const char *const names[] = {"for_you", "buy_again", "similar", "together",
                                        "trending"};
    int32_t question = 0;
    while (question < PSN_REC_ASK_TRENDING && strcmp(names[question], name) != 0)
        question++;
    return question;
}

static int asked_hides(psn_rec_asked *asked, const psn_rec_engine *engine,
                       const persona_params *params, persona_error *error)
{
    char name[64];
    const char *cursor = ASKED_TEXT("hide");
    int more;
    if (strcmp(cursor, "none") == 0) return PERSONA_OK;
    if (strcmp(cursor, "auto") == 0) {
        for (int32_t k = 0; k < engine->kinds; k++)
            asked->hides |= (uint32_t)(engine->kind[k].hides != 0) << k;
        return PERSONA_OK;
    }
    if (asked->question == PSN_REC_ASK_AGAIN)
        return psn_settings_useless(error, "hide", "buy_again shows what was bought");
    while ((more = psn_list_next(&cursor, name, sizeof name)) != 0) {
        int32_t k = 0;
        while (k < engine->kinds && strcmp(engine->kind[k].name, name) != 0) k++;
        if (more < 0 || k == engine->kinds)
            return psn_fail(error, PERSONA_EOPTION,
                            "hide: names a kind of events that the model has not");
        asked->hides |= 1u << k;
    }
    return PERSONA_OK;
}

static int asked_prices(psn_rec_query *query, const persona_params *params,
                        persona_error *error)
{
    int none, no_least, no_most;
    const psn_rec_engine *engine = &psn_rec_model_of(query)->engine;
    const double least =
        psn_params_real(params, &psn_recommend_query_schema, "price_min", &no_least);
    double most = ASKED_REAL("price_max");
    no_most = none;
    if (no_most) most = no_least ? 0 : 1e30;
    if (!no_least || !no_most) {
        if (engine->facts.price == NULL)
            return psn_settings_useless(error, no_least ? "price_max" : "price_min",
                                        "the model knows no prices");
        if (most < least || most == 0)
            return psn_fail(error, PERSONA_EOPTION,
                            "price_max: need more than 0 and at least price_min");
    }
    psn_rec_filter_open(query->open, engine, least, most);
    return PERSONA_OK;
}

static int asked_limits(psn_rec_asked *asked, const psn_rec_engine *engine,
                        const persona_params *params, persona_error *error)
{
    int none;
    asked->limit = (int32_t)ASKED_INT("limit");
    asked->diversity = (float)ASKED_REAL("diversity");
    asked->per_category = (int32_t)ASKED_INT("max_per_category");
    asked->per_brand = (int32_t)ASKED_INT("max_per_brand");
    if (asked->per_category > 0 && engine->facts.category == NULL)
        return psn_settings_useless(error, "max_per_category",
                                    "the model knows no categories");
    if (asked->per_brand > 0 && engine->facts.brand == NULL)
        return psn_settings_useless(error, "max_per_brand", "the model knows no brands");
    return PERSONA_OK;
}

static int asked_calibrated(psn_rec_asked *asked, const psn_rec_engine *engine,
                            const persona_params *params, persona_error *error)
{
    asked->calibrated =
        psn_params_bool(params, &psn_recommend_query_schema, "calibrated");
    if (!asked->calibrated) return PERSONA_OK;
    if (asked->question != PSN_REC_ASK_FOR_YOU)
        return psn_settings_useless(error, "calibrated",
                                    "only answers to for_you have probabilities");
    if (engine->chance[PSN_REC_CHANCE_BLEND] == NULL)
        return psn_settings_useless(
            error, "calibrated", "the fit had too few cases to learn probabilities from");
    return PERSONA_OK;
}

int psn_rec_ask(psn_rec_query *query, const persona_params *params, int single,
                persona_error *error)
{
    static const char *const only_tables[] = {"k", "threads"};
    int rc;
    const char *role;
    psn_rec_asked *asked = &query->asked;
    const psn_rec_engine *engine = &psn_rec_model_of(query)->engine;
    memset(asked, 0, sizeof *asked);
    if (single) {
        PSN_TRY(psn_settings_only_tables(params, only_tables, 2, error));
        if (psn_params_member(params, "column.*", 0, &role))
            PSN_TRY(psn_settings_useless(error, "column", "there is no table"));
    }
    asked->question = asked_question(ASKED_TEXT("question"));
    asked->trees = asked->question == PSN_REC_ASK_FOR_YOU && engine->fast != NULL &&
                   strcmp(ASKED_TEXT("speed"), "best") == 0;
    asked_members(asked, engine);
    PSN_TRY(asked_hides(asked, engine, params, error));
    PSN_TRY(asked_limits(asked, engine, params, error));
    PSN_TRY(asked_prices(query, params, error));
    PSN_TRY(asked_calibrated(asked, engine, params, error));
done:
    return rc;
}
