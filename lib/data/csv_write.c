/* csv_write.c: a table as CSV.
 *
 * Rows are put together in one buffer: before each value room for the longest form of its
 * type is made sure of, so that the printing itself checks nothing. Reals have the fewest
 * digits that read back equal. A text is quoted when it holds the separator, a quote or a
 * line end, begins or ends with a blank, or is empty (nothing at all is missing). */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/os.h"
#include "base/task.h"
#include "base/text.h"
#include "data/column.h"
#include "data/csv_plan.h"
#include "data/datetime.h"
#include "store/gz.h"

enum { WRITE_FLUSH = 1 << 18, WRITE_ROWS = 1024, WRITE_VALUE = 64 };

typedef struct csv_writer {
    char *bytes;
    size_t length, room;
    psn_csv_plan plan;
    char separator, decimal;
    const persona_table *table;
    int64_t *columns; /* numbers of those to write */
    int64_t count;
    psn_text *text; /* where full buffers go: one of the two */
    psn_os_replace *file;
    persona_task *task;
    persona_error *error;
} csv_writer;

static int writer_room(csv_writer *writer, size_t more)
{
    size_t need;
    if (writer->room - writer->length >= more) return PERSONA_OK;
    if (!psn_size_add(writer->length, more, &need) || need > SIZE_MAX / 2)
        return psn_fail_memory(writer->error);
    need = 2 * need;
    char *larger = psn_resize(writer->bytes, need, 1);
    if (larger == NULL) return psn_fail_memory(writer->error);
    writer->bytes = larger;
    writer->room = need;
    return PERSONA_OK;
}

static int writer_flush(csv_writer *writer)
{
    int rc = PERSONA_OK;
    if (writer->file != NULL) {
        rc = psn_os_replace_write(writer->file, writer->bytes, writer->length,
                                  writer->error);
    } else {
        psn_text_append(writer->text, writer->bytes, writer->length);
        if (writer->text->failed) rc = psn_fail_memory(writer->error);
    }
    writer->length = 0;
    return rc;
}

/* ---- values */

static int writer_must_quote(const csv_writer *writer, const char *text, size_t length)
{
    if (length == 0 || text[0] == ' ' || text[length - 1] == ' ') return 1;
    if (text[0] == '\t' || text[length - 1] == '\t') return 1;
    for (size_t i = 0; i < length; i++)
        if (text[i] == writer->separator || text[i] == '"' || text[i] == '\n' ||
            text[i] == '\r')
            return 1;
    return 0;
}

static int writer_put_text(csv_writer *writer, const char *text, size_t length)
{
    size_t most;
    if (!psn_size_mul(length, 2, &most)) return psn_fail_memory(writer->error);
    int rc = writer_room(writer, most + WRITE_VALUE);
    if (rc != PERSONA_OK) return rc;
    char *at = writer->bytes + writer->length;
    if (!writer_must_quote(writer, text, length)) {
        memcpy(at, text, length);
        writer->length += length;
        return PERSONA_OK;
    }
    *at++ = '"';
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '"') *at++ = '"';
        *at++ = text[i];
    }
    *at++ = '"';
    writer->length = (size_t)(at - writer->bytes);
    return PERSONA_OK;
}

/* A decimal comma in a file of commas needs quotes. */
static size_t writer_comma(const csv_writer *writer, char *out, size_t length)
{
    char *point = memchr(out, '.', length);
    if (point == NULL) return length;
    *point = ',';
    if (writer->separator != ',') return length;
    memmove(out + 1, out, length);
    out[0] = out[length + 1] = '"';
    return length + 2;
}

/* The shortest decimal of a float: that of the double next to it with up to 9 digits. */
static size_t writer_print_real32(char *out, float value)
{
    static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
    double exact = (double)value;
    for (int digits = 0; digits < 10 && fabs(exact) < 1e6; digits++) {
        double scaled = floor(exact * powers[digits] + 0.5) / powers[digits];
        if ((float)scaled == value) return psn_print_real(out, scaled);
    }
    return psn_print_real(out, exact);
}

static size_t writer_print_bool(char *out, int yes)
{
    memcpy(out, yes ? "true" : "false", 5);
    return yes ? 4 : 5;
}

/* Any value but text; room is there. */
static void writer_put_value(csv_writer *writer, const psn_column *column, int64_t row)
{
    char *out = writer->bytes + writer->length;
    size_t length = 0;
    int real = 0;
    switch (column->type) {
    case PERSONA_TYPE_INT:
        length = psn_print_int(out, ((const int64_t *)column->values)[row]);
        break;
    case PERSONA_TYPE_REAL:
        length = psn_print_real(out, ((const double *)column->values)[row]);
        real = 1;
        break;
    case PERSONA_TYPE_REAL32:
        length = writer_print_real32(out, ((const float *)column->values)[row]);
        real = 1;
        break;
    case PERSONA_TYPE_BOOL:
        length = writer_print_bool(out, ((const uint8_t *)column->values)[row]);
        break;
    default:
        length = psn_print_time(out, ((const int64_t *)column->values)[row]);
        break;
    }
    if (real && writer->decimal == ',') length = writer_comma(writer, out, length);
    writer->length += length;
}

