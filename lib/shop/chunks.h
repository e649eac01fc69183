/* chunks.h: what a kind writes into a model file and reads back: tables, arrays, texts,
 * dictionaries.
 *
 * The writing functions are psn_chunks_add_*; the writer owns what they add. The reading
 * ones say PERSONA_EFORMAT when something is missing or of the wrong shape; what numbers
 * may mean is the kind's to check, with psn_chunks_in and psn_chunks_bad. Rows of names
 * and numbers have a header of their own: shop/sheet.h. */
#ifndef PSN_SHOP_CHUNKS_H
#define PSN_SHOP_CHUNKS_H

#include "base/dict.h"
#include "data/table.h"
#include "store/container.h"

/* ---- writing */
int psn_chunks_add_copy(psn_writer *writer, const char *tag, const void *data,
                        size_t size, persona_error *error);
int psn_chunks_add_table(psn_writer *writer, const char *tag, const persona_table *table,
                         persona_error *error);
/* A table of one column of texts; NULL = missing. */
int psn_chunks_add_texts(psn_writer *writer, const char *tag, const char *column,
                         const char *const *texts, int64_t count, persona_error *error);
/* All levels of all dictionaries in turn, as the column "level"; NULL has none. No chunk
 * where there is no level. How many each has must be written elsewhere. */
int psn_chunks_add_levels(psn_writer *writer, const char *tag, psn_dict *const *dicts,
                          int64_t count, persona_error *error);

/* ---- reading */
/* PERSONA_EFORMAT: "the model file is damaged: <what>". */
int psn_chunks_bad(persona_error *error, const char *what);
/* 1 if low <= value < end: an index, or a flag. */
static inline int psn_chunks_in(int64_t value, int64_t low, int64_t end)
{
    return value >= low && value < end;
}
/* Exactly count x size bytes, into `to`; or into memory of their own (psn_release). */
int psn_chunks_array(void *to, psn_reader *reader, const char *tag, size_t count,
                     size_t size, persona_error *error);
int psn_chunks_new_array(void **out, psn_reader *reader, const char *tag, size_t count,
                         size_t size, persona_error *error);
/* *out stays as it is where the chunk is neither there nor needed. */
int psn_chunks_table(persona_table **out, psn_reader *reader, const char *tag, int needed,
                     persona_error *error);
/* A column that must be there with that type; numbers without missing values. */
int psn_chunks_column(const psn_column **out, const persona_table *table,
                      const char *name, int32_t type, persona_error *error);
/* What add_texts wrote, exactly `count` of them: copies, or NULL where missing. */
int psn_chunks_texts(char **out, psn_reader *reader, const char *tag, const char *column,
                     int64_t count, persona_error *error);
/* The next `count` levels of the table that add_levels wrote (NULL: it has none), none
 * twice; *next starts at 0. */
int psn_chunks_levels(psn_dict **out, const persona_table *levels, int64_t *next,
                      int64_t count, persona_error *error);
/* A table as psn_settings_resolved makes it (shop/settings.h). */
int psn_chunks_options(persona_table **out, psn_reader *reader, const char *tag,
                       persona_error *error);

#endif
