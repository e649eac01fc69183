/* link: -Wl,--wrap=psn_os_monotonic_ns,--wrap=psn_model_read */
/* persona_model_open: one copy a file, a new one when the file was replaced. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "support/temp_folder.h"
#include "support/tiny_kind.h"

static void save(const char *name, double value)
{
    tiny_model *model = NULL;
    assert_int_equal(tiny_new(&model, &value, 1, NULL), PERSONA_OK);
    assert_int_equal(psn_model_save(&model->base, temp_path(name), NULL, NULL),
                     PERSONA_OK);
    psn_model_free(&model->base);
}

static persona_model *open_model(const char *name)
{
    persona_model *model = NULL;
    assert_int_equal(psn_model_open(&model, temp_path(name), NULL, NULL), PERSONA_OK);
    return model;
}

static double value_of(const persona_model *model)
{
    return ((const tiny_model *)model)->values[0];
}

/* ---- a clock and a reader that the tests steer */

int64_t __real_psn_os_monotonic_ns(void);
int64_t __wrap_psn_os_monotonic_ns(void);
static int64_t later_ns;

int64_t __wrap_psn_os_monotonic_ns(void)
{
    return __real_psn_os_monotonic_ns() + later_ns;
}

int __real_psn_model_read(persona_model **out, const char *path,
                          const persona_params *load, persona_task *task,
                          psn_model_origin *origin, persona_error *error);
int __wrap_psn_model_read(persona_model **out, const char *path,
                          const persona_params *load, persona_task *task,
                          psn_model_origin *origin, persona_error *error);
static int reads, overtaken; /* overtaken: another open comes first, while we read */

int __wrap_psn_model_read(persona_model **out, const char *path,
                          const persona_params *load, persona_task *task,
                          psn_model_origin *origin, persona_error *error)
{
    persona_model *other = NULL;
    const int now = overtaken;
    overtaken = 0;
    reads++;
    if (now && psn_model_open(&other, path, NULL, NULL) == PERSONA_OK)
        psn_model_free(other);
    return __real_psn_model_read(out, path, load, task, origin, error);
}

static int clean(void **state)
{
    (void)state;
    psn_model_close_all();
    temp_folder_files(1);
    return tiny_models != 0;
}

static void two_opens_share_one_copy(void **state)
{
    (void)state;
    save("a", 1);
    persona_model *first = open_model("a"), *second = open_model("a");
    assert_ptr_equal(first, second);
    assert_int_equal(tiny_models, 1);
    psn_model_free(first);
    psn_model_free(second);
    assert_int_equal(tiny_models, 1); /* waits for the next request */
}

static void a_replaced_file_is_read_again_and_the_old_copy_lives_on(void **state)
{
    (void)state;
    save("a", 1);
    persona_model *old = open_model("a");
    for (int i = 2; i < 20; i++) {
        save("a", i);
        persona_model *fresh = open_model("a");
        assert_true(value_of(fresh) == i);
        psn_model_free(fresh);
    }
    assert_true(value_of(old) == 1);
    assert_int_equal(tiny_models, 2);
    psn_model_free(old);
    assert_int_equal(tiny_models, 1);
}

/* Puts the bytes of `from` into the file `to` so that device, inode, size and time stay:
 * what a coarse clock can do to a quick exchange. */
static void change_unseen(const char *to, const char *from)
{
    char bytes[4096];
    struct stat before;
    FILE *file = fopen(temp_path(from), "rb");
    const size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    assert_int_equal(stat(temp_path(to), &before), 0);
    assert_int_equal(before.st_size, size);
    file = fopen(temp_path(to), "r+b");
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
    const struct timespec times[2] = {before.st_atim, before.st_mtim};
    assert_int_equal(utimensat(AT_FDCWD, temp_path(to), times, 0), 0);
}

static void assert_opens(const char *name, double value)
{
    persona_model *model = open_model(name);
    assert_true(value_of(model) == value);
    psn_model_free(model);
}

