/* gbdt_import_xgboost_tree.c: the parallel lists of one tree of XGBoost's JSON. */
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "learn/gbdt_import_xgboost.h"

int psn_xgb_bad(const char *what, persona_error *error)
{
    return psn_fail(error, PERSONA_EFORMAT, "this is no XGBoost model: %s", what);
}

int psn_xgb_path(psn_json *out, psn_json from, const char *path)
{
    char name[64];
    *out = from;
    while (*path != '\0') {
        const size_t length = strcspn(path, ".");
        if (length >= sizeof name) return 0;
        memcpy(name, path, length);
        name[length] = '\0';
        if (!psn_json_find(out, *out, name)) return 0;
        path += length + (path[length] == '.');
    }
    return 1;
}

int64_t psn_xgb_count(psn_json learner, const char *path)
{
    psn_json value;
    int64_t count;
    if (!psn_xgb_path(&value, learner, path) || !psn_json_int(value, &count)) return 0;
    return count < 0 ? 0 : count;
}

void psn_xgb_tree_free(xgb_tree *tree)
{
    int32_t **const ints[] = {&tree->left,     &tree->right,        &tree->feature,
                              &tree->type,     &tree->default_left, &tree->cat_of,
                              &tree->cat_node, &tree->segment,      &tree->length,
                              &tree->code};
    for (size_t i = 0; i < sizeof ints / sizeof *ints; i++) psn_release(*ints[i]);
    psn_release(tree->condition);
    psn_release(tree->gain);
    psn_release(tree->hessian);
    *tree = (xgb_tree){0};
}

/* A list of whole numbers (or booleans); *count -1: any length, which it becomes. A
 * missing list is all 0 unless needed. */
static int xgb_ints(int32_t **out, int64_t *count, psn_json tree, const char *name,
                    int needed, persona_error *error)
{
    int rc = PERSONA_OK;
    int64_t i = 0, number;
    psn_json list, item;
    const int there = psn_json_find(&list, tree, name);
    if (!there && needed) return psn_xgb_bad(name, error);
    if (*count < 0) *count = there ? psn_json_count(list) : 0;
    PSN_NEED(*out = psn_alloc_zero((size_t)*count, sizeof **out));
    if (!there) return PERSONA_OK;
    for (int more = psn_json_first(&item, list); more; more = psn_json_next(&item), i++) {
        int flag;
        if (i >= *count) return psn_xgb_bad(name, error);
        if (psn_json_bool(item, &flag))
            number = flag;
        else if (!psn_json_int(item, &number) || number < INT32_MIN || number > INT32_MAX)
            return psn_xgb_bad(name, error);
        (*out)[i] = (int32_t)number;
    }
    if (i != *count) return psn_xgb_bad(name, error);
done:
    return rc;
}

static int xgb_reals(double **out, int64_t count, psn_json tree, const char *name,
                     int needed, persona_error *error)
{
    int rc = PERSONA_OK;
    int64_t i = 0;
    psn_json list, item;
    const int there = psn_json_find(&list, tree, name);
    if (!there && needed) return psn_xgb_bad(name, error);
    PSN_NEED(*out = psn_alloc_zero((size_t)count, sizeof **out));
    if (!there) return PERSONA_OK;
    for (int more = psn_json_first(&item, list); more; more = psn_json_next(&item), i++)
        if (i >= count || !psn_json_real(item, &(*out)[i]))
            return psn_xgb_bad(name, error);
    if (i != count) return psn_xgb_bad(name, error);
done:
    return rc;
}

static int xgb_read_codes(xgb_tree *tree, psn_json from, persona_error *error)
{
    int rc;
    tree->cats = tree->codes = -1;
    PSN_TRY(xgb_ints(&tree->cat_node, &tree->cats, from, "categories_nodes", 0, error));
    PSN_TRY(xgb_ints(&tree->segment, &tree->cats, from, "categories_segments", 0, error));
    PSN_TRY(xgb_ints(&tree->length, &tree->cats, from, "categories_sizes", 0, error));
    PSN_TRY(xgb_ints(&tree->code, &tree->codes, from, "categories", 0, error));
    PSN_NEED(tree->cat_of = psn_alloc((size_t)tree->nodes, sizeof *tree->cat_of));
    for (int64_t n = 0; n < tree->nodes; n++) tree->cat_of[n] = -1;
    for (int64_t c = 0; c < tree->cats; c++) {
        const int64_t node = tree->cat_node[c], first = tree->segment[c];
        if (node < 0 || node >= tree->nodes || first < 0 || tree->length[c] < 0 ||
            first + tree->length[c] > tree->codes)
            return psn_xgb_bad("categories of a tree", error);
        tree->cat_of[node] = (int32_t)c;
    }
    for (int64_t i = 0; i < tree->codes; i++)
        if (tree->code[i] < 0 || tree->code[i] >= XGB_CODES_MOST)
            return psn_xgb_bad("a code of a category", error);
done:
    return rc;
}

int psn_xgb_tree_read(xgb_tree *tree, psn_json from, persona_error *error)
{
    int rc;
    *tree = (xgb_tree){.nodes = -1};
    if (psn_xgb_count(from, "tree_param.size_leaf_vector") > 1)
        return psn_fail(error, PERSONA_EKIND,
                        "models with leaves of several outputs cannot be imported");
    PSN_TRY(xgb_ints(&tree->left, &tree->nodes, from, "left_children", 1, error));
    PSN_TRY(xgb_ints(&tree->right, &tree->nodes, from, "right_children", 1, error));
    PSN_TRY(xgb_ints(&tree->feature, &tree->nodes, from, "split_indices", 1, error));
    PSN_TRY(xgb_ints(&tree->type, &tree->nodes, from, "split_type", 0, error));
    PSN_TRY(xgb_ints(&tree->default_left, &tree->nodes, from, "default_left", 1, error));
    PSN_TRY(xgb_reals(&tree->condition, tree->nodes, from, "split_conditions", 1, error));
    PSN_TRY(xgb_reals(&tree->gain, tree->nodes, from, "loss_changes", 0, error));
    PSN_TRY(xgb_reals(&tree->hessian, tree->nodes, from, "sum_hessian", 0, error));
    PSN_TRY(xgb_read_codes(tree, from, error));
    if (tree->nodes < 1) return psn_xgb_bad("a tree without nodes", error);
done:
    return rc;
}
