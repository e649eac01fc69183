/* fraud_fit_inputs.c: which columns the model looks at.
 *
 * Every number, bool, time and category but what cannot serve: ids (each row its own
 * value, or named as the id of a user, order, card ...), constant columns, texts most of
 * whose values are met once. What is left out is noted with the reason. */
#include "base/error.h"
#include "base/memory.h"
#include "data/name.h"
#include "shop/fraud/fraud_fit.h"

#include <math.h>
#include <string.h>

/* Names of what belongs to one person or row. */
static const char inputs_id_words[] =
    "id uid uuid guid index row rowid rownumber unnamed0 key email emailaddress phone "
    "phonenumber name fullname firstname lastname username password ip ipaddress "
    "cardnumber "
    "ccnum ccnumber card cardid deviceid device iban policynumber token hash url userid "
    "customerid clientid memberid accountid orderid transactionid transactionno "
    "sessionid "
    "paymentid invoiceid invoiceno trackingid eventid";

int psn_fraud_fit_drop(psn_fraud_fitting *fit, const char *code, int64_t count,
                       const char *name, const char *why, persona_error *error)
{
    return psn_model_note(&fit->model->base, code, "info", count, error,
                          "column \"%s\" is not used: %s", name, why);
}

/* 1 if the option (a list) names the column; every name must be a column. */
static int inputs_listed(int *out, const psn_fraud_fitting *fit, const char *option,
                         const char *column, persona_error *error)
{
    char item[256];
    int more;
    const char *cursor = FRAUD_TEXT(fit, option);
    *out = 0;
    while ((more = psn_list_next(&cursor, item, sizeof item)) > 0)
        if (strcmp(item, column) == 0) *out = 1;
    return more < 0 ? psn_fail(error, PERSONA_EOPTION, "%s: a name is too long", option)
                    : PERSONA_OK;
}

static int inputs_check_list(const psn_fraud_fitting *fit, const char *option,
                             persona_error *error)
{
    char item[256], what[48];
    int64_t at;
    const char *cursor = FRAUD_TEXT(fit, option);
    if (strcmp(cursor, "auto") == 0) return PERSONA_OK;
    psn_format(what, sizeof what, "option %s", option);
    while (psn_list_next(&cursor, item, sizeof item) > 0) {
        const int rc = psn_name_column(&at, fit->table, item, what, error);
        if (rc != PERSONA_OK) return rc;
        if (at == fit->column[PSN_FRAUD_ROLE_LABEL] && strcmp(option, "exclude") != 0)
            return psn_fail(error, PERSONA_EOPTION, "%s: the label cannot be learnt from",
                            option);
        if (strcmp(option, "categories") == 0 &&
            psn_fraud_fit_column(fit, at)->type == PERSONA_TYPE_TIME)
            return psn_fail(error, PERSONA_EOPTION,
                            "categories: column \"%.80s\" holds times", item);
    }
    return PERSONA_OK;
}

static int inputs_constant(const psn_column *column, int64_t rows)
{
    const char *first = NULL, *text;
    int64_t size = 0, length;
    int missing = psn_column_missing(column, 0);
    if (column->type == PERSONA_TYPE_TEXT) psn_column_text(column, 0, &first, &size);
    const double number = missing ? NAN : psn_column_number(column, 0);
    for (int64_t i = 1; i < rows; i++) {
        if (psn_column_missing(column, i) != missing) return 0;
        if (missing) continue;
        if (column->type == PERSONA_TYPE_TEXT) {
            psn_column_text(column, i, &text, &length);
            if (length != size || memcmp(text, first, (size_t)size) != 0) return 0;
        } else if (psn_column_number(column, i) != number) {
            return 0;
        }
    }
    return 1;
}

/* Whole numbers that rise or fall from row to row: a running number. */
static int inputs_running(const psn_column *column, int64_t rows)
{
    if (column->type != PERSONA_TYPE_INT || rows < 20) return 0;
    const double first = psn_column_number(column, 0);
    const double sign = psn_column_number(column, 1) > first ? 1 : -1;
    for (int64_t i = 1; i < rows; i++)
        if (!(sign * (psn_column_number(column, i) - psn_column_number(column, i - 1)) >
              0))
            return 0;
    return 1;
}

static int inputs_id_name(const char *name)
{
    char plain[256];
    psn_name_plain(plain, sizeof plain, name);
    return psn_name_in(plain, inputs_id_words);
}

/* merchant_id, terminalId: a number that names something. */
static int inputs_names(const psn_column *column)
{
    const size_t length = strlen(column->name);
    if (column->type != PERSONA_TYPE_INT || length < 4) return 0;
    const char *end = column->name + length - 2;
    return strcmp(end, "Id") == 0 || strcmp(end, "ID") == 0 ||
           (end[-1] == '_' && strcmp(end, "id") == 0);
}

static int inputs_role(const psn_fraud_fitting *fit, int64_t column)
{
    for (int r = 0; r < PSN_FRAUD_ROLES; r++)
        if (fit->column[r] == column) return r;
    return -1;
}

/* Why a column cannot serve whatever it holds; NULL: it may. */
static const char *inputs_useless(const char **code, const psn_fraud_fitting *fit,
                                  int64_t c, int role, int category)
{
    const psn_column *column = psn_fraud_fit_column(fit, c);
    *code = "id_column";
    if (role == PSN_FRAUD_ROLE_USER || role == PSN_FRAUD_ROLE_ORDER)
        return category ? NULL : "it tells who or which, not what";
    *code = "constant";
    if (role != PSN_FRAUD_ROLE_TIME && inputs_constant(column, fit->rows))
        return psn_column_missing(column, 0) ? "all values are missing"
                                             : "it has one value";
    *code = "id_column";
    if (role >= 0 || category) return NULL;
    if (column->type != PERSONA_TYPE_TIME && column->type != PERSONA_TYPE_BOOL &&
        column->type != PERSONA_TYPE_TEXT && inputs_id_name(column->name))
        return "it is named like an id (option categories makes it a category)";
    if (inputs_running(column, fit->rows)) return "it is a running number";
    return NULL;
}