static void a_change_that_the_stamp_does_not_show_is_seen_in_the_header(void **state)
{
    (void)state;
    save("b", 2);
    save("a", 1);
    assert_opens("a", 1);
    change_unseen("a", "b");
    assert_opens("a", 2);
}

static void after_three_seconds_the_stamp_alone_is_trusted(void **state)
{
    (void)state;
    save("b", 2);
    save("a", 1);
    assert_opens("a", 1);
    later_ns = 4000000000;
    assert_opens("a", 1); /* compared with a clock that has moved on */
    change_unseen("a", "b");
    assert_opens("a", 1); /* no file system does this by itself */
    save("a", 3);
    assert_opens("a", 3);
    later_ns = 0;
}

static void of_two_that_read_at_once_the_first_model_stays(void **state)
{
    (void)state;
    save("a", 1);
    reads = 0;
    overtaken = 1;
    persona_model *model = open_model("a");
    assert_int_equal(reads, 2);
    assert_int_equal(tiny_models, 1);
    psn_model_free(model);
}

static void a_missing_or_foreign_file_is_an_error_and_not_kept(void **state)
{
    (void)state;
    persona_model *model = (persona_model *)1;
    assert_int_equal(psn_model_open(&model, temp_path("none"), NULL, NULL), PERSONA_EIO);
    assert_null(model);
    FILE *file = fopen(temp_path("csv"), "w");
    fputs("a,b\n1,2\n", file);
    fclose(file);
    assert_int_equal(psn_model_open(&model, temp_path("csv"), NULL, NULL),
                     PERSONA_EFORMAT);
    save("csv", 5);
    model = open_model("csv");
    assert_true(value_of(model) == 5);
    psn_model_free(model);
}

static void of_more_than_256_paths_the_one_unused_for_longest_goes(void **state)
{
    (void)state;
    char name[8];
    for (int i = 0; i < 257; i++) {
        psn_format(name, sizeof name, "m%d", i);
        save(name, i);
        psn_model_free(open_model(name));
        psn_model_free(open_model("m0"));
    }
    assert_int_equal(tiny_models, 256);
    persona_model *first = open_model("m0");
    assert_int_equal(tiny_models, 256); /* m0 was there: m1 has gone */
    persona_model *second = open_model("m1");
    assert_true(value_of(second) == 1);
    psn_model_free(first);
    psn_model_free(second);
}

static void options_of_another_schema_are_refused(void **state)
{
    (void)state;
    static const psn_schema other = {"other", NULL, 0};
    persona_params *params = NULL;
    persona_model *model = NULL;
    save("a", 1);
    assert_int_equal(psn_params_new(&params, &other, NULL), PERSONA_OK);
    assert_int_equal(psn_model_open(&model, temp_path("a"), params, NULL),
                     PERSONA_EOPTION);
    assert_int_equal(psn_model_load(&model, temp_path("a"), params, NULL, NULL),
                     PERSONA_EOPTION);
    assert_null(model);
    psn_params_free(params);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(two_opens_share_one_copy, clean),
        cmocka_unit_test_teardown(a_replaced_file_is_read_again_and_the_old_copy_lives_on,
                                  clean),
        cmocka_unit_test_teardown(
            a_change_that_the_stamp_does_not_show_is_seen_in_the_header, clean),
        cmocka_unit_test_teardown(after_three_seconds_the_stamp_alone_is_trusted, clean),
        cmocka_unit_test_teardown(of_two_that_read_at_once_the_first_model_stays, clean),
        cmocka_unit_test_teardown(a_missing_or_foreign_file_is_an_error_and_not_kept,
                                  clean),
        cmocka_unit_test_teardown(of_more_than_256_paths_the_one_unused_for_longest_goes,
                                  clean),
        cmocka_unit_test_teardown(options_of_another_schema_are_refused, clean),
    };
    temp_folder_make();
    int failed = cmocka_run_group_tests_name("registry", tests, NULL, NULL);
    temp_folder_remove();
    return failed;
}
