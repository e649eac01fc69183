/* pool.h: threads that live for one call of the library and end before it returns. */
#ifndef PSN_BASE_POOL_H
#define PSN_BASE_POOL_H

#include <stdint.h>
#include "persona/types.h"

typedef struct psn_pool psn_pool;

/* One thread (the caller's) makes no threads at all. If the system refuses a thread the
 * pool is smaller: results never depend on the number. */
int psn_pool_open(psn_pool **out, int64_t threads, persona_error *error);
void psn_pool_close(psn_pool *pool);
/* A NULL pool has one worker. */
int psn_pool_workers(const psn_pool *pool);

/* Calls work(context, block, worker) once for each block 0 .. blocks - 1, on any worker
 * (0 .. workers - 1, for scratch), and returns when all are done. Whatever a block
 * computes must depend on the block only. NULL pool: in order, on this thread. */
typedef void (*psn_pool_work)(void *context, int64_t block, int worker);
void psn_pool_run(psn_pool *pool, int64_t blocks, psn_pool_work work, void *context);

#endif
