/* The digest of a model: kind, then tag, size and bytes of each critical chunk in order.
 *
 * One step folds eight bytes in as XXH64 (Collet 2012) does for the tail of a text:
 *   h = rotate(h ^ rotate(w P2, 31) P1, 27) P1 + P4
 * and the end mixes the bits of h. A last word shorter than eight bytes is filled with
 * zeros; the size, folded in before, keeps such texts apart. About 2 GB/s. It guards
 * against mistakes, not against an adversary. */
#include "store/digest.h"

#include <string.h>
#include "store/layout.h"

static const uint64_t prime_1 = 0x9E3779B185EBCA87u;
static const uint64_t prime_2 = 0xC2B2AE3D27D4EB4Fu;
static const uint64_t prime_3 = 0x165667B19E3779F9u;
static const uint64_t prime_4 = 0x85EBCA77C2B2AE63u;

static uint64_t digest_rotate(uint64_t x, int bits)
{
    return x << bits | x >> (64 - bits);
}

static uint64_t digest_word(uint64_t digest, uint64_t word)
{
    digest ^= digest_rotate(word * prime_2, 31) * prime_1;
    return digest_rotate(digest, 27) * prime_1 + prime_4;
}

static uint64_t digest_bytes(uint64_t digest, const void *data, size_t size)
{
    const char *bytes = data;
    uint64_t word;
    for (; size >= sizeof word; size -= sizeof word, bytes += sizeof word) {
        memcpy(&word, bytes, sizeof word);
        digest = digest_word(digest, word);
    }
    if (size > 0) {
        word = 0;
        memcpy(&word, bytes, size);
        digest = digest_word(digest, word);
    }
    return digest;
}

uint64_t psn_digest_start(const char *kind)
{
    return digest_bytes(prime_3, kind, 4);
}

uint64_t psn_digest_chunk(uint64_t digest, const psn_chunk *chunk)
{
    if (!psn_layout_is_critical(chunk->tag)) return digest;
    digest = digest_bytes(digest, chunk->tag, 4);
    digest = digest_word(digest, chunk->size);
    return digest_bytes(digest, chunk->data, chunk->size);
}

uint64_t psn_digest_end(uint64_t digest)
{
    digest ^= digest >> 33;
    digest *= prime_2;
    digest ^= digest >> 29;
    digest *= prime_3;
    digest ^= digest >> 32;
    return digest;
}
