/* fraud_charts.c: the drawings of the fraud scorer's report.
 *
 * Fraud is rare, so whatever is a share of orders or a probability lies on a scale of
 * decades (or of log odds) where it matters; recall and precision are plain. Every
 * drawing is 320 pixels wide: one column on a phone, side by side on a desk. */
#include <math.h>
#include <string.h>
#include "cells.h"
#include "fraud_charts.h"
#include "html.h"
#include "svg.h"

#define ACCEPT "#9ad0c2"
#define REVIEW "#f2c75c"
#define BLOCK  "#d55e00"

enum { MOST_POINTS = 1024, MOST_FEATURES = 16 };

static const svg_scale share_across = {0, 1, 46, 300}, share_up = {0, 1, 190, 10};

/* 0.001 -> 0.1 % with as many digits as it needs. */
static void percent(char *out, double share)
{
    snprintf(out, CELL_SIZE, "%g\u00a0%%", share * 100);
}

static void label_up(FILE *out, const svg_scale *up, double at, double end,
                     const char *text)
{
    const double y = svg_at(up, at);
    svg_line(out, 46, y, end, y, SVG_GRID);
    svg_label(out, 42, y + 4, SVG_END, 11, 0, SVG_SOFT, text);
}

static void label_across(FILE *out, const svg_scale *across, double at, double y,
                         const char *text)
{
    svg_label(out, svg_at(across, at), y + 16, SVG_MIDDLE, 11, 0, SVG_SOFT, text);
}

/* Both axes 0 .. 1 in quarters, with what they are. */
static void share_axes(FILE *out, const char *across)
{
    char text[CELL_SIZE];
    for (int i = 0; i <= 4; i++) {
        percent(text, i / 4.0);
        label_up(out, &share_up, i / 4.0, 300, text);
        label_across(out, &share_across, i / 4.0, 190, text);
    }
    svg_label(out, 177, 222, SVG_MIDDLE, 11, 0, SVG_SOFT, across);
}

/* Decades as percent: the scale holds log10 of shares. */
static void decade_axis(FILE *out, const svg_scale *scale, int is_up, double base)
{
    char text[CELL_SIZE];
    for (double d = ceil(scale->from - 1e-9); d <= scale->to + 1e-9; d++) {
        percent(text, pow(10, d));
        if (is_up)
            label_up(out, scale, d, base, text);
        else
            label_across(out, scale, d, base, text);
    }
}

/* Between two curves over the same x. */
static void band(FILE *out, const double *x, const double *low, const double *high,
                 int count, const char *color)
{
    int drawn = 0;
    fputs("<path d=\"", out);
    for (int i = 0; i < count; i++)
        fprintf(out, "%c%.1f %.1f", drawn++ ? 'L' : 'M', x[i], low[i]);
    for (int i = count; i-- > 0;)
        fprintf(out, "%c%.1f %.1f", drawn++ ? 'L' : 'M', x[i], high[i]);
    fprintf(out, "\" fill=\"%s\" fill-opacity=\".18\"/>\n", color);
}

/* y with its band over x, all columns of the table and shares; points that blocked or
 * caught nothing have no y. */
static void share_curve(FILE *out, const persona_table *table, const char *x_name,
                        const char *y_name)
{
    double x[MOST_POINTS], y[MOST_POINTS], low[MOST_POINTS], high[MOST_POINTS];
    int count = 0;
    for (int64_t row = 0; row < persona_table_rows(table) && count < MOST_POINTS; row++) {
        const double here = cell_number(table, y_name, row);
        if (isnan(here) || isinf(cell_number(table, "threshold", row))) continue;
        x[count] = svg_at(&share_across, cell_number(table, x_name, row));
        y[count] = svg_at(&share_up, here);
        low[count] = svg_at(&share_up, cell_number(table, "low", row));
        high[count++] = svg_at(&share_up, cell_number(table, "high", row));
    }
    if (count == 0) return;
    band(out, x, low, high, count, svg_color(0));
    svg_curve(out, x, y, count, svg_color(0));
}

void chart_roc(FILE *out, const persona_table *roc)
{
    svg_begin(out, 320, 228, "ROC curve",
              "Share of the frauds found over the share of good orders stopped.");
    share_axes(out, "good orders stopped");
    svg_line(out, svg_at(&share_across, 0), svg_at(&share_up, 0),
             svg_at(&share_across, 1), svg_at(&share_up, 1), SVG_SOFT);
    share_curve(out, roc, "false_rate", "recall");
    svg_end(out);
}

