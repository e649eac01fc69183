/* Writing a model file: header, chunk table, chunks at multiples of 64, in the order in
 * which they were added. Every chunk is packed before the first byte is laid down,
 * because the table stands before the chunks; the cost is the packed file twice in
 * memory. */
#include "store/container.h"

#include <string.h>
#include "base/error.h"
#include "base/memory.h"
#include "store/codec.h"
#include "store/digest.h"
#include "store/layout.h"

typedef struct writer_chunk {
    psn_chunk chunk;
    char *owned; /* bytes taken over from a text, or NULL */
    psn_packed packed;
} writer_chunk;

struct psn_writer {
    char kind[5];
    writer_chunk *chunks;
    size_t count, capacity;
};

int psn_writer_new(psn_writer **out, const char *kind, persona_error *error)
{
    *out = NULL;
    if (strlen(kind) != 4 || !psn_layout_is_tag((const uint8_t *)kind))
        return psn_fail(error, PERSONA_EARG, "kind: need a tag of four letters");
    psn_writer *writer = psn_alloc_zero(1, sizeof *writer);
    if (writer == NULL) return psn_fail_memory(error);
    memcpy(writer->kind, kind, 4);
    *out = writer;
    return PERSONA_OK;
}

void psn_writer_free(psn_writer *writer)
{
    if (writer == NULL) return;
    for (size_t i = 0; i < writer->count; i++) {
        psn_release(writer->chunks[i].owned);
        psn_release(writer->chunks[i].packed.bytes);
    }
    psn_release(writer->chunks);
    psn_release(writer);
}

int psn_writer_has(const psn_writer *writer, const char *tag)
{
    for (size_t i = 0; i < writer->count; i++) {
        if (memcmp(writer->chunks[i].chunk.tag, tag, 4) == 0) return 1;
    }
    return 0;
}

static int writer_grow(psn_writer *writer, persona_error *error)
{
    if (writer->count < writer->capacity) return PERSONA_OK;
    const size_t capacity = writer->capacity == 0 ? 16 : writer->capacity * 2;
    writer_chunk *chunks = psn_resize(writer->chunks, capacity, sizeof *chunks);
    if (chunks == NULL) return psn_fail_memory(error);
    writer->chunks = chunks;
    writer->capacity = capacity;
    return PERSONA_OK;
}

int psn_writer_add(psn_writer *writer, const char *tag, int element, const void *data,
                   size_t size, persona_error *error)
{
    if (strlen(tag) != 4 || !psn_layout_is_tag((const uint8_t *)tag))
        return psn_fail(error, PERSONA_EARG, "tag: need four letters");
    if (!psn_layout_is_element(element))
        return psn_fail(error, PERSONA_EARG, "element: need 1, 2, 4 or 8 bytes");
    if (psn_writer_has(writer, tag))
        return psn_fail(error, PERSONA_EARG, "tag: %s is in the file already", tag);
    if (writer->count == PSN_LAYOUT_MAX_CHUNKS)
        return psn_fail(error, PERSONA_ELIMIT, "a model file holds at most %d chunks",
                        PSN_LAYOUT_MAX_CHUNKS);
    int rc = writer_grow(writer, error);
    if (rc != PERSONA_OK) return rc;
    writer_chunk *added = &writer->chunks[writer->count++];
    memset(added, 0, sizeof *added);
    memcpy(added->chunk.tag, tag, 4);
    added->chunk.element = (uint8_t)element;
    added->chunk.data = data;
    added->chunk.size = size;
    return PERSONA_OK;
}

int psn_writer_add_text(psn_writer *writer, const char *tag, psn_text *text,
                        persona_error *error)
{
    int rc = PERSONA_OK;
    if (text->failed) {
        rc = psn_fail_memory(error);
    } else {
        rc = psn_writer_add(writer, tag, 1, text->bytes, text->length, error);
    }
    if (rc == PERSONA_OK) {
        writer->chunks[writer->count - 1].owned = text->bytes;
        memset(text, 0, sizeof *text);
    } else {
        psn_text_free(text);
    }
    return rc;
}

uint64_t psn_writer_digest(const psn_writer *writer)
{
    uint64_t digest = psn_digest_start(writer->kind);
    for (size_t i = 0; i < writer->count; i++)
        digest = psn_digest_chunk(digest, &writer->chunks[i].chunk);
    return psn_digest_end(digest);
}

