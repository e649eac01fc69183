/* fraud_import.c: a fraud scorer out of a model that another library learnt.
 *
 * The file is told by its content: a LightGBM text begins with the line "tree", an
 * XGBoost JSON with a brace. Its columns become the inputs, all of them numbers
 * (categories by the codes that the other library was given), each one feature. The trees
 * are the only member of the blend with weight 1, and nothing is calibrated or shifted:
 * the probability is the one that the other library tells. Costs come from options, as in
 * a fit. What a fit knows of its orders (curves, calibration) is not in such a file, so
 * those parts are missing; thresholds and importance are there. */
#include "base/dict.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/os.h"
#include "base/task.h"
#include "base/utf8.h"
#include "learn/gbdt_import.h"
#include "shop/fraud/fraud_fit.h"

#include <math.h>
#include <string.h>

enum { IMPORT_NAME_MOST = 1024, IMPORT_OPTIONS_MOST = 32 };
#define IMPORT_USUAL 100.0

typedef struct fraud_importing {
    const persona_params *params;
    persona_fraud_scorer *model;
    psn_gbdt *trees;
    psn_gbdt_names names;
    const char *format; /* in words */
} fraud_importing;

/* ---- the file */

/* Where the content begins: after a byte order mark and blanks. */
static size_t import_begin(const char *bytes, size_t size)
{
    size_t at = size >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    while (at < size && memchr(" \t\r\n", bytes[at], 4) != NULL) at++;
    return at;
}

/* UBJSON, which XGBoost writes by default, has a type letter where JSON has a quote. */
static int import_is_ubjson(const char *bytes, size_t size)
{
    return size >= 2 && bytes[0] == '{' && bytes[1] != '\0' &&
           memchr("LilIU$#", bytes[1], 7) != NULL;
}

static int import_parse(fraud_importing *in, const char *bytes, size_t size,
                        persona_error *error)
{
    const size_t begin = import_begin(bytes, size);
    bytes += begin;
    size -= begin;
    if (import_is_ubjson(bytes, size))
        return psn_fail(
            error, PERSONA_EFORMAT,
            "path: is a binary XGBoost model (UBJSON); save_model with a name "
            "that ends in .json writes what can be read");
    if (size > 0 && bytes[0] == '{') {
        in->format = "XGBoost JSON";
        return psn_gbdt_import_xgboost(&in->trees, &in->names, bytes, size, error);
    }
    if (size > 4 && memcmp(bytes, "tree", 4) == 0 &&
        (bytes[4] == '\n' || bytes[4] == '\r')) {
        in->format = "LightGBM text";
        return psn_gbdt_import_lightgbm(&in->trees, &in->names, bytes, size, error);
    }
    return psn_fail(error, PERSONA_EFORMAT,
                    "path: is neither the text of a LightGBM model nor the JSON of an "
                    "XGBoost model");
}

static int import_read(fraud_importing *in, const char *path, persona_error *error)
{
    int rc;
    void *bytes = NULL;
    size_t size = 0;
    const int64_t most =
        psn_params_int(in->params, &psn_fraud_import_schema, "max_bytes", NULL);
    PSN_TRY(psn_os_read_all(path, most, &bytes, &size, NULL, error));
    PSN_TRY(import_parse(in, size > 0 ? bytes : "", size, error));
    if (in->trees->objective != PSN_GBDT_BINARY || in->trees->outputs != 1)
        PSN_FAIL(error, PERSONA_EDATA,
                 "path: the model's objective is %s; a fraud scorer needs a binary one "
                 "(LightGBM binary or cross_entropy, XGBoost binary:logistic)",
                 in->trees->objective == PSN_GBDT_CUSTOM
                     ? "none that tells a probability"
                     : psn_gbdt_objective_name(in->trees->objective));
done:
    psn_release(bytes);
    return rc;
}

/* ---- inputs and features */

