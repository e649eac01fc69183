/* recommend_decode.c: a model file into a recommender. Every number is checked here, so
 * that queries need no checks: items, kinds and groups in range, rows that rise, finite
 * weights, fading in 0 .. 1, trees that have the features of this model. Sizes are
 * checked by the chunks, whose bytes are there already. */
#include "base/error.h"
#include "base/memory.h"
#include "shop/recommend/recommend_file.h"

#include <math.h>
#include <string.h>

enum { DECODE_POOL = 10000 };
#define DECODE_WEIGHT 1e12f

static int decode_head(persona_recommender *model, int64_t head[HEAD_INTS],
                       psn_reader *reader, persona_error *error)
{
    int rc;
    psn_rec_engine *engine = &model->engine;
    PSN_TRY(psn_chunks_array(head, reader, "Head", HEAD_INTS, sizeof *head, error));
    const int64_t most = INT32_MAX / 4;
    if (!psn_chunks_in(head[HEAD_READY], 0, 2) ||
        !psn_chunks_in(head[HEAD_MODE], 0, PSN_REC_MODES) ||
        !psn_chunks_in(head[HEAD_ITEMS], 0, most + 1) ||
        !psn_chunks_in(head[HEAD_LEARNT], 0, head[HEAD_ITEMS] + 1) ||
        !psn_chunks_in(head[HEAD_USERS], 0, INT64_MAX / 64) ||
        !psn_chunks_in(head[HEAD_EVENTS], 0, INT64_MAX / 64) ||
        !psn_chunks_in(head[HEAD_BOTS], 0, INT64_MAX / 64) ||
        !psn_chunks_in(head[HEAD_LOGGED], 0, INT64_MAX / 64) ||
        !psn_chunks_in(head[HEAD_KINDS], 0, PSN_REC_KINDS + 1) ||
        !psn_chunks_in(head[HEAD_POOL], 0, DECODE_POOL + 1) ||
        !psn_chunks_in(head[HEAD_RERANKED], 0, DECODE_POOL + 1) ||
        !psn_chunks_in(head[HEAD_CATEGORIES], -1, INT32_MAX) ||
        !psn_chunks_in(head[HEAD_BRANDS], -1, INT32_MAX))
        return psn_chunks_bad(error, "its head");
    model->ready = (int32_t)head[HEAD_READY];
    model->mode = (int32_t)head[HEAD_MODE];
    model->events = head[HEAD_EVENTS];
    model->bots = head[HEAD_BOTS];
    model->newest = head[HEAD_NEWEST];
    if (model->ready &&
        (head[HEAD_ITEMS] < 1 || head[HEAD_KINDS] < 1 || head[HEAD_POOL] < 1 ||
         head[HEAD_FACTS] != 1 || head[HEAD_LEARNT] < 1 ||
         (head[HEAD_TIMES] != 0) != (head[HEAD_TIMED] != 0)))
        return psn_chunks_bad(error, "its head");
    engine->items = (int32_t)head[HEAD_ITEMS];
    engine->kinds = (int32_t)head[HEAD_KINDS];
    engine->learnt_items = (int32_t)head[HEAD_LEARNT];
    engine->timed = head[HEAD_TIMED] != 0;
    engine->pool = (int32_t)head[HEAD_POOL];
    engine->reranked = (int32_t)head[HEAD_RERANKED];
done:
    return rc;
}

