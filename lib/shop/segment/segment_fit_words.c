/* segment_fit_words.c: what a column is called, compared without case and punctuation:
 * as one plain word ("Customer ID" -> customerid), or word by word (customer, id). */
#include "shop/segment/segment_fit.h"

#include <string.h>

static int words_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int words_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static int words_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static char words_fold(char c)
{
    return words_upper(c) ? (char)(c - 'A' + 'a') : c;
}

void psn_fit_plain_name(char *out, size_t capacity, const char *name)
{
    size_t used = 0;
    for (; *name && used + 1 < capacity; name++)
        if (words_upper(*name) || words_lower(*name) || words_digit(*name))
            out[used++] = words_fold(*name);
    out[used] = 0;
}

int psn_fit_name_in(const char *plain, const char *list)
{
    const size_t length = strlen(plain);
    for (const char *at = list; length > 0 && (at = strstr(at, plain)) != NULL; at++) {
        const int starts = at == list || at[-1] == ' ';
        if (starts && (at[length] == ' ' || at[length] == 0)) return 1;
    }
    return 0;
}

int psn_fit_next_word(char *out, size_t capacity, const char **name)
{
    const char *at = *name;
    size_t used = 0;
    while (*at && !words_lower(*at) && !words_upper(*at)) at++;
    for (; words_lower(*at) || words_upper(*at); at++) {
        const int starts =
            words_upper(*at) && used > 0 && (words_lower(at[-1]) || words_lower(at[1]));
        if (starts) break;
        if (used + 1 < capacity) out[used++] = words_fold(*at);
    }
    out[used] = 0;
    *name = at;
    return used > 0;
}
