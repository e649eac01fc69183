/* persona.c: the library from the command line, over its public functions only.
 *
 * Two tables drive it: `verbs` (what one can type) and `kinds` (what can be fitted). A
 * new capability adds a row to each and its report. Tables come in as CSV and go out as
 * CSV on standard output; errors are one line on standard error. Exit: 0, 1 error, 2
 * usage. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "persona.h"
#include "command/input.h"
#include "command/stream.h"
#include "command/watch.h"
#include "report/report.h"

struct kind {
    const char *name, *fit_options, *query_options;
    const char *verb; /* what its models answer to */
    int (*fit)(persona_model **out, const persona_table *table, const persona_params *fit,
               persona_task *task, persona_error *error);
    int (*answer)(persona_table **out, const persona_model *model,
                  const persona_table *table, const persona_params *query,
                  persona_task *task, persona_error *error);
    int (*report)(FILE *out, const persona_model *model, const persona_table *answers,
                  persona_error *error);
    const char *evaluate_options; /* this and below: NULL where a kind has none */
    int (*evaluate)(persona_table **out, const persona_table *table,
                    const persona_params *fit, const persona_params *evaluate,
                    persona_task *task, persona_error *error);
    const char *import_options;
    int (*import)(persona_model **out, const char *path, const persona_params *options,
                  persona_error *error);
};

struct verb {
    const char *name, *synopsis, *help;
    int least, most; /* arguments */
    int needs_output;
    int takes[OPTION_FAMILIES]; /* families of options, 0 ends */
    int (*run)(const struct verb *verb, arguments *given, persona_error *error);
};

/* ---- kinds */

static int segmenter_fit(persona_model **out, const persona_table *table,
                         const persona_params *fit, persona_task *task,
                         persona_error *error)
{
    persona_segmenter *segmenter = NULL;
    int rc = persona_segmenter_fit(&segmenter, table, fit, task, error);
    *out = persona_segmenter_model(segmenter);
    return rc;
}

static int segmenter_answer(persona_table **out, const persona_model *model,
                            const persona_table *table, const persona_params *query,
                            persona_task *task, persona_error *error)
{
    return persona_segmenter_assign_table(out, persona_model_segmenter(model), table,
                                          query, task, error);
}

static int fraud_fit(persona_model **out, const persona_table *table,
                     const persona_params *fit, persona_task *task, persona_error *error)
{
    persona_fraud_scorer *scorer = NULL;
    int rc = persona_fraud_scorer_fit(&scorer, table, fit, task, error);
    *out = persona_fraud_scorer_model(scorer);
    return rc;
}

static int fraud_answer(persona_table **out, const persona_model *model,
                        const persona_table *table, const persona_params *query,
                        persona_task *task, persona_error *error)
{
    return persona_fraud_scorer_score_table(out, persona_model_fraud_scorer(model), table,
                                            query, task, error);
}

static int fraud_evaluate(persona_table **out, const persona_table *table,
                          const persona_params *fit, const persona_params *evaluate,
                          persona_task *task, persona_error *error)
{
    return persona_fraud_scorer_evaluate(out, NULL, table, fit, evaluate, task, error);
}

static int fraud_import(persona_model **out, const char *path,
                        const persona_params *options, persona_error *error)
{
    persona_fraud_scorer *scorer = NULL;
    int rc = persona_fraud_scorer_import(&scorer, path, options, NULL, error);
    *out = persona_fraud_scorer_model(scorer);
    return rc;
}

