/* The model file: what is written comes back, and nothing altered is believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/memory.h"
#include "store/codec.h"
#include "store/container.h"
#include "store/digest.h"
#include "store/layout.h"
#include "support/model_bytes.h"

static const psn_read_limits plenty = {1 << 20};

/* ---- a file with one chunk of each codec, made anew for each test */

enum { NUMBERS = 256, LETTERS = 400, NOISE = 300 };

static int32_t numbers[NUMBERS];
static char letters[LETTERS];
static uint8_t noise[NOISE];

static void fill_contents(void)
{
    uint32_t state = 1;
    for (int i = 0; i < NUMBERS; i++) numbers[i] = 1000 + i;
    for (int i = 0; i < LETTERS; i++) letters[i] = "segment "[i % 8];
    for (int i = 0; i < NOISE; i++) {
        state = state * 1664525u + 1013904223u;
        noise[i] = (uint8_t)(state >> 24);
    }
}

static psn_writer *new_writer(void)
{
    psn_writer *writer = NULL;
    assert_int_equal(psn_writer_new(&writer, "TEST", NULL), PERSONA_OK);
    return writer;
}

static void add(psn_writer *writer, const char *tag, int element, const void *data,
                size_t size)
{
    assert_int_equal(psn_writer_add(writer, tag, element, data, size, NULL), PERSONA_OK);
}

/* The bytes belong to the caller. */
static psn_text finish(psn_writer *writer)
{
    psn_text file = {0};
    assert_int_equal(psn_writer_finish(writer, &file, NULL), PERSONA_OK);
    psn_writer_free(writer);
    return file;
}

static psn_text sample(void)
{
    fill_contents();
    psn_writer *writer = new_writer();
    add(writer, "NUMS", 4, numbers, sizeof numbers);
    add(writer, "TEXT", 1, letters, sizeof letters);
    add(writer, "nOIS", 8, noise, sizeof noise);
    return finish(writer);
}

static int open_code(const void *bytes, size_t size, const psn_read_limits *limits,
                     persona_error *error)
{
    psn_reader *reader = (psn_reader *)1;
    const int rc = psn_reader_open(&reader, bytes, size, limits, error);
    if (rc != PERSONA_OK) assert_null(reader);
    psn_reader_free(reader);
    return rc;
}

static psn_reader *open_file(const psn_text *file)
{
    psn_reader *reader = NULL;
    assert_int_equal(psn_reader_open(&reader, file->bytes, file->length, &plenty, NULL),
                     PERSONA_OK);
    return reader;
}

static uint8_t *entry_of(psn_text *file, size_t i)
{
    return model_bytes_entry((uint8_t *)file->bytes, i);
}

static void assert_refused(psn_text *file, int code, const char *words)
{
    persona_error error = {0};
    assert_int_equal(open_code(file->bytes, file->length, &plenty, &error), code);
    assert_int_equal(error.code, code);
    if (strstr(error.message, words) == NULL) fail_msg("%s: %s", words, error.message);
    psn_text_free(file);
}

/* ---- what is written comes back */

static void a_file_without_chunks_is_its_header(void **state)
{
    (void)state;
    psn_text file = finish(new_writer());
    assert_int_equal(file.length, 64);
    assert_memory_equal(file.bytes, "\x89PSN\r\n\x1a\n", 8);
    assert_memory_equal(file.bytes + 24, "TEST", 4);
    psn_reader *reader = open_file(&file);
    assert_string_equal(psn_reader_kind(reader), "TEST");
    assert_int_equal(psn_reader_count(reader), 0);
    psn_reader_free(reader);
    psn_text_free(&file);
}

static void chunks_come_back_in_order_and_equal(void **state)
{
    (void)state;
    psn_text file = sample();
    psn_reader *reader = open_file(&file);
    psn_text_free(&file); /* the reader owns what it decoded */
    assert_int_equal(psn_reader_count(reader), 3);
    const psn_chunk *chunk = psn_reader_chunk(reader, 0);
    assert_string_equal(chunk->tag, "NUMS");
    assert_int_equal(chunk->element, 4);
    assert_int_equal(chunk->size, sizeof numbers);
    assert_memory_equal(chunk->data, numbers, sizeof numbers);
    assert_memory_equal(psn_reader_find(reader, "TEXT")->data, letters, LETTERS);
    assert_memory_equal(psn_reader_find(reader, "nOIS")->data, noise, NOISE);
    assert_null(psn_reader_find(reader, "NONE"));
    psn_reader_free(reader);
}

