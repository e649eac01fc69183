/* csv.h: CSV in and out. */
#ifndef PSN_DATA_CSV_H
#define PSN_DATA_CSV_H

#include "base/options.h"
#include "base/text.h"
#include "persona/types.h"

extern const psn_schema psn_csv_schema; /* "csv" */

int psn_csv_read(persona_table **out, const char *path, const persona_params *csv,
                 persona_task *task, persona_error *error);
int psn_csv_from_bytes(persona_table **out, const void *bytes, size_t size,
                       const persona_params *csv, persona_task *task,
                       persona_error *error);
int psn_csv_to_text(psn_text *out, const persona_table *table, const persona_params *csv,
                    persona_error *error);
int psn_csv_write(const persona_table *table, const char *path, const persona_params *csv,
                  persona_task *task, persona_error *error);

#endif
