/* verbs.c: what one can type. A verb is one row: what it takes, its help, what it does.
 */
#include <stddef.h>
#include "verbs.h"
#include "actions.h"

const verb verbs[] = {
    {.name = "fit",
     .synopsis = "KIND TABLE.csv [--link COLUMN=OTHER.csv:KEY]... -o MODEL "
                 "[OPTION=VALUE]...",
     .help = "Learns a model from a table and saves it. KIND: %s.\n"
             "--link says that the values of COLUMN are keys of OTHER.csv, in its column "
             "KEY.\n"
             "Options: persona schema KIND.fit; dry_run=true only tells what it would "
             "take.\n"
             "For example:\n"
             "  persona fit segmenter orders.csv.gz -o customers.persona k=6 seed=1\n",
     .least = 2,
     .most = 2,
     .needs_output = 1,
     .takes = {OPTION_OWN, OPTION_CSV},
     .takes_links = 1,
     .run = run_fit},
    {.name = "show",
     .synopsis = "MODEL [notes | inputs | PART]",
     .help =
         "What a model is, as JSON; or the remarks of its fit, what a question takes,\n"
         "or one of its insides, as CSV. The part \"parts\" lists them.\n",
     .least = 1,
     .most = 2,
     .takes = {OPTION_LOAD},
     .run = run_show},
    {.name = "assign",
     .synopsis = "MODEL TABLE.csv [OPTION=VALUE]...",
     .help =
         "The segment of every customer: row,id,segment,name,distance. TABLE.csv has\n"
         "the columns of `persona show MODEL inputs`, or is a log of orders as in "
         "fit.\n"
         "Options: persona schema segmenter.query\n",
     .least = 2,
     .most = 2,
     .takes = {OPTION_OWN, OPTION_CSV, OPTION_LOAD},
     .run = run_answer},
    {.name = "score",
     .synopsis = "MODEL TABLE.csv [OPTION=VALUE]...",
     .help = "How likely every order is fraud: row,id,probability,action,reasons.\n"
             "Options: persona schema fraud_scorer.query\n",
     .least = 2,
     .most = 2,
     .takes = {OPTION_OWN, OPTION_CSV, OPTION_LOAD},
     .run = run_answer},
    {.name = "recommend",
     .synopsis = "MODEL [TABLE.csv] [OPTION=VALUE]...",
     .help =
         "What each user wants: user,rank,item,score,reason. TABLE.csv names the users\n"
         "(a column user), or has events of new users or sessions as in fit; without it\n"
         "all known users are served. k=20 is how many items each; question=buy_again,\n"
         "similar, together or trending asks something else.\n"
         "Options: persona schema recommender.query\n",
     .least = 1,
     .most = 2,
     .takes = {OPTION_OWN, OPTION_CSV, OPTION_LOAD},
     .run = run_answer},
    {.name = "evaluate",
     .synopsis = "KIND TABLE.csv [--link COLUMN=OTHER.csv:KEY]... [OPTION=VALUE]...",
     .help = "Fits on a part of the table and measures on the rest: "
             "metric,value,low,high.\n"
             "KIND: %s. Options: persona schema KIND.evaluate, and those of "
             "fit.\n",
     .least = 2,
     .most = 2,
     .takes = {OPTION_OWN, OPTION_CSV},
     .takes_links = 1,
     .kinds = KIND_EVALUATES,
     .run = run_evaluate},
    {.name = "import",
     .synopsis = "KIND MODEL.txt -o MODEL [OPTION=VALUE]...",
     .help = "A model that another library saved, as one of ours: LightGBM text or "
             "XGBoost\n"
             "JSON. KIND: %s. Options: persona schema KIND.import\n",
     .least = 2,
     .most = 2,
     .needs_output = 1,
     .takes = {OPTION_OWN},
     .kinds = KIND_IMPORTS,
     .run = run_import},
    {.name = "report",
     .synopsis = "MODEL [TABLE.csv] -o REPORT.html [OPTION=VALUE]...",
     .help = "One self-contained page about a model and, with TABLE.csv, its answers.\n",
     .least = 1,
     .most = 2,
     .needs_output = 1,
     .takes = {OPTION_OWN, OPTION_CSV, OPTION_LOAD},
     .run = run_report},
    {.name = "schema",
     .synopsis = "NAME [markdown=true]",
     .help =
         "All options of a schema, as CSV: name, type, default, bounds, what it does.\n"
         "NAME: csv, model.load, KIND.fit, KIND.query, KIND.evaluate, KIND.import.\n",
     .least = 1,
     .most = 1,
     .takes = {OPTION_OWN},
     .run = run_schema},
    {.name = "version",
     .synopsis = "",
     .help = "The version, and what this build is and runs on, as JSON.\n",
     .run = run_version},
    {.name = NULL},
};
