/* segment_fit_options.c: options that have no effect are errors; what every option was in
 * the end is kept in the model. Threads and limits are not: they change no result. */
#include "base/error.h"
#include "base/number.h"
#include "data/datetime.h"
#include "shop/segment/segment_fit.h"
#include "shop/settings.h"

#include <string.h>

static const psn_segment_input *options_input(const psn_fit *fit, const char *name)
{
    for (int32_t i = 0; i < fit->model->inputs; i++)
        if (strcmp(fit->model->input[i].name, name) == 0) return fit->model->input + i;
    return NULL;
}

/* Members of weight.* and transform.* must be inputs. */
static int options_columns(const psn_fit *fit, const char *family, int numbers_only,
                           persona_error *error)
{
    const char *key, *value;
    char what[320];
    for (size_t i = 0; (key = psn_params_member(fit->params, family, i, &value)) != NULL;
         i++) {
        const psn_segment_input *input = options_input(fit, key);
        psn_format(what, sizeof what, "%.*s.%.200s", (int)strlen(family) - 2, family,
                   key);
        if (input == NULL)
            return psn_settings_useless(error, what,
                                        "no such column groups the customers");
        if (numbers_only && input->type == PSN_SEGMENT_TEXT)
            return psn_settings_useless(error, what,
                                        "the column is text, always a category");
    }
    return PERSONA_OK;
}

static int options_set(const psn_fit *fit, const char *name)
{
    return psn_params_is_set(fit->params, name);
}

static int options_count(const psn_fit *fit, int transform)
{
    int count = 0;
    for (int32_t i = 0; i < fit->model->inputs; i++)
        count += (int)fit->model->input[i].transform == transform;
    return count;
}

static int options_choice(const psn_fit *fit, persona_error *error)
{
    int k_auto;
    PSN_FIT_INT(fit, "k", &k_auto);
    if (!k_auto && (options_set(fit, "k_min") || options_set(fit, "k_max")))
        return psn_settings_useless(error, options_set(fit, "k_min") ? "k_min" : "k_max",
                                    "k is given");
    if (k_auto && PSN_FIT_INT(fit, "k_min", NULL) > PSN_FIT_INT(fit, "k_max", NULL))
        return psn_fail(error, PERSONA_EOPTION, "k_min: must not be above k_max");
    if (options_set(fit, "gap_references") && !PSN_FIT_BOOL(fit, "gap"))
        return psn_settings_useless(error, "gap_references", "gap is not asked for");
    if (options_set(fit, "stability_rounds") && !PSN_FIT_BOOL(fit, "stability"))
        return psn_settings_useless(error, "stability_rounds",
                                    "stability is not asked for");
    return PERSONA_OK;
}

static int options_log(const psn_fit *fit, persona_error *error)
{
    const char *value;
    if (!fit->model->log && options_set(fit, "rfm_bins"))
        return psn_settings_useless(error, "rfm_bins", "the table is no log of orders");
    if (!fit->model->log && psn_params_member(fit->params, "rfm_cuts.*", 0, &value))
        return psn_settings_useless(error, "rfm_cuts", "the table is no log of orders");
    if (fit->model->as_of_named && !fit->model->log) {
        int times = 0;
        for (int32_t i = 0; i < fit->model->inputs; i++)
            times += fit->model->input[i].type == PSN_SEGMENT_TIME;
        if (times == 0)
            return psn_settings_useless(
                error, "as_of",
                "there is neither a log of orders nor a time to group by");
    }
    return PERSONA_OK;
}

int psn_fit_check_options(const psn_fit *fit, persona_error *error)
{
    int rc;
    PSN_TRY(options_columns(fit, "weight.*", 0, error));
    PSN_TRY(options_columns(fit, "transform.*", 1, error));
    PSN_TRY(options_choice(fit, error));
    PSN_TRY(options_log(fit, error));
    if (options_set(fit, "winsor") && !options_count(fit, PSN_SEGMENT_AUTO) &&
        !options_count(fit, PSN_SEGMENT_WINSOR))
        return psn_settings_useless(error, "winsor",
                                    "no column has transform auto or winsor");
    if (options_set(fit, "gamma") && !options_count(fit, PSN_SEGMENT_CATEGORY))
        return psn_settings_useless(error, "gamma", "no column is a category");
    if (PSN_FIT_INT(fit, "examples", NULL) > 0 && fit->column[PSN_ROLE_USER] < 0)
        return psn_settings_useless(error, "examples",
                                    "there is no id column (column.user)");
done:
    return rc;
}

/* ---- resolved */

static void options_auto(char *out, size_t capacity, const void *context,
                         const char *name)
{
    const psn_fit *fit = context;
    if (strcmp(name, "k") == 0 && fit->model->k > 0)
        psn_format(out, capacity, "%d", fit->model->k);
    if (strcmp(name, "gamma") == 0) psn_format(out, capacity, "%g", fit->gamma);
    if (strcmp(name, "as_of") == 0 && fit->model->as_of != PSN_AS_OF_FIND) {
        char time[PSN_TIME_BYTES];
        const size_t length = psn_print_time(time, fit->model->as_of);
        psn_format(out, capacity, "%.*s", (int)length, time);
    }
}

static int options_features(psn_text *out, const psn_fit *fit, persona_error *error)
{
    for (int32_t i = 0; i < fit->model->inputs; i++)
        psn_text_format(out, "%s%s", i > 0 ? "," : "", fit->model->input[i].name);
    return out->failed ? psn_fail_memory(error) : PERSONA_OK;
}

/* Options that changed nothing of this model. */
static int options_silent(const void *context, const char *name)
{
    const psn_fit *fit = context;
    int k_auto;
    PSN_FIT_INT(fit, "k", &k_auto);
    if (psn_name_in(name, "threads max_bytes dry_run features")) return 1;
    if (!k_auto && psn_name_in(name, "k_min k_max")) return 1;
    if (!fit->model->log && strcmp(name, "rfm_bins") == 0) return 1;
    if (!PSN_FIT_BOOL(fit, "gap") && strcmp(name, "gap_references") == 0) return 1;
    return !PSN_FIT_BOOL(fit, "stability") && strcmp(name, "stability_rounds") == 0;
}

int psn_fit_resolved(psn_fit *fit, persona_error *error)
{
    int rc;
    psn_text features = {0};
    PSN_TRY(options_features(&features, fit, error));
    const psn_settings settings = {
        &psn_segment_fit_schema, fit->params,  fit,
        options_silent,          options_auto, features.bytes ? features.bytes : ""};
    PSN_TRY(psn_settings_resolved(&fit->model->options, &settings, error));
done:
    psn_text_free(&features);
    return rc;
}
