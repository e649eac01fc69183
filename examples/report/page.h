/* page.h: what the pages of all kinds share, and what a kind adds.
 *
 * Everything on a page comes from the tables of the model (persona_model_part), from its
 * notes and from its description, so whoever has the model can draw the same page in any
 * language. A model may be without some tables: then the page leaves a section out. */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include <stdio.h>
#include "persona.h"

enum { PAGE_PARTS = 24 };

typedef struct page {
    FILE *out;
    const persona_model *model;
    const persona_table *answers; /* to a table given with the report, or NULL */
    struct {
        const char *name;
        persona_table *table;
    } part[PAGE_PARTS]; /* those that page_part has read */
    int parts;
} page;

/* A page of one kind: a row of report.c. */
typedef struct page_kind {
    const char *kind; /* persona_model_kind */
    const char *title;
    const char *needs[4];                      /* parts without which there is no page */
    const char *(*lead)(page *);               /* what it answers, below the title */
    int (*body)(page *, persona_error *error); /* all sections but the last */
} page_kind;
extern const page_kind segmenter_page, fraud_page, recommender_page;

/* A part of the model, read once; NULL when the model has none. */
const persona_table *page_part(page *p, const char *name);
/* A figure of the headline; between <ul class="facts"> and </ul>. */
void page_fact(const page *p, const char *figure, const char *what);
/* PERSONA_ENOMEM. */
int page_no_memory(persona_error *error);

#endif
