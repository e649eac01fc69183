/* recommend_schema.c: the options of the recommender, the single source of their names,
 * types, defaults, bounds and docs. */
#include "shop/recommend/recommend_model.h"

#define RECOMMEND_WHOLE 9007199254740991.0

static const psn_option fit_options[] = {
    {"column.*", PSN_OPTION_TEXT, "", 0, 0, NULL, "",
     "Column of a role: user item time kind session order quantity price value; none = "
     "there is none",
     "0.3"},
    {"algorithm", PSN_OPTION_CHOICE, "auto", 0, 0,
     "auto als ease item_knn rp3beta bought_together sequence directed_ridge session_knn "
     "popular content",
     "", "One learner alone, or auto: those that serve, together", "0.3"},
    {"speed", PSN_OPTION_CHOICE, "best", 0, 0, "fast best", "",
     "best: boosted trees order the candidates where that helps; fast: no trees", "0.3"},
    {"order", PSN_OPTION_CHOICE, "auto", 0, 0, "auto time none", "",
     "Whether the order of a user's events says something; auto looks", "0.3"},
    {"target", PSN_OPTION_LIST, "auto", 0, 0, NULL, "",
     "Kinds of events that are predicted; auto: purchases, else all", "0.3"},
    {"hide", PSN_OPTION_LIST, "auto", 0, 0, NULL, "",
     "Kinds of events whose items are not shown again; auto: purchases; none", "0.3"},
    {"kind_weight.*", PSN_OPTION_REAL, "1", -1e6, 1e6, NULL, "",
     "Weight of one event of a kind; below 0 takes away", "0.3"},
    {"half_life", PSN_OPTION_REAL, "auto", 1e-3, 1e6, NULL, "days",
     "Age at which an event counts half; auto: all count the same", "0.3"},
    {"max_bytes", PSN_OPTION_INT, "auto", 1, RECOMMEND_WHOLE, NULL, "bytes",
     "Refuse a fit that would take more memory beside the table", "0.3"},
    {"dry_run", PSN_OPTION_BOOL, "false", 0, 0, NULL, "",
     "Only estimate memory, as a note", "0.3"},
    {"threads", PSN_OPTION_INT, "1", 1, 256, NULL, "", "Threads of the fit", "0.3"},
    {"seed", PSN_OPTION_INT, "1", 0, RECOMMEND_WHOLE, NULL, "", "Same seed, same model",
     "0.3"},
};
const psn_schema psn_recommend_fit_schema = {"recommender.fit", fit_options,
                                             sizeof fit_options / sizeof *fit_options};
