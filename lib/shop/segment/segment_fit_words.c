/* segment_fit_words.c: what a column is called, word by word (CustomerID_2 -> customer,
 * id), where data/name.h looks at the whole. */
#include "shop/segment/segment_fit.h"

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
