/* os_error.c: the system's reasons in words. strerror speaks the language of the locale.
 */
#include "base/os.h"

#include <errno.h>
#include <stddef.h>

static const struct {
    int number;
    const char *words;
} os_reasons[] = {
    {ENOENT, "no such file or folder"},
    {EACCES, "permission denied"},
    {EPERM, "operation not permitted"},
    {EISDIR, "is a folder"},
    {ENOTDIR, "a part of the path is not a folder"},
    {ENOSPC, "no space left on the device"},
    {EROFS, "read-only file system"},
    {EDQUOT, "disk quota exceeded"},
    {EFBIG, "file too large"},
    {EIO, "input/output error"},
    {EMFILE, "too many open files in this process"},
    {ENFILE, "too many open files on this system"},
    {ENAMETOOLONG, "name too long"},
    {ELOOP, "too many symbolic links"},
    {EEXIST, "file exists"},
    {EBUSY, "device or file in use"},
    {ETXTBSY, "file is a running program"},
    {EXDEV, "on another file system"},
    {EPIPE, "broken pipe"},
    {ENOMEM, "out of memory"},
    {EINVAL, "invalid argument"},
    {ENXIO, "no such device"},
    {ENODEV, "no such device"},
    {EOVERFLOW, "file too large"},
    {EBADF, "not an open file"},
    {EAGAIN, "try again later"},
    {EINTR, "interrupted"},
    {ENOTEMPTY, "folder not empty"},
    {EMLINK, "too many links"},
    {ESTALE, "stale file handle"},
};

const char *psn_os_reason(int error_number)
{
    for (size_t i = 0; i < sizeof os_reasons / sizeof os_reasons[0]; i++) {
        if (os_reasons[i].number == error_number) return os_reasons[i].words;
    }
    return "refused by the system";
}
