/* report_segmenter.c: the page about the segments of a shop's customers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "cells.h"
#include "html.h"
#include "page.h"
#include "segmenter_charts.h"
#include "svg.h"

/* The number of a segment on its colour: with many segments colours are not enough. */
static void swatch(FILE *out, int segment)
{
    fprintf(out, "<span class=\"key\" style=\"background:%s;color:%s\">%d</span>",
            svg_color(segment), svg_color_on(segment), segment);
}

/* The row of a segment in the profile; 0 when there is none. */
static int64_t segment_row(const persona_table *profile, int segment)
{
    for (int64_t row = 0; row < persona_table_rows(profile); row++)
        if ((int)cell_number(profile, "segment", row) == segment) return row;
    return 0;
}

static void segment_name(FILE *out, const persona_table *profile, int64_t row)
{
    char text[CELL_SIZE];
    swatch(out, (int)cell_number(profile, "segment", row));
    html_text(out, cell_text(text, profile, "name", row));
}

/* The headline: how many customers, how many segments, and who brings the money. */
static void show_facts(page *p)
{
    char text[CELL_SIZE], name[CELL_SIZE], what[3 * CELL_SIZE];
    double customers = 0, best = -1;
    int64_t rows = persona_table_rows(page_part(p, "profile")), top = 0;
    for (int64_t row = 0; row < rows; row++) {
        double share = cell_number(page_part(p, "profile"), "revenue_share", row);
        customers += cell_number(page_part(p, "profile"), "size", row);
        if (share > best) best = share, top = row;
    }
    fputs("<ul class=\"facts\">", p->out);
    page_fact(p, cell_readable(text, customers), "customers");
    page_fact(p, cell_readable(text, (double)rows), "segments");
    if (best >= 0) {
        cell_text(name, page_part(p, "profile"), "name", top);
        cell_percent(text, cell_number(page_part(p, "profile"), "share", top));
        snprintf(what, sizeof what, "of revenue from “%s”, %s of customers", name, text);
        page_fact(p, cell_percent(text, best), what);
    }
    fputs("</ul>\n", p->out);
}

/* ---- sizes */

/* What sets a segment apart, in words: its first three features, if they differ by a
 * quarter of a deviation at least. */
static void show_traits(FILE *out, const persona_table *features, double segment)
{
    char name[CELL_SIZE], value[CELL_SIZE];
    int shown = 0;
    for (int64_t row = 0; row < persona_table_rows(features); row++) {
        double lift = cell_number(features, "lift", row);
        if (cell_number(features, "segment", row) != segment) continue;
        if (cell_number(features, "rank", row) > 3 || !(fabs(lift) >= 0.25)) continue;
        feature_words(name, value, features, row);
        fprintf(out, "%s%s ", shown++ ? ", " : "", lift > 0 ? "high" : "low");
        html_text(out, name);
        fprintf(out, " (%s)", value);
    }
    if (shown == 0) fputs("near the average in everything", out);
}

/* Customer tables may not say what customers bring. */
static int has_revenue(const persona_table *profile)
{
    for (int64_t row = 0; row < persona_table_rows(profile); row++)
        if (!isnan(cell_number(profile, "revenue_share", row))) return 1;
    return 0;
}

static void show_size(page *p, int64_t row, int revenue)
{
    char text[CELL_SIZE], number[CELL_SIZE];
    int segment = (int)cell_number(page_part(p, "profile"), "segment", row);
    double share = cell_number(page_part(p, "profile"), "share", row);
    html_row(p->out);
    segment_name(p->out, page_part(p, "profile"), row);
    html_row_cells(p->out);
    cell_readable(number, cell_number(page_part(p, "profile"), "size", row));
    cell_percent(text, share);
    strcat(strcat(number, " · "), text);
    html_bar_cell(p->out, share, svg_color(segment), "Customers", number);
    if (revenue) {
        share = cell_number(page_part(p, "profile"), "revenue_share", row);
        html_bar_cell(p->out, share, svg_color(segment), "Revenue",
                      cell_percent(text, share));
    }
    fputs("<td class=\"all\">", p->out);
    show_traits(p->out, page_part(p, "features"), segment);
    fputs("</td></tr>\n", p->out);
}

