/* gbdt_import_lightgbm.c: reads LightGBM's text models, versions 2 to 4.
 *
 * The file is lines of key=value: a head, then for each tree "Tree=N" and its arrays,
 * then "end of trees". A child >= 0 is a node, < 0 leaf ~child, and parents come first,
 * as here. decision_type: bit 0 category, bit 1 missing goes left, bits 2 and 3 what is
 * missing: 0 nothing (NaN is 0 then), 1 zero and NaN, 2 NaN. A category's threshold is
 * the number of its set: words cat_boundaries[i] .. cat_boundaries[i + 1] of
 * cat_threshold, 32 bits each, go left; all else, NaN too, goes right. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "learn/gbdt_import.h"

/* ---- lines */

typedef struct light_span {
    const char *at;
    size_t length;
} light_span;

typedef struct light_reader {
    const char *at, *end;
    int64_t line; /* of the line just read, from 1 */
    light_span key, value;
    int more; /* 0 at the end of the bytes */
} light_reader;

static void light_read_line(light_reader *in)
{
    in->more = in->at < in->end;
    in->key = in->value = (light_span){in->at, 0};
    if (!in->more) return;
    const size_t left = (size_t)(in->end - in->at);
    const char *stop = memchr(in->at, '\n', left);
    const char *next = stop == NULL ? in->end : stop + 1;
    if (stop == NULL) stop = in->end;
    if (stop > in->at && stop[-1] == '\r') stop--;
    const char *equals = memchr(in->at, '=', (size_t)(stop - in->at));
    in->key.length = (size_t)((equals == NULL ? stop : equals) - in->at);
    if (equals != NULL) in->value = (light_span){equals + 1, (size_t)(stop - equals - 1)};
    in->at = next;
    in->line++;
}

static int light_is(light_span span, const char *text)
{
    return span.length == strlen(text) && memcmp(span.at, text, span.length) == 0;
}

static int light_bad(const light_reader *in, const char *what, persona_error *error)
{
    return psn_fail_at(error, PERSONA_EFORMAT, in->line, "this is no LightGBM model: %s",
                       what);
}

/* The next word of a list; 0 at its end. */
static int light_word(light_span *list, light_span *word)
{
    while (list->length > 0 && *list->at == ' ') {
        list->at++;
        list->length--;
    }
    if (list->length == 0) return 0;
    const char *stop = memchr(list->at, ' ', list->length);
    *word =
        (light_span){list->at, stop == NULL ? list->length : (size_t)(stop - list->at)};
    list->at += word->length;
    list->length -= word->length;
    return 1;
}

static int64_t light_count_words(light_span list)
{
    int64_t count = 0;
    light_span word;
    while (light_word(&list, &word)) count++;
    return count;
}

static int light_next_real(light_span *list, double *out)
{
    light_span word;
    return light_word(list, &word) && psn_parse_real(word.at, word.length, '.', out);
}

static int light_next_int(light_span *list, int64_t low, int64_t high, int64_t *out)
{
    light_span word;
    return light_word(list, &word) && psn_parse_int(word.at, word.length, out) &&
           *out >= low && *out <= high;
}

/* ---- the head */

typedef struct light_head {
    int64_t classes, per_iteration, features;
    light_span objective, names;
    int average;
} light_head;

/* Up to the first "Tree=" or "end of trees", which stays in `in`. */
static int light_read_head(light_head *head, light_reader *in, persona_error *error)
{
    int64_t last = -1;
    *head = (light_head){.classes = 1, .per_iteration = 1};
    light_read_line(in);
    if (!light_is(in->key, "tree"))
        return light_bad(in, "it does not begin with tree", error);
    for (light_read_line(in); in->more; light_read_line(in)) {
        light_span value = in->value;
        int good = 1;
        if (light_is(in->key, "Tree") || light_is(in->key, "end of trees")) break;
        if (light_is(in->key, "num_class"))
            good = light_next_int(&value, 1, 65536, &head->classes);
        else if (light_is(in->key, "num_tree_per_iteration"))
            good = light_next_int(&value, 1, 65536, &head->per_iteration);
        else if (light_is(in->key, "max_feature_idx"))
            good = light_next_int(&value, 0, 1 << 20, &last);
        else if (light_is(in->key, "objective"))
            head->objective = value;
        else if (light_is(in->key, "feature_names"))
            head->names = value;
        else if (light_is(in->key, "average_output"))
            head->average = 1;
        if (!good) return light_bad(in, "a number of the head", error);
    }
    head->features = last + 1;
    if (head->features < 1 || light_count_words(head->names) != head->features)
        return light_bad(in, "feature_names and max_feature_idx do not agree", error);
    return PERSONA_OK;
}

