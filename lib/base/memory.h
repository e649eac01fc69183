/* memory.h: all memory of the library passes here, through the host's hook if it set one.
 * Sizes are multiplied and added only by the checked helpers. */
#ifndef PSN_BASE_MEMORY_H
#define PSN_BASE_MEMORY_H

#include <stddef.h>
#include <stdint.h>
#include "persona/types.h"

/* NULL when memory is out or the product overflows. A request for 0 gives a valid block.
 */
void *psn_alloc(size_t count, size_t size);
void *psn_alloc_zero(size_t count, size_t size);
/* On failure NULL and the old block stays. */
void *psn_resize(void *block, size_t count, size_t size);
void psn_release(void *block);

/* 64-byte aligned, for arrays that SIMD kernels walk. Release with psn_release_aligned.
 */
void *psn_alloc_aligned(size_t count, size_t size);
void psn_release_aligned(void *block);

/* A copy of `bytes` bytes, and of text with a NUL added. NULL when memory is out. */
void *psn_copy(const void *data, size_t bytes);
char *psn_copy_text(const char *text, size_t length);

/* 1 and *out on success, 0 on overflow. */
int psn_size_mul(size_t a, size_t b, size_t *out);
int psn_size_add(size_t a, size_t b, size_t *out);

int psn_memory_hook(void *(*allocate)(void *, int64_t),
                    void *(*resize)(void *, void *, int64_t),
                    void (*release)(void *, void *), void *context, persona_error *error);

#endif
