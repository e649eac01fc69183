/* html.h: a page without scripts and without anything from outside. */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include <stdio.h>
#include "persona.h"

void html_begin(FILE *out, const char *title, const char *lead);
void html_end(FILE *out, const char *footer);
/* Escaped; fit for text and for quoted attributes. */
void html_text(FILE *out, const char *text);
/* A section with a heading and one paragraph that says how to read it (may be NULL). */
void html_section(FILE *out, const char *id, const char *heading, const char *lead);
void html_section_end(FILE *out);
/* One figure among several that share a row where there is room. */
void html_figures(FILE *out);
void html_figure(FILE *out, const char *caption);
void html_figure_end(FILE *out);
void html_figures_end(FILE *out);
/* A table whose rows become blocks on a phone. columns: their names, '|' between; those
 * that hold numbers begin with '#'. */
void html_stack(FILE *out, const char *columns);
void html_stack_end(FILE *out);
/* A row up to its first cell, which names it: html_row, what names it, html_row_cells. */
void html_row(FILE *out);
void html_row_cells(FILE *out);
void html_row_end(FILE *out);
/* A table cell with a number and a bar below it, `share` of the cell's width. name: what
 * the number is, shown on narrow screens, where the head of the table is not. */
void html_bar_cell(FILE *out, double share, const char *color, const char *name,
                   const char *text);
/* Columns named in `names` (blank between, NULL = all) of a table, numbers to the right.
 * Which columns are percents: see cell_named. */
void html_table(FILE *out, const persona_table *table, const char *names,
                const char *caption);
/* The same folded away: what a chart shows, for those who cannot see it. */
void html_numbers(FILE *out, const persona_table *table, const char *names);

#endif
