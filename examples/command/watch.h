/* watch.h: a progress bar on standard error while a call runs, if it is a terminal. */
#ifndef COMMAND_WATCH_H
#define COMMAND_WATCH_H

#include <pthread.h>
#include "persona.h"

typedef struct watch {
    persona_task *task;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    int running, done;
} watch;

/* Returns the task to pass to the call; NULL when nobody looks. Always call stop after.
 */
persona_task *watch_start(watch *w);
void watch_stop(watch *w);

#endif
