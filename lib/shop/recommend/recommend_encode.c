/* recommend_encode.c: the recommender into a model file (recommend_file.h). Users and
 * their histories lie in chunks of their own. Starts of rows are stored as their lengths,
 * which are small numbers. */
#include "base/error.h"
#include "base/memory.h"
#include "shop/recommend/recommend_file.h"

static const char *const encode_kind_ints[KIND_INTS] = {"role", "hides", "wanted",
                                                        "events"};
static const char *const encode_kind_reals[1] = {"weight"};
static const char *const encode_member_ints[MEMBER_INTS] = {
    "fitted", "weighted", "adds", "entries", "added", "factors", "scored"};
static const char *const encode_member_reals[MEMBER_REALS] = {
    "share", "decay", "unobserved", "regularization", "frequency"};
const psn_sheet_layout psn_recommend_kinds_layout = {
    "Kind", 1, encode_kind_ints, KIND_INTS, encode_kind_reals, 1};
const psn_sheet_layout psn_recommend_members_layout = {
    "Memb", 0, encode_member_ints, MEMBER_INTS, encode_member_reals, MEMBER_REALS};

const char *const psn_recommend_chance_tags[PSN_REC_CHANCES] = {"Chbl", "Chtr", "Chli"};

void psn_recommend_session_reals(double real[SESSION_OPTIONS],
                                 const psn_session_knn_options *options)
{
    real[0] = options->newest;
    real[1] = options->nearest;
    real[2] = options->longest;
    real[3] = options->item_decay;
    real[4] = options->match_rarity;
    real[5] = options->length_norm;
    real[6] = options->recency;
    real[7] = options->forward;
    real[8] = options->backward;
    real[9] = options->rarity;
}

static int encode_head(psn_writer *writer, const persona_recommender *model,
                       persona_error *error)
{
    const psn_rec_engine *engine = &model->engine;
    const int64_t head[HEAD_INTS] = {
        [HEAD_READY] = model->ready,
        [HEAD_MODE] = model->mode,
        [HEAD_ITEMS] = engine->items,
        [HEAD_USERS] = model->log.users,
        [HEAD_LOGGED] = model->ready ? model->log.start[model->log.users] : 0,
        [HEAD_TIMES] = model->log.time != NULL,
        [HEAD_KINDS] = engine->kinds,
        [HEAD_TIMED] = engine->timed,
        [HEAD_POOL] = engine->pool,
        [HEAD_RERANKED] = engine->reranked,
        [HEAD_EVENTS] = model->events,
        [HEAD_BOTS] = model->bots,
        [HEAD_NEWEST] = model->newest,
        [HEAD_FACTS] = engine->facts.popularity != NULL,
        [HEAD_PRICES] = engine->facts.price != NULL,
        [HEAD_CATEGORIES] = engine->facts.category ? engine->facts.categories : -1,
        [HEAD_BRANDS] = engine->facts.brand ? engine->facts.brands : -1,
        [HEAD_OWN] = engine->own_rate != NULL,
        [HEAD_REPEAT] = engine->member[PSN_REC_OWN].repeat != NULL,
        [HEAD_LEARNT] = engine->learnt_items,
        [HEAD_SESSIONS] = model->log.session != NULL,
    };
    return psn_chunks_add_copy(writer, "Head", head, sizeof head, error);
}

static int encode_kinds(psn_writer *writer, const psn_rec_engine *engine,
                        persona_error *error)
{
    int rc;
    psn_sheet sheet;
    PSN_TRY(psn_sheet_new(&sheet, &psn_recommend_kinds_layout, engine->kinds, error));
    for (int32_t k = 0; k < engine->kinds; k++) {
        const psn_rec_kind *kind = engine->kind + k;
        sheet.name[k] = kind->name;
        sheet.ints[KIND_ROLE][k] = kind->role;
        sheet.ints[KIND_HIDES][k] = kind->hides;
        sheet.ints[KIND_WANTED][k] = kind->wanted;
        sheet.ints[KIND_EVENTS][k] = kind->events;
        sheet.reals[0][k] = kind->weight;
    }
    PSN_TRY(psn_sheet_add(writer, &sheet, error));
done:
    psn_sheet_close(&sheet);
    return rc;
}

/* Lengths of rows, as int32. */
static int encode_lengths(psn_writer *writer, const char *tag, const int64_t *start,
                          int64_t rows, persona_error *error)
{
    int rc;
    int32_t *length = psn_alloc((size_t)rows + 1, sizeof *length);
    PSN_NEED(length);
    for (int64_t r = 0; r < rows; r++) length[r] = (int32_t)(start[r + 1] - start[r]);
    PSN_TRY(
        psn_chunks_add_copy(writer, tag, length, (size_t)rows * sizeof *length, error));
done:
    psn_release(length);
    return rc;
}

