/* settings.c: options as they were in the end (settings.h). Members of families
 * ("weight.*") are rows of their own, under their whole names. */
#include "shop/settings.h"

#include <string.h>
#include "base/error.h"
#include "base/memory.h"
#include "data/table.h"

enum { SETTINGS_VALUE = 256 }; /* bytes of a value; longer ones are cut */

int psn_settings_useless(persona_error *error, const char *name, const char *why)
{
    return psn_fail(error, PERSONA_EOPTION, "%s has no effect: %s", name, why);
}

int psn_settings_only_tables(const persona_params *params, const char *const *names,
                             size_t count, persona_error *error)
{
    for (size_t i = 0; i < count; i++)
        if (psn_params_is_set(params, names[i]))
            return psn_fail(error, PERSONA_EOPTION,
                            "option %s has no effect here: it is for tables", names[i]);
    return PERSONA_OK;
}

const char *psn_settings_any(const psn_schema *schema, const persona_params *params,
                             const char *start)
{
    for (size_t o = 0; o < schema->count; o++) {
        const char *name = schema->options[o].name;
        if (strncmp(name, start, strlen(start)) == 0 && psn_params_is_set(params, name))
            return name;
    }
    return NULL;
}

int psn_settings_copy(persona_params *to, const persona_params *from,
                      const psn_schema *schema, const char *name, persona_error *error)
{
    const char *key, *value;
    char full[300];
    if (strchr(name, '*') == NULL)
        return psn_params_is_set(from, name)
                   ? psn_params_set_text(to, name, psn_params_text(from, schema, name),
                                         PERSONA_NUL, error)
                   : PERSONA_OK;
    for (size_t i = 0; (key = psn_params_member(from, name, i, &value)) != NULL; i++) {
        psn_format(full, sizeof full, "%.*s%s", (int)strlen(name) - 1, name, key);
        const int rc = psn_params_set_text(to, full, value, PERSONA_NUL, error);
        if (rc != PERSONA_OK) return rc;
    }
    return PERSONA_OK;
}

/* ---- resolved */

typedef struct settings_rows {
    const char **name, **value;
    char **owned; /* name NUL value */
    int64_t count;
} settings_rows;

static int settings_is_family(const psn_option *option)
{
    return strchr(option->name, '*') != NULL;
}

/* Room for an option a row, all members of families, and the features. */
static int settings_open(settings_rows *rows, const psn_settings *from,
                         persona_error *error)
{
    int rc = PERSONA_OK;
    const char *value;
    size_t most = from->schema->count + 1;
    for (size_t o = 0; o < from->schema->count; o++) {
        size_t i = 0;
        if (!settings_is_family(&from->schema->options[o])) continue;
        while (psn_params_member(from->params, from->schema->options[o].name, i, &value))
            i++;
        most += i;
    }
    PSN_NEED(rows->name = psn_alloc(most, sizeof *rows->name));
    PSN_NEED(rows->value = psn_alloc(most, sizeof *rows->value));
    PSN_NEED(rows->owned = psn_alloc(most, sizeof *rows->owned));
done:
    return rc;
}

static void settings_close(settings_rows *rows)
{
    for (int64_t i = 0; i < rows->count; i++) psn_release(rows->owned[i]);
    psn_release(rows->name);
    psn_release(rows->value);
    psn_release(rows->owned);
}

/* family: "weight.*" before the name of a member, or "". */
static int settings_put(settings_rows *rows, const char *family, const char *name,
                        const char *value, persona_error *error)
{
    psn_text text = {0};
    const size_t stem = family[0] ? strlen(family) - 1 : 0;
    psn_text_format(&text, "%.*s%s", (int)stem, family, name);
    psn_text_append(&text, "", 1);
    psn_text_format(&text, "%s", value);
    if (text.failed) {
        psn_text_free(&text);
        return psn_fail_memory(error);
    }
    rows->owned[rows->count] = text.bytes;
    rows->name[rows->count] = text.bytes;
    rows->value[rows->count++] = text.bytes + stem + strlen(name) + 1;
    return PERSONA_OK;
}

static int settings_option(settings_rows *rows, const psn_settings *from,
                           const psn_option *option, persona_error *error)
{
    int rc = PERSONA_OK;
    char resolved[SETTINGS_VALUE];
    const char *key, *value;
    if (from->silent(from->fit, option->name)) return PERSONA_OK;
    if (!settings_is_family(option)) {
        value = psn_params_text(from->params, from->schema, option->name);
        psn_format(resolved, sizeof resolved, "%s", value);
        if (strcmp(value, "auto") == 0)
            from->resolve(resolved, sizeof resolved, from->fit, option->name);
        return settings_put(rows, "", option->name, resolved, error);
    }
    for (size_t i = 0;
         (key = psn_params_member(from->params, option->name, i, &value)) != NULL; i++)
        PSN_TRY(settings_put(rows, option->name, key, value, error));
done:
    return rc;
}

int psn_settings_resolved(persona_table **out, const psn_settings *settings,
                          persona_error *error)
{
    int rc;
    settings_rows rows = {0};
    persona_table *table = NULL;
    PSN_TRY(settings_open(&rows, settings, error));
    for (size_t o = 0; o < settings->schema->count; o++)
        PSN_TRY(settings_option(&rows, settings, &settings->schema->options[o], error));
    if (settings->features)
        PSN_TRY(settings_put(&rows, "", "features", settings->features, error));
    PSN_TRY(psn_table_new(&table, error));
    PSN_TRY(psn_table_add_strings(table, "option", rows.name, rows.count, error));
    PSN_TRY(psn_table_add_strings(table, "value", rows.value, rows.count, error));
    *out = table;
    table = NULL;
done:
    psn_table_free(table);
    settings_close(&rows);
    return rc;
}

/* ---- describe */

static void settings_json(psn_text *json, const psn_column *column, int64_t row)
{
    const char *text;
    int64_t length;
    psn_column_text(column, row, &text, &length);
    psn_text_json(json, text ? text : "", text ? length : 0);
}

void psn_settings_describe(psn_text *json, const persona_table *options)
{
    const psn_column *name = psn_table_column(options, psn_table_find(options, "option"));
    const psn_column *value = psn_table_column(options, psn_table_find(options, "value"));
    psn_text_format(json, ",\"options\":{");
    for (int64_t i = 0; i < options->rows; i++) {
        if (i > 0) psn_text_append(json, ",", 1);
        settings_json(json, name, i);
        psn_text_append(json, ":", 1);
        settings_json(json, value, i);
    }
    psn_text_append(json, "}", 1);
}
