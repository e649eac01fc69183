/* dict.c: texts to numbers and back.
 *
 * All texts lie one after the other in one block, with their offsets; an open addressing
 * table of 8-byte slots finds them. A slot holds the number plus 1 (40 bits) and 24 bits
 * of the hash, so that a wrong slot costs a look at the text once in 16 million. At most
 * half of the slots are in use: a search ends after 1.5 slots on average. */
#include "base/dict.h"

#include <string.h>
#include "base/memory.h"
#include "base/os.h"

enum { DICT_FIRST_SLOTS = 64, DICT_FIRST_BYTES = 256, DICT_NUMBER_BITS = 40 };

struct psn_dict {
    uint64_t *slots; /* 0: free */
    size_t mask;
    char *bytes;
    size_t bytes_capacity;
    int64_t *offsets; /* count + 1 */
    size_t offsets_capacity;
    int64_t count;
    uint64_t secret; /* of this dictionary: numbers do not depend on it */
};

/* Loads of 1 .. 8 bytes that give the same number on every machine. */
static uint64_t hash_load8(const unsigned char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

static uint64_t hash_load4(const unsigned char *at)
{
    uint32_t word;
    memcpy(&word, at, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap32(word);
#endif
    return word;
}

/* Both halves of the product of two words: every bit of either reaches every bit. */
static uint64_t hash_fold(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Multiply and fold, 16 bytes a step. The constants are the fractions of the square roots
 * of 2, 3 and 5. A word equal to a constant would make the product 0, whatever the other
 * word: the secret keeps hostile texts from knowing that constant. */
uint64_t psn_hash(const void *bytes, size_t length, uint64_t secret)
{
    const uint64_t k0 = 0x6a09e667f3bcc909u, k1 = 0xbb67ae8584caa73bu ^ secret,
                   k2 = 0x3c6ef372fe94f82bu;
    const unsigned char *at = bytes;
    uint64_t a, b, state = k0 ^ length;
    size_t left = length;
    for (; left > 16; left -= 16, at += 16) {
        state = hash_fold(hash_load8(at) ^ k1, hash_load8(at + 8) ^ state);
    }
    /* The rest as two words that overlap when it is short. */
    if (left >= 8) {
        a = hash_load8(at);
        b = hash_load8(at + left - 8);
    } else if (left >= 4) {
        a = hash_load4(at);
        b = hash_load4(at + left - 4);
    } else if (left > 0) {
        a = (uint64_t)at[0] << 16 | (uint64_t)at[left >> 1] << 8 | at[left - 1];
        b = 0;
    } else {
        a = b = 0;
    }
    return hash_fold(k2 ^ length, hash_fold(a ^ k1, b ^ state));
}

psn_dict *psn_dict_new(void)
{
    psn_dict *dict = psn_alloc_zero(1, sizeof *dict);
    if (dict == NULL) return NULL;
    dict->mask = DICT_FIRST_SLOTS - 1;
    dict->secret =
        (uint64_t)psn_os_monotonic_ns() * 0x9e3779b97f4a7c15u ^ (uintptr_t)dict;
    dict->bytes_capacity = DICT_FIRST_BYTES;
    dict->offsets_capacity = DICT_FIRST_SLOTS;
    dict->slots = psn_alloc_zero(DICT_FIRST_SLOTS, sizeof *dict->slots);
    dict->bytes = psn_alloc(dict->bytes_capacity, 1);
    dict->offsets = psn_alloc(dict->offsets_capacity, sizeof *dict->offsets);
    if (dict->slots == NULL || dict->bytes == NULL || dict->offsets == NULL) {
        psn_dict_free(dict);
        return NULL;
    }
    dict->offsets[0] = 0;
    return dict;
}

void psn_dict_free(psn_dict *dict)
{
    if (dict == NULL) return;
    psn_release(dict->slots);
    psn_release(dict->bytes);
    psn_release(dict->offsets);
    psn_release(dict);
}

static uint64_t dict_tag(uint64_t hash)
{
    return hash >> DICT_NUMBER_BITS << DICT_NUMBER_BITS;
}

static int dict_same(const char *a, const char *b, size_t length)
{
    if (length >= 8) return memcmp(a, b, length) == 0;
    for (size_t i = 0; i < length; i++) { /* cheaper than the call */
        if (a[i] != b[i]) return 0;
    }
    return 1;
}

/* The slot of the text, or the free slot where it belongs. */
static size_t dict_seek(const psn_dict *dict, const char *bytes, size_t length,
                        uint64_t hash)
{
    static const uint64_t number_mask = ((uint64_t)1 << DICT_NUMBER_BITS) - 1;
    size_t at = (size_t)hash & dict->mask;
    uint64_t tag = dict_tag(hash);
    for (;; at = (at + 1) & dict->mask) {
        uint64_t slot = dict->slots[at];
        if (slot == 0) return at;
        if ((slot & ~number_mask) != tag) continue;
        const int64_t *offset = &dict->offsets[(slot & number_mask) - 1];
        if ((size_t)(offset[1] - offset[0]) == length &&
            dict_same(dict->bytes + offset[0], bytes, length)) {
            return at;
        }
    }
}

static int64_t dict_number(uint64_t slot)
{
    return (int64_t)(slot & (((uint64_t)1 << DICT_NUMBER_BITS) - 1)) - 1;
}

int64_t psn_dict_find(const psn_dict *dict, const char *bytes, size_t length)
{
    return dict_number(dict->slots[dict_seek(dict, bytes, length,
                                             psn_hash(bytes, length, dict->secret))]);
}

/* Twice the slots. All texts differ, so each takes the first free one. */
static int dict_grow_slots(psn_dict *dict)
{
    size_t slots;
    if (!psn_size_mul(dict->mask + 1, 2, &slots)) return 0;
    uint64_t *fresh = psn_alloc_zero(slots, sizeof *fresh);
    if (fresh == NULL) return 0;
    for (int64_t i = 0; i < dict->count; i++) {
        size_t length = (size_t)(dict->offsets[i + 1] - dict->offsets[i]);
        uint64_t hash = psn_hash(dict->bytes + dict->offsets[i], length, dict->secret);
        size_t at = (size_t)hash & (slots - 1);
        while (fresh[at] != 0) at = (at + 1) & (slots - 1);
        fresh[at] = dict_tag(hash) | (uint64_t)(i + 1);
    }
    psn_release(dict->slots);
    dict->slots = fresh;
    dict->mask = slots - 1;
    return 1;
}

/* Room for one more text in both blocks, doubled so that adding costs O(1) on average. */
static int dict_reserve(psn_dict *dict, size_t length)
{
    size_t needed, capacity;
    if (!psn_size_add((size_t)dict->offsets[dict->count], length, &needed)) return 0;
    if (needed > dict->bytes_capacity) {
        if (!psn_size_mul(dict->bytes_capacity, 2, &capacity)) return 0;
        if (capacity < needed) capacity = needed;
        char *bytes = psn_resize(dict->bytes, capacity, 1);
        if (bytes == NULL) return 0;
        dict->bytes = bytes;
        dict->bytes_capacity = capacity;
    }
    if ((size_t)dict->count + 2 > dict->offsets_capacity) {
        if (!psn_size_mul(dict->offsets_capacity, 2, &capacity)) return 0;
        int64_t *offsets = psn_resize(dict->offsets, capacity, sizeof *offsets);
        if (offsets == NULL) return 0;
        dict->offsets = offsets;
        dict->offsets_capacity = capacity;
    }
    return 1;
}

int64_t psn_dict_add(psn_dict *dict, const char *bytes, size_t length)
{
    uint64_t hash = psn_hash(bytes, length, dict->secret);
    size_t at = dict_seek(dict, bytes, length, hash);
    if (dict->slots[at] != 0) return dict_number(dict->slots[at]);
    if (!dict_reserve(dict, length)) return -1;
    if (2 * ((size_t)dict->count + 1) > dict->mask + 1) {
        if (!dict_grow_slots(dict)) return -1;
        at = dict_seek(dict, bytes, length, hash);
    }
    int64_t number = dict->count++, start = dict->offsets[number];
    if (length > 0) memcpy(dict->bytes + start, bytes, length);
    dict->offsets[number + 1] = start + (int64_t)length;
    dict->slots[at] = dict_tag(hash) | (uint64_t)(number + 1);
    return number;
}

int64_t psn_dict_count(const psn_dict *dict)
{
    return dict->count;
}

const char *psn_dict_text(const psn_dict *dict, int64_t number, size_t *length)
{
    if (number < 0 || number >= dict->count) {
        *length = 0;
        return NULL;
    }
    *length = (size_t)(dict->offsets[number + 1] - dict->offsets[number]);
    return dict->bytes + dict->offsets[number];
}

const char *psn_dict_bytes(const psn_dict *dict)
{
    return dict->bytes;
}

const int64_t *psn_dict_offsets(const psn_dict *dict)
{
    return dict->offsets;
}

psn_dict *psn_dict_copy(const psn_dict *from)
{
    psn_dict *made = psn_dict_new();
    for (int64_t i = 0; made != NULL && i < psn_dict_count(from); i++) {
        size_t length;
        const char *text = psn_dict_text(from, i, &length);
        if (psn_dict_add(made, text, length) >= 0) continue;
        psn_dict_free(made);
        made = NULL;
    }
    return made;
}
