/* intmap.h: int64 -> int64, for ids that are numbers: some ten times as fast as by text.
 */
#ifndef PSN_DATA_INTMAP_H
#define PSN_DATA_INTMAP_H

#include <stdint.h>

typedef struct psn_intmap psn_intmap;

psn_intmap *psn_intmap_new(void); /* NULL when memory is out */
void psn_intmap_free(psn_intmap *map);
/* The value of the key if it is there; else `fresh` (>= 0) is stored and returned; -1
 * when memory is out. */
int64_t psn_intmap_add(psn_intmap *map, int64_t key, int64_t fresh);
/* -1 if it is not there. */
int64_t psn_intmap_find(const psn_intmap *map, int64_t key);

#endif
