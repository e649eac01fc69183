/* recommend_schema_query.c: the options of a question to a recommender, the single source
 * of their names, types, defaults, bounds and docs. */
#include "shop/recommend/recommend_model.h"

static const psn_option query_options[] = {
    {"question", PSN_OPTION_CHOICE, "for_you", 0, 0,
     "for_you buy_again similar together trending", "",
     "What is asked: for_you what the visitor wants next; buy_again of what he had; "
     "similar to items; together with a cart; trending",
     "0.3"},
    {"k", PSN_OPTION_INT, "20", 1, 100000, NULL, "", "Items of each answer in a table",
     "0.3"},
    {"limit", PSN_OPTION_INT, "1000", 1, PSN_REC_EVENTS, NULL, "events",
     "Newest events of a history that count", "0.3"},
    {"hide", PSN_OPTION_LIST, "auto", 0, 0, NULL, "",
     "Kinds of events whose items are not shown again; auto: those of the fit; none",
     "0.3"},
    {"price_min", PSN_OPTION_REAL, "auto", 0, 1e15, NULL, "",
     "Least price; items of unknown price are not shown then", "0.3"},
    {"price_max", PSN_OPTION_REAL, "auto", 0, 1e15, NULL, "",
     "Largest price; items of unknown price are not shown then", "0.3"},
    {"max_per_category", PSN_OPTION_INT, "auto", 1, 100000, NULL, "",
     "Most items of one category; auto: no limit", "0.3"},
    {"max_per_brand", PSN_OPTION_INT, "auto", 1, 100000, NULL, "",
     "Most items of one brand; auto: no limit", "0.3"},
    {"diversity", PSN_OPTION_REAL, "0", 0, 1, NULL, "",
     "How much unlike items are preferred to the best (maximal marginal relevance)",
     "0.3"},
    {"speed", PSN_OPTION_CHOICE, "best", 0, 0, "fast best", "",
     "best: the trees order the candidates, where the model has them; fast: without",
     "0.3"},
    {"calibrated", PSN_OPTION_BOOL, "false", 0, 0, NULL, "",
     "Scores are probabilities: how likely the item is among what the visitor wants next "
     "(for_you)",
     "0.3"},
    {"column.*", PSN_OPTION_TEXT, "", 0, 0, NULL, "",
     "Tables: column of a role: user item time kind session; none = there is none",
     "0.3"},
    {"threads", PSN_OPTION_INT, "1", 1, 256, NULL, "", "Threads of a table", "0.3"},
};
const psn_schema psn_recommend_query_schema = {
    "recommender.query", query_options, sizeof query_options / sizeof *query_options};
