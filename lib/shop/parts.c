/* parts.c: the insides of a model as tables (parts.h). */
#include "shop/parts.h"

#include <string.h>
#include "base/error.h"
#include "base/memory.h"
#include "data/table.h"
#include "shop/chunks.h"

static int parts_list(persona_table **out, const psn_parts *parts, const psn_parts_of *of,
                      const persona_model *model, persona_error *error)
{
    int rc = PERSONA_OK;
    int64_t count = 0;
    persona_table *table = NULL;
    const char **names =
        psn_alloc((size_t)(parts->kept_count + parts->made_count) + 2, sizeof *names);
    PSN_NEED(names);
    for (int p = 0; p < parts->kept_count; p++)
        if (of->kept[p]) names[count++] = parts->kept[p].name;
    for (int p = 0; of->ready && p < parts->made_count; p++)
        if (parts->made[p].has == NULL || parts->made[p].has(model))
            names[count++] = parts->made[p].name;
    names[count++] = "options";
    names[count++] = "parts";
    PSN_TRY(psn_table_new(&table, error));
    PSN_TRY(psn_table_add_strings(table, "part", names, count, error));
    *out = table;
    table = NULL;
done:
    psn_table_free(table);
    psn_release(names);
    return rc;
}

static int parts_unknown(const psn_parts *parts, persona_error *error)
{
    char list[256];
    size_t used = 0;
    for (int p = 0; p < parts->kept_count; p++)
        used += psn_format(list + used, sizeof list - used, "%s ", parts->kept[p].name);
    for (int p = 0; p < parts->made_count; p++)
        used += psn_format(list + used, sizeof list - used, "%s ", parts->made[p].name);
    return psn_fail(error, PERSONA_EARG, "part: must be one of %soptions parts", list);
}

int psn_parts_get(persona_table **out, const psn_parts *parts, const psn_parts_of *of,
                  const persona_model *model, const char *name, persona_error *error)
{
    if (strcmp(name, "parts") == 0) return parts_list(out, parts, of, model, error);
    if (strcmp(name, "options") == 0) {
        *out = psn_table_ref(of->options);
        return PERSONA_OK;
    }
    for (int p = 0; p < parts->kept_count; p++) {
        const char *hint = parts->kept[p].hint;
        if (strcmp(name, parts->kept[p].name) != 0) continue;
        if (of->kept[p] == NULL)
            return psn_fail(error, PERSONA_EARG, "part: this model has no part %s%s",
                            name, hint ? hint : "");
        *out = psn_table_ref(of->kept[p]);
        return PERSONA_OK;
    }
    for (int p = 0; of->ready && p < parts->made_count; p++)
        if (strcmp(name, parts->made[p].name) == 0)
            return parts->made[p].make(out, model, error);
    return parts_unknown(parts, error);
}

int psn_parts_encode(psn_writer *writer, const psn_parts *parts,
                     persona_table *const *kept, persona_error *error)
{
    int rc = PERSONA_OK;
    for (int p = 0; p < parts->kept_count; p++)
        if (kept[p])
            PSN_TRY(psn_chunks_add_table(writer, parts->kept[p].tag, kept[p], error));
done:
    return rc;
}

int psn_parts_decode(persona_table **kept, const psn_parts *parts, psn_reader *reader,
                     persona_error *error)
{
    int rc = PERSONA_OK;
    for (int p = 0; p < parts->kept_count; p++)
        PSN_TRY(psn_chunks_table(&kept[p], reader, parts->kept[p].tag, 0, error));
done:
    return rc;
}

void psn_parts_free(persona_table **kept, const psn_parts *parts)
{
    for (int p = 0; p < parts->kept_count; p++) {
        psn_table_free(kept[p]);
        kept[p] = NULL;
    }
}