static int writer_put_row(csv_writer *writer, int64_t row)
{
    for (int64_t i = 0; i < writer->count; i++) {
        const psn_column *column = &writer->table->columns[writer->columns[i]];
        int rc = writer_room(writer, WRITE_VALUE);
        if (rc == PERSONA_OK && column->type == PERSONA_TYPE_TEXT) {
            const char *text;
            int64_t length;
            psn_column_text(column, row, &text, &length);
            if (text != NULL) rc = writer_put_text(writer, text, (size_t)length);
        } else if (rc == PERSONA_OK && !psn_column_missing(column, row)) {
            writer_put_value(writer, column, row);
        }
        if (rc != PERSONA_OK) return rc;
        writer->bytes[writer->length++] =
            i + 1 < writer->count ? writer->separator : '\n';
    }
    return PERSONA_OK;
}

/* ---- the table */

static int writer_put_header(csv_writer *writer)
{
    int rc = PERSONA_OK;
    for (int64_t i = 0; i < writer->count; i++) {
        const char *name = writer->table->columns[writer->columns[i]].name;
        PSN_TRY(writer_put_text(writer, name, strlen(name)));
        writer->bytes[writer->length++] =
            i + 1 < writer->count ? writer->separator : '\n';
    }
done:
    return rc;
}

static int writer_put_table(csv_writer *writer)
{
    int rc = PERSONA_OK;
    int64_t rows = writer->table->rows;
    if (writer->plan.header) PSN_TRY(writer_put_header(writer));
    for (int64_t row = 0; row < rows; row++) {
        if (row % WRITE_ROWS == 0)
            PSN_TRY(
                psn_task_check(writer->task, (double)row / (double)rows, writer->error));
        PSN_TRY(writer_put_row(writer, row));
        if (writer->length >= WRITE_FLUSH) PSN_TRY(writer_flush(writer));
    }
    rc = writer_flush(writer);
done:
    return rc;
}

static int writer_open(csv_writer *writer, const persona_params *csv)
{
    persona_error *error = writer->error;
    const persona_table *table = writer->table;
    int rc = PERSONA_OK;
    if (table == NULL) return psn_fail(error, PERSONA_EARG, "table: is NULL");
    PSN_TRY(psn_csv_plan_read(&writer->plan, csv, error));
    PSN_TRY(psn_csv_plan_writes(csv, error));
    writer->decimal = writer->plan.decimal == 0 ? '.' : writer->plan.decimal;
    writer->separator = writer->plan.separator;
    if (writer->separator == 0) writer->separator = writer->decimal == ',' ? ';' : ',';
    PSN_TRY(psn_csv_plan_names(&writer->plan, table, error));
    PSN_NEED(writer->columns = psn_alloc((size_t)table->count, sizeof(int64_t)));
    for (int64_t c = 0; c < table->count; c++)
        if (psn_csv_plan_wants(&writer->plan, table->columns[c].name))
            writer->columns[writer->count++] = c;
    rc = writer_room(writer, WRITE_FLUSH);
done:
    return rc;
}

static void writer_close(csv_writer *writer)
{
    psn_csv_plan_free(&writer->plan);
    psn_release(writer->columns);
    psn_release(writer->bytes);
}

int psn_csv_to_text(psn_text *out, const persona_table *table, const persona_params *csv,
                    persona_error *error)
{
    csv_writer writer = {.table = table, .text = out, .error = error};
    int rc = PERSONA_OK;
    PSN_TRY(writer_open(&writer, csv));
    rc = writer_put_table(&writer);
done:
    writer_close(&writer);
    return rc;
}

static int write_is_gz(const char *path)
{
    size_t length = strlen(path);
    return length > 3 && memcmp(path + length - 3, ".gz", 3) == 0;
}

/* All of it at once, since gzip is made in memory. */
static int write_gz(csv_writer *writer)
{
    psn_text packed = {0};
    int rc = PERSONA_OK;
    psn_os_replace *file = writer->file;
    writer->file = NULL;
    rc = writer_put_table(writer);
    writer->file = file;
    if (rc == PERSONA_OK)
        rc = psn_gz_pack(&packed, writer->text->bytes, writer->text->length,
                         writer->error);
    if (rc == PERSONA_OK)
        rc = psn_os_replace_write(file, packed.bytes, packed.length, writer->error);
    psn_text_free(&packed);
    return rc;
}

int psn_csv_write(const persona_table *table, const char *path, const persona_params *csv,
                  persona_task *task, persona_error *error)
{
    psn_text text = {0};
    csv_writer writer = {.table = table, .text = &text, .task = task, .error = error};
    int rc = PERSONA_OK;
    if (path == NULL) return psn_fail(error, PERSONA_EARG, "path: is NULL");
    PSN_TRY(writer_open(&writer, csv));
    PSN_TRY(psn_os_replace_begin(&writer.file, path, error));
    psn_task_enter(task, "writing", 0, 1);
    rc = write_is_gz(path) ? write_gz(&writer) : writer_put_table(&writer);
    if (rc == PERSONA_OK)
        rc = psn_os_replace_commit(writer.file, error);
    else
        psn_os_replace_abandon(writer.file);
done:
    psn_text_free(&text);
    writer_close(&writer);
    return rc;
}
