/* report_fraud.c: the page about a fraud scorer. A model that was imported knows no
 * orders, one without labels no quality: then the page says so. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "cells.h"
#include "fraud_charts.h"
#include "html.h"
#include "page.h"

enum { MOST_ANSWERS = 25 };

/* ---- metrics */

static const struct {
    const char *metric, *name, *reading;
    int percent;
} metrics[] = {
    {"rows", "Orders judged by", "that the scores were not learnt from", 0},
    {"frauds", "Frauds among them", "", 0},
    {"auc", "Area under the ROC curve",
     "chance that a fraud scores above a good order; 0.5 is guessing", 0},
    {"average_precision", "Average precision",
     "area under precision over recall; the share of frauds is guessing", 0},
    {"log_loss", "Log loss", "lower is better", 0},
    {"brier", "Brier score", "mean squared error of the probability; lower is better", 0},
    {"ece", "Calibration error",
     "mean distance of probability and share of frauds, in 15 equal parts", 0},
    {"recall_at_1pct_fpr", "Frauds found, 1 in 100 good orders stopped", "", 1},
    {"recall_at_5pct_fpr", "Frauds found, 5 in 100 good orders stopped", "", 1},
    {"precision_at_1pct", "Frauds among the riskiest 1 % of orders", "", 1},
    {"cost", "Cost of the actions chosen", "with reviews on average, by the cost options",
     0},
    {"cost_accepting_all", "Cost of accepting all", "", 0},
    {"reviewed", "Orders reviewed", "", 1},
    {"blocked", "Orders blocked", "", 1},
};
enum { METRICS = sizeof metrics / sizeof *metrics };

/* The row of a metric, or PERSONA_NONE. */
static int64_t metric_row(const persona_table *table, const char *name)
{
    char text[CELL_SIZE];
    for (int64_t row = 0; table != NULL && row < persona_table_rows(table); row++)
        if (strcmp(cell_text(text, table, "metric", row), name) == 0) return row;
    return PERSONA_NONE;
}

static double metric_value(const persona_table *table, const char *name,
                           const char *column)
{
    const int64_t row = metric_row(table, name);
    return row == PERSONA_NONE ? NAN : cell_number(table, column, row);
}

static const char *metric_text(char *out, double value, int percent)
{
    if (percent) return cell_percent(out, value);
    if (!isnan(value) && fabs(value) < 1 && value != 0)
        snprintf(out, CELL_SIZE, "%.4g", value);
    else
        cell_readable(out, value);
    return out;
}

/* The headline: how well frauds are told from good orders, and what that saves. */
static void show_facts(page *p)
{
    char text[CELL_SIZE], what[3 * CELL_SIZE], low[CELL_SIZE], high[CELL_SIZE];
    if (metric_row(page_part(p, "metrics"), "auc") == PERSONA_NONE) return;
    fputs("<ul class=\"facts\">", p->out);
    snprintf(text, sizeof text, "%.3f",
             metric_value(page_part(p, "metrics"), "auc", "value"));
    snprintf(what, sizeof what, "area under the ROC curve (%.3f to %.3f)",
             metric_value(page_part(p, "metrics"), "auc", "low"),
             metric_value(page_part(p, "metrics"), "auc", "high"));
    page_fact(p, text, what);
    page_fact(p,
              cell_percent(text, metric_value(page_part(p, "metrics"),
                                              "recall_at_1pct_fpr", "value")),
              "of frauds found when 1 in 100 good orders is stopped");
    const double cost = metric_value(page_part(p, "metrics"), "cost", "value");
    const double all =
        metric_value(page_part(p, "metrics"), "cost_accepting_all", "value");
    snprintf(what, sizeof what, "less cost than accepting all: %s instead of %s",
             cell_readable(low, cost), cell_readable(high, all));
    if (all > 0) page_fact(p, cell_percent(text, 1 - cost / all), what);
    page_fact(p,
              cell_readable(text, metric_value(page_part(p, "metrics"), "rows", "value")),
              "orders judged by, not learnt from");
    page_fact(
        p, cell_readable(text, metric_value(page_part(p, "metrics"), "frauds", "value")),
        "frauds among them");
    fputs("</ul>\n", p->out);
}

