/* link: -Wl,--wrap=open,--wrap=write,--wrap=fsync,--wrap=rename,--wrap=close,--wrap=fchmod,--wrap=read */
/* Every system call of a save fails once, in every way it can, or the process dies there:
 * afterwards there is the old file or the new one, whole, and no litter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "persona.h"
#include "support/customers.h"
#include "support/temp_folder.h"

/* ---- the system calls of the library */

enum {
    CALL_OPEN,
    CALL_WRITE,
    CALL_FSYNC,
    CALL_RENAME,
    CALL_CLOSE,
    CALL_FCHMOD,
    CALL_READ,
    CALL_ANY
};
static const char *const call_names[] = {"open",  "write",  "fsync", "rename",
                                         "close", "fchmod", "read",  "any"};

static int fault_call, fault_left = -1, fault_errno, fault_seen;
static int die_before = -1, die_after = -1; /* number of the call, -1: never */
static size_t most_bytes;                   /* of one read or write, 0: all */

static int fault_now(int call)
{
    if (die_before >= 0 && die_before-- == 0) raise(SIGKILL);
    if (fault_left < 0 || call != fault_call) return 0;
    if (fault_left-- > 0) return 0;
    fault_seen = 1;
    errno = fault_errno;
    return 1;
}

static void fault_after(void)
{
    if (die_after >= 0 && die_after-- == 0) raise(SIGKILL);
}

int __real_open(const char *path, int flags, ...);
ssize_t __real_write(int fd, const void *bytes, size_t size);
ssize_t __real_read(int fd, void *bytes, size_t size);
int __real_fsync(int fd);
int __real_rename(const char *from, const char *to);
int __real_close(int fd);
int __real_fchmod(int fd, mode_t mode);

int __wrap_open(const char *path, int flags, ...);
ssize_t __wrap_write(int fd, const void *bytes, size_t size);
ssize_t __wrap_read(int fd, void *bytes, size_t size);
int __wrap_fsync(int fd);
int __wrap_rename(const char *from, const char *to);
int __wrap_close(int fd);
int __wrap_fchmod(int fd, mode_t mode);

int __wrap_open(const char *path, int flags, ...)
{
    mode_t mode = 0;
    if (flags & O_CREAT) {
        va_list arguments;
        va_start(arguments, flags);
        mode = (mode_t)va_arg(arguments, int);
        va_end(arguments);
    }
    if (fault_now(CALL_OPEN)) return -1;
    const int fd = __real_open(path, flags, mode);
    fault_after();
    return fd;
}

/* A failing write has written a part before. */
ssize_t __wrap_write(int fd, const void *bytes, size_t size)
{
    if (fault_now(CALL_WRITE)) {
        if (fault_errno != EINTR && size > 1) (void)!__real_write(fd, bytes, size / 2);
        errno = fault_errno;
        return -1;
    }
    if (most_bytes > 0 && size > most_bytes) size = most_bytes;
    const ssize_t written = __real_write(fd, bytes, size);
    fault_after();
    return written;
}

ssize_t __wrap_read(int fd, void *bytes, size_t size)
{
    if (fault_now(CALL_READ)) return -1;
    return __real_read(fd, bytes,
                       most_bytes > 0 && size > most_bytes ? most_bytes : size);
}

int __wrap_fsync(int fd)
{
    if (fault_now(CALL_FSYNC)) return -1;
    const int rc = __real_fsync(fd);
    fault_after();
    return rc;
}

int __wrap_rename(const char *from, const char *to)
{
    if (fault_now(CALL_RENAME)) return -1;
    const int rc = __real_rename(from, to);
    fault_after();
    return rc;
}

/* As on Linux, the descriptor is gone whatever close says. */
int __wrap_close(int fd)
{
    const int fails = fault_now(CALL_CLOSE);
    const int rc = __real_close(fd);
    fault_after();
    if (!fails) return rc;
    errno = fault_errno;
    return -1;
}

int __wrap_fchmod(int fd, mode_t mode)
{
    if (fault_now(CALL_FCHMOD)) return -1;
    const int rc = __real_fchmod(fd, mode);
    fault_after();
    return rc;
}

/* ---- an old and a new model */

static persona_segmenter *old_segmenter, *new_segmenter;
static persona_model *old_model, *new_model;

static int make_models(void **state)
{
    (void)state;
    old_segmenter = customers_fit(0, "k=3 seed=1");
    new_segmenter = customers_fit(5, "k=3 seed=1");
    old_model = persona_segmenter_model(old_segmenter);
    new_model = persona_segmenter_model(new_segmenter);
    return 0;
}

static int free_models(void **state)
{
    (void)state;
    persona_model_free(old_model);
    persona_model_free(new_model);
    return 0;
}

static void no_more_faults(void)
{
    fault_left = die_before = die_after = -1;
    most_bytes = 0;
}

