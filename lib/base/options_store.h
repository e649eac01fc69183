/* options_store.h: what the options_*.c files share. */
#ifndef PSN_BASE_OPTIONS_STORE_H
#define PSN_BASE_OPTIONS_STORE_H

#include "base/options.h"

enum { PSN_OPTION_NAME_BYTES = 255, PSN_OPTION_ITEM_BYTES = 256 };

/* Every value is kept as text: a real printed in its shortest form reads back the same.
 */
typedef struct psn_options_entry {
    const psn_option *option; /* of the schema; a family has one for all keys */
    char *name;               /* "weight.recency" */
    char *value;
} psn_options_entry;

struct persona_params {
    const psn_schema *schema;
    psn_options_entry *entries; /* in order of first setting */
    size_t count, capacity;
};

/* Bytes of a family's name up to and with the dot, 0 if the option is no family. */
size_t psn_options_family(const psn_option *option);
/* The option of that name, or the family it belongs to; NULL if none. */
const psn_option *psn_options_find(const psn_schema *schema, const char *name);
/* PERSONA_EOPTION with the nearest name. */
int psn_options_unknown(const psn_schema *schema, const char *name, persona_error *error);

const psn_options_entry *psn_options_entry_of(const persona_params *params,
                                              const char *name);
/* Sets or replaces; the value has been checked. */
int psn_options_store(persona_params *params, const psn_option *option, const char *name,
                      const char *value, size_t length, persona_error *error);
int psn_options_check(const psn_option *option, const char *name, const char *value,
                      size_t length, persona_error *error);

/* 1 if the text is a number of that type; *out is set. */
int psn_options_number(psn_option_type type, const char *text, size_t length, double *out,
                       int64_t *whole);
/* 1 or 0, or -1 when it is neither. */
int psn_options_truth(const char *text, size_t length);

#endif