static void the_first_chunk_starts_at_128_behind_header_and_table(void **state)
{
    (void)state;
    psn_writer *writer = new_writer();
    add(writer, "ABCD", 1, "hello", 5);
    psn_text file = finish(writer);
    const uint8_t *entry = entry_of(&file, 0);
    assert_int_equal(file.length, 133);
    assert_memory_equal(file.bytes + 128, "hello", 5);
    assert_int_equal(psn_layout_u32((const uint8_t *)file.bytes + 8), 0);  /* version */
    assert_int_equal(psn_layout_u32((const uint8_t *)file.bytes + 12), 1); /* chunks */
    assert_int_equal(psn_layout_u64((const uint8_t *)file.bytes + 16), 133);
    assert_memory_equal(entry, "ABCD\0\1\0\0", 8);
    assert_int_equal(psn_layout_u64(entry + 8), 128);
    assert_int_equal(psn_layout_u64(entry + 16), 5);
    assert_int_equal(psn_layout_u64(entry + 24), 5);
    assert_int_equal(psn_layout_u32(entry + 32), 0x3610a686); /* CRC-32 of "hello" */
    assert_int_equal(psn_layout_u32(entry + 36), 0x3610a686);
    psn_text_free(&file);
}

static void each_chunk_gets_the_codec_that_suits_it(void **state)
{
    (void)state;
    psn_text file = sample();
    assert_int_equal(entry_of(&file, 0)[PSN_ENTRY_CODEC], PSN_CODEC_SHUFFLE);
    assert_int_equal(entry_of(&file, 1)[PSN_ENTRY_CODEC], PSN_CODEC_DEFLATE);
    assert_int_equal(entry_of(&file, 2)[PSN_ENTRY_CODEC], PSN_CODEC_STORE);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(psn_layout_u64(entry_of(&file, i) + PSN_ENTRY_OFFSET) % 64, 0);
    assert_true(psn_layout_u64(entry_of(&file, 0) + PSN_ENTRY_STORED) <
                sizeof numbers / 3);
    psn_text_free(&file);
}

static void sizes_that_are_no_multiple_of_the_element_survive_shuffling(void **state)
{
    (void)state;
    char data[1003];
    for (size_t i = 0; i < sizeof data; i++) data[i] = (char)(i / 8);
    for (int element = 1; element <= 8; element *= 2) {
        psn_writer *writer = new_writer();
        add(writer, "DATA", element, data, sizeof data);
        psn_text file = finish(writer);
        assert_int_equal(entry_of(&file, 0)[PSN_ENTRY_CODEC],
                         element == 1 ? PSN_CODEC_DEFLATE : PSN_CODEC_SHUFFLE);
        psn_reader *reader = open_file(&file);
        assert_memory_equal(psn_reader_chunk(reader, 0)->data, data, sizeof data);
        psn_reader_free(reader);
        psn_text_free(&file);
    }
}

static void empty_chunks_share_a_place_and_come_back(void **state)
{
    (void)state;
    psn_writer *writer = new_writer();
    add(writer, "AAAA", 8, NULL, 0);
    add(writer, "BBBB", 1, NULL, 0);
    add(writer, "CCCC", 1, "x", 1);
    psn_text file = finish(writer);
    psn_reader *reader = open_file(&file);
    assert_int_equal(psn_reader_find(reader, "AAAA")->size, 0);
    assert_int_equal(psn_reader_find(reader, "BBBB")->size, 0);
    assert_memory_equal(psn_reader_find(reader, "CCCC")->data, "x", 1);
    psn_reader_free(reader);
    psn_text_free(&file);
}

static void finish_appends_to_what_is_there_already(void **state)
{
    (void)state;
    psn_text out = {0};
    psn_text_append(&out, "abc", 3);
    psn_writer *writer = new_writer();
    add(writer, "DATA", 1, "hello", 5);
    assert_int_equal(psn_writer_finish(writer, &out, NULL), PERSONA_OK);
    psn_writer_free(writer);
    assert_int_equal(open_code(out.bytes + 3, out.length - 3, &plenty, NULL), PERSONA_OK);
    psn_text_free(&out);
}

/* ---- nothing altered is believed */