/* Columns are asked for by name, so each needs one of its own. */
static int import_check_name(psn_dict *seen, const char *name, int32_t i,
                             persona_error *error)
{
    const size_t length = name == NULL ? 0 : strlen(name);
    if (length == 0 || length > IMPORT_NAME_MOST ||
        psn_utf8_valid(name, length) != length)
        return psn_fail_at(
            error, PERSONA_EDATA, i,
            "path: the name of column %d must be UTF-8 text of 1 to %d bytes", (int)i,
            (int)IMPORT_NAME_MOST);
    const int64_t number = psn_dict_add(seen, name, length);
    if (number < 0) return psn_fail_memory(error);
    if (number == i) return PERSONA_OK;
    return psn_fail_at(error, PERSONA_EDATA, i,
                       "path: columns %d and %d of the model have the same name",
                       (int)number, (int)i);
}

static int import_columns(fraud_importing *in, persona_error *error)
{
    int rc = PERSONA_OK;
    persona_fraud_scorer *model = in->model;
    const int32_t count = in->trees->features;
    psn_dict *seen = NULL;
    PSN_NEED(seen = psn_dict_new());
    PSN_NEED(model->input = psn_alloc_zero((size_t)count, sizeof *model->input));
    model->inputs = model->numbers = count;
    PSN_NEED(model->feature = psn_alloc_zero((size_t)count, sizeof *model->feature));
    model->features = count;
    for (int32_t i = 0; i < count; i++) {
        const char *name = in->names.name[i];
        PSN_TRY(import_check_name(seen, name, i, error));
        model->input[i].type = PSN_FRAUD_NUMBER;
        PSN_NEED(model->input[i].name = psn_copy_text(name, strlen(name)));
        psn_fraud_feature *feature = model->feature + i;
        PSN_NEED(feature->name = psn_copy_text(name, strlen(name)));
        feature->derive = PSN_FRAUD_VALUE;
        feature->input = feature->group = i;
        feature->other = -1;
        feature->low = feature->high = NAN; /* what is usual is not known */
    }
done:
    psn_dict_free(seen);
    return rc;
}

/* ---- amount and costs */

static int import_role(fraud_importing *in, const char *role, const char *name,
                       persona_error *error)
{
    int rc = PERSONA_OK;
    persona_fraud_scorer *model = in->model;
    const struct {
        psn_fraud_role role;
        int32_t *to;
    } known[] = {{PSN_FRAUD_ROLE_VALUE, &model->value},
                 {PSN_FRAUD_ROLE_PRICE, &model->price},
                 {PSN_FRAUD_ROLE_QUANTITY, &model->quantity}};
    size_t r = 0;
    int32_t i = 0;
    while (r < 3 && strcmp(psn_fraud_role_names[known[r].role], role) != 0) r++;
    if (r == 3)
        PSN_FAIL(error, PERSONA_EOPTION,
                 "column.%.40s: no such role here; there are value price quantity", role);
    while (i < model->inputs && strcmp(model->input[i].name, name) != 0) i++;
    if (i == model->inputs)
        PSN_FAIL(error, PERSONA_EOPTION, "column.%s: the model has no column \"%.80s\"",
                 role, name);
    *known[r].to = i;
    PSN_NEED(model->role[known[r].role] = psn_copy_text(name, strlen(name)));
done:
    return rc;
}

static int import_roles(fraud_importing *in, persona_error *error)
{
    int rc = PERSONA_OK;
    const char *role, *name;
    for (size_t i = 0;
         (role = psn_params_member(in->params, "column.*", i, &name)) != NULL; i++)
        PSN_TRY(import_role(in, role, name, error));
    if (in->model->quantity >= 0 && in->model->price < 0)
        PSN_FAIL(error, PERSONA_EOPTION,
                 "column.quantity has no effect: no column.price says what one costs");
    if (in->model->value >= 0 && in->model->price >= 0)
        PSN_FAIL(error, PERSONA_EOPTION,
                 "column.price has no effect: column.value tells the amount");
done:
    return rc;
}

static int import_costs(fraud_importing *in, persona_error *error)
{
    int rc;
    persona_fraud_scorer *model = in->model;
    psn_fraud_costs *costs = &model->costs;
    PSN_TRY(psn_fraud_costs_of(costs, in->params, &psn_fraud_import_schema, error));
    PSN_TRY(psn_fraud_costs_note(model, error));
done:
    return rc;
}

