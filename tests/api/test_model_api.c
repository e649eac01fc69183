/* persona/model.h: the life cycle of a model, with a segmenter as the model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "persona.h"
#include "support/customers.h"
#include "support/model_bytes.h"
#include "support/temp_folder.h"

static persona_segmenter *segmenter;
static persona_model *model;

static int fit_once(void **state)
{
    (void)state;
    segmenter = customers_fit(0, "k=3 seed=1");
    model = persona_segmenter_model(segmenter);
    return 0;
}

static int free_once(void **state)
{
    (void)state;
    persona_model_free(model);
    return 0;
}

static persona_buffer *bytes_of(const persona_model *of)
{
    persona_buffer *bytes = NULL;
    assert_int_equal(persona_model_to_bytes(&bytes, of, NULL), PERSONA_OK);
    return bytes;
}

static void a_saved_model_loads_with_the_same_digest_and_bytes(void **state)
{
    (void)state;
    persona_model *loaded = NULL;
    const char *path = temp_path("saved.persona");
    assert_int_equal(persona_model_save(model, path, NULL, NULL), PERSONA_OK);
    assert_int_equal(persona_model_load(&loaded, path, NULL, NULL, NULL), PERSONA_OK);
    assert_string_equal(persona_model_digest(loaded), persona_model_digest(model));
    assert_string_equal(persona_model_kind(loaded), "segmenter");
    persona_buffer *one = bytes_of(model), *two = bytes_of(loaded);
    assert_int_equal(persona_buffer_size(one), persona_buffer_size(two));
    assert_memory_equal(persona_buffer_data(one), persona_buffer_data(two),
                        persona_buffer_size(one));
    persona_buffer_free(one);
    persona_buffer_free(two);
    persona_model_free(loaded);
}

static void the_same_fit_gives_the_same_file(void **state)
{
    (void)state;
    persona_segmenter *again = customers_fit(0, "k=3 seed=1 threads=2");
    persona_segmenter *other = customers_fit(5, "k=3 seed=1");
    const char *digest = persona_model_digest(model);
    assert_string_equal(persona_model_digest(persona_segmenter_model(again)), digest);
    assert_string_not_equal(persona_model_digest(persona_segmenter_model(other)), digest);
    persona_model_free(persona_segmenter_model(again));
    persona_model_free(persona_segmenter_model(other));
}

static void bytes_of_any_alignment_are_a_model(void **state)
{
    (void)state;
    static char room[1 << 17];
    persona_buffer *bytes = bytes_of(model);
    const int64_t size = persona_buffer_size(bytes);
    assert_true(size < (int64_t)sizeof room - 8);
    for (int shift = 0; shift < 8; shift++) {
        persona_model *loaded = NULL;
        memcpy(room + shift, persona_buffer_data(bytes), (size_t)size);
        assert_int_equal(
            persona_model_from_bytes(&loaded, room + shift, size, NULL, NULL),
            PERSONA_OK);
        assert_string_equal(persona_model_digest(loaded), persona_model_digest(model));
        persona_model_free(loaded);
    }
    persona_buffer_free(bytes);
}

static void altered_and_cut_bytes_are_refused(void **state)
{
    (void)state;
    persona_error error = {0};
    persona_buffer *bytes = bytes_of(model);
    const int64_t size = persona_buffer_size(bytes);
    char *copy = malloc((size_t)size);
    memcpy(copy, persona_buffer_data(bytes), (size_t)size);
    for (int64_t at = 0; at < size; at += 7) {
        persona_model *loaded = (persona_model *)1;
        copy[at] ^= 0x10;
        assert_int_equal(persona_model_from_bytes(&loaded, copy, size, NULL, &error),
                         PERSONA_EFORMAT);
        assert_null(loaded);
        assert_true(error.message[0] != '\0');
        copy[at] ^= 0x10;
        assert_int_equal(persona_model_from_bytes(&loaded, copy, at, NULL, &error),
                         PERSONA_EFORMAT);
    }
    free(copy);
    persona_buffer_free(bytes);
}

static int load_patched(size_t at, uint32_t value)
{
    persona_model *loaded = NULL;
    persona_buffer *bytes = bytes_of(model);
    const size_t size = (size_t)persona_buffer_size(bytes);
    uint8_t *copy = malloc(size);
    memcpy(copy, persona_buffer_data(bytes), size);
    psn_layout_put_u32(copy + at, value);
    model_bytes_repair(copy, size);
    int rc = persona_model_from_bytes(&loaded, copy, (int64_t)size, NULL, NULL);
    persona_model_free(loaded);
    free(copy);
    persona_buffer_free(bytes);
    return rc;
}

static void later_versions_and_unknown_kinds_are_told_apart_from_damage(void **state)
{
    (void)state;
    assert_int_equal(load_patched(PSN_HEADER_VERSION, 0), PERSONA_OK);
    assert_int_equal(load_patched(PSN_HEADER_VERSION, 1), PERSONA_EVERSION);
    assert_int_equal(load_patched(PSN_HEADER_KIND, 0x45454545), PERSONA_EVERSION);
    assert_int_equal(load_patched(PSN_HEADER_KIND, 0), PERSONA_EFORMAT);
}

static void a_limit_on_memory_is_kept_for_bytes_and_files(void **state)
{
    (void)state;
    persona_model *loaded = NULL;
    persona_params *load = NULL;
    persona_buffer *bytes = bytes_of(model);
    const char *path = temp_path("limit.persona");
    assert_int_equal(persona_model_save(model, path, NULL, NULL), PERSONA_OK);
    assert_int_equal(persona_params_new(&load, "model.load", NULL), PERSONA_OK);
    assert_int_equal(persona_params_set_int(load, "max_bytes", 4096, NULL), PERSONA_OK);
    assert_int_equal(persona_model_load(&loaded, path, load, NULL, NULL), PERSONA_ELIMIT);
    assert_int_equal(persona_model_open(&loaded, path, load, NULL), PERSONA_ELIMIT);
    assert_int_equal(persona_model_from_bytes(&loaded, persona_buffer_data(bytes),
                                              persona_buffer_size(bytes), load, NULL),
                     PERSONA_ELIMIT);
    assert_null(loaded);
    persona_params_free(load);
    persona_buffer_free(bytes);
}

static void open_gives_one_copy_until_the_file_is_replaced(void **state)
{
    (void)state;
    persona_model *first = NULL, *second = NULL, *third = NULL;
    const char *path = temp_path("open.persona");
    persona_segmenter *other = customers_fit(5, "k=3 seed=1");
    assert_int_equal(persona_model_save(model, path, NULL, NULL), PERSONA_OK);
    assert_int_equal(persona_model_open(&first, path, NULL, NULL), PERSONA_OK);
    assert_int_equal(persona_model_open(&second, path, NULL, NULL), PERSONA_OK);
    assert_ptr_equal(first, second);
    assert_int_equal(persona_model_save(persona_segmenter_model(other), path, NULL, NULL),
                     PERSONA_OK);
    assert_int_equal(persona_model_open(&third, path, NULL, NULL), PERSONA_OK);
    assert_string_not_equal(persona_model_digest(third), persona_model_digest(first));
    assert_string_equal(persona_model_digest(first), persona_model_digest(model));
    persona_model_free(first);
    persona_model_free(second);
    persona_model_free(third);
    persona_model_free(persona_segmenter_model(other));
}

static void describe_notes_inputs_and_parts_can_be_read(void **state)
{
    (void)state;
    persona_buffer *json = NULL;
    persona_table *notes = NULL, *inputs = NULL, *parts = NULL, *centers = NULL;
    assert_int_equal(persona_model_describe(&json, model, NULL), PERSONA_OK);
    const char *text = persona_buffer_data(json);
    assert_non_null(strstr(text, "{\"kind\":\"segmenter\",\"digest\":\""));
    assert_non_null(strstr(text, persona_model_digest(model)));
    assert_int_equal(persona_model_notes(&notes, model, NULL), PERSONA_OK);
    assert_string_equal(persona_table_name(notes, 3), "message");
    assert_int_equal(persona_model_inputs(&inputs, model, NULL), PERSONA_OK);
    assert_int_equal(persona_table_rows(inputs), CUSTOMER_INPUTS);
    assert_int_equal(persona_model_part(&parts, model, "parts", NULL), PERSONA_OK);
    assert_true(persona_table_rows(parts) >= 3);
    assert_int_equal(persona_model_part(&centers, model, "centers", NULL), PERSONA_OK);
    assert_int_equal(persona_table_rows(centers), 3);
    persona_table_free(centers);
    persona_table_free(parts);
    persona_table_free(inputs);
    persona_table_free(notes);
    persona_buffer_free(json);
}

static void notes_outlive_the_model_and_are_frozen_before(void **state)
{
    (void)state;
    persona_table *notes = NULL;
    const int64_t nothing = 0;
    persona_segmenter *own = customers_fit(0, "k=3 seed=2");
    persona_model *shown = persona_segmenter_model(own);
    assert_int_equal(persona_model_notes(&notes, shown, NULL), PERSONA_OK);
    const int64_t rows = persona_table_rows(notes);
    assert_int_equal(persona_table_add_int(notes, "x", &nothing, NULL, rows, NULL),
                     PERSONA_EARG);
    persona_model_free(shown);
    assert_int_equal(persona_table_rows(notes), rows);
    persona_table_free(notes);
}

static void an_unknown_part_is_an_error_that_names_those_there_are(void **state)
{
    (void)state;
    persona_error error = {0};
    persona_table *part = (persona_table *)1;
    assert_int_equal(persona_model_part(&part, model, "center", &error), PERSONA_EARG);
    assert_null(part);
    assert_non_null(strstr(error.message, "parts"));
}

static void a_user_nobody_knows_cannot_be_taken_out(void **state)
{
    (void)state;
    persona_model *without = (persona_model *)1;
    assert_int_equal(
        persona_model_without_user(&without, model, "nobody", PERSONA_NUL, NULL, NULL),
        PERSONA_EDATA);
    assert_null(without);
    assert_int_equal(persona_model_without_user(&without, model, NULL, 5, NULL, NULL),
                     PERSONA_EARG);
}

static void saving_where_one_cannot_leaves_the_old_file(void **state)
{
    (void)state;
    persona_error error = {0};
    assert_int_equal(persona_model_save(model, temp_path("none/x.persona"), NULL, &error),
                     PERSONA_EIO);
    assert_null(strchr(error.message, '\n'));
    assert_int_equal(persona_model_save(model, temp_folder, NULL, &error), PERSONA_EIO);
    assert_int_equal(persona_model_save(model, "", NULL, &error), PERSONA_EIO);
    assert_int_equal(persona_model_save(model, NULL, NULL, &error), PERSONA_EARG);
}

static void a_saved_file_keeps_the_mode_of_the_old_one(void **state)
{
    (void)state;
    struct stat status;
    const char *path = temp_path("mode.persona");
    assert_int_equal(persona_model_save(model, path, NULL, NULL), PERSONA_OK);
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(persona_model_save(model, path, NULL, NULL), PERSONA_OK);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0640);
}

static void a_cancelled_task_stops_load_and_save(void **state)
{
    (void)state;
    persona_task *task = NULL;
    persona_model *loaded = NULL;
    const char *path = temp_path("task.persona");
    assert_int_equal(persona_task_new(&task, NULL), PERSONA_OK);
    assert_int_equal(persona_model_save(model, path, task, NULL), PERSONA_OK);
    assert_string_equal(persona_task_phase(task), "save");
    assert_int_equal(persona_model_load(&loaded, path, NULL, task, NULL), PERSONA_OK);
    persona_model_free(loaded);
    persona_task_cancel(task);
    assert_int_equal(persona_model_save(model, path, task, NULL), PERSONA_ECANCEL);
    assert_int_equal(persona_model_load(&loaded, path, NULL, task, NULL),
                     PERSONA_ECANCEL);
    assert_null(loaded);
    persona_task_free(task);
    assert_int_equal(persona_model_load(&loaded, path, NULL, NULL, NULL), PERSONA_OK);
    persona_model_free(loaded);
}

static void references_keep_a_model_alive(void **state)
{
    (void)state;
    persona_segmenter *own = customers_fit(0, "k=3 seed=3");
    persona_model *first = persona_segmenter_model(own);
    persona_model *second = persona_model_ref(first);
    assert_ptr_equal(first, second);
    persona_model_free(first);
    assert_string_equal(persona_model_kind(second), "segmenter");
    persona_model_free(second);
    assert_null(persona_model_ref(NULL));
    persona_model_free(NULL);
}

static void null_arguments_are_errors(void **state)
{
    (void)state;
    persona_error error = {0};
    persona_model *out = NULL;
    persona_table *table = NULL;
    persona_buffer *buffer = NULL;
    assert_int_equal(persona_model_load(NULL, "x", NULL, NULL, &error), PERSONA_EARG);
    assert_int_equal(persona_model_load(&out, NULL, NULL, NULL, &error), PERSONA_EARG);
    assert_int_equal(persona_model_open(&out, NULL, NULL, &error), PERSONA_EARG);
    assert_int_equal(persona_model_from_bytes(&out, NULL, 5, NULL, &error), PERSONA_EARG);
    assert_int_equal(persona_model_from_bytes(&out, "x", -1, NULL, &error), PERSONA_EARG);
    assert_int_equal(persona_model_from_bytes(&out, NULL, 0, NULL, &error),
                     PERSONA_EFORMAT);
    assert_int_equal(persona_model_save(NULL, "x", NULL, &error), PERSONA_EARG);
    assert_int_equal(persona_model_to_bytes(&buffer, NULL, &error), PERSONA_EARG);
    assert_int_equal(persona_model_describe(NULL, model, &error), PERSONA_EARG);
    assert_int_equal(persona_model_describe(&buffer, NULL, &error), PERSONA_EARG);
    assert_int_equal(persona_model_notes(&table, NULL, &error), PERSONA_EARG);
    assert_int_equal(persona_model_inputs(&table, NULL, &error), PERSONA_EARG);
    assert_int_equal(persona_model_part(&table, model, NULL, &error), PERSONA_EARG);
    assert_int_equal(persona_model_part(&table, NULL, "centers", &error), PERSONA_EARG);
    assert_null(persona_model_digest(NULL));
    assert_null(persona_model_kind(NULL));
    persona_query_free(NULL);
    persona_query_clear(NULL);
    assert_int_equal(persona_query_text(NULL, 0, "x", 1, &error), PERSONA_EARG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_saved_model_loads_with_the_same_digest_and_bytes),
        cmocka_unit_test(the_same_fit_gives_the_same_file),
        cmocka_unit_test(bytes_of_any_alignment_are_a_model),
        cmocka_unit_test(altered_and_cut_bytes_are_refused),
        cmocka_unit_test(later_versions_and_unknown_kinds_are_told_apart_from_damage),
        cmocka_unit_test(a_limit_on_memory_is_kept_for_bytes_and_files),
        cmocka_unit_test(open_gives_one_copy_until_the_file_is_replaced),
        cmocka_unit_test(describe_notes_inputs_and_parts_can_be_read),
        cmocka_unit_test(notes_outlive_the_model_and_are_frozen_before),
        cmocka_unit_test(an_unknown_part_is_an_error_that_names_those_there_are),
        cmocka_unit_test(a_user_nobody_knows_cannot_be_taken_out),
        cmocka_unit_test(saving_where_one_cannot_leaves_the_old_file),
        cmocka_unit_test(a_saved_file_keeps_the_mode_of_the_old_one),
        cmocka_unit_test(a_cancelled_task_stops_load_and_save),
        cmocka_unit_test(references_keep_a_model_alive),
        cmocka_unit_test(null_arguments_are_errors),
    };
    temp_folder_make();
    int failed = cmocka_run_group_tests_name("model api", tests, fit_once, free_once);
    temp_folder_remove();
    return failed;
}
