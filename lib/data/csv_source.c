/* csv_source.c: what a file is before it is CSV: gzipped, Latin-1, binary, empty.
 *
 * Latin-1 and Windows-1252 have one byte a character: a first pass counts what the text
 * needs in UTF-8, a second writes it. They differ in 0x80 .. 0x9F only. */
#include "data/csv_source.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "store/gz.h"

enum { SOURCE_LOOK = 4096 };

/* Windows-1252, 0x80 .. 0x9F (WHATWG: the five free codes stand for themselves). */
static const uint16_t source_cp1252[32] = {
    0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
    0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008D, 0x017D, 0x008F,
    0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
    0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178};

void psn_csv_source_free(psn_csv_source *source)
{
    psn_release(source->owned);
    *source = (psn_csv_source){0};
}

static void source_replace(psn_csv_source *source, void *owned, size_t size)
{
    psn_release(source->owned);
    *source = (psn_csv_source){owned, size, owned};
}

static unsigned source_code(unsigned char byte, psn_csv_encoding encoding)
{
    if (encoding == PSN_CSV_CP1252 && byte >= 0x80 && byte < 0xA0)
        return source_cp1252[byte - 0x80];
    return byte;
}

static size_t source_width(unsigned code)
{
    return code < 0x80 ? 1 : code < 0x800 ? 2 : 3;
}

static char *source_put(char *out, unsigned code)
{
    if (code < 0x80) {
        *out++ = (char)code;
    } else if (code < 0x800) {
        *out++ = (char)(0xC0 | code >> 6);
        *out++ = (char)(0x80 | (code & 0x3F));
    } else {
        *out++ = (char)(0xE0 | code >> 12);
        *out++ = (char)(0x80 | (code >> 6 & 0x3F));
        *out++ = (char)(0x80 | (code & 0x3F));
    }
    return out;
}

static int source_recode(psn_csv_source *source, psn_csv_encoding encoding,
                         persona_error *error)
{
    const unsigned char *bytes = (const unsigned char *)source->bytes;
    size_t total = 0;
    for (size_t i = 0; i < source->size; i++)
        total += source_width(source_code(bytes[i], encoding));
    if (total == source->size) return PERSONA_OK; /* all ASCII */
    char *out = psn_alloc(total, 1);
    if (out == NULL) return psn_fail_memory(error);
    char *at = out;
    for (size_t i = 0; i < source->size; i++)
        at = source_put(at, source_code(bytes[i], encoding));
    source_replace(source, out, total);
    return PERSONA_OK;
}

static int source_refuse_binary(const psn_csv_source *source, persona_error *error)
{
    const unsigned char *bytes = (const unsigned char *)source->bytes;
    size_t look = source->size < SOURCE_LOOK ? source->size : SOURCE_LOOK;
    if (source->size == 0) return psn_fail(error, PERSONA_EDATA, "the file is empty");
    if (look >= 2 && ((bytes[0] == 0xFF && bytes[1] == 0xFE) ||
                      (bytes[0] == 0xFE && bytes[1] == 0xFF)))
        return psn_fail(error, PERSONA_EDATA,
                        "the file is UTF-16; CSV must be UTF-8, Latin-1 or Windows-1252");
    const unsigned char *nul = memchr(bytes, 0, look);
    if (nul == NULL) return PERSONA_OK;
    return psn_fail_at(error, PERSONA_EDATA, nul - bytes,
                       "the file is binary (NUL at byte %lld), not CSV",
                       (long long)(nul - bytes));
}

int psn_csv_source_prepare(psn_csv_source *source, const psn_csv_plan *plan,
                           persona_error *error)
{
    int rc = PERSONA_OK;
    if ((uint64_t)source->size > (uint64_t)plan->max_bytes)
        return psn_fail(error, PERSONA_ELIMIT,
                        "the data have %zu bytes, max_bytes is %lld", source->size,
                        (long long)plan->max_bytes);
    if (psn_gz_is(source->bytes, source->size)) {
        psn_text expanded;
        PSN_TRY(psn_gz_expand(&expanded, source->bytes, source->size, plan->max_bytes,
                              error));
        source_replace(source, expanded.bytes, expanded.length);
    }
    PSN_TRY(source_refuse_binary(source, error));
    if (plan->encoding != PSN_CSV_UTF8)
        PSN_TRY(source_recode(source, plan->encoding, error));
    if (source->size >= 3 && memcmp(source->bytes, "\xEF\xBB\xBF", 3) == 0) {
        source->bytes += 3;
        source->size -= 3;
    }
    if (source->size == 0) rc = psn_fail(error, PERSONA_EDATA, "the file is empty");
done:
    return rc;
}
