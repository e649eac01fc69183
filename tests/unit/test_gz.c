/* gzip in memory. The fixed bytes were made by gzip -9n. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/memory.h"
#include "store/gz.h"

/* "hello\n" */
static const unsigned char hello[] = {
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xcb, 0x48, 0xcd,
    0xc9, 0xc9, 0xe7, 0x02, 0x00, 0x20, 0x30, 0x3a, 0x36, 0x06, 0x00, 0x00, 0x00};

static void what_gzip_made_is_expanded(void **state)
{
    (void)state;
    psn_text out;
    assert_true(psn_gz_is(hello, sizeof hello));
    assert_int_equal(psn_gz_expand(&out, hello, sizeof hello, 6, NULL), PERSONA_OK);
    assert_int_equal(out.length, 6);
    assert_string_equal(out.bytes, "hello\n");
    psn_text_free(&out);
}

static void other_bytes_are_not_gzip(void **state)
{
    (void)state;
    assert_false(psn_gz_is("a,b\n", 4));
    assert_false(psn_gz_is(hello, 2));
    assert_false(psn_gz_is("", 0));
}

static void members_are_joined_and_zeros_behind_ignored(void **state)
{
    (void)state;
    unsigned char twice[2 * sizeof hello + 10] = {0};
    psn_text out;
    memcpy(twice, hello, sizeof hello);
    memcpy(twice + sizeof hello, hello, sizeof hello);
    assert_int_equal(psn_gz_expand(&out, twice, sizeof twice, 100, NULL), PERSONA_OK);
    assert_string_equal(out.bytes, "hello\nhello\n");
    psn_text_free(&out);
}

static void output_above_the_limit_is_refused(void **state)
{
    (void)state;
    psn_text out;
    persona_error error;
    assert_int_equal(psn_gz_expand(&out, hello, sizeof hello, 5, &error), PERSONA_ELIMIT);
    assert_string_equal(error.message,
                        "gzip data: more than max_bytes = 5 bytes when expanded");
    assert_null(out.bytes);
}

static void a_bomb_stops_at_the_limit(void **state)
{
    (void)state;
    size_t size = 20000000;
    char *zeros = psn_alloc_zero(size, 1);
    psn_text packed, out;
    assert_int_equal(psn_gz_pack(&packed, zeros, size, NULL), PERSONA_OK);
    assert_true(packed.length < 30000);
    assert_int_equal(psn_gz_expand(&out, packed.bytes, packed.length, 1000000, NULL),
                     PERSONA_ELIMIT);
    assert_int_equal(
        psn_gz_expand(&out, packed.bytes, packed.length, (int64_t)size, NULL),
        PERSONA_OK);
    assert_int_equal(out.length, size);
    assert_memory_equal(out.bytes, zeros, size);
    psn_text_free(&out);
    psn_text_free(&packed);
    psn_release(zeros);
}

static void every_cut_and_every_altered_byte_is_an_error(void **state)
{
    (void)state;
    unsigned char bytes[sizeof hello];
    psn_text out;
    persona_error error;
    for (size_t cut = 0; cut < sizeof hello; cut++)
        assert_int_equal(psn_gz_expand(&out, hello, cut, 100, &error), PERSONA_EDATA);
    for (size_t at = 10; at < sizeof hello; at++) {
        memcpy(bytes, hello, sizeof hello);
        bytes[at] ^= 0x55;
        assert_int_equal(psn_gz_expand(&out, bytes, sizeof bytes, 100, NULL),
                         PERSONA_EDATA);
        assert_null(out.bytes);
    }
}

static void other_bytes_behind_a_member_are_an_error(void **state)
{
    (void)state;
    unsigned char bytes[sizeof hello + 3];
    psn_text out;
    persona_error error;
    memcpy(bytes, hello, sizeof hello);
    memcpy(bytes + sizeof hello, "abc", 3);
    assert_int_equal(psn_gz_expand(&out, bytes, sizeof bytes, 100, &error),
                     PERSONA_EDATA);
    assert_int_equal(error.where, sizeof hello);
}

static void what_is_packed_expands_to_itself(void **state)
{
    (void)state;
    psn_text packed, out;
    for (size_t size = 0; size < 3000; size += 101) {
        char bytes[3000];
        for (size_t i = 0; i < size; i++) bytes[i] = (char)(i * i >> 3);
        assert_int_equal(psn_gz_pack(&packed, bytes, size, NULL), PERSONA_OK);
        assert_int_equal(psn_gz_expand(&out, packed.bytes, packed.length, 3000, NULL),
                         PERSONA_OK);
        assert_int_equal(out.length, size);
        assert_memory_equal(out.bytes, bytes, size);
        psn_text_free(&packed);
        psn_text_free(&out);
    }
}

static void packing_holds_no_time_or_name(void **state)
{
    (void)state;
    psn_text packed;
    psn_gz_pack(&packed, "hello\n", 6, NULL);
    for (int i = 3; i < 8; i++) assert_int_equal(packed.bytes[i], 0);
    psn_text_free(&packed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_gzip_made_is_expanded),
        cmocka_unit_test(other_bytes_are_not_gzip),
        cmocka_unit_test(members_are_joined_and_zeros_behind_ignored),
        cmocka_unit_test(output_above_the_limit_is_refused),
        cmocka_unit_test(a_bomb_stops_at_the_limit),
        cmocka_unit_test(every_cut_and_every_altered_byte_is_an_error),
        cmocka_unit_test(other_bytes_behind_a_member_are_an_error),
        cmocka_unit_test(what_is_packed_expands_to_itself),
        cmocka_unit_test(packing_holds_no_time_or_name),
    };
    return cmocka_run_group_tests_name("gz", tests, NULL, NULL);
}
