/* csv_plan.h: the options of schema "csv", read once. */
#ifndef PSN_DATA_CSV_PLAN_H
#define PSN_DATA_CSV_PLAN_H

#include "base/options.h"
#include "data/csv.h"

struct psn_dict;

typedef enum psn_csv_encoding {
    PSN_CSV_UTF8,
    PSN_CSV_LATIN1,
    PSN_CSV_CP1252
} psn_csv_encoding;

typedef struct psn_csv_plan {
    const persona_params *params; /* for type.* */
    char separator;               /* 0 = auto */
    char decimal;                 /* 0 = auto */
    int date_orders;              /* of dates with slashes: PSN_MONTH_FIRST ... */
    int header;
    int skip_bad;
    psn_csv_encoding encoding;
    int64_t max_bytes, max_rows;
    struct psn_dict *columns; /* names to read or write, NULL = all */
    struct psn_dict *missing; /* more words for missing, or NULL */
} psn_csv_plan;

int psn_csv_plan_read(psn_csv_plan *plan, const persona_params *csv,
                      persona_error *error);
void psn_csv_plan_free(psn_csv_plan *plan);
/* PERSONA_EOPTION if an option is set that only reading knows. */
int psn_csv_plan_writes(const persona_params *csv, persona_error *error);
/* enum persona_type of "int" ... "text"; 0 for others. */
int32_t psn_csv_type_of(const char *word);
/* PERSONA_EOPTION unless every name of `columns` and every type.NAME is among `names`
 * (and not left out by `columns`). */
int psn_csv_plan_check(const psn_csv_plan *plan, const struct psn_dict *names,
                       persona_error *error);
/* The same for writing, where there is only `columns`. */
int psn_csv_plan_names(const psn_csv_plan *plan, const persona_table *table,
                       persona_error *error);
/* Is that column to be read or written? */
int psn_csv_plan_wants(const psn_csv_plan *plan, const char *name);

#endif
