/* json.c: a checker that walks the text with a stack of brackets, and readers that trust
 * it.
 *
 * Skipping a value in checked text needs no grammar: strings end at the first quote
 * without a backslash before it, brackets are counted, all else ends at , ] } or white
 * space. */
#include "text/json.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "base/utf8.h"

/* ---- checking */

typedef struct json_checker {
    const char *start, *at, *end;
    char stack[PSN_JSON_DEPTH]; /* of open brackets */
    int depth;
} json_checker;

static int json_is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static int json_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static char json_peek(json_checker *c) /* behind white space; 0 at the end */
{
    while (c->at < c->end && json_is_space(*c->at)) c->at++;
    return c->at < c->end ? *c->at : '\0';
}

static int json_check_escape(json_checker *c)
{
    if (c->at >= c->end) return 0;
    const char letter = *c->at++;
    if (letter != 'u') return letter != '\0' && strchr("\"\\/bfnrt", letter) != NULL;
    for (int i = 0; i < 4; i++, c->at++) {
        if (c->at >= c->end) return 0;
        const char d = *c->at;
        if (!json_is_digit(d) && !((d | 32) >= 'a' && (d | 32) <= 'f')) return 0;
    }
    return 1;
}

static int json_check_string(json_checker *c)
{
    if (c->at >= c->end || *c->at != '"') return 0;
    for (c->at++; c->at < c->end;) {
        const char *from = c->at;
        while (c->at < c->end && (unsigned char)*c->at >= 32 && *c->at != '"' &&
               *c->at != '\\')
            c->at++;
        const size_t length = (size_t)(c->at - from);
        if (psn_utf8_valid(from, length) != length || c->at >= c->end) return 0;
        const char stop = *c->at++;
        if (stop == '"') return 1;
        if (stop != '\\' || !json_check_escape(c)) return 0;
    }
    return 0;
}

static int json_check_digits(json_checker *c)
{
    const char *from = c->at;
    while (c->at < c->end && json_is_digit(*c->at)) c->at++;
    return c->at > from;
}

static int json_check_number(json_checker *c)
{
    if (c->at < c->end && *c->at == '-') c->at++;
    if (c->at < c->end && *c->at == '0')
        c->at++;
    else if (!json_check_digits(c))
        return 0;
    if (c->at < c->end && *c->at == '.') {
        c->at++;
        if (!json_check_digits(c)) return 0;
    }
    if (c->at < c->end && (*c->at | 32) == 'e') {
        c->at++;
        if (c->at < c->end && (*c->at == '+' || *c->at == '-')) c->at++;
        if (!json_check_digits(c)) return 0;
    }
    return 1;
}

static int json_check_word(json_checker *c, const char *word)
{
    const size_t length = strlen(word);
    if ((size_t)(c->end - c->at) < length || memcmp(c->at, word, length) != 0) return 0;
    c->at += length;
    return 1;
}

/* A member's name and colon. */
static int json_check_name(json_checker *c)
{
    json_peek(c);
    if (!json_check_string(c) || json_peek(c) != ':') return 0;
    c->at++;
    return 1;
}

/* A value that is no bracket. */
static int json_check_plain(json_checker *c, char first)
{
    switch (first) {
    case '"':
        return json_check_string(c);
    case 't':
        return json_check_word(c, "true");
    case 'f':
        return json_check_word(c, "false");
    case 'n':
        return json_check_word(c, "null");
    default:
        return json_check_number(c);
    }
}

/* After a value: closes brackets, passes one comma. 1 = a value must follow, 0 = the end
 * of the outermost, -1 = wrong. */
static int json_check_after(json_checker *c)
{
    while (c->depth > 0) {
        const char next = json_peek(c), open = c->stack[c->depth - 1];
        if (next == ',') {
            c->at++;
            return open == '[' || json_check_name(c) ? 1 : -1;
        }
        if (next != (open == '[' ? ']' : '}')) return -1;
        c->at++;
        c->depth--;
    }
    return 0;
}