static int decode_kinds(psn_rec_engine *engine, psn_reader *reader, persona_error *error)
{
    int rc;
    psn_sheet sheet;
    PSN_TRY(psn_sheet_read(&sheet, &psn_recommend_kinds_layout, reader, engine->kinds,
                           error));
    for (int32_t k = 0; k < engine->kinds; k++) {
        char *name = NULL;
        psn_rec_kind *kind = engine->kind + k;
        PSN_TRY(psn_sheet_name(&name, &sheet, k, (int64_t)sizeof kind->name - 1, error));
        memcpy(kind->name, name, strlen(name) + 1);
        psn_release(name);
        kind->weight = (float)sheet.reals[0][k];
        if (!psn_chunks_in(sheet.ints[KIND_ROLE][k], 0, PSN_REC_ROLE_OTHER + 1) ||
            !(fabs(sheet.reals[0][k]) <= 1e9)) {
            rc = psn_chunks_bad(error, "a kind of events");
            goto done;
        }
        kind->role = (int32_t)sheet.ints[KIND_ROLE][k];
        kind->hides = sheet.ints[KIND_HIDES][k] != 0;
        kind->wanted = sheet.ints[KIND_WANTED][k] != 0;
        kind->events = sheet.ints[KIND_EVENTS][k];
    }
done:
    psn_sheet_close(&sheet);
    return rc;
}

static int decode_ids(psn_dict **out, psn_reader *reader, const char *tag, int64_t count,
                      persona_error *error)
{
    int rc;
    int64_t next = 0;
    persona_table *levels = NULL;
    PSN_TRY(psn_chunks_table(&levels, reader, tag, count > 0, error));
    PSN_TRY(psn_chunks_levels(out, levels, &next, count, error));
    if (*out == NULL) PSN_NEED(*out = psn_dict_new());
done:
    psn_table_free(levels);
    return rc;
}

static int decode_finite(const float *values, int64_t count, float most)
{
    for (int64_t i = 0; i < count; i++)
        if (!(fabsf(values[i]) <= most)) return 0;
    return 1;
}

/* Starts from lengths; PERSONA_EFORMAT unless they add up to `entries`. */
static int decode_starts(int64_t *start, psn_reader *reader, const char *tag,
                         int64_t rows, int64_t entries, persona_error *error)
{
    int rc;
    void *length = NULL;
    PSN_TRY(psn_chunks_new_array(&length, reader, tag, (size_t)rows, 4, error));
    start[0] = 0;
    for (int64_t r = 0; r < rows; r++) {
        const int32_t its = ((const int32_t *)length)[r];
        if (its < 0 || its > entries - start[r]) {
            rc = psn_chunks_bad(error, "lengths of rows");
            goto done;
        }
        start[r + 1] = start[r] + its;
    }
    if (start[rows] != entries) rc = psn_chunks_bad(error, "lengths of rows");
done:
    psn_release(length);
    return rc;
}

/* Weights of a member, items x items. */
static int decode_sparse(psn_sparse **out, psn_reader *reader, char letter, int m,
                         int32_t items, int64_t entries, persona_error *error)
{
    int rc;
    char tag[5];
    void *taken = NULL;
    psn_sparse *made = NULL;
    *out = NULL;
    psn_recommend_tag(tag, letter, "cl",
                      m); /* first what shows that the sizes are true */
    PSN_TRY(psn_chunks_new_array(&taken, reader, tag, (size_t)entries, 4, error));
    PSN_NEED(made = psn_alloc_zero(1, sizeof *made));
    made->rows = made->columns = items;
    made->column = taken;
    taken = NULL;
    psn_recommend_tag(tag, letter, "vl", m);
    PSN_TRY(psn_chunks_new_array(&taken, reader, tag, (size_t)entries, 4, error));
    made->value = taken;
    taken = NULL;
    psn_recommend_tag(tag, letter, "ln", m);
    PSN_NEED(made->start = psn_alloc((size_t)items + 1, sizeof *made->start));
    PSN_TRY(decode_starts(made->start, reader, tag, items, entries, error));
    PSN_TRY(psn_sparse_check(made, 0, error));
    if (!decode_finite(made->value, entries, DECODE_WEIGHT))
        PSN_TRY(psn_chunks_bad(error, "weights"));
    *out = made;
    made = NULL;
done:
    psn_release(taken);
    psn_sparse_free(made);
    return rc;
}

/* ---- members */

