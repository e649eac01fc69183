/* test_task.c: progress, cancel and deadline. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/os.h"
#include "base/task.h"

static int open_task(void **state)
{
    persona_task *task;
    int rc = psn_task_new(&task, NULL);
    *state = task;
    return rc;
}

static int close_task(void **state)
{
    psn_task_free(*state);
    return 0;
}

static void a_new_task_has_no_progress_and_no_phase(void **state)
{
    assert_true(psn_task_progress(*state) == 0.0);
    assert_string_equal(psn_task_phase(*state), "");
    assert_int_equal(psn_task_check(*state, 0.0, NULL), PERSONA_OK);
}

static void a_phase_spans_its_part_of_the_whole(void **state)
{
    psn_task_enter(*state, "swap search", 0.25, 0.75);
    assert_string_equal(psn_task_phase(*state), "swap search");
    assert_true(psn_task_progress(*state) == 0.25);
    psn_task_check(*state, 0.5, NULL);
    assert_true(psn_task_progress(*state) == 0.5);
    psn_task_check(*state, 7.0, NULL);
    assert_true(psn_task_progress(*state) == 0.75);
}

static void progress_within_a_phase_only_rises(void **state)
{
    psn_task_enter(*state, "a", 0.0, 1.0);
    psn_task_check(*state, 0.5, NULL);
    psn_task_check(*state, 0.25, NULL);
    psn_task_check(*state, -1.0, NULL);
    assert_true(psn_task_progress(*state) == 0.5);
    psn_task_enter(*state, "b", 0.0, 1.0); /* the next call with the same task */
    assert_true(psn_task_progress(*state) == 0.0);
}

static void a_cancelled_task_stops_at_the_next_check(void **state)
{
    persona_error error;
    psn_task_enter(*state, "seeding", 0.0, 0.1);
    psn_task_cancel(*state);
    assert_int_equal(psn_task_check(*state, 0.0, &error), PERSONA_ECANCEL);
    assert_string_equal(error.message, "cancelled during seeding");
}

static void a_passed_deadline_stops_and_a_negative_one_removes_it(void **state)
{
    persona_error error;
    psn_task_set_deadline(*state, 0);
    assert_int_equal(psn_task_check(*state, 0.0, &error), PERSONA_EDEADLINE);
    assert_string_equal(error.message, "deadline passed");
    psn_task_set_deadline(*state, -1);
    assert_int_equal(psn_task_check(*state, 0.0, NULL), PERSONA_OK);
}

static void a_far_deadline_lets_the_call_run(void **state)
{
    psn_task_set_deadline(*state, 3600000);
    assert_int_equal(psn_task_check(*state, 0.0, NULL), PERSONA_OK);
    psn_task_set_deadline(*state, INT64_MAX); /* beyond the clock: never */
    assert_int_equal(psn_task_check(*state, 0.0, NULL), PERSONA_OK);
}

static void a_deadline_passes_by_itself(void **state)
{
    int rc = PERSONA_OK;
    int64_t start = psn_os_monotonic_ns();
    psn_task_set_deadline(*state, 5);
    while (rc == PERSONA_OK && psn_os_monotonic_ns() - start < 5000000000) {
        rc = psn_task_check(*state, 0.0, NULL);
    }
    assert_int_equal(rc, PERSONA_EDEADLINE);
    assert_true(psn_os_monotonic_ns() - start >= 5000000);
}

static void no_task_is_a_task_that_never_stops(void **state)
{
    (void)state;
    psn_task_free(NULL);
    psn_task_cancel(NULL);
    psn_task_set_deadline(NULL, 0);
    psn_task_enter(NULL, "x", 0.0, 1.0);
    assert_int_equal(psn_task_check(NULL, 0.5, NULL), PERSONA_OK);
    assert_true(psn_task_progress(NULL) == 0.0);
    assert_string_equal(psn_task_phase(NULL), "");
}

#define WITH_TASK(test) cmocka_unit_test_setup_teardown(test, open_task, close_task)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_TASK(a_new_task_has_no_progress_and_no_phase),
        WITH_TASK(a_phase_spans_its_part_of_the_whole),
        WITH_TASK(progress_within_a_phase_only_rises),
        WITH_TASK(a_cancelled_task_stops_at_the_next_check),
        WITH_TASK(a_passed_deadline_stops_and_a_negative_one_removes_it),
        WITH_TASK(a_far_deadline_lets_the_call_run),
        WITH_TASK(a_deadline_passes_by_itself),
        cmocka_unit_test(no_task_is_a_task_that_never_stops),
    };
    return cmocka_run_group_tests_name("task", tests, NULL, NULL);
}