static void show_sizes(page *p)
{
    int revenue = has_revenue(page_part(p, "profile"));
    html_section(p->out, "sizes", "The segments",
                 revenue
                     ? "How many customers are in each, what they bring, and what sets "
                       "them apart from all customers, with typical values."
                     : "How many customers are in each, and what sets them apart from "
                       "all customers, with typical values.");
    html_stack(p->out, revenue ? "Segment|Customers|Revenue|What sets it apart"
                               : "Segment|Customers|What sets it apart");
    for (int64_t row = 0; row < persona_table_rows(page_part(p, "profile")); row++)
        show_size(p, row, revenue);
    html_stack_end(p->out);
    html_numbers(p->out, page_part(p, "profile"), NULL);
    html_section_end(p->out);
}

/* ---- the map */

static void show_map(page *p)
{
    char text[CELL_SIZE];
    if (page_part(p, "map") == NULL || persona_table_rows(page_part(p, "map")) == 0)
        return;
    html_section(
        p->out, "map", "Map of the customers",
        "Each dot is a customer; similar customers lie close together. The two axes "
        "are the directions in which customers differ most (principal components), "
        "so distances are true only as far as two dimensions can show them.");
    fputs("<div class=\"map\"><figure>", p->out);
    chart_map(p->out, page_part(p, "map"), page_part(p, "profile"));
    fputs("</figure><ul class=\"keys\">", p->out);
    for (int64_t i = 0; i < persona_table_rows(page_part(p, "profile")); i++) {
        fputs("<li>", p->out);
        swatch(p->out, (int)cell_number(page_part(p, "profile"), "segment", i));
        html_text(p->out, cell_text(text, page_part(p, "profile"), "name", i));
        fputs("</li>\n", p->out);
    }
    fputs("</ul></div>\n", p->out);
    html_section_end(p->out);
}

/* ---- profiles */

static void show_profiles(page *p)
{
    char name[CELL_SIZE];
    html_section(
        p->out, "profiles", "Profiles",
        "Each bar shows how far the segment is from all customers (the line), in "
        "standard deviations on the scale of the model, logarithms for skewed amounts; "
        "bars end at two. The number is the segment's median, or its mean where half of "
        "the segment has the same value. The features that matter most come first.");
    html_figures(p->out);
    for (int64_t row = 0; row < persona_table_rows(page_part(p, "profile")); row++) {
        fputs("<figure><figcaption>", p->out);
        segment_name(p->out, page_part(p, "profile"), row);
        fputs("</figcaption>\n", p->out);
        chart_profile(p->out, page_part(p, "features"),
                      cell_number(page_part(p, "profile"), "segment", row),
                      cell_text(name, page_part(p, "profile"), "name", row));
        html_figure_end(p->out);
    }
    html_figures_end(p->out);
    html_numbers(p->out, page_part(p, "features"), NULL);
    html_section_end(p->out);
}

/* ---- how many segments */

static void show_criteria(page *p)
{
    char reason[CELL_SIZE] = "";
    double chosen = (double)persona_table_rows(page_part(p, "profile"));
    if (page_part(p, "sweep") == NULL || persona_table_rows(page_part(p, "sweep")) < 2)
        return;
    for (int64_t row = 0;
         row < persona_table_rows(page_part(p, "sweep")) && reason[0] == '\0'; row++)
        cell_text(reason, page_part(p, "sweep"), "reason", row);
    html_section(
        p->out, "criteria", "How many segments?",
        "Each curve is one criterion over the number of segments that were tried; "
        "the line marks the number chosen.");
    if (reason[0] >= 'a' && reason[0] <= 'z') reason[0] = (char)(reason[0] - 'a' + 'A');
    fputs("<p>", p->out);
    html_text(p->out, reason);
    fputs(".</p>\n", p->out);
    html_figures(p->out);
    chart_criteria(p->out, page_part(p, "sweep"), chosen);
    html_figures_end(p->out);
    html_numbers(p->out, page_part(p, "sweep"), NULL);
    html_section_end(p->out);
}

