/* watch.c: a thread looks at the task while the main thread is inside the library. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "watch.h"

static void *watch_draw(void *context)
{
    static const char bar[] = "########################";
    watch *w = context;
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec++; /* short calls draw nothing */
    pthread_mutex_lock(&w->mutex);
    while (!w->done) {
        if (pthread_cond_timedwait(&w->wake, &w->mutex, &until) != ETIMEDOUT) continue;
        double part = persona_task_progress(w->task);
        fprintf(stderr, "\r\033[K[%-24.*s] %3.0f %%  %s", (int)(part * 24), bar,
                part * 100, persona_task_phase(w->task));
        fflush(stderr);
        until.tv_nsec += 200000000;
        if (until.tv_nsec >= 1000000000) until.tv_sec++, until.tv_nsec -= 1000000000;
    }
    pthread_mutex_unlock(&w->mutex);
    fprintf(stderr, "\r\033[K");
    return NULL;
}

persona_task *watch_start(watch *w)
{
    memset(w, 0, sizeof *w);
    if (!isatty(STDERR_FILENO) || persona_task_new(&w->task, NULL) != 0) return NULL;
    pthread_mutex_init(&w->mutex, NULL);
    pthread_cond_init(&w->wake, NULL);
    w->running = pthread_create(&w->thread, NULL, watch_draw, w) == 0;
    return w->task;
}

void watch_stop(watch *w)
{
    if (w->running) {
        pthread_mutex_lock(&w->mutex);
        w->done = 1;
        pthread_cond_signal(&w->wake);
        pthread_mutex_unlock(&w->mutex);
        pthread_join(w->thread, NULL);
    }
    persona_task_free(w->task);
}
