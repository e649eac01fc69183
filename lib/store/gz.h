/* gz.h: gzip in memory, for CSV files. */
#ifndef PSN_STORE_GZ_H
#define PSN_STORE_GZ_H

#include <stddef.h>
#include <stdint.h>
#include "base/text.h"
#include "persona/types.h"

int psn_gz_is(const void *bytes, size_t size);
/* All members, one after the other; refused above max_bytes of output (PERSONA_ELIMIT).
 */
int psn_gz_expand(psn_text *out, const void *bytes, size_t size, int64_t max_bytes,
                  persona_error *error);
int psn_gz_pack(psn_text *out, const void *bytes, size_t size, persona_error *error);

#endif
