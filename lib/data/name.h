/* name.h: names of columns as people mean them. */
#ifndef PSN_DATA_NAME_H
#define PSN_DATA_NAME_H

#include <stddef.h>
#include "persona/types.h"

/* Lower case, letters and digits only: "Customer ID" -> customerid. */
void psn_name_plain(char *out, size_t capacity, const char *name);
/* 1 if the plain name is one of the words of `list` (blanks between). */
int psn_name_in(const char *plain, const char *list);
/* The first column whose plain name is in `list`, the words in order of preference, or
 * PERSONA_NONE. */
int64_t psn_name_find(const persona_table *table, const char *list);
/* PERSONA_EDATA: "<what>; the columns are a, b ...". */
int psn_name_missing(const persona_table *table, const char *what, persona_error *error);
/* The same unless every column is there: sets *out to the column of that name. role: what
 * it is wanted for. */
int psn_name_column(int64_t *out, const persona_table *table, const char *name,
                    const char *role, persona_error *error);

#endif
