/* gz.c: gzip (RFC 1952) in memory, over zlib, with our own memory.
 *
 * A .gz file is one member or several, one after the other (as `cat a.gz b.gz` makes),
 * and may be padded with zero bytes; anything else behind a member is damage. Output
 * grows by doubling, never above the limit, whatever the input promises. zlib counts
 * input and output in 32 bits, so both are handed over in slices. */
#include "store/gz.h"

#include <limits.h>
#include <string.h>
#include <zlib.h>

#include "base/error.h"
#include "base/memory.h"

enum {
    GZ_WINDOW = 15 + 16, /* largest window, gzip framing */
    GZ_LEVEL = 6,
    GZ_MEMORY = 8,
    GZ_FIRST = 1 << 16
};
static const size_t gz_slice = (size_t)1 << 30;

static void *gz_allocate(void *context, uInt count, uInt size)
{
    (void)context;
    return psn_alloc(count, size);
}

static void gz_release(void *context, void *block)
{
    (void)context;
    psn_release(block);
}

int psn_gz_is(const void *bytes, size_t size)
{
    const unsigned char *magic = bytes;
    return size >= 3 && magic[0] == 0x1F && magic[1] == 0x8B && magic[2] == 8;
}

static uInt gz_part(size_t left)
{
    return (uInt)(left < gz_slice ? left : gz_slice);
}

/* Room for at least one more byte besides the NUL, but for at most `limit` in all. */
static int gz_grow(psn_text *out, size_t limit, persona_error *error)
{
    size_t capacity = out->capacity < GZ_FIRST ? GZ_FIRST : out->capacity;
    if (out->length + 1 < out->capacity) return PERSONA_OK;
    if (out->length >= limit)
        return psn_fail(error, PERSONA_ELIMIT,
                        "gzip data: more than max_bytes = %zu bytes when expanded",
                        limit);
    capacity = capacity > SIZE_MAX / 2 ? SIZE_MAX : 2 * capacity;
    if (capacity > limit && limit < SIZE_MAX) capacity = limit + 1;
    char *larger = psn_resize(out->bytes, capacity, 1);
    if (larger == NULL) return psn_fail_memory(error);
    out->bytes = larger;
    out->capacity = capacity;
    return PERSONA_OK;
}

static int gz_damaged(const z_stream *stream, const void *bytes, persona_error *error)
{
    int64_t at = (int64_t)(stream->next_in - (const Bytef *)bytes);
    return psn_fail_at(error, PERSONA_EDATA, at,
                       "gzip data: damaged or cut short at byte %lld", (long long)at);
}

/* One call of inflate; *end tells that a member is complete. */
static int gz_step(z_stream *stream, psn_text *out, const void *bytes, size_t size,
                   size_t limit, int *end, persona_error *error)
{
    int rc = gz_grow(out, limit, error);
    if (rc != PERSONA_OK) return rc;
    size_t room = out->capacity - out->length - 1;
    size_t left = size - (size_t)(stream->next_in - (const Bytef *)bytes);
    stream->next_out = (Bytef *)out->bytes + out->length;
    stream->avail_out = gz_part(room);
    stream->avail_in = gz_part(left);
    int status = inflate(stream, Z_NO_FLUSH);
    out->length = (size_t)((char *)stream->next_out - out->bytes);
    *end = status == Z_STREAM_END;
    if (status == Z_MEM_ERROR) return psn_fail_memory(error);
    if (status == Z_OK || status == Z_STREAM_END) return PERSONA_OK;
    return gz_damaged(stream, bytes, error);
}

static int gz_is_padding(const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != 0) return 0;
    return 1;
}

int psn_gz_expand(psn_text *out, const void *bytes, size_t size, int64_t max_bytes,
                  persona_error *error)
{
    int rc = PERSONA_OK, end = 0;
    size_t limit = max_bytes < 0 ? 0 : (size_t)max_bytes;
    z_stream stream = {.zalloc = gz_allocate, .zfree = gz_release};
    *out = (psn_text){0};
    if (inflateInit2(&stream, GZ_WINDOW) != Z_OK) return psn_fail_memory(error);
    stream.next_in = (z_const Bytef *)(uintptr_t)bytes;
    for (;;) {
        size_t left = size - (size_t)(stream.next_in - (const Bytef *)bytes);
        if (end && gz_is_padding(stream.next_in, left)) break;
        if (end && (!psn_gz_is(stream.next_in, left) || inflateReset(&stream) != Z_OK))
            PSN_TRY(gz_damaged(&stream, bytes, error));
        if (left == 0) PSN_TRY(gz_damaged(&stream, bytes, error));
        PSN_TRY(gz_step(&stream, out, bytes, size, limit, &end, error));
    }
    PSN_TRY(gz_grow(out, SIZE_MAX, error));
    out->bytes[out->length] = '\0';
done:
    inflateEnd(&stream);
    if (rc != PERSONA_OK) psn_text_free(out);
    return rc;
}

int psn_gz_pack(psn_text *out, const void *bytes, size_t size, persona_error *error)
{
    int rc = PERSONA_OK, status = Z_OK;
    z_stream stream = {.zalloc = gz_allocate, .zfree = gz_release};
    *out = (psn_text){0};
    if (deflateInit2(&stream, GZ_LEVEL, Z_DEFLATED, GZ_WINDOW, GZ_MEMORY,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        return psn_fail_memory(error);
    stream.next_in = (z_const Bytef *)(uintptr_t)bytes;
    while (status != Z_STREAM_END) {
        size_t left = size - (size_t)(stream.next_in - (const Bytef *)bytes);
        PSN_TRY(gz_grow(out, SIZE_MAX, error));
        stream.next_out = (Bytef *)out->bytes + out->length;
        stream.avail_out = gz_part(out->capacity - out->length - 1);
        stream.avail_in = gz_part(left);
        status = deflate(&stream, left <= gz_slice ? Z_FINISH : Z_NO_FLUSH);
        out->length = (size_t)((char *)stream.next_out - out->bytes);
        if (status == Z_STREAM_ERROR) PSN_TRY(psn_fail_memory(error));
    }
    PSN_TRY(gz_grow(out, SIZE_MAX, error));
    out->bytes[out->length] = '\0';
done:
    deflateEnd(&stream);
    if (rc != PERSONA_OK) psn_text_free(out);
    return rc;
}
