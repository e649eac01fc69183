/* Reading a model file that anybody may have written.
 *
 * Order of the checks, each of which may rely on all before it: size, magic, checksum of
 * the header, version, file size, bounds and checksum of the table; then each entry:
 * names, sorted and contiguous but for zero padding, nothing after the last, no deflate
 * stream that promises more than deflate can hold; then the sum of all decoded sizes
 * against the limit. Only now memory is taken, exactly as much as the entries say. Each
 * chunk is checked as stored, decoded, and checked again. Cost: one pass over the file
 * and one over the decoded bytes. */
#include "store/container.h"

#include <string.h>
#include "base/error.h"
#include "base/memory.h"
#include "store/codec.h"
#include "store/digest.h"
#include "store/layout.h"

struct psn_reader {
    char kind[5];
    size_t count;
    psn_chunk *chunks; /* data of each owned */
    uint8_t *known;    /* asked for by the kind */
};

typedef struct reader_file {
    const uint8_t *bytes;
    size_t size;
    size_t count;
    const uint8_t *table;
} reader_file;

static int reader_bad(persona_error *error, uint64_t where, const char *what)
{
    return psn_fail_at(error, PERSONA_EFORMAT, (int64_t)where, "model file: %s", what);
}

static int reader_check_magic(const reader_file *file, persona_error *error)
{
    if (file->size < PSN_LAYOUT_HEADER || memcmp(file->bytes, PSN_LAYOUT_MAGIC, 4) != 0) {
        const int cut = file->size > 0 && file->size < PSN_LAYOUT_HEADER &&
                        file->bytes[0] == (uint8_t)PSN_LAYOUT_MAGIC[0];
        return reader_bad(error, 0,
                          cut ? "cut off in its header" : "this is not a persona model");
    }
    if (memcmp(file->bytes, PSN_LAYOUT_MAGIC, 8) != 0)
        return reader_bad(error, 4, "damaged by a transfer in text mode");
    return PERSONA_OK;
}

static int reader_check_header(reader_file *file, persona_error *error)
{
    const uint8_t *header = file->bytes;
    int rc = reader_check_magic(file, error);
    if (rc != PERSONA_OK) return rc;
    if (psn_layout_u32(header + PSN_HEADER_CRC) != psn_codec_crc(header, PSN_HEADER_CRC))
        return reader_bad(error, PSN_HEADER_CRC, "altered: wrong checksum of the header");
    if (psn_layout_u32(header + PSN_HEADER_VERSION) > PSN_LAYOUT_VERSION)
        return psn_fail_at(error, PERSONA_EVERSION, PSN_HEADER_VERSION,
                           "model file: format version %u; this library reads up to %d",
                           psn_layout_u32(header + PSN_HEADER_VERSION),
                           PSN_LAYOUT_VERSION);
    if (psn_layout_u64(header + PSN_HEADER_SIZE) != file->size)
        return reader_bad(error, PSN_HEADER_SIZE,
                          psn_layout_u64(header + PSN_HEADER_SIZE) > file->size
                              ? "cut off: shorter than its header says"
                              : "altered: longer than its header says");
    if (!psn_layout_is_tag(header + PSN_HEADER_KIND))
        return reader_bad(error, PSN_HEADER_KIND, "malformed kind");
    for (size_t i = PSN_HEADER_ZERO; i < PSN_HEADER_CRC; i++) {
        if (header[i] != 0) return reader_bad(error, i, "malformed header");
    }
    return PERSONA_OK;
}

static int reader_check_table(reader_file *file, persona_error *error)
{
    file->count = psn_layout_u32(file->bytes + PSN_HEADER_COUNT);
    file->table = file->bytes + PSN_LAYOUT_HEADER;
    if (file->count > PSN_LAYOUT_MAX_CHUNKS ||
        file->count * PSN_LAYOUT_ENTRY > file->size - PSN_LAYOUT_HEADER)
        return reader_bad(error, PSN_HEADER_COUNT, "malformed number of chunks");
    if (psn_layout_u32(file->bytes + PSN_HEADER_TABLE_CRC) !=
        psn_codec_crc(file->table, file->count * PSN_LAYOUT_ENTRY))
        return reader_bad(error, PSN_LAYOUT_HEADER,
                          "altered: wrong checksum of the table");
    return PERSONA_OK;
}

