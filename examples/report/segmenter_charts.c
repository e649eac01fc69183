/* segmenter_charts.c: the drawings of the segmenter's report.
 *
 * A map of the customers, one profile of bars for each segment, one curve for each
 * criterion of the choice of k: small drawings side by side rather than one large with a
 * legend, since they fold into one column on a phone and stay readable. */
#include <math.h>
#include <string.h>
#include "cells.h"
#include "html.h"
#include "segmenter_charts.h"
#include "svg.h"

enum { MOST_POINTS = 4000, MOST_FEATURES = 12 }; /* drawn; the tables have all */

static void widen(double *low, double *high, double value)
{
    if (value < *low) *low = value;
    if (value > *high) *high = value;
}

typedef struct map_scales {
    svg_scale across, down;
    double dot; /* diameter */
} map_scales;

static int is_center(const persona_table *map, int64_t row)
{
    char kind[CELL_SIZE];
    return strcmp(cell_text(kind, map, "kind", row), "center") == 0;
}

/* All dots of one segment are one path of zero-length lines with round ends: small, and
 * see-through without dark overlaps. */
static void map_dots(FILE *out, const persona_table *map, double segment,
                     const map_scales *at)
{
    int64_t rows = persona_table_rows(map), step = 1 + rows / MOST_POINTS;
    fprintf(out,
            "<path stroke=\"%s\" stroke-opacity=\".6\" stroke-width=\"%.1f\" "
            "stroke-linecap=\"round\" d=\"M0 0",
            svg_color((int)segment), at->dot);
    for (int64_t row = 0; row < rows; row += step) {
        if (cell_number(map, "segment", row) != segment || is_center(map, row)) continue;
        double x = svg_at(&at->across, cell_number(map, "x", row));
        double y = svg_at(&at->down, cell_number(map, "y", row));
        if (!isnan(x) && !isnan(y)) fprintf(out, "M%.1f %.1fh0", x, y);
    }
    fputs("\"/>\n", out);
}

/* The number of each segment on its centre, above all dots. */
static void map_center(FILE *out, const persona_table *map, int64_t row,
                       const map_scales *at)
{
    char number[24];
    int segment = (int)cell_number(map, "segment", row);
    double x = svg_at(&at->across, cell_number(map, "x", row));
    double y = svg_at(&at->down, cell_number(map, "y", row));
    if (isnan(x) || isnan(y)) return;
    snprintf(number, sizeof number, "%d", segment);
    svg_dot(out, x, y, 10, svg_color(segment));
    svg_label(out, x, y + 4.5, SVG_MIDDLE, 12.5, 1, svg_color_on(segment), number);
}

void chart_map(FILE *out, const persona_table *map, const persona_table *profile)
{
    int64_t rows = persona_table_rows(map);
    map_scales at = {.across = {INFINITY, -INFINITY, 12, 388},
                     .down = {INFINITY, -INFINITY, 328, 12},
                     .dot = rows > 1500 ? 3.4 : 4.8};
    for (int64_t row = 0; row < rows; row++) {
        widen(&at.across.from, &at.across.to, cell_number(map, "x", row));
        widen(&at.down.from, &at.down.to, cell_number(map, "y", row));
    }
    svg_begin(out, 400, 340, "Map of the customers",
              "Customers as dots, coloured by segment, on the first two principal "
              "components. The number of each segment stands on its centre.");
    for (int64_t i = 0; i < persona_table_rows(profile); i++)
        map_dots(out, map, cell_number(profile, "segment", i), &at);
    for (int64_t row = 0; row < rows; row++)
        if (is_center(map, row)) map_center(out, map, row, &at);
    svg_end(out);
}

/* The row of a feature in a segment, or PERSONA_NONE. */
static int64_t feature_row(const persona_table *features, double segment,
                           const char *name)
{
    char text[CELL_SIZE];
    for (int64_t row = 0; row < persona_table_rows(features); row++)
        if (cell_number(features, "segment", row) == segment &&
            strcmp(cell_text(text, features, "feature", row), name) == 0)
            return row;
    return PERSONA_NONE;
}

void feature_words(char *name, char *value, const persona_table *features, int64_t row)
{
    double low = cell_number(features, "q25", row),
           high = cell_number(features, "q75", row);
    cell_text(name, features, "feature", row);
    cell_named(value, name, cell_number(features, high > low ? "median" : "mean", row));
    cell_words(name);
}

/* Rows of the features that matter most: the first of every segment, then the second of
 * every segment, and so on. Each segment's rows are one block in the order of rank. */
static int feature_choice(int64_t *chosen, const persona_table *features)
{
    char name[CELL_SIZE], other[CELL_SIZE];
    int64_t rows = persona_table_rows(features), each = 0;
    int count = 0;
    while (each < rows &&
           cell_number(features, "segment", each) == cell_number(features, "segment", 0))
        each++;
    for (int64_t rank = 0; rank < each; rank++)
        for (int64_t row = rank; row < rows && count < MOST_FEATURES; row += each) {
            int known = 0;
            cell_text(name, features, "feature", row);
            for (int i = 0; i < count && !known; i++)
                known = !strcmp(cell_text(other, features, "feature", chosen[i]), name);
            if (!known) chosen[count++] = row;
        }
    return count;
}

/* A name and a number above a bar, which goes from the line of all customers to where the
 * segment is, in standard deviations; it ends at two. */