/* Adds a column as an input, unless it says nothing. */
static int inputs_add(psn_fraud_fitting *fit, int64_t c, int role, int category,
                      int silent, persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_column *column = psn_fraud_fit_column(fit, c);
    psn_fraud_input made = {.type = PSN_FRAUD_NUMBER, .silent = silent};
    int64_t kept, distinct = 0;
    if (role == PSN_FRAUD_ROLE_TIME && column->type != PERSONA_TYPE_TIME)
        return psn_fraud_fit_drop(fit, "time_number", 1, column->name,
                                  "it is a number, so it only tells which row is later",
                                  error);
    if (column->type == PERSONA_TYPE_TIME) made.type = PSN_FRAUD_TIME;
    if (column->type == PERSONA_TYPE_BOOL) made.type = PSN_FRAUD_BOOL;
    if (column->type == PERSONA_TYPE_TEXT || category) {
        made.type = column->type == PERSONA_TYPE_TEXT ? PSN_FRAUD_TEXT : PSN_FRAUD_CODE;
        PSN_TRY(psn_fraud_fit_levels(&made.levels, &kept, &distinct, fit, c, error));
        if (made.levels == NULL)
            return psn_fraud_fit_drop(fit, "many_levels", distinct, column->name,
                                      "most of its values are met in few rows", error);
    }
    PSN_NEED(made.name = psn_copy_text(column->name, strlen(column->name)));
    fit->model->input[fit->model->inputs++] = made;
    return PERSONA_OK;
done:
    psn_dict_free(made.levels);
    return rc;
}

static int inputs_column(psn_fraud_fitting *fit, int64_t c, int asked_all,
                         persona_error *error)
{
    int rc, listed, excluded, category;
    const char *code, *why;
    const psn_column *column = psn_fraud_fit_column(fit, c);
    const int role = inputs_role(fit, c);
    if (role == PSN_FRAUD_ROLE_LABEL || role == PSN_FRAUD_ROLE_WEIGHT) return PERSONA_OK;
    PSN_TRY(inputs_listed(&listed, fit, "features", column->name, error));
    PSN_TRY(inputs_listed(&excluded, fit, "exclude", column->name, error));
    PSN_TRY(inputs_listed(&category, fit, "categories", column->name, error));
    const int amount = role >= PSN_FRAUD_ROLE_VALUE;
    category |= role < 0 && inputs_names(column) && !inputs_id_name(column->name);
    const int silent = excluded || (!asked_all && !listed);
    if (silent && !amount) return PERSONA_OK;
    why = inputs_useless(&code, fit, c, listed && role < 0 ? PSN_FRAUD_ROLES : role,
                         category);
    if (why && !amount) return psn_fraud_fit_drop(fit, code, 1, column->name, why, error);
    PSN_TRY(inputs_add(fit, c, role, category, silent, error));
done:
    return rc;
}

static void inputs_texts_last(persona_fraud_scorer *model, psn_fraud_input *spare)
{
    int32_t at = 0;
    for (int text = 0; text < 2; text++)
        for (int32_t i = 0; i < model->inputs; i++)
            if ((model->input[i].type == PSN_FRAUD_TEXT) == text)
                spare[at++] = model->input[i];
    memcpy(model->input, spare, (size_t)model->inputs * sizeof *spare);
    model->numbers = 0;
    while (model->numbers < model->inputs &&
           model->input[model->numbers].type != PSN_FRAUD_TEXT)
        model->numbers++;
}

static int32_t inputs_of_role(const psn_fraud_fitting *fit, int role)
{
    if (fit->column[role] < 0) return -1;
    const char *name = psn_fraud_fit_column(fit, fit->column[role])->name;
    for (int32_t i = 0; i < fit->model->numbers; i++)
        if (strcmp(fit->model->input[i].name, name) == 0) return i;
    return -1;
}

int psn_fraud_fit_inputs(psn_fraud_fitting *fit, persona_error *error)
{
    int rc;
    persona_fraud_scorer *model = fit->model;
    const size_t most = (size_t)fit->table->count;
    psn_fraud_input *spare = psn_alloc(most, sizeof *spare);
    const int all = strcmp(FRAUD_TEXT(fit, "features"), "auto") == 0;
    PSN_NEED(spare);
    PSN_NEED(model->input = psn_alloc_zero(most, sizeof *model->input));
    static const char *const lists[] = {"features", "exclude", "categories"};
    for (int i = 0; i < 3; i++) PSN_TRY(inputs_check_list(fit, lists[i], error));
    for (int64_t c = 0; c < fit->table->count; c++)
        PSN_TRY(inputs_column(fit, c, all, error));
    inputs_texts_last(model, spare);
    model->value = inputs_of_role(fit, PSN_FRAUD_ROLE_VALUE);
    model->price = inputs_of_role(fit, PSN_FRAUD_ROLE_PRICE);
    model->quantity = inputs_of_role(fit, PSN_FRAUD_ROLE_QUANTITY);
    if (model->inputs == 0)
        PSN_FAIL(
            error, PERSONA_EDATA,
            "no column is left to learn from: ids, constant columns and texts of many "
            "values do not serve");
done:
    psn_release(spare);
    return rc;
}
