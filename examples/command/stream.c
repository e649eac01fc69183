/* stream.c: what the command reads from standard input and writes to standard output.
 *
 * Every write is checked: a full disk or a closed pipe must not look like success. */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "stream.h"
#include "../report/cells.h"

int fail(persona_error *error, int code, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(error->message, sizeof error->message, format, list);
    va_end(list);
    error->code = code;
    error->where = PERSONA_NONE;
    return code;
}

/* A reader that went away, such as `head`, needs no message. */
int fail_write(persona_error *error, const char *name)
{
    if (errno == EPIPE) return fail(error, PERSONA_EIO, "%s", "");
    return fail(error, PERSONA_EIO, "%s: %s", name, strerror(errno));
}

int read_all(FILE *in, char **out, size_t *size, persona_error *error)
{
    size_t capacity = 1 << 16, used = 0;
    char *bytes = malloc(capacity);
    while (bytes != NULL) {
        used += fread(bytes + used, 1, capacity - used, in);
        if (used < capacity) break;
        char *larger = realloc(bytes, capacity *= 2);
        if (larger == NULL) free(bytes);
        bytes = larger;
    }
    if (bytes == NULL) return fail(error, PERSONA_ENOMEM, "out of memory");
    if (ferror(in)) {
        free(bytes);
        return fail(error, PERSONA_EIO, "standard input: %s", strerror(errno));
    }
    *out = bytes;
    *size = used;
    return PERSONA_OK;
}

int write_all(FILE *out, const char *name, const void *bytes, int64_t size,
              persona_error *error)
{
    if (fwrite(bytes, 1, (size_t)size, out) != (size_t)size || fflush(out) != 0)
        return fail_write(error, name);
    return PERSONA_OK;
}

int print_table(const persona_table *table, persona_error *error)
{
    persona_buffer *csv = NULL;
    int rc = persona_table_to_csv(&csv, table, NULL, error);
    if (rc == PERSONA_OK)
        rc = write_all(stdout, "standard output", persona_buffer_data(csv),
                       persona_buffer_size(csv), error);
    persona_buffer_free(csv);
    return rc;
}

/* Length of a JSON object or array at `json` that holds no other one, or 0. */
static size_t json_flat(const char *json)
{
    int quoted = 0;
    for (size_t i = 1; json[i] != '\0'; i++) {
        if (quoted && json[i] == '\\')
            i++;
        else if (json[i] == '"')
            quoted = !quoted;
        else if (!quoted && strchr("{[", json[i]))
            return 0;
        else if (!quoted && strchr("}]", json[i]))
            return i + 1;
    }
    return 0;
}

/* Indents JSON; short lists of plain values stay on one line. */
void print_json(const char *json)
{
    int depth = 0, quoted = 0;
    for (const char *at = json; *at != '\0'; at++) {
        size_t flat = !quoted && strchr("{[", *at) ? json_flat(at) : 0;
        if (quoted) {
            putchar(*at);
            if (*at == '\\' && at[1] != '\0')
                putchar(*++at);
            else if (*at == '"')
                quoted = 0;
        } else if (flat > 0 && flat <= 72 && depth > 0) {
            printf("%.*s", (int)flat, at);
            at += flat - 1;
        } else if (strchr("{[", *at))
            printf("%c\n%*s", *at, 2 * ++depth, "");
        else if (strchr("}]", *at))
            printf("\n%*s%c", 2 * --depth, "", *at);
        else if (*at == ',')
            printf(",\n%*s", 2 * depth, "");
        else if (*at == ':')
            printf(": ");
        else if (!strchr(" \n\t\r", *at)) {
            putchar(*at);
            quoted = *at == '"';
        }
    }
    putchar('\n');
}

/* A text in a cell of a Markdown table. */
static void print_cell(const char *text, const char *quote)
{
    printf(" %s", *text ? quote : "");
    for (const char *c = text; *c != '\0'; c++) printf(*c == '|' ? "\\|" : "%c", *c);
    printf("%s |", *text ? quote : "");
}

void print_options(const persona_table *schema)
{
    char text[CELL_SIZE];
    for (int64_t row = 0; row < persona_table_rows(schema); row++) {
        double low = cell_number(schema, "min", row),
               high = cell_number(schema, "max", row);
        printf("|");
        print_cell(cell_text(text, schema, "name", row), "`");
        print_cell(cell_text(text, schema, "type", row), "");
        print_cell(cell_text(text, schema, "default", row), "`");
        cell_text(text, schema, "choices", row);
        if (!isnan(low)) snprintf(text, sizeof text, "%.16g .. %.16g", low, high);
        print_cell(text, "");
        print_cell(cell_text(text, schema, "unit", row), "");
        print_cell(cell_text(text, schema, "doc", row), "");
        printf("\n");
    }
}
