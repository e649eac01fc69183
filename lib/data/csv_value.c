/* csv_value.c: the general way from a field to a value, for what the fast way of
 * csv_value.h leaves. */
#include "data/csv_value.h"

#include <string.h>

#include "base/dict.h"
#include "base/number.h"

void psn_csv_trim(const char **at, size_t *length)
{
    while (*length > 0 && (**at == ' ' || **at == '\t')) {
        ++*at;
        --*length;
    }
    while (*length > 0 && ((*at)[*length - 1] == ' ' || (*at)[*length - 1] == '\t'))
        --*length;
}

/* Equal to a lower-case word in any case. */
static int value_is_word(const char *at, size_t length, const char *word)
{
    if (strlen(word) != length) return 0;
    for (size_t i = 0; i < length; i++)
        if ((at[i] | 0x20) != word[i]) return 0;
    return 1;
}

int psn_csv_is_missing(const char *at, size_t length, const struct psn_dict *more)
{
    switch (length) {
    case 0:
        return 1;
    case 2:
        if (memcmp(at, "NA", 2) == 0) return 1;
        break;
    case 3:
        if (value_is_word(at, length, "nan")) return 1;
        break;
    case 4:
        if (memcmp(at, "NULL", 4) == 0 || memcmp(at, "null", 4) == 0) return 1;
        break;
    default:
        break;
    }
    return more != NULL && psn_dict_find(more, at, length) >= 0;
}

/* 007 and +7: not a number when types are detected. 0.5 and -0 are. */
static int value_is_id(const char *at, size_t length)
{
    if (length > 0 && *at == '+') return 1;
    if (length > 0 && *at == '-') {
        at++;
        length--;
    }
    return length > 1 && at[0] == '0' && at[1] >= '0' && at[1] <= '9';
}

int psn_csv_int(const char *at, size_t length, int strict, int64_t *out)
{
    if (strict && value_is_id(at, length)) return 0;
    return psn_parse_int(at, length, out);
}

static int value_is_whole(const char *at, size_t length)
{
    for (size_t i = length > 0 && (*at == '-' || *at == '+'); i < length; i++)
        if (at[i] < '0' || at[i] > '9') return 0;
    return 1;
}

int psn_csv_real(const char *at, size_t length, int strict, char *point, int *fraction,
                 int *big, double *out)
{
    int64_t whole;
    char mark = *point;
    for (size_t i = 0; mark == 0 && i < length; i++)
        if (at[i] == '.' || at[i] == ',') mark = at[i];
    if (strict && value_is_id(at, length)) return 0;
    if (!psn_parse_real(at, length, mark == 0 ? '.' : mark, out)) return 0;
    *point = mark;
    if (!value_is_whole(at, length))
        *fraction = 1;
    else if (!psn_parse_int(at, length, &whole))
        *big = 1;
    return 1;
}

int psn_csv_bool(const char *at, size_t length, int strict, uint8_t *out)
{
    int yes =
        value_is_word(at, length, "true") || (!strict && length == 1 && at[0] == '1');
    int no =
        value_is_word(at, length, "false") || (!strict && length == 1 && at[0] == '0');
    *out = (uint8_t)yes;
    return yes || no;
}