static void put_old(const char *path)
{
    no_more_faults();
    temp_folder_files(1);
    assert_int_equal(persona_model_save(old_model, path, NULL, NULL), PERSONA_OK);
}

/* 0: the old one is there, 1: the new one. */
static int which_is_there(const char *path)
{
    persona_error error = {0};
    persona_model *loaded = NULL;
    no_more_faults();
    if (persona_model_load(&loaded, path, NULL, NULL, &error) != PERSONA_OK)
        fail_msg("neither the old nor the new file: %s", error.message);
    const char *digest = persona_model_digest(loaded);
    const int is_new = strcmp(digest, persona_model_digest(new_model)) == 0;
    if (!is_new) assert_string_equal(digest, persona_model_digest(old_model));
    persona_model_free(loaded);
    return is_new;
}

static int save_new(const char *path, persona_error *error)
{
    return persona_model_save(new_model, path, NULL, error);
}

/* Fails the n-th call of one sort for every n; returns how many there are. */
static int fail_each(int call, int error_number, int must_fail)
{
    const char *path = temp_path("m.persona");
    for (int n = 0;; n++) {
        persona_error error = {0};
        put_old(path);
        fault_call = call;
        fault_errno = error_number;
        fault_seen = 0;
        fault_left = n;
        const int rc = save_new(path, &error);
        const int is_new = which_is_there(path);
        assert_int_equal(temp_folder_files(0), 1); /* no litter */
        if (!fault_seen) {
            assert_int_equal(rc, PERSONA_OK);
            return n;
        }
        if (rc == PERSONA_OK) assert_true(is_new);
        if (rc != PERSONA_OK) assert_int_equal(rc, PERSONA_EIO);
        if (must_fail && rc == PERSONA_OK)
            fail_msg("%s %d: the failure was not noticed", call_names[call], n);
        if (!must_fail && rc != PERSONA_OK)
            fail_msg("%s %d: %s", call_names[call], n, error.message);
        assert_null(strchr(error.message, '\n'));
    }
}

static void a_failed_open_leaves_the_old_file(void **state)
{
    (void)state;
    assert_true(fail_each(CALL_OPEN, EIO, 1) >= 1);
    fail_each(CALL_OPEN, ENOSPC, 1);
    fail_each(CALL_OPEN, EMFILE, 1);
}

static void a_failed_write_leaves_the_old_file(void **state)
{
    (void)state;
    assert_true(fail_each(CALL_WRITE, EIO, 1) >= 1);
    fail_each(CALL_WRITE, ENOSPC, 1);
    fail_each(CALL_WRITE, EDQUOT, 1);
}

static void a_failed_sync_is_told(void **state)
{
    (void)state;
    assert_int_equal(fail_each(CALL_FSYNC, EIO, 1), 2); /* the file, the folder */
    fail_each(CALL_FSYNC, ENOSPC, 1);
}

static void a_failed_rename_leaves_the_old_file(void **state)
{
    (void)state;
    assert_int_equal(fail_each(CALL_RENAME, EIO, 1), 1);
    fail_each(CALL_RENAME, ENOSPC, 1);
    fail_each(CALL_RENAME, EACCES, 1);
}

static void a_failed_close_of_the_new_file_leaves_the_old_one(void **state)
{
    (void)state;
    const char *path = temp_path("m.persona");
    persona_error error = {0};
    put_old(path);
    fault_call = CALL_CLOSE;
    fault_errno = EIO;
    fault_left = 0;
    assert_int_equal(save_new(path, &error), PERSONA_EIO);
    assert_int_equal(which_is_there(path), 0);
    assert_int_equal(temp_folder_files(0), 1);
}

static void a_failed_fchmod_leaves_the_old_file(void **state)
{
    (void)state;
    assert_int_equal(fail_each(CALL_FCHMOD, EPERM, 1), 1);
}

static void calls_that_a_signal_interrupts_are_made_again(void **state)
{
    (void)state;
    fail_each(CALL_WRITE, EINTR, 0);
    fail_each(CALL_FSYNC, EINTR, 0);
    fail_each(CALL_CLOSE, EINTR, 0);
}

static void short_writes_and_reads_are_continued(void **state)
{
    (void)state;
    static const size_t most[] = {1, 7, 64, 1000};
    const char *path = temp_path("m.persona");
    for (int i = 0; i < 4; i++) {
        persona_model *loaded = NULL;
        put_old(path);
        most_bytes = most[i];
        assert_int_equal(save_new(path, NULL), PERSONA_OK);
        assert_int_equal(persona_model_load(&loaded, path, NULL, NULL, NULL), PERSONA_OK);
        persona_model_free(loaded);
        assert_int_equal(which_is_there(path), 1);
    }
}

