/* base.h: version, memory, buffers, and the task that watches a long call. */
#ifndef PERSONA_BASE_H
#define PERSONA_BASE_H

#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* "0.1.0". Static text. [shared] */
PERSONA_API const char *persona_version(void);

/* What this build is and runs on, as JSON: version, compiler, zlib, BLAS library with its
 * core, threads and self-test, SIMD level in use. Static text, made at the first call.
 * [shared] */
PERSONA_API const char *persona_build_info(void);

/* The name of a result code: "PERSONA_EDATA"; "PERSONA_UNKNOWN" for others. [shared] */
PERSONA_API const char *persona_code_name(int32_t code);

/* Replaces malloc, realloc and free for everything the library allocates, zlib's memory
 * too; OpenBLAS's own work buffers are outside. `resize` must behave like realloc and
 * `release` must accept NULL. All three are called from any thread. Call it before the
 * first other call: later it fails with PERSONA_EARG. Three NULLs restore the C library.
 * [owned] */
PERSONA_API int persona_set_allocator(void *(*allocate)(void *context, int64_t bytes),
                                      void *(*resize)(void *context, void *block,
                                                      int64_t bytes),
                                      void (*release)(void *context, void *block),
                                      void *context, persona_error *error);

/* Bytes the library made for you: JSON, CSV, a model file. data() ends with a NUL that
 * size() does not count. */
PERSONA_API const void *persona_buffer_data(const persona_buffer *buffer);
PERSONA_API int64_t persona_buffer_size(const persona_buffer *buffer);
PERSONA_API void persona_buffer_free(persona_buffer *buffer);

/* A task watches and stops one long call from any thread. Pass it to the call, then poll
 * or cancel it elsewhere; free it after the call has returned. [shared] */
PERSONA_API int persona_task_new(persona_task **out, persona_error *error);
/* The call returns PERSONA_ECANCEL soon after. */
PERSONA_API void persona_task_cancel(persona_task *task);
/* The call returns PERSONA_EDEADLINE when it is not done by then: never a partial result.
 * Negative removes the deadline. */
PERSONA_API void persona_task_set_deadline(persona_task *task, int64_t ms_from_now);
/* 0 .. 1 */
PERSONA_API double persona_task_progress(const persona_task *task);
/* Static text such as "swap search"; "" before the call has begun. */
PERSONA_API const char *persona_task_phase(const persona_task *task);
PERSONA_API void persona_task_free(persona_task *task);

#ifdef __cplusplus
}
#endif
#endif