static void profile_bar(FILE *out, double y, const persona_table *features, int64_t row,
                        int segment)
{
    const svg_scale deviations = {-2, 2, 0, 320};
    char name[CELL_SIZE], value[CELL_SIZE];
    double lift = cell_number(features, "lift", row), zero = svg_at(&deviations, 0);
    feature_words(name, value, features, row);
    svg_name(out, 0, y, 300 - 7 * (double)strlen(value), name);
    svg_label(out, 320, y, SVG_END, 12, 0, SVG_SOFT, value);
    svg_line(out, 0, y + 10, 320, y + 10, SVG_GRID);
    if (isnan(lift)) return;
    double end = svg_at(&deviations, lift > 2 ? 2 : lift < -2 ? -2 : lift);
    svg_bar(out, zero, y + 5, end - zero, 10, svg_color(segment));
}

/* The same features in the same order in every segment, so that profiles compare. */
void chart_profile(FILE *out, const persona_table *features, double segment,
                   const char *name)
{
    char text[CELL_SIZE], title[CELL_SIZE + 32];
    int64_t chosen[MOST_FEATURES];
    int count = feature_choice(chosen, features);
    snprintf(title, sizeof title, "Profile of %s", name);
    svg_begin(out, 320, 36.0 * count + 4, title,
              "How far each feature of the segment is from that of all customers.");
    for (int i = 0; i < count; i++) {
        cell_text(text, features, "feature", chosen[i]);
        int64_t row = feature_row(features, segment, text);
        if (row != PERSONA_NONE)
            profile_bar(out, 14 + 36.0 * i, features, row, (int)segment);
    }
    svg_line(out, 160, 18, 160, 36.0 * count - 4, SVG_SOFT);
    svg_end(out);
}

static const struct {
    const char *column, *name, *reading;
} criteria[] = {
    {"silhouette", "Silhouette", "higher is better"},
    {"calinski_harabasz", "Calinski–Harabasz", "higher is better"},
    {"davies_bouldin", "Davies–Bouldin", "lower is better"},
    {"bic", "BIC (log-likelihood less penalty)", "higher is better"},
    {"gap", "Gap statistic", "higher is better"},
    {"stability", "Stability (mean Jaccard)", "above 0.75 is stable"},
};
enum { CRITERIA = sizeof criteria / sizeof *criteria, MOST_TRIALS = 1024 };

/* All numbers of an axis have the decimals that its step needs. */
static void axis_number(char *out, double value, double step)
{
    int decimals = (int)ceil(-log10(step) - 1e-9);
    if (fabs(value) < step * 1e-6) value = 0;
    if (step >= 1)
        cell_readable(out, value);
    else
        snprintf(out, CELL_SIZE, "%.*f", decimals, value);
}

static void criterion_axes(FILE *out, const svg_scale *across, const svg_scale *up)
{
    char text[CELL_SIZE];
    double step = svg_step(up, 4);
    for (double v = ceil(up->from / step) * step; v <= up->to + step * 1e-6; v += step) {
        double y = svg_at(up, v);
        svg_line(out, across->start - 8, y, across->end + 8, y, SVG_GRID);
        axis_number(text, v, step);
        svg_label(out, across->start - 12, y + 4, SVG_END, 11, 0, SVG_SOFT, text);
    }
    step = svg_step(across, 11) < 1 ? 1 : svg_step(across, 11);
    for (double k = across->from; k <= across->to; k += step) {
        snprintf(text, sizeof text, "%.0f", k);
        svg_label(out, svg_at(across, k), up->start + 20, SVG_MIDDLE, 11, 0, SVG_SOFT,
                  text);
    }
}

/* One criterion against the number of segments, the chosen one marked. */
static void criterion_curve(FILE *out, const persona_table *sweep, int which,
                            double chosen)
{
    double x[MOST_TRIALS], y[MOST_TRIALS];
    int count = 0;
    char title[96];
    svg_scale across = {INFINITY, -INFINITY, 62, 304},
              up = {INFINITY, -INFINITY, 140, 12};
    for (int64_t row = 0; row < persona_table_rows(sweep) && count < MOST_TRIALS; row++) {
        x[count] = cell_number(sweep, "k", row);
        y[count] = cell_number(sweep, criteria[which].column, row);
        if (isnan(y[count])) continue;
        widen(&across.from, &across.to, x[count]);
        widen(&up.from, &up.to, y[count]);
        count++;
    }
    if (count == 0) return;
    snprintf(title, sizeof title, "%s (%s)", criteria[which].name,
             criteria[which].reading);
    html_figure(out, title);
    svg_begin(out, 320, 166, title,
              "A line over the number of segments; the chosen number has a dot.");
    criterion_axes(out, &across, &up);
    for (int i = 0; i < count; i++) {
        double mark = x[i] == chosen;
        x[i] = svg_at(&across, x[i]);
        y[i] = svg_at(&up, y[i]);
        if (mark != 0) svg_line(out, x[i], up.start, x[i], up.end, SVG_SOFT);
    }
    svg_curve(out, x, y, count, svg_color(0));
    for (int i = 0; i < count; i++)
        if (x[i] == svg_at(&across, chosen)) svg_dot(out, x[i], y[i], 5, svg_color(1));
    svg_end(out);
    html_figure_end(out);
}

void chart_criteria(FILE *out, const persona_table *sweep, double chosen)
{
    for (int i = 0; i < CRITERIA; i++) criterion_curve(out, sweep, i, chosen);
}
