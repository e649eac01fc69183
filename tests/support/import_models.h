/* import_models.h: small models as LightGBM and XGBoost write them. */
#ifndef TESTS_IMPORT_MODELS_H
#define TESTS_IMPORT_MODELS_H

/* Tree 0: price <= 10.5 ? (kind in {1, 33} ? 1 : 2) : 3; price missing goes left, kind
 * missing right. Tree 1: a leaf. */
static const char light_model[] =
    "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\n"
    "max_feature_idx=1\nobjective=binary sigmoid:1\nfeature_names=price kind\n"
    "feature_infos=[0:99] 1:2:33\ntree_sizes=500 100\n\n"
    "Tree=0\nnum_leaves=3\nnum_cat=1\nsplit_feature=0 1\nsplit_gain=9 4\n"
    "threshold=10.5 0\ndecision_type=10 1\nleft_child=1 -1\nright_child=-3 -2\n"
    "leaf_value=1 2 3\nleaf_weight=5 5 10\nleaf_count=20 20 40\n"
    "internal_value=2.25 1.5\ninternal_weight=0 10\ninternal_count=80 40\n"
    "cat_boundaries=0 2\ncat_threshold=2 2\nis_linear=0\nshrinkage=1\n\n\n"
    "Tree=1\nnum_leaves=1\nnum_cat=0\nsplit_feature=\nsplit_gain=\nthreshold=\n"
    "decision_type=\nleft_child=\nright_child=\nleaf_value=0.5\nleaf_weight=\n"
    "leaf_count=\ninternal_value=\ninternal_weight=\ninternal_count=\nis_linear=0\n"
    "shrinkage=1\n\n\nend of trees\n\nfeature_importances:\nprice=1\n\nparameters:\n"
    "end of parameters\n\npandas_categorical:null\n";

/* price < 2.5 ? (kind in {1, 3} ? right: 2 : left: 1) : 4; both missing go right. Base
 * .5. */
static const char xgb_model_json[] =
    "{\"learner\":{\"attributes\":{},\"feature_names\":[\"price\",\"kind\"],"
    "\"feature_types\":[\"float\",\"c\"],\"gradient_booster\":{\"model\":{"
    "\"gbtree_model_param\":{\"num_parallel_tree\":\"1\",\"num_trees\":\"1\"},"
    "\"tree_info\":[0],\"trees\":[{\"base_weights\":[0,0,4,1,2],"
    "\"categories\":[1,3],\"categories_nodes\":[1],\"categories_segments\":[0],"
    "\"categories_sizes\":[2],\"default_left\":[0,0,0,0,0],\"id\":0,"
    "\"left_children\":[1,3,-1,-1,-1],\"loss_changes\":[7,3,0,0,0],"
    "\"parents\":[2147483647,0,0,1,1],\"right_children\":[2,4,-1,-1,-1],"
    "\"split_conditions\":[2.5,0,4,1,2],\"split_indices\":[0,1,0,0,0],"
    "\"split_type\":[0,1,0,0,0],\"sum_hessian\":[8,4,4,1,3],"
    "\"tree_param\":{\"num_deleted\":\"0\",\"num_feature\":\"2\",\"num_nodes\":\"5\","
    "\"size_leaf_vector\":\"1\"}}]},\"name\":\"gbtree\"},"
    "\"learner_model_param\":{\"base_score\":\"[5E-1]\",\"boost_from_average\":\"1\","
    "\"num_class\":\"0\",\"num_feature\":\"2\",\"num_target\":\"1\"},"
    "\"objective\":{\"name\":\"reg:squarederror\"}},\"version\":[3,2,0]}";

#endif
