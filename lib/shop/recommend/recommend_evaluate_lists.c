/* recommend_evaluate_lists.c: what a model recommends to each case, over the full
 * catalogue, beside what really came.
 *
 * A user is asked for by his id: what the model knows of him is what it learnt from. A
 * session that it has not learnt from brings its events along. What the model hides from
 * a case is not true of it either: nobody asks for it. */
#include "base/error.h"
#include "base/memory.h"
#include "base/task.h"
#include "shop/recommend/recommend_evaluate.h"
#include "shop/recommend/recommend_query.h"

#include <string.h>

enum { LISTS_BLOCK = 32 }; /* cases */

/* Numbers of the whole table in a model. */
typedef struct lists_map {
    int64_t *item;
    int32_t kind[PSN_REC_KINDS];
} lists_map;

static int lists_map_make(lists_map *map, const psn_rec_evaluation *work,
                          const persona_recommender *model, persona_error *error)
{
    int rc = PERSONA_OK;
    const persona_recommender *whole = work->whole.model;
    PSN_NEED(map->item = psn_alloc((size_t)work->whole.items + 1, sizeof *map->item));
    for (int32_t i = 0; i < work->whole.items; i++) {
        size_t length;
        const char *id = psn_dict_text(whole->items, i, &length);
        map->item[i] = psn_dict_find(model->items, id, length);
    }
    for (int32_t k = 0; k < whole->engine.kinds; k++) {
        map->kind[k] = 0;
        for (int32_t j = 0; j < model->engine.kinds; j++)
            if (strcmp(whole->engine.kind[k].name, model->engine.kind[j].name) == 0)
                map->kind[k] = j;
    }
done:
    return rc;
}

/* ---- truth */

typedef struct lists_truth {
    const psn_rec_evaluation *work;
    const persona_recommender *model;
    const lists_map *map;
    int64_t *stamp, *events; /* of items; of a history */
    int again;               /* buy again: what was had may be true */
} lists_truth;

static void lists_stamp_hidden(const lists_truth *t, int64_t c)
{
    const psn_rec_evaluation *work = t->work;
    const psn_rec_engine *engine = &t->model->engine;
    const int64_t count =
        psn_split_history(t->events, PSN_REC_EVENTS, work->split, work->sequences, c);
    for (int64_t i = 0; i < count && !t->again; i++) {
        const int64_t row = work->row[t->events[i]];
        if (engine->kind[t->map->kind[work->whole.kind[row]]].hides)
            t->stamp[t->map->item[work->whole.item[row]]] = c + 1;
    }
}

/* What is true of case c and may be shown, ascending, appended to the truth. */
static void lists_true(psn_rec_evaluation *work, const lists_truth *t, int64_t c)
{
    const psn_sparse *all = work->split->truth;
    psn_sparse *truth = work->truth;
    const int64_t first = truth->start[truth->rows];
    int64_t end = first;
    lists_stamp_hidden(t, c);
    for (int64_t e = all->start[c]; e < all->start[c + 1]; e++) {
        const int64_t item = t->map->item[all->column[e]];
        if (item < 0 || t->stamp[item] == c + 1) continue;
        t->stamp[item] = c + 1;
        int64_t at = end++;
        for (; at > first && truth->column[at - 1] > item; at--)
            truth->column[at] = truth->column[at - 1];
        truth->column[at] = (int32_t)item;
    }
    if (end == first) return;
    work->of[truth->rows] = c;
    truth->start[++truth->rows] = end;
}

static int lists_all_truth(psn_rec_evaluation *work, lists_truth *t, persona_error *error)
{
    int rc;
    const psn_split *split = work->split;
    const size_t items = (size_t)t->model->engine.items + 1;
    PSN_TRY(psn_sparse_new(&work->truth, split->cases, t->model->engine.items,
                           split->truth->start[split->cases], 0, error));
    work->truth->rows = 0;
    PSN_NEED(work->of = psn_alloc((size_t)split->cases + 1, sizeof *work->of));
    PSN_NEED(t->stamp = psn_alloc_zero(items, sizeof *t->stamp));
    PSN_NEED(t->events = psn_alloc(PSN_REC_EVENTS, sizeof *t->events));
    for (int64_t c = 0; c < split->cases; c++) lists_true(work, t, c);
    if (work->truth->rows == 0)
        PSN_FAIL(error, PERSONA_EDATA,
                 "no case is left: all that came later is hidden (hide=none)");
done:
    psn_release(t->stamp);
    psn_release(t->events);
    return rc;
}