/* letter: W for what was learnt, A for what came later. */
static int encode_sparse(psn_writer *writer, char letter, int m, const psn_sparse *matrix,
                         persona_error *error)
{
    int rc;
    char tag[5];
    const size_t bytes = (size_t)matrix->start[matrix->rows] * 4;
    psn_recommend_tag(tag, letter, "ln", m);
    PSN_TRY(encode_lengths(writer, tag, matrix->start, matrix->rows, error));
    psn_recommend_tag(tag, letter, "cl", m);
    PSN_TRY(psn_writer_add(writer, tag, 4, matrix->column, bytes, error));
    psn_recommend_tag(tag, letter, "vl", m);
    PSN_TRY(psn_writer_add(writer, tag, 4, matrix->value, bytes, error));
done:
    return rc;
}

static int encode_member(psn_writer *writer, const psn_rec_engine *engine, int m,
                         persona_error *error)
{
    int rc = PERSONA_OK;
    char tag[5];
    const psn_rec_member *member = engine->member + m;
    if (member->weights) PSN_TRY(encode_sparse(writer, 'W', m, member->weights, error));
    if (member->added) PSN_TRY(encode_sparse(writer, 'A', m, member->added, error));
    if (member->sessions) { /* the sessions themselves are those of the histories */
        double real[SESSION_OPTIONS];
        psn_recommend_session_reals(real, psn_session_knn_settings(member->sessions));
        PSN_TRY(psn_chunks_add_copy(writer, "Sopt", real, sizeof real, error));
    }
    if (member->als)
        PSN_TRY(psn_writer_add(
            writer, "Fact", 4, member->als->item,
            (size_t)member->als->items * (size_t)member->als->factors * 4, error));
    psn_recommend_tag(tag, 'S', "cr", m);
    if (member->score)
        PSN_TRY(psn_writer_add(writer, tag, 4, member->score, (size_t)engine->items * 4,
                               error));
done:
    return rc;
}

static int encode_repeat(psn_writer *writer, const psn_rec_engine *engine,
                         persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_repeat *repeat = engine->member[PSN_REC_OWN].repeat;
    double real[PSN_REPEAT_FEATURES + 1];
    if (repeat == NULL) return PERSONA_OK;
    const size_t bytes = (size_t)repeat->items * 4;
    for (int i = 0; i < PSN_REPEAT_FEATURES; i++) real[i] = repeat->weight[i];
    real[PSN_REPEAT_FEATURES] = repeat->pause;
    PSN_TRY(psn_chunks_add_copy(writer, "Rwgt", real, sizeof real, error));
    PSN_TRY(psn_writer_add(writer, "Roff", 4, repeat->offset, bytes, error));
    PSN_TRY(psn_writer_add(writer, "Ragn", 4, repeat->again, bytes, error));
    PSN_TRY(psn_writer_add(writer, "Rper", 4, repeat->period, bytes, error));
done:
    return rc;
}

static int64_t encode_entries(const psn_sparse *matrix)
{
    return matrix ? matrix->start[matrix->rows] : -1;
}

static int encode_members(psn_writer *writer, const psn_rec_engine *engine,
                          persona_error *error)
{
    int rc;
    psn_sheet sheet;
    PSN_TRY(psn_sheet_new(&sheet, &psn_recommend_members_layout, PSN_REC_MEMBERS, error));
    for (int m = 0; m < PSN_REC_MEMBERS; m++) {
        const psn_rec_member *member = engine->member + m;
        sheet.ints[MEMBER_FITTED][m] = member->fitted;
        sheet.ints[MEMBER_WEIGHTED][m] = member->weighted;
        sheet.ints[MEMBER_ADDS][m] = member->adds;
        sheet.ints[MEMBER_ENTRIES][m] = encode_entries(member->weights);
        sheet.ints[MEMBER_ADDED][m] = encode_entries(member->added);
        sheet.ints[MEMBER_FACTORS][m] = member->als ? member->als->factors : 0;
        sheet.ints[MEMBER_SCORED][m] = member->score != NULL;
        sheet.reals[MEMBER_SHARE][m] = member->share;
        sheet.reals[MEMBER_DECAY][m] = member->decay;
        sheet.reals[MEMBER_UNOBSERVED][m] = member->als ? member->als->unobserved : 0;
        sheet.reals[MEMBER_REGULARIZATION][m] =
            member->als ? member->als->regularization : 0;
        sheet.reals[MEMBER_FREQUENCY][m] = member->als ? member->als->frequency : 0;
        PSN_TRY(encode_member(writer, engine, m, error));
    }
    PSN_TRY(psn_sheet_add(writer, &sheet, error));
done:
    psn_sheet_close(&sheet);
    return rc;
}

