/* fraud_schema.c: the options of the fraud scorer, the single source of their names,
 * types, defaults, bounds and docs. */
#include "shop/fraud/fraud.h"

#define FRAUD_WHOLE 9007199254740991.0

#define FRAUD_COSTS(from, truth)                                                         \
    {"margin",                                                                           \
     PSN_OPTION_REAL,                                                                    \
     from("0.25"),                                                                       \
     0,                                                                                  \
     1,                                                                                  \
     NULL,                                                                               \
     "share",                                                                            \
     "Share of the amount that a good order earns",                                      \
     "0.2"},                                                                             \
        {"fee",       PSN_OPTION_REAL,                                                   \
         from("0.1"), 0,                                                                 \
         100,         NULL,                                                              \
         "share",     "Share of the amount that a fraud costs beside the amount",        \
         "0.2"},                                                                         \
        {"fixed_fee", PSN_OPTION_REAL,                                                   \
         from("15"),  0,                                                                 \
         1e15,        NULL,                                                              \
         "money",     "What each fraud costs besides, as the fee of a chargeback",       \
         "0.2"},                                                                         \
        {"insult",  PSN_OPTION_REAL,                                                     \
         from("5"), 0,                                                                   \
         1e15,      NULL,                                                                \
         "money",   "What turning a good customer away costs beside the margin",         \
         "0.2"},                                                                         \
        {"review_cost", PSN_OPTION_REAL,                                                 \
         from("3"),     0,                                                               \
         1e15,          NULL,                                                            \
         "money",       "What looking at one order costs",                               \
         "0.2"},                                                                         \
        {"review_miss",                                                                  \
         PSN_OPTION_REAL,                                                                \
         from("0.1"),                                                                    \
         0,                                                                              \
         1,                                                                              \
         NULL,                                                                           \
         "share",                                                                        \
         "Share of frauds that a reviewer lets pass",                                    \
         "0.2"},                                                                         \
        {"review_wrong",                                                                 \
         PSN_OPTION_REAL,                                                                \
         from("0.02"),                                                                   \
         0,                                                                              \
         1,                                                                              \
         NULL,                                                                           \
         "share",                                                                        \
         "Share of good orders that a reviewer refuses",                                 \
         "0.2"},                                                                         \
        {"review", PSN_OPTION_BOOL,                                                      \
         truth,    0,                                                                    \
         0,        NULL,                                                                 \
         "",       "Whether somebody can look at orders; false: accept or block",        \
         "0.2"},                                                                         \
        {"review_from",                                                                  \
         PSN_OPTION_REAL,                                                                \
         "auto",                                                                         \
         0,                                                                              \
         2,                                                                              \
         NULL,                                                                           \
         "probability",                                                                  \
         "Probability from which orders are reviewed; auto: by cost and amount",         \
         "0.2"},                                                                         \
        {"block_from",                                                                   \
         PSN_OPTION_REAL,                                                                \
         "auto",                                                                         \
         0,                                                                              \
         2,                                                                              \
         NULL,                                                                           \
         "probability",                                                                  \
         "Probability from which orders are blocked; auto: by cost and amount",          \
         "0.2"},                                                                         \
    {                                                                                    \
        "usual_amount", PSN_OPTION_REAL, "auto", 0, 1e15, NULL, "money",                 \
            "Amount of an order that does not tell; auto: the median of the fit, or "    \
            "100",                                                                       \
            "0.2"                                                                        \
    }

#define FRAUD_IN_FIT(value)   value
#define FRAUD_IN_QUERY(value) "auto"

