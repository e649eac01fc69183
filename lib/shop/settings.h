/* settings.h: the options of a fit or a query, seen from the model: an option that has no
 * effect is an error, and what every option was in the end, "auto" resolved, is kept in
 * the model as a table (option, value). */
#ifndef PSN_SHOP_SETTINGS_H
#define PSN_SHOP_SETTINGS_H

#include "base/options.h"
#include "persona/types.h"

/* PERSONA_EOPTION: "<name> has no effect: <why>". */
int psn_settings_useless(persona_error *error, const char *name, const char *why);
/* PERSONA_EOPTION if one of the options is set, where a single question is prepared. */
int psn_settings_only_tables(const persona_params *params, const char *const *names,
                             size_t count, persona_error *error);
/* The first option of the schema that begins like that ("gbdt.") and is set, or NULL. */
const char *psn_settings_any(const psn_schema *schema, const persona_params *params,
                             const char *start);

/* Sets an option of `to` (for "column.*" all members) as it is set in `from`, both of the
 * schema; nothing where it is not set. */
int psn_settings_copy(persona_params *to, const persona_params *from,
                      const psn_schema *schema, const char *name, persona_error *error);

/* What was set and what "auto" came to. */
typedef struct psn_settings {
    const psn_schema *schema;
    const persona_params *params;
    const void *fit; /* handed to the two below */
    /* 1 for options that changed nothing of this model: threads, limits, those of a way
     * not gone. */
    int (*silent)(const void *fit, const char *name);
    /* `out` holds "auto": writes what it came to, or leaves it. */
    void (*resolve)(char *out, size_t capacity, const void *fit, const char *name);
    const char *features; /* the last row: the columns learnt from; NULL: no such row */
} psn_settings;
int psn_settings_resolved(persona_table **out, const psn_settings *settings,
                          persona_error *error);

/* ,"options":{"k":"5"} of such a table. */
void psn_settings_describe(psn_text *json, const persona_table *options);

#endif
