/* test_memory.c: the allocator hook and the checked helpers. The order of the tests
 * matters: the hook can be set until the first allocation only. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/memory.h"

typedef struct counts {
    int allocated, resized, released, refuse;
    int64_t last_bytes;
} counts;

static counts counted;

static void *count_allocate(void *context, int64_t bytes)
{
    counts *c = context;
    c->last_bytes = bytes;
    if (c->refuse) return NULL;
    c->allocated++;
    return malloc((size_t)bytes);
}

static void *count_resize(void *context, void *block, int64_t bytes)
{
    counts *c = context;
    if (c->refuse) return NULL;
    c->resized++;
    return realloc(block, (size_t)bytes);
}

static void count_release(void *context, void *block)
{
    counts *c = context;
    c->released++;
    free(block);
}

static void half_a_hook_is_refused(void **state)
{
    (void)state;
    persona_error error;
    int rc = psn_memory_hook(count_allocate, NULL, count_release, &counted, &error);
    assert_int_equal(rc, PERSONA_EARG);
    assert_string_equal(error.message,
                        "allocate, resize and release must be given together");
}

static void before_the_first_allocation_the_hook_is_taken(void **state)
{
    (void)state;
    assert_int_equal(psn_memory_hook(NULL, NULL, NULL, NULL, NULL), PERSONA_OK);
    int rc = psn_memory_hook(count_allocate, count_resize, count_release, &counted, NULL);
    assert_int_equal(rc, PERSONA_OK);
}

static void every_block_passes_through_the_hook(void **state)
{
    (void)state;
    counted = (counts){0};
    int *block = psn_alloc_zero(10, sizeof *block);
    assert_int_equal(counted.last_bytes, 40);
    assert_int_equal(block[9], 0);
    block[9] = 7;
    block = psn_resize(block, 100, sizeof *block);
    assert_int_equal(block[9], 7);
    psn_release(block);
    psn_release(NULL);
    assert_int_equal(counted.allocated, 1);
    assert_int_equal(counted.resized, 1);
    assert_int_equal(counted.released, 1);
}

static void after_an_allocation_the_hook_can_no_longer_change(void **state)
{
    (void)state;
    persona_error error;
    assert_int_equal(psn_memory_hook(NULL, NULL, NULL, NULL, &error), PERSONA_EARG);
    assert_string_equal(error.message,
                        "the allocator can only be set before the first other call");
}

static void products_that_overflow_are_refused_unasked(void **state)
{
    (void)state;
    counted = (counts){0};
    assert_null(psn_alloc(SIZE_MAX / 2, 3));
    assert_null(psn_alloc_zero(SIZE_MAX, 2));
    assert_null(psn_alloc(SIZE_MAX / 2 + 2, 1)); /* above PTRDIFF_MAX */
    assert_null(psn_alloc_aligned(PTRDIFF_MAX, 1));
    assert_null(psn_copy_text("x", SIZE_MAX));
    assert_int_equal(counted.allocated, 0);
}

static void nothing_asked_gives_a_block_of_one_byte(void **state)
{
    (void)state;
    void *block = psn_alloc(0, 8);
    assert_non_null(block);
    assert_int_equal(counted.last_bytes, 1);
    psn_release(block);
}

static void aligned_blocks_start_at_multiples_of_64(void **state)
{
    (void)state;
    counted = (counts){0};
    for (size_t bytes = 0; bytes < 200; bytes += 7) {
        char *block = psn_alloc_aligned(bytes, 1);
        assert_non_null(block);
        assert_int_equal((uintptr_t)block % 64, 0);
        memset(block, 1, bytes);
        psn_release_aligned(block);
    }
    psn_release_aligned(NULL);
    assert_int_equal(counted.allocated, counted.released);
}

static void a_refused_resize_leaves_the_old_block(void **state)
{
    (void)state;
    char *text = psn_copy_text("abcdef", 3);
    assert_string_equal(text, "abc");
    counted.refuse = 1;
    assert_null(psn_resize(text, 1000, 1));
    assert_null(psn_alloc(1, 1));
    assert_null(psn_copy("abc", 3));
    assert_null(psn_alloc_aligned(1, 1));
    counted.refuse = 0;
    assert_string_equal(text, "abc");
    psn_release(text);
}

static void sizes_multiply_and_add_up_to_the_limit(void **state)
{
    (void)state;
    size_t out = 0;
    assert_true(psn_size_mul(SIZE_MAX / 4, 4, &out));
    assert_true(out == SIZE_MAX / 4 * 4);
    assert_false(psn_size_mul(SIZE_MAX / 4 + 1, 4, &out));
    assert_true(psn_size_add(SIZE_MAX - 1, 1, &out));
    assert_true(out == SIZE_MAX);
    assert_false(psn_size_add(SIZE_MAX, 1, &out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(half_a_hook_is_refused),
        cmocka_unit_test(before_the_first_allocation_the_hook_is_taken),
        cmocka_unit_test(every_block_passes_through_the_hook),
        cmocka_unit_test(after_an_allocation_the_hook_can_no_longer_change),
        cmocka_unit_test(products_that_overflow_are_refused_unasked),
        cmocka_unit_test(nothing_asked_gives_a_block_of_one_byte),
        cmocka_unit_test(aligned_blocks_start_at_multiples_of_64),
        cmocka_unit_test(a_refused_resize_leaves_the_old_block),
        cmocka_unit_test(sizes_multiply_and_add_up_to_the_limit),
    };
    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
