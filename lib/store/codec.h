/* codec.h: how the bytes of one chunk are compressed, and their checksum. */
#ifndef PSN_STORE_CODEC_H
#define PSN_STORE_CODEC_H

#include <stddef.h>
#include <stdint.h>
#include "persona/types.h"

enum psn_codec {
    PSN_CODEC_STORE = 0,
    PSN_CODEC_DEFLATE = 1,
    PSN_CODEC_SHUFFLE = 2, /* bytes of equal significance together, then deflate */
    PSN_CODEC_COUNT
};

typedef struct psn_packed {
    enum psn_codec codec;
    void *bytes; /* NULL for PSN_CODEC_STORE: write the raw bytes */
    size_t size;
} psn_packed;

/* Elements of more than one byte are shuffled, the others only deflated; stored when that
 * saves less than a tenth. Release out->bytes with psn_release. */
int psn_codec_pack(psn_packed *out, const void *raw, size_t size, int element,
                   persona_error *error);
/* `raw` takes exactly raw_size bytes; PERSONA_EFORMAT when the stream holds more or less.
 */
int psn_codec_unpack(void *raw, size_t raw_size, enum psn_codec codec, int element,
                     const void *stored, size_t stored_size, persona_error *error);
/* 1 if no deflate stream of `stored` bytes can decode to as many as `raw`. */
int psn_codec_impossible(uint64_t stored, uint64_t raw);

uint32_t psn_codec_crc(const void *bytes, size_t size);
/* Version of the zlib in this process. */
const char *psn_codec_library(void);

#endif
