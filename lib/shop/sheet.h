/* sheet.h: a sheet: one row a thing (an input, a feature, an item), columns of names,
 * whole numbers and reals; how things lie in a model file.
 *
 *   static const char *const ints[] = {"type", "levels"};
 *   static const psn_sheet_layout layout = {"Inpt", 1, ints, 2, NULL, 0};
 *
 *   writing: psn_sheet_new, fill sheet.name[row] and sheet.ints[column][row],
 * psn_sheet_add reading: psn_sheet_read, look at the same places, names by psn_sheet_name
 *   both:    psn_sheet_close, always */
#ifndef PSN_SHOP_SHEET_H
#define PSN_SHOP_SHEET_H

#include "data/table.h"
#include "store/container.h"

enum { PSN_SHEET_COLUMNS = 16 }; /* of each type, at most */

typedef struct psn_sheet_layout {
    const char *tag;
    int named; /* begins with the column "name" */
    const char *const *ints;
    size_t int_count;
    const char *const *reals;
    size_t real_count;
} psn_sheet_layout;

typedef struct psn_sheet {
    const psn_sheet_layout *layout;
    int64_t rows;
    const char **name; /* writing only: NUL-terminated, borrowed */
    int64_t *ints[PSN_SHEET_COLUMNS];
    double *reals[PSN_SHEET_COLUMNS];
    persona_table *table; /* reading only: what the columns lie in */
    const psn_column *names;
} psn_sheet;

int psn_sheet_new(psn_sheet *sheet, const psn_sheet_layout *layout, int64_t rows,
                  persona_error *error);
int psn_sheet_add(psn_writer *writer, const psn_sheet *sheet, persona_error *error);
/* PERSONA_EFORMAT unless it has exactly these rows and columns. Any number may stand in
 * it. */
int psn_sheet_read(psn_sheet *sheet, const psn_sheet_layout *layout, psn_reader *reader,
                   int64_t rows, persona_error *error);
/* A copy of the name, which must have 1 to `most` bytes and no NUL. */
int psn_sheet_name(char **out, const psn_sheet *sheet, int64_t row, int64_t most,
                   persona_error *error);
void psn_sheet_close(psn_sheet *sheet);

#endif
