/* task.h: progress, cancel and deadline of one long call. All functions accept NULL. */
#ifndef PSN_BASE_TASK_H
#define PSN_BASE_TASK_H

#include "persona/types.h"

int psn_task_new(persona_task **out, persona_error *error);
void psn_task_free(persona_task *task);
void psn_task_cancel(persona_task *task);
void psn_task_set_deadline(persona_task *task, int64_t ms_from_now);
double psn_task_progress(const persona_task *task);
const char *psn_task_phase(const persona_task *task);

/* The worker's side. enter: a phase (static text) that spans `from` .. `to` of the whole.
 * check: report how much of the phase is done (0 .. 1) and learn whether to stop
 * (PERSONA_ECANCEL, PERSONA_EDEADLINE). Cheap; call it every millisecond or so. */
void psn_task_enter(persona_task *task, const char *phase, double from, double to);
int psn_task_check(persona_task *task, double done, persona_error *error);

#endif
