/* os_thread.c: POSIX threads, gates and the process-wide lock.
 *
 * A thread of ours inherits a mask that blocks the host's signals, so that its handlers
 * never run on a thread it does not know. Faults of the thread itself stay unblocked: a
 * crash reporter of the host shall see them. The mask of the calling thread is put back
 * before start returns.
 *
 * The process-wide lock is held over fork(): a prefork server that forks while another of
 * its threads holds it gives its children a free lock and a consistent registry. */
#include "base/os.h"

#include <pthread.h>
#include <signal.h>
#include "base/memory.h"

struct psn_os_thread {
    pthread_t handle;
    void (*run)(void *);
    void *context;
};

static void *thread_main(void *argument)
{
    psn_os_thread *thread = argument;
    thread->run(thread->context);
    return NULL;
}

static void thread_blocked_signals(sigset_t *set)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT};
    sigfillset(set);
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        sigdelset(set, faults[i]);
}

int psn_os_thread_start(psn_os_thread **out, void (*run)(void *), void *context)
{
    sigset_t blocked, before;
    *out = NULL;
    psn_os_thread *thread = psn_alloc(1, sizeof *thread);
    if (thread == NULL) return PERSONA_ENOMEM;
    thread->run = run;
    thread->context = context;
    thread_blocked_signals(&blocked);
    pthread_sigmask(SIG_SETMASK, &blocked, &before);
    int refused = pthread_create(&thread->handle, NULL, thread_main, thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (refused) {
        psn_release(thread);
        return PERSONA_EIO;
    }
    *out = thread;
    return PERSONA_OK;
}

void psn_os_thread_join(psn_os_thread *thread)
{
    if (thread == NULL) return;
    pthread_join(thread->handle, NULL);
    psn_release(thread);
}

struct psn_os_gate {
    pthread_mutex_t mutex;
    pthread_cond_t condition;
};

psn_os_gate *psn_os_gate_new(void)
{
    psn_os_gate *gate = psn_alloc(1, sizeof *gate);
    if (gate == NULL) return NULL;
    if (pthread_mutex_init(&gate->mutex, NULL) != 0) {
        psn_release(gate);
        return NULL;
    }
    if (pthread_cond_init(&gate->condition, NULL) != 0) {
        pthread_mutex_destroy(&gate->mutex);
        psn_release(gate);
        return NULL;
    }
    return gate;
}

void psn_os_gate_free(psn_os_gate *gate)
{
    if (gate == NULL) return;
    pthread_cond_destroy(&gate->condition);
    pthread_mutex_destroy(&gate->mutex);
    psn_release(gate);
}

void psn_os_gate_lock(psn_os_gate *gate)
{
    pthread_mutex_lock(&gate->mutex);
}

void psn_os_gate_unlock(psn_os_gate *gate)
{
    pthread_mutex_unlock(&gate->mutex);
}

void psn_os_gate_wait(psn_os_gate *gate)
{
    pthread_cond_wait(&gate->condition, &gate->mutex);
}

void psn_os_gate_wake_all(psn_os_gate *gate)
{
    pthread_cond_broadcast(&gate->condition);
}

static pthread_mutex_t os_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t os_once = PTHREAD_ONCE_INIT;

static void os_lock_plain(void)
{
    pthread_mutex_lock(&os_mutex);
}

static void os_register_fork(void)
{
    pthread_atfork(os_lock_plain, psn_os_unlock, psn_os_unlock);
}

void psn_os_lock(void)
{
    pthread_once(&os_once, os_register_fork);
    os_lock_plain();
}

void psn_os_unlock(void)
{
    pthread_mutex_unlock(&os_mutex);
}