static const psn_option fraud_fit_options[] = {
    {"column.*", PSN_OPTION_TEXT, "", 0, 0, NULL, "",
     "Column of a role: label time user order value price quantity weight; none: there "
     "is "
     "none",
     "0.2"},
    {"positive", PSN_OPTION_TEXT, "auto", 0, 0, NULL, "",
     "The value of the label that means fraud; auto: 1, true, yes, or the rarer one",
     "0.2"},
    {"features", PSN_OPTION_LIST, "auto", 0, 0, NULL, "",
     "Columns to learn from; auto takes all that serve", "0.2"},
    {"exclude", PSN_OPTION_LIST, "", 0, 0, NULL, "", "Columns not to learn from", "0.2"},
    {"categories", PSN_OPTION_LIST, "", 0, 0, NULL, "",
     "Columns of numbers that are codes of categories", "0.2"},
    {"min_level_rows", PSN_OPTION_INT, "auto", 1, 1000000, NULL, "rows",
     "Levels of a category with fewer rows count as one and are not stored; auto: 2 to "
     "10 by "
     "the number of rows",
     "0.2"},
    {"monotone.*", PSN_OPTION_INT, "", -1, 1, NULL, "",
     "1: the risk may only rise with this number; -1: only fall", "0.2"},
    {"algorithm", PSN_OPTION_CHOICE, "auto", 0, 0, "auto gbdt logistic iforest", "",
     "What learns; auto: trees, blended with logistic regression where that helps; "
     "without "
     "labels the isolation forest",
     "0.2"},
    {"anomaly", PSN_OPTION_CHOICE, "none", 0, 0, "none blend", "",
     "blend: the isolation forest has a say beside what learnt from labels", "0.2"},
    {"validation", PSN_OPTION_CHOICE, "auto", 0, 0, "auto time order random", "",
     "What choices are made on: the last rows by time, the last rows of the table, or "
     "random "
     "folds; auto: time where there is a column of role time",
     "0.2"},
    {"validation_share", PSN_OPTION_REAL, "0.2", 0.01, 0.9, NULL, "share",
     "Share of the rows that validate", "0.2"},
    {"refit", PSN_OPTION_BOOL, "true", 0, 0, NULL, "",
     "Whether the model learns again from all rows once the choices are made", "0.2"},
    {"prevalence", PSN_OPTION_REAL, "auto", 1e-9, 0.999999999, NULL, "share",
     "Share of frauds among the orders to come, if it is not that of the table (as when "
     "good orders were left out)",
     "0.2"},
    {"calibrate", PSN_OPTION_CHOICE, "auto", 0, 0, "auto none platt beta isotonic", "",
     "How scores become probabilities; auto: by time Platt's, else the best on random "
     "folds, none unless it helps",
     "0.2"},
    {"search", PSN_OPTION_INT, "auto", 1, 1000, NULL, "trials",
     "Settings of the trees that are tried on validation", "0.2"},
    {"blend", PSN_OPTION_INT, "auto", 1, 100, NULL, "settings",
     "At most so many of the best settings are averaged, where that helps; auto: 3",
     "0.2"},
    {"gbdt.rounds", PSN_OPTION_INT, "auto", 1, 100000, NULL, "trees",
     "Most trees; early stopping may keep fewer", "0.2"},
    {"gbdt.learning_rate", PSN_OPTION_REAL, "auto", 1e-4, 1, NULL, "",
     "How much each tree counts", "0.2"},
    {"gbdt.growth", PSN_OPTION_CHOICE, "auto", 0, 0, "auto leaf_wise symmetric", "",
     "How trees grow; auto: both are tried", "0.2"},
    {"gbdt.num_leaves", PSN_OPTION_INT, "auto", 2, 4096, NULL, "leaves",
     "Most leaves of a tree", "0.2"},
    {"gbdt.max_depth", PSN_OPTION_INT, "auto", 0, 64, NULL, "splits",
     "Deepest path of a tree; 0: no limit", "0.2"},
    {"gbdt.min_data_in_leaf", PSN_OPTION_INT, "auto", 1, 1000000000, NULL, "rows",
     "Fewest rows of a leaf", "0.2"},
    {"gbdt.min_sum_hessian", PSN_OPTION_REAL, "auto", 0, 1e15, NULL, "",
     "Least sum of hessians of a leaf", "0.2"},
    {"gbdt.lambda_l2", PSN_OPTION_REAL, "auto", 0, 1e15, NULL, "",
     "Ridge on the values of leaves", "0.2"},
    {"gbdt.tree_columns", PSN_OPTION_REAL, "auto", 0.001, 1, NULL, "share",
     "Share of the features that a tree may use", "0.2"},
    {"gbdt.node_columns", PSN_OPTION_REAL, "auto", 0.001, 1, NULL, "share",
     "Share of those that a split may use", "0.2"},
    {"gbdt.row_fraction", PSN_OPTION_REAL, "auto", 0.001, 1, NULL, "share",
     "Share of the rows that a tree sees", "0.2"},
    {"gbdt.early_stopping", PSN_OPTION_INT, "auto", 0, 100000, NULL, "rounds",
     "Rounds without a better validation loss that end the training; 0: all rounds",
     "0.2"},
    {"gbdt.max_bins", PSN_OPTION_INT, "auto", 2, 255, NULL, "bins",
     "Bins of a number, one for missing values included; auto: 127 below 30,000 rows, "
     "else "
     "255",
     "0.2"},
    {"logistic.l2", PSN_OPTION_REAL, "auto", 0, 1e15, NULL, "",
     "Ridge of the logistic regression; auto: chosen on validation", "0.2"},
    {"iforest.trees", PSN_OPTION_INT, "100", 1, 10000, NULL, "trees",
     "Trees of the isolation forest", "0.2"},
    {"iforest.sample", PSN_OPTION_INT, "256", 2, 32768, NULL, "rows",
     "Rows that each of them sees", "0.2"},
    {"iforest.gain", PSN_OPTION_REAL, "0", 0, 1, NULL, "share",
     "Share of its splits that are chosen by gain", "0.2"},
    FRAUD_COSTS(FRAUD_IN_FIT, "true"),
    {"draws", PSN_OPTION_INT, "200", 2, 100000, NULL, "draws",
     "Bootstrap draws of the intervals in the report", "0.2"},
    {"seed", PSN_OPTION_INT, "0", 0, FRAUD_WHOLE, NULL, "",
     "Seed of the random numbers; the same seed gives the same model", "0.2"},
    {"threads", PSN_OPTION_INT, "1", 1, 256, NULL, "threads",
     "Threads of the fit; the result does not depend on it", "0.2"},
    {"max_bytes", PSN_OPTION_INT, "auto", 1, FRAUD_WHOLE, NULL, "bytes",
     "Refuses a fit that would take more memory than this beside the table", "0.2"},
    {"dry_run", PSN_OPTION_BOOL, "false", 0, 0, NULL, "",
     "Only notes the memory that the fit would take", "0.2"},
};

