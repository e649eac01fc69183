/* os_time.c: the clock that only goes forward. */
#include "base/os.h"

#include <time.h>

int64_t psn_os_monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
