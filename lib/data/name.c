/* name.c: names of columns are compared by letters and digits only, whatever their case:
 * one shop's "Order Time" is another's order_time. */
#include "data/name.h"

#include <string.h>
#include "base/error.h"
#include "base/text.h"
#include "data/table.h"

enum { NAME_PLAIN = 256 };

void psn_name_plain(char *out, size_t capacity, const char *name)
{
    size_t used = 0;
    for (; *name && used + 1 < capacity; name++) {
        const char c = *name;
        if (c >= 'A' && c <= 'Z')
            out[used++] = (char)(c - 'A' + 'a');
        else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            out[used++] = c;
    }
    out[used] = 0;
}

int psn_name_in(const char *plain, const char *list)
{
    const size_t length = strlen(plain);
    for (const char *at = list; length > 0 && (at = strstr(at, plain)) != NULL; at++) {
        const int starts = at == list || at[-1] == ' ';
        if (starts && (at[length] == ' ' || at[length] == 0)) return 1;
    }
    return 0;
}

int64_t psn_name_find(const persona_table *table, const char *list)
{
    char plain[NAME_PLAIN];
    while (*list) {
        const size_t length = strcspn(list, " ");
        for (int64_t c = 0; c < table->count; c++) {
            psn_name_plain(plain, sizeof plain, table->columns[c].name);
            if (strlen(plain) == length && memcmp(plain, list, length) == 0) return c;
        }
        list += length;
        list += *list == ' ';
    }
    return PERSONA_NONE;
}

int psn_name_missing(const persona_table *table, const char *what, persona_error *error)
{
    char list[128];
    size_t used = 0;
    list[0] = 0;
    for (int64_t i = 0; i < table->count; i++) {
        const char *name = table->columns[i].name;
        if (used + strlen(name) + 8 > sizeof list) {
            psn_format(list + used, sizeof list - used, ", ...");
            break;
        }
        used +=
            psn_format(list + used, sizeof list - used, "%s%s", i > 0 ? ", " : "", name);
    }
    return psn_fail(error, PERSONA_EDATA, "%s; the columns are %s", what, list);
}

int psn_name_column(int64_t *out, const persona_table *table, const char *name,
                    const char *role, persona_error *error)
{
    char what[160];
    *out = psn_table_find(table, name);
    if (*out != PERSONA_NONE) return PERSONA_OK;
    psn_format(what, sizeof what, "there is no column \"%.60s\" (%s)", name, role);
    return psn_name_missing(table, what, error);
}