static void every_flipped_bit_is_noticed(void **state)
{
    (void)state;
    psn_text file = sample();
    for (size_t i = 0; i < file.length * 8; i++) {
        file.bytes[i / 8] = (char)(file.bytes[i / 8] ^ (1 << (i % 8)));
        const int rc = open_code(file.bytes, file.length, &plenty, NULL);
        if (rc != PERSONA_EFORMAT) fail_msg("bit %zu: %d", i, rc);
        file.bytes[i / 8] = (char)(file.bytes[i / 8] ^ (1 << (i % 8)));
    }
    assert_int_equal(open_code(file.bytes, file.length, &plenty, NULL), PERSONA_OK);
    psn_text_free(&file);
}

static void every_shorter_file_is_noticed(void **state)
{
    (void)state;
    psn_text file = sample();
    for (size_t size = 0; size < file.length; size++) {
        /* a block of its own, so that a checker of memory sees reads beyond the end */
        void *bytes = malloc(size == 0 ? 1 : size);
        memcpy(bytes, file.bytes, size);
        assert_int_equal(open_code(bytes, size, &plenty, NULL), PERSONA_EFORMAT);
        free(bytes);
    }
    psn_text_free(&file);
}

static void a_file_cut_in_its_header_is_told_from_a_foreign_one(void **state)
{
    (void)state;
    persona_error error;
    assert_int_equal(open_code("\x89PSN", 4, &plenty, &error), PERSONA_EFORMAT);
    assert_non_null(strstr(error.message, "cut off"));
    assert_int_equal(open_code("a,b\n1,2\n", 8, &plenty, &error), PERSONA_EFORMAT);
    assert_non_null(strstr(error.message, "not a persona model"));
    assert_int_equal(open_code("", 0, &plenty, &error), PERSONA_EFORMAT);
    assert_non_null(strstr(error.message, "not a persona model"));
}

static void a_byte_more_is_noticed(void **state)
{
    (void)state;
    psn_text file = sample();
    psn_text_append(&file, "", 1);
    assert_refused(&file, PERSONA_EFORMAT, "longer than its header says");
}

static void a_tail_that_the_header_counts_is_noticed(void **state)
{
    (void)state;
    psn_text file = sample();
    psn_text_append(&file, "tail", 4);
    psn_layout_put_u64((uint8_t *)file.bytes + PSN_HEADER_SIZE, file.length);
    model_bytes_repair((uint8_t *)file.bytes, file.length);
    assert_refused(&file, PERSONA_EFORMAT, "bytes after the last chunk");
}

static void a_transfer_in_text_mode_is_named(void **state)
{
    (void)state;
    psn_text file = sample();
    file.bytes[4] = '\n';
    assert_refused(&file, PERSONA_EFORMAT, "text mode");
}

static void a_later_version_is_refused_as_such(void **state)
{
    (void)state;
    psn_text file = sample();
    psn_layout_put_u32((uint8_t *)file.bytes + PSN_HEADER_VERSION, 7);
    model_bytes_repair((uint8_t *)file.bytes, file.length);
    assert_refused(&file, PERSONA_EVERSION, "format version 7");
}

/* Fields of a header or an entry with a value that is wrong though all checksums are
 * right. */
typedef struct bad_field {
    int entry; /* -1: the header */
    size_t at;
    int width;
    uint64_t value;
    const char *words;
} bad_field;

