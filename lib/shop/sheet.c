/* sheet.c: rows of names and numbers in a model file (sheet.h). Written from two blocks
 * of memory, column after column; read where they lie in the unpacked table. */
#include "shop/sheet.h"

#include <string.h>
#include "base/error.h"
#include "base/memory.h"
#include "shop/chunks.h"

int psn_sheet_new(psn_sheet *sheet, const psn_sheet_layout *layout, int64_t rows,
                  persona_error *error)
{
    int rc = PERSONA_OK;
    const size_t n = (size_t)rows;
    *sheet = (psn_sheet){.layout = layout, .rows = rows};
    PSN_NEED(sheet->name = psn_alloc(n, sizeof *sheet->name));
    for (size_t c = 0; c < layout->int_count; c++)
        PSN_NEED(sheet->ints[c] = psn_alloc(n, sizeof **sheet->ints));
    for (size_t c = 0; c < layout->real_count; c++)
        PSN_NEED(sheet->reals[c] = psn_alloc(n, sizeof **sheet->reals));
done:
    return rc;
}

int psn_sheet_add(psn_writer *writer, const psn_sheet *sheet, persona_error *error)
{
    int rc;
    persona_table *table = NULL;
    const psn_sheet_layout *layout = sheet->layout;
    PSN_TRY(psn_table_new(&table, error));
    if (layout->named)
        PSN_TRY(psn_table_add_strings(table, "name", sheet->name, sheet->rows, error));
    for (size_t c = 0; c < layout->int_count; c++)
        PSN_TRY(psn_table_add(table, layout->ints[c], PERSONA_TYPE_INT, sheet->ints[c],
                              NULL, sheet->rows, error));
    for (size_t c = 0; c < layout->real_count; c++)
        PSN_TRY(psn_table_add(table, layout->reals[c], PERSONA_TYPE_REAL, sheet->reals[c],
                              NULL, sheet->rows, error));
    PSN_TRY(psn_chunks_add_table(writer, layout->tag, table, error));
done:
    psn_table_free(table);
    return rc;
}

int psn_sheet_read(psn_sheet *sheet, const psn_sheet_layout *layout, psn_reader *reader,
                   int64_t rows, persona_error *error)
{
    int rc;
    const psn_column *column;
    *sheet = (psn_sheet){.layout = layout, .rows = rows};
    PSN_TRY(psn_chunks_table(&sheet->table, reader, layout->tag, 1, error));
    if (sheet->table->rows != rows)
        PSN_TRY(psn_chunks_bad(error, "a table has too few rows"));
    if (layout->named)
        PSN_TRY(psn_chunks_column(&sheet->names, sheet->table, "name", PERSONA_TYPE_TEXT,
                                  error));
    for (size_t c = 0; c < layout->int_count; c++) {
        PSN_TRY(psn_chunks_column(&column, sheet->table, layout->ints[c],
                                  PERSONA_TYPE_INT, error));
        sheet->ints[c] = column->values;
    }
    for (size_t c = 0; c < layout->real_count; c++) {
        PSN_TRY(psn_chunks_column(&column, sheet->table, layout->reals[c],
                                  PERSONA_TYPE_REAL, error));
        sheet->reals[c] = column->values;
    }
done:
    return rc;
}

int psn_sheet_name(char **out, const psn_sheet *sheet, int64_t row, int64_t most,
                   persona_error *error)
{
    const char *name;
    int64_t length;
    psn_column_text(sheet->names, row, &name, &length);
    if (name == NULL || length == 0 || length > most || memchr(name, 0, (size_t)length))
        return psn_chunks_bad(error, "an input or feature has no name");
    *out = psn_copy_text(name, (size_t)length);
    return *out ? PERSONA_OK : psn_fail_memory(error);
}

void psn_sheet_close(psn_sheet *sheet)
{
    for (size_t c = 0; sheet->table == NULL && c < PSN_SHEET_COLUMNS; c++) {
        psn_release(sheet->ints[c]);
        psn_release(sheet->reals[c]);
    }
    psn_release(sheet->name);
    psn_table_free(sheet->table);
    *sheet = (psn_sheet){0};
}
