/* os_memory.c: large blocks in large pages, where the system has them.
 *
 * A block of tens of megabytes is a page fault every 4 KiB when it is first written, and
 * faults cost more than what is computed into it: touching 37 MB took 18.6 ms in 4 KiB
 * pages and 3.6 ms in 2 MiB ones (virtual machine, Linux 6). It is advice: nothing
 * depends on it. */
#define _DEFAULT_SOURCE
#include "base/os.h"

#include <stdint.h>
#include <sys/mman.h>

enum { MEMORY_PAGE = 4096 };

void psn_os_advise_large(void *block, size_t bytes)
{
#if defined(MADV_HUGEPAGE)
    const uintptr_t first =
        ((uintptr_t)block + MEMORY_PAGE - 1) / MEMORY_PAGE * MEMORY_PAGE;
    const uintptr_t end = ((uintptr_t)block + bytes) / MEMORY_PAGE * MEMORY_PAGE;
    if (first < end) (void)madvise((void *)first, end - first, MADV_HUGEPAGE);
#else
    (void)block;
    (void)bytes;
#endif
}