void chart_precision(FILE *out, const persona_table *curve, double fraud_share)
{
    const double level = svg_at(&share_up, fraud_share);
    svg_begin(
        out, 320, 228, "Precision and recall",
        "Of the orders stopped, the share that is fraud, over the share of the frauds "
        "found.");
    share_axes(out, "frauds found");
    if (fraud_share >= 0) svg_line(out, 46, level, 300, level, SVG_SOFT);
    share_curve(out, curve, "recall", "precision");
    svg_end(out);
}

/* ---- calibration */

static double decade(double share, double least)
{
    return log10(share > least ? share : least);
}

static void calibration_bin(FILE *out, const persona_table *bins, int64_t row,
                            double least, const svg_scale *across, const svg_scale *up)
{
    const double x = svg_at(across, decade(cell_number(bins, "predicted", row), least));
    const double low = cell_number(bins, "from", row),
                 high = cell_number(bins, "to", row);
    if (!isnan(low) && !isnan(high))
        svg_line(out, x, svg_at(up, decade(low, least)), x,
                 svg_at(up, decade(high, least)), svg_color(0));
    svg_dot(out, x, svg_at(up, decade(cell_number(bins, "observed", row), least)), 4,
            svg_color(0));
}

void chart_calibration(FILE *out, const persona_table *bins)
{
    double least = 0.1;
    for (int64_t row = 0; row < persona_table_rows(bins); row++) {
        const double told = cell_number(bins, "predicted", row);
        while (least > 1e-5 && told < least) least /= 10;
    }
    const svg_scale across = {log10(least), 0, 46, 298}, up = {log10(least), 0, 190, 10};
    svg_begin(
        out, 320, 228, "Calibration",
        "Share of frauds among orders of about one probability, over the probability; "
        "on the line both are equal.");
    decade_axis(out, &up, 1, 298);
    decade_axis(out, &across, 0, 190);
    svg_label(out, 177, 222, SVG_MIDDLE, 11, 0, SVG_SOFT, "probability told");
    svg_line(out, 46, 190, 298, 10, SVG_SOFT);
    for (int64_t row = 0; row < persona_table_rows(bins); row++)
        calibration_bin(out, bins, row, least, &across, &up);
    svg_end(out);
}

/* ---- costs */

static void cost_curve(FILE *out, const persona_table *costs, const char *column,
                       double orders, const svg_scale *across, const svg_scale *up,
                       const char *color)
{
    double x[MOST_POINTS], y[MOST_POINTS];
    int count = 0;
    for (int64_t row = 0; row < persona_table_rows(costs) && count < MOST_POINTS; row++) {
        const double value = cell_number(costs, column, row);
        const double blocked = cell_number(costs, "blocked", row) / orders;
        if (value > up->to) continue;
        x[count] = svg_at(across, decade(blocked, 0.5 / orders));
        y[count++] = svg_at(up, value);
    }
    svg_curve(out, x, y, count, color);
}

/* Blocking nearly all costs far more than anybody would pay: the scale ends at twice what
 * accepting all costs. */
void chart_costs(FILE *out, const persona_table *costs, double orders)
{
    char text[CELL_SIZE];
    int64_t best = 0;
    for (int64_t row = 0; row < persona_table_rows(costs); row++)
        if (cell_number(costs, "cost", row) < cell_number(costs, "cost", best))
            best = row;
    const double all = cell_number(costs, "cost", 0), least = 0.5 / orders;
    const svg_scale across = {log10(least), 0, 58, 298};
    const svg_scale up = {0, all > 0 ? 2 * all : 1, 190, 10};
    svg_begin(out, 320, 228, "Cost by orders blocked",
              "Blue: cost in all; orange: lost to frauds accepted; green: lost with good "
              "orders blocked. The dot is the least cost.");
    const double step = svg_step(&up, 5);
    for (double v = 0; v <= up.to * 1.0001; v += step)
        label_up(out, &up, v, 300, cell_readable(text, v));
    decade_axis(out, &across, 0, 190);
    svg_label(out, 177, 222, SVG_MIDDLE, 11, 0, SVG_SOFT, "orders blocked");
    cost_curve(out, costs, "fraud_lost", orders, &across, &up, svg_color(1));
    cost_curve(out, costs, "good_lost", orders, &across, &up, svg_color(2));
    cost_curve(out, costs, "cost", orders, &across, &up, svg_color(0));
    const double blocked = cell_number(costs, "blocked", best) / orders;
    svg_dot(out, svg_at(&across, decade(blocked, least)),
            svg_at(&up, cell_number(costs, "cost", best)), 5, svg_color(0));
    svg_end(out);
}

/* ---- scores */

static double column_sum(const persona_table *table, const char *column, double *most)
{
    double sum = 0;
    *most = 0;
    for (int64_t row = 0; row < persona_table_rows(table); row++) {
        const double value = cell_number(table, column, row);
        sum += value;
        if (value > *most) *most = value;
    }
    return sum;
}

