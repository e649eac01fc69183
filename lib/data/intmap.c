/* intmap.c: open addressing with linear probing, at most half full; the multiplicative
 * hash of Knuth (TAOCP 6.4) with the golden ratio takes the high bits. A slot is free
 * when its value is -1. */
#include "data/intmap.h"

#include "base/memory.h"

typedef struct intmap_slot {
    int64_t key, value;
} intmap_slot;

struct psn_intmap {
    intmap_slot *slots;
    int bits;
    int64_t count;
};

static intmap_slot *intmap_slots(int bits)
{
    size_t size = (size_t)1 << bits;
    intmap_slot *slots = psn_alloc(size, sizeof *slots);
    for (size_t i = 0; slots != NULL && i < size; i++) slots[i] = (intmap_slot){0, -1};
    return slots;
}

psn_intmap *psn_intmap_new(void)
{
    enum { FIRST_BITS = 8 };
    psn_intmap *map = psn_alloc(1, sizeof *map);
    if (map == NULL) return NULL;
    *map = (psn_intmap){.slots = intmap_slots(FIRST_BITS), .bits = FIRST_BITS};
    if (map->slots != NULL) return map;
    psn_release(map);
    return NULL;
}

void psn_intmap_free(psn_intmap *map)
{
    if (map == NULL) return;
    psn_release(map->slots);
    psn_release(map);
}

/* Where the key is, or the free slot where it would be. */
static size_t intmap_seek(const intmap_slot *slots, int bits, int64_t key)
{
    size_t mask = ((size_t)1 << bits) - 1;
    size_t at = (size_t)(((uint64_t)key * 0x9E3779B97F4A7C15u) >> (64 - bits));
    while (slots[at].value >= 0 && slots[at].key != key) at = (at + 1) & mask;
    return at;
}

static int intmap_grow(psn_intmap *map)
{
    intmap_slot *larger = intmap_slots(map->bits + 1);
    if (larger == NULL) return 0;
    for (size_t i = 0; i < (size_t)1 << map->bits; i++)
        if (map->slots[i].value >= 0)
            larger[intmap_seek(larger, map->bits + 1, map->slots[i].key)] = map->slots[i];
    psn_release(map->slots);
    map->slots = larger;
    map->bits++;
    return 1;
}

int64_t psn_intmap_add(psn_intmap *map, int64_t key, int64_t fresh)
{
    size_t at = intmap_seek(map->slots, map->bits, key);
    if (map->slots[at].value >= 0) return map->slots[at].value;
    if (2 * (map->count + 1) > (int64_t)1 << map->bits) {
        if (!intmap_grow(map)) return -1;
        at = intmap_seek(map->slots, map->bits, key);
    }
    map->slots[at] = (intmap_slot){key, fresh};
    map->count++;
    return fresh;
}

int64_t psn_intmap_find(const psn_intmap *map, int64_t key)
{
    return map->slots[intmap_seek(map->slots, map->bits, key)].value;
}
