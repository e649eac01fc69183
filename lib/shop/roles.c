/* roles.c: columns by role (roles.h). */
#include "shop/roles.h"

#include <string.h>
#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"
#include "data/name.h"

static int roles_find(const psn_roles *roles, const char *name)
{
    for (int r = 0; r < roles->count; r++)
        if (strcmp(roles->names[r], name) == 0) return r;
    return -1;
}

static int roles_unknown(const psn_roles *roles, const char *role, persona_error *error)
{
    char list[256];
    size_t used = 0;
    for (int r = 0; r < roles->count; r++)
        used += psn_format(list + used, sizeof list - used, "%s%s", r > 0 ? " " : "",
                           roles->names[r]);
    return psn_fail(error, PERSONA_EOPTION,
                    "column.%.40s: no such role here; there are %s", role, list);
}

int psn_roles_named(int64_t *at, int *given, const psn_roles *roles,
                    const persona_table *table, const persona_params *params,
                    persona_error *error)
{
    const char *role, *name;
    for (int r = 0; r < roles->count; r++) at[r] = PERSONA_NONE;
    for (size_t i = 0; (role = psn_params_member(params, "column.*", i, &name)) != NULL;
         i++) {
        const int r = roles_find(roles, role);
        if (r < 0) return roles_unknown(roles, role, error);
        if (given) given[r] = 1;
        if (roles->can_be_none && strcmp(name, "none") == 0 &&
            psn_table_find(table, name) == PERSONA_NONE)
            continue;
        const int rc = psn_roles_column(&at[r], roles, r, table, name, error);
        if (rc != PERSONA_OK) return rc;
        if (at[r] == PERSONA_NONE)
            return psn_fail(error, PERSONA_EOPTION, "column.%s: names no column", role);
    }
    return PERSONA_OK;
}

int psn_roles_column(int64_t *out, const psn_roles *roles, int r,
                     const persona_table *table, const char *name, persona_error *error)
{
    char what[64];
    *out = PERSONA_NONE;
    if (name == NULL || name[0] == 0) return PERSONA_OK;
    psn_format(what, sizeof what, "role %s", roles->names[r]);
    return psn_name_column(out, table, name, what, error);
}

int psn_roles_need_numbers(const psn_roles *roles, int r, const psn_column *column,
                           persona_error *error)
{
    if (column->type != PERSONA_TYPE_TEXT && column->type != PERSONA_TYPE_TIME)
        return PERSONA_OK;
    return psn_fail(error, PERSONA_EDATA, "column \"%.80s\" (role %s) must hold numbers",
                    column->name, roles->names[r]);
}

int psn_roles_keep(char **kept, const psn_roles *roles, const persona_table *table,
                   const int64_t *at, persona_error *error)
{
    int rc = PERSONA_OK;
    for (int r = 0; r < roles->count; r++) {
        if (at[r] < 0) continue;
        const char *name = psn_table_column(table, at[r])->name;
        PSN_NEED(kept[r] = psn_copy_text(name, strlen(name)));
    }
done:
    return rc;
}

void psn_roles_free(char **kept, const psn_roles *roles)
{
    for (int r = 0; r < roles->count; r++) {
        psn_release(kept[r]);
        kept[r] = NULL;
    }
}

const char *psn_roles_of(const psn_roles *roles, char *const *kept, const char *column)
{
    for (int r = 0; r < roles->count; r++)
        if (kept[r] && strcmp(kept[r], column) == 0) return roles->names[r];
    return NULL;
}

void psn_roles_describe(psn_text *json, const psn_roles *roles, char *const *kept)
{
    int first = 1;
    psn_text_format(json, ",\"columns\":{");
    for (int r = 0; r < roles->count; r++) {
        if (kept[r] == NULL) continue;
        psn_text_format(json, "%s\"%s\":", first ? "" : ",", roles->names[r]);
        psn_text_json(json, kept[r], PERSONA_NUL);
        first = 0;
    }
    psn_text_append(json, "}", 1);
}
