/* number.h: numbers from text and back, correctly rounded, whatever the locale. */
#ifndef PSN_BASE_NUMBER_H
#define PSN_BASE_NUMBER_H

#include <stddef.h>
#include <stdint.h>

/* Parse the whole of text[0 .. length): 1 on success, 0 if it is not such a number or
 * does not fit. Reals: [+-] digits [. digits] [e[+-]digits], inf, nan (any case); `point`
 * is the decimal mark. */
int psn_parse_int(const char *text, size_t length, int64_t *out);
int psn_parse_real(const char *text, size_t length, char point, double *out);

/* Print; out holds at least PSN_NUMBER_BYTES; returns the length, NUL added. Reals: the
 * shortest digits that read back to the same double. */
enum { PSN_NUMBER_BYTES = 32 };
size_t psn_print_int(char *out, int64_t value);
size_t psn_print_real(char *out, double value);
/* Fixed decimals, 0 .. 9, rounded half to even on the exact value; out holds 400 bytes.
 */
size_t psn_print_fixed(char *out, double value, int decimals);

#endif