/* What came later speaks of items that were not learnt, in row or column. */
static int decode_added(const psn_sparse *added, int32_t learnt)
{
    for (int32_t r = 0; r < learnt; r++)
        for (int64_t e = added->start[r]; e < added->start[r + 1]; e++)
            if (added->column[e] < learnt) return 0;
    return 1;
}

static int decode_weights(psn_rec_member *member, const psn_sheet *sheet, int m,
                          const psn_rec_engine *engine, psn_reader *reader,
                          persona_error *error)
{
    int rc;
    const int64_t entries = sheet->ints[MEMBER_ENTRIES][m];
    const int64_t added = sheet->ints[MEMBER_ADDED][m];
    if (!psn_chunks_in(entries, 0, INT64_MAX / 64) ||
        !psn_chunks_in(added, -1, INT64_MAX / 64) ||
        (added >= 0) != (engine->learnt_items < engine->items))
        return psn_chunks_bad(error, "a learner");
    PSN_TRY(decode_sparse(&member->weights, reader, 'W', m, engine->learnt_items, entries,
                          error));
    if (added < 0) goto done;
    PSN_TRY(decode_sparse(&member->added, reader, 'A', m, engine->items, added, error));
    if (!decode_added(member->added, engine->learnt_items))
        rc = psn_chunks_bad(error, "weights");
done:
    return rc;
}

static int decode_factors(psn_rec_member *member, const psn_sheet *sheet, int m,
                          int32_t items, psn_reader *reader, persona_error *error)
{
    int rc = PERSONA_OK;
    const void *bytes;
    const int64_t factors = sheet->ints[MEMBER_FACTORS][m];
    if (!psn_chunks_in(factors, 1, 65536)) return psn_chunks_bad(error, "factors");
    PSN_TRY(psn_reader_array(reader, "Fact", (size_t)items * (size_t)factors, 4, &bytes,
                             error));
    PSN_NEED(member->als = psn_alloc_zero(1, sizeof *member->als));
    psn_als *als = member->als;
    als->items = items;
    als->factors = (int32_t)factors;
    als->unobserved = sheet->reals[MEMBER_UNOBSERVED][m];
    als->regularization = sheet->reals[MEMBER_REGULARIZATION][m];
    als->frequency = sheet->reals[MEMBER_FREQUENCY][m];
    PSN_NEED(als->item =
                 psn_alloc_aligned((size_t)items * (size_t)factors, sizeof *als->item));
    memcpy(als->item, bytes, (size_t)items * (size_t)factors * 4);
done:
    return rc;
}

/* Neighbour sessions, out of the histories. */
static int decode_sessions(persona_recommender *model, psn_reader *reader,
                           persona_error *error)
{
    int rc;
    double real[SESSION_OPTIONS];
    psn_rec_member *member = model->engine.member + PSN_REC_SESSION_KNN;
    psn_sparse *sessions = NULL;
    if (!member->fitted) return PERSONA_OK;
    PSN_TRY(psn_chunks_array(real, reader, "Sopt", SESSION_OPTIONS, 8, error));
    for (int i = 0; i < 3; i++)
        if (!(real[i] >= 1 && real[i] <= 1e9))
            return psn_chunks_bad(error, "options of sessions");
    const psn_session_knn_options options = {.newest = (int32_t)real[0],
                                             .nearest = (int32_t)real[1],
                                             .longest = (int32_t)real[2],
                                             .item_decay = real[3],
                                             .match_rarity = real[4],
                                             .length_norm = real[5],
                                             .recency = real[6],
                                             .forward = real[7],
                                             .backward = real[8],
                                             .rarity = real[9]};
    PSN_TRY(
        psn_rec_log_sequences(&sessions, &model->log, model->engine.items, NULL, error));
    rc = psn_session_knn_new(&member->sessions, sessions, &options, NULL, error);
    if (rc != PERSONA_OK && rc != PERSONA_ENOMEM)
        rc = psn_chunks_bad(error, "options of sessions");
done:
    psn_sparse_free(sessions);
    return rc;
}

