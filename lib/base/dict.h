/* dict.h: a dictionary of texts: text <-> number 0, 1, 2 ... in order of first sight. */
#ifndef PSN_BASE_DICT_H
#define PSN_BASE_DICT_H

#include <stddef.h>
#include <stdint.h>

typedef struct psn_dict psn_dict;

/* NULL when memory is out. */
psn_dict *psn_dict_new(void);
void psn_dict_free(psn_dict *dict);
/* The same texts with the same numbers; NULL when memory is out. */
psn_dict *psn_dict_copy(const psn_dict *from);
/* The number of a text, added if new; -1 when memory is out. */
int64_t psn_dict_add(psn_dict *dict, const char *bytes, size_t length);
/* -1 if unknown. Safe from many threads while nobody adds; allocates nothing. */
int64_t psn_dict_find(const psn_dict *dict, const char *bytes, size_t length);
int64_t psn_dict_count(const psn_dict *dict);
/* Pointer valid until the next add. */
const char *psn_dict_text(const psn_dict *dict, int64_t number, size_t *length);
/* All texts as one block and count + 1 offsets. */
const char *psn_dict_bytes(const psn_dict *dict);
const int64_t *psn_dict_offsets(const psn_dict *dict);

/* 64-bit hash of bytes, the same on every machine for the same secret. */
uint64_t psn_hash(const void *bytes, size_t length, uint64_t secret);

#endif
