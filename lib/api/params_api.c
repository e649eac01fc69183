/* Options by name, and their schemas as tables. */
#include "persona/params.h"

#include <math.h>
#include "api/check.h"
#include "api/schemas.h"
#include "base/memory.h"
#include "base/options.h"
#include "data/table.h"

int persona_params_new(persona_params **out, const char *schema, persona_error *error)
{
    const psn_schema *found = NULL;
    PSN_API_OUT(out);
    PSN_API_NEED(schema);
    int rc = psn_schema_find(&found, schema, error);
    if (rc != PERSONA_OK) return rc;
    return psn_params_new(out, found, error);
}

void persona_params_free(persona_params *params)
{
    psn_params_free(params);
}

int persona_params_set_int(persona_params *params, const char *name, int64_t value,
                           persona_error *error)
{
    PSN_API_NEED(params);
    PSN_API_NEED(name);
    return psn_params_set_int(params, name, value, error);
}

int persona_params_set_real(persona_params *params, const char *name, double value,
                            persona_error *error)
{
    PSN_API_NEED(params);
    PSN_API_NEED(name);
    return psn_params_set_real(params, name, value, error);
}

int persona_params_set_text(persona_params *params, const char *name, const char *text,
                            int64_t length, persona_error *error)
{
    PSN_API_NEED(params);
    PSN_API_NEED(name);
    PSN_API_TEXT(text, length);
    return psn_params_set_text(params, name, text == NULL ? "" : text, length, error);
}

int persona_params_parse(persona_params *params, const char *text, persona_error *error)
{
    PSN_API_NEED(params);
    PSN_API_NEED(text);
    return psn_params_parse(params, text, error);
}

static const char *schema_type(const psn_option *option)
{
    static const char *const names[] = {"int", "real", "bool", "text", "choice", "list"};
    return names[option->type];
}

static const char *schema_text(const psn_option *option, int field)
{
    const char *const fields[] = {option->name,    schema_type(option), option->fallback,
                                  option->choices, option->unit,        option->doc,
                                  option->since};
    return fields[field] == NULL ? "" : fields[field];
}

static int schema_add_text(persona_table *table, const char *name,
                           const psn_schema *schema, int field, persona_error *error)
{
    int rc = PERSONA_OK;
    const char **texts = psn_alloc(schema->count, sizeof *texts);
    PSN_NEED(texts);
    for (size_t i = 0; i < schema->count; i++)
        texts[i] = schema_text(&schema->options[i], field);
    PSN_TRY(psn_table_add_strings(table, name, texts, (int64_t)schema->count, error));
done:
    psn_release(texts);
    return rc;
}

static int schema_add_bound(persona_table *table, const char *name,
                            const psn_schema *schema, int upper, persona_error *error)
{
    int rc = PERSONA_OK;
    double *bounds = psn_alloc(schema->count, sizeof *bounds);
    PSN_NEED(bounds);
    for (size_t i = 0; i < schema->count; i++) {
        const psn_option *option = &schema->options[i];
        const int is_number =
            option->type == PSN_OPTION_INT || option->type == PSN_OPTION_REAL;
        bounds[i] = !is_number ? NAN : upper ? option->max : option->min;
    }
    PSN_TRY(psn_table_add(table, name, PERSONA_TYPE_REAL, bounds, NULL,
                          (int64_t)schema->count, error));
done:
    psn_release(bounds);
    return rc;
}

int persona_params_schema(persona_table **out, const char *schema, persona_error *error)
{
    static const char *const tail[] = {"choices", "unit", "doc", "since"};
    int rc = PERSONA_OK;
    persona_table *table = NULL;
    const psn_schema *found = NULL;
    PSN_API_OUT(out);
    PSN_API_NEED(schema);
    PSN_TRY(psn_schema_find(&found, schema, error));
    PSN_TRY(psn_table_new(&table, error));
    PSN_TRY(schema_add_text(table, "name", found, 0, error));
    PSN_TRY(schema_add_text(table, "type", found, 1, error));
    PSN_TRY(schema_add_text(table, "default", found, 2, error));
    PSN_TRY(schema_add_bound(table, "min", found, 0, error));
    PSN_TRY(schema_add_bound(table, "max", found, 1, error));
    for (int i = 0; i < 4; i++)
        PSN_TRY(schema_add_text(table, tail[i], found, 3 + i, error));
    *out = table;
    table = NULL;
done:
    psn_table_free(table);
    return rc;
}
