/* table_flatten.h: a table with the columns of the tables linked to it. */
#ifndef PSN_DATA_TABLE_FLATTEN_H
#define PSN_DATA_TABLE_FLATTEN_H

#include "data/table.h"

/* A new table: the columns of `table`, then for each link the columns of the other table
 * but its key, named "column.name" where the plain name is taken. Rows whose key is
 * unknown have missing values. A table without links is handed on (one more reference).
 */
int psn_table_flatten(persona_table **out, const persona_table *table,
                      persona_error *error);
/* Adds to `out`, which has `count` rows, what one link of `table` says of its rows
 * pick[0 .. count) (NULL: all, in order), named likewise. */
int psn_table_join(persona_table *out, const persona_table *table, const psn_link *link,
                   const int64_t *pick, int64_t count, persona_error *error);

#endif
