/* roles.h: which column is what. A capability has a list of roles (user, time, order
 * ...); a column has one because option column.<role> names it, or because it is called
 * like it (data/name.h). A model keeps the names of its columns, so that later tables
 * need not say them again. */
#ifndef PSN_SHOP_ROLES_H
#define PSN_SHOP_ROLES_H

#include "base/text.h"
#include "data/table.h"

typedef struct psn_roles {
    const char *const *names;
    int count;
    int can_be_none; /* column.<role>=none says that there is none */
} psn_roles;

/* What options column.<role> of `params` name: at[role] is a column of the table, or
 * PERSONA_NONE where none was named; given[role] (or given NULL) tells roles that an
 * option was about. PERSONA_EOPTION for an unknown role, PERSONA_EDATA listing the
 * columns for an unknown column. */
int psn_roles_named(int64_t *at, int *given, const psn_roles *roles,
                    const persona_table *table, const persona_params *params,
                    persona_error *error);
/* The column that a model keeps for role r: PERSONA_NONE for NULL or "", PERSONA_EDATA
 * when the table lacks it. */
int psn_roles_column(int64_t *out, const psn_roles *roles, int r,
                     const persona_table *table, const char *name, persona_error *error);
/* PERSONA_EDATA unless the column holds numbers (or bools). */
int psn_roles_need_numbers(const psn_roles *roles, int r, const psn_column *column,
                           persona_error *error);
/* The names of the columns at[], copied into kept[]. */
int psn_roles_keep(char **kept, const psn_roles *roles, const persona_table *table,
                   const int64_t *at, persona_error *error);
void psn_roles_free(char **kept, const psn_roles *roles);
/* The role of the column of that name; NULL: it has none. */
const char *psn_roles_of(const psn_roles *roles, char *const *kept, const char *column);
/* ,"columns":{"user":"customer_id"} */
void psn_roles_describe(psn_text *json, const psn_roles *roles, char *const *kept);

#endif
