/* splits.c: cuts a log of events into what is learned from and what is asked.
 *
 * First the events that are kept back are marked; for LAST and RANDOM only those of rows
 * that were chosen to be cases. Then the cases are walked twice: to count them, and to
 * take `cases` of them evenly (case i is number i (n - 1) / (m - 1) of n), which keeps
 * memory in proportion to what is taken. Random numbers are keyed by the row. */
#include "measure/splits.h"

#include <string.h>
#include "base/error.h"
#include "base/memory.h"
#include "base/philox.h"
#include "math/order.h"

enum { PURPOSE_SPLIT = 0x73700001 };

const char *const psn_split_names[PSN_SPLIT_KINDS] = {"last", "time", "rows", "random"};

void psn_split_defaults(psn_split_options *options, int32_t kind)
{
    const int next = kind == PSN_SPLIT_LAST || kind == PSN_SPLIT_ROWS;
    *options = (psn_split_options){.kind = kind,
                                   .next = next ? 1 : 0,
                                   .share = next ? 0.1 : 0.2,
                                   .known = 1,
                                   .seed = 1};
}

/* Takes m of n, evenly. */
typedef struct split_thin {
    int64_t found, taken, all, most;
} split_thin;

static void split_thin_start(split_thin *thin, int64_t all, int64_t most)
{
    *thin = (split_thin){0, 0, all, most == 0 || most > all ? all : most};
}

/* 1 if the next one found is taken. */
static int split_thin_take(split_thin *thin)
{
    const int64_t at = thin->found++;
    if (thin->taken == thin->most) return 0;
    const int64_t wanted =
        thin->most > 1 ? thin->taken * (thin->all - 1) / (thin->most - 1) : 0;
    if (at != wanted) return 0;
    thin->taken++;
    return 1;
}

typedef struct splitter {
    const psn_sparse *sequences;
    const int64_t *times;
    const uint8_t *target;
    const psn_split_options *options;
    psn_split *out;
    uint8_t *known;    /* of each item: learned from */
    int64_t *seen;     /* of each item: row + 1 whose history has it */
    int64_t first_row; /* ROWS: the first that asks */
    split_thin thin;
    int32_t *truth; /* of the cases taken */
    int64_t truths, room;
} splitter;

static int split_is_target(const splitter *s, int64_t event)
{
    return s->target == NULL || s->target[event];
}

/* ---- what is kept back */

/* The first event of the basket of event e of a row; `to` if it began the row. */
static int64_t split_basket_from(const splitter *s, int64_t from, int64_t e, int64_t to)
{
    const int32_t *basket = s->options->basket;
    while (e > from && basket[e - 1] == basket[e]) e--;
    return e > from ? e : to;
}

/* From the n-th last event that counts; at least one stays. `to` = none. */
static int64_t split_last_from(const splitter *s, int64_t row)
{
    const int64_t from = s->sequences->start[row], to = s->sequences->start[row + 1];
    int64_t first = to, left = s->options->next;
    for (int64_t e = to - 1; e > from && left > 0; e--) {
        if (!split_is_target(s, e)) continue;
        first = e;
        left--;
    }
    return s->options->basket != NULL && first < to
               ? split_basket_from(s, from, first, to)
               : first;
}

/* How many of the events that count are drawn: share x count, rounded at random, and one
 * event of the row stays. */
static int64_t split_draw_count(const splitter *s, int64_t row, psn_random *random)
{
    const int64_t from = s->sequences->start[row], to = s->sequences->start[row + 1];
    int64_t targets = 0;
    psn_random_start(random, s->options->seed, PURPOSE_SPLIT, (uint64_t)row);
    for (int64_t e = from; e < to; e++) targets += split_is_target(s, e);
    int64_t count =
        (int64_t)((double)targets * s->options->share + psn_random_unit(random));
    if (count > targets) count = targets;
    return count < to - from ? count : to - from - 1;
}

