/* html.c: a page without scripts and without anything from outside.
 *
 * One style sheet serves a phone (360 px: one column), a desk (figures side by side) and
 * paper (nothing is cut in two, folded numbers stay folded). Colours keep a contrast of
 * at least 4.5 : 1 for text. */
#include <math.h>
#include <string.h>
#include "cells.h"
#include "html.h"

static const char style[] =
    ":root{--ink:#1b1f24;--soft:#5a6270;--line:#d9dde3;--fill:#f4f6f8;--accent:#0b5cad}"
    "*{box-sizing:border-box}"
    "body{margin:0 auto;max-width:68rem;padding:1.25rem 1rem 3rem;color:var(--ink);"
    "background:#fff;font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,"
    "'Helvetica Neue',Arial,sans-serif;overflow-wrap:break-word}"
    "h1{font-size:1.75rem;line-height:1.2;margin:.5rem 0 .25rem}"
    "h2{font-size:1.25rem;line-height:1.25;margin:0 0 .25rem}"
    "p{margin:.25rem 0 .75rem;max-width:46rem}.lead,figcaption small{color:var(--soft)}"
    "section{margin-top:2.5rem;padding-top:1rem;border-top:1px solid var(--line)}"
    "figure{margin:0;min-width:0}figcaption{font-weight:600;margin-bottom:.25rem}"
    "svg{display:block;width:100%;height:auto}"
    ".figures{display:grid;gap:1.5rem 2rem;"
    "grid-template-columns:repeat(auto-fill,minmax(min(100%,18rem),1fr))}"
    ".facts{display:grid;gap:.75rem;margin:1.25rem 0 0;padding:0;list-style:none;"
    "grid-template-columns:repeat(auto-fill,minmax(9.5rem,1fr))}"
    ".facts li{background:var(--fill);border-radius:.5rem;padding:.6rem .8rem}"
    ".facts b{display:block;font-size:1.4rem;line-height:1.25}"
    ".facts li:nth-child(3){grid-column:span 2}"
    ".facts span{color:var(--soft);font-size:.875rem}"
    ".wide{overflow-x:auto;margin:.5rem 0}"
    "table{border-collapse:collapse;width:100%;font-size:.9rem;"
    "font-variant-numeric:tabular-nums}"
    "caption{text-align:left;font-weight:600;padding-bottom:.25rem}"
    "th,td{padding:.35rem .6rem;text-align:left;vertical-align:top;"
    "border-bottom:1px solid var(--line)}"
    "th:first-child,td:first-child{padding-left:0}"
    "thead th{color:var(--soft);font-weight:600;border-bottom-color:var(--soft)}"
    "dl{columns:20rem;column-gap:2rem;margin:.5rem 0}dl div{display:flex;gap:1rem;"
    "break-inside:avoid;padding:.2rem 0;border-bottom:1px solid var(--line)}"
    "dt{flex:0 0 46%;font-weight:600}dd{flex:1;margin:0}dt,dd{min-width:0;"
    "overflow-wrap:anywhere}"
    "tbody th{font-weight:600}.n{text-align:right;white-space:nowrap}"
    "td.bar{min-width:5.5rem;white-space:nowrap}td.bar "
    "i{display:block;height:.5rem;border-radius:.125rem;"
    "margin-top:.2rem;min-width:1px}"
    ".key{display:inline-block;min-width:1.5em;padding:0 .3em;border-radius:.25rem;"
    "margin-right:.5em;text-align:center;font-size:.8em;font-weight:600}"
    ".map{display:grid;gap:1rem 2rem;align-items:start}"
    "ul.keys{list-style:none;margin:0;padding:0}ul.keys li{padding:.2rem 0}"
    "details{margin-top:.5rem;font-size:.9rem}summary{color:var(--accent);cursor:pointer}"
    "code{font:.9em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}"
    "footer{margin-top:2.5rem;padding-top:1rem;border-top:1px solid var(--line);"
    "color:var(--soft);font-size:.875rem}"
    "@media(min-width:48rem){.map{grid-template-columns:minmax(0,3fr) minmax(0,2fr)}}"
    "@media(max-width:34rem){table.stack thead{position:absolute;left:-99rem}"
    "table.stack tr{display:grid;grid-template-columns:1fr 1fr;gap:0 1rem;padding:.5rem "
    "0;"
    "border-bottom:1px solid var(--line)}"
    "table.stack th,table.stack td{border:0;padding:.15rem 0;text-align:left}"
    "table.stack .all{grid-column:1/-1}"
    "table.stack [data-name]::before{content:attr(data-name);display:block;"
    "color:var(--soft);font-size:.8rem}}"
    "@media print{@page{margin:14mm}body{font-size:10.5pt;max-width:none;padding:0}"
    "section{margin-top:1.2rem}summary{display:none}"
    "figure,tr,li,.facts,.lead,table.stack{break-inside:avoid}h2,.lead{break-after:avoid}"
    ".figures{grid-template-columns:1fr 1fr;gap:1rem 2rem}"
    ".map{grid-template-columns:minmax(0,3fr) minmax(0,2fr)}"
    "*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}";

void html_text(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '&':
            fputs("&amp;", out);
            break;
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        case '\'':
            fputs("&#39;", out);
            break;
        default:
            putc((unsigned char)*text < ' ' ? ' ' : *text, out);
        }
    }
}

