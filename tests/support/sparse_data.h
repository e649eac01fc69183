/* sparse_data.h: small sparse matrices, and what every learner of item weights owes:
 * the same for any number of threads, errors without leaks, an end when it is asked. */
#ifndef TESTS_SUPPORT_SPARSE_DATA_H
#define TESTS_SUPPORT_SPARSE_DATA_H

#include <math.h>
#include <string.h>
#include "base/philox.h"
#include "base/pool.h"
#include "base/task.h"
#include "math/sparse.h"
#include "support/failing_memory.h"

typedef int (*learner_fit)(psn_sparse **weights, const psn_sparse *x, psn_pool *pool,
                           persona_task *task, persona_error *error);

/* "0 1 | 0 1 2 | 0": rows of single digits; values NULL: none. */
static inline psn_sparse *sparse_of(const char *rows, int32_t columns,
                                    const float *values)
{
    int64_t count = 1, entries = 0, at = 0, row = 0;
    psn_sparse *m = NULL;
    for (const char *c = rows; *c; c++) {
        count += *c == '|';
        entries += *c >= '0' && *c <= '9';
    }
    assert_int_equal(psn_sparse_new(&m, count, columns, entries, values != NULL, NULL),
                     PERSONA_OK);
    for (const char *c = rows; *c; c++) {
        if (*c >= '0' && *c <= '9') m->column[at++] = *c - '0';
        if (*c == '|') m->start[++row] = at;
    }
    m->start[count] = at;
    if (values != NULL) memcpy(m->value, values, (size_t)entries * sizeof *values);
    return m;
}

/* The entry, 0 where there is none. */
static inline double sparse_at(const psn_sparse *m, int64_t row, int32_t column)
{
    for (int64_t i = m->start[row]; i < m->start[row + 1]; i++)
        if (m->column[i] == column) return (double)m->value[i];
    return 0;
}

static inline int sparse_near(const psn_sparse *m, int64_t row, int32_t column, double to)
{
    return fabs(sparse_at(m, row, column) - to) <= 1e-6 * fabs(to);
}

/* Rows of up to 40 of 500 items, the first ones more often; ascending unless sequence. */
static inline psn_sparse *sparse_random(int64_t rows, int sequence)
{
    psn_sparse *m, *sets = NULL;
    psn_random random;
    psn_random_start(&random, 5, 1, 0);
    assert_int_equal(psn_sparse_new(&m, rows, 500, rows * 40, 1, NULL), PERSONA_OK);
    for (int64_t r = 0; r < rows; r++) {
        int64_t at = m->start[r];
        for (int64_t n = psn_random_below(&random, 41); n > 0; n--, at++) {
            const double u = psn_random_unit(&random);
            m->column[at] = (int32_t)(u * u * 500);
            m->value[at] = (float)(1 + psn_random_below(&random, 3));
        }
        m->start[r + 1] = at;
    }
    if (sequence) return m;
    assert_int_equal(psn_sparse_collapse(&sets, m, 0, NULL), PERSONA_OK);
    psn_sparse_free(m);
    return sets;
}

static inline void assert_sparse_equal(const psn_sparse *a, const psn_sparse *b)
{
    assert_int_equal(a->rows, b->rows);
    assert_memory_equal(a->start, b->start, ((size_t)a->rows + 1) * sizeof *a->start);
    const size_t entries = (size_t)a->start[a->rows];
    assert_memory_equal(a->column, b->column, entries * sizeof *a->column);
    assert_memory_equal(a->value, b->value, entries * sizeof *a->value);
}

static inline void check_threads(learner_fit fit, int sequence)
{
    psn_sparse *x = sparse_random(3000, sequence), *alone, *with;
    assert_int_equal(fit(&alone, x, NULL, NULL, NULL), PERSONA_OK);
    assert_int_equal(psn_sparse_check(alone, 0, NULL), PERSONA_OK);
    assert_true(alone->start[500] > 5000);
    for (int threads = 2; threads <= 5; threads++) {
        psn_pool *pool;
        assert_int_equal(psn_pool_open(&pool, threads, NULL), PERSONA_OK);
        assert_int_equal(fit(&with, x, pool, NULL, NULL), PERSONA_OK);
        assert_sparse_equal(alone, with);
        psn_sparse_free(with);
        psn_pool_close(pool);
    }
    psn_sparse_free(alone);
    psn_sparse_free(x);
}

static inline void check_memory(learner_fit fit, int sequence)
{
    psn_sparse *x = sparse_random(50, sequence), *weights;
    const long long before = memory_live;
    for (int n = 0, failed = 1; failed; n++) {
        failing_memory_arm(n, 1);
        const int rc = fit(&weights, x, NULL, NULL, NULL);
        failed = failing_memory_disarm();
        if (rc != PERSONA_OK) {
            assert_int_equal(rc, PERSONA_ENOMEM);
            assert_null(weights);
        }
        psn_sparse_free(weights);
        assert_int_equal(memory_live, before);
    }
    psn_sparse_free(x);
}

static inline void check_cancel(learner_fit fit, int sequence)
{
    psn_sparse *x = sparse_random(50, sequence), *weights;
    persona_task *task;
    assert_int_equal(psn_task_new(&task, NULL), PERSONA_OK);
    psn_task_cancel(task);
    assert_int_equal(fit(&weights, x, NULL, task, NULL), PERSONA_ECANCEL);
    assert_null(weights);
    psn_task_free(task);
    psn_sparse_free(x);
}

/* Nobody, nothing, and rows without items are data too. */
static inline void check_empty(learner_fit fit)
{
    psn_sparse *x, *weights;
    assert_int_equal(psn_sparse_new(&x, 0, 0, 0, 0, NULL), PERSONA_OK);
    assert_int_equal(fit(&weights, x, NULL, NULL, NULL), PERSONA_OK);
    assert_int_equal(weights->rows, 0);
    psn_sparse_free(weights);
    psn_sparse_free(x);
    x = sparse_of("| |", 3, NULL);
    assert_int_equal(fit(&weights, x, NULL, NULL, NULL), PERSONA_OK);
    assert_int_equal(weights->rows, 3);
    assert_int_equal(weights->start[3], 0);
    psn_sparse_free(weights);
    psn_sparse_free(x);
}

#endif