/* ---- what it is made of */

/* Options as they were in the end. Which file it was is nobody's business but the
 * caller's; limits change nothing. */
static int import_options(fraud_importing *in, persona_error *error)
{
    int rc;
    persona_table *table = NULL;
    char usual[32];
    const char *name[IMPORT_OPTIONS_MOST], *value[IMPORT_OPTIONS_MOST];
    static const char *const roles[] = {"column.value", "column.price",
                                        "column.quantity"};
    int64_t count = 0;
    for (int r = 0; r < 3; r++) {
        if (in->model->role[PSN_FRAUD_ROLE_VALUE + r] == NULL) continue;
        name[count] = roles[r];
        value[count++] = in->model->role[PSN_FRAUD_ROLE_VALUE + r];
    }
    psn_format(usual, sizeof usual, "%g", in->model->costs.usual_amount);
    for (size_t o = 0; o < psn_fraud_import_schema.count; o++) {
        const char *option = psn_fraud_import_schema.options[o].name;
        if (strcmp(option, "column.*") == 0 || strcmp(option, "max_bytes") == 0) continue;
        if (count == IMPORT_OPTIONS_MOST) break;
        name[count] = option;
        value[count++] =
            strcmp(option, "usual_amount") == 0
                ? usual
                : psn_params_text(in->params, &psn_fraud_import_schema, option);
    }
    PSN_TRY(psn_table_new(&table, error));
    PSN_TRY(psn_table_add_strings(table, "option", name, count, error));
    PSN_TRY(psn_table_add_strings(table, "value", value, count, error));
    in->model->options = table;
    table = NULL;
done:
    psn_table_free(table);
    return rc;
}

/* Hands the trees over to the model. */
static int import_trees(fraud_importing *in, persona_error *error)
{
    int rc;
    persona_fraud_scorer *model = in->model;
    model->trees = in->trees;
    in->trees = NULL;
    PSN_TRY(psn_gbdt_fast_new(&model->fast, model->trees, error));
    PSN_TRY(psn_gbdt_shap_new(&model->shap, model->trees, error));
    model->weight[PSN_FRAUD_TREES] = 1;
    model->shift = 1;
    PSN_TRY(
        psn_model_note(&model->base, "imported", "info", model->trees->trees, error,
                       "imported from %s: %d trees over %d columns; probabilities are "
                       "those of that model, not calibrated here",
                       in->format, (int)model->trees->trees, (int)model->inputs));
done:
    return rc;
}

static int import_make(fraud_importing *in, const char *path, persona_task *task,
                       persona_error *error)
{
    int rc;
    psn_fraud_fitting report = {.model = in->model}; /* no rows, no scores */
    in->model->value = in->model->price = in->model->quantity = -1;
    psn_task_enter(task, "import", 0, 1);
    PSN_TRY(import_read(in, path, error));
    PSN_TRY(psn_task_check(task, 0.5, error));
    PSN_TRY(import_columns(in, error));
    PSN_TRY(import_roles(in, error));
    PSN_TRY(import_trees(in, error));
    PSN_TRY(import_costs(in, error));
    in->model->ready = 1;
    PSN_TRY(psn_fraud_fit_report(&report, error));
    PSN_TRY(import_options(in, error));
    PSN_TRY(psn_task_check(task, 1, error));
    PSN_TRY(psn_model_seal(&in->model->base, error));
done:
    return rc;
}

int psn_fraud_import(persona_fraud_scorer **out, const char *path,
                     const persona_params *params, persona_task *task,
                     persona_error *error)
{
    int rc;
    void *made = NULL;
    fraud_importing in = {.params = params};
    *out = NULL;
    PSN_TRY(psn_params_expect(params, &psn_fraud_import_schema, error));
    PSN_TRY(psn_model_new(&made, sizeof(persona_fraud_scorer), &psn_fraud_kind, error));
    in.model = made;
    PSN_TRY(import_make(&in, path, task, error));
    *out = made;
    made = NULL;
done:
    psn_gbdt_names_free(&in.names);
    psn_gbdt_free(in.trees);
    if (made) psn_model_free(made);
    return rc;
}
