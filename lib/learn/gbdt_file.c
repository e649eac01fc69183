/* gbdt_file.c: an ensemble as one block of bytes and back.
 *
 * Little-endian: "GBT1", five counts, the parameter, the bases; each feature (category,
 * levels, groups, unseen, whether codes are mapped, the map); nodes of each tree; then
 * the nodes and leaves column by column, which compresses better than row by row; the
 * sets. Reading takes no memory that the bytes left over could not fill, and then checks
 * everything that prediction relies on (psn_gbdt_check). */
#include "learn/gbdt_model.h"

#include <stddef.h>
#include <string.h>
#include "base/error.h"
#include "base/memory.h"

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "model files are little-endian; this machine would need byte swaps here"
#endif

static const char file_magic[4] = {'G', 'B', 'T', '1'};

/* A member of every node. */
typedef struct file_member {
    size_t offset, size;
} file_member;

#define FILE_MEMBER(name)                                                                \
    {                                                                                    \
        offsetof(psn_gbdt_node, name), sizeof(((psn_gbdt_node *)0)->name)                \
    }
static const file_member file_members[] = {
    FILE_MEMBER(threshold),  FILE_MEMBER(feature), FILE_MEMBER(flags),
    FILE_MEMBER(left),       FILE_MEMBER(right),   FILE_MEMBER(set),
    FILE_MEMBER(set_groups), FILE_MEMBER(gain),    FILE_MEMBER(weight),
    FILE_MEMBER(count),      FILE_MEMBER(value)};
enum {
    FILE_MEMBERS = sizeof file_members / sizeof file_members[0],
    FILE_NODE_BYTES = 64
};

/* ---- writing */

static void file_put(psn_text *out, const void *bytes, size_t count, size_t size)
{
    if (count > 0) psn_text_append(out, bytes, count * size);
}

static void file_put_int(psn_text *out, int64_t value)
{
    const int32_t narrow = (int32_t)value;
    file_put(out, &narrow, 1, sizeof narrow);
}

static void file_put_feature(psn_text *out, const psn_gbdt_feature *feature)
{
    file_put_int(out, feature->category);
    if (!feature->category) return;
    file_put_int(out, feature->levels);
    file_put_int(out, feature->groups);
    file_put_int(out, feature->unseen);
    file_put_int(out, feature->group_of != NULL);
    if (feature->group_of != NULL) {
        file_put(out, feature->group_of, (size_t)feature->levels, sizeof(int32_t));
    }
}

int psn_gbdt_pack(psn_text *out, const psn_gbdt *model, persona_error *error)
{
    const int64_t nodes = model->tree_node[model->trees];
    const size_t leaves = (size_t)model->tree_leaf[model->trees];
    psn_text_append(out, file_magic, sizeof file_magic);
    file_put_int(out, model->features);
    file_put_int(out, model->outputs);
    file_put_int(out, model->trees);
    file_put_int(out, model->objective);
    file_put_int(out, model->set_words);
    file_put(out, &model->parameter, 1, sizeof model->parameter);
    file_put(out, model->base, (size_t)model->outputs, sizeof *model->base);
    for (int32_t f = 0; f < model->features; f++)
        file_put_feature(out, &model->feature[f]);
    for (int32_t t = 0; t < model->trees; t++) {
        file_put_int(out, model->tree_node[t + 1] - model->tree_node[t]);
    }
    for (int m = 0; m < FILE_MEMBERS; m++) {
        for (int64_t i = 0; i < nodes; i++) {
            const char *node = (const char *)&model->nodes[i];
            psn_text_append(out, node + file_members[m].offset, file_members[m].size);
        }
    }
    file_put(out, model->leaf_value, leaves, sizeof(double));
    file_put(out, model->leaf_weight, leaves, sizeof(double));
    file_put(out, model->leaf_count, leaves, sizeof(double));
    file_put(out, model->sets, (size_t)model->set_words, sizeof(uint64_t));
    return out->failed ? psn_fail_memory(error) : PERSONA_OK;
}

/* ---- reading */

typedef struct file_source {
    const char *bytes;
    size_t left;
    persona_error *error;
} file_source;

static int file_short(const file_source *source)
{
    return psn_fail(source->error, PERSONA_EFORMAT,
                    "damaged ensemble of trees: it ends early");
}

static int file_get(file_source *source, void *out, size_t count, size_t size)
{
    size_t bytes;
    if (!psn_size_mul(count, size, &bytes) || bytes > source->left) {
        return file_short(source);
    }
    if (bytes > 0) memcpy(out, source->bytes, bytes);
    source->bytes += bytes;
    source->left -= bytes;
    return PERSONA_OK;
}