/* The bins have equal steps in log odds, so probabilities lie by their log odds. */
static void score_axis(FILE *out, double first, double last)
{
    static const double shown[] = {0.001, 0.01, 0.1, 0.5, 0.9, 0.99};
    char text[CELL_SIZE];
    const svg_scale odds = {first, last, 12, 308};
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        percent(text, shown[i]);
        label_across(out, &odds, log(shown[i] / (1 - shown[i])), 190, text);
    }
}

static double log_odds(double p)
{
    return log(p / (1 - p));
}

void chart_scores(FILE *out, const persona_table *scores)
{
    const int64_t rows = persona_table_rows(scores);
    double most_good, most_frauds;
    const double good = column_sum(scores, "good", &most_good);
    const double frauds = column_sum(scores, "frauds", &most_frauds);
    if (rows < 3) return;
    const double step = log_odds(cell_number(scores, "high", 1)) -
                        log_odds(cell_number(scores, "low", 1));
    const double first = log_odds(cell_number(scores, "low", 1)) - step;
    const svg_scale odds = {first, first + step * (double)rows, 12, 308};
    svg_begin(
        out, 320, 228, "Scores by label",
        "Bars by probability: good orders upwards, frauds downwards, each as shares of "
        "their kind.");
    for (int64_t row = 0; row < rows; row++) {
        const double x = svg_at(&odds, first + step * (double)row);
        const double up =
            cell_number(scores, "good", row) / (good > 0 ? most_good : 1) * 85;
        const double down =
            cell_number(scores, "frauds", row) / (frauds > 0 ? most_frauds : 1) * 85;
        svg_bar(out, x, 98 - up, 11.3, up, svg_color(0));
        svg_bar(out, x, 99, 11.3, down, svg_color(1));
    }
    svg_line(out, 12, 98.5, 308, 98.5, SVG_SOFT);
    score_axis(out, first, first + step * (double)rows);
    svg_label(out, 160, 222, SVG_MIDDLE, 11, 0, SVG_SOFT, "probability of fraud");
    svg_end(out);
}

/* ---- thresholds, importance */

void chart_thresholds(FILE *out, const persona_table *thresholds)
{
    char text[CELL_SIZE];
    const int64_t rows = persona_table_rows(thresholds);
    const svg_scale across = {0, 1, 64, 300};
    const double bottom = 24.0 * (double)rows + 6;
    svg_begin(out, 320, bottom + 40, "Limits by amount",
              "From left to right by probability: accepted (green), reviewed (yellow), "
              "blocked (red); one bar for each amount.");
    for (int64_t row = 0; row < rows; row++) {
        const double y = 24.0 * (double)row + 4;
        const double review = fmin(cell_number(thresholds, "review_from", row), 1);
        const double block = fmin(cell_number(thresholds, "block_from", row), 1);
        svg_label(out, 58, y + 14, SVG_END, 12, 0, NULL,
                  cell_readable(text, cell_number(thresholds, "amount", row)));
        svg_bar(out, svg_at(&across, 0), y, 236 * review, 18, ACCEPT);
        svg_bar(out, svg_at(&across, review), y, 236 * (block - review), 18, REVIEW);
        svg_bar(out, svg_at(&across, block), y, 236 * (1 - block), 18, BLOCK);
    }
    for (int i = 0; i <= 4; i++) {
        percent(text, i / 4.0);
        label_across(out, &across, i / 4.0, bottom, text);
    }
    svg_label(out, 186, bottom + 34, SVG_MIDDLE, 11, 0, SVG_SOFT, "probability of fraud");
    svg_end(out);
}

void chart_importance(FILE *out, const persona_table *importance)
{
    char name[CELL_SIZE], text[CELL_SIZE];
    int64_t rows = persona_table_rows(importance);
    double most;
    if (rows > MOST_FEATURES) rows = MOST_FEATURES;
    column_sum(importance, "share", &most);
    svg_begin(out, 320, 32.0 * (double)rows + 4, "Importance",
              "One bar for each feature: its share of all that splits gained.");
    for (int64_t row = 0; row < rows; row++) {
        const double y = 32.0 * (double)row + 14;
        const double share = cell_number(importance, "share", row);
        svg_name(out, 0, y, 250, cell_text(name, importance, "feature", row));
        svg_label(out, 320, y, SVG_END, 11, 0, SVG_SOFT, cell_percent(text, share));
        svg_bar(out, 0, y + 5, 320, 8, SVG_GRID);
        svg_bar(out, 0, y + 5, most > 0 ? 320 * share / most : 0, 8, svg_color(0));
    }
    svg_end(out);
}
