/* recommend_parts.c: the insides of a recommender as tables. */
#include "base/error.h"
#include "base/memory.h"
#include "data/table.h"
#include "shop/recommend/recommend.h"

#include <math.h>

static const persona_recommender *part_model(const persona_model *base)
{
    return (const persona_recommender *)base;
}

static int part_lacks(const char *name, persona_error *error)
{
    return psn_fail(error, PERSONA_EARG, "part: this model has no part %s", name);
}

/* A column of ids of a dictionary, of `items` (or of 0 .. count - 1 where NULL). */
static int part_ids(persona_table *table, const char *name, const psn_dict *dict,
                    const int32_t *numbers, int64_t count, persona_error *error)
{
    int rc;
    psn_text bytes = {0};
    int64_t *offset = psn_alloc((size_t)count + 1, sizeof *offset);
    PSN_NEED(offset);
    offset[0] = 0;
    for (int64_t i = 0; i < count; i++) {
        size_t length;
        const char *text = psn_dict_text(dict, numbers ? numbers[i] : i, &length);
        psn_text_append(&bytes, text, length);
        offset[i + 1] = (int64_t)bytes.length;
    }
    if (bytes.failed) PSN_NEED(NULL);
    rc = psn_table_add_text(table, name, bytes.bytes ? bytes.bytes : "", offset, NULL,
                            count, error);
done:
    psn_text_free(&bytes);
    psn_release(offset);
    return rc;
}

static int part_kinds(persona_table **out, const persona_model *base,
                      persona_error *error)
{
    static const char *const roles[] = {"view", "cart", "purchase", "return", "other"};
    const psn_rec_engine *engine = &part_model(base)->engine;
    int rc;
    const char *name[PSN_REC_KINDS], *role[PSN_REC_KINDS];
    double weight[PSN_REC_KINDS];
    int64_t events[PSN_REC_KINDS];
    uint8_t hides[PSN_REC_KINDS], wanted[PSN_REC_KINDS];
    persona_table *table = NULL;
    for (int32_t k = 0; k < engine->kinds; k++) {
        name[k] = engine->kind[k].name;
        role[k] = roles[engine->kind[k].role];
        weight[k] = engine->kind[k].weight;
        events[k] = engine->kind[k].events;
        hides[k] = (uint8_t)engine->kind[k].hides;
        wanted[k] = (uint8_t)engine->kind[k].wanted;
    }
    const int64_t rows = engine->kinds;
    PSN_TRY(psn_table_new(&table, error));
    PSN_TRY(psn_table_add_strings(table, "kind", name, rows, error));
    PSN_TRY(psn_table_add_strings(table, "meaning", role, rows, error));
    PSN_TRY(psn_table_add(table, "weight", PERSONA_TYPE_REAL, weight, NULL, rows, error));
    PSN_TRY(psn_table_add(table, "events", PERSONA_TYPE_INT, events, NULL, rows, error));
    PSN_TRY(psn_table_add(table, "hides", PERSONA_TYPE_BOOL, hides, NULL, rows, error));
    PSN_TRY(psn_table_add(table, "wanted", PERSONA_TYPE_BOOL, wanted, NULL, rows, error));
    *out = table;
    table = NULL;
done:
    psn_table_free(table);
    return rc;
}

/* Texts of items by number, missing where unknown; no column where none is known. */
static int part_groups(persona_table *table, const char *name, const int32_t *group,
                       const psn_dict *names, int64_t rows, persona_error *error)
{
    if (group == NULL) return PERSONA_OK;
    return psn_table_add_codes(table, name, group, rows, psn_dict_bytes(names),
                               psn_dict_offsets(names), psn_dict_count(names), error);
}

static int part_items(persona_table **out, const persona_model *base,
                      persona_error *error)
{
    const persona_recommender *model = part_model(base);
    const psn_rec_facts *facts = &model->engine.facts;
    int rc;
    const int64_t rows = model->engine.items;
    persona_table *table = NULL;
    PSN_TRY(psn_table_new(&table, error));
    PSN_TRY(part_ids(table, "item", model->items, NULL, rows, error));
    PSN_TRY(psn_table_add(table, "log_events", PERSONA_TYPE_REAL32, facts->popularity,
                          NULL, rows, error));
    PSN_TRY(psn_table_add(table, "log_events_lately", PERSONA_TYPE_REAL32, facts->fresh,
                          NULL, rows, error));
    PSN_TRY(part_groups(table, "category", facts->category, facts->category_name, rows,
                        error));
    PSN_TRY(part_groups(table, "brand", facts->brand, facts->brand_name, rows, error));
    PSN_TRY(part_groups(table, "name", facts->title, facts->title_name, rows, error));
    if (facts->price)
        PSN_TRY(psn_table_add(table, "price", PERSONA_TYPE_REAL32, facts->price, NULL,
                              rows, error));
    *out = table;
    table = NULL;
done:
    psn_table_free(table);
    return rc;
}

static int part_factors(persona_table **out, const persona_model *base,
                        persona_error *error)
{
    const persona_recommender *model = part_model(base);
    const psn_als *als = model->engine.member[PSN_REC_ALS].als;
    int rc;
    if (als == NULL) return part_lacks("item_factors", error);
    const int64_t rows = model->engine.items;
    persona_table *table = NULL;
    float *column = psn_alloc((size_t)rows + 1, sizeof *column);
    PSN_NEED(column);
    PSN_TRY(psn_table_new(&table, error));
    PSN_TRY(part_ids(table, "item", model->items, NULL, rows, error));
    for (int32_t f = 0; f < als->factors; f++) {
        char name[32];
        psn_format(name, sizeof name, "factor_%d", f + 1);
        for (int64_t i = 0; i < rows; i++) column[i] = als->item[i * als->factors + f];
        PSN_TRY(
            psn_table_add(table, name, PERSONA_TYPE_REAL32, column, NULL, rows, error));
    }
    *out = table;
    table = NULL;
done:
    psn_table_free(table);
    psn_release(column);
    return rc;
}

