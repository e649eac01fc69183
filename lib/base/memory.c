/* memory.c: the allocator hook and the checked helpers.
 *
 * The hook may be set until the first allocation; from then on a block could be released
 * by a function that did not make it. Aligned blocks are cut out of larger ordinary ones,
 * so that a hook needs no aligned allocation: the word before the block holds its start.
 */
#include "base/memory.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include "base/error.h"
#include "base/os.h"

enum { MEMORY_ALIGNMENT = 64, MEMORY_LARGE = 4 << 20, MEMORY_LARGE_PAGE = 2 << 20 };

static void *(*memory_allocate)(void *, int64_t);
static void *(*memory_resize)(void *, void *, int64_t);
static void (*memory_release)(void *, void *);
static void *memory_context;
static atomic_int memory_used;

/* Reads before it writes: threads share the line of the flag without a fight. */
static void memory_mark_used(void)
{
    if (!atomic_load_explicit(&memory_used, memory_order_relaxed)) {
        atomic_store_explicit(&memory_used, 1, memory_order_relaxed);
    }
}

int psn_size_mul(size_t a, size_t b, size_t *out)
{
    return !__builtin_mul_overflow(a, b, out);
}

int psn_size_add(size_t a, size_t b, size_t *out)
{
    return !__builtin_add_overflow(a, b, out);
}

/* The bytes of a request, at least 1; 0 if it can never be met. */
static size_t memory_bytes(size_t count, size_t size)
{
    size_t bytes;
    if (!psn_size_mul(count, size, &bytes) || bytes > PTRDIFF_MAX) return 0;
    return bytes == 0 ? 1 : bytes;
}

void *psn_alloc(size_t count, size_t size)
{
    size_t bytes = memory_bytes(count, size);
    if (bytes == 0) return NULL;
    memory_mark_used();
    if (memory_allocate != NULL) return memory_allocate(memory_context, (int64_t)bytes);
    if (bytes < MEMORY_LARGE || bytes > PTRDIFF_MAX - MEMORY_LARGE) return malloc(bytes);
    /* Whole large pages need a block that begins with one; free and realloc take it. */
    void *block =
        aligned_alloc(MEMORY_LARGE_PAGE,
                      bytes / MEMORY_LARGE_PAGE * MEMORY_LARGE_PAGE + MEMORY_LARGE_PAGE);
    if (block != NULL) psn_os_advise_large(block, bytes);
    return block;
}

/* calloc gets zero pages for nothing where the hook has to write them. */
void *psn_alloc_zero(size_t count, size_t size)
{
    size_t bytes = memory_bytes(count, size);
    if (bytes == 0) return NULL;
    memory_mark_used();
    if (memory_allocate == NULL) return calloc(1, bytes);
    void *block = memory_allocate(memory_context, (int64_t)bytes);
    if (block != NULL) memset(block, 0, bytes);
    return block;
}

void *psn_resize(void *block, size_t count, size_t size)
{
    if (block == NULL) return psn_alloc(count, size);
    size_t bytes = memory_bytes(count, size);
    if (bytes == 0) return NULL;
    return memory_resize != NULL ? memory_resize(memory_context, block, (int64_t)bytes)
                                 : realloc(block, bytes);
}

void psn_release(void *block)
{
    if (block == NULL) return;
    if (memory_release != NULL) {
        memory_release(memory_context, block);
    } else {
        free(block);
    }
}

void *psn_alloc_aligned(size_t count, size_t size)
{
    size_t bytes = memory_bytes(count, size);
    if (bytes == 0 || !psn_size_add(bytes, MEMORY_ALIGNMENT + sizeof(void *), &bytes)) {
        return NULL;
    }
    char *start = psn_alloc(bytes, 1);
    if (start == NULL) return NULL;
    uintptr_t earliest = (uintptr_t)start + sizeof(void *);
    size_t skip = (size_t)(-earliest % MEMORY_ALIGNMENT);
    char *block = start + sizeof(void *) + skip;
    memcpy(block - sizeof(void *), &start, sizeof start);
    return block;
}

void psn_release_aligned(void *block)
{
    if (block == NULL) return;
    char *start;
    memcpy(&start, (char *)block - sizeof(void *), sizeof start);
    psn_release(start);
}

void *psn_copy(const void *data, size_t bytes)
{
    void *copy = psn_alloc(bytes, 1);
    if (copy != NULL && bytes > 0) memcpy(copy, data, bytes);
    return copy;
}

char *psn_copy_text(const char *text, size_t length)
{
    size_t bytes;
    if (!psn_size_add(length, 1, &bytes)) return NULL;
    char *copy = psn_alloc(bytes, 1);
    if (copy == NULL) return NULL;
    if (length > 0) memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

int psn_memory_hook(void *(*allocate)(void *, int64_t),
                    void *(*resize)(void *, void *, int64_t),
                    void (*release)(void *, void *), void *context, persona_error *error)
{
    int given = (allocate != NULL) + (resize != NULL) + (release != NULL);
    if (given != 0 && given != 3) {
        return psn_fail(error, PERSONA_EARG,
                        "allocate, resize and release must be given together");
    }
    if (atomic_load(&memory_used)) {
        return psn_fail(error, PERSONA_EARG,
                        "the allocator can only be set before the first other call");
    }
    memory_allocate = allocate;
    memory_resize = resize;
    memory_release = release;
    memory_context = given == 0 ? NULL : context;
    return PERSONA_OK;
}