static int decode_member(psn_rec_engine *engine, const psn_sheet *sheet, int m,
                         psn_reader *reader, persona_error *error)
{
    int rc = PERSONA_OK;
    char tag[5];
    void *score = NULL;
    psn_rec_member *member = engine->member + m;
    member->fitted = sheet->ints[MEMBER_FITTED][m] != 0;
    if (!member->fitted) return PERSONA_OK;
    member->share = (float)sheet->reals[MEMBER_SHARE][m];
    member->decay = sheet->reals[MEMBER_DECAY][m];
    member->weighted = sheet->ints[MEMBER_WEIGHTED][m] != 0;
    member->adds = (int32_t)sheet->ints[MEMBER_ADDS][m];
    if (!(member->share >= 0 && member->share <= 1e6f) ||
        !(member->decay > 0 && member->decay <= 1) ||
        !psn_chunks_in(sheet->ints[MEMBER_ADDS][m], 0, engine->pool + 1))
        return psn_chunks_bad(error, "a learner");
    if (m == PSN_REC_ALS) {
        PSN_TRY(decode_factors(member, sheet, m, engine->items, reader, error));
    } else if (m == PSN_REC_POPULAR || m == PSN_REC_TRENDING) {
        psn_recommend_tag(tag, 'S', "cr", m);
        PSN_TRY(
            psn_chunks_new_array(&score, reader, tag, (size_t)engine->items, 4, error));
        member->score = score;
        if (!decode_finite(member->score, engine->items, 1e15f))
            return psn_chunks_bad(error, "scores");
    } else if (m != PSN_REC_OWN && m != PSN_REC_SESSION_KNN) {
        PSN_TRY(decode_weights(member, sheet, m, engine, reader, error));
    }
done:
    return rc;
}

static int decode_members(psn_rec_engine *engine, psn_reader *reader,
                          persona_error *error)
{
    int rc;
    psn_sheet sheet;
    PSN_TRY(psn_sheet_read(&sheet, &psn_recommend_members_layout, reader, PSN_REC_MEMBERS,
                           error));
    for (int m = 0; m < PSN_REC_MEMBERS; m++)
        PSN_TRY(decode_member(engine, &sheet, m, reader, error));
    if (engine->member[PSN_REC_OWN].fitted && engine->own_rate == NULL)
        rc = psn_chunks_bad(error, "a learner");
done:
    psn_sheet_close(&sheet);
    return rc;
}

static int decode_reals(float **out, psn_reader *reader, const char *tag, int32_t items,
                        persona_error *error)
{
    void *taken = NULL;
    const int rc = psn_chunks_new_array(&taken, reader, tag, (size_t)items, 4, error);
    if (rc != PERSONA_OK) return rc;
    *out = taken;
    return decode_finite(*out, items, 1e6f) ? PERSONA_OK
                                            : psn_chunks_bad(error, "habits");
}

static int decode_repeat(psn_rec_engine *engine, psn_reader *reader, persona_error *error)
{
    int rc = PERSONA_OK;
    double real[PSN_REPEAT_FEATURES + 1];
    psn_rec_member *member = engine->member + PSN_REC_OWN;
    if (!member->fitted) return psn_chunks_bad(error, "habits");
    PSN_NEED(member->repeat = psn_alloc_zero(1, sizeof *member->repeat));
    psn_repeat *repeat = member->repeat;
    repeat->items = engine->learnt_items;
    PSN_TRY(psn_chunks_array(real, reader, "Rwgt", PSN_REPEAT_FEATURES + 1, 8, error));
    for (int i = 0; i <= PSN_REPEAT_FEATURES; i++) {
        if (!(fabs(real[i]) <= 1e15)) return psn_chunks_bad(error, "habits");
        if (i < PSN_REPEAT_FEATURES) repeat->weight[i] = real[i];
    }
    repeat->pause = real[PSN_REPEAT_FEATURES];
    PSN_TRY(decode_reals(&repeat->offset, reader, "Roff", repeat->items, error));
    PSN_TRY(decode_reals(&repeat->again, reader, "Ragn", repeat->items, error));
    PSN_TRY(decode_reals(&repeat->period, reader, "Rper", repeat->items, error));
    if (!(repeat->pause > 0)) return psn_chunks_bad(error, "habits");
done:
    return rc;
}