/* Selection sampling (Knuth, algorithm S): each choice of `count` is equally likely. */
static void split_draw(splitter *s, int64_t row)
{
    psn_random random;
    int64_t count = split_draw_count(s, row, &random), left = 0;
    const int64_t from = s->sequences->start[row], to = s->sequences->start[row + 1];
    for (int64_t e = from; e < to; e++) left += split_is_target(s, e);
    for (int64_t e = from; e < to; e++) {
        if (!split_is_target(s, e)) continue;
        if (psn_random_below(&random, left--) >= count) continue;
        s->out->train[e] = 0;
        count--;
    }
}

static int split_row_can_ask(const splitter *s, int64_t row)
{
    psn_random random;
    if (s->options->kind == PSN_SPLIT_LAST)
        return split_last_from(s, row) < s->sequences->start[row + 1];
    return split_draw_count(s, row, &random) > 0;
}

static void split_hold_row(splitter *s, int64_t row)
{
    if (s->options->kind == PSN_SPLIT_RANDOM) {
        split_draw(s, row);
        return;
    }
    const int64_t from = split_last_from(s, row), to = s->sequences->start[row + 1];
    memset(s->out->train + from, 0, (size_t)(to - from));
}

static void split_hold_of_rows(splitter *s)
{
    int64_t all = 0;
    for (int64_t row = 0; row < s->sequences->rows; row++)
        all += split_row_can_ask(s, row);
    split_thin_start(&s->thin, all, s->options->cases);
    for (int64_t row = 0; row < s->sequences->rows; row++)
        if (split_row_can_ask(s, row) && split_thin_take(&s->thin))
            split_hold_row(s, row);
}

/* Events from the time of rank (1 - share) n on. */
static int split_hold_by_time(splitter *s, persona_error *error)
{
    const int64_t events = s->sequences->start[s->sequences->rows];
    if (s->times == NULL)
        return psn_fail(error, PERSONA_EARG, "a split by time needs times");
    if (events == 0) return PERSONA_OK;
    double *times = psn_alloc((size_t)events, sizeof *times);
    if (times == NULL) return psn_fail_memory(error);
    for (int64_t e = 0; e < events; e++) times[e] = (double)s->times[e];
    const int64_t rank = (int64_t)((double)events * (1 - s->options->share) + 1e-9);
    const double cut = psn_select_real(times, events, rank < events ? rank : events - 1);
    psn_release(times);
    for (int64_t e = 0; e < events; e++) s->out->train[e] = (double)s->times[e] < cut;
    return PERSONA_OK;
}

static void split_hold_newest_rows(splitter *s)
{
    const int64_t rows = s->sequences->rows, *start = s->sequences->start;
    s->first_row = (int64_t)((double)rows * (1 - s->options->share) + 1e-9);
    memset(s->out->train + start[s->first_row], 0,
           (size_t)(start[rows] - start[s->first_row]));
}

static int split_hold(splitter *s, persona_error *error)
{
    const int64_t events = s->sequences->start[s->sequences->rows];
    int rc = PERSONA_OK;
    memset(s->out->train, 1, (size_t)events);
    if (s->options->kind == PSN_SPLIT_TIME)
        rc = split_hold_by_time(s, error);
    else if (s->options->kind == PSN_SPLIT_ROWS)
        split_hold_newest_rows(s);
    else
        split_hold_of_rows(s);
    for (int64_t e = 0; e < events; e++)
        if (s->out->train[e]) s->known[s->sequences->column[e]] = 1;
    return rc;
}

/* ---- cases */

/* Whether the event may be the truth of a case whose history is marked in `seen`. */
static int split_counts(const splitter *s, int64_t row, int64_t event)
{
    const int32_t item = s->sequences->column[event];
    if (s->out->train[event] || !split_is_target(s, event)) return 0;
    if (s->options->known && !s->known[item]) return 0;
    return !s->options->unseen || s->seen[item] != row + 1;
}

static int split_add_truth(splitter *s, int32_t item, persona_error *error)
{
    if (s->truths == s->room) {
        const int64_t room = 2 * s->room + 1024;
        int32_t *more = psn_resize(s->truth, (size_t)room, sizeof *more);
        if (more == NULL) return psn_fail_memory(error);
        s->truth = more;
        s->room = room;
    }
    s->truth[s->truths++] = item;
    return PERSONA_OK;
}