static const bad_field bad_fields[] = {
    {-1, PSN_HEADER_COUNT, 4, 1025, "number of chunks"},
    {-1, PSN_HEADER_COUNT, 4, UINT32_MAX, "number of chunks"},
    {-1, PSN_HEADER_COUNT, 4, 40, "number of chunks"},
    {-1, PSN_HEADER_COUNT, 4, 2, "bytes between two chunks"},
    {-1, PSN_HEADER_SIZE, 8, UINT64_MAX, "shorter than"},
    {-1, PSN_HEADER_KIND, 4, 0x20202020, "malformed kind"},
    {-1, PSN_HEADER_ZERO, 1, 1, "malformed header"},
    {-1, PSN_HEADER_CRC - 1, 1, 1, "malformed header"},
    {0, PSN_ENTRY_TAG, 4, 0x41414130, "chunk name"},
    {0, PSN_ENTRY_TAG, 4, 0x00414141, "chunk name"},
    {1, PSN_ENTRY_TAG, 4, 0x534d554e, "same name"},
    {0, PSN_ENTRY_CODEC, 1, 3, "unknown compression"},
    {0, PSN_ENTRY_ELEMENT, 1, 0, "chunk entry"},
    {0, PSN_ENTRY_ELEMENT, 1, 3, "chunk entry"},
    {0, PSN_ENTRY_ZERO, 1, 1, "chunk entry"},
    {0, PSN_ENTRY_ZERO + 1, 1, 1, "chunk entry"},
    {2, PSN_ENTRY_RAW, 8, NOISE + 1, "impossible size"},
    {0, PSN_ENTRY_RAW, 8, UINT64_MAX, "impossible size"},
    {0, PSN_ENTRY_RAW, 8, (uint64_t)1 << 40, "impossible size"},
    {0, PSN_ENTRY_OFFSET, 8, 0, "out of place"},
    {0, PSN_ENTRY_OFFSET, 8, 256 + 64, "out of place"},
    {1, PSN_ENTRY_OFFSET, 8, 192, "out of place"},
    {1, PSN_ENTRY_OFFSET, 8, UINT64_MAX - 63, "out of place"},
    {1, PSN_ENTRY_STORED, 8, UINT64_MAX, "out of place"},
    {1, PSN_ENTRY_STORED, 8, 1 << 20, "out of place"},
    {0, PSN_ENTRY_RAW, 8, sizeof numbers + 1, "compressed chunk is malformed"},
    {0, PSN_ENTRY_RAW, 8, sizeof numbers - 1, "compressed chunk is malformed"},
    {1, PSN_ENTRY_RAW, 8, 0, "compressed chunk is malformed"},
    {0, PSN_ENTRY_CODEC, 1, PSN_CODEC_DEFLATE, "checksum of a decoded chunk"},
    {0, PSN_ENTRY_ELEMENT, 1, 8, "checksum of a decoded chunk"},
    {0, PSN_ENTRY_RAW_CRC, 4, 0, "checksum of a decoded chunk"},
};

static void wrong_fields_are_noticed_under_right_checksums(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad_fields / sizeof bad_fields[0]; i++) {
        const bad_field *bad = &bad_fields[i];
        psn_text file = sample();
        uint8_t *base =
            bad->entry < 0 ? (uint8_t *)file.bytes : entry_of(&file, (size_t)bad->entry);
        for (int byte = 0; byte < bad->width; byte++)
            base[bad->at + (size_t)byte] = (uint8_t)(bad->value >> (8 * byte));
        model_bytes_repair((uint8_t *)file.bytes, file.length);
        assert_refused(&file, PERSONA_EFORMAT, bad->words);
    }
}

static void bytes_in_the_padding_are_noticed(void **state)
{
    (void)state;
    psn_text file = sample();
    const uint64_t second = psn_layout_u64(entry_of(&file, 1) + PSN_ENTRY_OFFSET);
    assert_int_equal(file.bytes[second - 1], 0);
    file.bytes[second - 1] = 1;
    assert_refused(&file, PERSONA_EFORMAT, "bytes between two chunks");
}

static void noise_instead_of_a_deflate_stream_is_noticed(void **state)
{
    (void)state;
    psn_text file = sample();
    const uint64_t at = psn_layout_u64(entry_of(&file, 0) + PSN_ENTRY_OFFSET);
    memcpy(file.bytes + at, noise, 40);
    model_bytes_repair((uint8_t *)file.bytes, file.length);
    assert_refused(&file, PERSONA_EFORMAT, "compressed chunk is malformed");
}

/* ---- limits */

static void the_sum_of_all_chunks_is_held_against_the_limit(void **state)
{
    (void)state;
    persona_error error = {0};
    psn_text file = sample();
    const int64_t sum = (int64_t)sizeof numbers + LETTERS + NOISE;
    psn_read_limits limits = {sum};
    assert_int_equal(open_code(file.bytes, file.length, &limits, &error), PERSONA_OK);
    limits.max_bytes = sum - 1;
    assert_int_equal(open_code(file.bytes, file.length, &limits, &error), PERSONA_ELIMIT);
    assert_non_null(strstr(error.message, "max_bytes"));
    psn_text_free(&file);
}

static void the_ceiling_of_deflate_is_1032_to_one(void **state)
{
    (void)state;
    assert_false(psn_codec_impossible(0, 64));
    assert_true(psn_codec_impossible(0, 65));
    assert_false(psn_codec_impossible(10, 10384));
    assert_true(psn_codec_impossible(10, 10385));
    assert_true(psn_codec_impossible(1000, UINT64_MAX));
}

