/* A process that saves over and over is killed at a random moment, many times: 50 unless
 * PERSONA_KILLS or the first argument says more. The file is always one of the two. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "persona.h"
#include "support/customers.h"
#include "support/temp_folder.h"

static int kills = 50;
static persona_model *models[2];

static void save_for_ever(const char *path, unsigned first)
{
    for (unsigned i = first;; i++) {
        if (persona_model_save(models[i % 2], path, NULL, NULL) != PERSONA_OK) _exit(1);
    }
}

static long long now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* How long a process takes to start and save twice. */
static long long two_saves_ns(const char *path)
{
    const long long begin = now_ns();
    const pid_t child = fork();
    if (child == 0) {
        for (int i = 1; i >= 0; i--) persona_model_save(models[i], path, NULL, NULL);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    return now_ns() - begin;
}

static void wait_a_random_while(uint32_t *state, long long most_ns)
{
    *state = *state * 1664525u + 1013904223u;
    const long long ns = most_ns * (*state >> 8) / (1 << 24);
    const struct timespec pause = {ns / 1000000000, ns % 1000000000};
    nanosleep(&pause, NULL);
}

static int which_is_there(const char *path)
{
    persona_error error = {0};
    persona_model *loaded = NULL;
    if (persona_model_load(&loaded, path, NULL, NULL, &error) != PERSONA_OK)
        fail_msg("neither file is whole: %s", error.message);
    const char *digest = persona_model_digest(loaded);
    const int second = strcmp(digest, persona_model_digest(models[1])) == 0;
    assert_string_equal(digest, persona_model_digest(models[second]));
    persona_model_free(loaded);
    return second;
}

static void a_killed_save_leaves_one_of_the_two_files(void **state)
{
    (void)state;
    const char *path = temp_path("m.persona");
    uint32_t dice = 1;
    int seen[2] = {0, 0}, there = 0;
    assert_int_equal(persona_model_save(models[0], path, NULL, NULL), PERSONA_OK);
    fflush(NULL);
    const long long most_ns = 2 * two_saves_ns(path);
    for (int i = 0; i < kills; i++) {
        int status = 0;
        const pid_t child = fork();
        if (child == 0) save_for_ever(path, (unsigned)there + 1); /* the other first */
        assert_true(child > 0);
        wait_a_random_while(&dice, most_ns);
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        there = which_is_there(path);
        seen[there]++;
    }
    printf("note: %d kills during saves; %d times the one file, %d times the other\n",
           kills, seen[0], seen[1]);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_killed_save_leaves_one_of_the_two_files),
    };
    const char *wanted = argc > 1 ? argv[1] : getenv("PERSONA_KILLS");
    if (wanted != NULL && atoi(wanted) > 0) kills = atoi(wanted);
    temp_folder_make();
    persona_segmenter *one = customers_fit(0, "k=3 seed=1");
    persona_segmenter *two = customers_fit(5, "k=3 seed=1");
    models[0] = persona_segmenter_model(one);
    models[1] = persona_segmenter_model(two);
    int failed = cmocka_run_group_tests_name("kill", tests, NULL, NULL);
    persona_model_free(models[0]);
    persona_model_free(models[1]);
    temp_folder_remove();
    return failed;
}
