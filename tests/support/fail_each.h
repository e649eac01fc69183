/* fail_each.h: every request of memory of a call fails in turn. Needs cmocka's headers
 * before it. */
#ifndef TESTS_SUPPORT_FAIL_EACH_H
#define TESTS_SUPPORT_FAIL_EACH_H

#include "support/failing_memory.h"

/* `call` gives OK or out of memory and leaves no block behind, whichever request fails.
 * step > 0: of long calls only some, more and more apart. */
static void fail_each(int (*call)(persona_error *error), long long step)
{
    const long long before = atomic_load(&memory_live);
    for (long long n = 0; n < 100000000; n += 1 + n / 200 * step) {
        persona_error error = {0};
        failing_memory_arm(n, 0);
        const int rc = call(&error);
        const int refused = failing_memory_disarm();
        if (rc != PERSONA_OK && rc != PERSONA_ENOMEM)
            fail_msg("request %lld: code %d, %s", n, rc, error.message);
        if (atomic_load(&memory_live) != before)
            fail_msg("request %lld leaves %lld blocks", n, memory_live - before);
        if (refused == 0) {
            assert_int_equal(rc, PERSONA_OK);
            return;
        }
    }
}

#endif
