/* task.c: what one thread knows about the long call of another.
 *
 * Everything is an atomic of its own: a poller may see a progress one step older than the
 * phase, never a torn value. Workers of one call report in any order, so progress within
 * a phase only rises; entering a phase sets it. */
#include "base/task.h"

#include <stdatomic.h>
#include "base/error.h"
#include "base/memory.h"
#include "base/os.h"

struct persona_task {
    atomic_int cancelled;
    atomic_llong deadline_ns; /* LLONG_MAX: none */
    _Atomic double progress, from, to;
    const char *_Atomic phase;
};

static const long long TASK_NEVER = INT64_MAX;

int psn_task_new(persona_task **out, persona_error *error)
{
    *out = NULL;
    persona_task *task = psn_alloc_zero(1, sizeof *task);
    if (task == NULL) return psn_fail_memory(error);
    atomic_init(&task->cancelled, 0);
    atomic_init(&task->deadline_ns, TASK_NEVER);
    atomic_init(&task->progress, 0.0);
    atomic_init(&task->from, 0.0);
    atomic_init(&task->to, 1.0);
    atomic_init(&task->phase, "");
    *out = task;
    return PERSONA_OK;
}

void psn_task_free(persona_task *task)
{
    psn_release(task);
}

void psn_task_cancel(persona_task *task)
{
    if (task != NULL) atomic_store(&task->cancelled, 1);
}

void psn_task_set_deadline(persona_task *task, int64_t ms_from_now)
{
    if (task == NULL) return;
    int64_t now = psn_os_monotonic_ns(), ns, deadline;
    if (ms_from_now < 0 || __builtin_mul_overflow(ms_from_now, 1000000, &ns) ||
        __builtin_add_overflow(now, ns, &deadline)) {
        deadline = TASK_NEVER;
    }
    atomic_store(&task->deadline_ns, deadline);
}

double psn_task_progress(const persona_task *task)
{
    return task == NULL ? 0.0 : atomic_load(&((persona_task *)task)->progress);
}

const char *psn_task_phase(const persona_task *task)
{
    return task == NULL ? "" : atomic_load(&((persona_task *)task)->phase);
}

void psn_task_enter(persona_task *task, const char *phase, double from, double to)
{
    if (task == NULL) return;
    atomic_store(&task->from, from);
    atomic_store(&task->to, to);
    atomic_store(&task->progress, from);
    atomic_store(&task->phase, phase);
}

static void task_raise_progress(persona_task *task, double done)
{
    double from = atomic_load(&task->from), to = atomic_load(&task->to);
    double share = done > 0.0 ? (done < 1.0 ? done : 1.0) : 0.0; /* NaN: 0 */
    double target = from + (to - from) * share;
    double seen = atomic_load(&task->progress);
    while (seen < target &&
           !atomic_compare_exchange_weak(&task->progress, &seen, target)) {
    }
}

int psn_task_check(persona_task *task, double done, persona_error *error)
{
    if (task == NULL) return PERSONA_OK;
    task_raise_progress(task, done);
    const char *phase = atomic_load(&task->phase);
    const char *during = phase[0] == '\0' ? "" : " during ";
    if (atomic_load(&task->cancelled)) {
        return psn_fail(error, PERSONA_ECANCEL, "cancelled%s%s", during, phase);
    }
    long long deadline = atomic_load(&task->deadline_ns);
    if (deadline != TASK_NEVER && psn_os_monotonic_ns() >= deadline) {
        return psn_fail(error, PERSONA_EDEADLINE, "deadline passed%s%s", during, phase);
    }
    return PERSONA_OK;
}
