/* options_parse.c: "k=6 features='recency,total spend'", and lists inside a value.
 *
 * A line of options is set on a copy first: all of it holds, or nothing. */
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/options_store.h"

static const char parse_blanks[] = " \t\r\n";

/* Reads from a quote to the one that closes it; a quote inside is doubled. Appends to
 * `out`; returns the byte behind, or NULL when the quote is not closed. */
static const char *parse_quoted(const char *at, psn_text *out)
{
    char quote = *at++;
    for (;;) {
        const char *end = strchr(at, quote);
        if (end == NULL) return NULL;
        psn_text_append(out, at, (size_t)(end - at));
        if (end[1] != quote) return end + 1;
        psn_text_append(out, &quote, 1);
        at = end + 2;
    }
}

static int parse_fail(const char *text, const char *at, const char *what,
                      persona_error *error)
{
    return psn_fail_at(error, PERSONA_EOPTION, at - text, "options, byte %lld: %s",
                       (long long)(at - text), what);
}

/* One name=value. */
static int parse_pair(persona_params *params, const char *text, const char **cursor,
                      persona_error *error)
{
    int rc = PERSONA_OK;
    psn_text name = {0}, value = {0};
    const char *at = *cursor;
    size_t name_bytes = strcspn(at, "= \t\r\n");
    if (name_bytes == 0 || at[name_bytes] != '=') {
        rc = parse_fail(text, at, "name=value expected", error);
        goto done;
    }
    psn_text_append(&name, at, name_bytes);
    psn_text_append(&value, "", 0);
    at += name_bytes + 1;
    if (*at == '\'' || *at == '"') {
        const char *end = parse_quoted(at, &value);
        if (end == NULL || (*end != '\0' && strchr(parse_blanks, *end) == NULL)) {
            rc = parse_fail(text, at,
                            end == NULL ? "the quote is not closed"
                                        : "a blank must follow the closing quote",
                            error);
            goto done;
        }
        at = end;
    } else {
        size_t value_bytes = strcspn(at, parse_blanks);
        psn_text_append(&value, at, value_bytes);
        at += value_bytes;
    }
    if (name.failed || value.failed) {
        rc = psn_fail_memory(error);
        goto done;
    }
    PSN_TRY(psn_params_set_text(params, name.bytes, value.bytes, (int64_t)value.length,
                                error));
    *cursor = at;
done:
    psn_text_free(&name);
    psn_text_free(&value);
    return rc;
}

static int parse_copy(persona_params **out, const persona_params *params,
                      persona_error *error)
{
    int rc = PERSONA_OK;
    persona_params *copy = NULL;
    PSN_TRY(psn_params_new(&copy, params->schema, error));
    for (size_t i = 0; i < params->count; i++) {
        const psn_options_entry *entry = &params->entries[i];
        PSN_TRY(psn_options_store(copy, entry->option, entry->name, entry->value,
                                  strlen(entry->value), error));
    }
    *out = copy;
    copy = NULL;
done:
    psn_params_free(copy);
    return rc;
}

int psn_params_parse(persona_params *params, const char *text, persona_error *error)
{
    int rc = PERSONA_OK;
    persona_params *copy = NULL;
    if (params == NULL || text == NULL) {
        PSN_FAIL(error, PERSONA_EARG, "params and text must not be NULL");
    }
    PSN_TRY(parse_copy(&copy, params, error));
    const char *at = text;
    for (;;) {
        at += strspn(at, parse_blanks);
        if (*at == '\0') break;
        PSN_TRY(parse_pair(copy, text, &at, error));
    }
    persona_params before = *params;
    *params = *copy;
    *copy = before;
done:
    psn_params_free(copy);
    return rc;
}

static int list_put(char *item, size_t capacity, size_t *length, char byte)
{
    if (*length + 1 >= capacity) return 0;
    item[(*length)++] = byte;
    return 1;
}

/* An item in quotes; commas and doubled quotes are part of it. */
static int list_quoted(const char **cursor, char *item, size_t capacity)
{
    const char *at = *cursor;
    char quote = *at++;
    size_t length = 0;
    for (;; at++) {
        if (*at == '\0') return -1;
        if (*at == quote) {
            if (at[1] != quote) break;
            at++;
        }
        if (!list_put(item, capacity, &length, *at)) return -1;
    }
    item[length] = '\0';
    at++;
    at += strspn(at, parse_blanks);
    if (*at != ',' && *at != '\0') return -1;
    *cursor = at;
    return 1;
}

int psn_list_next(const char **cursor, char *item, size_t capacity)
{
    const char *at = *cursor;
    at += strspn(at, ", \t\r\n"); /* nothing between two commas is no item */
    *cursor = at;
    if (*at == '\0') return 0;
    if (*at == '\'' || *at == '"') return list_quoted(cursor, item, capacity);
    size_t length = strcspn(at, ",");
    *cursor = at + length;
    while (strchr(parse_blanks, at[length - 1]) != NULL) length--;
    if (length >= capacity) return -1;
    memcpy(item, at, length);
    item[length] = '\0';
    return 1;
}
