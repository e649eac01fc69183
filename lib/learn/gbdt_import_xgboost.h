/* gbdt_import_xgboost.h: a tree of XGBoost's JSON as lists; between the files of this
 * importer. */
#ifndef PSN_LEARN_GBDT_IMPORT_XGBOOST_H
#define PSN_LEARN_GBDT_IMPORT_XGBOOST_H

#include <stdint.h>
#include "persona/types.h"
#include "text/json.h"

enum { XGB_CODES_MOST = 1 << 24 };

typedef struct xgb_tree {
    int64_t nodes;
    int32_t *left, *right, *feature, *type, *default_left;
    double *condition, *gain, *hessian;
    int64_t cats;    /* nodes that have a list of codes */
    int32_t *cat_of; /* of each node, -1 */
    int32_t *cat_node, *segment, *length;
    int64_t codes;
    int32_t *code;
} xgb_tree;

/* After a failure the tree is to be freed too. All lists of nodes have the same length,
 * codes lie in 0 .. XGB_CODES_MOST - 1; children and features are not checked. */
int psn_xgb_tree_read(xgb_tree *tree, psn_json from, persona_error *error);
void psn_xgb_tree_free(xgb_tree *tree);

int psn_xgb_bad(const char *what, persona_error *error);
/* Follows names, separated by dots, from an object. */
int psn_xgb_path(psn_json *out, psn_json from, const char *path);
/* The whole number at a path; 0 where there is none. */
int64_t psn_xgb_count(psn_json learner, const char *path);

#endif