static void show_metric(page *p, int which)
{
    char text[CELL_SIZE], low[CELL_SIZE], high[CELL_SIZE];
    const char *name = metrics[which].metric;
    const int percent = metrics[which].percent;
    if (metric_row(page_part(p, "metrics"), name) == PERSONA_NONE) return;
    html_row(p->out);
    html_text(p->out, metrics[which].name);
    if (metrics[which].reading[0] != '\0') {
        fputs("<br><small>", p->out);
        html_text(p->out, metrics[which].reading);
        fputs("</small>", p->out);
    }
    html_row_cells(p->out);
    fputs("<td class=\"n\" data-name=\"Value\">", p->out);
    html_text(
        p->out,
        metric_text(text, metric_value(page_part(p, "metrics"), name, "value"), percent));
    fputs("</td><td class=\"n\" data-name=\"95 % interval\">", p->out);
    const double from = metric_value(page_part(p, "metrics"), name, "low");
    if (!isnan(from)) {
        metric_text(low, from, percent);
        metric_text(high, metric_value(page_part(p, "metrics"), name, "high"), percent);
        fprintf(p->out, "%s – %s", low, high);
    }
    fputs("</td>", p->out);
    html_row_end(p->out);
}

static void show_metrics(page *p)
{
    if (page_part(p, "metrics") == NULL) return;
    html_section(
        p->out, "quality", "How good it is",
        "On orders that these scores were not learnt from: the latest ones where a "
        "column tells the time, else each part of the table in turn. Intervals hold "
        "95 % of what other draws of as many orders would have shown.");
    html_stack(p->out, "Measure|#Value|#95 % interval");
    for (int i = 0; i < METRICS; i++) show_metric(p, i);
    html_stack_end(p->out);
    html_section_end(p->out);
}

/* ---- curves */

static void show_curves(page *p)
{
    if (page_part(p, "roc") == NULL || page_part(p, "precision_recall") == NULL) return;
    const double share = metric_value(page_part(p, "metrics"), "frauds", "value") /
                         metric_value(page_part(p, "metrics"), "rows", "value");
    html_section(
        p->out, "curves", "Finding frauds",
        "Every point of a curve is one limit: orders above it are stopped. The band "
        "is where 95 % of repetitions would lie at that limit; the grey line is "
        "guessing.");
    html_figures(p->out);
    html_figure(p->out, "Frauds found (ROC)");
    chart_roc(p->out, page_part(p, "roc"));
    html_figure_end(p->out);
    html_figure(p->out, "Precision by frauds found");
    chart_precision(p->out, page_part(p, "precision_recall"), share);
    html_figure_end(p->out);
    html_figures_end(p->out);
    html_numbers(p->out, page_part(p, "roc"), NULL);
    html_numbers(p->out, page_part(p, "precision_recall"), NULL);
    html_section_end(p->out);
}

static void show_probabilities(page *p)
{
    if (page_part(p, "calibration") == NULL && page_part(p, "scores") == NULL) return;
    html_section(
        p->out, "probabilities", "Are the probabilities true?",
        "Of orders told to be 1 % likely, 1 % should be fraud: dots on the line. "
        "Lines through the dots are intervals of 95 %; a dot at the bottom had no "
        "fraud. Beside it: good orders should lie left, frauds right.");
    html_figures(p->out);
    if (page_part(p, "calibration") != NULL) {
        html_figure(p->out, "Share of frauds by probability");
        chart_calibration(p->out, page_part(p, "calibration"));
        html_figure_end(p->out);
    }
    if (page_part(p, "scores") != NULL) {
        html_figure(p->out, "Good orders above, frauds below");
        chart_scores(p->out, page_part(p, "scores"));
        html_figure_end(p->out);
    }
    html_figures_end(p->out);
    if (page_part(p, "calibration") != NULL)
        html_numbers(p->out, page_part(p, "calibration"), NULL);
    if (page_part(p, "scores") != NULL)
        html_numbers(p->out, page_part(p, "scores"), NULL);
    html_section_end(p->out);
}

static void show_costs(page *p)
{
    const int curve =
        page_part(p, "costs") != NULL && persona_table_rows(page_part(p, "costs")) > 1;
    if (page_part(p, "thresholds") == NULL) return;
    html_section(
        p->out, "costs", "What to do with an order",
        curve ? "By the cost options of the model (below). The dearer an order, the "
                "less risk is worth taking: green is accepted, yellow reviewed, "
                "red blocked. The second drawing blocks above one "
                "limit for all amounts and reviews nothing: blue is the cost in all, "
                "orange what accepted frauds cost, green what blocked good orders "
                "cost."
              : "By the cost options of the model (below). The dearer an order, the "
                "less risk is worth taking: green is accepted, yellow reviewed, "
                "red blocked.");
    html_figures(p->out);
    html_figure(p->out, "Actions by amount and risk");
    chart_thresholds(p->out, page_part(p, "thresholds"));
    html_figure_end(p->out);
    if (curve) {
        html_figure(p->out, "Cost by the share of orders blocked");
        chart_costs(p->out, page_part(p, "costs"),
                    metric_value(page_part(p, "metrics"), "rows", "value"));
        html_figure_end(p->out);
    }
    html_figures_end(p->out);
    html_numbers(p->out, page_part(p, "thresholds"), NULL);
    if (page_part(p, "costs") != NULL) html_numbers(p->out, page_part(p, "costs"), NULL);
    html_section_end(p->out);
}

