/* report_recommender.c: the page about a recommender: who is in it, how good each of its
 * members is on what they had not seen, what is wanted now, and what visitors get. Items
 * are shown by their ids: a model knows no names. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "cells.h"
#include "html.h"
#include "page.h"
#include "svg.h"

enum { MOST_VISITORS = 12, MOST_ITEMS = 8, MOST_MEMBERS = 32 };

/* What the members do, for people. */
static const struct {
    const char *member, *reading;
} readings[] = {
    {"popular", "what most people want, the newest events more"},
    {"trending", "what rises above its own past"},
    {"rp3beta", "what people with the same items have: walks from item to item"},
    {"item_knn", "items that the same people have"},
    {"ease", "each item out of all others of the history: linear, in closed form"},
    {"als", "tastes as a few dozen numbers of each user and item"},
    {"sequence", "what comes after what was looked at last"},
    {"directed_ridge", "what comes next, out of all the past: linear, in closed form"},
    {"session_knn", "visits that went like this one"},
    {"own", "the visitor's own items: how often, how long ago"},
    {"repeat", "habits: what is bought again, and when it is due"},
    {"bought_together", "what is in the same carts"},
    {"content", "items of the same kind: category, brand and other attributes"},
};

static const char *reading(const char *member)
{
    for (size_t i = 0; i < sizeof readings / sizeof *readings; i++)
        if (strcmp(readings[i].member, member) == 0) return readings[i].reading;
    return "";
}

/* ---- headline */

static double sum(const persona_table *table, const char *column)
{
    double all = 0;
    for (int64_t row = 0; table != NULL && row < persona_table_rows(table); row++)
        all += fmax(0, cell_number(table, column, row));
    return all;
}

static void show_facts(page *p)
{
    char text[CELL_SIZE], name[CELL_SIZE], what[3 * CELL_SIZE];
    const persona_table *members = page_part(p, "members");
    double best = -1;
    for (int64_t row = 0; row < persona_table_rows(members); row++) {
        const double alone = cell_number(members, "ndcg_20_alone", row);
        if (!(alone > best)) continue;
        best = alone;
        cell_text(name, members, "member", row);
    }
    fputs("<ul class=\"facts\">", p->out);
    page_fact(p,
              cell_readable(text, (double)persona_recommender_items(
                                      persona_model_recommender(p->model))),
              "items");
    if (page_part(p, "kinds") != NULL)
        page_fact(p, cell_readable(text, sum(page_part(p, "kinds"), "events")), "events");
    page_fact(p, cell_readable(text, (double)persona_table_rows(members)), "members");
    if (best > 0) {
        snprintf(what, sizeof what, "NDCG@20 of the best member alone, %.80s", name);
        snprintf(text, sizeof text, "%.4f", best);
        page_fact(p, text, what);
    }
    fputs("</ul>\n", p->out);
}

/* ---- members */

static void show_member(page *p, int64_t row, double best, double shares)
{
    char text[CELL_SIZE], name[CELL_SIZE];
    const persona_table *members = page_part(p, "members");
    const double share = cell_number(members, "share", row) / shares;
    const double alone = cell_number(members, "ndcg_20_alone", row);
    html_row(p->out);
    cell_text(name, members, "member", row);
    snprintf(text, sizeof text, "%s", name);
    html_text(p->out, cell_words(text));
    fputs("<br><small>", p->out);
    html_text(p->out, reading(name));
    fputs("</small>", p->out);
    html_row_cells(p->out);
    html_bar_cell(p->out, share, svg_color(0), "Share",
                  share > 0 ? cell_percent(text, share) : "–");
    snprintf(text, sizeof text, "%.4f", alone);
    html_bar_cell(p->out, alone / best, svg_color(2), "Alone", alone > 0 ? text : "–");
    fputs("<td class=\"all\">", p->out);
    html_text(p->out, cell_text(text, members, "setting", row));
    fputs("</td>", p->out);
    html_row_end(p->out);
}

/* Rows of the members, those with the largest share first, then by what they are alone.
 */
static void show_members(page *p)
{
    const persona_table *members = page_part(p, "members");
    const double shares = fmax(1e-9, sum(members, "share"));
    double best = 1e-9;
    int shown[MOST_MEMBERS] = {0};
    int64_t rows = persona_table_rows(members);
    if (rows > MOST_MEMBERS) rows = MOST_MEMBERS;
    for (int64_t row = 0; row < rows; row++)
        best = fmax(best, cell_number(members, "ndcg_20_alone", row));
    html_section(
        p->out, "members", "Who recommends",
        "Each member proposes items and scores those of the others; the answer is the "
        "sum, weighted by shares that were chosen on a part of the events that none had "
        "seen. Alone: the NDCG@20 of each on that part. Members without a share answer "
        "other questions, or give features to the trees.");
    html_stack(p->out, "Member|Share of the blend|NDCG@20 alone|Setting");
    for (int64_t i = 0; i < rows; i++) {
        int64_t next = -1;
        for (int64_t row = 0; row < rows; row++) {
            if (shown[row]) continue;
            const double share = cell_number(members, "share", row);
            if (next < 0 || share > cell_number(members, "share", next)) next = row;
        }
        shown[next] = 1;
        show_member(p, next, best, shares);
    }
    html_stack_end(p->out);
    if (page_part(p, "trials") != NULL)
        html_numbers(p->out, page_part(p, "trials"), NULL);
    html_section_end(p->out);
}

