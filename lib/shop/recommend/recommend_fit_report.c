/* recommend_fit_report.c: what was tried and what came of it, as parts of the model:
 * "trials" (every setting of every member, its NDCG@20 on the cases) and "members" (the
 * best of each alone, its share in the blend), and as notes. */
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "data/table.h"
#include "learn/item_knn.h"
#include "shop/recommend/recommend_fit.h"

#include <math.h>
#include <string.h>

enum { REPORT_TRIALS = 256, REPORT_TEXT = 160 };

struct psn_rec_trials {
    int64_t count;
    int member[REPORT_TRIALS];
    char setting[REPORT_TRIALS][REPORT_TEXT];
    double quality[REPORT_TRIALS];
};

void psn_rec_trials_free(struct psn_rec_trials *trials)
{
    psn_release(trials);
}

static size_t report_value(char *out, size_t room, int m, int i, double value)
{
    const char *option = psn_rec_setting_option(m, i);
    if (m == PSN_REC_ITEM_KNN && i == 0)
        return psn_format(out, room, "%s=%s", option, psn_knn_names[(int)value]);
    return psn_format(out, room, "%s%s=%g", i > 0 ? " " : "", option, value);
}

static void report_setting(char *out, size_t room, int m,
                           const struct psn_rec_setting *setting, double decay)
{
    size_t used = 0;
    out[0] = 0;
    for (int i = 0; i < 4 && psn_rec_setting_option(m, i); i++)
        if (setting->value[i] >= 0)
            used += report_value(out + used, room - used, m, i, setting->value[i]);
    if (decay < 1)
        psn_format(out + used, room - used, "%sdecay=%g", used > 0 ? " " : "", decay);
}

int psn_rec_fit_tried(psn_rec_fitting *fit, int m, const struct psn_rec_setting *setting,
                      double decay, double quality, persona_error *error)
{
    int rc = PERSONA_OK;
    if (fit->trials == NULL)
        PSN_NEED(fit->trials = psn_alloc_zero(1, sizeof *fit->trials));
    struct psn_rec_trials *trials = fit->trials;
    if (trials->count == REPORT_TRIALS) return PERSONA_OK;
    trials->member[trials->count] = m;
    report_setting(trials->setting[trials->count], REPORT_TEXT, m, setting, decay);
    trials->quality[trials->count++] = quality;
done:
    return rc;
}

static int report_trials(psn_rec_fitting *fit, persona_error *error)
{
    int rc;
    const char *name[REPORT_TRIALS], *setting[REPORT_TRIALS];
    struct psn_rec_trials *trials = fit->trials;
    const int64_t count = trials ? trials->count : 0;
    persona_table *table = NULL;
    for (int64_t i = 0; i < count; i++) {
        name[i] = psn_rec_member_names[trials->member[i]];
        setting[i] = trials->setting[i];
    }
    PSN_TRY(psn_table_new(&table, error));
    PSN_TRY(psn_table_add_strings(table, "member", name, count, error));
    PSN_TRY(psn_table_add_strings(table, "setting", setting, count, error));
    PSN_TRY(psn_table_add(table, "ndcg_20", PERSONA_TYPE_REAL,
                          trials ? trials->quality : NULL, NULL, count, error));
    fit->model->part[PSN_REC_PART_TRIALS] = table;
    table = NULL;
done:
    psn_table_free(table);
    return rc;
}

static int report_members(psn_rec_fitting *fit, persona_error *error)
{
    int rc;
    const char *name[PSN_REC_MEMBERS], *setting[PSN_REC_MEMBERS];
    char text[PSN_REC_MEMBERS][REPORT_TEXT];
    double alone[PSN_REC_MEMBERS], share[PSN_REC_MEMBERS];
    int64_t count = 0;
    persona_table *table = NULL;
    for (int m = 0; m < PSN_REC_MEMBERS; m++) {
        const psn_rec_member *member = fit->model->engine.member + m;
        if (!member->fitted) continue;
        name[count] = psn_rec_member_names[m];
        report_setting(text[count], REPORT_TEXT, m, fit->setting + m, member->decay);
        setting[count] = text[count];
        alone[count] = psn_rec_may_share(m) && fit->split.count > 0 ? fit->alone[m] : NAN;
        share[count++] = member->share;
    }
    PSN_TRY(psn_table_new(&table, error));
    PSN_TRY(psn_table_add_strings(table, "member", name, count, error));
    PSN_TRY(psn_table_add_strings(table, "setting", setting, count, error));
    PSN_TRY(psn_table_add(table, "ndcg_20_alone", PERSONA_TYPE_REAL, alone, NULL, count,
                          error));
    PSN_TRY(psn_table_add(table, "share", PERSONA_TYPE_REAL, share, NULL, count, error));
    fit->model->part[PSN_REC_PART_MEMBERS] = table;
    table = NULL;
done:
    psn_table_free(table);
    return rc;
}

int psn_rec_fit_report(psn_rec_fitting *fit, persona_error *error)
{
    int rc;
    persona_recommender *model = fit->model;
    const int trees = model->engine.trees != NULL;
    PSN_TRY(report_trials(fit, error));
    PSN_TRY(report_members(fit, error));
    if (fit->split.count == 0)
        PSN_TRY(psn_model_note(&model->base, "not_validated", "warning", 0, error,
                               "too few events to choose by: all learners count the "
                               "same"));
    else
        PSN_TRY(psn_model_note(&model->base, "validated", "info", fit->split.count, error,
                               "chosen on %lld cases that the learners had not seen: "
                               "NDCG@20 of the blend %.4f%s",
                               (long long)fit->split.count, fit->blend_quality,
                               trees ? "" : "; trees were not used"));
    if (model->engine.chance[PSN_REC_CHANCE_BLEND] == NULL)
        PSN_TRY(psn_model_note(&model->base, "not_calibrated", "info", 0, error,
                               "too few cases to learn probabilities from: questions "
                               "with calibrated=true are refused"));
    if (trees)
        PSN_TRY(psn_model_note(&model->base, "trees", "info", 1, error,
                               "trees order the best %d of the blend: NDCG@20 rises by "
                               "%.4f on cases they had not seen",
                               model->engine.reranked, fit->tree_gain));
done:
    return rc;
}
