/* test_philox.c: Philox4x32-10 against the known answers of its authors (Random123,
 * kat_vectors), and the streams made of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/philox.h"

static void assert_words(const uint32_t counter[4], const uint32_t key[2],
                         const uint32_t expected[4])
{
    uint32_t out[4];
    psn_philox(counter, key, out);
    assert_memory_equal(out, expected, sizeof out);
}

static void the_published_answers_come_out(void **state)
{
    (void)state;
    const uint32_t ones = 0xffffffffu;
    assert_words((uint32_t[4]){0}, (uint32_t[2]){0},
                 (uint32_t[4]){0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u});
    assert_words((uint32_t[4]){ones, ones, ones, ones}, (uint32_t[2]){ones, ones},
                 (uint32_t[4]){0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu});
    assert_words((uint32_t[4]){0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u},
                 (uint32_t[2]){0xa4093822u, 0x299f31d0u},
                 (uint32_t[4]){0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u});
}

static void a_stream_walks_blocks_of_its_seed_purpose_and_index(void **state)
{
    (void)state;
    psn_random random;
    uint32_t block[4];
    psn_random_start(&random, 0x0123456789abcdefu, 7, 0x100000002u);
    for (uint32_t i = 0; i < 3; i++) {
        psn_philox((uint32_t[4]){i, 7, 2, 1}, (uint32_t[2]){0x89abcdefu, 0x01234567u},
                   block);
        for (int j = 0; j < 4; j++) assert_true(psn_random_u32(&random) == block[j]);
    }
}

static void other_seeds_purposes_and_indexes_give_other_streams(void **state)
{
    (void)state;
    psn_random a, b, c, d;
    psn_random_start(&a, 1, 1, 1);
    psn_random_start(&b, 2, 1, 1);
    psn_random_start(&c, 1, 2, 1);
    psn_random_start(&d, 1, 1, 2);
    uint64_t first = psn_random_u64(&a);
    assert_true(psn_random_u64(&b) != first);
    assert_true(psn_random_u64(&c) != first);
    assert_true(psn_random_u64(&d) != first);
    psn_random_start(&b, 1, 1, 1);
    assert_true(psn_random_u64(&b) == first);
}

static void units_lie_in_their_interval_around_a_half(void **state)
{
    (void)state;
    psn_random random;
    double sum = 0.0;
    psn_random_start(&random, 3, 0, 0);
    for (int i = 0; i < 100000; i++) {
        double unit = psn_random_unit(&random);
        assert_true(unit >= 0.0 && unit < 1.0);
        sum += unit;
    }
    assert_true(sum > 49600 && sum < 50400); /* sd of the sum is 91 */
}

static void draws_below_a_bound_are_even(void **state)
{
    (void)state;
    psn_random random;
    int seen[6] = {0};
    psn_random_start(&random, 4, 0, 0);
    for (int i = 0; i < 60000; i++) seen[psn_random_below(&random, 6)]++;
    for (int i = 0; i < 6; i++)
        assert_true(seen[i] > 9500 && seen[i] < 10500); /* sd 91 */
    assert_int_equal(psn_random_below(&random, 1), 0);
    assert_int_equal(psn_random_below(&random, 0), 0);
    for (int i = 0; i < 1000; i++) assert_true(psn_random_below(&random, INT64_MAX) >= 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_answers_come_out),
        cmocka_unit_test(a_stream_walks_blocks_of_its_seed_purpose_and_index),
        cmocka_unit_test(other_seeds_purposes_and_indexes_give_other_streams),
        cmocka_unit_test(units_lie_in_their_interval_around_a_half),
        cmocka_unit_test(draws_below_a_bound_are_even),
    };
    return cmocka_run_group_tests_name("philox", tests, NULL, NULL);
}
