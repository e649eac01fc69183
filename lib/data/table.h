/* table.h: how a table lies in memory. The public functions are thin over these. */
#ifndef PSN_DATA_TABLE_H
#define PSN_DATA_TABLE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include "persona/types.h"

/* Text is plain (bytes, offsets: rows + 1) or by dictionary (codes: rows, -1 = missing;
 * bytes, offsets: levels + 1; no level twice). Exactly one of values, offsets without
 * codes, and codes tells which. */
typedef struct psn_column {
    char *name;
    int32_t type;   /* enum persona_type */
    void *values;   /* int64, double, float, uint8 or int64 ms; NULL for text */
    uint8_t *valid; /* NULL: nothing is missing; always NULL for reals and codes */
    int32_t *codes;
    char *bytes;
    int64_t *offsets;
    int64_t levels;
    /* For growth by append; all zero in a column made elsewhere. */
    int64_t room, byte_room, level_room;
    struct psn_dict *index; /* the levels, once text was appended */
} psn_column;

typedef struct psn_link {
    int64_t column;
    persona_table *other; /* holds a reference */
    int64_t key;          /* column of other */
} psn_link;

struct persona_table {
    atomic_int references; /* more than 1: frozen */
    int64_t rows;
    int64_t count, capacity;
    psn_column *columns;
    int64_t links;
    psn_link *link;
    int64_t skipped; /* bad CSV rows left out */
};

int psn_table_new(persona_table **out, persona_error *error);
persona_table *psn_table_ref(const persona_table *table);
void psn_table_free(persona_table *table); /* drops one reference */

/* The workers behind persona_table_add_*: copy what they are given. */
int psn_table_add(persona_table *table, const char *name, int32_t type,
                  const void *values, const uint8_t *valid, int64_t rows,
                  persona_error *error);
int psn_table_add_text(persona_table *table, const char *name, const char *bytes,
                       const int64_t *offsets, const uint8_t *valid, int64_t rows,
                       persona_error *error);
int psn_table_add_codes(persona_table *table, const char *name, const int32_t *codes,
                        int64_t rows, const char *bytes, const int64_t *offsets,
                        int64_t levels, persona_error *error);
/* Take over a column made by the caller (all blocks from psn_alloc): no copy. On failure
 * the column is released too. `name` in the column is already a psn_copy_text. */
int psn_table_adopt(persona_table *table, psn_column *column, int64_t rows,
                    persona_error *error);
/* One text for each row, NUL-terminated, NULL = missing: for small result tables. */
int psn_table_add_strings(persona_table *table, const char *name,
                          const char *const *texts, int64_t rows, persona_error *error);

/* A copy of a column of another table, under that name. */
int psn_table_add_column(persona_table *table, const char *name, const psn_column *column,
                         int64_t rows, persona_error *error);

int psn_table_append(persona_table *table, const persona_table *more,
                     persona_error *error);
int psn_table_link(persona_table *table, const char *column, const persona_table *other,
                   const char *key, persona_error *error);
int psn_table_select(persona_table **out, const persona_table *table, const int64_t *rows,
                     int64_t count, persona_error *error);

int64_t psn_table_find(const persona_table *table, const char *name);
const psn_column *psn_table_column(const persona_table *table, int64_t column);
/* NULL in *bytes when missing. */
void psn_column_text(const psn_column *column, int64_t row, const char **bytes,
                     int64_t *length);
int psn_column_missing(const psn_column *column, int64_t row);
/* Any number, bool or time as a double, NaN when missing or text. */
double psn_column_number(const psn_column *column, int64_t row);
/* Row of `other` for each row of the linked column; -1 = no such key. rows entries. */
int psn_table_follow(const persona_table *table, const psn_link *link, int64_t *rows,
                     persona_error *error);

/* Number the values of a column: codes[row] = 0, 1 ... in order of first sight, -1 =
 * missing; *dict holds the ids as text (ints in decimal form). Times and reals are
 * PERSONA_EDATA. The way every capability reads ids. */
struct psn_dict;
int psn_table_encode(const persona_table *table, int64_t column, int32_t *codes,
                     struct psn_dict **dict, persona_error *error);

/* One block of bytes and back: how tables travel in a model file (without links). unpack
 * checks everything before it takes memory, and takes at most some 30 bytes for each byte
 * of the block. */
struct psn_text;
int psn_table_pack(struct psn_text *out, const persona_table *table,
                   persona_error *error);
int psn_table_unpack(persona_table **out, const void *bytes, size_t size,
                     persona_error *error);

#endif