/* ---- the rest */

static void show_rules(page *p)
{
    char text[CELL_SIZE];
    if (page_part(p, "rules") == NULL || persona_table_rows(page_part(p, "rules")) == 0)
        return;
    html_section(
        p->out, "rules", "Rules",
        "The segments in plain conditions, for systems that cannot ask the model. "
        "Precision: of the customers that fit the rule, the share that is in the "
        "segment. Recall: of the segment, the share that fits the rule.");
    html_stack(p->out, "Segment|Rule|Precision|Recall");
    for (int64_t row = 0; row < persona_table_rows(page_part(p, "rules")); row++) {
        int segment = (int)cell_number(page_part(p, "rules"), "segment", row);
        double precision = cell_number(page_part(p, "rules"), "precision", row);
        double recall = cell_number(page_part(p, "rules"), "recall", row);
        html_row(p->out);
        segment_name(p->out, page_part(p, "profile"),
                     segment_row(page_part(p, "profile"), segment));
        html_row_cells(p->out);
        fputs("<td class=\"all\"><code>", p->out);
        html_text(p->out, cell_text(text, page_part(p, "rules"), "rule", row));
        fputs("</code></td>", p->out);
        html_bar_cell(p->out, precision, svg_color(segment), "Precision",
                      cell_percent(text, precision));
        html_bar_cell(p->out, recall, svg_color(segment), "Recall",
                      cell_percent(text, recall));
        html_row_end(p->out);
    }
    html_stack_end(p->out);
    html_section_end(p->out);
}

/* How the customers of another table fall into the segments, beside those of the fit. */
static int show_answers(page *p, const persona_table *answers, persona_error *error)
{
    char text[CELL_SIZE], number[CELL_SIZE];
    int64_t segments = persona_table_rows(page_part(p, "profile")),
            rows = persona_table_rows(answers);
    double *count = calloc((size_t)segments + 1, sizeof *count);
    if (count == NULL) return page_no_memory(error);
    for (int64_t row = 0; row < rows; row++) {
        double segment = cell_number(answers, "segment", row);
        count[segment >= 0 && segment < (double)segments ? (int64_t)segment : segments]++;
    }
    html_section(
        p->out, "answers", "The customers asked about",
        "The table given with this report: where its customers belong, beside the "
        "customers that the model was fitted on.");
    html_stack(p->out, "Segment|These customers|At the fit");
    for (int64_t i = 0; i < segments; i++) {
        double share = rows > 0 ? count[i] / (double)rows : NAN;
        int segment = (int)cell_number(page_part(p, "profile"), "segment", i);
        html_row(p->out);
        segment_name(p->out, page_part(p, "profile"), i);
        html_row_cells(p->out);
        cell_percent(text, share);
        cell_readable(number, count[i]);
        strcat(strcat(number, " · "), text);
        html_bar_cell(p->out, share, svg_color(segment), "Now", number);
        share = cell_number(page_part(p, "profile"), "share", i);
        html_bar_cell(p->out, share, svg_color(segment), "At the fit",
                      cell_percent(text, share));
        html_row_end(p->out);
    }
    html_stack_end(p->out);
    if (count[segments] > 0)
        fprintf(p->out, "<p>%s customers have no value that the model could use.</p>\n",
                cell_readable(text, count[segments]));
    html_section_end(p->out);
    free(count);
    return PERSONA_OK;
}

/* ---- the page */

static const char *lead(page *p)
{
    return has_revenue(page_part(p, "profile"))
               ? "Which kinds of customers there are, how they differ, and what they "
                 "bring."
               : "Which kinds of customers there are, and how they differ.";
}

static int body(page *p, persona_error *error)
{
    int rc;
    show_facts(p);
    show_sizes(p);
    if (p->answers != NULL && (rc = show_answers(p, p->answers, error))) return rc;
    show_map(p);
    show_profiles(p);
    show_rules(p);
    show_criteria(p);
    return PERSONA_OK;
}

const page_kind segmenter_page = {
    "segmenter", "Customer segments", {"profile", "features"}, lead, body};
