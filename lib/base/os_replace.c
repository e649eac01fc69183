/* os_replace.c: a new file in place of an old one, all or nothing.
 *
 * Write .NAME.XXXXXXXX beside the file, sync it, close it, rename it over the old one,
 * sync the folder: after a crash at any point there is the old file or the new one.
 * Through a symbolic link the file it points to is replaced and the link stays. The new
 * file has the mode of the old. */
#if __SIZEOF_LONG__ < 8
#define _FILE_OFFSET_BITS 64
#endif
#include "base/os.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* rename */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/dict.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/utf8.h"

enum {
    REPLACE_LINKS = 40, /* as many as the system follows */
    REPLACE_LINK_BYTES = 4096,
    REPLACE_NAME_BYTES = 200, /* of NAME, in the temporary name */
    REPLACE_TRIES = 100,
    REPLACE_CHUNK = 1 << 30
};

struct psn_os_replace {
    int descriptor;
    char *path;      /* as the caller wrote it, for messages */
    psn_text target; /* where its links lead */
    psn_text folder, temporary;
    int made; /* the temporary file is there */
};

static void replace_set(psn_text *text, const char *bytes, size_t length)
{
    text->length = 0;
    psn_text_append(text, bytes, length);
}

/* Bytes of the folder part, with its slash; 0 if there is none. */
static size_t replace_folder_bytes(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? 0 : (size_t)(slash - path) + 1;
}

/* One link further: an absolute link replaces the path, another only its last part. */
static void replace_follow(psn_text *target, const char *link, size_t length)
{
    size_t keep = link[0] == '/' ? 0 : replace_folder_bytes(target->bytes);
    target->length = keep;
    psn_text_append(target, link, length);
}

/* Walks the links at the end of the path. What is no link, or not there, ends the walk.
 */
static int replace_find_target(psn_os_replace *file, persona_error *error)
{
    char link[REPLACE_LINK_BYTES];
    replace_set(&file->target, file->path, strlen(file->path));
    for (int i = 0; i < REPLACE_LINKS; i++) {
        if (file->target.failed) return psn_fail_memory(error);
        ssize_t length = readlink(file->target.bytes, link, sizeof link);
        if (length <= 0) return PERSONA_OK;
        if ((size_t)length == sizeof link) {
            return psn_os_fail(error, "write", file->path, ENAMETOOLONG);
        }
        replace_follow(&file->target, link, (size_t)length);
    }
    return psn_os_fail(error, "write", file->path, ELOOP);
}

/* The mode of the old file, or -1 when there is none. Devices and folders are no files to
 * replace: a rename over /dev/null would be a disaster. */
static int replace_old_mode(psn_os_replace *file, int *mode, persona_error *error)
{
    struct stat state;
    *mode = -1;
    if (stat(file->target.bytes, &state) != 0) {
        if (errno == ENOENT) return PERSONA_OK;
        return psn_os_fail(error, "write", file->path, errno);
    }
    if (S_ISDIR(state.st_mode)) return psn_os_fail(error, "write", file->path, EISDIR);
    if (!S_ISREG(state.st_mode)) {
        return psn_fail(error, PERSONA_EIO, "cannot write '%.*s': not a regular file",
                        120, file->path);
    }
    *mode = (int)(state.st_mode & 07777);
    return PERSONA_OK;
}

static void replace_name_temporary(psn_os_replace *file, int attempt)
{
    size_t folder = file->folder.length;
    const char *name = file->target.bytes + replace_folder_bytes(file->target.bytes);
    size_t shown = psn_utf8_cut(name, strlen(name), REPLACE_NAME_BYTES);
    uint64_t salt[] = {(uint64_t)psn_os_monotonic_ns(), (uint64_t)getpid(),
                       (uint64_t)(uintptr_t)file, (uint64_t)attempt};
    uint32_t suffix = (uint32_t)psn_hash(salt, sizeof salt, 0);
    replace_set(&file->temporary, file->folder.bytes, folder);
    psn_text_format(&file->temporary, ".%.*s.%08x", (int)shown, name, (unsigned)suffix);
}