static int lists_profile(psn_rec_evaluation *work, const persona_recommender *model,
                         persona_error *error)
{
    int rc;
    const psn_rec_log *log = &model->log;
    psn_sparse *sequences = NULL;
    const int64_t events = log->users > 0 ? log->start[log->users] : 0;
    PSN_TRY(
        psn_sparse_new(&sequences, log->users, model->engine.items, events, 0, error));
    memcpy(sequences->start, log->start, ((size_t)log->users + 1) * sizeof(int64_t));
    memcpy(sequences->column, log->item, (size_t)events * sizeof(int32_t));
    PSN_TRY(psn_sparse_collapse(&work->profile, sequences, 0, error));
done:
    psn_sparse_free(sequences);
    return rc;
}

int psn_rec_evaluate_cases(psn_rec_evaluation *work, const persona_recommender *model,
                           persona_error *error)
{
    int rc;
    lists_map map = {0};
    lists_truth truth = {.work = work, .model = model, .map = &map};
    truth.again = strcmp(EVALUATE_TEXT(work, "question"), "buy_again") == 0;
    PSN_TRY(lists_map_make(&map, work, model, error));
    PSN_TRY(lists_all_truth(work, &truth, error));
    PSN_TRY(lists_profile(work, model, error));
done:
    psn_release(map.item);
    return rc;
}

/* ---- lists */

typedef struct lists_worker {
    persona_query *query;
    int64_t *events, *item, *time, *answer;
    int32_t *kind;
    float *weight;
    int rc;
    persona_error error;
} lists_worker;

typedef struct lists_run {
    const psn_rec_evaluation *work;
    const persona_recommender *model;
    const lists_map *map;
    lists_worker *worker;
    int32_t *lists;
    int64_t width, first, end; /* cases of this round */
} lists_run;

static int lists_bind_events(const lists_run *run, lists_worker *own, int64_t c)
{
    const psn_rec_evaluation *work = run->work;
    const int64_t count =
        psn_split_history(own->events, PSN_REC_EVENTS, work->split, work->sequences, c);
    for (int64_t i = 0; i < count; i++) {
        const int64_t row = work->row[own->events[i]];
        own->item[i] = run->map->item[work->whole.item[row]];
        own->kind[i] = run->map->kind[work->whole.kind[row]];
        own->weight[i] = psn_rec_event_weight(&run->model->engine, own->kind[i],
                                              work->whole.table, work->whole.column, row);
        own->time[i] = work->whole.time ? work->whole.time[row] : INT64_MIN;
    }
    return psn_rec_bind_events((psn_rec_query *)own->query, own->item, own->kind,
                               work->whole.time ? own->time : NULL, own->weight, count,
                               &own->error);
}

static int lists_bind(const lists_run *run, lists_worker *own, int64_t c)
{
    const psn_rec_evaluation *work = run->work;
    size_t length;
    if (work->split->prefix) return lists_bind_events(run, own, c);
    const int64_t user = work->user[work->split->row[c]];
    const char *id = psn_dict_text(work->whole.model->users, user, &length);
    return psn_recommend_user(own->query, id, (int64_t)length, NULL, &own->error);
}

static void lists_case(const lists_run *run, lists_worker *own, int64_t i)
{
    int64_t count = 0;
    int32_t *list = run->lists + i * run->width;
    if (own->rc == PERSONA_OK) own->rc = lists_bind(run, own, run->work->of[i]);
    if (own->rc == PERSONA_OK)
        own->rc = psn_recommend_run(own->query, run->width, own->answer, NULL, NULL,
                                    &count, &own->error);
    for (int64_t k = 0; k < run->width; k++)
        list[k] = k < count ? (int32_t)own->answer[k] : -1;
}

