/* csv_value.h: one field as a value. Inline, because it is the inner loop of reading. */
#ifndef PSN_DATA_CSV_VALUE_H
#define PSN_DATA_CSV_VALUE_H

#include <float.h>
#include <stddef.h>
#include <stdint.h>

struct psn_dict;

typedef enum psn_csv_kind {
    PSN_CSV_VALUE,
    PSN_CSV_MISSING,
    PSN_CSV_NOT /* of that type */
} psn_csv_kind;

/* Whole numbers as nearly all are: an optional minus, 1 .. 18 digits, no leading zero. */
static inline int psn_csv_fast_int(const char *at, size_t length, int64_t *out)
{
    const char *end = at + length;
    uint64_t value = 0;
    int minus = length > 0 && *at == '-';
    at += minus;
    if ((size_t)(end - at) - 1 >= 18 || (*at == '0' && end - at > 1)) return 0;
    for (; at < end; at++) {
        unsigned digit = (unsigned char)(*at - '0');
        if (digit > 9) return 0;
        value = value * 10 + digit;
    }
    *out = minus ? -(int64_t)value : (int64_t)value;
    return 1;
}

/* Decimals as nearly all are: an optional minus, digits, a mark, digits; 15 digits at
 * most, so that digits and power of ten are exact doubles and the division rounds once.
 * Adds 1 to *fractions where there is a mark. */
static inline int psn_csv_fast_real(const char *at, size_t length, char point,
                                    double *out, int64_t *fractions)
{
    static const double powers[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    const char *end = at + length;
    uint64_t value = 0;
    int64_t decimals = 0;
    int minus = length > 0 && *at == '-';
    at += minus;
    if (FLT_EVAL_METHOD != 0 || (size_t)(end - at) - 1 >= 16) return 0;
    if (*at == '0' && end - at > 1 && at[1] != point) return 0;
    const char *first = at;
    unsigned digit = 0;
    for (; at < end && (digit = (unsigned char)(*at - '0')) <= 9; at++)
        value = value * 10 + digit;
    if (at == first) return 0;
    if (at < end) {
        if (*at != point) return 0;
        for (at++; at < end && (digit = (unsigned char)(*at - '0')) <= 9;
             at++, decimals++)
            value = value * 10 + digit;
        if (at != end || decimals == 0) return 0;
        ++*fractions;
    } else if (end - first > 15) {
        return 0;
    }
    double number = (double)value / powers[decimals];
    *out = minus ? -number : number;
    return 1;
}

/* Cuts blanks from both ends. */
void psn_csv_trim(const char **at, size_t *length);
/* "", NA, NULL, null, nan in any case, and what `more` holds. */
int psn_csv_is_missing(const char *at, size_t length, const struct psn_dict *more);

/* The general readers; blanks are cut already. `strict` is how types are detected: no
 * leading zeros and no plus, which belong to ids and telephone numbers. */
int psn_csv_int(const char *at, size_t length, int strict, int64_t *out);
/* *point is 0 (either; set by the first mark), '.' or ','. *fraction and *big are set,
 * not cleared: see csv_column.h. */
int psn_csv_real(const char *at, size_t length, int strict, char *point, int *fraction,
                 int *big, double *out);
/* true or false in any case; with strict = 0 also 1 and 0. */
int psn_csv_bool(const char *at, size_t length, int strict, uint8_t *out);

#endif