static int light_read_names(psn_gbdt_names *names, light_span list, int32_t count,
                            persona_error *error)
{
    int rc;
    light_span word = {NULL, 0};
    PSN_TRY(psn_gbdt_names_open(names, count, error));
    for (int32_t i = 0; light_word(&list, &word); i++)
        PSN_TRY(psn_gbdt_names_set(names, i, word.at, word.length, error));
done:
    return rc;
}

/* ---- the objective */

typedef struct light_objective {
    const char *name;
    psn_gbdt_objective objective;
} light_objective;

static const light_objective light_objectives[] = {{"binary", PSN_GBDT_BINARY},
                                                   {"cross_entropy", PSN_GBDT_BINARY},
                                                   {"xentropy", PSN_GBDT_BINARY},
                                                   {"multiclass", PSN_GBDT_MULTICLASS},
                                                   {"regression", PSN_GBDT_SQUARED},
                                                   {"regression_l2", PSN_GBDT_SQUARED},
                                                   {"regression_l1", PSN_GBDT_ABSOLUTE},
                                                   {"quantile", PSN_GBDT_QUANTILE},
                                                   {"poisson", PSN_GBDT_POISSON},
                                                   {"gamma", PSN_GBDT_GAMMA},
                                                   {"tweedie", PSN_GBDT_TWEEDIE},
                                                   {"lambdarank", PSN_GBDT_LAMBDAMART},
                                                   {"rank_xendcg", PSN_GBDT_LAMBDAMART},
                                                   {"huber", PSN_GBDT_CUSTOM},
                                                   {"fair", PSN_GBDT_CUSTOM},
                                                   {"mape", PSN_GBDT_CUSTOM},
                                                   {"custom", PSN_GBDT_CUSTOM},
                                                   {"none", PSN_GBDT_CUSTOM}};

/* "binary sigmoid:1", "tweedie tweedie_variance_power:1.5", "regression sqrt". */
static int light_read_objective(psn_gbdt *model, double *scale, light_span text,
                                const light_reader *in, persona_error *error)
{
    light_span word = {"custom", 6};
    const size_t known = sizeof light_objectives / sizeof *light_objectives;
    size_t i = 0;
    light_word(&text, &word);
    while (i < known && !light_is(word, light_objectives[i].name)) i++;
    if (i == known)
        return psn_fail_at(error, PERSONA_EKIND, in->line,
                           "models of this objective of LightGBM cannot be imported");
    model->objective = light_objectives[i].objective;
    while (light_word(&text, &word)) {
        const char *colon = memchr(word.at, ':', word.length);
        double value;
        if (light_is(word, "sqrt"))
            return psn_fail_at(error, PERSONA_EKIND, in->line,
                               "models with reg_sqrt cannot be imported");
        if (colon == NULL) continue;
        const light_span name = {word.at, (size_t)(colon - word.at)};
        const size_t length = word.length - name.length - 1;
        if (!psn_parse_real(colon + 1, length, '.', &value) || !isfinite(value))
            return light_bad(in, "a number of the objective", error);
        if (light_is(name, "sigmoid")) *scale = value;
        if (light_is(name, "alpha") || light_is(name, "tweedie_variance_power"))
            model->parameter = value;
    }
    if (!(*scale > 0)) return light_bad(in, "sigmoid", error);
    return PERSONA_OK;
}

/* ---- trees */

enum {
    LIGHT_FEATURE,
    LIGHT_GAIN,
    LIGHT_THRESHOLD,
    LIGHT_DECISION,
    LIGHT_LEFT,
    LIGHT_RIGHT,
    LIGHT_VALUE,
    LIGHT_WEIGHT,
    LIGHT_COUNT,
    LIGHT_NODE_VALUE,
    LIGHT_NODE_WEIGHT,
    LIGHT_NODE_COUNT,
    LIGHT_BOUNDARIES,
    LIGHT_SETS,
    LIGHT_LISTS
};

static const char *const light_keys[LIGHT_LISTS] = {
    "split_feature",  "split_gain",     "threshold",       "decision_type",
    "left_child",     "right_child",    "leaf_value",      "leaf_weight",
    "leaf_count",     "internal_value", "internal_weight", "internal_count",
    "cat_boundaries", "cat_threshold"};

typedef struct light_tree {
    int64_t leaves, sets;
    light_span list[LIGHT_LISTS];
    int64_t line;
} light_tree;

