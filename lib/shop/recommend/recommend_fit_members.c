/* recommend_fit_members.c: one member, fitted from the events that may be learnt, with
 * one setting. Which settings are worth a try depends on what the data is: sets,
 * sequences or sessions, dense or sparse. The numbers were chosen on validation parts of
 * public data. */
#include "base/error.h"
#include "base/memory.h"
#include "learn/bought_together.h"
#include "learn/directed_ridge.h"
#include "learn/ease.h"
#include "learn/item_knn.h"
#include "learn/rp3beta.h"
#include "learn/sequence_rules.h"
#include "shop/recommend/recommend_fit.h"

#include <math.h>
#include <string.h>

enum {
    MEMBERS_EASE_ITEMS = 6000, /* closed forms: items^3 */
    MEMBERS_RIDGE_ITEMS = 6000,
    MEMBERS_KEEP = 400
};

const char *const psn_rec_member_names[PSN_REC_MEMBERS] = {
    "popular",     "trending", "rp3beta",         "item_knn",
    "ease",        "als",      "sequence",        "directed_ridge",
    "session_knn", "own",      "bought_together", "content"};

/* ---- settings */

static int members_sets(struct psn_rec_setting *settings, const double (*values)[4],
                        int count)
{
    for (int s = 0; s < count; s++)
        memcpy(settings[s].value, values[s], sizeof settings[s].value);
    return count;
}

static int members_als_settings(const psn_rec_fitting *fit,
                                struct psn_rec_setting *settings)
{
    const double cells = (double)fit->rows.rows * fit->items;
    const int sparse = (double)fit->rows.events / cells < 0.004;
    /* factors, unobserved, regularization, iterations */
    static const double dense_values[][4] = {{64, 0.3, 0.006, 12}};
    static const double sparse_values[][4] = {{128, 0.02, 0.002, 6}};
    return sparse ? members_sets(settings, sparse_values, 1)
                  : members_sets(settings, dense_values, 1);
}

int psn_rec_fit_settings(const psn_rec_fitting *fit, int m,
                         struct psn_rec_setting settings[8])
{
    const int sessions = fit->mode == PSN_REC_SESSIONS;
    const int ordered = fit->mode != PSN_REC_SETS && fit->times != PSN_REC_KIND_POSITIONS;
    static const double nothing[][4] = {{0}};
    static const double rp3[][4] = {{0.8, 0.3}, {0.6, 0.1}, {1, 0.5}};
    static const double ease[][4] = {{500}, {200}};
    /* steps, reverse, column norm, row norm */
    static const double rules[][4] = {{20, 0, 0.15, 0.6}, {5, 0.5, 0.2, 0.5}};
    static const double session_rules[][4] = {{20, 0.5, 0.25, 0.5}};
    static const double ridge[][4] = {{150}};
    static const double knn[][4] = {{0.5, 1}};
    switch (m) {
    case PSN_REC_POPULAR:
    case PSN_REC_OWN:
        return members_sets(settings, nothing, 1);
    case PSN_REC_RP3BETA:
        return sessions ? 0 : members_sets(settings, rp3, 3);
    case PSN_REC_EASE:
        return !sessions && fit->items <= MEMBERS_EASE_ITEMS
                   ? members_sets(settings, ease, 2)
                   : 0;
    case PSN_REC_ALS:
        return sessions ? 0 : members_als_settings(fit, settings);
    case PSN_REC_SEQUENCE:
        return !ordered   ? 0
               : sessions ? members_sets(settings, session_rules, 1)
                          : members_sets(settings, rules, 2);
    case PSN_REC_RIDGE:
        return ordered && !sessions && fit->items <= MEMBERS_RIDGE_ITEMS
                   ? members_sets(settings, ridge, 1)
                   : 0;
    case PSN_REC_SESSION_KNN:
        return sessions ? members_sets(settings, knn, 1) : 0;
    default:
        return 0;
    }
}

/* ---- fits */

typedef struct members_fit {
    psn_rec_member *member;
    const psn_rec_fitting *fit;
    const double *value;
    const uint8_t *learns;
} members_fit;

static int members_popular(const members_fit *of, const psn_rec_engine *engine,
                           persona_error *error)
{
    int rc = PERSONA_OK;
    const size_t items = (size_t)engine->items;
    PSN_NEED(of->member->score = psn_alloc(items + 1, sizeof(float)));
    /* Lately and ever, as one: what is gone sinks, what is new rises. */
    for (size_t i = 0; i < items; i++)
        of->member->score[i] =
            0.5f * engine->facts.popularity[i] + 0.5f * engine->facts.fresh[i];
done:
    return rc;
}

