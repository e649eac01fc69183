/* Deflate (RFC 1951) at level 1, after a byte shuffle for wider elements.
 *
 * Shuffling an array of n elements of e bytes writes first byte 0 of all elements, then
 * byte 1 of all, and so on: signs and exponents of neighbouring numbers are alike, their
 * low bytes are noise, and apart from each other they compress better (float32 factors
 * 1.09 -> 1.18, int32 offsets 2.80 -> 4.24). Level 6 costs 3 to 6 times as long for less
 * than 1 %. The bytes after the last whole element stay as they are.
 *
 * zlib counts in 32 bits, so it is fed slices of at most 1 GiB; its memory comes from our
 * allocator. Decoding writes into a buffer of exactly the promised size: a stream that
 * holds a byte more or less is an error. */
#include "store/codec.h"

#include <string.h>
#include <zlib.h>
#include "base/error.h"
#include "base/memory.h"

static const size_t slice_bytes = (size_t)1 << 30;

static void *codec_allocate(void *opaque, uInt count, uInt size)
{
    (void)opaque;
    return psn_alloc(count, size);
}

static void codec_release(void *opaque, void *block)
{
    (void)opaque;
    psn_release(block);
}

static void shuffle(uint8_t *out, const uint8_t *in, size_t size, size_t element)
{
    const size_t count = size / element;
    for (size_t byte = 0; byte < element; byte++) {
        for (size_t i = 0; i < count; i++) out[byte * count + i] = in[i * element + byte];
    }
    memcpy(out + count * element, in + count * element, size - count * element);
}

static void unshuffle(uint8_t *out, const uint8_t *in, size_t size, size_t element)
{
    const size_t count = size / element;
    for (size_t byte = 0; byte < element; byte++) {
        for (size_t i = 0; i < count; i++) out[i * element + byte] = in[byte * count + i];
    }
    memcpy(out + count * element, in + count * element, size - count * element);
}

/* What zlib has not been shown yet of the two buffers. */
typedef struct codec_rest {
    size_t in, out;
} codec_rest;

static uInt codec_slice(size_t *rest)
{
    const size_t size = *rest < slice_bytes ? *rest : slice_bytes;
    *rest -= size;
    return (uInt)size;
}

static void codec_refill(z_stream *stream, codec_rest *rest)
{
    if (stream->avail_in == 0) stream->avail_in = codec_slice(&rest->in);
    if (stream->avail_out == 0) stream->avail_out = codec_slice(&rest->out);
}

static void codec_begin(z_stream *stream, const void *in, void *out)
{
    memset(stream, 0, sizeof *stream);
    stream->zalloc = codec_allocate;
    stream->zfree = codec_release;
    stream->next_in = (Bytef *)(uintptr_t)in;
    stream->next_out = out;
}

/* Deflates into at most `capacity` bytes; *size is 0 when they do not suffice. */
static int codec_deflate(void *out, size_t capacity, size_t *size, const void *in,
                         size_t in_size, persona_error *error)
{
    z_stream stream;
    codec_rest rest = {.in = in_size, .out = capacity};
    int state = Z_OK;
    codec_begin(&stream, in, out);
    *size = 0;
    if (deflateInit2(&stream, 1, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return psn_fail_memory(error);
    while (state == Z_OK) {
        codec_refill(&stream, &rest);
        if (stream.avail_out == 0) break;
        state = deflate(&stream, rest.in == 0 ? Z_FINISH : Z_NO_FLUSH);
    }
    if (state == Z_STREAM_END) *size = capacity - rest.out - stream.avail_out;
    deflateEnd(&stream);
    return PERSONA_OK;
}

static int codec_inflate(void *out, size_t out_size, const void *in, size_t in_size,
                         persona_error *error)
{
    z_stream stream;
    codec_rest rest = {.in = in_size, .out = out_size};
    int state = Z_OK;
    codec_begin(&stream, in, out);
    if (inflateInit2(&stream, -15) != Z_OK) return psn_fail_memory(error);
    while (state == Z_OK) {
        codec_refill(&stream, &rest);
        state = inflate(&stream, rest.in == 0 && rest.out == 0 ? Z_FINISH : Z_NO_FLUSH);
    }
    const int whole = state == Z_STREAM_END && stream.avail_in == 0 && rest.in == 0 &&
                      stream.avail_out == 0 && rest.out == 0;
    inflateEnd(&stream);
    if (state == Z_MEM_ERROR) return psn_fail_memory(error);
    if (!whole)
        return psn_fail(error, PERSONA_EFORMAT,
                        "model file: a compressed chunk is malformed");
    return PERSONA_OK;
}

int psn_codec_pack(psn_packed *out, const void *raw, size_t size, int element,
                   persona_error *error)
{
    int rc = PERSONA_OK;
    uint8_t *shuffled = NULL;
    uint8_t *packed = NULL;
    size_t packed_size = 0;
    /* A result above nine tenths is of no use, so there is no room for one. */
    const size_t capacity = size - (size + 9) / 10;
    *out = (psn_packed){PSN_CODEC_STORE, NULL, size};
    if (capacity == 0) goto done;
    PSN_NEED(packed = psn_alloc(capacity, 1));
    if (element > 1) {
        PSN_NEED(shuffled = psn_alloc(size, 1));
        shuffle(shuffled, raw, size, (size_t)element);
        raw = shuffled;
    }
    PSN_TRY(codec_deflate(packed, capacity, &packed_size, raw, size, error));
    if (packed_size > 0) {
        out->codec = element > 1 ? PSN_CODEC_SHUFFLE : PSN_CODEC_DEFLATE;
        out->bytes = packed;
        out->size = packed_size;
        packed = NULL;
    }
done:
    psn_release(packed);
    psn_release(shuffled);
    return rc;
}

int psn_codec_unpack(void *raw, size_t raw_size, enum psn_codec codec, int element,
                     const void *stored, size_t stored_size, persona_error *error)
{
    int rc = PERSONA_OK;
    uint8_t *shuffled = NULL;
    if (codec == PSN_CODEC_STORE) {
        if (stored_size > 0) memcpy(raw, stored, stored_size);
    } else if (codec == PSN_CODEC_DEFLATE || element <= 1) {
        PSN_TRY(codec_inflate(raw, raw_size, stored, stored_size, error));
    } else {
        PSN_NEED(shuffled = psn_alloc(raw_size, 1));
        PSN_TRY(codec_inflate(shuffled, raw_size, stored, stored_size, error));
        unshuffle(raw, shuffled, raw_size, (size_t)element);
    }
done:
    psn_release(shuffled);
    return rc;
}

/* One symbol of at least one bit for the length and one for the distance copies up to 258
 * bytes: 258 x 8 / 2 = 1032 bytes a byte. */
int psn_codec_impossible(uint64_t stored, uint64_t raw)
{
    return raw > 64 && (raw - 64) / 1032 >= stored && (raw - 64) > stored * 1032;
}

uint32_t psn_codec_crc(const void *bytes, size_t size)
{
    const Bytef *next = bytes;
    uLong crc = crc32(0, NULL, 0);
    while (size > 0) {
        const uInt slice = codec_slice(&size);
        crc = crc32(crc, next, slice);
        next += slice;
    }
    return (uint32_t)crc;
}

const char *psn_codec_library(void)
{
    return zlibVersion();
}
