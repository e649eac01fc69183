/* gbdt_import.c: what the importers share. */
#include "learn/gbdt_import.h"

#include "base/error.h"
#include "base/memory.h"

void psn_gbdt_names_free(psn_gbdt_names *names)
{
    for (int32_t i = 0; names->name != NULL && i < names->count; i++)
        psn_release(names->name[i]);
    psn_release(names->name);
    *names = (psn_gbdt_names){0};
}

int psn_gbdt_names_open(psn_gbdt_names *names, int32_t count, persona_error *error)
{
    int rc = PERSONA_OK;
    PSN_NEED(names->name = psn_alloc_zero((size_t)count, sizeof *names->name));
    names->count = count;
done:
    return rc;
}

int psn_gbdt_names_set(psn_gbdt_names *names, int32_t i, const char *bytes, size_t length,
                       persona_error *error)
{
    int rc = PERSONA_OK;
    psn_release(names->name[i]);
    PSN_NEED(names->name[i] = psn_copy_text(bytes, length));
done:
    return rc;
}

static double import_value(const psn_gbdt *model, int64_t node, int64_t leaf,
                           int32_t child, double *count)
{
    *count =
        child >= 0 ? model->nodes[node + child].count : model->leaf_count[leaf + ~child];
    return child >= 0 ? model->nodes[node + child].value
                      : model->leaf_value[leaf + ~child];
}

void psn_gbdt_import_means(psn_gbdt *model, int32_t tree)
{
    const int64_t first = model->tree_node[tree], leaf = model->tree_leaf[tree];
    for (int64_t n = model->tree_node[tree + 1] - 1; n >= first; n--) {
        double a, b;
        psn_gbdt_node *node = &model->nodes[n];
        const double left = import_value(model, first, leaf, node->left, &a);
        const double right = import_value(model, first, leaf, node->right, &b);
        node->value =
            a + b > 0 ? left + (right - left) * (b / (a + b)) : (left + right) / 2;
    }
}
