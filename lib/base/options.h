/* options.h: options by name over descriptor tables.
 *
 * A schema is one static table, the single source of names, types, defaults, bounds and
 * docs; params hold what was set; the reader of options asks by name and gets the value
 * set or the default. */
#ifndef PSN_BASE_OPTIONS_H
#define PSN_BASE_OPTIONS_H

#include <stddef.h>
#include <stdint.h>
#include "base/text.h"
#include "persona/types.h"

typedef enum psn_option_type {
    PSN_OPTION_INT,
    PSN_OPTION_REAL,
    PSN_OPTION_BOOL,
    PSN_OPTION_TEXT,
    PSN_OPTION_CHOICE, /* one of `choices` */
    PSN_OPTION_LIST    /* texts separated by commas; quotes keep a comma */
} psn_option_type;

typedef struct psn_option {
    const char *name; /* "k"; a family ends in ".*": "weight.*" */
    psn_option_type type;
    const char *fallback; /* default as text; "" = unset. "auto" makes "auto" a value of a
                             number too */
    double min, max;     /* of numbers; infinite = open on that side; both 0: no bounds */
    const char *choices; /* "auto none log1p", or NULL */
    const char *unit;    /* "ms", "bytes", "" */
    const char *doc;     /* one line */
    const char *since;   /* "0.1" */
} psn_option;

typedef struct psn_schema {
    const char *name; /* "segmenter.fit" */
    const psn_option *options;
    size_t count;
} psn_schema;

int psn_params_new(persona_params **out, const psn_schema *schema, persona_error *error);
void psn_params_free(persona_params *params);
int psn_params_set_int(persona_params *, const char *name, int64_t, persona_error *);
int psn_params_set_real(persona_params *, const char *name, double, persona_error *);
int psn_params_set_text(persona_params *, const char *name, const char *text,
                        int64_t length, persona_error *);
int psn_params_parse(persona_params *, const char *text, persona_error *);

/* PERSONA_EOPTION unless params is NULL or of this schema. */
int psn_params_expect(const persona_params *params, const psn_schema *schema,
                      persona_error *error);

/* Readers: params may be NULL (all defaults); `name` must be in the schema. Numbers:
 * *is_auto (may be NULL) tells that the value is "auto" or "" (then 0 is returned). */
int psn_params_is_set(const persona_params *params, const char *name);
int64_t psn_params_int(const persona_params *params, const psn_schema *schema,
                       const char *name, int *is_auto);
double psn_params_real(const persona_params *params, const psn_schema *schema,
                       const char *name, int *is_auto);
int psn_params_bool(const persona_params *params, const psn_schema *schema,
                    const char *name);
/* Text, choice or list as text; NUL-terminated, belongs to params or the schema. */
const char *psn_params_text(const persona_params *params, const psn_schema *schema,
                            const char *name);
/* Family members that were set: i = 0, 1 ... until NULL. The key is the part after the
 * dot. E.g. family "weight.*". */
const char *psn_params_member(const persona_params *params, const char *family, size_t i,
                              const char **value);
/* Walks a list value: *cursor starts as the text; 1 and one item (unquoted, in `item`),
 * or 0 at the end. Items longer than capacity - 1 are an error: -1. */
int psn_list_next(const char **cursor, char *item, size_t capacity);

#endif
