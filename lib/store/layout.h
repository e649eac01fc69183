/* layout.h: where what lies in a model file; docs/model_file.md shows it as a table. */
#ifndef PSN_STORE_LAYOUT_H
#define PSN_STORE_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "model files hold little-endian arrays; this machine would read them wrong"
#endif

enum {
    PSN_LAYOUT_VERSION = 0,
    PSN_LAYOUT_HEADER = 64,
    PSN_LAYOUT_ENTRY = 40,
    PSN_LAYOUT_ALIGN = 64,
    PSN_LAYOUT_MAX_CHUNKS = 1024,
    /* in the header */
    PSN_HEADER_MAGIC = 0,
    PSN_HEADER_VERSION = 8,
    PSN_HEADER_COUNT = 12,
    PSN_HEADER_SIZE = 16,
    PSN_HEADER_KIND = 24,
    PSN_HEADER_TABLE_CRC = 28,
    PSN_HEADER_ZERO = 32, /* .. 59 */
    PSN_HEADER_CRC = 60,
    /* in an entry of the chunk table */
    PSN_ENTRY_TAG = 0,
    PSN_ENTRY_CODEC = 4,
    PSN_ENTRY_ELEMENT = 5,
    PSN_ENTRY_ZERO = 6,
    PSN_ENTRY_OFFSET = 8,
    PSN_ENTRY_STORED = 16,
    PSN_ENTRY_RAW = 24,
    PSN_ENTRY_STORED_CRC = 32,
    PSN_ENTRY_RAW_CRC = 36
};

/* As in PNG: a first byte that no text has, the name, and both line ends, so that any
 * transfer in text mode shows. */
#define PSN_LAYOUT_MAGIC "\x89PSN\r\n\x1a\n"

static inline uint32_t psn_layout_u32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

static inline uint64_t psn_layout_u64(const uint8_t *bytes)
{
    return psn_layout_u32(bytes) | (uint64_t)psn_layout_u32(bytes + 4) << 32;
}

static inline void psn_layout_put_u32(uint8_t *bytes, uint32_t value)
{
    for (int i = 0; i < 4; i++) bytes[i] = (uint8_t)(value >> (8 * i));
}

static inline void psn_layout_put_u64(uint8_t *bytes, uint64_t value)
{
    for (int i = 0; i < 8; i++) bytes[i] = (uint8_t)(value >> (8 * i));
}

/* The next multiple of 64. Callers pass offsets inside a block of memory: no overflow. */
static inline uint64_t psn_layout_align(uint64_t offset)
{
    return (offset + PSN_LAYOUT_ALIGN - 1) / PSN_LAYOUT_ALIGN * PSN_LAYOUT_ALIGN;
}

/* Four letters or digits, the first a letter. */
static inline int psn_layout_is_tag(const uint8_t *tag)
{
    for (int i = 0; i < 4; i++) {
        const uint8_t c = tag[i];
        const int letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (!letter && (i == 0 || c < '0' || c > '9')) return 0;
    }
    return 1;
}

static inline int psn_layout_is_critical(const char *tag)
{
    return tag[0] >= 'A' && tag[0] <= 'Z';
}

static inline int psn_layout_is_element(int element)
{
    return element == 1 || element == 2 || element == 4 || element == 8;
}

#endif