/* Lines of one tree; the line after it stays in `in`. */
static int light_read_tree(light_tree *tree, light_reader *in, persona_error *error)
{
    *tree = (light_tree){.line = in->line};
    for (light_read_line(in); in->more; light_read_line(in)) {
        light_span value = in->value;
        int64_t number = 0;
        int good = 1;
        if (light_is(in->key, "Tree") || light_is(in->key, "end of trees")) break;
        if (light_is(in->key, "num_leaves"))
            good = light_next_int(&value, 1, INT32_MAX - 1, &tree->leaves);
        else if (light_is(in->key, "num_cat"))
            good = light_next_int(&value, 0, INT32_MAX - 1, &tree->sets);
        else if (light_is(in->key, "is_linear"))
            good = light_next_int(&value, 0, 1, &number);
        if (!good) return light_bad(in, "a number of a tree", error);
        if (number == 1)
            return psn_fail_at(error, PERSONA_EKIND, in->line,
                               "models with linear trees cannot be imported");
        for (int i = 0; i < LIGHT_LISTS; i++)
            if (light_is(in->key, light_keys[i])) tree->list[i] = value;
    }
    /* A number is at least a digit and a space: no more leaves than that are believed. */
    if (tree->leaves < 1 || (size_t)tree->leaves > tree->list[LIGHT_VALUE].length / 2 + 1)
        return light_bad(in, "num_leaves", error);
    return PERSONA_OK;
}

/* The set of a category: bit c of the words says that code c goes left. */
static int light_fill_set(psn_gbdt *model, psn_gbdt_node *node, const int64_t *start,
                          const uint32_t *words, int64_t set, int64_t base)
{
    psn_gbdt_feature *feature = &model->feature[node->feature];
    const int64_t count = start[set + 1] - start[set];
    node->set = (int32_t)(base + (start[set] + set + 1) / 2);
    node->set_groups = (int32_t)(32 * count);
    for (int64_t w = 0; w < count; w++)
        model->sets[node->set + w / 2] |= (uint64_t)words[start[set] + w] << 32 * (w % 2);
    feature->category = 1;
    feature->unseen = -1;
    if (feature->levels < node->set_groups) feature->levels = node->set_groups;
    feature->groups = feature->levels;
    return 1;
}

typedef struct light_sets {
    int64_t *start; /* sets + 1 */
    uint32_t *words;
} light_sets;

static int light_read_sets(light_sets *sets, const light_tree *tree, persona_error *error)
{
    int rc = PERSONA_OK;
    light_span starts = tree->list[LIGHT_BOUNDARIES], list = tree->list[LIGHT_SETS];
    const int64_t count = light_count_words(list);
    int64_t before = 0, word = 0;
    if (tree->sets == 0) return PERSONA_OK;
    int good = tree->sets < (int64_t)starts.length && count < INT32_MAX / 32;
    PSN_NEED(sets->start = psn_alloc(good ? (size_t)tree->sets + 1 : 1, sizeof(int64_t)));
    PSN_NEED(sets->words = psn_alloc((size_t)count, sizeof(uint32_t)));
    for (int64_t i = 0; good && i <= tree->sets; i++) {
        good = light_next_int(&starts, before, count, &sets->start[i]) &&
               (i > 0 || sets->start[0] == 0);
        before = sets->start[i];
    }
    for (int64_t i = 0; good && i < count; i++) {
        good = light_next_int(&list, 0, UINT32_MAX, &word);
        sets->words[i] = (uint32_t)word;
    }
    if (!good)
        rc = psn_fail_at(error, PERSONA_EFORMAT, tree->line,
                         "this is no LightGBM model: sets of categories");
done:
    return rc;
}

/* An optional list: 0 where there is none; what is not finite becomes 0. */
static int light_optional(light_span *list, double *out)
{
    *out = 0;
    if (list->length == 0) return 1;
    if (!light_next_real(list, out)) return 0;
    if (!isfinite(*out)) *out = 0;
    return 1;
}

static int light_fill_node(psn_gbdt *model, psn_gbdt_node *node, light_span *list,
                           const light_tree *tree, const light_sets *sets, int64_t base)
{
    int64_t feature, decision, left, right;
    const int64_t leaves = tree->leaves;
    if (!light_next_int(&list[LIGHT_FEATURE], 0, model->features - 1, &feature) ||
        !light_next_int(&list[LIGHT_DECISION], 0, 15, &decision) ||
        !light_next_int(&list[LIGHT_LEFT], -leaves, leaves - 2, &left) ||
        !light_next_int(&list[LIGHT_RIGHT], -leaves, leaves - 2, &right) ||
        !light_next_real(&list[LIGHT_THRESHOLD], &node->threshold) ||
        !light_optional(&list[LIGHT_GAIN], &node->gain) ||
        !light_optional(&list[LIGHT_NODE_VALUE], &node->value) ||
        !light_optional(&list[LIGHT_NODE_WEIGHT], &node->weight) ||
        !light_optional(&list[LIGHT_NODE_COUNT], &node->count) || isnan(node->threshold))
        return 0;
    node->feature = (int32_t)feature;
    node->left = (int32_t)left;
    node->right = (int32_t)right;
    if (decision & 1) {
        const double set = node->threshold;
        node->flags = PSN_GBDT_CATEGORY;
        node->threshold = 0;
        return set >= 0 && set < (double)tree->sets && set == floor(set) &&
               light_fill_set(model, node, sets->start, sets->words, (int64_t)set, base);
    }
    const int missing = (int)decision >> 2, left_too = ((int)decision & 2) != 0;
    if (missing == 0 ? 0 <= node->threshold : left_too) node->flags |= PSN_GBDT_LEFT;
    if (missing == 1) node->flags |= PSN_GBDT_ZERO_MISSING;
    return missing <= 2;
}

