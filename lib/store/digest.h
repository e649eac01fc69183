/* digest.h: the 64-bit hash that names what a model says, whatever its file looks like.
 */
#ifndef PSN_STORE_DIGEST_H
#define PSN_STORE_DIGEST_H

#include "store/container.h"

uint64_t psn_digest_start(const char *kind);
/* Folds in one chunk; ancillary chunks leave the digest as it is. */
uint64_t psn_digest_chunk(uint64_t digest, const psn_chunk *chunk);
uint64_t psn_digest_end(uint64_t digest);

#endif
