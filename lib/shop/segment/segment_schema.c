/* segment_schema.c: the options of the segmenter, the single source of their names,
 * types, defaults, bounds and docs. */
#include "shop/segment/segment.h"

#define SEGMENT_TRANSFORM_CHOICES "auto none zscore robust log1p winsor"

static const psn_option segment_fit_options[] = {
    {"k", PSN_OPTION_INT, "auto", 1, 65535, NULL, "segments",
     "Number of segments; auto tries k_min .. k_max and chooses by silhouette and elbow",
     "0.1"},
    {"k_min", PSN_OPTION_INT, "2", 2, 1024, NULL, "segments",
     "Fewest segments that k=auto tries", "0.1"},
    {"k_max", PSN_OPTION_INT, "12", 2, 1024, NULL, "segments",
     "Most segments that k=auto tries", "0.1"},
    {"seed", PSN_OPTION_INT, "0", 0, 9007199254740991.0, NULL, "",
     "Seed of the random numbers; the same seed gives the same model", "0.1"},
    {"threads", PSN_OPTION_INT, "1", 1, 256, NULL, "threads",
     "Threads of the fit; the result does not depend on it", "0.1"},
    {"features", PSN_OPTION_LIST, "auto", 0, 0, NULL, "",
     "Columns (of a log: features built from it) to group by; auto takes all that serve",
     "0.1"},
    {"transform", PSN_OPTION_CHOICE, "auto", 0, 0, SEGMENT_TRANSFORM_CHOICES, "",
     "How numbers are brought onto one scale; auto: winsorised, log1p when "
     "skewed, z-score",
     "0.1"},
    {"transform.*", PSN_OPTION_CHOICE, "", 0, 0, SEGMENT_TRANSFORM_CHOICES, "",
     "The same for one column", "0.1"},
    {"winsor", PSN_OPTION_REAL, "0.005", 0, 0.25, NULL, "share",
     "Share at each end that transform auto and winsor pull in; 0 pulls nothing in",
     "0.1"},
    {"weight.*", PSN_OPTION_REAL, "", 1e-6, 1e6, NULL, "",
     "How much a column counts: multiplies it after scaling", "0.1"},
    {"gamma", PSN_OPTION_REAL, "auto", 1e-6, 1e6, NULL, "",
     "Cost of two different categories (k-prototypes); auto is half a deviation: 0.5",
     "0.1"},
    {"column.*", PSN_OPTION_TEXT, "", 0, 0, NULL, "",
     "Column of a role: user time order item quantity price list_price value weight",
     "0.1"},
    {"as_of", PSN_OPTION_TEXT, "auto", 0, 0, NULL, "time",
     "Day or time up to which a log counts and ages are taken; auto is the end of its "
     "last day",
     "0.1"},
    {"rfm_bins", PSN_OPTION_INT, "5", 2, 10, NULL, "scores",
     "Scores of recency, frequency and monetary value", "0.1"},
    {"rfm_cuts.*", PSN_OPTION_LIST, "", 0, 0, NULL, "",
     "Own cuts of recency, frequency or monetary, ascending: the score changes above "
     "each",
     "0.1"},
    {"swaps", PSN_OPTION_INT, "auto", 0, 1000000, NULL, "trials",
     "Failed swaps in a row that end the search for a better optimum; 0 is Lloyd alone",
     "0.1"},
    {"gap", PSN_OPTION_BOOL, "false", 0, 0, NULL, "",
     "Adds the gap statistic to the sweep over k", "0.1"},
    {"gap_references", PSN_OPTION_INT, "10", 1, 1000, NULL, "data sets",
     "Reference sets of the gap statistic", "0.1"},
    {"stability", PSN_OPTION_BOOL, "false", 0, 0, NULL, "",
     "Adds the bootstrap stability (mean Jaccard) to the sweep over k", "0.1"},
    {"stability_rounds", PSN_OPTION_INT, "20", 2, 1000, NULL, "refits",
     "Bootstrap refits of the stability", "0.1"},
    {"name.*", PSN_OPTION_TEXT, "", 0, 0, NULL, "",
     "The name of a segment, by its number", "0.1"},
    {"examples", PSN_OPTION_INT, "0", 0, 1000, NULL, "customers",
     "Typical customers of each segment to store, with their ids", "0.1"},
    {"max_bytes", PSN_OPTION_INT, "auto", 1, 9007199254740991.0, NULL, "bytes",
     "Refuses a fit that would take more memory than this beside the table", "0.1"},
    {"dry_run", PSN_OPTION_BOOL, "false", 0, 0, NULL, "",
     "Only notes the memory and time that the fit would take", "0.1"},
};

static const psn_option segment_query_options[] = {
    {"threads", PSN_OPTION_INT, "1", 1, 256, NULL, "threads",
     "Threads that assign a table; the result does not depend on it", "0.1"},
    {"as_of", PSN_OPTION_TEXT, "auto", 0, 0, NULL, "time",
     "Day or time up to which a log counts; auto: as the fit named it, else the end of "
     "the log's last day",
     "0.1"},
};

const psn_schema psn_segment_fit_schema = {"segmenter.fit", segment_fit_options,
                                           sizeof segment_fit_options /
                                               sizeof segment_fit_options[0]};
const psn_schema psn_segment_query_schema = {"segmenter.query", segment_query_options,
                                             sizeof segment_query_options /
                                                 sizeof segment_query_options[0]};
