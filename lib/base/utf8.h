/* utf8.h */
#ifndef PSN_BASE_UTF8_H
#define PSN_BASE_UTF8_H

#include <stddef.h>

/* The length if all of it is valid UTF-8, else the position of the first bad byte. */
size_t psn_utf8_valid(const char *bytes, size_t length);
/* The largest cut <= limit that does not split a character. */
size_t psn_utf8_cut(const char *bytes, size_t length, size_t limit);

#endif