/* ---- facts */

static int decode_floats(float **out, psn_reader *reader, const char *tag, int64_t count,
                         float most, int missing, persona_error *error)
{
    void *taken = NULL;
    const int rc = psn_chunks_new_array(&taken, reader, tag, (size_t)count, 4, error);
    if (rc != PERSONA_OK) return rc;
    *out = taken;
    for (int64_t i = 0; i < count; i++)
        if (!((*out)[i] >= 0 && (*out)[i] <= most) && !(missing && isnan((*out)[i])))
            return psn_chunks_bad(error, "facts of items");
    return PERSONA_OK;
}

static int decode_groups(int32_t **out, psn_reader *reader, const char *tag,
                         int32_t items, int64_t groups, persona_error *error)
{
    void *taken = NULL;
    if (groups < 0) return PERSONA_OK;
    const int rc = psn_chunks_new_array(&taken, reader, tag, (size_t)items, 4, error);
    if (rc != PERSONA_OK) return rc;
    *out = taken;
    for (int32_t i = 0; i < items; i++)
        if (!psn_chunks_in((*out)[i], -1, groups))
            return psn_chunks_bad(error, "groups of items");
    return PERSONA_OK;
}

/* Names of items: as many as the table has, none where no item has one. */
static int decode_titles(psn_rec_facts *facts, psn_reader *reader, int32_t items,
                         persona_error *error)
{
    int rc;
    int64_t next = 0;
    persona_table *names = NULL;
    const int there = psn_reader_find(reader, "Titl") != NULL;
    PSN_TRY(psn_chunks_table(&names, reader, "Titn", 0, error));
    if (names && (!there || names->rows >= INT32_MAX))
        PSN_TRY(psn_chunks_bad(error, "names of items"));
    if (!there) goto done;
    facts->titles = names ? (int32_t)names->rows : 0;
    PSN_TRY(decode_groups(&facts->title, reader, "Titl", items, facts->titles, error));
    PSN_TRY(psn_chunks_levels(&facts->title_name, names, &next, facts->titles, error));
done:
    psn_table_free(names);
    return rc;
}

static int decode_facts(psn_rec_engine *engine, const int64_t head[HEAD_INTS],
                        psn_reader *reader, persona_error *error)
{
    int rc;
    int64_t next = 0;
    persona_table *names = NULL;
    psn_rec_facts *facts = &engine->facts;
    const int32_t items = engine->items;
    PSN_TRY(decode_floats(&facts->popularity, reader, "Popl", items, 1e6f, 0, error));
    PSN_TRY(decode_floats(&facts->fresh, reader, "Frsh", items, 1e6f, 0, error));
    PSN_TRY(decode_floats(&facts->conversion, reader, "Conv",
                          (int64_t)items * engine->kinds, 1e12f, 0, error));
    if (head[HEAD_PRICES])
        PSN_TRY(decode_floats(&facts->price, reader, "Pric", items, 1e30f, 1, error));
    PSN_TRY(decode_groups(&facts->category, reader, "Catg", items, head[HEAD_CATEGORIES],
                          error));
    PSN_TRY(
        decode_groups(&facts->brand, reader, "Brnd", items, head[HEAD_BRANDS], error));
    facts->categories = head[HEAD_CATEGORIES] < 0 ? 0 : (int32_t)head[HEAD_CATEGORIES];
    facts->brands = head[HEAD_BRANDS] < 0 ? 0 : (int32_t)head[HEAD_BRANDS];
    PSN_TRY(psn_chunks_table(&names, reader, "Grpn",
                             facts->categories + facts->brands > 0, error));
    PSN_TRY(
        psn_chunks_levels(&facts->category_name, names, &next, facts->categories, error));
    PSN_TRY(psn_chunks_levels(&facts->brand_name, names, &next, facts->brands, error));
    PSN_TRY(decode_titles(facts, reader, items, error));
    if (psn_reader_find(reader, "Dwel")) {
        PSN_TRY(psn_chunks_array(&engine->dwell, reader, "Dwel", 1, 8, error));
        if (!(engine->dwell > 0 && engine->dwell <= 32))
            PSN_TRY(psn_chunks_bad(error, "seconds looked at"));
    }
    if (head[HEAD_OWN])
        PSN_TRY(decode_floats(&engine->own_rate, reader, "Ownr",
                              PSN_REC_KINDS * PSN_REC_AGES, 1e6f, 0, error));
done:
    psn_table_free(names);
    return rc;
}