static int encode_facts(psn_writer *writer, const psn_rec_engine *engine,
                        persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_rec_facts *facts = &engine->facts;
    const size_t bytes = (size_t)engine->items * 4;
    psn_dict *const names[2] = {facts->category ? facts->category_name : NULL,
                                facts->brand ? facts->brand_name : NULL};
    if (facts->popularity) {
        PSN_TRY(psn_writer_add(writer, "Popl", 4, facts->popularity, bytes, error));
        PSN_TRY(psn_writer_add(writer, "Frsh", 4, facts->fresh, bytes, error));
        PSN_TRY(psn_writer_add(writer, "Conv", 4, facts->conversion,
                               bytes * (size_t)engine->kinds, error));
    }
    if (facts->price)
        PSN_TRY(psn_writer_add(writer, "Pric", 4, facts->price, bytes, error));
    if (facts->category)
        PSN_TRY(psn_writer_add(writer, "Catg", 4, facts->category, bytes, error));
    if (facts->brand)
        PSN_TRY(psn_writer_add(writer, "Brnd", 4, facts->brand, bytes, error));
    PSN_TRY(psn_chunks_add_levels(writer, "Grpn", names, 2, error));
    if (facts->title) {
        PSN_TRY(psn_writer_add(writer, "Titl", 4, facts->title, bytes, error));
        PSN_TRY(psn_chunks_add_levels(writer, "Titn", &facts->title_name, 1, error));
    }
    if (engine->dwell > 0)
        PSN_TRY(psn_writer_add(writer, "Dwel", 8, &engine->dwell, 8, error));
    if (engine->own_rate)
        PSN_TRY(psn_writer_add(writer, "Ownr", 4, engine->own_rate,
                               PSN_REC_KINDS * PSN_REC_AGES * 4, error));
done:
    return rc;
}

static int encode_log(psn_writer *writer, const persona_recommender *model,
                      persona_error *error)
{
    int rc;
    const psn_rec_log *log = &model->log;
    const size_t events = (size_t)log->start[log->users];
    psn_dict *const users[1] = {model->users};
    PSN_TRY(psn_chunks_add_levels(writer, "User", users, 1, error));
    PSN_TRY(encode_lengths(writer, "Hlen", log->start, log->users, error));
    PSN_TRY(psn_writer_add(writer, "Hitm", 4, log->item, events * 4, error));
    PSN_TRY(psn_writer_add(writer, "Hknd", 1, log->kind, events, error));
    PSN_TRY(psn_writer_add(writer, "Hwgt", 4, log->weight, events * 4, error));
    PSN_TRY(psn_writer_add(writer, "Hrnk", 8, log->rank, (size_t)log->users * 8, error));
    if (log->time)
        PSN_TRY(psn_writer_add(writer, "Htim", 8, log->time, events * 8, error));
    if (log->session)
        PSN_TRY(psn_writer_add(writer, "Hses", 4, log->session, events * 4, error));
done:
    return rc;
}

static int encode_chances(psn_writer *writer, const psn_rec_engine *engine,
                          persona_error *error)
{
    int rc = PERSONA_OK;
    psn_text bytes = {0};
    for (int c = 0; c < PSN_REC_CHANCES; c++) {
        if (engine->chance[c] == NULL) continue;
        PSN_TRY(psn_calibrate_pack(&bytes, engine->chance[c], error));
        PSN_TRY(psn_writer_add_text(writer, psn_recommend_chance_tags[c], &bytes, error));
    }
done:
    psn_text_free(&bytes);
    return rc;
}

int psn_recommend_encode(const persona_model *base, psn_writer *writer,
                         persona_error *error)
{
    int rc;
    const persona_recommender *model = (const persona_recommender *)base;
    psn_dict *const items[1] = {model->items};
    psn_text trees = {0};
    PSN_TRY(encode_head(writer, model, error));
    PSN_TRY(psn_chunks_add_texts(writer, "Role", "column",
                                 (const char *const *)model->column, PSN_REC_ROLES,
                                 error));
    PSN_TRY(psn_chunks_add_table(writer, "Optn", model->options, error));
    PSN_TRY(psn_parts_encode(writer, &psn_recommend_parts, model->part, error));
    if (!model->ready) return PERSONA_OK;
    PSN_TRY(encode_kinds(writer, &model->engine, error));
    PSN_TRY(psn_chunks_add_levels(writer, "Item", items, 1, error));
    PSN_TRY(encode_members(writer, &model->engine, error));
    PSN_TRY(encode_repeat(writer, &model->engine, error));
    PSN_TRY(encode_facts(writer, &model->engine, error));
    PSN_TRY(encode_log(writer, model, error));
    PSN_TRY(encode_chances(writer, &model->engine, error));
    if (model->engine.trees) {
        PSN_TRY(psn_gbdt_pack(&trees, model->engine.trees, error));
        PSN_TRY(psn_writer_add_text(writer, "Tree", &trees, error));
    }
    return PERSONA_OK;
done:
    psn_text_free(&trees);
    return rc;
}
