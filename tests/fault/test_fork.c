/* Prefork servers: a process that has fitted, loaded and asked forks 50 children, which
 * load, ask and fit, all at once. None hangs (an alarm ends it), all get the same
 * answers. The BLAS that this machine has is used before the fork and after it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "persona.h"
#include "support/customers.h"
#include "support/temp_folder.h"

enum { CHILDREN = 50, SECONDS = 120 };

static persona_segmenter *segmenter;
static persona_model *model;

/* What a worker does: 0, or the number of the step that went wrong. */
static int work(const char *path, int number)
{
    persona_error error = {0};
    persona_model *loaded = NULL;
    persona_query *query = NULL;
    persona_segmenter *own = NULL;
    double numbers[CUSTOMER_INPUTS];
    int32_t segment = -1;
    if (persona_model_open(&loaded, path, NULL, &error)) return 1;
    if (strcmp(persona_model_digest(loaded), persona_model_digest(model)) != 0) return 2;
    if (persona_segmenter_prepare(&query, persona_model_segmenter(loaded), NULL, &error))
        return 3;
    customer(number, numbers);
    if (persona_segmenter_assign(query, numbers, CUSTOMER_INPUTS, &segment, NULL, &error))
        return 4;
    own = customers_fit(0, number % 2 ? "k=3 seed=1 threads=2" : "k=3 seed=1");
    const char *digest = persona_model_digest(persona_segmenter_model(own));
    if (strcmp(digest, persona_model_digest(model)) != 0) return 5;
    persona_query_free(query);
    persona_model_free(loaded);
    persona_model_free(persona_segmenter_model(own));
    return 0;
}

static void fifty_children_load_ask_and_fit(void **state)
{
    (void)state;
    pid_t children[CHILDREN];
    persona_model *open = NULL;
    const char *path = temp_path("m.persona");
    assert_int_equal(persona_model_save(model, path, NULL, NULL), PERSONA_OK);
    assert_int_equal(persona_model_open(&open, path, NULL, NULL), PERSONA_OK);
    fflush(NULL);
    for (int i = 0; i < CHILDREN; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            alarm(SECONDS);
            _exit(work(path, i));
        }
        assert_true(children[i] > 0);
    }
    assert_int_equal(work(path, 7), 0); /* the parent goes on as well */
    for (int i = 0; i < CHILDREN; i++) {
        int status = 0;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        if (!WIFEXITED(status))
            fail_msg("child %d died of signal %d", i, WTERMSIG(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }
    persona_model_free(open);
    printf("note: %s\n", strstr(persona_build_info(), "\"blas\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(fifty_children_load_ask_and_fit)};
    temp_folder_make();
    segmenter = customers_fit(0, "k=3 seed=1 threads=2");
    model = persona_segmenter_model(segmenter);
    persona_build_info(); /* asks BLAS */
    int failed = cmocka_run_group_tests_name("fork", tests, NULL, NULL);
    persona_model_free(model);
    temp_folder_remove();
    return failed;
}