static void a_megabyte_of_zeros_is_below_the_ceiling(void **state)
{
    (void)state;
    char *zeros = calloc(1, 1 << 20);
    psn_writer *writer = new_writer();
    add(writer, "ZERO", 8, zeros, 1 << 20);
    psn_text file = finish(writer);
    assert_true(file.length < 8192);
    psn_reader *reader = open_file(&file);
    assert_memory_equal(psn_reader_chunk(reader, 0)->data, zeros, 1 << 20);
    psn_reader_free(reader);
    psn_text_free(&file);
    free(zeros);
}

/* ---- known and unknown chunks, digest, wrong use */

static void an_unknown_critical_chunk_needs_a_later_library(void **state)
{
    (void)state;
    persona_error error = {0};
    psn_text file = sample();
    psn_reader *reader = open_file(&file);
    assert_non_null(psn_reader_find(reader, "NUMS"));
    assert_int_equal(psn_reader_finish(reader, &error), PERSONA_EVERSION);
    assert_non_null(strstr(error.message, "TEXT"));
    assert_non_null(psn_reader_find(reader, "TEXT"));
    assert_int_equal(psn_reader_finish(reader, &error), PERSONA_OK);
    assert_true(psn_reader_known(reader, 1));
    assert_false(psn_reader_known(reader, 2)); /* ancillary: may stay unknown */
    psn_reader_free(reader);
    psn_text_free(&file);
}

static void an_array_must_have_exactly_the_size_asked_for(void **state)
{
    (void)state;
    const void *data = NULL;
    psn_text file = sample();
    psn_reader *reader = open_file(&file);
    assert_int_equal(psn_reader_array(reader, "NUMS", NUMBERS, 4, &data, NULL),
                     PERSONA_OK);
    assert_memory_equal(data, numbers, sizeof numbers);
    assert_int_equal(psn_reader_array(reader, "NUMS", NUMBERS - 1, 4, &data, NULL),
                     PERSONA_EFORMAT);
    assert_int_equal(psn_reader_array(reader, "NUMS", SIZE_MAX / 2, 4, &data, NULL),
                     PERSONA_EFORMAT);
    assert_int_equal(psn_reader_array(reader, "NONE", 1, 4, &data, NULL),
                     PERSONA_EFORMAT);
    assert_null(data);
    psn_reader_free(reader);
    psn_text_free(&file);
}

static uint64_t digest_of(const char *first, const char *second, const char *tag)
{
    psn_writer *writer = new_writer();
    add(writer, "AAAA", 1, first, strlen(first));
    add(writer, tag, 1, second, strlen(second));
    const uint64_t digest = psn_writer_digest(writer);
    psn_writer_free(writer);
    return digest;
}

static void the_digest_covers_critical_chunks_only(void **state)
{
    (void)state;
    const uint64_t digest = digest_of("one", "two", "BBBB");
    assert_true(digest == digest_of("one", "two", "BBBB"));
    assert_true(digest != digest_of("one", "twa", "BBBB"));
    assert_true(digest != digest_of("one", "two", "BBBC"));
    assert_true(digest != digest_of("onet", "wo", "BBBB"));
    assert_true(digest != digest_of("one", "two\001", "BBBB"));
    assert_true(digest_of("one", "two", "bBBB") == digest_of("one", "any", "bBBB"));
}

static void the_digest_is_the_same_for_writer_and_reader_on_every_machine(void **state)
{
    (void)state;
    psn_writer *writer = new_writer();
    add(writer, "DATA", 1, "0123456789", 10);
    const uint64_t digest = psn_writer_digest(writer);
    psn_text file = finish(writer);
    psn_reader *reader = open_file(&file);
    assert_true(psn_reader_digest(reader) == digest);
    assert_true(digest == 0xd78c9fc695ed27deu);
    psn_reader_free(reader);
    psn_text_free(&file);
}