static void show_importance(page *p)
{
    if (page_part(p, "importance") == NULL ||
        persona_table_rows(page_part(p, "importance")) == 0)
        return;
    html_section(
        p->out, "importance", "What it looks at",
        "Each feature's share of all that the splits of the trees gained. The numbers "
        "hold how often it splits and how much worse the loss gets when its values "
        "are dealt out anew (permutation).");
    fputs("<div class=\"figures\"><figure>", p->out);
    chart_importance(p->out, page_part(p, "importance"));
    html_figure_end(p->out);
    html_figures_end(p->out);
    html_numbers(p->out, page_part(p, "importance"), NULL);
    html_section_end(p->out);
}

/* ---- a table that was scored */

static const char *const action_names[] = {"accept", "review", "block"};
static const char *const action_colors[] = {"#009e73", "#e69f00", "#d55e00"};

static void show_actions(page *p, const persona_table *answers)
{
    char text[CELL_SIZE], number[CELL_SIZE];
    double count[3] = {0};
    const int64_t rows = persona_table_rows(answers);
    for (int64_t row = 0; row < rows; row++)
        for (int a = 0; a < 3; a++)
            count[a] += !strcmp(cell_text(text, answers, "action", row), action_names[a]);
    html_stack(p->out, "Action|Orders");
    for (int a = 0; a < 3; a++) {
        const double share = rows > 0 ? count[a] / (double)rows : NAN;
        html_row(p->out);
        fputs(action_names[a], p->out);
        html_row_cells(p->out);
        cell_readable(number, count[a]);
        snprintf(text, sizeof text, "%.60s · %.1f\u00a0%%", number, share * 100);
        html_bar_cell(p->out, share, action_colors[a], "Orders", text);
        html_row_end(p->out);
    }
    html_stack_end(p->out);
}

typedef struct ranked {
    double probability;
    int64_t row;
} ranked;

static int ranked_compare(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    if (x->probability != y->probability) return x->probability < y->probability ? 1 : -1;
    return x->row < y->row ? -1 : x->row > y->row;
}

static void show_order(page *p, const persona_table *answers, int64_t row)
{
    char text[CELL_SIZE];
    const double p_fraud = cell_number(answers, "probability", row);
    html_row(p->out);
    cell_text(text, answers, "id", row);
    if (text[0] == '\0')
        cell_readable(text, isnan(cell_number(answers, "id", row))
                                ? (double)row
                                : cell_number(answers, "id", row));
    html_text(p->out, text);
    html_row_cells(p->out);
    html_bar_cell(p->out, p_fraud, action_colors[2], "Probability",
                  cell_percent(text, p_fraud));
    fputs("<td data-name=\"Action\">", p->out);
    html_text(p->out, cell_text(text, answers, "action", row));
    fputs("</td><td class=\"all\">", p->out);
    html_text(p->out, cell_text(text, answers, "reasons", row));
    fputs("</td>", p->out);
    html_row_end(p->out);
}

static int show_answers(page *p, const persona_table *answers, persona_error *error)
{
    const int64_t rows = persona_table_rows(answers);
    ranked *order = calloc((size_t)rows + 1, sizeof *order);
    if (order == NULL) return page_no_memory(error);
    for (int64_t row = 0; row < rows; row++)
        order[row] = (ranked){cell_number(answers, "probability", row), row};
    qsort(order, (size_t)rows, sizeof *order, ranked_compare);
    html_section(p->out, "answers", "The orders asked about",
                 "The table given with this report: what to do with its orders, and the "
                 "riskiest of them with reasons.");
    show_actions(p, answers);
    html_stack(p->out, "Order|Probability|Action|Reasons");
    for (int64_t i = 0; i < rows && i < MOST_ANSWERS; i++)
        show_order(p, answers, order[i].row);
    html_stack_end(p->out);
    html_section_end(p->out);
    free(order);
    return PERSONA_OK;
}

/* ---- the page */

static const char *lead(page *p)
{
    return page_part(p, "metrics") != NULL
               ? "How well frauds are told from good orders, how far the probabilities "
                 "can be trusted, and what to do with an order."
               : "What to do with an order. This model holds no measures of its quality: "
                 "it did not learn from labelled orders here.";
}

static int body(page *p, persona_error *error)
{
    int rc;
    show_facts(p);
    if (p->answers != NULL && (rc = show_answers(p, p->answers, error))) return rc;
    show_metrics(p);
    show_curves(p);
    show_probabilities(p);
    show_costs(p);
    show_importance(p);
    return PERSONA_OK;
}

const page_kind fraud_page = {"fraud_scorer", "Fraud scorer", {NULL}, lead, body};