static const struct kind kinds[] = {
    {.name = "segmenter",
     .fit_options = "segmenter.fit",
     .query_options = "segmenter.query",
     .verb = "assign",
     .fit = segmenter_fit,
     .answer = segmenter_answer,
     .report = report_segmenter},
    {.name = "fraud_scorer",
     .fit_options = "fraud_scorer.fit",
     .query_options = "fraud_scorer.query",
     .verb = "score",
     .fit = fraud_fit,
     .answer = fraud_answer,
     .report = report_fraud,
     .evaluate_options = "fraud_scorer.evaluate",
     .evaluate = fraud_evaluate,
     .import_options = "fraud_scorer.import",
     .import = fraud_import},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static const struct kind *kind_find(const char *name)
{
    for (int i = 0; i < KINDS; i++)
        if (strcmp(kinds[i].name, name) == 0) return &kinds[i];
    return NULL;
}

static int fail_kind(const char *name, persona_error *error)
{
    char list[160] = "";
    for (int i = 0; i < KINDS; i++)
        snprintf(list + strlen(list), sizeof list - strlen(list), " %s", kinds[i].name);
    return fail(error, USAGE, "no kind '%.40s'; there is:%s", name, list);
}

/* ---- verbs */

/* Notes of the fit, then one line that sums it up, on standard error. */
static int print_notes(const persona_model *model, persona_error *error)
{
    persona_table *notes = NULL;
    const char *severity, *message;
    int64_t severity_length, length;
    int rc = persona_model_notes(&notes, model, error);
    if (rc != PERSONA_OK) return rc;
    int64_t by_severity = persona_table_find(notes, "severity");
    int64_t by_message = persona_table_find(notes, "message");
    for (int64_t row = 0; row < persona_table_rows(notes); row++) {
        persona_table_text(notes, by_severity, row, &severity, &severity_length);
        persona_table_text(notes, by_message, row, &message, &length);
        fprintf(stderr, "%.*s: %.*s\n", (int)severity_length, severity, (int)length,
                message);
    }
    persona_table_free(notes);
    return PERSONA_OK;
}

/* Notes are all that a dry run makes: it must not replace a model. */
static int is_dry_run(int *out, const persona_model *model, persona_error *error)
{
    persona_buffer *json = NULL;
    int rc = persona_model_describe(&json, model, error);
    if (rc != PERSONA_OK) return rc;
    *out = strstr(persona_buffer_data(json), "\"dry_run\":true") != NULL;
    persona_buffer_free(json);
    return PERSONA_OK;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int run_fit(const struct verb *self, arguments *given, persona_error *error)
{
    const struct kind *kind = kind_find(given->words[0]);
    persona_table *table = NULL;
    persona_params *options = NULL;
    persona_model *model = NULL;
    double start = now();
    watch w;
    int rc, dry = 0;
    (void)self;
    if (kind == NULL) return fail_kind(given->words[0], error);
    if ((rc = options_read(&options, given, OPTION_OWN, kind->fit_options, error)))
        goto done;
    if ((rc = table_read(&table, given->words[1], given, error))) goto done;
    for (int i = 0; i < given->link_count; i++)
        if ((rc = table_link(table, given->links[i], given, error))) goto done;
    rc = kind->fit(&model, table, options, watch_start(&w), error);
    watch_stop(&w);
    if (rc != PERSONA_OK || (rc = is_dry_run(&dry, model, error))) goto done;
    if (!dry && (rc = model_write(model, given->output, error))) goto done;
    if ((rc = print_notes(model, error)) || dry) goto done;
    fprintf(stderr, "%s fitted on %lld rows in %.1f s: %s (digest %s)\n", kind->name,
            (long long)persona_table_rows(table), now() - start, given->output,
            persona_model_digest(model));
done:
    persona_model_free(model);
    persona_params_free(options);
    persona_table_free(table);
    return rc;
}

static int run_answer(const struct verb *self, arguments *given, persona_error *error)
{
    persona_model *model = NULL;
    persona_params *options = NULL;
    persona_table *table = NULL, *answers = NULL;
    const struct kind *kind;
    watch w;
    int rc;
    if ((rc = model_read(&model, given->words[0], given, error))) goto done;
    kind = kind_find(persona_model_kind(model));
    if (kind == NULL || strcmp(kind->verb, self->name) != 0) {
        rc = fail(error, PERSONA_EKIND, "%s: a %s does not %s", given->words[0],
                  persona_model_kind(model), self->name);
        goto done;
    }
    if ((rc = options_read(&options, given, OPTION_OWN, kind->query_options, error)))
        goto done;
    if (given->word_count > 1 && (rc = table_read(&table, given->words[1], given, error)))
        goto done;
    rc = kind->answer(&answers, model, table, options, watch_start(&w), error);
    watch_stop(&w);
    if (rc == PERSONA_OK) rc = print_table(answers, error);
done:
    persona_table_free(answers);
    persona_table_free(table);
    persona_params_free(options);
    persona_model_free(model);
    return rc;
}

static int run_report(const struct verb *self, arguments *given, persona_error *error)
{
    persona_model *model = NULL;
    persona_params *options = NULL;
    persona_table *table = NULL, *answers = NULL;
    const struct kind *kind;
    FILE *out = stdout;
    int rc;
    (void)self;
    if ((rc = model_read(&model, given->words[0], given, error))) goto done;
    kind = kind_find(persona_model_kind(model));
    if (kind == NULL) {
        rc = fail(error, PERSONA_EKIND, "no report for a %s", persona_model_kind(model));
        goto done;
    }
    if ((rc = options_read(&options, given, OPTION_OWN, kind->query_options, error)))
        goto done;
    if (given->word_count > 1) {
        if ((rc = table_read(&table, given->words[1], given, error))) goto done;
        if ((rc = kind->answer(&answers, model, table, options, NULL, error))) goto done;
    }
    if (strcmp(given->output, "-") != 0 && (out = fopen(given->output, "w")) == NULL) {
        rc = fail(error, PERSONA_EIO, "%s: %s", given->output, strerror(errno));
        goto done;
    }
    rc = kind->report(out, model, answers, error);
    if ((fflush(out) != 0 || ferror(out)) && rc == PERSONA_OK)
        rc = fail_write(error, given->output);
    if (out != stdout) fclose(out);
done:
    persona_table_free(answers);
    persona_table_free(table);
    persona_params_free(options);
    persona_model_free(model);
    return rc;
}

static int run_evaluate(const struct verb *self, arguments *given, persona_error *error)
{
    const struct kind *kind = kind_find(given->words[0]);
    persona_table *table = NULL, *metrics = NULL;
    persona_params *fit = NULL, *evaluate = NULL;
    watch w;
    int rc;
    (void)self;
    if (kind == NULL) return fail_kind(given->words[0], error);
    if (kind->evaluate == NULL)
        return fail(error, USAGE, "a %s has no evaluation", kind->name);
    if ((rc = options_split(&evaluate, &fit, given, kind->evaluate_options,
                            kind->fit_options, error)))
        goto done;
    if ((rc = table_read(&table, given->words[1], given, error))) goto done;
    for (int i = 0; i < given->link_count; i++)
        if ((rc = table_link(table, given->links[i], given, error))) goto done;
    rc = kind->evaluate(&metrics, table, fit, evaluate, watch_start(&w), error);
    watch_stop(&w);
    if (rc == PERSONA_OK) rc = print_table(metrics, error);
done:
    persona_table_free(metrics);
    persona_table_free(table);
    persona_params_free(evaluate);
    persona_params_free(fit);
    return rc;
}

static int run_import(const struct verb *self, arguments *given, persona_error *error)
{
    const struct kind *kind = kind_find(given->words[0]);
    persona_params *options = NULL;
    persona_model *model = NULL;
    int rc;
    (void)self;
    if (kind == NULL) return fail_kind(given->words[0], error);
    if (kind->import == NULL) return fail(error, USAGE, "a %s has no import", kind->name);
    if ((rc = options_read(&options, given, OPTION_OWN, kind->import_options, error)))
        goto done;
    if ((rc = kind->import(&model, given->words[1], options, error))) goto done;
    if ((rc = model_write(model, given->output, error))) goto done;
    rc = print_notes(model, error);
done:
    persona_model_free(model);
    persona_params_free(options);
    return rc;
}

static int run_show(const struct verb *self, arguments *given, persona_error *error)
{
    persona_model *model = NULL;
    persona_table *table = NULL;
    persona_buffer *json = NULL;
    const char *part = given->word_count > 1 ? given->words[1] : NULL;
    int rc = model_read(&model, given->words[0], given, error);
    (void)self;
    if (rc != PERSONA_OK) return rc;
    if (part == NULL) {
        rc = persona_model_describe(&json, model, error);
        if (rc == PERSONA_OK) print_json(persona_buffer_data(json));
    } else if (strcmp(part, "notes") == 0)
        rc = persona_model_notes(&table, model, error);
    else if (strcmp(part, "inputs") == 0)
        rc = persona_model_inputs(&table, model, error);
    else
        rc = persona_model_part(&table, model, part, error);
    if (table != NULL) rc = print_table(table, error);
    persona_table_free(table);
    persona_buffer_free(json);
    persona_model_free(model);
    return rc;
}

static int run_schema(const struct verb *self, arguments *given, persona_error *error)
{
    persona_table *table = NULL;
    int markdown = given->option_count > 0, rc;
    (void)self;
    if (given->option_count > 1 ||
        (markdown && strcmp(given->options[0], "markdown=true")))
        return fail(error, USAGE, "schema takes only the option markdown=true");
    rc = persona_params_schema(&table, given->words[0], error);
    if (rc == PERSONA_OK && markdown)
        print_options(table);
    else if (rc == PERSONA_OK)
        rc = print_table(table, error);
    persona_table_free(table);
    return rc;
}

static int run_version(const struct verb *self, arguments *given, persona_error *error)
{
    (void)self;
    (void)given;
    (void)error;
    printf("persona %s\n", persona_version());
    print_json(persona_build_info());
    return PERSONA_OK;
}

static const struct verb verbs[] = {
    {.name = "fit",
     .synopsis = "KIND TABLE.csv [--link COLUMN=OTHER.csv:KEY]... -o MODEL "
                 "[OPTION=VALUE]...",
     .help = "Learns a model from a table and saves it. KIND: segmenter,\n"
             "fraud_scorer.\n"
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
    {.name = "evaluate",
     .synopsis = "KIND TABLE.csv [--link COLUMN=OTHER.csv:KEY]... [OPTION=VALUE]...",
     .help = "Fits on a part of the table and measures on the rest: "
             "metric,value,low,high.\n"
             "KIND: fraud_scorer. Options: persona schema KIND.evaluate, and those of "
             "fit.\n",
     .least = 2,
     .most = 2,
     .takes = {OPTION_OWN, OPTION_CSV},
     .run = run_evaluate},
    {.name = "import",
     .synopsis = "KIND MODEL.txt -o MODEL [OPTION=VALUE]...",
     .help = "A model that another library saved, as one of ours: LightGBM text or "
             "XGBoost\n"
             "JSON. KIND: fraud_scorer. Options: persona schema KIND.import\n",
     .least = 2,
     .most = 2,
     .needs_output = 1,
     .takes = {OPTION_OWN},
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
};
enum { VERBS = sizeof verbs / sizeof *verbs };

/* ---- the command line */

static void print_help(FILE *out, const struct verb *one)
{
    if (one != NULL) {
        fprintf(out, "usage: persona %s %s\n\n%s", one->name, one->synopsis, one->help);
        return;
    }
    fprintf(out,
            "Machine learning for shops: a table in, a model out, answers from it.\n\n");
    for (int i = 0; i < VERBS; i++)
        fprintf(out, "  persona %s%s%s\n", verbs[i].name, *verbs[i].synopsis ? " " : "",
                verbs[i].synopsis);
    fprintf(
        out,
        "\nTables are CSV, also gzipped; - is standard input. Results are CSV on\n"
        "standard output. Options csv.NAME=VALUE say how CSV is read, load.NAME=VALUE\n"
        "how a model is. `persona VERB --help` tells more about a verb.\n"
        "Exit status: 0, 1 an error (one line on standard error), 2 a wrong command.\n");
}

/* name=value, where name could be an option: so ./a=b.csv is a file. */
static int is_option(const char *word)
{
    size_t name = strcspn(word, "=");
    return word[name] == '=' && name > 0 && strcspn(word, "/\\") > name;
}

static int takes_option(const struct verb *verb, const char *option)
{
    for (int i = 0; i < OPTION_FAMILIES && verb->takes[i] != 0; i++)
        if (verb->takes[i] == (int)option_family(option)) return 1;
    return 0;
}

/* Nobody means two values for one name: the last must not win in silence. */
static int check_repeats(const arguments *given, persona_error *error)
{
    for (int i = 0; i < given->option_count; i++) {
        int length = (int)strcspn(given->options[i], "=") + 1;
        for (int j = 0; j < i; j++)
            if (strncmp(given->options[i], given->options[j], (size_t)length) == 0)
                return fail(error, PERSONA_EOPTION, "option \"%.*s\" is given twice",
                            length - 1, given->options[i]);
    }
    return PERSONA_OK;
}

static int arguments_read(arguments *given, const struct verb *verb, char **argv,
                          persona_error *error)
{
    for (; *argv != NULL; argv++) {
        if (strcmp(*argv, "--help") == 0 || strcmp(*argv, "-h") == 0)
            given->help = 1;
        else if (strcmp(*argv, "-o") == 0 && given->output != NULL)
            return fail(error, PERSONA_EOPTION, "-o is given twice");
        else if (strcmp(*argv, "-o") == 0 && argv[1] != NULL)
            given->output = *++argv;
        else if (strcmp(*argv, "--link") == 0 && argv[1] != NULL)
            given->links[given->link_count++] = *++argv;
        else if (argv[0][0] == '-' && argv[0][1] != '\0')
            return fail(error, USAGE, "unknown or incomplete '%s'", *argv);
        else if (is_option(*argv))
            given->options[given->option_count++] = *argv;
        else
            given->words[given->word_count++] = *argv;
    }
    if (given->help) return PERSONA_OK;
    if (given->word_count < verb->least || given->word_count > verb->most)
        return fail(error, USAGE, "%s takes: %s", verb->name,
                    *verb->synopsis ? verb->synopsis : "nothing");
    if (verb->needs_output != (given->output != NULL))
        return fail(error, USAGE, "%s %s", verb->name,
                    verb->needs_output ? "needs -o FILE" : "takes no -o");
    if (given->link_count > 0 && verb->run != run_fit && verb->run != run_evaluate)
        return fail(error, USAGE, "%s takes no --link", verb->name);
    for (int i = 0; i < given->option_count; i++)
        if (!takes_option(verb, given->options[i]))
            return fail(error, USAGE, "%s takes no option '%s'", verb->name,
                        given->options[i]);
    return check_repeats(given, error);
}

static int run(const struct verb *verb, int argc, char **argv, persona_error *error)
{
    char **room = calloc((size_t)argc * 3 + 3, sizeof *room);
    arguments given = {
        .words = room, .options = room + argc + 1, .links = room + 2 * argc + 2};
    int rc = room == NULL ? fail(error, PERSONA_ENOMEM, "out of memory")
                          : arguments_read(&given, verb, argv, error);
    if (rc == PERSONA_OK && given.help)
        print_help(stdout, verb);
    else if (rc == PERSONA_OK)
        rc = verb->run(verb, &given, error);
    free(room);
    if (rc == PERSONA_OK && (fflush(stdout) != 0 || ferror(stdout)))
        rc = fail_write(error, "standard output");
    return rc;
}

int main(int argc, char **argv)
{
    persona_error error = {0};
    const struct verb *verb = NULL;
    int rc;
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is a write error like any other */
    for (int i = 0; argc > 1 && i < VERBS; i++)
        if (strcmp(argv[1], verbs[i].name) == 0) verb = &verbs[i];
    if (verb == NULL) {
        int asked = argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") ||
                                 !strcmp(argv[1], "help"));
        if (argc > 1 && !asked)
            fprintf(stderr, "persona: no verb '%s'\n", argv[1]);
        else
            print_help(asked ? stdout : stderr, NULL);
        return asked ? 0 : 2;
    }
    rc = run(verb, argc, argv + 2, &error);
    if (rc == PERSONA_OK) return 0;
    if (error.message[0] != '\0') fprintf(stderr, "persona: %s\n", error.message);
    return rc == USAGE ? 2 : 1;
}