static int writer_pack(psn_writer *writer, persona_error *error)
{
    for (size_t i = 0; i < writer->count; i++) {
        writer_chunk *one = &writer->chunks[i];
        psn_release(one->packed.bytes);
        int rc = psn_codec_pack(&one->packed, one->chunk.data, one->chunk.size,
                                one->chunk.element, error);
        if (rc != PERSONA_OK) return rc;
    }
    return PERSONA_OK;
}

static const void *writer_stored(const writer_chunk *one)
{
    return one->packed.codec == PSN_CODEC_STORE ? one->chunk.data : one->packed.bytes;
}

/* Fills the table and returns the size of the whole file. */
static uint64_t writer_table(const psn_writer *writer, uint8_t *table)
{
    uint64_t end = PSN_LAYOUT_HEADER + writer->count * PSN_LAYOUT_ENTRY;
    for (size_t i = 0; i < writer->count; i++) {
        const writer_chunk *one = &writer->chunks[i];
        uint8_t *entry = table + i * PSN_LAYOUT_ENTRY;
        const uint64_t offset = psn_layout_align(end);
        memcpy(entry + PSN_ENTRY_TAG, one->chunk.tag, 4);
        entry[PSN_ENTRY_CODEC] = (uint8_t)one->packed.codec;
        entry[PSN_ENTRY_ELEMENT] = one->chunk.element;
        psn_layout_put_u64(entry + PSN_ENTRY_OFFSET, offset);
        psn_layout_put_u64(entry + PSN_ENTRY_STORED, one->packed.size);
        psn_layout_put_u64(entry + PSN_ENTRY_RAW, one->chunk.size);
        psn_layout_put_u32(entry + PSN_ENTRY_STORED_CRC,
                           psn_codec_crc(writer_stored(one), one->packed.size));
        psn_layout_put_u32(entry + PSN_ENTRY_RAW_CRC,
                           psn_codec_crc(one->chunk.data, one->chunk.size));
        end = offset + one->packed.size;
    }
    return end;
}

static void writer_header(const psn_writer *writer, uint8_t *header, const uint8_t *table,
                          uint64_t file_size)
{
    memcpy(header + PSN_HEADER_MAGIC, PSN_LAYOUT_MAGIC, 8);
    psn_layout_put_u32(header + PSN_HEADER_VERSION, PSN_LAYOUT_VERSION);
    psn_layout_put_u32(header + PSN_HEADER_COUNT, (uint32_t)writer->count);
    psn_layout_put_u64(header + PSN_HEADER_SIZE, file_size);
    memcpy(header + PSN_HEADER_KIND, writer->kind, 4);
    psn_layout_put_u32(header + PSN_HEADER_TABLE_CRC,
                       psn_codec_crc(table, writer->count * PSN_LAYOUT_ENTRY));
    psn_layout_put_u32(header + PSN_HEADER_CRC, psn_codec_crc(header, PSN_HEADER_CRC));
}

int psn_writer_finish(psn_writer *writer, psn_text *out, persona_error *error)
{
    static const char zeros[PSN_LAYOUT_ALIGN];
    int rc = PERSONA_OK;
    const size_t head_size = PSN_LAYOUT_HEADER + writer->count * PSN_LAYOUT_ENTRY;
    const size_t start = out->length;
    uint8_t *head = NULL;
    PSN_TRY(writer_pack(writer, error));
    PSN_NEED(head = psn_alloc_zero(head_size, 1));
    writer_header(writer, head, head + PSN_LAYOUT_HEADER,
                  writer_table(writer, head + PSN_LAYOUT_HEADER));
    psn_text_append(out, (const char *)head, head_size);
    for (size_t i = 0; i < writer->count; i++) {
        const writer_chunk *one = &writer->chunks[i];
        const size_t at = out->length - start;
        psn_text_append(out, zeros, (size_t)psn_layout_align(at) - at);
        if (one->packed.size > 0)
            psn_text_append(out, writer_stored(one), one->packed.size);
    }
    if (out->failed) rc = psn_fail_memory(error);
done:
    psn_release(head);
    return rc;
}
