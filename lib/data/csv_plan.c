/* csv_plan.c: the options of reading and writing CSV: their table, and their values. */
#include "data/csv_plan.h"

#include <string.h>

#include "base/dict.h"
#include "base/error.h"
#include "data/column.h"
#include "data/datetime.h"

#define CSV_MAX_BYTES "17179869184"

static const psn_option csv_options[] = {
    {"separator", PSN_OPTION_CHOICE, "auto", 0, 0, "auto , ; tab |", "",
     "what stands between fields; auto looks at the first lines (writing: comma, or "
     "semicolon with decimal=,)",
     "0.1"},
    {"decimal", PSN_OPTION_CHOICE, "auto", 0, 0, "auto . ,", "",
     "decimal mark; auto: the point, or with another separator than the comma whichever "
     "a column uses (writing: the point)",
     "0.1"},
    {"dates", PSN_OPTION_CHOICE, "auto", 0, 0, "auto month_first day_first", "",
     "reading: how to take dates such as 1/2/2017; auto: as all dates of the column "
     "allow, "
     "text where they allow both",
     "0.2"},
    {"header", PSN_OPTION_BOOL, "true", 0, 0, NULL, "",
     "the first line holds names; false names the columns c1, c2 ...", "0.1"},
    {"encoding", PSN_OPTION_CHOICE, "utf8", 0, 0, "utf8 latin1 cp1252", "",
     "reading: bytes of the file", "0.1"},
    {"bad_rows", PSN_OPTION_CHOICE, "error", 0, 0, "error skip", "",
     "reading: a bad row ends with an error, or is left out and counted", "0.1"},
    {"max_bytes", PSN_OPTION_INT, CSV_MAX_BYTES, 1, 9e15, NULL, "bytes",
     "reading: refuse a file that is larger, expanded if it is gzipped", "0.1"},
    {"max_rows", PSN_OPTION_INT, "0", 0, 9e15, NULL, "rows",
     "reading: stop after so many rows; 0 reads all", "0.1"},
    {"columns", PSN_OPTION_LIST, "", 0, 0, NULL, "",
     "read or write only these columns, in the order of the table", "0.1"},
    {"missing", PSN_OPTION_LIST, "", 0, 0, NULL, "",
     "reading: more words that mean missing, in every column", "0.1"},
    {"type.*", PSN_OPTION_CHOICE, "", 0, 0, "int real real32 bool time text", "",
     "reading: type of a column instead of what its values look like", "0.1"},
};

const psn_schema psn_csv_schema = {"csv", csv_options,
                                   sizeof csv_options / sizeof csv_options[0]};

/* "tab" stands for the character. */
static char plan_mark(const char *word)
{
    if (strcmp(word, "auto") == 0) return 0;
    return strcmp(word, "tab") == 0 ? '\t' : word[0];
}

static int plan_list(psn_dict **out, const persona_params *csv, const char *option,
                     persona_error *error)
{
    int rc = PERSONA_OK, more;
    char item[4 * PSN_NAME_MAX];
    const char *cursor = psn_params_text(csv, &psn_csv_schema, option);
    *out = NULL;
    if (cursor == NULL || cursor[0] == '\0') return PERSONA_OK;
    PSN_NEED(*out = psn_dict_new());
    while ((more = psn_list_next(&cursor, item, sizeof item)) == 1)
        if (psn_dict_add(*out, item, strlen(item)) < 0) PSN_TRY(psn_fail_memory(error));
    if (more < 0)
        PSN_FAIL(error, PERSONA_EOPTION, "%s: an entry is longer than %d bytes", option,
                 (int)sizeof item - 1);
done:
    return rc;
}

int psn_csv_plan_read(psn_csv_plan *plan, const persona_params *csv, persona_error *error)
{
    const psn_schema *schema = &psn_csv_schema;
    int rc = PERSONA_OK;
    *plan = (psn_csv_plan){.params = csv};
    PSN_TRY(psn_params_expect(csv, schema, error));
    plan->separator = plan_mark(psn_params_text(csv, schema, "separator"));
    plan->decimal = plan_mark(psn_params_text(csv, schema, "decimal"));
    const char *dates = psn_params_text(csv, schema, "dates");
    plan->date_orders = strcmp(dates, "month_first") == 0 ? PSN_MONTH_FIRST
                        : strcmp(dates, "day_first") == 0
                            ? PSN_DAY_FIRST
                            : PSN_MONTH_FIRST | PSN_DAY_FIRST;
    plan->header = psn_params_bool(csv, schema, "header");
    plan->skip_bad = strcmp(psn_params_text(csv, schema, "bad_rows"), "skip") == 0;
    plan->max_bytes = psn_params_int(csv, schema, "max_bytes", NULL);
    plan->max_rows = psn_params_int(csv, schema, "max_rows", NULL);
    const char *encoding = psn_params_text(csv, schema, "encoding");
    plan->encoding = strcmp(encoding, "latin1") == 0   ? PSN_CSV_LATIN1
                     : strcmp(encoding, "cp1252") == 0 ? PSN_CSV_CP1252
                                                       : PSN_CSV_UTF8;
    PSN_TRY(plan_list(&plan->columns, csv, "columns", error));
    PSN_TRY(plan_list(&plan->missing, csv, "missing", error));
done:
    if (rc != PERSONA_OK) psn_csv_plan_free(plan);
    return rc;
}