static void the_writer_refuses_wrong_tags_elements_and_doubles(void **state)
{
    (void)state;
    psn_writer *writer = NULL;
    assert_int_equal(psn_writer_new(&writer, "TOOLONG", NULL), PERSONA_EARG);
    assert_null(writer);
    writer = new_writer();
    assert_int_equal(psn_writer_add(writer, "AB", 1, "", 0, NULL), PERSONA_EARG);
    assert_int_equal(psn_writer_add(writer, "1ABC", 1, "", 0, NULL), PERSONA_EARG);
    assert_int_equal(psn_writer_add(writer, "AB C", 1, "", 0, NULL), PERSONA_EARG);
    assert_int_equal(psn_writer_add(writer, "ABCD", 3, "", 0, NULL), PERSONA_EARG);
    add(writer, "ABCD", 1, "", 0);
    assert_int_equal(psn_writer_add(writer, "ABCD", 1, "", 0, NULL), PERSONA_EARG);
    assert_true(psn_writer_has(writer, "ABCD"));
    assert_false(psn_writer_has(writer, "ABCE"));
    psn_writer_free(writer);
}

static void the_writer_holds_1024_chunks_and_no_more(void **state)
{
    (void)state;
    char tag[5] = "T000";
    psn_writer *writer = new_writer();
    for (int i = 0; i < 1024; i++) {
        for (int digit = 0; digit < 3; digit++)
            tag[1 + digit] = (char)('A' + (i >> (4 * digit) & 15));
        add(writer, tag, 1, tag, 0);
    }
    assert_int_equal(psn_writer_add(writer, "MORE", 1, "", 0, NULL), PERSONA_ELIMIT);
    psn_text file = finish(writer);
    assert_int_equal(open_code(file.bytes, file.length, &plenty, NULL), PERSONA_OK);
    psn_text_free(&file);
}

static void a_text_is_taken_over_by_the_writer_also_on_failure(void **state)
{
    (void)state;
    psn_writer *writer = new_writer();
    psn_text text = {0}, again = {0}, failed = {.failed = 1};
    psn_text_append(&text, "body", 4);
    psn_text_append(&again, "body", 4);
    assert_int_equal(psn_writer_add_text(writer, "BODY", &text, NULL), PERSONA_OK);
    assert_null(text.bytes);
    assert_int_equal(psn_writer_add_text(writer, "BODY", &again, NULL), PERSONA_EARG);
    assert_null(again.bytes);
    assert_int_equal(psn_writer_add_text(writer, "FAIL", &failed, NULL), PERSONA_ENOMEM);
    psn_writer_free(writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_without_chunks_is_its_header),
        cmocka_unit_test(chunks_come_back_in_order_and_equal),
        cmocka_unit_test(the_first_chunk_starts_at_128_behind_header_and_table),
        cmocka_unit_test(each_chunk_gets_the_codec_that_suits_it),
        cmocka_unit_test(sizes_that_are_no_multiple_of_the_element_survive_shuffling),
        cmocka_unit_test(empty_chunks_share_a_place_and_come_back),
        cmocka_unit_test(finish_appends_to_what_is_there_already),
        cmocka_unit_test(every_flipped_bit_is_noticed),
        cmocka_unit_test(every_shorter_file_is_noticed),
        cmocka_unit_test(a_file_cut_in_its_header_is_told_from_a_foreign_one),
        cmocka_unit_test(a_byte_more_is_noticed),
        cmocka_unit_test(a_tail_that_the_header_counts_is_noticed),
        cmocka_unit_test(a_transfer_in_text_mode_is_named),
        cmocka_unit_test(a_later_version_is_refused_as_such),
        cmocka_unit_test(wrong_fields_are_noticed_under_right_checksums),
        cmocka_unit_test(bytes_in_the_padding_are_noticed),
        cmocka_unit_test(noise_instead_of_a_deflate_stream_is_noticed),
        cmocka_unit_test(the_sum_of_all_chunks_is_held_against_the_limit),
        cmocka_unit_test(the_ceiling_of_deflate_is_1032_to_one),
        cmocka_unit_test(a_megabyte_of_zeros_is_below_the_ceiling),
        cmocka_unit_test(an_unknown_critical_chunk_needs_a_later_library),
        cmocka_unit_test(an_array_must_have_exactly_the_size_asked_for),
        cmocka_unit_test(the_digest_covers_critical_chunks_only),
        cmocka_unit_test(the_digest_is_the_same_for_writer_and_reader_on_every_machine),
        cmocka_unit_test(the_writer_refuses_wrong_tags_elements_and_doubles),
        cmocka_unit_test(the_writer_holds_1024_chunks_and_no_more),
        cmocka_unit_test(a_text_is_taken_over_by_the_writer_also_on_failure),
    };
    return cmocka_run_group_tests_name("container", tests, NULL, NULL);
}