static void lists_block(void *context, int64_t block, int worker)
{
    lists_run *run = context;
    const int64_t from = run->first + block * LISTS_BLOCK;
    for (int64_t i = from; i < from + LISTS_BLOCK && i < run->end; i++)
        lists_case(run, run->worker + worker, i);
}

static int lists_worker_open(lists_worker *own, const lists_run *run,
                             const persona_params *query, persona_error *error)
{
    int rc;
    PSN_TRY(psn_recommend_prepare(&own->query, run->model, query, error));
    PSN_NEED(own->events = psn_alloc(PSN_REC_EVENTS, sizeof *own->events));
    PSN_NEED(own->item = psn_alloc(PSN_REC_EVENTS, sizeof *own->item));
    PSN_NEED(own->time = psn_alloc(PSN_REC_EVENTS, sizeof *own->time));
    PSN_NEED(own->kind = psn_alloc(PSN_REC_EVENTS, sizeof *own->kind));
    PSN_NEED(own->weight = psn_alloc(PSN_REC_EVENTS, sizeof *own->weight));
    PSN_NEED(own->answer = psn_alloc((size_t)run->width, sizeof *own->answer));
done:
    return rc;
}

static void lists_worker_close(lists_worker *own)
{
    if (own->query) psn_query_give(own->query);
    psn_release(own->events);
    psn_release(own->item);
    psn_release(own->time);
    psn_release(own->kind);
    psn_release(own->weight);
    psn_release(own->answer);
}

static int lists_rounds(lists_run *run, int workers, persona_task *task,
                        persona_error *error)
{
    int rc = PERSONA_OK;
    const int64_t cases = run->work->truth->rows, round = 64 * LISTS_BLOCK;
    psn_task_enter(task, "asking", 0, 1);
    for (run->first = 0; run->first < cases; run->first = run->end) {
        run->end = run->first + round < cases ? run->first + round : cases;
        psn_pool_run(run->work->whole.pool,
                     (run->end - run->first + LISTS_BLOCK - 1) / LISTS_BLOCK, lists_block,
                     run);
        for (int w = 0; w < workers; w++)
            if (run->worker[w].rc != PERSONA_OK) {
                if (error) *error = run->worker[w].error;
                return run->worker[w].rc;
            }
        PSN_TRY(psn_task_check(task, (double)run->end / (double)cases, error));
    }
done:
    return rc;
}

int psn_rec_evaluate_lists(int32_t **out, const psn_rec_evaluation *work,
                           const persona_recommender *model, persona_task *task,
                           persona_error *error)
{
    int rc;
    persona_params *query = NULL;
    lists_map map = {0};
    const int workers = psn_pool_workers(work->whole.pool);
    lists_run run = {.work = work, .model = model, .map = &map};
    *out = NULL;
    run.width = work->length[work->lengths - 1];
    if (run.width > model->engine.items) run.width = model->engine.items;
    PSN_TRY(lists_map_make(&map, work, model, error));
    PSN_NEED(run.worker = psn_alloc_zero((size_t)workers, sizeof *run.worker));
    PSN_TRY(psn_params_new(&query, &psn_recommend_query_schema, error));
    PSN_TRY(psn_params_set_text(query, "question", EVALUATE_TEXT(work, "question"),
                                PERSONA_NUL, error));
    for (int w = 0; w < workers; w++)
        PSN_TRY(lists_worker_open(run.worker + w, &run, query, error));
    PSN_NEED(run.lists = psn_alloc((size_t)work->truth->rows,
                                   (size_t)run.width * sizeof *run.lists));
    PSN_TRY(lists_rounds(&run, workers, task, error));
    *out = run.lists;
    run.lists = NULL;
done:
    for (int w = 0; w < workers && run.worker; w++) lists_worker_close(run.worker + w);
    psn_release(run.worker);
    psn_release(run.lists);
    psn_release(map.item);
    psn_params_free(query);
    return rc;
}
