/* options_value.c: params, and which values an option takes.
 *
 * A value is checked when it is set, so that readers need no error path. The messages
 * name the option, what it was given and what it takes. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/options_store.h"
#include "base/utf8.h"

enum { VALUE_SHOWN_BYTES = 60 };

int psn_params_new(persona_params **out, const psn_schema *schema, persona_error *error)
{
    *out = psn_alloc_zero(1, sizeof **out);
    if (*out == NULL) return psn_fail_memory(error);
    (*out)->schema = schema;
    return PERSONA_OK;
}

void psn_params_free(persona_params *params)
{
    if (params == NULL) return;
    for (size_t i = 0; i < params->count; i++) {
        psn_release(params->entries[i].name);
        psn_release(params->entries[i].value);
    }
    psn_release(params->entries);
    psn_release(params);
}

const psn_options_entry *psn_options_entry_of(const persona_params *params,
                                              const char *name)
{
    for (size_t i = 0; params != NULL && i < params->count; i++) {
        if (strcmp(params->entries[i].name, name) == 0) return &params->entries[i];
    }
    return NULL;
}

static int value_reserve(persona_params *params)
{
    if (params->count < params->capacity) return 1;
    size_t capacity = params->capacity == 0 ? 8 : 2 * params->capacity;
    psn_options_entry *entries = psn_resize(params->entries, capacity, sizeof *entries);
    if (entries == NULL) return 0;
    params->entries = entries;
    params->capacity = capacity;
    return 1;
}

int psn_options_store(persona_params *params, const psn_option *option, const char *name,
                      const char *value, size_t length, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_options_entry *entry = (psn_options_entry *)psn_options_entry_of(params, name);
    char *new_name = NULL, *new_value = NULL;
    PSN_NEED(new_value = psn_copy_text(value, length));
    if (entry != NULL) {
        psn_release(entry->value);
        entry->value = new_value;
        return PERSONA_OK;
    }
    PSN_NEED(new_name = psn_copy_text(name, strlen(name)));
    PSN_NEED(value_reserve(params) ? params : NULL);
    params->entries[params->count++] = (psn_options_entry){option, new_name, new_value};
    new_name = new_value = NULL;
done:
    psn_release(new_name);
    psn_release(new_value);
    return rc;
}

/* Whole numbers may be written 1e6. */
int psn_options_number(psn_option_type type, const char *text, size_t length, double *out,
                       int64_t *whole)
{
    *whole = 0;
    if (type == PSN_OPTION_INT && psn_parse_int(text, length, whole)) {
        *out = (double)*whole;
        return 1;
    }
    if (!psn_parse_real(text, length, '.', out) || !isfinite(*out)) return 0;
    if (type == PSN_OPTION_REAL) return 1;
    if (fabs(*out) > 0x1p53 || floor(*out) != *out) return 0;
    *whole = (int64_t)*out;
    return 1;
}

static int value_is(const char *text, size_t length, const char *word)
{
    return strlen(word) == length && memcmp(text, word, length) == 0;
}

int psn_options_truth(const char *text, size_t length)
{
    static const char *const words[] = {"false", "true", "0", "1", "no", "yes"};
    for (int i = 0; i < 6; i++) {
        if (value_is(text, length, words[i])) return i % 2;
    }
    return -1;
}

static int value_takes_auto(const psn_option *option)
{
    return strcmp(option->fallback, "auto") == 0;
}

/* Tables without bounds leave both at 0. */
static int value_in_bounds(const psn_option *option, double value, int64_t whole)
{
    if (option->min >= option->max) return 1;
    if (value < option->min || value > option->max) return 0;
    /* (double)INT64_MAX rounds up to 2^63: nothing is above it. */
    return option->type != PSN_OPTION_INT || option->max >= 0x1p63 ||
           whole <= (int64_t)option->max;
}

static int value_fail_bounds(const psn_option *option, const char *name,
                             const char *value, size_t length, persona_error *error)
{
    const char *or_auto = value_takes_auto(option) ? " or auto" : "";
    int shown = (int)psn_utf8_cut(value, length, VALUE_SHOWN_BYTES);
    if (isinf(option->max) && isinf(option->min)) {
        return psn_fail(error, PERSONA_EOPTION, "%.*s = %.*s; must be finite%s",
                        VALUE_SHOWN_BYTES, name, shown, value, or_auto);
    }
    if (isinf(option->max) || isinf(option->min)) {
        return psn_fail(error, PERSONA_EOPTION, "%.*s = %.*s; must be %s %g%s",
                        VALUE_SHOWN_BYTES, name, shown, value,
                        isinf(option->max) ? "at least" : "at most",
                        isinf(option->max) ? option->min : option->max, or_auto);
    }
    return psn_fail(error, PERSONA_EOPTION, "%.*s = %.*s; must be %g .. %g%s",
                    VALUE_SHOWN_BYTES, name, shown, value, option->min, option->max,
                    or_auto);
}

