/* csv_scan.c: finds fields and rows: RFC 4180, read leniently where that loses nothing.
 *
 * 64 bytes at a time become a mask with a bit for each byte that could matter: separator,
 * quote, and controls below 0x0E (line ends, NUL). The test runs on 8 bytes in one word
 * ("SIMD within a register", after Mycroft's zero-byte test, in the form without false
 * hits), so that it is the same on every machine. A small automaton walks the bits: about
 * one step a field, and one pass over the bytes, whatever the columns hold.
 *
 * Rows end with LF, CRLF or CR. A quote opens a field only as its first character (blanks
 * may stand before); elsewhere it is a character like others. Behind the closing quote
 * only blanks may follow.
 *
 * After a bad quote in a file whose bad rows are skipped, everything up to the quote that
 * happens to match would be lost; so the scan begins again on the line after the one
 * where the bad row began, until it has looked twice at some multiple of the file. */
#include "data/csv_scan.h"

#include <string.h>

#include "base/utf8.h"

enum { SCAN_WINDOW = 64, SCAN_BUDGET_TIMES = 8 };

static const uint64_t scan_ones = 0x0101010101010101u;
static const uint64_t scan_low = 0x7F7F7F7F7F7F7F7Fu;
static const uint64_t scan_high = 0x8080808080808080u;

/* What is known of the row being scanned. */
typedef struct scan_row {
    const char *start;   /* of the row */
    const char *field;   /* of the field, its quote included */
    const char *content; /* behind the opening quote */
    const char *close;   /* the closing quote */
    const char *second;  /* of a doubled quote: not to be looked at again */
    int64_t fields;      /* complete ones */
    int64_t line;        /* where the row begins */
    int64_t now;         /* line of the byte looked at */
    int64_t opened;      /* line of the opening quote */
    unsigned flags;      /* of the field */
    int inside;          /* between quotes */
    int wide;            /* a byte above 0x7F may be in it */
    psn_csv_fault fault;
    int64_t fault_line, fault_column;
} scan_row;

void psn_csv_scan_start(psn_csv_scanner *scanner, const char *bytes, size_t size,
                        char separator)
{
    int64_t budget = (int64_t)(size / 2) < INT64_MAX / (2 * SCAN_BUDGET_TIMES)
                         ? (int64_t)size * SCAN_BUDGET_TIMES
                         : INT64_MAX;
    *scanner = (psn_csv_scanner){.at = bytes,
                                 .end = bytes + size,
                                 .line = 1,
                                 .separator = separator,
                                 .budget = budget};
}

/* ---- the mask */