static void failed_reads_are_errors_of_load(void **state)
{
    (void)state;
    const char *path = temp_path("m.persona");
    put_old(path);
    for (int n = 0;; n++) {
        persona_model *loaded = NULL;
        fault_call = CALL_READ;
        fault_errno = EIO;
        fault_seen = 0;
        fault_left = n;
        const int rc = persona_model_load(&loaded, path, NULL, NULL, NULL);
        no_more_faults();
        persona_model_free(loaded);
        assert_int_equal(rc, fault_seen ? PERSONA_EIO : PERSONA_OK);
        if (!fault_seen) break;
        fault_errno = EINTR;
        fault_left = n;
        assert_int_equal(persona_model_load(&loaded, path, NULL, NULL, NULL), PERSONA_OK);
        persona_model_free(loaded);
    }
}

/* ---- death at every system call */

/* Forks a child that saves; 1 if it was killed at its n-th call. */
static int die_at(int n, int after, const char *path)
{
    int status = 0;
    put_old(path);
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        *(after ? &die_after : &die_before) = n;
        most_bytes = 2000; /* so that there are several writes to die between */
        _exit(save_new(path, NULL) == PERSONA_OK ? 0 : 1);
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status)) return 1;
    assert_int_equal(WEXITSTATUS(status), 0);
    return 0;
}

static void death_at_any_call_leaves_the_old_or_the_new_file(void **state)
{
    (void)state;
    const char *path = temp_path("m.persona");
    for (int after = 0; after < 2; after++) {
        int deaths = 0, is_new = 0;
        while (die_at(deaths, after, path)) {
            const int now_new = which_is_there(path);
            assert_true(now_new >= is_new); /* once renamed, it is the new one */
            is_new = now_new;
            deaths++;
        }
        assert_true(deaths >= 6);
        assert_int_equal(which_is_there(path), 1);
    }
}

/* ---- full disks */

static void a_file_size_limit_leaves_the_old_file(void **state)
{
    (void)state;
    const char *path = temp_path("m.persona");
    int status = 0;
    put_old(path);
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        const struct rlimit limit = {1000, 1000};
        signal(SIGXFSZ, SIG_IGN);
        if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(9);
        persona_error error = {0};
        const int rc = save_new(path, &error);
        _exit(rc == PERSONA_EIO && strchr(error.message, '\n') == NULL ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(which_is_there(path), 0);
    assert_int_equal(temp_folder_files(0), 1);
}

static void a_full_disk_leaves_the_old_file(void **state)
{
    (void)state;
    char path[600];
    persona_error error = {0};
    no_more_faults();
    temp_folder_files(1);
    const char *disk = temp_path("disk");
    assert_int_equal(mkdir(disk, 0700), 0);
    /* room for one model and a half */
    if (mount("tmpfs", disk, "tmpfs", 0, "size=28k") != 0) {
        printf(
            "note: a small tmpfs cannot be mounted here; the full disk was not tried\n");
        rmdir(disk);
        return;
    }
    snprintf(path, sizeof path, "%s/m.persona", disk);
    int rc = persona_model_save(old_model, path, NULL, &error);
    if (rc == PERSONA_OK) {
        struct stat filled;
        const int fd = __real_open(temp_path("disk/filler"), O_WRONLY | O_CREAT, 0600);
        char block[1024] = {1};
        while (__real_write(fd, block, sizeof block) > 0) continue;
        __real_close(fd);
        assert_int_equal(stat(path, &filled), 0);
        rc = save_new(path, &error);
        assert_int_equal(rc, PERSONA_EIO);
        assert_int_equal(which_is_there(path), 0);
    }
    umount(disk);
    rmdir(disk);
    assert_int_equal(rc, PERSONA_EIO);
}

static void a_folder_one_may_not_write_is_an_error(void **state)
{
    (void)state;
    persona_error error = {0};
    no_more_faults();
    assert_int_equal(save_new("/proc/persona-test.persona", &error), PERSONA_EIO);
    assert_true(error.message[0] != '\0');
    assert_int_equal(save_new("/dev/full", &error), PERSONA_EIO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failed_open_leaves_the_old_file),
        cmocka_unit_test(a_failed_write_leaves_the_old_file),
        cmocka_unit_test(a_failed_sync_is_told),
        cmocka_unit_test(a_failed_rename_leaves_the_old_file),
        cmocka_unit_test(a_failed_close_of_the_new_file_leaves_the_old_one),
        cmocka_unit_test(a_failed_fchmod_leaves_the_old_file),
        cmocka_unit_test(calls_that_a_signal_interrupts_are_made_again),
        cmocka_unit_test(short_writes_and_reads_are_continued),
        cmocka_unit_test(failed_reads_are_errors_of_load),
        cmocka_unit_test(death_at_any_call_leaves_the_old_or_the_new_file),
        cmocka_unit_test(a_file_size_limit_leaves_the_old_file),
        cmocka_unit_test(a_full_disk_leaves_the_old_file),
        cmocka_unit_test(a_folder_one_may_not_write_is_an_error),
    };
    temp_folder_make();
    int failed =
        cmocka_run_group_tests_name("save fault", tests, make_models, free_models);
    no_more_faults();
    temp_folder_remove();
    return failed;
}