/* A case with what came from event `from` of the row on, if anything did; taking != 0:
 * and it is among those taken. */
static int split_case(splitter *s, int64_t row, int64_t from, int64_t end, int taking,
                      persona_error *error)
{
    const int64_t to = s->sequences->start[row + 1];
    const int64_t most =
        s->options->next > 0 && s->options->basket == NULL ? s->options->next : to;
    int64_t e = from, added = 0, seen = 0;
    /* The next `most` events that could count decide, whether they do or not. */
    for (; e < to && seen < most && !split_counts(s, row, e); e++)
        seen += !s->out->train[e] && split_is_target(s, e);
    if (e == to || seen == most) return PERSONA_OK;
    if (!taking) {
        s->thin.all++;
        return PERSONA_OK;
    }
    if (!split_thin_take(&s->thin)) return PERSONA_OK;
    for (; e < to && seen + added < most; e++) {
        if (!split_counts(s, row, e)) {
            seen += !s->out->train[e] && split_is_target(s, e);
            continue;
        }
        const int rc = split_add_truth(s, s->sequences->column[e], error);
        if (rc != PERSONA_OK) return rc;
        added++;
    }
    s->out->row[s->out->cases] = row;
    s->out->end[s->out->cases++] = end;
    s->out->truth->start[s->out->cases] = s->truths;
    return PERSONA_OK;
}

/* LAST, TIME, RANDOM: a case a row. */
static int split_walk_rows(splitter *s, int taking, persona_error *error)
{
    int rc = PERSONA_OK;
    for (int64_t row = 0; row < s->sequences->rows && rc == PERSONA_OK; row++) {
        const int64_t from = s->sequences->start[row], to = s->sequences->start[row + 1];
        int history = 0;
        for (int64_t e = from; e < to; e++) {
            if (!s->out->train[e]) continue;
            s->seen[s->sequences->column[e]] = row + 1;
            history = 1;
        }
        if (history) rc = split_case(s, row, from, to, taking, error);
    }
    return rc;
}

/* ROWS: a case an event that has another before it. */
static int split_walk_prefixes(splitter *s, int taking, persona_error *error)
{
    int rc = PERSONA_OK;
    for (int64_t row = s->first_row; row < s->sequences->rows; row++) {
        const int64_t from = s->sequences->start[row], to = s->sequences->start[row + 1];
        int history = 0;
        for (int64_t e = from; e < to && rc == PERSONA_OK; e++) {
            const int32_t item = s->sequences->column[e];
            if (history && split_is_target(s, e))
                rc = split_case(s, row, e, e, taking, error);
            s->seen[item] = row + 1;
            history |= !s->options->known || s->known[item];
        }
    }
    return rc;
}

static int split_walk(splitter *s, int taking, persona_error *error)
{
    memset(s->seen, 0, (size_t)s->sequences->columns * sizeof *s->seen);
    return s->options->kind == PSN_SPLIT_ROWS ? split_walk_prefixes(s, taking, error)
                                              : split_walk_rows(s, taking, error);
}

/* The truth as it was found becomes ascending, without repeats. */
static int split_set_truth(splitter *s, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_sparse *found = s->out->truth, *sets = NULL;
    found->rows = s->out->cases;
    psn_release(found->column);
    found->column = s->truth;
    s->truth = NULL;
    PSN_TRY(psn_sparse_collapse(&sets, found, 0, error));
    psn_release(sets->value);
    sets->value = NULL;
    psn_sparse_free(found);
    s->out->truth = sets;
done:
    return rc;
}

static int split_find_cases(splitter *s, persona_error *error)
{
    int rc = PERSONA_OK;
    split_thin_start(&s->thin, 0, 0);
    PSN_TRY(split_walk(s, 0, error));
    split_thin_start(&s->thin, s->thin.all, s->options->cases);
    const size_t most = (size_t)s->thin.most;
    PSN_NEED(s->out->row = psn_alloc(most, sizeof *s->out->row));
    PSN_NEED(s->out->end = psn_alloc(most, sizeof *s->out->end));
    PSN_TRY(
        psn_sparse_new(&s->out->truth, s->thin.most, s->sequences->columns, 0, 0, error));
    PSN_NEED(s->truth = psn_alloc((size_t)(s->room = s->thin.most), sizeof *s->truth));
    PSN_TRY(split_walk(s, 1, error));
    PSN_TRY(split_set_truth(s, error));
done:
    return rc;
}