/* ---- kinds of events */

static void show_kinds(page *p)
{
    if (page_part(p, "kinds") == NULL) return;
    html_section(p->out, "kinds", "What was learnt from",
                 "The kinds of events, how much one weighs, whether an item with such an "
                 "event is hidden afterwards, and which kinds are predicted.");
    html_table(p->out, page_part(p, "kinds"), NULL, NULL);
    html_section_end(p->out);
}

/* ---- what is wanted now */

static int list_items(page *p, const char *title, const char *options,
                      persona_error *error)
{
    int64_t items[MOST_ITEMS], count = 0, length;
    float scores[MOST_ITEMS];
    const char *id;
    char text[CELL_SIZE];
    const persona_recommender *model = persona_model_recommender(p->model);
    persona_params *params = NULL;
    persona_query *query = NULL;
    int rc = persona_params_new(&params, "recommender.query", error);
    if (rc == PERSONA_OK) rc = persona_params_parse(params, options, error);
    if (rc == PERSONA_OK) rc = persona_recommender_prepare(&query, model, params, error);
    if (rc == PERSONA_OK)
        rc = persona_recommender_run(query, MOST_ITEMS, items, scores, NULL, &count,
                                     error);
    if (rc != PERSONA_OK) goto done;
    html_figure(p->out, title);
    fputs("<table><tbody>", p->out);
    for (int64_t i = 0; i < count; i++) {
        persona_recommender_item_id(model, items[i], &id, &length);
        snprintf(text, sizeof text, "%.*s", (int)(length < 200 ? length : 200), id);
        fputs("<tr><th scope=\"row\">", p->out);
        html_text(p->out, text);
        fputs("</th>", p->out);
        html_bar_cell(p->out, scores[0] > 0 ? (double)(scores[i] / scores[0]) : 0,
                      svg_color(0), "Score", cell_readable(text, (double)scores[i]));
        html_row_end(p->out);
    }
    fputs("</tbody></table>", p->out);
    html_figure_end(p->out);
done:
    persona_query_free(query);
    persona_params_free(params);
    return rc;
}

static int show_now(page *p, persona_error *error)
{
    int rc;
    html_section(p->out, "now", "Wanted now",
                 "What a visitor gets of whom nothing is known, and what rises above its "
                 "own past.");
    html_figures(p->out);
    rc = list_items(p, "For anybody", "question=for_you", error);
    if (rc == PERSONA_OK) rc = list_items(p, "Rising", "question=trending", error);
    html_figures_end(p->out);
    html_section_end(p->out);
    return rc;
}

/* ---- visitors that the table names */

static int same_user(const persona_table *answers, int64_t a, int64_t b)
{
    char x[CELL_SIZE], y[CELL_SIZE];
    return !strcmp(cell_text(x, answers, "user", a), cell_text(y, answers, "user", b));
}

static void show_answer(page *p, const persona_table *answers, int64_t row, int first)
{
    char text[CELL_SIZE];
    const double score = cell_number(answers, "score", row);
    html_row(p->out);
    if (first) html_text(p->out, cell_text(text, answers, "user", row));
    html_row_cells(p->out);
    fputs("<td data-name=\"Item\">", p->out);
    html_text(p->out, cell_text(text, answers, "item", row));
    fputs("</td><td class=\"n\" data-name=\"Score\">", p->out);
    html_text(p->out, cell_readable(text, score));
    fputs("</td><td class=\"all\">", p->out);
    html_text(p->out, cell_text(text, answers, "reason", row));
    fputs("</td>", p->out);
    html_row_end(p->out);
}

static void show_answers(page *p, const persona_table *answers)
{
    int64_t visitors = 0, listed = 0;
    html_section(p->out, "visitors", "What visitors get",
                 "The first visitors of the table given with this report, their best "
                 "items and why.");
    html_stack(p->out, "Visitor|Item|#Score|Why");
    for (int64_t row = 0; row < persona_table_rows(answers); row++) {
        const int first = row == 0 || !same_user(answers, row - 1, row);
        if (first && ++visitors > MOST_VISITORS) break;
        listed = first ? 0 : listed + 1;
        if (listed < MOST_ITEMS) show_answer(p, answers, row, first);
    }
    html_stack_end(p->out);
    html_section_end(p->out);
}

/* ---- the page */

static const char *lead(page *p)
{
    (void)p;
    return "What customers want next: who recommends, how good each is, what is wanted "
           "now, and what visitors get.";
}

static int body(page *p, persona_error *error)
{
    show_facts(p);
    if (p->answers != NULL) show_answers(p, p->answers);
    show_members(p);
    show_kinds(p);
    return show_now(p, error);
}

const page_kind recommender_page = {
    "recommender", "Recommender", {"members"}, lead, body};
