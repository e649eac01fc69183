/* test_os.c: reading and replacing files, the clock, the lock over fork. Each test works
 * in a folder of its own that is removed at its end. */
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/memory.h"
#include "base/os.h"

static char folder[64];
static char path[128];

static int open_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/persona_test_os_XXXXXX");
    if (mkdtemp(folder) == NULL) return -1;
    snprintf(path, sizeof path, "%s/model.persona", folder);
    return 0;
}

/* Files in the folder; removes them if asked. */
static int files_there(int remove_them)
{
    int count = 0;
    struct dirent *entry;
    DIR *listing = opendir(folder);
    while ((entry = readdir(listing)) != NULL) {
        char name[400];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        count++;
        snprintf(name, sizeof name, "%s/%s", folder, entry->d_name);
        if (remove_them) remove(name);
    }
    closedir(listing);
    return count;
}

static int close_folder(void **state)
{
    (void)state;
    chmod(folder, 0700);
    files_there(1);
    return rmdir(folder);
}

static void write_file(const char *name, const char *content)
{
    FILE *file = fopen(name, "wb");
    assert_non_null(file);
    fputs(content, file);
    fclose(file);
}

static void assert_content(const char *name, const char *expected)
{
    void *bytes;
    size_t size;
    assert_int_equal(psn_os_read_all(name, -1, &bytes, &size, NULL, NULL), PERSONA_OK);
    assert_int_equal(size, strlen(expected));
    assert_memory_equal(bytes, expected, size);
    psn_release(bytes);
}

static int replace(const char *name, const char *content, persona_error *error)
{
    psn_os_replace *file;
    int rc = psn_os_replace_begin(&file, name, error);
    if (rc != PERSONA_OK) return rc;
    rc = psn_os_replace_write(file, content, strlen(content), error);
    if (rc == PERSONA_OK) return psn_os_replace_commit(file, error);
    psn_os_replace_abandon(file);
    return rc;
}

static void a_whole_file_is_read_with_its_stamp(void **state)
{
    (void)state;
    psn_os_stamp stamp, again;
    void *bytes;
    size_t size;
    write_file(path, "12345");
    assert_int_equal(psn_os_read_all(path, 5, &bytes, &size, &stamp, NULL), PERSONA_OK);
    assert_int_equal(size, 5);
    assert_memory_equal(bytes, "12345", 5);
    assert_int_equal(stamp.size, 5);
    assert_int_equal(psn_os_stamp_path(path, &again, NULL), PERSONA_OK);
    assert_memory_equal(&stamp, &again, sizeof stamp);
    psn_release(bytes);
}

static void an_empty_file_is_read_as_nothing(void **state)
{
    (void)state;
    write_file(path, "");
    assert_content(path, "");
}

static void a_file_above_the_limit_is_refused_by_its_size(void **state)
{
    (void)state;
    persona_error error;
    void *bytes;
    size_t size;
    write_file(path, "123456");
    int rc = psn_os_read_all(path, 5, &bytes, &size, NULL, &error);
    assert_int_equal(rc, PERSONA_ELIMIT);
    assert_string_equal(error.message, "file has 6 bytes; max_bytes is 5");
    assert_null(bytes);
}

static int feed_pipe(size_t bytes, int *reader, char *name, size_t capacity)
{
    int ends[2];
    if (pipe(ends) != 0) return -1;
    *reader = ends[0];
    snprintf(name, capacity, "/dev/fd/%d", ends[0]);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        for (size_t i = 0; i < bytes; i++) {
            if (write(ends[1], "x", 1) != 1) break;
        }
        _exit(0);
    }
    close(ends[1]);
    return child;
}

static void a_pipe_is_read_to_its_end(void **state)
{
    (void)state;
    char name[32];
    int reader = -1;
    void *bytes;
    size_t size;
    pid_t child = feed_pipe(200000, &reader, name, sizeof name);
    assert_int_equal(psn_os_read_all(name, -1, &bytes, &size, NULL, NULL), PERSONA_OK);
    assert_int_equal(size, 200000);
    psn_release(bytes);
    close(reader);
    waitpid(child, NULL, 0);
}

