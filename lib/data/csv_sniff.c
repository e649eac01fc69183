/* csv_sniff.c: which separator a file uses.
 *
 * Each candidate is counted outside quotes on the first lines. One that the header does
 * not have is out; of the others the one that has the header's count on most lines wins.
 * When several fit every line, the comma comes last: it also stands in numbers and texts.
 */
#include <string.h>

#include "data/csv_scan.h"

enum { SNIFF_BYTES = 1 << 16, SNIFF_LINES = 200, SNIFF_CANDIDATES = 4 };
static const char sniff_candidates[SNIFF_CANDIDATES] = {'\t', ';', '|', ','};

typedef struct sniff_state {
    int64_t header[SNIFF_CANDIDATES]; /* on the first line */
    int64_t line[SNIFF_CANDIDATES];   /* on this line */
    int64_t agree[SNIFF_CANDIDATES];  /* lines with the header's count */
    int64_t lines;
} sniff_state;

static void sniff_end_line(sniff_state *state)
{
    for (int k = 0; k < SNIFF_CANDIDATES; k++) {
        if (state->lines == 0) state->header[k] = state->line[k];
        state->agree[k] += state->line[k] == state->header[k];
        state->line[k] = 0;
    }
    state->lines++;
}

/* Behind the quotes that open at bytes[at]; `size` when they do not end. */
static size_t sniff_skip_quotes(const char *bytes, size_t at, size_t size)
{
    for (at++; at < size; at++) {
        if (bytes[at] != '"') continue;
        if (at + 1 == size || bytes[at + 1] != '"') return at + 1;
        at++;
    }
    return size;
}

static void sniff_count(sniff_state *state, const char *bytes, size_t size, int whole)
{
    int fresh = 1, content = 0; /* at the start of a field; something on the line */
    for (size_t at = 0; at < size && state->lines < SNIFF_LINES;) {
        char byte = bytes[at];
        if (byte == '"' && fresh) {
            at = sniff_skip_quotes(bytes, at, size);
            fresh = 0;
            content = 1;
            continue;
        }
        at++;
        if (byte == '\n' || byte == '\r') {
            if (content) sniff_end_line(state);
            fresh = 1;
            content = 0;
            continue;
        }
        const char *found = memchr(sniff_candidates, byte, SNIFF_CANDIDATES);
        if (found != NULL) state->line[found - sniff_candidates]++;
        fresh = found != NULL || (fresh && byte == ' ');
        content = 1;
    }
    /* A line that the sample cuts says nothing, unless it is the only one. */
    if (content && state->lines < SNIFF_LINES && (whole || state->lines == 0))
        sniff_end_line(state);
}

char psn_csv_sniff(const char *bytes, size_t size)
{
    sniff_state state = {{0}, {0}, {0}, 0};
    int best = -1;
    sniff_count(&state, bytes, size < SNIFF_BYTES ? size : SNIFF_BYTES,
                size <= SNIFF_BYTES);
    for (int k = 0; k < SNIFF_CANDIDATES; k++)
        if (state.header[k] > 0 && (best < 0 || state.agree[k] > state.agree[best]))
            best = k;
    return best < 0 ? '\0' : sniff_candidates[best];
}
