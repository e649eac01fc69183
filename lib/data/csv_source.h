/* csv_source.h: the bytes of a CSV, made ready for scanning. */
#ifndef PSN_DATA_CSV_SOURCE_H
#define PSN_DATA_CSV_SOURCE_H

#include "data/csv_plan.h"

typedef struct psn_csv_source {
    const char *bytes;
    size_t size;
    void *owned; /* the block that bytes lies in, or NULL: the caller's */
} psn_csv_source;

/* Expands gzip, refuses what is no text, recodes to UTF-8, cuts a byte order mark. */
int psn_csv_source_prepare(psn_csv_source *source, const psn_csv_plan *plan,
                           persona_error *error);
void psn_csv_source_free(psn_csv_source *source);

#endif