static void a_pipe_above_the_limit_is_refused(void **state)
{
    (void)state;
    char name[32];
    int reader = -1;
    persona_error error;
    void *bytes;
    size_t size;
    pid_t child = feed_pipe(1001, &reader, name, sizeof name);
    assert_int_equal(psn_os_read_all(name, 1000, &bytes, &size, NULL, &error),
                     PERSONA_ELIMIT);
    assert_string_equal(error.message, "file has more than max_bytes = 1000 bytes");
    close(reader);
    waitpid(child, NULL, 0);
}

static void what_cannot_be_opened_is_said_in_words(void **state)
{
    (void)state;
    persona_error error;
    void *bytes;
    size_t size;
    int rc = psn_os_read_all("no/such.csv", -1, &bytes, &size, NULL, &error);
    assert_int_equal(rc, PERSONA_EIO);
    assert_string_equal(error.message,
                        "cannot open 'no/such.csv': no such file or folder");
    assert_int_equal(psn_os_read_all("/", -1, &bytes, &size, NULL, &error), PERSONA_EIO);
    assert_string_equal(error.message, "cannot read '/': is a folder");
    assert_int_equal(psn_os_read_all(NULL, -1, &bytes, &size, NULL, NULL), PERSONA_EARG);
    assert_string_equal(psn_os_reason(99999), "refused by the system");
}

static void a_long_path_is_shown_by_its_end(void **state)
{
    (void)state;
    persona_error error;
    psn_os_stamp stamp;
    char name[600];
    memset(name, 'd', sizeof name);
    strcpy(name + 500, "/customers.csv");
    assert_int_equal(psn_os_stamp_path(name, &stamp, &error), PERSONA_EIO);
    assert_non_null(strstr(error.message, "'...ddd"));
    assert_non_null(strstr(error.message, "/customers.csv': name too long"));
}

static void a_new_file_appears_whole_and_alone(void **state)
{
    (void)state;
    mode_t mask = umask(022);
    struct stat made;
    assert_int_equal(replace(path, "hello", NULL), PERSONA_OK);
    umask(mask);
    assert_content(path, "hello");
    assert_int_equal(files_there(0), 1);
    stat(path, &made);
    assert_int_equal(made.st_mode & 0777, 0644);
}

static void an_old_file_is_replaced_and_its_mode_kept(void **state)
{
    (void)state;
    struct stat before, after;
    write_file(path, "old content");
    chmod(path, 0640);
    stat(path, &before);
    assert_int_equal(replace(path, "new", NULL), PERSONA_OK);
    stat(path, &after);
    assert_content(path, "new");
    assert_int_equal(after.st_mode & 0777, 0640);
    assert_true(before.st_ino != after.st_ino);
    assert_int_equal(files_there(0), 1);
}

static void until_the_commit_the_old_file_is_there(void **state)
{
    (void)state;
    psn_os_replace *file;
    write_file(path, "old");
    assert_int_equal(psn_os_replace_begin(&file, path, NULL), PERSONA_OK);
    assert_int_equal(psn_os_replace_write(file, "new", 3, NULL), PERSONA_OK);
    assert_content(path, "old");
    assert_int_equal(files_there(0), 2);
    psn_os_replace_abandon(file);
    assert_content(path, "old");
    assert_int_equal(files_there(0), 1);
}

static void a_link_stays_and_its_target_is_replaced(void **state)
{
    (void)state;
    char link[128];
    struct stat seen;
    snprintf(link, sizeof link, "%s/current", folder);
    write_file(path, "old");
    assert_int_equal(symlink("model.persona", link), 0);
    assert_int_equal(replace(link, "new", NULL), PERSONA_OK);
    assert_content(path, "new");
    assert_int_equal(lstat(link, &seen), 0);
    assert_true(S_ISLNK(seen.st_mode));
    assert_int_equal(files_there(0), 2);
}

