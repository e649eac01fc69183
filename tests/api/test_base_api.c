/* persona/base.h: version, names of codes, buffers, the allocator, tasks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "persona.h"

static int64_t live_blocks;

static void *counting_allocate(void *context, int64_t bytes)
{
    ++*(int64_t *)context;
    return malloc((size_t)bytes);
}

static void *counting_resize(void *context, void *block, int64_t bytes)
{
    if (block == NULL) ++*(int64_t *)context;
    return realloc(block, (size_t)bytes);
}

static void counting_release(void *context, void *block)
{
    if (block != NULL) --*(int64_t *)context;
    free(block);
}

static void the_version_is_that_of_the_header(void **state)
{
    (void)state;
    assert_string_equal(persona_version(), PERSONA_VERSION);
    assert_string_equal(persona_version(), "0.1.0");
}

static void every_code_has_its_name(void **state)
{
    (void)state;
    assert_string_equal(persona_code_name(PERSONA_OK), "PERSONA_OK");
    assert_string_equal(persona_code_name(PERSONA_EARG), "PERSONA_EARG");
    assert_string_equal(persona_code_name(PERSONA_EDATA), "PERSONA_EDATA");
    assert_string_equal(persona_code_name(PERSONA_EFORMAT), "PERSONA_EFORMAT");
    assert_string_equal(persona_code_name(PERSONA_EKIND), "PERSONA_EKIND");
    assert_string_equal(persona_code_name(PERSONA_EDEADLINE), "PERSONA_EDEADLINE");
    assert_string_equal(persona_code_name(PERSONA_EBLAS), "PERSONA_EBLAS");
    assert_string_equal(persona_code_name(-14), "PERSONA_UNKNOWN");
    assert_string_equal(persona_code_name(1), "PERSONA_UNKNOWN");
    assert_string_equal(persona_code_name(INT32_MIN), "PERSONA_UNKNOWN");
}

static void an_error_has_256_bytes_for_ever(void **state)
{
    (void)state;
    assert_int_equal(sizeof(persona_error), 256);
    assert_int_equal(offsetof(persona_error, where), 8);
    assert_int_equal(offsetof(persona_error, message), 16);
}

static void the_allocator_comes_whole_and_first(void **state)
{
    (void)state;
    persona_error error = {0};
    persona_table *table = NULL;
    assert_int_equal(
        persona_set_allocator(counting_allocate, NULL, NULL, &live_blocks, &error),
        PERSONA_EARG);
    assert_int_equal(persona_set_allocator(counting_allocate, counting_resize,
                                           counting_release, &live_blocks, &error),
                     PERSONA_OK);
    assert_int_equal(persona_table_new(&table, &error), PERSONA_OK);
    assert_true(live_blocks > 0);
    assert_int_equal(persona_set_allocator(NULL, NULL, NULL, NULL, &error), PERSONA_EARG);
    persona_table_free(table);
    assert_int_equal(live_blocks, 0);
}

static void build_info_is_json_and_the_same_text_each_time(void **state)
{
    (void)state;
    const char *info = persona_build_info();
    assert_int_equal(info[0], '{');
    assert_int_equal(info[strlen(info) - 1], '}');
    assert_non_null(strstr(info, "\"version\":\"0.1.0\""));
    assert_non_null(strstr(info, "\"compiler\":\""));
    assert_non_null(strstr(info, "\"zlib\":\"1."));
    assert_non_null(strstr(info, "\"simd\":\""));
    assert_non_null(strstr(info, "\"blas\":{"));
    assert_ptr_equal(persona_build_info(), info);
    assert_true(live_blocks <= 1); /* the gate of a threaded BLAS stays */
}

static void a_buffer_ends_with_a_nul_that_size_does_not_count(void **state)
{
    (void)state;
    persona_table *table = NULL;
    persona_buffer *csv = NULL;
    const int64_t values[] = {1, 2}, before = live_blocks;
    assert_int_equal(persona_table_new(&table, NULL), PERSONA_OK);
    assert_int_equal(persona_table_add_int(table, "n", values, NULL, 2, NULL),
                     PERSONA_OK);
    assert_int_equal(persona_table_to_csv(&csv, table, NULL, NULL), PERSONA_OK);
    assert_int_equal(persona_buffer_size(csv), 6);
    assert_memory_equal(persona_buffer_data(csv), "n\n1\n2\n", 7);
    persona_buffer_free(csv);
    persona_table_free(table);
    assert_int_equal(live_blocks, before);
}

static void a_task_begins_without_phase_and_progress(void **state)
{
    (void)state;
    persona_task *task = NULL;
    const int64_t before = live_blocks;
    assert_int_equal(persona_task_new(&task, NULL), PERSONA_OK);
    assert_true(persona_task_progress(task) == 0);
    assert_string_equal(persona_task_phase(task), "");
    persona_task_set_deadline(task, 1000);
    persona_task_set_deadline(task, -1);
    persona_task_cancel(task);
    persona_task_free(task);
    assert_int_equal(live_blocks, before);
}

static void null_is_harmless_where_it_makes_sense(void **state)
{
    (void)state;
    persona_error error = {0};
    assert_int_equal(persona_task_new(NULL, &error), PERSONA_EARG);
    assert_string_equal(error.message, "out: is NULL");
    persona_task_free(NULL);
    persona_task_cancel(NULL);
    persona_task_set_deadline(NULL, 5);
    assert_true(persona_task_progress(NULL) == 0);
    assert_string_equal(persona_task_phase(NULL), "");
    persona_buffer_free(NULL);
    assert_null(persona_buffer_data(NULL));
    assert_int_equal(persona_buffer_size(NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_allocator_comes_whole_and_first), /* must stay the first */
        cmocka_unit_test(the_version_is_that_of_the_header),
        cmocka_unit_test(every_code_has_its_name),
        cmocka_unit_test(an_error_has_256_bytes_for_ever),
        cmocka_unit_test(build_info_is_json_and_the_same_text_each_time),
        cmocka_unit_test(a_buffer_ends_with_a_nul_that_size_does_not_count),
        cmocka_unit_test(a_task_begins_without_phase_and_progress),
        cmocka_unit_test(null_is_harmless_where_it_makes_sense),
    };
    return cmocka_run_group_tests_name("base api", tests, NULL, NULL);
}