static int file_get_int(file_source *source, int32_t *out)
{
    return file_get(source, out, 1, sizeof *out);
}

static int file_get_feature(file_source *source, psn_gbdt_feature *feature)
{
    int rc = PERSONA_OK;
    persona_error *error = source->error;
    int32_t mapped = 0;
    PSN_TRY(file_get_int(source, &feature->category));
    if (!feature->category) goto done;
    PSN_TRY(file_get_int(source, &feature->levels));
    PSN_TRY(file_get_int(source, &feature->groups));
    PSN_TRY(file_get_int(source, &feature->unseen));
    PSN_TRY(file_get_int(source, &mapped));
    if (!mapped) goto done;
    if (feature->levels < 0 || (size_t)feature->levels > source->left / sizeof(int32_t)) {
        PSN_TRY(file_short(source));
    }
    PSN_NEED(feature->group_of = psn_alloc((size_t)feature->levels, sizeof(int32_t)));
    PSN_TRY(
        file_get(source, feature->group_of, (size_t)feature->levels, sizeof(int32_t)));
done:
    return rc;
}

/* All trees at once: their nodes, leaves and sets must be in the bytes that are left. */
static int file_get_trees(file_source *source, psn_gbdt *model, int32_t trees,
                          int32_t words)
{
    int rc = PERSONA_OK;
    int64_t nodes = 0;
    for (int32_t t = 0; t < trees; t++) {
        int32_t count;
        PSN_TRY(file_get_int(source, &count));
        nodes += count;
        if (count < 0 || (uint64_t)nodes > source->left / FILE_NODE_BYTES ||
            (uint64_t)words > source->left / sizeof(uint64_t)) {
            PSN_TRY(file_short(source));
        }
        PSN_TRY(psn_gbdt_add_tree(model, count, t == 0 ? words : 0, source->error));
    }
    for (int m = 0; m < FILE_MEMBERS; m++) {
        for (int64_t i = 0; i < nodes; i++) {
            char *node = (char *)&model->nodes[i];
            PSN_TRY(
                file_get(source, node + file_members[m].offset, 1, file_members[m].size));
        }
    }
    const size_t leaves = (size_t)model->tree_leaf[model->trees];
    PSN_TRY(file_get(source, model->leaf_value, leaves, sizeof(double)));
    PSN_TRY(file_get(source, model->leaf_weight, leaves, sizeof(double)));
    PSN_TRY(file_get(source, model->leaf_count, leaves, sizeof(double)));
    PSN_TRY(file_get(source, model->sets, (size_t)model->set_words, sizeof(uint64_t)));
done:
    return rc;
}

int psn_gbdt_unpack(psn_gbdt **out, const void *bytes, size_t size, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_gbdt *model = NULL;
    file_source source = {bytes, size, error};
    char magic[4];
    int32_t counts[5];
    *out = NULL;
    PSN_TRY(file_get(&source, magic, 1, sizeof magic));
    if (memcmp(magic, file_magic, sizeof magic) != 0) {
        PSN_FAIL(error, PERSONA_EFORMAT, "damaged ensemble of trees: not one at all");
    }
    for (int i = 0; i < 5; i++) PSN_TRY(file_get_int(&source, &counts[i]));
    /* A feature and an output take bytes of their own, so may memory. */
    if (counts[0] < 1 || (size_t)counts[0] > source.left / 4 || counts[1] < 1 ||
        (size_t)counts[1] > source.left / 8 || counts[2] < 0 || counts[4] < 0) {
        PSN_TRY(file_short(&source));
    }
    PSN_TRY(psn_gbdt_new(&model, counts[0], counts[1], error));
    model->objective = counts[3];
    PSN_TRY(file_get(&source, &model->parameter, 1, sizeof model->parameter));
    PSN_TRY(file_get(&source, model->base, (size_t)model->outputs, sizeof(double)));
    for (int32_t f = 0; f < model->features; f++) {
        PSN_TRY(file_get_feature(&source, &model->feature[f]));
    }
    PSN_TRY(file_get_trees(&source, model, counts[2], counts[4]));
    if (source.left != 0) {
        PSN_FAIL(error, PERSONA_EFORMAT,
                 "damaged ensemble of trees: bytes after its end");
    }
    PSN_TRY(psn_gbdt_check(model, error));
    *out = model;
    model = NULL;
done:
    psn_gbdt_free(model);
    return rc;
}