static int json_check_all(json_checker *c)
{
    for (;;) {
        const char first = json_peek(c);
        if (first == '[' || first == '{') {
            if (c->depth == PSN_JSON_DEPTH) return 0;
            c->stack[c->depth++] = first;
            c->at++;
            if (json_peek(c) != (first == '[' ? ']' : '}')) {
                if (first == '{' && !json_check_name(c)) return 0;
                continue;
            }
        } else if (!json_check_plain(c, first)) {
            return 0;
        }
        const int more = json_check_after(c);
        if (more < 0) return 0;
        if (more == 0) break;
    }
    json_peek(c);
    return c->at == c->end;
}

int psn_json_check(psn_json *out, const char *bytes, size_t size, persona_error *error)
{
    json_checker checker = {.start = bytes, .at = bytes, .end = bytes + size};
    const char first = json_peek(&checker);
    if ((first != '[' && first != '{') || !json_check_all(&checker))
        return psn_fail_at(error, PERSONA_EFORMAT, checker.at - bytes,
                           "this is no JSON, or it is nested deeper than %d",
                           PSN_JSON_DEPTH);
    while (json_is_space(*bytes)) bytes++;
    *out = (psn_json){bytes, NULL};
    return PERSONA_OK;
}

/* ---- walking checked text */

static const char *json_pass_space(const char *at)
{
    while (json_is_space(*at)) at++;
    return at;
}

static const char *json_pass_string(const char *at)
{
    for (at++; *at != '"'; at++)
        if (*at == '\\') at++;
    return at + 1;
}

static int json_ends_plain(char c)
{
    return c == ',' || c == ']' || c == '}' || json_is_space(c);
}

/* The place behind a value inside a bracket. */
static const char *json_pass(const char *at)
{
    int depth = 0;
    do {
        if (*at == '"') {
            at = json_pass_string(at);
            continue;
        }
        depth += *at == '[' || *at == '{';
        depth -= *at == ']' || *at == '}';
        if (depth == 0 && *at != ']' && *at != '}') { /* plain: not in a bracket */
            while (!json_ends_plain(*at)) at++;
            break;
        }
        at++;
    } while (depth > 0);
    return at;
}

psn_json_kind psn_json_kind_of(psn_json value)
{
    switch (*value.at) {
    case 'n':
        return PSN_JSON_NULL;
    case 't':
    case 'f':
        return PSN_JSON_BOOL;
    case '"':
        return PSN_JSON_STRING;
    case '[':
        return PSN_JSON_ARRAY;
    case '{':
        return PSN_JSON_OBJECT;
    default:
        return PSN_JSON_NUMBER;
    }
}

/* `at` is behind a bracket or comma. */
static void json_enter(psn_json *out, const char *at, int named)
{
    out->name = NULL;
    at = json_pass_space(at);
    if (named) {
        out->name = at;
        at = json_pass_space(json_pass_string(at)); /* the colon */
        at = json_pass_space(at + 1);
    }
    out->at = at;
}

int psn_json_first(psn_json *out, psn_json value)
{
    const int object = *value.at == '{';
    if (!object && *value.at != '[') return 0;
    const char *at = json_pass_space(value.at + 1);
    if (*at == ']' || *at == '}') return 0;
    json_enter(out, at, object);
    return 1;
}

int psn_json_next(psn_json *value)
{
    const char *at = json_pass_space(json_pass(value->at));
    if (*at != ',') return 0;
    json_enter(value, at + 1, value->name != NULL);
    return 1;
}

int64_t psn_json_count(psn_json value)
{
    psn_json item;
    int64_t count = 0;
    for (int more = psn_json_first(&item, value); more; more = psn_json_next(&item))
        count++;
    return count;
}

static int json_same(const char *string, const char *text)
{
    const size_t length = strlen(text);
    return strncmp(string + 1, text, length) == 0 && string[1 + length] == '"';
}