static int light_fill_tree(psn_gbdt *model, const light_tree *tree, double scale,
                           persona_error *error)
{
    int rc = PERSONA_OK, good = 1;
    light_span list[LIGHT_LISTS];
    light_sets sets = {NULL, NULL};
    const int64_t base = model->set_words, nodes = tree->leaves - 1;
    memcpy(list, tree->list, sizeof list);
    PSN_TRY(light_read_sets(&sets, tree, error));
    /* Two 32-bit words make one; every set may waste half a word. */
    const int64_t words =
        tree->sets == 0 ? 0 : sets.start[tree->sets] / 2 + tree->sets + 1;
    PSN_TRY(psn_gbdt_add_tree(model, (int32_t)nodes, words, error));
    const int32_t t = model->trees - 1;
    psn_gbdt_node *node = model->nodes + model->tree_node[t];
    const int64_t leaf = model->tree_leaf[t];
    for (int64_t n = 0; good && n < nodes; n++) {
        good = light_fill_node(model, &node[n], list, tree, &sets, base);
        node[n].value *= scale;
    }
    for (int64_t l = 0; good && l <= nodes; l++) {
        good = light_next_real(&list[LIGHT_VALUE], &model->leaf_value[leaf + l]) &&
               light_optional(&list[LIGHT_WEIGHT], &model->leaf_weight[leaf + l]) &&
               light_optional(&list[LIGHT_COUNT], &model->leaf_count[leaf + l]);
        model->leaf_value[leaf + l] *= scale;
    }
    if (!good)
        PSN_FAIL(error, PERSONA_EFORMAT, "this is no LightGBM model: a list of tree %d",
                 (int)t);
    if (tree->list[LIGHT_NODE_VALUE].length == 0) psn_gbdt_import_means(model, t);
done:
    psn_release(sets.start);
    psn_release(sets.words);
    return rc;
}

/* average_output: scores are means over the iterations. */
static void light_average(psn_gbdt *model)
{
    const double iterations = (double)(model->trees / model->outputs);
    for (int64_t n = 0; n < model->tree_node[model->trees]; n++)
        model->nodes[n].value /= iterations;
    for (int64_t l = 0; l < model->tree_leaf[model->trees]; l++)
        model->leaf_value[l] /= iterations;
}

int psn_gbdt_import_lightgbm(psn_gbdt **out, psn_gbdt_names *names, const void *bytes,
                             size_t size, persona_error *error)
{
    int rc;
    light_head head;
    double scale = 1;
    psn_gbdt *model = NULL;
    light_reader in = {.at = bytes, .end = (const char *)bytes + size};
    *out = NULL;
    PSN_TRY(light_read_head(&head, &in, error));
    PSN_TRY(
        psn_gbdt_new(&model, (int32_t)head.features, (int32_t)head.per_iteration, error));
    PSN_TRY(light_read_objective(model, &scale, head.objective, &in, error));
    if (model->objective == PSN_GBDT_MULTICLASS
            ? head.per_iteration != head.classes
            : head.per_iteration != 1 && model->objective != PSN_GBDT_CUSTOM)
        PSN_TRY(
            light_bad(&in, "num_class and num_tree_per_iteration do not agree", error));
    while (in.more && light_is(in.key, "Tree")) {
        light_tree tree;
        PSN_TRY(light_read_tree(&tree, &in, error));
        PSN_TRY(light_fill_tree(model, &tree, scale, error));
    }
    if (!in.more) PSN_TRY(light_bad(&in, "it has no \"end of trees\"", error));
    if (head.average && model->trees > 0) light_average(model);
    PSN_TRY(psn_gbdt_check(model, error));
    if (names != NULL)
        PSN_TRY(light_read_names(names, head.names, (int32_t)head.features, error));
    *out = model;
    model = NULL;
done:
    if (rc != PERSONA_OK && names != NULL) psn_gbdt_names_free(names);
    psn_gbdt_free(model);
    return rc;
}
