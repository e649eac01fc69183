/* recommend_schema_evaluate.c: the options of the evaluation, the single source of their
 * names, types, defaults, bounds and docs. */
#include "shop/recommend/recommend_model.h"

static const psn_option evaluate_options[] = {
    {"split", PSN_OPTION_CHOICE, "auto", 0, 0, "auto last time session random", "",
     "What is asked: the last event (or order) of each user; all that came after a "
     "moment; "
     "every next event of the newest sessions; random events; auto: time where there are "
     "times, session where there are sessions only, random where order says nothing",
     "0.3"},
    {"share", PSN_OPTION_REAL, "auto", 0.001, 0.9, NULL, "share",
     "Of the events (session: of the sessions) that are asked and not learnt from; auto: "
     "0.2, sessions 0.1",
     "0.3"},
    {"cases", PSN_OPTION_INT, "10000", 0, 1e9, NULL, "cases",
     "Most users (session: events) that are asked, evenly over all; 0: all", "0.3"},
    {"question", PSN_OPTION_CHOICE, "for_you", 0, 0, "for_you buy_again", "",
     "What is asked of the model", "0.3"},
    {"k", PSN_OPTION_LIST, "10,20", 0, 0, NULL, "items",
     "Lengths of lists to measure, at most 8", "0.3"},
    {"metrics", PSN_OPTION_LIST, "auto", 0, 0, NULL, "",
     "Of: recall recall_min precision hit_rate ndcg mrr map coverage novelty diversity "
     "popularity_bias gini short_lists; auto: all",
     "0.3"},
    {"against", PSN_OPTION_CHOICE, "none", 0, 0,
     "none auto als ease item_knn rp3beta bought_together sequence directed_ridge "
     "session_knn popular content",
     "",
     "An algorithm that learns from the same events, to be compared on the same cases",
     "0.3"},
    {"level", PSN_OPTION_REAL, "0.95", 0.5, 0.999, NULL, "share",
     "Confidence of the intervals", "0.3"},
    {"draws", PSN_OPTION_INT, "1000", 2, 100000, NULL, "draws",
     "Bootstrap draws of the intervals", "0.3"},
    {"split_seed", PSN_OPTION_INT, "1", 0, 9007199254740991.0, NULL, "",
     "Seed of a random split and of the draws", "0.3"},
};
const psn_schema psn_recommend_evaluate_schema = {
    "recommender.evaluate", evaluate_options,
    sizeof evaluate_options / sizeof *evaluate_options};
