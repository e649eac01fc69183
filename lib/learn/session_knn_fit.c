/* session_knn_fit.c: the index behind session_knn_query.c (Kersbergen, Sprangers and
 * Schelter, "Serenade", SIGMOD 2022).
 *
 * A session's number is its time, so a list of the sessions of an item, newest first,
 * needs no times beside it, and cutting it to the newest m is to stop filling it: the
 * sessions are walked from the newest to the oldest, each is appended to the lists of its
 * items until they are full. Repeats inside a session are removed once, here.
 *
 * All factors that depend on a small number (length, age in 1024 steps, steps between
 * items) are tables, made with psn_exp and psn_pow: the same bits on every CPU. */
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/task.h"
#include "learn/session_knn_index.h"
#include "math/elementary.h"

enum { CHECK_ROWS = 1 << 16 };

void psn_session_knn_defaults(psn_session_knn_options *options)
{
    *options = (psn_session_knn_options){.newest = 1000,
                                         .nearest = 200,
                                         .longest = 100,
                                         .item_decay = 0.65,
                                         .match_rarity = 1,
                                         .length_norm = 0.3,
                                         .recency = 1,
                                         .forward = 0.8,
                                         .backward = 0.6,
                                         .rarity = 0.5};
}

typedef struct session_knn_bound {
    const char *name;
    double value, low, high;
} session_knn_bound;

static int session_knn_check_options(const psn_session_knn_options *o,
                                     persona_error *error)
{
    const session_knn_bound bounds[] = {{"newest", o->newest, 1, 100000},
                                        {"nearest", o->nearest, 1, 100000},
                                        {"longest", o->longest, 1, SESSION_KNN_LONGEST},
                                        {"item_decay", o->item_decay, 0.001, 1},
                                        {"match_rarity", o->match_rarity, 0, 10},
                                        {"length_norm", o->length_norm, 0, 2},
                                        {"recency", o->recency, 0, 20},
                                        {"forward", o->forward, 0.001, 1},
                                        {"backward", o->backward, 0, 1},
                                        {"rarity", o->rarity, 0, 10}};
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        const session_knn_bound *b = &bounds[i];
        if (b->value >= b->low && b->value <= b->high) continue;
        return psn_fail(error, PERSONA_EOPTION, "%s of sessions must be %g .. %g",
                        b->name, b->low, b->high);
    }
    return PERSONA_OK;
}

/* ---- sessions without repeats */

/* The different items of one session, from its end; `seen` holds the last row (+ 1) that
 * had the item, and `where` its entry of `out`. Returns how many. */
static int32_t session_knn_distinct(psn_sparse *out, int64_t at, const psn_sparse *in,
                                    int64_t row, int32_t longest, uint32_t *seen)
{
    const int64_t first = in->start[row], last = in->start[row + 1];
    int32_t count = 0;
    for (int64_t i = last; i-- > first;) {
        const int32_t item = in->column[i];
        const int repeat = seen[item] == (uint32_t)row + 1;
        if (!repeat && count == longest) break;
        if (!repeat) {
            seen[item] = (uint32_t)row + 1;
            out->column[at + count] = item;
            if (out->value != NULL) out->value[at + count] = in->value[i];
            count++;
        } else if (out->value != NULL) {
            int64_t held = at;
            while (out->column[held] != item) held++;
            if (in->value[i] > out->value[held]) out->value[held] = in->value[i];
        }
    }
    return count;
}

static void session_knn_turn(psn_sparse *out, int64_t from, int32_t count)
{
    for (int64_t a = from, b = from + count - 1; a < b; a++, b--) {
        const int32_t item = out->column[a];
        out->column[a] = out->column[b];
        out->column[b] = item;
        if (out->value == NULL) continue;
        const float value = out->value[a];
        out->value[a] = out->value[b];
        out->value[b] = value;
    }
}

static int session_knn_copy(psn_session_knn *knn, const psn_sparse *in,
                            persona_task *task, persona_error *error)
{
    int rc = PERSONA_OK;
    uint32_t *seen = NULL;
    psn_sparse *out;
    PSN_TRY(psn_sparse_new(&knn->sessions, in->rows, in->columns, in->start[in->rows],
                           in->value != NULL, error));
    out = knn->sessions;
    PSN_NEED(seen = psn_alloc_zero((size_t)in->columns, sizeof *seen));
    for (int64_t row = 0; row < in->rows; row++) {
        if (row % CHECK_ROWS == 0)
            PSN_TRY(psn_task_check(task, (double)row / (double)in->rows, error));
        const int64_t at = out->start[row];
        const int32_t count =
            session_knn_distinct(out, at, in, row, knn->options.longest, seen);
        session_knn_turn(out, at, count);
        out->start[row + 1] = at + count;
    }
done:
    psn_release(seen);
    return rc;
}

/* ---- postings */

/* Where the list of each item begins, and how rare it is. */
static int session_knn_count(psn_session_knn *knn, persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_sparse *sessions = knn->sessions;
    const int64_t entries = sessions->start[sessions->rows], newest = knn->options.newest;
    int64_t *start, sum = 0;
    PSN_NEED(start = knn->posting_start =
                 psn_alloc_zero((size_t)sessions->columns + 1, sizeof *start));
    PSN_NEED(knn->rare = psn_alloc((size_t)sessions->columns, sizeof *knn->rare));
    for (int64_t i = 0; i < entries; i++) start[sessions->column[i]]++;
    for (int32_t item = 0; item < sessions->columns; item++) {
        const int64_t count = start[item], kept = count < newest ? count : newest;
        const double share = (double)sessions->rows / (double)(count > 0 ? count : 1);
        knn->rare[item] = (float)psn_log(share);
        if (kept > knn->longest_posting) knn->longest_posting = kept;
        start[item] = sum;
        sum += kept;
    }
    start[sessions->columns] = sum;
done:
    return rc;
}

