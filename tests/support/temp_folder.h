/* temp_folder.h: a folder of its own for each test program, below TMPDIR or /tmp. */
#ifndef TESTS_SUPPORT_TEMP_FOLDER_H
#define TESTS_SUPPORT_TEMP_FOLDER_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char temp_folder[512];

static inline void temp_folder_make(void)
{
    const char *base = getenv("TMPDIR");
    snprintf(temp_folder, sizeof temp_folder, "%s/persona-test-XXXXXX",
             base != NULL && *base != '\0' ? base : "/tmp");
    if (mkdtemp(temp_folder) == NULL) {
        perror(temp_folder);
        exit(2);
    }
}

/* Path of a file in the folder; the text lives until the fourth next call. */
static inline const char *temp_path(const char *name)
{
    static char paths[4][1024];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", temp_folder, name);
    return path;
}

/* How many files there are; removes them too when asked. */
static inline int temp_folder_files(int remove_them)
{
    int count = 0;
    DIR *folder = opendir(temp_folder);
    if (folder == NULL) return -1;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        count++;
        if (remove_them) unlink(temp_path(entry->d_name));
    }
    closedir(folder);
    return count;
}

static inline void temp_folder_remove(void)
{
    temp_folder_files(1);
    rmdir(temp_folder);
}

#endif
