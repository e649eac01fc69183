/* test_gbdt_fault.c: every allocation of the tree engine fails in turn: an error each
 * time, and nothing is leaked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/memory.h"
#include "data/table.h"
#include "learn/gbdt_search.h"
#include "learn/gbdt_target.h"

static long live, left = -1;

static int fails(void)
{
    if (left < 0) return 0;
    return left-- == 0;
}

static void *hook_allocate(void *context, int64_t bytes)
{
    (void)context;
    if (fails()) return NULL;
    live++;
    return malloc((size_t)bytes);
}

static void *hook_resize(void *context, void *block, int64_t bytes)
{
    (void)context;
    if (fails()) return NULL;
    if (block == NULL) live++;
    return realloc(block, (size_t)bytes);
}

static void hook_release(void *context, void *block)
{
    (void)context;
    if (block != NULL) live--;
    free(block);
}

enum { ROWS = 120, LEVELS = 5 };
static double values[ROWS * 2], label[ROWS];
static int32_t codes[ROWS];
static uint8_t mask[ROWS];
static const psn_bins_source sources[2] = {{.values = values, .stride = 2},
                                           {.codes = codes, .levels = LEVELS}};

static void fill(void)
{
    for (int i = 0; i < ROWS; i++) {
        codes[i] = i * 7 % LEVELS;
        values[2 * i] = i * 13 % 50;
        values[2 * i + 1] = codes[i];
        label[i] = values[2 * i] > 20 || codes[i] == 2;
        mask[i] = i % 4 == 3 ? PSN_GBDT_VALIDATE : PSN_GBDT_TRAIN;
    }
}

/* Bins, a search, a model packed and read, compiled, asked, refitted, broken. */
static int use_everything(void)
{
    psn_bins *bins = NULL;
    psn_gbdt *back = NULL, *fresh = NULL;
    psn_gbdt_found found = {0};
    persona_table *shown = NULL;
    psn_text bytes = {0};
    psn_gbdt_target target = {0};
    double out[ROWS], rise[2];
    psn_gbdt_options base;
    psn_gbdt_defaults(&base, PSN_GBDT_BINARY);
    base.rounds = 3;
    base.early_stopping = 2;
    const psn_gbdt_search_options search = {.trials = 2, .blend = 2};
    const psn_rows rows = {.rows = ROWS, .dims = 2, .dense = values};
    const psn_gbdt_refit_options refit = {.decay = 0.5, .learning_rate = 0.1};
    const psn_gbdt_target_data encode = {.codes = codes,
                                         .levels = LEVELS,
                                         .target = label,
                                         .rows = ROWS,
                                         .smoothing = 1.0};
    int rc = psn_bins_new(&bins, sources, 2, ROWS, 20, NULL, NULL, NULL);
    psn_gbdt_data data = {.bins = bins, .label = label, .mask = mask};
    if (rc == 0) {
        rc = psn_gbdt_search_mask(&found, &data, &base, &search, NULL, NULL, NULL);
    }
    if (rc == 0) rc = psn_gbdt_trial_table(&shown, found.trial, 2, NULL);
    psn_table_free(shown);
    if (rc == 0) rc = psn_gbdt_pack(&bytes, found.model, NULL);
    if (rc == 0) rc = psn_gbdt_unpack(&back, bytes.bytes, bytes.length, NULL);
    if (rc == 0) rc = psn_gbdt_predict(back, &rows, out, NULL, NULL, NULL);
    if (rc == 0) rc = psn_gbdt_refit(&fresh, back, &rows, label, &refit, NULL);
    if (rc == 0)
        rc = psn_gbdt_permutation(rise, back, &rows, label, 1, 1, NULL, NULL, NULL);
    if (rc == 0) rc = psn_gbdt_target_fit(&target, out, &encode, NULL);
    psn_gbdt_target_clear(&target);
    psn_gbdt_found_clear(&found);
    psn_text_free(&bytes);
    psn_gbdt_free(back);
    psn_gbdt_free(fresh);
    psn_bins_free(bins);
    return rc;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    assert_int_equal(
        psn_memory_hook(hook_allocate, hook_resize, hook_release, NULL, NULL), 0);
    fill();
    assert_int_equal(use_everything(), 0);
    assert_int_equal(live, 0);
    for (long n = 0;; n++) {
        left = n;
        int rc = use_everything();
        int failed = left == -1;
        left = -1;
        assert_int_equal(live, 0);
        if (!failed) {
            assert_int_equal(rc, 0);
            break;
        }
        assert_int_equal(rc, PERSONA_ENOMEM);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation_may_fail)};
    return cmocka_run_group_tests_name("gbdt_fault", tests, NULL, NULL);
}