/* ---- histories */

/* Ranks are 0 .. users - 1, each once. */
static int decode_ranks(const psn_rec_log *log, persona_error *error)
{
    int rc = PERSONA_OK;
    uint8_t *seen = psn_alloc_zero((size_t)log->users + 1, 1);
    PSN_NEED(seen);
    for (int64_t u = 0; u < log->users && rc == PERSONA_OK; u++) {
        if (!psn_chunks_in(log->rank[u], 0, log->users) || seen[log->rank[u]])
            rc = psn_chunks_bad(error, "histories");
        else
            seen[log->rank[u]] = 1;
    }
done:
    psn_release(seen);
    return rc;
}

static int decode_log(persona_recommender *model, const int64_t head[HEAD_INTS],
                      psn_reader *reader, persona_error *error)
{
    int rc;
    void *taken = NULL;
    psn_rec_log *log = &model->log;
    const int64_t users = head[HEAD_USERS], events = head[HEAD_LOGGED];
    PSN_TRY(decode_ids(&model->users, reader, "User", users, error));
    PSN_TRY(psn_chunks_new_array(&taken, reader, "Hitm", (size_t)events, 4, error));
    log->item = taken;
    PSN_TRY(psn_chunks_new_array(&taken, reader, "Hknd", (size_t)events, 1, error));
    log->kind = taken;
    PSN_TRY(psn_chunks_new_array(&taken, reader, "Hwgt", (size_t)events, 4, error));
    log->weight = taken;
    PSN_TRY(psn_chunks_new_array(&taken, reader, "Hrnk", (size_t)users, 8, error));
    log->rank = taken;
    if (head[HEAD_TIMES]) {
        PSN_TRY(psn_chunks_new_array(&taken, reader, "Htim", (size_t)events, 8, error));
        log->time = taken;
    }
    if (head[HEAD_SESSIONS]) {
        PSN_TRY(psn_chunks_new_array(&taken, reader, "Hses", (size_t)events, 4, error));
        log->session = taken;
    }
    PSN_NEED(log->start = psn_alloc((size_t)users + 1, sizeof *log->start));
    PSN_TRY(decode_starts(log->start, reader, "Hlen", users, events, error));
    log->users = users;
    for (int64_t e = 0; e < events; e++)
        if (!psn_chunks_in(log->item[e], 0, model->engine.items) ||
            log->kind[e] >= model->engine.kinds ||
            !(fabsf(log->weight[e]) <= DECODE_WEIGHT) ||
            (log->session && log->session[e] < 0))
            return psn_chunks_bad(error, "histories");
    PSN_TRY(decode_ranks(log, error));
done:
    return rc;
}

