/* command_kinds.h: what can be fitted. A new capability is one row of the table in
 * command_kinds.c, a verb that asks its models (verbs.c) and a page (report/report.c). */
#ifndef COMMAND_KINDS_H
#define COMMAND_KINDS_H

#include <stddef.h>
#include "persona.h"

typedef struct kind {
    const char *name, *fit_options, *query_options;
    const char *verb; /* what its models answer to */
    int (*fit)(persona_model **out, const persona_table *table, const persona_params *fit,
               persona_task *task, persona_error *error);
    int (*answer)(persona_table **out, const persona_model *model,
                  const persona_table *table, const persona_params *query,
                  persona_task *task, persona_error *error);
    const char *evaluate_options; /* this and below: NULL where a kind has none */
    int (*evaluate)(persona_table **out, const persona_table *table,
                    const persona_params *fit, const persona_params *evaluate,
                    persona_task *task, persona_error *error);
    const char *import_options;
    int (*import)(persona_model **out, const char *path, const persona_params *options,
                  persona_error *error);
} kind;

/* All of them; the last has no name. */
extern const kind kinds[];
const kind *kind_find(const char *name); /* NULL: there is none */
/* The error about a name that kind_find does not know. */
int kind_fail(const char *name, persona_error *error);
/* Names, ", " between: of all kinds, or of those that can be evaluated, imported. */
typedef enum kind_ability { KIND_ANY, KIND_EVALUATES, KIND_IMPORTS } kind_ability;
const char *kind_list(char *out, size_t capacity, kind_ability ability);

#endif
