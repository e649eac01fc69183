/* options_schema.c: finding an option by name, and the nearest one when there is none.
 *
 * Nearest is the optimal string alignment distance (insertions, deletions, substitutions,
 * swaps of neighbours, Damerau 1964), O(length^2). Who asks for "clusters" where the
 * option is called "k" is far from it in letters, so the one-line docs are looked through
 * too. */
#include <string.h>

#include "base/error.h"
#include "base/options_store.h"

enum {
    SCHEMA_COMPARED_BYTES = 60, /* of a name; longer ones get no suggestion */
    SCHEMA_WORD_BYTES = 4       /* shorter words are in every doc */
};

size_t psn_options_family(const psn_option *option)
{
    size_t length = strlen(option->name);
    int is_family = length > 2 && strcmp(option->name + length - 2, ".*") == 0;
    return is_family ? length - 1 : 0;
}

const psn_option *psn_options_find(const psn_schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->count; i++) {
        const psn_option *option = &schema->options[i];
        size_t family = psn_options_family(option);
        if (family == 0
                ? strcmp(option->name, name) == 0
                : strncmp(option->name, name, family) == 0 && name[family] != '\0') {
            return option;
        }
    }
    return NULL;
}

static int schema_min(int a, int b)
{
    return a < b ? a : b;
}

static int schema_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    int rows[3][SCHEMA_COMPARED_BYTES + 1]; /* i - 2, i - 1, i */
    for (size_t j = 0; j <= b_length; j++) rows[1][j] = (int)j;
    for (size_t i = 1; i <= a_length; i++) {
        rows[2][0] = (int)i;
        for (size_t j = 1; j <= b_length; j++) {
            int change = rows[1][j - 1] + (a[i - 1] != b[j - 1]);
            int best = schema_min(change, schema_min(rows[1][j], rows[2][j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                best = schema_min(best, rows[0][j - 2] + 1);
            }
            rows[2][j] = best;
        }
        memmove(rows[0], rows[1], 2 * sizeof rows[0]);
    }
    return rows[1][b_length];
}

/* How far the name is from that option; a family is compared up to the dot. */
static int schema_distance_to(const psn_option *option, const char *name, size_t *key)
{
    size_t length = strlen(name), family = psn_options_family(option);
    size_t other = family > 0 ? family : strlen(option->name);
    const char *dot = strchr(name, '.');
    *key = length;
    if (family > 0 && dot != NULL) length = *key = (size_t)(dot - name) + 1;
    if (length > SCHEMA_COMPARED_BYTES || other > SCHEMA_COMPARED_BYTES) {
        return SCHEMA_COMPARED_BYTES;
    }
    return schema_distance(name, length, option->name, other);
}

static char schema_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

static int schema_doc_has(const char *doc, const char *word, size_t length)
{
    for (; *doc != '\0'; doc++) {
        size_t same = 0;
        while (same < length && schema_lower(doc[same]) == schema_lower(word[same]))
            same++;
        if (same == length) return 1;
    }
    return 0;
}

/* The first option whose doc has the longest word of the name: n_clusters -> clusters. */
static const psn_option *schema_find_in_docs(const psn_schema *schema, const char *name)
{
    const char *word = name;
    size_t longest = 0, length;
    for (const char *at = name;; at += length + 1) {
        length = strcspn(at, "_.-");
        if (length > longest) {
            longest = length;
            word = at;
        }
        if (at[length] == '\0') break;
    }
    if (longest < SCHEMA_WORD_BYTES || longest > SCHEMA_COMPARED_BYTES) return NULL;
    for (size_t i = 0; i < schema->count; i++) {
        const psn_option *option = &schema->options[i];
        if (option->doc != NULL && schema_doc_has(option->doc, word, longest))
            return option;
    }
    return NULL;
}

static const psn_option *schema_nearest(const psn_schema *schema, const char *name,
                                        size_t *key)
{
    const psn_option *nearest = NULL;
    size_t length = strlen(name), this_key;
    int allowed = (int)(length / 3), best;
    if (allowed < 1) allowed = 1;
    if (allowed > 3) allowed = 3;
    best = length < 3 ? 1 : allowed + 1; /* two letters are near to everything */
    *key = length;
    for (size_t i = 0; i < schema->count; i++) {
        int distance = schema_distance_to(&schema->options[i], name, &this_key);
        if (distance < best) {
            best = distance;
            nearest = &schema->options[i];
            *key = this_key;
        }
    }
    return nearest != NULL ? nearest : schema_find_in_docs(schema, name);
}

int psn_options_unknown(const psn_schema *schema, const char *name, persona_error *error)
{
    size_t key;
    const psn_option *nearest = schema_nearest(schema, name, &key);
    if (nearest == NULL) {
        return psn_fail(error, PERSONA_EOPTION,
                        "unknown option \"%.*s\"; see persona schema %s", 60, name,
                        schema->name);
    }
    size_t family = psn_options_family(nearest);
    const char *rest = family == 0 ? "" : name[key] == '\0' ? "<key>" : name + key;
    return psn_fail(error, PERSONA_EOPTION,
                    "unknown option \"%.*s\" of %s; did you mean \"%.*s%.*s\"?", 60, name,
                    schema->name, family > 0 ? (int)family : 60, nearest->name, 60, rest);
}