static void links_in_a_circle_are_an_error(void **state)
{
    (void)state;
    persona_error error;
    assert_int_equal(symlink("model.persona", path), 0);
    assert_int_equal(replace(path, "x", &error), PERSONA_EIO);
    assert_non_null(strstr(error.message, "too many symbolic links"));
}

static void folders_and_devices_are_never_replaced(void **state)
{
    (void)state;
    persona_error error;
    assert_int_equal(replace(folder, "x", &error), PERSONA_EIO);
    assert_non_null(strstr(error.message, "is a folder"));
    assert_int_equal(replace("/dev/null", "x", &error), PERSONA_EIO);
    assert_string_equal(error.message, "cannot write '/dev/null': not a regular file");
    assert_int_equal(replace("", "x", NULL), PERSONA_EIO);
    assert_int_equal(replace("a/", "x", NULL), PERSONA_EIO);
    assert_int_equal(replace(NULL, "x", NULL), PERSONA_EARG);
}

static void a_missing_folder_is_an_error(void **state)
{
    (void)state;
    persona_error error;
    assert_int_equal(replace("no/such/folder/x", "x", &error), PERSONA_EIO);
    assert_string_equal(error.message,
                        "cannot write 'no/such/folder/x': no such file or folder");
}

static void the_clock_goes_forward(void **state)
{
    (void)state;
    int64_t before = psn_os_monotonic_ns();
    nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    assert_true(psn_os_monotonic_ns() - before >= 2000000);
}

static void *hold_the_lock(void *flag)
{
    for (int i = 0; i < 3000; i++) {
        psn_os_lock();
        ++*(int *)flag;
        psn_os_unlock();
    }
    return NULL;
}

static void a_child_forked_while_the_lock_is_busy_can_take_it(void **state)
{
    (void)state;
    pthread_t thread;
    int counter = 0, failed = 0;
    assert_int_equal(pthread_create(&thread, NULL, hold_the_lock, &counter), 0);
    for (int i = 0; i < 20; i++) {
        int status = 0;
        pid_t child = fork();
        if (child == 0) {
            alarm(10); /* a lock that is never free ends the child */
            psn_os_lock();
            psn_os_unlock();
            kill(getpid(), SIGKILL); /* _exit would run the sanitizer's end checks */
        }
        waitpid(child, &status, 0);
        failed += !WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL;
    }
    pthread_join(thread, NULL);
    assert_int_equal(failed, 0);
    assert_int_equal(counter, 3000);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, open_folder, close_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(a_whole_file_is_read_with_its_stamp),
        IN_FOLDER(an_empty_file_is_read_as_nothing),
        IN_FOLDER(a_file_above_the_limit_is_refused_by_its_size),
        cmocka_unit_test(a_pipe_is_read_to_its_end),
        cmocka_unit_test(a_pipe_above_the_limit_is_refused),
        cmocka_unit_test(what_cannot_be_opened_is_said_in_words),
        cmocka_unit_test(a_long_path_is_shown_by_its_end),
        IN_FOLDER(a_new_file_appears_whole_and_alone),
        IN_FOLDER(an_old_file_is_replaced_and_its_mode_kept),
        IN_FOLDER(until_the_commit_the_old_file_is_there),
        IN_FOLDER(a_link_stays_and_its_target_is_replaced),
        IN_FOLDER(links_in_a_circle_are_an_error),
        IN_FOLDER(folders_and_devices_are_never_replaced),
        cmocka_unit_test(a_missing_folder_is_an_error),
        cmocka_unit_test(the_clock_goes_forward),
        cmocka_unit_test(a_child_forked_while_the_lock_is_busy_can_take_it),
    };
    return cmocka_run_group_tests_name("os", tests, NULL, NULL);
}