/* O_EXCL: never through a file or link that somebody else put there. */
static int replace_create(psn_os_replace *file, persona_error *error)
{
    for (int attempt = 0; attempt < REPLACE_TRIES; attempt++) {
        replace_name_temporary(file, attempt);
        if (file->temporary.failed) return psn_fail_memory(error);
        file->descriptor =
            open(file->temporary.bytes, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (file->descriptor >= 0) {
            file->made = 1;
            return PERSONA_OK;
        }
        if (errno != EEXIST && errno != EINTR) break;
    }
    return psn_os_fail(error, "write", file->path, errno);
}

int psn_os_replace_begin(psn_os_replace **out, const char *path, persona_error *error)
{
    int rc = PERSONA_OK, mode;
    psn_os_replace *file = NULL;
    *out = NULL;
    if (path == NULL) PSN_FAIL(error, PERSONA_EARG, "path is NULL");
    if (path[0] == '\0' || path[strlen(path) - 1] == '/') {
        rc = psn_os_fail(error, "write", path, path[0] == '\0' ? ENOENT : EISDIR);
        goto done;
    }
    PSN_NEED(file = psn_alloc_zero(1, sizeof *file));
    file->descriptor = -1;
    PSN_NEED(file->path = psn_copy_text(path, strlen(path)));
    PSN_TRY(replace_find_target(file, error));
    PSN_TRY(replace_old_mode(file, &mode, error));
    size_t folder = replace_folder_bytes(file->target.bytes);
    replace_set(&file->folder, folder > 0 ? file->target.bytes : "./",
                folder > 0 ? folder : 2);
    if (file->folder.failed) {
        rc = psn_fail_memory(error);
        goto done;
    }
    PSN_TRY(replace_create(file, error));
    if (mode >= 0 && fchmod(file->descriptor, (mode_t)mode) != 0) {
        rc = psn_os_fail(error, "write", path, errno);
        goto done;
    }
    *out = file;
    file = NULL;
done:
    psn_os_replace_abandon(file);
    return rc;
}

int psn_os_replace_write(psn_os_replace *file, const void *bytes, size_t size,
                         persona_error *error)
{
    const char *at = bytes;
    while (size > 0) {
        size_t some = size < REPLACE_CHUNK ? size : REPLACE_CHUNK;
        ssize_t written = write(file->descriptor, at, some);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) {
            return psn_os_fail(error, "write", file->path, written < 0 ? errno : ENOSPC);
        }
        at += written;
        size -= (size_t)written;
    }
    return PERSONA_OK;
}

static int replace_sync(int descriptor)
{
    int result;
    do {
        result = fsync(descriptor);
    } while (result != 0 && errno == EINTR);
    return result;
}

/* Opened before the rename, so that what can fail does so while the old file is there.
 * One may write to a folder that one may not read: it stays unsynced (-1). */
static int replace_open_folder(psn_os_replace *file, int *folder, persona_error *error)
{
    do {
        *folder = open(file->folder.bytes, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    } while (*folder < 0 && errno == EINTR);
    if (*folder >= 0 || errno == EACCES) return PERSONA_OK;
    return psn_os_fail(error, "write", file->path, errno);
}

int psn_os_replace_commit(psn_os_replace *file, persona_error *error)
{
    int rc = PERSONA_OK, folder = -1;
    if (replace_sync(file->descriptor) != 0) {
        rc = psn_os_fail(error, "write", file->path, errno);
        goto done;
    }
    int closed = close(file->descriptor);
    file->descriptor = -1;
    if (closed != 0 && errno != EINTR) { /* interrupted, it is closed nevertheless */
        rc = psn_os_fail(error, "write", file->path, errno);
        goto done;
    }
    PSN_TRY(replace_open_folder(file, &folder, error));
    if (rename(file->temporary.bytes, file->target.bytes) != 0) {
        rc = psn_os_fail(error, "replace", file->path, errno);
        goto done;
    }
    file->made = 0;
    /* Some file systems cannot sync a folder. */
    if (folder >= 0 && replace_sync(folder) != 0 && errno != EINVAL) {
        rc = psn_os_fail(error, "sync the folder of", file->path, errno);
    }
done:
    if (folder >= 0) close(folder);
    psn_os_replace_abandon(file);
    return rc;
}

void psn_os_replace_abandon(psn_os_replace *file)
{
    if (file == NULL) return;
    if (file->descriptor >= 0) close(file->descriptor);
    if (file->made) unlink(file->temporary.bytes);
    psn_release(file->path);
    psn_text_free(&file->target);
    psn_text_free(&file->folder);
    psn_text_free(&file->temporary);
    psn_release(file);
}
