/* csv_scan.h: where the fields of a CSV are. */
#ifndef PSN_DATA_CSV_SCAN_H
#define PSN_DATA_CSV_SCAN_H

#include <stddef.h>
#include <stdint.h>

/* A field between its quotes, if it has any. span = 4 x length + flags. */
typedef struct psn_csv_field {
    const char *start;
    uint64_t span;
} psn_csv_field;

enum {
    PSN_CSV_QUOTED = 1,
    PSN_CSV_DOUBLED = 2, /* holds doubled quotes, to be made single */
};

/* Rows of `columns` fields each, row after row; lines[row] = the line it begins on. */
typedef struct psn_csv_block {
    psn_csv_field *fields; /* capacity x columns + 1: one to spare */
    int64_t *lines;
    int64_t rows, capacity, columns;
} psn_csv_block;

typedef enum psn_csv_fault {
    PSN_CSV_FINE,
    PSN_CSV_COUNT,  /* wrong number of fields */
    PSN_CSV_OPEN,   /* a quote is never closed */
    PSN_CSV_BEHIND, /* text after a closing quote */
    PSN_CSV_NUL,
    PSN_CSV_UTF
} psn_csv_fault;

typedef struct psn_csv_scanner {
    const char *at, *end; /* at: where the next row begins */
    int64_t line;         /* of `at`, from 1 */
    char separator;
    int skip_bad;        /* bad rows are counted and left out; else they end the scan */
    int64_t expected;    /* fields in a row; 0 = any number */
    int64_t skipped;     /* bad rows left out */
    int64_t budget;      /* bytes that may be looked at again after a bad quote */
    int64_t row_fields;  /* of the last row, good or bad */
    psn_csv_fault fault; /* of the bad row that ended the scan */
    int64_t fault_line, fault_column;
} psn_csv_scanner;

void psn_csv_scan_start(psn_csv_scanner *scanner, const char *bytes, size_t size,
                        char separator);
/* Fills the block with the next rows. Ends when it is full, at the end of the bytes
 * (at == end), or at a bad row (fault). Blank lines are no rows, unless one field is
 * expected: there they are a missing value. */
void psn_csv_scan(psn_csv_scanner *scanner, psn_csv_block *block);

/* The most likely separator of the first lines: one of , ; tab | ('\0': none occurs). */
char psn_csv_sniff(const char *bytes, size_t size);

/* The text of a field; doubled quotes are made single in `out`, which holds at least the
 * field's length. Returns its length. */
size_t psn_csv_unquote(psn_csv_field field, char *out);

#endif