static int part_has_factors(const persona_model *base)
{
    return part_model(base)->engine.member[PSN_REC_ALS].als != NULL;
}

/* What was learnt of an item, then what came later. */
static void part_pairs(const psn_sparse *const both[2], int32_t *from, int32_t *to,
                       float *weight)
{
    int64_t at = 0;
    const psn_sparse *all = both[1] ? both[1] : both[0];
    for (int32_t i = 0; i < all->rows; i++)
        for (int b = 0; b < 2; b++) {
            if (both[b] == NULL || i >= both[b]->rows) continue;
            for (int64_t e = both[b]->start[i]; e < both[b]->start[i + 1]; e++) {
                from[at] = i;
                to[at] = both[b]->column[e];
                weight[at++] = both[b]->value[e];
            }
        }
}

/* Item, other item, weight: all rows of one learner. */
static int part_weights(persona_table **out, const persona_model *base, int m,
                        persona_error *error)
{
    const persona_recommender *model = part_model(base);
    const psn_rec_member *member = model->engine.member + m;
    const psn_sparse *const both[] = {member->weights, member->added};
    int rc;
    int64_t rows = 0;
    persona_table *table = NULL;
    if (member->weights == NULL) return part_lacks(psn_rec_member_names[m], error);
    for (int b = 0; b < 2; b++) rows += both[b] ? both[b]->start[both[b]->rows] : 0;
    int32_t *from = psn_alloc((size_t)rows + 1, sizeof *from);
    int32_t *to = psn_alloc((size_t)rows + 1, sizeof *to);
    float *weight = psn_alloc((size_t)rows + 1, sizeof *weight);
    PSN_NEED(from);
    PSN_NEED(to);
    PSN_NEED(weight);
    part_pairs(both, from, to, weight);
    PSN_TRY(psn_table_new(&table, error));
    PSN_TRY(part_ids(table, "item", model->items, from, rows, error));
    PSN_TRY(part_ids(table, "other", model->items, to, rows, error));
    PSN_TRY(
        psn_table_add(table, "weight", PERSONA_TYPE_REAL32, weight, NULL, rows, error));
    *out = table;
    table = NULL;
done:
    psn_table_free(table);
    psn_release(from);
    psn_release(to);
    psn_release(weight);
    return rc;
}

#define PART_OF_WEIGHTS(name, which)                                                     \
    static int part_##name(persona_table **out, const persona_model *base,               \
                           persona_error *error)                                         \
    {                                                                                    \
        return part_weights(out, base, which, error);                                    \
    }                                                                                    \
    static int part_has_##name(const persona_model *base)                                \
    {                                                                                    \
        return part_model(base)->engine.member[which].weights != NULL;                   \
    }
PART_OF_WEIGHTS(rp3beta, PSN_REC_RP3BETA)
PART_OF_WEIGHTS(item_knn, PSN_REC_ITEM_KNN)
PART_OF_WEIGHTS(ease, PSN_REC_EASE)
PART_OF_WEIGHTS(sequence, PSN_REC_SEQUENCE)
PART_OF_WEIGHTS(directed_ridge, PSN_REC_RIDGE)
PART_OF_WEIGHTS(bought_together, PSN_REC_TOGETHER)
PART_OF_WEIGHTS(content, PSN_REC_CONTENT)

static int part_trees(persona_table **out, const persona_model *base,
                      persona_error *error)
{
    const psn_rec_engine *engine = &part_model(base)->engine;
    int rc;
    if (engine->trees == NULL) return part_lacks("trees", error);
    const int32_t features = psn_rec_features(engine);
    char(*text)[64] = psn_alloc((size_t)features, sizeof *text);
    const char **name = psn_alloc((size_t)features, sizeof *name);
    PSN_NEED(text);
    PSN_NEED(name);
    for (int32_t f = 0; f < features; f++) {
        psn_rec_feature_name(engine, f, text[f]);
        name[f] = text[f];
    }
    PSN_TRY(psn_gbdt_tree_table(out, engine->trees, name, error));
done:
    psn_release(text);
    psn_release(name);
    return rc;
}

static int part_has_trees(const persona_model *base)
{
    return part_model(base)->engine.trees != NULL;
}

static const psn_part_kept parts_kept[PSN_REC_PARTS] = {
    [PSN_REC_PART_MEMBERS] = {"members", "Pmem", NULL},
    [PSN_REC_PART_TRIALS] = {"trials", "Ptri", NULL}};
static const psn_part_made parts_made[] = {
    {"kinds", part_kinds, NULL},
    {"items", part_items, NULL},
    {"item_factors", part_factors, part_has_factors},
    {"rp3beta", part_rp3beta, part_has_rp3beta},
    {"item_knn", part_item_knn, part_has_item_knn},
    {"ease", part_ease, part_has_ease},
    {"sequence", part_sequence, part_has_sequence},
    {"directed_ridge", part_directed_ridge, part_has_directed_ridge},
    {"bought_together", part_bought_together, part_has_bought_together},
    {"content", part_content, part_has_content},
    {"trees", part_trees, part_has_trees}};
const psn_parts psn_recommend_parts = {parts_kept, PSN_REC_PARTS, parts_made,
                                       sizeof parts_made / sizeof *parts_made};

int psn_recommend_part(persona_table **out, const persona_model *base, const char *part,
                       persona_error *error)
{
    const persona_recommender *model = part_model(base);
    const psn_parts_of of = {model->part, model->options, model->ready};
    return psn_parts_get(out, &psn_recommend_parts, &of, base, part, error);
}