static int session_knn_fill(psn_session_knn *knn, persona_task *task,
                            persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_sparse *sessions = knn->sessions;
    const int64_t *start = knn->posting_start;
    const size_t entries = (size_t)start[sessions->columns];
    int32_t *filled = NULL;
    PSN_NEED(filled = psn_alloc_zero((size_t)sessions->columns, sizeof *filled));
    PSN_NEED(knn->posting = psn_alloc(entries, sizeof *knn->posting));
    PSN_NEED(knn->posting_length = psn_alloc(entries, sizeof *knn->posting_length));
    for (int64_t row = sessions->rows; row-- > 0;) {
        const int64_t first = sessions->start[row], last = sessions->start[row + 1];
        if (row % CHECK_ROWS == 0)
            PSN_TRY(
                psn_task_check(task, 1 - (double)row / (double)sessions->rows, error));
        for (int64_t i = first; i < last; i++) {
            const int32_t item = sessions->column[i];
            const int64_t at = start[item] + filled[item];
            if (at == start[item + 1]) continue;
            knn->posting[at] = (uint32_t)row;
            knn->posting_length[at] = (uint8_t)(last - first);
            filled[item]++;
        }
    }
done:
    psn_release(filled);
    return rc;
}

/* ---- tables */

static void session_knn_tables(psn_session_knn *knn)
{
    const psn_session_knn_options *o = &knn->options;
    const double rows = (double)(knn->sessions->rows > 0 ? knn->sessions->rows : 1);
    while (knn->sessions->rows >> knn->age_shift >= SESSION_KNN_AGES) knn->age_shift++;
    for (int32_t step = 0; step < SESSION_KNN_AGES; step++) {
        const double age = 1 - (double)((int64_t)step << knn->age_shift) / rows;
        knn->age[step] = (float)psn_exp(-o->recency * (age > 0 ? age : 0));
    }
    for (int32_t n = 1; n <= SESSION_KNN_LONGEST; n++)
        knn->length[n] = (float)psn_pow(n, -o->length_norm);
    for (int32_t n = 0; n < PSN_SESSION_KNN_HISTORY; n++)
        knn->decay[n] = (float)psn_pow(o->item_decay, n);
    for (int32_t n = 0; n <= SESSION_KNN_LONGEST; n++) {
        const double power = psn_pow(o->forward, n);
        knn->place[SESSION_KNN_LONGEST - n] = (float)(o->backward * power);
        knn->place[SESSION_KNN_LONGEST + n] = (float)power;
    }
}

int psn_session_knn_new(psn_session_knn **out, const psn_sparse *sessions,
                        const psn_session_knn_options *options, persona_task *task,
                        persona_error *error)
{
    int rc = PERSONA_OK;
    psn_session_knn *knn = NULL;
    *out = NULL;
    PSN_TRY(session_knn_check_options(options, error));
    if (sessions->rows >= UINT32_MAX)
        PSN_FAIL(error, PERSONA_ELIMIT, "at most 4294967294 sessions can be indexed");
    PSN_NEED(knn = psn_alloc_zero(1, sizeof *knn));
    knn->options = *options;
    psn_task_enter(task, "sessions", 0, 0.4);
    PSN_TRY(session_knn_copy(knn, sessions, task, error));
    psn_task_enter(task, "index of sessions", 0.4, 1);
    PSN_TRY(session_knn_count(knn, error));
    PSN_TRY(session_knn_fill(knn, task, error));
    session_knn_tables(knn);
    knn->candidates = SESSION_KNN_LINES * knn->longest_posting;
    if (knn->candidates > sessions->rows) knn->candidates = sessions->rows;
    *out = knn;
    knn = NULL;
done:
    psn_session_knn_free(knn);
    return rc;
}

void psn_session_knn_free(psn_session_knn *knn)
{
    if (knn == NULL) return;
    psn_sparse_free(knn->sessions);
    psn_release(knn->posting_start);
    psn_release(knn->posting);
    psn_release(knn->posting_length);
    psn_release(knn->rare);
    psn_release(knn);
}

const psn_sparse *psn_session_knn_sessions(const psn_session_knn *knn)
{
    return knn->sessions;
}

const psn_session_knn_options *psn_session_knn_settings(const psn_session_knn *knn)
{
    return &knn->options;
}

size_t psn_session_knn_bytes(const psn_session_knn *knn)
{
    const psn_sparse *s = knn->sessions;
    const size_t entry = sizeof *s->column + (s->value != NULL ? sizeof *s->value : 0);
    const size_t posting = sizeof *knn->posting + sizeof *knn->posting_length;
    return sizeof *knn + (size_t)(s->rows + 1) * sizeof *s->start +
           (size_t)s->start[s->rows] * entry +
           (size_t)knn->posting_start[s->columns] * posting +
           (size_t)s->columns * (sizeof *knn->posting_start + sizeof *knn->rare);
}
