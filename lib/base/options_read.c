/* options_read.c: the value that was set, or the default of the schema. */
#include <string.h>

#include "base/options_store.h"

int psn_params_is_set(const persona_params *params, const char *name)
{
    const char *value;
    if (psn_params_member(params, name, 0, &value) != NULL) return 1;
    return psn_options_entry_of(params, name) != NULL;
}

const char *psn_params_text(const persona_params *params, const psn_schema *schema,
                            const char *name)
{
    const psn_options_entry *entry = psn_options_entry_of(params, name);
    if (entry != NULL) return entry->value;
    const psn_option *option = psn_options_find(schema, name);
    return option == NULL ? "" : option->fallback;
}

static double read_number(const persona_params *params, const psn_schema *schema,
                          const char *name, int *is_auto, int64_t *whole)
{
    const psn_option *option = psn_options_find(schema, name);
    const char *text = psn_params_text(params, schema, name);
    double value = 0.0;
    psn_option_type type = option == NULL ? PSN_OPTION_REAL : option->type;
    int found = psn_options_number(type, text, strlen(text), &value, whole);
    if (is_auto != NULL) *is_auto = !found;
    return found ? value : 0.0;
}

int64_t psn_params_int(const persona_params *params, const psn_schema *schema,
                       const char *name, int *is_auto)
{
    int64_t whole;
    read_number(params, schema, name, is_auto, &whole);
    return whole;
}

double psn_params_real(const persona_params *params, const psn_schema *schema,
                       const char *name, int *is_auto)
{
    int64_t whole;
    return read_number(params, schema, name, is_auto, &whole);
}

int psn_params_bool(const persona_params *params, const psn_schema *schema,
                    const char *name)
{
    const char *text = psn_params_text(params, schema, name);
    return psn_options_truth(text, strlen(text)) == 1;
}

const char *psn_params_member(const persona_params *params, const char *family, size_t i,
                              const char **value)
{
    *value = NULL;
    for (size_t at = 0; params != NULL && at < params->count; at++) {
        const psn_options_entry *entry = &params->entries[at];
        if (strcmp(entry->option->name, family) != 0) continue;
        size_t prefix = psn_options_family(entry->option);
        if (prefix == 0 || i-- > 0) continue;
        *value = entry->value;
        return entry->name + prefix;
    }
    return NULL;
}