static const uint8_t *reader_entry(const reader_file *file, size_t i)
{
    return file->table + i * PSN_LAYOUT_ENTRY;
}

/* Everything of an entry but its place in the file. */
static int reader_check_entry(const reader_file *file, size_t i, persona_error *error)
{
    const uint8_t *entry = reader_entry(file, i);
    const uint64_t at = (uint64_t)(entry - file->bytes);
    const uint64_t stored = psn_layout_u64(entry + PSN_ENTRY_STORED);
    const uint64_t raw = psn_layout_u64(entry + PSN_ENTRY_RAW);
    const int codec = entry[PSN_ENTRY_CODEC];
    if (!psn_layout_is_tag(entry)) return reader_bad(error, at, "malformed chunk name");
    for (size_t j = 0; j < i; j++) {
        if (memcmp(reader_entry(file, j), entry, 4) == 0)
            return reader_bad(error, at, "two chunks of the same name");
    }
    if (codec >= PSN_CODEC_COUNT)
        return reader_bad(error, at + PSN_ENTRY_CODEC, "unknown compression");
    if (!psn_layout_is_element(entry[PSN_ENTRY_ELEMENT]) || entry[PSN_ENTRY_ZERO] != 0 ||
        entry[PSN_ENTRY_ZERO + 1] != 0)
        return reader_bad(error, at + PSN_ENTRY_ELEMENT, "malformed chunk entry");
    if (codec == PSN_CODEC_STORE ? raw != stored : psn_codec_impossible(stored, raw))
        return reader_bad(error, at + PSN_ENTRY_RAW, "impossible size of a chunk");
    return PERSONA_OK;
}

/* The chunk begins at the next multiple of 64 after *end, with zeros up to there. */
static int reader_check_place(const reader_file *file, size_t i, uint64_t *end,
                              persona_error *error)
{
    const uint8_t *entry = reader_entry(file, i);
    const uint64_t at = (uint64_t)(entry - file->bytes);
    const uint64_t offset = psn_layout_u64(entry + PSN_ENTRY_OFFSET);
    const uint64_t stored = psn_layout_u64(entry + PSN_ENTRY_STORED);
    if (offset != psn_layout_align(*end) || offset > file->size ||
        stored > file->size - offset)
        return reader_bad(error, at + PSN_ENTRY_OFFSET, "chunk out of place");
    for (uint64_t byte = *end; byte < offset; byte++) {
        if (file->bytes[byte] != 0)
            return reader_bad(error, byte, "bytes between two chunks");
    }
    *end = offset + stored;
    return PERSONA_OK;
}

static int reader_check_entries(const reader_file *file, const psn_read_limits *limits,
                                persona_error *error)
{
    uint64_t end = PSN_LAYOUT_HEADER + file->count * PSN_LAYOUT_ENTRY;
    uint64_t left = limits->max_bytes > 0 ? (uint64_t)limits->max_bytes : 0;
    for (size_t i = 0; i < file->count; i++) {
        const uint64_t raw = psn_layout_u64(reader_entry(file, i) + PSN_ENTRY_RAW);
        int rc = reader_check_entry(file, i, error);
        if (rc == PERSONA_OK) rc = reader_check_place(file, i, &end, error);
        if (rc != PERSONA_OK) return rc;
        if (raw > left || raw > SIZE_MAX)
            return psn_fail(error, PERSONA_ELIMIT,
                            "max_bytes: the model needs more than the %lld bytes allowed",
                            (long long)limits->max_bytes);
        left -= raw;
    }
    if (end != file->size) return reader_bad(error, end, "bytes after the last chunk");
    return PERSONA_OK;
}

