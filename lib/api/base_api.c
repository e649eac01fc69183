/* Version, names of codes, memory, buffers, tasks. */
#include "persona/base.h"

#include "api/check.h"
#include "base/buffer.h"
#include "base/memory.h"
#include "base/task.h"

const char *persona_version(void)
{
    return PERSONA_VERSION;
}

const char *persona_code_name(int32_t code)
{
    static const char *const names[] = {
        "PERSONA_OK",       "PERSONA_EARG",   "PERSONA_EOPTION", "PERSONA_EDATA",
        "PERSONA_ENOMEM",   "PERSONA_ELIMIT", "PERSONA_EIO",     "PERSONA_EFORMAT",
        "PERSONA_EVERSION", "PERSONA_EKIND",  "PERSONA_ECANCEL", "PERSONA_EDEADLINE",
        "PERSONA_ENUMERIC", "PERSONA_EBLAS"};
    const int32_t count = (int32_t)(sizeof names / sizeof names[0]);
    return code <= 0 && code > -count ? names[-code] : "PERSONA_UNKNOWN";
}

int persona_set_allocator(void *(*allocate)(void *context, int64_t bytes),
                          void *(*resize)(void *context, void *block, int64_t bytes),
                          void (*release)(void *context, void *block), void *context,
                          persona_error *error)
{
    return psn_memory_hook(allocate, resize, release, context, error);
}

const void *persona_buffer_data(const persona_buffer *buffer)
{
    return buffer == NULL ? NULL : psn_buffer_data(buffer);
}

int64_t persona_buffer_size(const persona_buffer *buffer)
{
    return buffer == NULL ? 0 : psn_buffer_size(buffer);
}

void persona_buffer_free(persona_buffer *buffer)
{
    psn_buffer_free(buffer);
}

int persona_task_new(persona_task **out, persona_error *error)
{
    PSN_API_OUT(out);
    return psn_task_new(out, error);
}

void persona_task_cancel(persona_task *task)
{
    psn_task_cancel(task);
}

void persona_task_set_deadline(persona_task *task, int64_t ms_from_now)
{
    psn_task_set_deadline(task, ms_from_now);
}

double persona_task_progress(const persona_task *task)
{
    return psn_task_progress(task);
}

const char *persona_task_phase(const persona_task *task)
{
    return psn_task_phase(task);
}

void persona_task_free(persona_task *task)
{
    psn_task_free(task);
}
