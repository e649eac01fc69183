/* json.h: reading JSON (RFC 8259) in place: the text is checked once, then walked. No
 * memory is taken, whatever the text. */
#ifndef PSN_TEXT_JSON_H
#define PSN_TEXT_JSON_H

#include <stddef.h>
#include <stdint.h>
#include "base/text.h"
#include "persona/types.h"

enum { PSN_JSON_DEPTH = 128 };

typedef enum psn_json_kind {
    PSN_JSON_NULL,
    PSN_JSON_BOOL,
    PSN_JSON_NUMBER,
    PSN_JSON_STRING,
    PSN_JSON_ARRAY,
    PSN_JSON_OBJECT
} psn_json_kind;

/* A value of a checked text, which must outlive it. */
typedef struct psn_json {
    const char *at;
    const char *name; /* of a member of an object: its string; NULL */
} psn_json;

/* Checks all bytes: one array or object, nesting of at most PSN_JSON_DEPTH, strings in
 * UTF-8. PERSONA_EFORMAT with `where` = byte. O(size). */
int psn_json_check(psn_json *out, const char *bytes, size_t size, persona_error *error);

psn_json_kind psn_json_kind_of(psn_json value);
/* The member of an object with this name (written without escapes), the first of several;
 * 0 if there is none or `value` is no object. O(size of the object). */
int psn_json_find(psn_json *out, psn_json value, const char *name);
/* The first element or member, and the one after; 0 at the end and where `value` has
 * none. */
int psn_json_first(psn_json *out, psn_json value);
int psn_json_next(psn_json *value);
int64_t psn_json_count(psn_json value);

/* 0 if the value is of another kind, or out of range. A number as a string is a number
 * too (as some programs write them): psn_json_real and psn_json_int take both. */
int psn_json_real(psn_json value, double *out);
int psn_json_int(psn_json value, int64_t *out);
int psn_json_bool(psn_json value, int *out);
int psn_json_is(psn_json value, const char *text); /* a string without escapes */
/* Appends the string with its escapes undone; half surrogates become U+FFFD. */
int psn_json_text(psn_text *out, psn_json value);

#endif