static int value_check_number(const psn_option *option, const char *name,
                              const char *value, size_t length, persona_error *error)
{
    double number;
    int64_t whole;
    int takes_auto = value_takes_auto(option);
    if (takes_auto && value_is(value, length, "auto")) return PERSONA_OK;
    if (option->fallback[0] == '\0' && length == 0) return PERSONA_OK;
    if (!psn_options_number(option->type, value, length, &number, &whole)) {
        return psn_fail(error, PERSONA_EOPTION, "%.*s must be a %s%s", VALUE_SHOWN_BYTES,
                        name, option->type == PSN_OPTION_INT ? "whole number" : "number",
                        takes_auto ? " or auto" : "");
    }
    if (!value_in_bounds(option, number, whole)) {
        return value_fail_bounds(option, name, value, length, error);
    }
    return PERSONA_OK;
}

static int value_check_choice(const psn_option *option, const char *name,
                              const char *value, size_t length, persona_error *error)
{
    char listed[160]; /* "auto, none, log1p" */
    size_t at = 0;
    for (const char *choice = option->choices; *choice != '\0';) {
        size_t bytes = strcspn(choice, " ");
        if (bytes == length && memcmp(choice, value, bytes) == 0) return PERSONA_OK;
        at += psn_format(listed + at, sizeof listed - at, "%s%.*s", at > 0 ? ", " : "",
                         (int)bytes, choice);
        choice += bytes + strspn(choice + bytes, " ");
    }
    return psn_fail(error, PERSONA_EOPTION, "%.*s = %.*s; must be one of: %s", 40, name,
                    (int)psn_utf8_cut(value, length, 40), value, listed);
}

/* Walks it once, so that no reader meets an open quote. */
static int value_check_list(const char *name, const char *value, size_t length,
                            persona_error *error)
{
    int rc = PERSONA_OK, more;
    char item[PSN_OPTION_ITEM_BYTES], *copy = NULL;
    PSN_NEED(copy = psn_copy_text(value, length));
    const char *cursor = copy;
    while ((more = psn_list_next(&cursor, item, sizeof item)) > 0) {
    }
    if (more < 0) {
        PSN_FAIL(error, PERSONA_EOPTION,
                 "%.*s: an item is longer than %d bytes or its quote is not closed",
                 VALUE_SHOWN_BYTES, name, PSN_OPTION_ITEM_BYTES - 1);
    }
done:
    psn_release(copy);
    return rc;
}

int psn_options_check(const psn_option *option, const char *name, const char *value,
                      size_t length, persona_error *error)
{
    if (memchr(value, '\0', length) != NULL || psn_utf8_valid(value, length) < length) {
        return psn_fail(error, PERSONA_EOPTION, "%.*s must be UTF-8 without a NUL",
                        VALUE_SHOWN_BYTES, name);
    }
    switch (option->type) {
    case PSN_OPTION_INT:
    case PSN_OPTION_REAL:
        return value_check_number(option, name, value, length, error);
    case PSN_OPTION_BOOL:
        if (psn_options_truth(value, length) >= 0) return PERSONA_OK;
        return psn_fail(error, PERSONA_EOPTION, "%.*s must be true or false",
                        VALUE_SHOWN_BYTES, name);
    case PSN_OPTION_CHOICE:
        return value_check_choice(option, name, value, length, error);
    case PSN_OPTION_LIST:
        return value_check_list(name, value, length, error);
    case PSN_OPTION_TEXT:
        break;
    }
    return PERSONA_OK;
}

int psn_params_set_text(persona_params *params, const char *name, const char *text,
                        int64_t length, persona_error *error)
{
    int rc = PERSONA_OK;
    if (params == NULL || name == NULL || text == NULL || length < PERSONA_NUL) {
        PSN_FAIL(error, PERSONA_EARG, "params, name and text must not be NULL");
    }
    size_t bytes = length == PERSONA_NUL ? strlen(text) : (size_t)length;
    const psn_option *option = psn_options_find(params->schema, name);
    if (option == NULL || strlen(name) > PSN_OPTION_NAME_BYTES ||
        psn_utf8_valid(name, strlen(name)) < strlen(name)) {
        return psn_options_unknown(params->schema, name, error);
    }
    PSN_TRY(psn_options_check(option, name, text, bytes, error));
    PSN_TRY(psn_options_store(params, option, name, text, bytes, error));
done:
    return rc;
}

int psn_params_set_int(persona_params *params, const char *name, int64_t value,
                       persona_error *error)
{
    char text[PSN_NUMBER_BYTES];
    size_t length = psn_print_int(text, value);
    return psn_params_set_text(params, name, text, (int64_t)length, error);
}

/* A real on a whole-number or bool option passes only when it is whole: 1e16 prints so
 * that it still reads as a number. */
int psn_params_set_real(persona_params *params, const char *name, double value,
                        persona_error *error)
{
    char text[PSN_NUMBER_BYTES];
    size_t length = psn_print_real(text, value);
    if (!isfinite(value)) {
        return psn_fail(error, PERSONA_EOPTION, "%.*s must be finite", VALUE_SHOWN_BYTES,
                        name == NULL ? "value" : name);
    }
    return psn_params_set_text(params, name, text, (int64_t)length, error);
}

int psn_params_expect(const persona_params *params, const psn_schema *schema,
                      persona_error *error)
{
    if (params == NULL || params->schema == schema) return PERSONA_OK;
    return psn_fail(error, PERSONA_EOPTION,
                    "options are of schema %s; this call takes %s", params->schema->name,
                    schema->name);
}