static int members_of_profile(const members_fit *of, int m, persona_error *error)
{
    int rc;
    const psn_rec_fitting *fit = of->fit;
    psn_sparse *profile = NULL;
    PSN_TRY(psn_rec_fit_profile(&profile, fit, of->learns, error));
    if (m == PSN_REC_RP3BETA) {
        psn_rp3beta_options options;
        psn_rp3beta_defaults(&options);
        options.alpha = of->value[0];
        options.beta = of->value[1];
        options.neighbors = MEMBERS_KEEP;
        PSN_TRY(psn_rp3beta_fit(&of->member->weights, profile, &options, fit->pool,
                                fit->task, error));
    } else if (m == PSN_REC_EASE) {
        psn_ease_options options;
        psn_ease_defaults(&options);
        options.regularization = of->value[0];
        options.keep = MEMBERS_KEEP * 2;
        PSN_TRY(psn_ease_fit(&of->member->weights, profile, &options, fit->pool,
                             fit->task, error));
    } else {
        psn_als_options options;
        psn_als_defaults(&options);
        options.factors = (int32_t)of->value[0];
        options.unobserved = of->value[1];
        options.regularization = of->value[2];
        options.iterations = (int32_t)of->value[3];
        options.seed = fit->seed;
        PSN_TRY(psn_als_fit(&of->member->als, profile, &options, fit->pool, fit->task,
                            error));
    }
done:
    psn_sparse_free(profile);
    return rc;
}

static int members_of_sequences(const members_fit *of, int m, persona_error *error)
{
    int rc;
    const psn_rec_fitting *fit = of->fit;
    psn_sparse *sequences = NULL;
    PSN_TRY(psn_rec_fit_sequences(&sequences, fit, of->learns, error));
    if (m == PSN_REC_SEQUENCE) {
        psn_sequence_rules_options options;
        psn_sequence_rules_defaults(&options);
        options.steps = (int32_t)of->value[0];
        options.power = of->value[0] > 10 && fit->mode != PSN_REC_SESSIONS ? 1 : 0.7;
        options.reverse = of->value[1];
        options.column_norm = of->value[2];
        options.row_norm = of->value[3];
        options.repeats = fit->mode == PSN_REC_SESSIONS;
        options.neighbors = MEMBERS_KEEP + 100;
        PSN_TRY(psn_sequence_rules_fit(&of->member->weights, sequences, &options,
                                       fit->pool, fit->task, error));
    } else if (m == PSN_REC_RIDGE) {
        psn_directed_ridge_options options;
        psn_directed_ridge_defaults(&options);
        options.regularization = of->value[0];
        options.keep = MEMBERS_KEEP * 2;
        PSN_TRY(psn_directed_ridge_fit(&of->member->weights, sequences, &options,
                                       fit->pool, fit->task, error));
    } else {
        psn_session_knn_options options;
        psn_session_knn_defaults(&options);
        PSN_TRY(psn_session_knn_new(&of->member->sessions, sequences, &options, fit->task,
                                    error));
    }
done:
    psn_sparse_free(sequences);
    return rc;
}

/* Where histories fade when order counts, until the choice finds better. */
static double members_decay(const psn_rec_fitting *fit, int m)
{
    if (m == PSN_REC_SEQUENCE) return fit->mode == PSN_REC_SESSIONS ? 0.6 : 0.8;
    if (m == PSN_REC_RIDGE) return 0.8;
    return 1;
}

int psn_rec_fit_member(psn_rec_engine *engine, const psn_rec_fitting *fit, int m,
                       const struct psn_rec_setting *setting, const uint8_t *learns,
                       persona_error *error)
{
    int rc = PERSONA_OK;
    psn_rec_member *member = engine->member + m;
    const members_fit of = {member, fit, setting->value, learns};
    psn_rec_member_clear(member);
    if (m == PSN_REC_POPULAR)
        PSN_TRY(members_popular(&of, engine, error));
    else if (m == PSN_REC_RP3BETA || m == PSN_REC_EASE || m == PSN_REC_ALS)
        PSN_TRY(members_of_profile(&of, m, error));
    else if (m != PSN_REC_OWN)
        PSN_TRY(members_of_sequences(&of, m, error));
    member->fitted = 1;
    member->weighted = engine->kinds > 1;
    member->decay = members_decay(fit, m);
    PSN_TRY(psn_rec_member_ready(engine, m, error));
done:
    if (rc != PERSONA_OK) psn_rec_member_clear(member);
    return rc;
}