static int reader_decode(psn_reader *reader, const reader_file *file, size_t i,
                         persona_error *error)
{
    int rc = PERSONA_OK;
    const uint8_t *entry = reader_entry(file, i);
    const uint8_t *stored = file->bytes + psn_layout_u64(entry + PSN_ENTRY_OFFSET);
    const size_t stored_size = (size_t)psn_layout_u64(entry + PSN_ENTRY_STORED);
    const size_t raw_size = (size_t)psn_layout_u64(entry + PSN_ENTRY_RAW);
    const uint64_t where = (uint64_t)(stored - file->bytes);
    psn_chunk *chunk = &reader->chunks[i];
    void *raw = NULL;
    if (psn_codec_crc(stored, stored_size) !=
        psn_layout_u32(entry + PSN_ENTRY_STORED_CRC)) {
        rc = reader_bad(error, where, "altered: wrong checksum of a chunk");
        goto done;
    }
    PSN_NEED(raw = psn_alloc(raw_size, 1));
    memcpy(chunk->tag, entry + PSN_ENTRY_TAG, 4);
    chunk->element = entry[PSN_ENTRY_ELEMENT];
    chunk->data = raw;
    chunk->size = raw_size;
    PSN_TRY(psn_codec_unpack(raw, raw_size, (enum psn_codec)entry[PSN_ENTRY_CODEC],
                             chunk->element, stored, stored_size, error));
    if (psn_codec_crc(raw, raw_size) != psn_layout_u32(entry + PSN_ENTRY_RAW_CRC))
        rc = reader_bad(error, where, "altered: wrong checksum of a decoded chunk");
done:
    return rc;
}

int psn_reader_open(psn_reader **out, const void *bytes, size_t size,
                    const psn_read_limits *limits, persona_error *error)
{
    int rc = PERSONA_OK;
    reader_file file = {.bytes = bytes, .size = size};
    psn_reader *reader = NULL;
    *out = NULL;
    PSN_TRY(reader_check_header(&file, error));
    PSN_TRY(reader_check_table(&file, error));
    PSN_TRY(reader_check_entries(&file, limits, error));
    PSN_NEED(reader = psn_alloc_zero(1, sizeof *reader));
    PSN_NEED(reader->chunks = psn_alloc_zero(file.count, sizeof *reader->chunks));
    PSN_NEED(reader->known = psn_alloc_zero(file.count, 1));
    memcpy(reader->kind, file.bytes + PSN_HEADER_KIND, 4);
    reader->count = file.count;
    for (size_t i = 0; i < file.count; i++)
        PSN_TRY(reader_decode(reader, &file, i, error));
    *out = reader;
    reader = NULL;
done:
    psn_reader_free(reader);
    return rc;
}

void psn_reader_free(psn_reader *reader)
{
    if (reader == NULL) return;
    for (size_t i = 0; i < reader->count; i++)
        psn_release((void *)(uintptr_t)reader->chunks[i].data);
    psn_release(reader->chunks);
    psn_release(reader->known);
    psn_release(reader);
}

const char *psn_reader_kind(const psn_reader *reader)
{
    return reader->kind;
}

size_t psn_reader_count(const psn_reader *reader)
{
    return reader->count;
}

const psn_chunk *psn_reader_chunk(const psn_reader *reader, size_t i)
{
    return &reader->chunks[i];
}

int psn_reader_known(const psn_reader *reader, size_t i)
{
    return reader->known[i];
}

const psn_chunk *psn_reader_find(psn_reader *reader, const char *tag)
{
    for (size_t i = 0; i < reader->count; i++) {
        if (memcmp(reader->chunks[i].tag, tag, 4) != 0) continue;
        reader->known[i] = 1;
        return &reader->chunks[i];
    }
    return NULL;
}

int psn_reader_array(psn_reader *reader, const char *tag, size_t count, size_t size,
                     const void **out, persona_error *error)
{
    size_t bytes = 0;
    const psn_chunk *chunk = psn_reader_find(reader, tag);
    *out = NULL;
    if (chunk == NULL)
        return psn_fail(error, PERSONA_EFORMAT, "model file: chunk %s is missing", tag);
    if (!psn_size_mul(count, size, &bytes) || bytes != chunk->size)
        return psn_fail(error, PERSONA_EFORMAT, "model file: chunk %s has a wrong size",
                        tag);
    *out = chunk->data;
    return PERSONA_OK;
}

int psn_reader_finish(const psn_reader *reader, persona_error *error)
{
    for (size_t i = 0; i < reader->count; i++) {
        const char *tag = reader->chunks[i].tag;
        if (!reader->known[i] && psn_layout_is_critical(tag))
            return psn_fail(error, PERSONA_EVERSION,
                            "model file: chunk %s needs a later version of the library",
                            tag);
    }
    return PERSONA_OK;
}

uint64_t psn_reader_digest(const psn_reader *reader)
{
    uint64_t digest = psn_digest_start(reader->kind);
    for (size_t i = 0; i < reader->count; i++)
        digest = psn_digest_chunk(digest, &reader->chunks[i]);
    return psn_digest_end(digest);
}
