/* model_bytes.h: model files as bytes, for tests that alter them: read and write fields,
 * and put the checksums right again so that a deeper check has to notice. */
#ifndef TESTS_SUPPORT_MODEL_BYTES_H
#define TESTS_SUPPORT_MODEL_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "store/codec.h"
#include "store/layout.h"

static inline uint8_t *model_bytes_entry(uint8_t *file, size_t i)
{
    return file + PSN_LAYOUT_HEADER + i * PSN_LAYOUT_ENTRY;
}

/* How many entries of the table lie inside the file. */
static inline size_t model_bytes_count(const uint8_t *file, size_t size)
{
    if (size < PSN_LAYOUT_HEADER) return 0;
    const size_t count = psn_layout_u32(file + PSN_HEADER_COUNT);
    const size_t room = (size - PSN_LAYOUT_HEADER) / PSN_LAYOUT_ENTRY;
    return count < room ? count : room;
}

static inline void model_bytes_repair_chunk(uint8_t *file, size_t size, size_t i)
{
    uint8_t *entry = model_bytes_entry(file, i);
    const uint64_t offset = psn_layout_u64(entry + PSN_ENTRY_OFFSET);
    const uint64_t stored = psn_layout_u64(entry + PSN_ENTRY_STORED);
    if (offset > size || stored > size - offset) return;
    const uint32_t crc = psn_codec_crc(file + offset, (size_t)stored);
    psn_layout_put_u32(entry + PSN_ENTRY_STORED_CRC, crc);
    if (entry[PSN_ENTRY_CODEC] == PSN_CODEC_STORE)
        psn_layout_put_u32(entry + PSN_ENTRY_RAW_CRC, crc);
}

/* Checksums of stored bytes, table and header, as far as they lie inside the file. */
static inline void model_bytes_repair(uint8_t *file, size_t size)
{
    const size_t count = model_bytes_count(file, size);
    if (size < PSN_LAYOUT_HEADER) return;
    for (size_t i = 0; i < count; i++) model_bytes_repair_chunk(file, size, i);
    psn_layout_put_u32(file + PSN_HEADER_TABLE_CRC,
                       psn_codec_crc(file + PSN_LAYOUT_HEADER, count * PSN_LAYOUT_ENTRY));
    psn_layout_put_u32(file + PSN_HEADER_CRC, psn_codec_crc(file, PSN_HEADER_CRC));
}

#endif