/* <tag>escaped</tag>, nothing for NULL. */
static void element(FILE *out, const char *open, const char *text, const char *close)
{
    if (text == NULL) return;
    fputs(open, out);
    html_text(out, text);
    fputs(close, out);
}

void html_begin(FILE *out, const char *title, const char *lead)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n",
          out);
    element(out, "<title>", title, "</title>\n");
    fprintf(out, "<style>%s</style></head>\n<body>\n", style);
    element(out, "<main><h1>", title, "</h1>\n");
    element(out, "<p class=\"lead\">", lead, "</p>\n");
}

void html_end(FILE *out, const char *footer)
{
    element(out, "</main>\n<footer>", footer, "</footer>\n</body></html>\n");
}

void html_section(FILE *out, const char *id, const char *heading, const char *lead)
{
    fprintf(out, "<section aria-labelledby=\"%s\">", id);
    fprintf(out, "<h2 id=\"%s\">", id);
    element(out, "", heading, "</h2>\n");
    element(out, "<p class=\"lead\">", lead, "</p>\n");
}

void html_section_end(FILE *out)
{
    fputs("</section>\n", out);
}

void html_figures(FILE *out)
{
    fputs("<div class=\"figures\">\n", out);
}

void html_figure(FILE *out, const char *caption)
{
    fputs("<figure>", out);
    element(out, "<figcaption>", caption, "</figcaption>\n");
}

void html_figure_end(FILE *out)
{
    fputs("</figure>\n", out);
}

void html_figures_end(FILE *out)
{
    fputs("</div>\n", out);
}

void html_stack(FILE *out, const char *columns)
{
    fputs("<table class=\"stack\"><thead><tr>", out);
    while (*columns != '\0') {
        const int number = *columns == '#';
        const size_t length = strcspn(columns += number, "|");
        fprintf(out, "<th scope=\"col\"%s>%.*s</th>", number ? " class=\"n\"" : "",
                (int)length, columns);
        columns += length + (columns[length] == '|');
    }
    fputs("</tr></thead>\n<tbody>", out);
}

void html_stack_end(FILE *out)
{
    fputs("</tbody></table>\n", out);
}

void html_row(FILE *out)
{
    fputs("<tr><th scope=\"row\" class=\"all\">", out);
}

void html_row_cells(FILE *out)
{
    fputs("</th>", out);
}

void html_row_end(FILE *out)
{
    fputs("</tr>\n", out);
}

void html_bar_cell(FILE *out, double share, const char *color, const char *name,
                   const char *text)
{
    double width = isnan(share) || share < 0 ? 0 : share > 1 ? 1 : share;
    element(out, "<td class=\"bar\" data-name=\"", name, "\">");
    html_text(out, text);
    fprintf(out, "<i style=\"width:%.1f%%;background:%s\"></i></td>", width * 100, color);
}

static void table_cell(FILE *out, const persona_table *table, const char *name,
                       int64_t row)
{
    char text[CELL_SIZE];
    if (persona_table_type(table, persona_table_find(table, name)) == PERSONA_TYPE_TEXT) {
        element(out, "<td>", cell_text(text, table, name, row), "</td>");
        return;
    }
    cell_named(text, name, cell_number(table, name, row));
    element(out, "<td class=\"n\">", text, "</td>");
}

/* The next column to show: of `names`, or of the table when that is NULL. 0 at the end.
 */
static int next_name(char *out, const char **names, const persona_table *table,
                     int64_t *at)
{
    int used = 0;
    while (*names != NULL) {
        if (sscanf(*names, " %63s%n", out, &used) != 1) return 0;
        *names += used;
        if (persona_table_find(table, out) != PERSONA_NONE) return 1;
    }
    if (*at >= persona_table_columns(table)) return 0;
    snprintf(out, 64, "%s", persona_table_name(table, (*at)++));
    return 1;
}

static void table_head(FILE *out, const persona_table *table, const char *names)
{
    char name[64];
    int64_t at = 0;
    fputs("<thead><tr>", out);
    while (next_name(name, &names, table, &at)) {
        int32_t type = persona_table_type(table, persona_table_find(table, name));
        fprintf(out, "<th scope=\"col\"%s>",
                type == PERSONA_TYPE_TEXT ? "" : " class=\"n\"");
        element(out, "", cell_words(name), "</th>");
    }
    fputs("</tr></thead>\n<tbody>", out);
}

void html_table(FILE *out, const persona_table *table, const char *names,
                const char *caption)
{
    char name[64];
    fputs("<div class=\"wide\"><table>", out);
    element(out, "<caption>", caption, "</caption>");
    table_head(out, table, names);
    for (int64_t row = 0; row < persona_table_rows(table); row++) {
        const char *rest = names;
        int64_t at = 0;
        fputs("<tr>", out);
        while (next_name(name, &rest, table, &at)) table_cell(out, table, name, row);
        fputs("</tr>\n", out);
    }
    fputs("</tbody></table></div>\n", out);
}

void html_numbers(FILE *out, const persona_table *table, const char *names)
{
    fputs("<details><summary>The numbers</summary>", out);
    html_table(out, table, names, NULL);
    fputs("</details>\n", out);
}
