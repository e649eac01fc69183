/* os_symbol.c: looks for a symbol among those the process has loaded. */
#define _GNU_SOURCE /* RTLD_DEFAULT */
#include "base/os.h"

#include <dlfcn.h>

void *psn_os_symbol(const char *name)
{
    return dlsym(RTLD_DEFAULT, name);
}