static inline uint64_t scan_load(const char *at)
{
    uint64_t word;
    memcpy(&word, at, 8);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

/* High bit of each byte that is not zero. */
static inline uint64_t scan_nonzero(uint64_t word)
{
    return ((word & scan_low) + scan_low) | word;
}

/* The high bits of 8 bytes as 8 bits. */
static inline uint64_t scan_gather(uint64_t highs)
{
    return ((highs >> 7) * 0x0102040810204080u) >> 56;
}

static inline uint64_t scan_mask(const char *at, uint64_t separators, int *wide)
{
    const uint64_t quotes = scan_ones * '"', controls = scan_ones * (0x80 - 0x0E);
    uint64_t mask = 0, highs = 0;
    for (int i = 0; i < SCAN_WINDOW / 8; i++) {
        uint64_t word = scan_load(at + 8 * i);
        uint64_t other = scan_nonzero(word ^ separators) & scan_nonzero(word ^ quotes) &
                         (((word & scan_low) + controls) | word);
        mask |= scan_gather(~other & scan_high) << (8 * i);
        highs |= word;
    }
    *wide = (highs & scan_high) != 0;
    return mask;
}

/* The mask of the last bytes: what lies behind the end reads as letters. */
static uint64_t scan_tail(const char *at, size_t left, uint64_t separators, int *wide)
{
    char window[SCAN_WINDOW];
    memset(window, 'a', sizeof window);
    memcpy(window, at, left);
    return scan_mask(window, separators, wide);
}

/* ---- the automaton */

static inline void scan_start_row(scan_row *row, const char *at, int64_t line, int wide)
{
    row->start = row->field = at;
    row->fields = 0;
    row->line = row->now = line;
    row->flags = 0;
    row->inside = 0;
    row->wide = wide;
    row->fault = PSN_CSV_FINE;
}

/* The first fault of a row is the one that counts. */
static void scan_blame(scan_row *row, psn_csv_fault fault, int64_t line)
{
    if (row->fault != PSN_CSV_FINE) return;
    row->fault = fault;
    row->fault_line = line;
    row->fault_column = row->fields;
}

static int scan_is_blank(const char *from, const char *to)
{
    for (; from < to; from++)
        if (*from != ' ' && *from != '\t') return 0;
    return 1;
}

/* A quote at `at`, seen from outside or inside of quotes. */
static void scan_quote(scan_row *row, const char *at, const char *end)
{
    if (row->inside) {
        if (at + 1 < end && at[1] == '"') {
            row->second = at + 1;
            row->flags |= PSN_CSV_DOUBLED;
        } else {
            row->close = at;
            row->inside = 0;
        }
    } else if (row->flags == 0 && scan_is_blank(row->field, at)) {
        row->inside = 1;
        row->flags = PSN_CSV_QUOTED;
        row->content = at + 1;
        row->opened = row->now;
    }
}

/* Inside quotes only quotes matter; lines are counted. */
static void scan_inside(scan_row *row, const char *at, const char *end)
{
    if (*at == '"')
        scan_quote(row, at, end);
    else if (*at == '\n' || (*at == '\r' && (at + 1 == end || at[1] != '\n')))
        row->now++;
    else if (*at == '\0')
        scan_blame(row, PSN_CSV_NUL, row->now);
}

/* The field that ends before `to`. */
static inline void scan_end_field(scan_row *row, const char *to, psn_csv_field *out)
{
    out->start = row->field;
    out->span = (uint64_t)(to - row->field) << 2;
    if (row->flags != 0) {
        if (!scan_is_blank(row->close + 1, to)) scan_blame(row, PSN_CSV_BEHIND, row->now);
        out->start = row->content;
        out->span = (uint64_t)(row->close - row->content) << 2 | row->flags;
        row->flags = 0;
    }
    row->fields++;
}

/* The column that holds the byte at `at`. */
static int64_t scan_column_of(const psn_csv_field *fields, int64_t count, const char *at)
{
    int64_t column = 0;
    while (column + 1 < count && fields[column + 1].start <= at) column++;
    return column;
}

/* After the last field of a row that ends before `to`. */
static inline void scan_check_row(const psn_csv_scanner *scanner, scan_row *row,
                                  const psn_csv_field *fields, int64_t slots,
                                  const char *to)
{
    if (scanner->expected != 0 && row->fields != scanner->expected)
        scan_blame(row, PSN_CSV_COUNT, row->line);
    if (row->wide && row->fault == PSN_CSV_FINE) {
        size_t length = (size_t)(to - row->start);
        size_t good = psn_utf8_valid(row->start, length);
        if (good == length) return;
        int64_t stored = row->fields < slots ? row->fields : slots;
        scan_blame(row, PSN_CSV_UTF, row->line);
        row->fault_column = scan_column_of(fields, stored, row->start + good);
    }
}

/* Where to go on after a bad row that ended at `next`. */
static const char *scan_after_bad(psn_csv_scanner *scanner, scan_row *row,
                                  const char *next)
{
    int quotes = row->fault == PSN_CSV_BEHIND || row->fault == PSN_CSV_OPEN;
    scanner->skipped++;
    if (!quotes || row->now == row->line || scanner->budget < next - row->start)
        return next;
    scanner->budget -= next - row->start;
    const char *at = row->start;
    while (*at != '\n' && *at != '\r') at++;
    row->now = row->line;
    return *at == '\r' && at + 1 < next && at[1] == '\n' ? at + 2 : at + 1;
}

static void scan_stop(psn_csv_scanner *scanner, const scan_row *row)
{
    scanner->fault = row->fault;
    scanner->fault_line = row->fault_line;
    scanner->fault_column = row->fault_column;
}

/* Ends the row whose last field ends before `to`; the next one begins at `next`. Returns
 * where to go on: `next`, somewhere before it after a bad quote, or NULL: the scan ends.
 */
static inline const char *scan_end_row(psn_csv_scanner *scanner, psn_csv_block *block,
                                       scan_row *row, psn_csv_field *fields,
                                       const char *to, const char *next, int wide)
{
    int64_t slot = row->fields < block->columns ? row->fields : block->columns;
    int blank = to == row->start;
    scan_end_field(row, to, fields + slot);
    if (blank && scanner->expected != 1) {
        row->fault = PSN_CSV_FINE;
    } else {
        scanner->row_fields = row->fields;
        scan_check_row(scanner, row, fields, block->columns, to);
        if (row->fault == PSN_CSV_FINE) {
            block->lines[block->rows++] = row->line;
        } else if (!scanner->skip_bad) {
            scan_stop(scanner, row);
            return NULL;
        } else {
            next = scan_after_bad(scanner, row, next);
        }
    }
    scan_start_row(row, next, row->now + 1, wide);
    scanner->at = next;
    scanner->line = row->line;
    return block->rows == block->capacity ? NULL : next;
}

/* The last row, without a line end. */
static const char *scan_end_file(psn_csv_scanner *scanner, psn_csv_block *block,
                                 scan_row *row, psn_csv_field *fields)
{
    const char *end = scanner->end;
    if (row->start == end) return NULL;
    if (row->inside) {
        scan_blame(row, PSN_CSV_OPEN, row->opened);
        row->field = end;
        row->flags = 0;
    }
    return scan_end_row(scanner, block, row, fields, end, end, 1);
}

void psn_csv_scan(psn_csv_scanner *scanner, psn_csv_block *block)
{
    const char *const end = scanner->end, separator = scanner->separator;
    const uint64_t separators = scan_ones * (unsigned char)separator;
    const char *window = scanner->at;
    psn_csv_field *fields = block->fields;
    scan_row row = {0};
    int wide;
    block->rows = 0;
    scan_start_row(&row, window, scanner->line, 0);
    for (;;) {
        if (window >= end) {
            window = scan_end_file(scanner, block, &row, fields);
            fields = block->fields + block->rows * block->columns;
            if (window == NULL || window == end) return;
            continue;
        }
        size_t left = (size_t)(end - window);
        uint64_t mask = left >= SCAN_WINDOW ? scan_mask(window, separators, &wide)
                                            : scan_tail(window, left, separators, &wide);
        const char *jump = window + SCAN_WINDOW;
        row.wide |= wide;
        for (; mask != 0; mask &= mask - 1) {
            const char *at = window + __builtin_ctzll(mask);
            if (row.inside) {
                if (at != row.second) scan_inside(&row, at, end);
            } else if (*at == separator) {
                int64_t slot = row.fields < block->columns ? row.fields : block->columns;
                scan_end_field(&row, at, fields + slot);
                row.field = at + 1;
            } else if (*at == '\n' || *at == '\r') {
                if (*at == '\r' && at + 1 < end && at[1] == '\n') continue;
                int crlf = *at == '\n' && at > row.field && at[-1] == '\r';
                const char *next =
                    scan_end_row(scanner, block, &row, fields, at - crlf, at + 1, wide);
                if (next == NULL) return;
                fields = block->fields + block->rows * block->columns;
                if (next == at + 1) continue;
                jump = next; /* back, after a bad quote */
                break;
            } else if (*at == '"') {
                scan_quote(&row, at, end);
            } else if (*at == '\0') {
                scan_blame(&row, PSN_CSV_NUL, row.now);
            }
        }
        window = jump;
    }
}

size_t psn_csv_unquote(psn_csv_field field, char *out)
{
    size_t length = field.span >> 2, written = 0;
    for (size_t i = 0; i < length; i++) {
        out[written++] = field.start[i];
        if ((field.span & PSN_CSV_DOUBLED) && field.start[i] == '"') i++;
    }
    return written;
}