int psn_json_find(psn_json *out, psn_json value, const char *name)
{
    if (*value.at != '{') return 0;
    for (int more = psn_json_first(out, value); more; more = psn_json_next(out))
        if (json_same(out->name, name)) return 1;
    return 0;
}

/* ---- values */

/* The characters of a number, inside quotes or not. */
static const char *json_number(psn_json value, size_t *length)
{
    const char *at = value.at, *end;
    if (*at == '"') {
        end = json_pass_string(at++) - 1;
    } else {
        if (*at != '-' && !json_is_digit(*at)) return NULL;
        for (end = at; json_is_digit(*end) || (*end != '\0' && strchr("+-.eE", *end));)
            end++;
    }
    *length = (size_t)(end - at);
    return at;
}

int psn_json_real(psn_json value, double *out)
{
    size_t length;
    const char *at = json_number(value, &length);
    return at != NULL && psn_parse_real(at, length, '.', out) && isfinite(*out);
}

int psn_json_int(psn_json value, int64_t *out)
{
    size_t length;
    const char *at = json_number(value, &length);
    return at != NULL && psn_parse_int(at, length, out);
}

int psn_json_bool(psn_json value, int *out)
{
    *out = *value.at == 't';
    return *value.at == 't' || *value.at == 'f';
}

int psn_json_is(psn_json value, const char *text)
{
    return *value.at == '"' && json_same(value.at, text);
}

/* ---- strings */

static uint32_t json_hex(const char *at)
{
    uint32_t code = 0;
    for (int i = 0; i < 4; i++) {
        const char d = at[i];
        code = code * 16 + (uint32_t)(json_is_digit(d) ? d - '0' : (d | 32) - 'a' + 10);
    }
    return code;
}

static void json_put_code(psn_text *out, uint32_t code)
{
    char bytes[4];
    size_t length = 0;
    if (code < 0x80) {
        bytes[length++] = (char)code;
    } else if (code < 0x800) {
        bytes[length++] = (char)(0xc0 | code >> 6);
    } else if (code < 0x10000) {
        bytes[length++] = (char)(0xe0 | code >> 12);
        bytes[length++] = (char)(0x80 | (code >> 6 & 63));
    } else {
        bytes[length++] = (char)(0xf0 | code >> 18);
        bytes[length++] = (char)(0x80 | (code >> 12 & 63));
        bytes[length++] = (char)(0x80 | (code >> 6 & 63));
    }
    if (code >= 0x80) bytes[length++] = (char)(0x80 | (code & 63));
    psn_text_append(out, bytes, length);
}

/* `at` is behind the backslash; returns the place behind the escape. */
static const char *json_put_escape(psn_text *out, const char *at)
{
    static const char letters[] = "b\bf\fn\nr\rt\t\"\"\\\\//";
    if (*at != 'u') {
        for (const char *pair = letters; *pair != '\0'; pair += 2)
            if (*pair == *at) psn_text_append(out, pair + 1, 1);
        return at + 1;
    }
    uint32_t code = json_hex(at + 1);
    at += 5;
    if (code >= 0xd800 && code < 0xe000) {
        const int pair = code < 0xdc00 && at[0] == '\\' && at[1] == 'u';
        const uint32_t low = pair ? json_hex(at + 2) : 0;
        if (low >= 0xdc00 && low < 0xe000) {
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            at += 6;
        } else {
            code = 0xfffd;
        }
    }
    json_put_code(out, code);
    return at;
}

int psn_json_text(psn_text *out, psn_json value)
{
    if (*value.at != '"') return 0;
    for (const char *at = value.at + 1; *at != '"';) {
        const char *from = at;
        while (*at != '"' && *at != '\\') at++;
        psn_text_append(out, from, (size_t)(at - from));
        if (*at == '\\') at = json_put_escape(out, at + 1);
    }
    return 1;
}