void psn_csv_plan_free(psn_csv_plan *plan)
{
    psn_dict_free(plan->columns);
    psn_dict_free(plan->missing);
    plan->columns = plan->missing = NULL;
}

int psn_csv_plan_writes(const persona_params *csv, persona_error *error)
{
    static const char *const reading[] = {"encoding", "bad_rows", "max_bytes",
                                          "max_rows", "missing",  "dates"};
    const char *value, *name = NULL;
    for (size_t i = 0; i < sizeof reading / sizeof reading[0]; i++)
        if (psn_params_is_set(csv, reading[i])) name = reading[i];
    if (psn_params_member(csv, "type.*", 0, &value) != NULL) name = "type.*";
    if (name == NULL) return PERSONA_OK;
    return psn_fail(error, PERSONA_EOPTION, "%s: has no effect on writing", name);
}

int32_t psn_csv_type_of(const char *word)
{
    for (int32_t type = PERSONA_TYPE_INT; type <= PERSONA_TYPE_TEXT; type++)
        if (strcmp(word, psn_type_name(type)) == 0) return type;
    return 0;
}

int psn_csv_plan_wants(const psn_csv_plan *plan, const char *name)
{
    return plan->columns == NULL || psn_dict_find(plan->columns, name, strlen(name)) >= 0;
}

/* What the columns are, for messages: as many names as fit. */
static void plan_names(const psn_dict *names, char *out, size_t capacity)
{
    size_t at = 0;
    out[0] = '\0';
    for (int64_t i = 0; i < psn_dict_count(names) && at + 4 < capacity; i++) {
        size_t length;
        const char *name = psn_dict_text(names, i, &length);
        at += psn_format(out + at, capacity - at, "%s%.*s", i > 0 ? ", " : "",
                         (int)length, name);
    }
}

static int plan_unknown(const char *option, const char *name, const psn_dict *names,
                        persona_error *error)
{
    char known[120];
    plan_names(names, known, sizeof known);
    return psn_fail(error, PERSONA_EOPTION,
                    "%s: there is no column \"%.*s\"; there are: %s", option,
                    psn_name_shown(name), name, known);
}

int psn_csv_plan_check(const psn_csv_plan *plan, const struct psn_dict *names,
                       persona_error *error)
{
    const char *key, *value, *word;
    size_t length;
    for (int64_t i = 0; plan->columns != NULL && i < psn_dict_count(plan->columns); i++) {
        word = psn_dict_text(plan->columns, i, &length);
        if (psn_dict_find(names, word, length) >= 0) continue;
        char name[4 * PSN_NAME_MAX];
        psn_format(name, sizeof name, "%.*s", (int)length, word);
        return plan_unknown("columns", name, names, error);
    }
    for (size_t i = 0;; i++) {
        key = psn_params_member(plan->params, "type.*", i, &value);
        if (key == NULL) return PERSONA_OK;
        if (psn_dict_find(names, key, strlen(key)) < 0)
            return plan_unknown("type.*", key, names, error);
        if (!psn_csv_plan_wants(plan, key))
            return psn_fail(error, PERSONA_EOPTION,
                            "type.%.*s: has no effect, columns leaves the column out",
                            psn_name_shown(key), key);
    }
}

int psn_csv_plan_names(const psn_csv_plan *plan, const persona_table *table,
                       persona_error *error)
{
    int rc = PERSONA_OK;
    psn_dict *names;
    if (plan->columns == NULL) return PERSONA_OK;
    PSN_NEED(names = psn_dict_new());
    for (int64_t c = 0; c < table->count; c++) {
        const char *name = table->columns[c].name;
        if (psn_dict_add(names, name, strlen(name)) < 0) PSN_TRY(psn_fail_memory(error));
    }
    rc = psn_csv_plan_check(plan, names, error);
done:
    psn_dict_free(names);
    return rc;
}