static int decode_trees(psn_rec_engine *engine, psn_reader *reader, persona_error *error)
{
    int rc;
    const psn_chunk *chunk = psn_reader_find(reader, "Tree");
    if (chunk == NULL) return PERSONA_OK;
    PSN_TRY(psn_gbdt_unpack(&engine->trees, chunk->data, chunk->size, error));
    if (engine->trees->features != psn_rec_features(engine) ||
        engine->trees->outputs != 1 || engine->reranked < 1)
        rc = psn_chunks_bad(error, "trees of other features");
done:
    return rc;
}

/* All maps or, of a model without trees, all but theirs; or none. */
static int decode_chances(psn_rec_engine *engine, psn_reader *reader,
                          persona_error *error)
{
    int rc = PERSONA_OK;
    for (int c = 0; c < PSN_REC_CHANCES; c++) {
        const psn_chunk *chunk = psn_reader_find(reader, psn_recommend_chance_tags[c]);
        if (chunk == NULL) continue;
        PSN_TRY(
            psn_calibrate_unpack(&engine->chance[c], chunk->data, chunk->size, error));
        if (engine->chance[c]->kind != PSN_CALIBRATE_ISOTONIC ||
            engine->chance[c]->knots < 1)
            return psn_chunks_bad(error, "probabilities");
    }
    const int blend = engine->chance[PSN_REC_CHANCE_BLEND] != NULL,
              trees = engine->chance[PSN_REC_CHANCE_TREES] != NULL,
              lists = engine->chance[PSN_REC_CHANCE_LISTS] != NULL;
    if (blend != lists || trees != (blend && engine->trees != NULL))
        rc = psn_chunks_bad(error, "probabilities");
done:
    return rc;
}

static int decode_ready(persona_recommender *model, const int64_t head[HEAD_INTS],
                        psn_reader *reader, persona_error *error)
{
    int rc;
    PSN_TRY(decode_kinds(&model->engine, reader, error));
    PSN_TRY(decode_ids(&model->items, reader, "Item", model->engine.items, error));
    PSN_TRY(decode_facts(&model->engine, head, reader, error));
    PSN_TRY(decode_members(&model->engine, reader, error));
    if (head[HEAD_REPEAT]) PSN_TRY(decode_repeat(&model->engine, reader, error));
    PSN_TRY(decode_log(model, head, reader, error));
    PSN_TRY(decode_sessions(model, reader, error));
    PSN_TRY(decode_trees(&model->engine, reader, error));
    PSN_TRY(decode_chances(&model->engine, reader, error));
    PSN_TRY(psn_rec_engine_ready(&model->engine, error));
done:
    return rc;
}

/* Columns that a fit cannot do without. */
static int decode_columns(const persona_recommender *model, persona_error *error)
{
    char *const *column = model->column;
    if (!model->ready) return PERSONA_OK;
    return column[PSN_REC_ITEM] == NULL ||
                   (column[PSN_REC_USER] == NULL &&
                    column[PSN_REC_SESSION_ROLE] == NULL) ||
                   (column[PSN_REC_TIME] == NULL && model->engine.timed)
               ? psn_chunks_bad(error, "its columns")
               : PERSONA_OK;
}

int psn_recommend_decode(persona_model **out, psn_reader *reader, persona_error *error)
{
    int rc;
    void *made = NULL;
    int64_t head[HEAD_INTS];
    *out = NULL;
    PSN_TRY(
        psn_model_new(&made, sizeof(persona_recommender), &psn_recommend_kind, error));
    persona_recommender *model = made;
    PSN_TRY(decode_head(model, head, reader, error));
    PSN_TRY(
        psn_chunks_texts(model->column, reader, "Role", "column", PSN_REC_ROLES, error));
    PSN_TRY(decode_columns(model, error));
    PSN_TRY(psn_chunks_options(&model->options, reader, "Optn", error));
    PSN_TRY(psn_parts_decode(model->part, &psn_recommend_parts, reader, error));
    if (model->ready) PSN_TRY(decode_ready(model, head, reader, error));
    *out = made;
    made = NULL;
done:
    if (made) psn_model_free(made);
    return rc;
}
