/* json_rows.c: JSON as the rows of an HTML list.
 *
 * A walk over the text with the path to the current value; lists of plain values become
 * one row, lists of objects one row for each value (list.0.name). The JSON is the
 * library's own and so well formed; whatever else comes ends the walk. */
#include <string.h>
#include "cells.h"
#include "html.h"
#include "json_rows.h"

enum { PATH = 256, VALUE = 1024, DEPTH = 16 };

typedef struct walk {
    FILE *out;
    const char *at;
    char path[PATH];
} walk;

static void skip_blanks(walk *w)
{
    w->at += strspn(w->at, " \n\r\t,:");
}

/* A string or a plain value as text, escapes resolved as far as a reader needs it. */
static void read_plain(walk *w, char *out, size_t capacity)
{
    size_t used = 0;
    int quoted = *w->at == '"';
    if (quoted) w->at++;
    while (*w->at != '\0' &&
           (quoted ? *w->at != '"' : !strchr(" \n\r\t,:{}[]", *w->at))) {
        if (quoted && *w->at == '\\' && w->at[1] != '\0') w->at++;
        if (used + 1 < capacity) out[used++] = *w->at;
        w->at++;
    }
    if (quoted && *w->at == '"') w->at++;
    out[used] = '\0';
}

static void show_row(walk *w, const char *value)
{
    char name[PATH];
    snprintf(name, sizeof name, "%s", w->path);
    fputs("<div><dt>", w->out);
    html_text(w->out, cell_words(name));
    fputs("</dt><dd>", w->out);
    html_text(w->out, value);
    fputs("</dd></div>\n", w->out);
}

/* A list without anything nested: its values with commas between. */
static int show_flat_list(walk *w)
{
    char value[VALUE] = "", one[VALUE];
    size_t flat = strcspn(w->at + 1, "[]{}\"") + 1;
    if (w->at[flat] != ']') return 0;
    w->at++;
    for (skip_blanks(w); *w->at != ']' && *w->at != '\0'; skip_blanks(w)) {
        read_plain(w, one, sizeof one);
        if (strlen(value) + strlen(one) + 3 > sizeof value) continue;
        if (value[0] != '\0') strcat(value, ", ");
        strcat(value, one);
    }
    if (*w->at == ']') w->at++;
    show_row(w, value[0] == '\0' ? "none" : value);
    return 1;
}

static void show_value(walk *w, int depth)
{
    char plain[VALUE];
    size_t length = strlen(w->path);
    int object, item = 0;
    skip_blanks(w);
    object = *w->at == '{';
    if (depth > DEPTH || *w->at == '\0') return;
    if (!object && *w->at != '[') {
        const char *before = w->at;
        read_plain(w, plain, sizeof plain);
        if (w->at > before)
            show_row(w, plain);
        else
            w->at += strlen(w->at);
        return;
    }
    if (!object && show_flat_list(w)) return;
    w->at++;
    for (skip_blanks(w); *w->at != '\0' && !strchr("]}", *w->at); skip_blanks(w)) {
        if (object)
            read_plain(w, plain, sizeof plain);
        else
            snprintf(plain, sizeof plain, "%d", item++);
        snprintf(w->path + length, PATH - length, "%s%s", length ? "." : "", plain);
        show_value(w, depth + 1);
        w->path[length] = '\0';
    }
    if (*w->at != '\0') w->at++;
}

void json_rows(FILE *out, const char *json)
{
    walk w = {.out = out, .at = json};
    show_value(&w, 0);
}