static int split_check(const psn_split_options *o, persona_error *error)
{
    if (o->kind < 0 || o->kind >= PSN_SPLIT_KINDS)
        return psn_fail(error, PERSONA_EARG, "unknown kind of split");
    if (o->next < (o->kind == PSN_SPLIT_LAST))
        return psn_fail(error, PERSONA_EARG, "next of a split must be >= %d",
                        o->kind == PSN_SPLIT_LAST);
    if (!(o->share > 0 && o->share < 1))
        return psn_fail(error, PERSONA_EARG, "share of a split must be above 0, below 1");
    if (o->cases < 0)
        return psn_fail(error, PERSONA_EARG, "cases of a split must be >= 0");
    return PERSONA_OK;
}

int psn_split_new(psn_split **out, const psn_sparse *sequences, const int64_t *times,
                  const uint8_t *target, const psn_split_options *options,
                  persona_error *error)
{
    int rc = PERSONA_OK;
    const size_t events = (size_t)sequences->start[sequences->rows];
    const size_t items = (size_t)sequences->columns;
    psn_split *split = NULL;
    splitter s = {
        .sequences = sequences, .times = times, .target = target, .options = options};
    *out = NULL;
    PSN_TRY(split_check(options, error));
    PSN_NEED(s.out = split = psn_alloc_zero(1, sizeof *split));
    split->prefix = options->kind == PSN_SPLIT_ROWS;
    PSN_NEED(split->train = psn_alloc(events, sizeof *split->train));
    PSN_NEED(s.known = psn_alloc_zero(items, sizeof *s.known));
    PSN_NEED(s.seen = psn_alloc_zero(items, sizeof *s.seen));
    PSN_TRY(split_hold(&s, error));
    PSN_TRY(split_find_cases(&s, error));
    *out = split;
    split = NULL;
done:
    psn_release(s.truth);
    psn_release(s.seen);
    psn_release(s.known);
    psn_split_free(split);
    return rc;
}

void psn_split_free(psn_split *split)
{
    if (split == NULL) return;
    psn_release(split->train);
    psn_release(split->row);
    psn_release(split->end);
    psn_sparse_free(split->truth);
    psn_release(split);
}

/* ---- what a split gives */

int psn_split_training(psn_sparse **out, const psn_split *split,
                       const psn_sparse *sequences, persona_error *error)
{
    int rc = PERSONA_OK;
    const int64_t events = sequences->start[sequences->rows];
    int64_t kept = 0, rows = sequences->rows, at = 0;
    psn_sparse *training = NULL;
    *out = NULL;
    for (int64_t e = 0; e < events; e++) kept += split->train[e];
    if (split->prefix) {
        /* Training rows come first: their events are the first `kept`. */
        while (rows > 0 && sequences->start[rows - 1] >= kept) rows--;
    }
    PSN_TRY(psn_sparse_new(&training, rows, sequences->columns, kept,
                           sequences->value != NULL, error));
    for (int64_t row = 0; row < rows; row++) {
        for (int64_t e = sequences->start[row]; e < sequences->start[row + 1]; e++) {
            if (!split->train[e]) continue;
            training->column[at] = sequences->column[e];
            if (sequences->value != NULL) training->value[at] = sequences->value[e];
            at++;
        }
        training->start[row + 1] = at;
    }
    *out = training;
done:
    return rc;
}

int64_t psn_split_history(int64_t *events, int64_t most, const psn_split *split,
                          const psn_sparse *sequences, int64_t c)
{
    const int64_t from = sequences->start[split->row[c]];
    int64_t count = 0;
    for (int64_t e = split->end[c]; e-- > from && count < most;)
        if (split->prefix || split->train[e]) events[count++] = e;
    for (int64_t a = 0, b = count - 1; a < b; a++, b--) {
        const int64_t swap = events[a];
        events[a] = events[b];
        events[b] = swap;
    }
    return count;
}
