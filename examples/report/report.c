/* report.c: a page from its title to its footer; the sections between are the kind's. */
#include <string.h>
#include "html.h"
#include "json_rows.h"
#include "page.h"
#include "report.h"

static const page_kind *const kinds[] = {&segmenter_page, &fraud_page, &recommender_page};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* ---- what kinds use */

const persona_table *page_part(page *p, const char *name)
{
    int i = 0;
    while (i < p->parts && strcmp(p->part[i].name, name) != 0) i++;
    if (i == PAGE_PARTS) return NULL;
    if (i == p->parts) {
        p->part[p->parts++].name = name;
        persona_model_part(&p->part[i].table, p->model, name, NULL);
    }
    return p->part[i].table;
}

void page_fact(const page *p, const char *figure, const char *what)
{
    fputs("<li><b>", p->out);
    html_text(p->out, figure);
    fputs("</b><span>", p->out);
    html_text(p->out, what);
    fputs("</span></li>\n", p->out);
}

int page_no_memory(persona_error *error)
{
    snprintf(error->message, sizeof error->message, "out of memory");
    return error->code = PERSONA_ENOMEM;
}

/* ---- the frame */

static int show_fit(const page *p, persona_error *error)
{
    persona_buffer *json = NULL;
    persona_table *notes = NULL;
    int rc = persona_model_notes(&notes, p->model, error);
    if (rc == PERSONA_OK) rc = persona_model_describe(&json, p->model, error);
    if (rc != PERSONA_OK) goto done;
    html_section(p->out, "fit", "How it was made", NULL);
    if (persona_table_rows(notes) > 0)
        html_table(p->out, notes, "severity count message", "Remarks");
    fputs("<details open><summary>Options, data and measures</summary><dl>", p->out);
    json_rows(p->out, persona_buffer_data(json));
    fputs("</dl></details>\n", p->out);
    html_section_end(p->out);
done:
    persona_table_free(notes);
    persona_buffer_free(json);
    return rc;
}

static int show(page *p, const page_kind *kind, persona_error *error)
{
    char footer[128];
    int rc;
    html_begin(p->out, kind->title, kind->lead(p));
    if ((rc = kind->body(p, error)) != PERSONA_OK) return rc;
    if ((rc = show_fit(p, error)) != PERSONA_OK) return rc;
    snprintf(footer, sizeof footer, "libpersona %s · model %s", persona_version(),
             persona_model_digest(p->model));
    html_end(p->out, footer);
    return PERSONA_OK;
}

/* Asks for the parts that must be there once more, to say what is wrong. */
static int check_needs(page *p, const page_kind *kind, persona_error *error)
{
    persona_table *table = NULL;
    for (int i = 0; i < 4 && kind->needs[i] != NULL; i++)
        if (page_part(p, kind->needs[i]) == NULL) {
            int rc = persona_model_part(&table, p->model, kind->needs[i], error);
            persona_table_free(table);
            if (rc != PERSONA_OK) return rc;
        }
    return PERSONA_OK;
}

int report(FILE *out, const persona_model *model, const persona_table *answers,
           persona_error *error)
{
    page p = {.out = out, .model = model, .answers = answers};
    const page_kind *kind = NULL;
    int rc;
    for (int i = 0; i < KINDS; i++)
        if (strcmp(kinds[i]->kind, persona_model_kind(model)) == 0) kind = kinds[i];
    if (kind == NULL) {
        snprintf(error->message, sizeof error->message, "no report for a %s",
                 persona_model_kind(model));
        return error->code = PERSONA_EKIND;
    }
    rc = check_needs(&p, kind, error);
    if (rc == PERSONA_OK) rc = show(&p, kind, error);
    for (int i = 0; i < p.parts; i++) persona_table_free(p.part[i].table);
    return rc;
}
