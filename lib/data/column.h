/* column.h: the insides of one column, for the files of this folder only. */
#ifndef PSN_DATA_COLUMN_H
#define PSN_DATA_COLUMN_H

#include "data/table.h"

enum { PSN_NAME_MAX = 255, PSN_COLUMNS_MAX = 65536 };

/* Bytes of one value; 0 for text. */
size_t psn_type_width(int32_t type);
/* "int", "real" ... as options spell them; "?" for others. */
const char *psn_type_name(int32_t type);

/* How many bytes of a name a message shows (for %.*s): names may be longer than messages.
 */
int psn_name_shown(const char *name);
/* PERSONA_EARG unless 1 .. 255 bytes of UTF-8. */
int psn_name_check(const char *name, persona_error *error);

void psn_column_release(psn_column *column);
/* Room for `rows` rows in all (values, validity if there, codes or offsets), growing by
 * half at least, so that n appends cost O(n). */
int psn_column_reserve(psn_column *column, int64_t rows, persona_error *error);
/* Room for bytes of text in all. */
int psn_column_reserve_bytes(psn_column *column, int64_t bytes, persona_error *error);
/* Makes validity if there is none: 1 for the first `rows` rows. */
int psn_column_mark(psn_column *column, int64_t rows, persona_error *error);
/* A deep copy: name, type and `rows` rows picked by `pick` (NULL: all, in order). */
int psn_column_copy(psn_column *out, const psn_column *from, const int64_t *pick,
                    int64_t rows, persona_error *error);
/* A column of that type and name without rows; `codes` asks for dictionary text. */
int psn_column_start(psn_column *out, const char *name, int32_t type, int codes,
                     persona_error *error);

/* The id of a row as text: ints in decimal form, bools as true and false (in `scratch`,
 * at least PSN_NUMBER_BYTES). NULL in *bytes when missing. Not for reals and times. */
void psn_column_key(const psn_column *column, int64_t row, char *scratch,
                    const char **bytes, size_t *length);
/* PERSONA_EDATA unless the column can hold ids: int, bool or text. */
int psn_column_need_ids(const psn_column *column, persona_error *error);

/* The row (0 ..) of the first text that is not valid UTF-8; -1 if all are. Also checks
 * that no text begins in the middle of a character. */
int64_t psn_text_bad_row(const char *bytes, const int64_t *offsets, int64_t rows);
/* The first i with offsets[i] > offsets[i + 1], or 0 if offsets[0] is not 0; -1 = fine.
 */
int64_t psn_offsets_bad_row(const int64_t *offsets, int64_t rows);

/* PERSONA_EARG if the table is NULL or shared: what changes a table begins with this. */
int psn_table_need_open(const persona_table *table, persona_error *error);
/* Takes a column over without a look at its name (the caller knows that it is new): O(1).
 */
int psn_table_push(persona_table *table, psn_column *column, int64_t rows,
                   persona_error *error);

#endif