static const psn_option fraud_query_options[] = {
    {"reasons", PSN_OPTION_INT, "3", 0, 100, NULL, "reasons",
     "Reasons told for each row of a table, or rows of an explanation (0: all)", "0.2"},
    {"exact", PSN_OPTION_BOOL, "false", 0, 0, NULL, "",
     "Exact Shapley values for the reasons, some ten times the time; false: by the paths "
     "in "
     "the trees",
     "0.2"},
    FRAUD_COSTS(FRAUD_IN_QUERY, ""),
    {"threads", PSN_OPTION_INT, "1", 1, 256, NULL, "threads",
     "Threads that score a table; the result does not depend on it", "0.2"},
};

static const psn_option fraud_import_options[] = {
    {"column.*", PSN_OPTION_TEXT, "", 0, 0, NULL, "",
     "Column of the model that has a role: value, or price and quantity", "0.2"},
    FRAUD_COSTS(FRAUD_IN_FIT, "true"),
    {"max_bytes", PSN_OPTION_INT, "1073741824", 1, FRAUD_WHOLE, NULL, "bytes",
     "Refuses a larger file", "0.2"},
};

static const psn_option fraud_evaluate_options[] = {
    {"split", PSN_OPTION_CHOICE, "auto", 0, 0, "auto time order every5th random none", "",
     "Rows that are scored and not learnt from: the last by time, the last of the table, "
     "every fifth, or random ones; auto: time where there is such a column, else random; "
     "none: a model that is given scores the whole table",
     "0.2"},
    {"test_share", PSN_OPTION_REAL, "0.2", 0.01, 0.9, NULL, "share",
     "Share of the rows that are scored", "0.2"},
    {"metrics", PSN_OPTION_LIST, "auto", 0, 0, NULL, "",
     "Of: rows frauds auc average_precision log_loss brier ece recall_at_1pct_fpr "
     "recall_at_5pct_fpr precision_at_1pct cost cost_accepting_all reviewed blocked; "
     "auto: "
     "all",
     "0.2"},
    {"level", PSN_OPTION_REAL, "0.95", 0.5, 0.999, NULL, "share",
     "Confidence of the intervals", "0.2"},
    {"draws", PSN_OPTION_INT, "1000", 2, 100000, NULL, "draws",
     "Bootstrap draws of the intervals", "0.2"},
    {"split_seed", PSN_OPTION_INT, "0", 0, FRAUD_WHOLE, NULL, "",
     "Seed of a random split and of the draws", "0.2"},
};

const psn_schema psn_fraud_fit_schema = {"fraud_scorer.fit", fraud_fit_options,
                                         sizeof fraud_fit_options /
                                             sizeof fraud_fit_options[0]};
const psn_schema psn_fraud_query_schema = {"fraud_scorer.query", fraud_query_options,
                                           sizeof fraud_query_options /
                                               sizeof fraud_query_options[0]};
const psn_schema psn_fraud_evaluate_schema = {
    "fraud_scorer.evaluate", fraud_evaluate_options,
    sizeof fraud_evaluate_options / sizeof fraud_evaluate_options[0]};
const psn_schema psn_fraud_import_schema = {"fraud_scorer.import", fraud_import_options,
                                            sizeof fraud_import_options /
                                                sizeof fraud_import_options[0]};
