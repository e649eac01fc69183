/* actions.c: what the verbs do. Each reads what the command line names, makes one call
 * into the library and prints what it says; everything is released at one label. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "actions.h"
#include "command_kinds.h"
#include "input.h"
#include "stream.h"
#include "watch.h"
#include "../report/report.h"

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

int run_fit(const verb *self, arguments *given, persona_error *error)
{
    const kind *its = kind_find(given->words[0]);
    persona_table *table = NULL;
    persona_params *options = NULL;
    persona_model *model = NULL;
    double start = now();
    watch w;
    int rc, dry = 0;
    (void)self;
    if (its == NULL) return kind_fail(given->words[0], error);
    if ((rc = options_read(&options, given, OPTION_OWN, its->fit_options, error)))
        goto done;
    if ((rc = table_read(&table, given->words[1], given, error))) goto done;
    for (int i = 0; i < given->link_count; i++)
        if ((rc = table_link(table, given->links[i], given, error))) goto done;
    rc = its->fit(&model, table, options, watch_start(&w), error);
    watch_stop(&w);
    if (rc != PERSONA_OK || (rc = is_dry_run(&dry, model, error))) goto done;
    if (!dry && (rc = model_write(model, given->output, error))) goto done;
    if ((rc = print_notes(model, error)) || dry) goto done;
    fprintf(stderr, "%s fitted on %lld rows in %.1f s: %s (digest %s)\n", its->name,
            (long long)persona_table_rows(table), now() - start, given->output,
            persona_model_digest(model));
done:
    persona_model_free(model);
    persona_params_free(options);
    persona_table_free(table);
    return rc;
}

int run_answer(const verb *self, arguments *given, persona_error *error)
{
    persona_model *model = NULL;
    persona_params *options = NULL;
    persona_table *table = NULL, *answers = NULL;
    const kind *its;
    watch w;
    int rc;
    if ((rc = model_read(&model, given->words[0], given, error))) goto done;
    its = kind_find(persona_model_kind(model));
    if (its == NULL || strcmp(its->verb, self->name) != 0) {
        rc = fail(error, PERSONA_EKIND, "%s: a %s does not %s", given->words[0],
                  persona_model_kind(model), self->name);
        goto done;
    }
    if ((rc = options_read(&options, given, OPTION_OWN, its->query_options, error)))
        goto done;
    if (given->word_count > 1 && (rc = table_read(&table, given->words[1], given, error)))
        goto done;
    rc = its->answer(&answers, model, table, options, watch_start(&w), error);
    watch_stop(&w);
    if (rc == PERSONA_OK) rc = print_table(answers, error);
done:
    persona_table_free(answers);
    persona_table_free(table);
    persona_params_free(options);
    persona_model_free(model);
    return rc;
}

int run_report(const verb *self, arguments *given, persona_error *error)
{
    persona_model *model = NULL;
    persona_params *options = NULL;
    persona_table *table = NULL, *answers = NULL;
    const kind *its;
    FILE *out = stdout;
    int rc;
    (void)self;
    if ((rc = model_read(&model, given->words[0], given, error))) goto done;
    its = kind_find(persona_model_kind(model));
    if (its == NULL) {
        rc = fail(error, PERSONA_EKIND, "no report for a %s", persona_model_kind(model));
        goto done;
    }
    if ((rc = options_read(&options, given, OPTION_OWN, its->query_options, error)))
        goto done;
    if (given->word_count > 1) {
        if ((rc = table_read(&table, given->words[1], given, error))) goto done;
        if ((rc = its->answer(&answers, model, table, options, NULL, error))) goto done;
    }
    if (strcmp(given->output, "-") != 0 && (out = fopen(given->output, "w")) == NULL) {
        rc = fail(error, PERSONA_EIO, "%s: %s", given->output, strerror(errno));
        goto done;
    }
    rc = report(out, model, answers, error);
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

int run_evaluate(const verb *self, arguments *given, persona_error *error)
{
    const kind *its = kind_find(given->words[0]);
    persona_table *table = NULL, *metrics = NULL;
    persona_params *fit = NULL, *evaluate = NULL;
    watch w;
    int rc;
    (void)self;
    if (its == NULL) return kind_fail(given->words[0], error);
    if (its->evaluate == NULL)
        return fail(error, USAGE, "a %s has no evaluation", its->name);
    if ((rc = options_split(&evaluate, &fit, given, its->evaluate_options,
                            its->fit_options, error)))
        goto done;
    if ((rc = table_read(&table, given->words[1], given, error))) goto done;
    for (int i = 0; i < given->link_count; i++)
        if ((rc = table_link(table, given->links[i], given, error))) goto done;
    rc = its->evaluate(&metrics, table, fit, evaluate, watch_start(&w), error);
    watch_stop(&w);
    if (rc == PERSONA_OK) rc = print_table(metrics, error);
done:
    persona_table_free(metrics);
    persona_table_free(table);
    persona_params_free(evaluate);
    persona_params_free(fit);
    return rc;
}

int run_import(const verb *self, arguments *given, persona_error *error)
{
    const kind *its = kind_find(given->words[0]);
    persona_params *options = NULL;
    persona_model *model = NULL;
    int rc;
    (void)self;
    if (its == NULL) return kind_fail(given->words[0], error);
    if (its->import == NULL) return fail(error, USAGE, "a %s has no import", its->name);
    if ((rc = options_read(&options, given, OPTION_OWN, its->import_options, error)))
        goto done;
    if ((rc = its->import(&model, given->words[1], options, error))) goto done;
    if ((rc = model_write(model, given->output, error))) goto done;
    rc = print_notes(model, error);
done:
    persona_model_free(model);
    persona_params_free(options);
    return rc;
}

int run_show(const verb *self, arguments *given, persona_error *error)
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

int run_schema(const verb *self, arguments *given, persona_error *error)
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

int run_version(const verb *self, arguments *given, persona_error *error)
{
    (void)self;
    (void)given;
    (void)error;
    printf("persona %s\n", persona_version());
    print_json(persona_build_info());
    return PERSONA_OK;
}
