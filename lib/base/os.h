/* os.h: everything the library asks of the operating system; os_*.c are the only files
 * with POSIX calls. */
#ifndef PSN_BASE_OS_H
#define PSN_BASE_OS_H

#include <stddef.h>
#include <stdint.h>
#include "persona/types.h"

/* Identity of a file's content as the registry of open models sees it. */
typedef struct psn_os_stamp {
    uint64_t device, inode, size;
    int64_t modified_ns;
} psn_os_stamp;

/* The reason of an errno in English words; static. psn_os_fail makes of it
 * "cannot VERB 'PATH': REASON" with PERSONA_EIO. */
const char *psn_os_reason(int error_number);
int psn_os_fail(persona_error *error, const char *verb, const char *path,
                int error_number);

typedef struct psn_os_file psn_os_file;

/* PERSONA_EIO with the reason of the system in words. */
int psn_os_open_read(psn_os_file **out, const char *path, persona_error *error);
int psn_os_stamp_of(const psn_os_file *file, psn_os_stamp *out, persona_error *error);
int psn_os_stamp_path(const char *path, psn_os_stamp *out, persona_error *error);
/* Up to `capacity` bytes; *got = 0 at the end. */
int psn_os_read(psn_os_file *file, void *out, size_t capacity, size_t *got,
                persona_error *error);
void psn_os_close(psn_os_file *file);

/* The whole of a file into memory (psn_alloc), refused above max_bytes (PERSONA_ELIMIT).
 * Reads pipes too. `stamp` may be NULL; max_bytes < 0: no limit. */
int psn_os_read_all(const char *path, int64_t max_bytes, void **out, size_t *size,
                    psn_os_stamp *stamp, persona_error *error);

/* A new file in place of `path`, all or nothing: begin makes .NAME.XXXX beside it, commit
 * syncs, renames and syncs the folder, abandon removes it. Exactly one of commit and
 * abandon ends the file; a failed commit has abandoned. */
typedef struct psn_os_replace psn_os_replace;
int psn_os_replace_begin(psn_os_replace **out, const char *path, persona_error *error);
int psn_os_replace_write(psn_os_replace *file, const void *bytes, size_t size,
                         persona_error *error);
int psn_os_replace_commit(psn_os_replace *file, persona_error *error);
void psn_os_replace_abandon(psn_os_replace *file);

/* Asks for large pages under a large block, before it is written. */
void psn_os_advise_large(void *block, size_t bytes);

int64_t psn_os_monotonic_ns(void);

/* One process-wide mutex for the short critical sections of registries. */
void psn_os_lock(void);
void psn_os_unlock(void);

/* Threads for pool.c. */
typedef struct psn_os_thread psn_os_thread;
typedef struct psn_os_gate psn_os_gate; /* mutex and condition */
int psn_os_thread_start(psn_os_thread **out, void (*run)(void *), void *context);
void psn_os_thread_join(psn_os_thread *thread);
psn_os_gate *psn_os_gate_new(void);
void psn_os_gate_free(psn_os_gate *gate);
void psn_os_gate_lock(psn_os_gate *gate);
void psn_os_gate_unlock(psn_os_gate *gate);
void psn_os_gate_wait(psn_os_gate *gate); /* holding the lock */
void psn_os_gate_wake_all(psn_os_gate *gate);

#endif
