/* os_file.c: reading files, pipes and devices.
 *
 * Calls that a signal interrupts are made again. A file is always read into memory, never
 * mapped: another process could cut it and the host would die of SIGBUS. */
#if __SIZEOF_LONG__ < 8
#define _FILE_OFFSET_BITS 64
#endif
#ifdef __APPLE__
#define _DARWIN_C_SOURCE
#define st_mtim st_mtimespec
#endif
#include "base/os.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/error.h"
#include "base/memory.h"
#include "base/utf8.h"

enum {
    FILE_CHUNK = 1 << 30, /* no system call takes much more than 2 GB */
    FILE_FIRST_BYTES = 1 << 16,
    FILE_SHOWN_BYTES = 120
};

struct psn_os_file {
    int descriptor;
    char *path;
};

/* A long path shows its end, where the name is. */
int psn_os_fail(persona_error *error, const char *verb, const char *path,
                int error_number)
{
    size_t length = strlen(path), skip = 0;
    if (length > FILE_SHOWN_BYTES) {
        skip = psn_utf8_cut(path, length, length - FILE_SHOWN_BYTES);
    }
    return psn_fail(error, PERSONA_EIO, "cannot %s '%s%s': %s", verb,
                    skip > 0 ? "..." : "", path + skip, psn_os_reason(error_number));
}

int psn_os_open_read(psn_os_file **out, const char *path, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_os_file *file = NULL;
    *out = NULL;
    if (path == NULL) PSN_FAIL(error, PERSONA_EARG, "path is NULL");
    PSN_NEED(file = psn_alloc(1, sizeof *file));
    file->descriptor = -1;
    PSN_NEED(file->path = psn_copy_text(path, strlen(path)));
    do {
        file->descriptor = open(path, O_RDONLY | O_CLOEXEC);
    } while (file->descriptor < 0 && errno == EINTR);
    if (file->descriptor < 0) {
        rc = psn_os_fail(error, "open", path, errno);
        goto done;
    }
    *out = file;
    file = NULL;
done:
    psn_os_close(file);
    return rc;
}

static void file_stamp(const struct stat *state, psn_os_stamp *out)
{
    *out = (psn_os_stamp){
        .device = (uint64_t)state->st_dev,
        .inode = (uint64_t)state->st_ino,
        .size = (uint64_t)state->st_size,
        .modified_ns =
            (int64_t)state->st_mtim.tv_sec * 1000000000 + state->st_mtim.tv_nsec,
    };
}

int psn_os_stamp_of(const psn_os_file *file, psn_os_stamp *out, persona_error *error)
{
    struct stat state;
    if (fstat(file->descriptor, &state) != 0) {
        return psn_os_fail(error, "read", file->path, errno);
    }
    file_stamp(&state, out);
    return PERSONA_OK;
}

int psn_os_stamp_path(const char *path, psn_os_stamp *out, persona_error *error)
{
    struct stat state;
    if (path == NULL) return psn_fail(error, PERSONA_EARG, "path is NULL");
    if (stat(path, &state) != 0) return psn_os_fail(error, "open", path, errno);
    file_stamp(&state, out);
    return PERSONA_OK;
}

int psn_os_read(psn_os_file *file, void *out, size_t capacity, size_t *got,
                persona_error *error)
{
    ssize_t count;
    if (capacity > FILE_CHUNK) capacity = FILE_CHUNK;
    do {
        count = read(file->descriptor, out, capacity);
    } while (count < 0 && errno == EINTR);
    *got = count < 0 ? 0 : (size_t)count;
    if (count < 0) return psn_os_fail(error, "read", file->path, errno);
    return PERSONA_OK;
}

/* Nothing was written: what close says does not matter. */
void psn_os_close(psn_os_file *file)
{
    if (file == NULL) return;
    if (file->descriptor >= 0) close(file->descriptor);
    psn_release(file->path);
    psn_release(file);
}

/* Bytes to start with: the size of a regular file and one more, so that its end is seen
 * without another round. */
static int file_first_capacity(const psn_os_file *file, uint64_t limit, size_t *out,
                               psn_os_stamp *stamp, persona_error *error)
{
    struct stat state;
    if (fstat(file->descriptor, &state) != 0) {
        return psn_os_fail(error, "read", file->path, errno);
    }
    if (S_ISDIR(state.st_mode)) return psn_os_fail(error, "read", file->path, EISDIR);
    if (stamp != NULL) file_stamp(&state, stamp);
    *out = FILE_FIRST_BYTES;
    if (!S_ISREG(state.st_mode)) return PERSONA_OK;
    uint64_t size = (uint64_t)state.st_size;
    if (size > limit) {
        return psn_fail(error, PERSONA_ELIMIT, "file has %llu bytes; max_bytes is %llu",
                        (unsigned long long)size, (unsigned long long)limit);
    }
    if (size >= PTRDIFF_MAX) return psn_fail_memory(error);
    /* Some files of /proc have no size but bytes. */
    if (size > 0) *out = (size_t)size + 1;
    return PERSONA_OK;
}

/* Doubles, to at most one byte above the limit: that byte shows that it is exceeded. */
static int file_grow(char **block, size_t *capacity, uint64_t limit, persona_error *error)
{
    size_t larger = *capacity < PTRDIFF_MAX / 2 ? 2 * *capacity : PTRDIFF_MAX;
    if (limit < PTRDIFF_MAX && larger > (size_t)limit + 1) larger = (size_t)limit + 1;
    char *moved = psn_resize(*block, larger, 1);
    if (moved == NULL) return psn_fail_memory(error);
    *block = moved;
    *capacity = larger;
    return PERSONA_OK;
}

int psn_os_read_all(const char *path, int64_t max_bytes, void **out, size_t *size,
                    psn_os_stamp *stamp, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_os_file *file = NULL;
    char *block = NULL;
    size_t capacity, length = 0, got;
    uint64_t limit = max_bytes < 0 ? (uint64_t)INT64_MAX : (uint64_t)max_bytes;
    *out = NULL;
    *size = 0;
    PSN_TRY(psn_os_open_read(&file, path, error));
    PSN_TRY(file_first_capacity(file, limit, &capacity, stamp, error));
    if (capacity > limit && limit < PTRDIFF_MAX) capacity = (size_t)limit + 1;
    PSN_NEED(block = psn_alloc(capacity, 1));
    for (;;) {
        PSN_TRY(psn_os_read(file, block + length, capacity - length, &got, error));
        length += got;
        if (length > limit) {
            PSN_FAIL(error, PERSONA_ELIMIT, "file has more than max_bytes = %llu bytes",
                     (unsigned long long)limit);
        }
        if (got == 0) break;
        if (length == capacity) PSN_TRY(file_grow(&block, &capacity, limit, error));
    }
    *out = block;
    *size = length;
    block = NULL;
done:
    psn_release(block);
    psn_os_close(file);
    return rc;
}
