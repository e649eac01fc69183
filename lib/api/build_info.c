/* persona_build_info, apart from the rest because it asks BLAS: the library of queries
 * alone is built without this file.
 *
 * The text is made outside the lock, since asking BLAS may take a lock of its own; the
 * first thread to finish leaves it. */
#include <string.h>

#include "base/os.h"
#include "base/text.h"
#include "math/blas.h"
#include "math/simd.h"
#include "persona/base.h"
#include "store/codec.h"

#if defined(__clang__)
static const char compiler[] = __VERSION__;
#else
static const char compiler[] = "gcc " __VERSION__;
#endif

static char build_info[2048]; /* under psn_os_lock until filled */

static void build_info_write(psn_text *json)
{
    psn_text_format(json, "{\"version\":\"%s\",\"compiler\":", PERSONA_VERSION);
    psn_text_json(json, compiler, PERSONA_NUL);
    psn_text_format(json, ",\"zlib\":");
    psn_text_json(json, psn_codec_library(), PERSONA_NUL);
    psn_text_format(json, ",\"simd\":");
    psn_text_json(json, psn_simd_name(psn_simd_level()), PERSONA_NUL);
    psn_text_append(json, ",", 1);
    psn_blas_describe(json);
    psn_text_append(json, "}", 1);
}

const char *persona_build_info(void)
{
    psn_os_lock();
    int made = build_info[0] != '\0';
    psn_os_unlock();
    if (made) return build_info;
    psn_text json = {0};
    build_info_write(&json);
    psn_os_lock();
    made = build_info[0] != '\0';
    if (!made && !json.failed && json.length < sizeof build_info) {
        memcpy(build_info, json.bytes, json.length + 1);
        made = 1;
    }
    psn_os_unlock();
    psn_text_free(&json);
    return made ? build_info : "{}";
}
