/* csv_read.c: from bytes to a table.
 *
 * Bytes are unpacked, recoded and looked at once; then blocks of some thousand fields go
 * from the scanner to the columns while they are in the cache: scan 64 KB, then each
 * column parses its own fields in one tight loop. Columns that turn out to be text late
 * are read in a second pass (see csv_column.c). */
#include <string.h>

#include "base/dict.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/os.h"
#include "base/task.h"
#include "data/column.h"
#include "data/csv_column.h"
#include "data/csv_source.h"
#include "data/csv_value.h"

enum { READ_BLOCK_FIELDS = 1 << 14, READ_BLOCK_ROWS = 16 };

typedef struct csv_reader {
    psn_csv_plan plan;
    const char *bytes; /* behind a byte order mark */
    size_t size;
    char separator;
    psn_csv_scanner scanner;
    psn_csv_block block;
    psn_dict *names;         /* of all columns of the file, in order */
    int64_t fields;          /* in a row */
    psn_csv_column *columns; /* those that are read */
    int64_t count;
    int checked; /* some have a forced type that a value may not fit */
    int64_t rows;
    int64_t *rejected; /* lines of rows with a value that does not fit, rising */
    int64_t rejections, rejected_room;
    persona_task *task;
    persona_error *error;
} csv_reader;

static void reader_free(csv_reader *reader)
{
    for (int64_t c = 0; c < reader->count; c++) psn_csv_column_free(&reader->columns[c]);
    psn_release(reader->columns);
    psn_release(reader->block.fields);
    psn_release(reader->block.lines);
    psn_release(reader->rejected);
    psn_dict_free(reader->names);
    psn_csv_plan_free(&reader->plan);
}

/* ---- messages */

/* "price" of column 3, or the number of the column while names are not known. */
static void reader_column_name(const csv_reader *reader, int64_t column, char *out,
                               size_t capacity)
{
    size_t length = 0;
    const char *name =
        reader->names == NULL ? NULL : psn_dict_text(reader->names, column, &length);
    if (name == NULL)
        psn_format(out, capacity, "%lld", (long long)column + 1);
    else
        psn_format(out, capacity, "\"%.*s\"", (int)length, name);
}

static int reader_fail_at(csv_reader *reader, int64_t line, int64_t column,
                          const char *what)
{
    char name[96];
    reader_column_name(reader, column, name, sizeof name);
    return psn_fail_at(reader->error, PERSONA_EDATA, line, "line %lld, column %s: %s",
                       (long long)line, name, what);
}

/* The bad row that ended the scan. */
static int reader_fail_scan(csv_reader *reader)
{
    const psn_csv_scanner *scan = &reader->scanner;
    int64_t line = scan->fault_line, column = scan->fault_column;
    switch (scan->fault) {
    case PSN_CSV_OPEN:
        return reader_fail_at(reader, line, column, "a quote is never closed");
    case PSN_CSV_BEHIND:
        return reader_fail_at(reader, line, column, "text after a closing quote");
    case PSN_CSV_NUL:
        return reader_fail_at(reader, line, column, "has a NUL byte");
    case PSN_CSV_UTF:
        return reader_fail_at(reader, line, column,
                              "not valid UTF-8 (option encoding=latin1 reads Latin-1)");
    default:
        return psn_fail_at(reader->error, PERSONA_EDATA, line,
                           "line %lld: %lld fields, but the %s has %lld", (long long)line,
                           (long long)scan->row_fields,
                           reader->plan.header ? "header" : "first line",
                           (long long)reader->fields);
    }
}

static const char *reader_type_words(int32_t type)
{
    switch (type) {
    case PERSONA_TYPE_INT:
        return "not a whole number";
    case PERSONA_TYPE_BOOL:
        return "not true or false";
    case PERSONA_TYPE_TIME:
        return "not a date or time";
    default:
        return "not a number";
    }
}

/* ---- names */

static int reader_block(csv_reader *reader, int64_t columns, int64_t rows)
{
    persona_error *error = reader->error;
    psn_csv_block *block = &reader->block;
    int rc = PERSONA_OK;
    size_t fields;
    psn_release(block->fields);
    psn_release(block->lines);
    *block = (psn_csv_block){.columns = columns, .capacity = rows};
    if (!psn_size_mul((size_t)columns, (size_t)rows, &fields))
        PSN_TRY(psn_fail_memory(error));
    PSN_NEED(block->fields = psn_alloc(fields + 1, sizeof *block->fields));
    PSN_NEED(block->lines = psn_alloc((size_t)rows, sizeof *block->lines));
done:
    return rc;
}

/* The name that column `c` (from 0) has when the file gives none. */
static size_t reader_default_name(char *out, size_t capacity, int64_t c)
{
    return psn_format(out, capacity, "c%lld", (long long)c + 1);
}

/* The name of column `c` from the first line. A field without text, such as the one over
 * a column of row numbers, gives the default name. */
static int reader_add_name(csv_reader *reader, int64_t line, int64_t c,
                           psn_csv_field field)
{
    persona_error *error = reader->error;
    int rc = PERSONA_OK;
    size_t length = field.span >> 2;
    char *text = NULL;
    long long number = (long long)c + 1;
    if (length > 2 * PSN_NAME_MAX) length = 2 * PSN_NAME_MAX;
    field.span = (uint64_t)length << 2 | (field.span & 3);
    PSN_NEED(text = psn_alloc(length, 1));
    length = psn_csv_unquote(field, text);
    const char *name = text;
    char made[32];
    psn_csv_trim(&name, &length);
    if (length == 0) {
        length = reader_default_name(made, sizeof made, c);
        name = made;
    }
    const int too_long = length > PSN_NAME_MAX;
    int64_t known = too_long ? -1 : psn_dict_find(reader->names, name, length);
    if (too_long)
        rc = psn_fail_at(error, PERSONA_EDATA, line,
                         "line %lld: column %lld has a name longer than 255 bytes",
                         (long long)line, number);
    else if (known >= 0)
        rc = psn_fail_at(error, PERSONA_EDATA, line,
                         "line %lld: column %lld has the same name as column %lld",
                         (long long)line, number, (long long)known + 1);
    else if (psn_dict_add(reader->names, name, length) < 0)
        rc = psn_fail_memory(error);
done:
    psn_release(text);
    return rc;
}

static int reader_number_names(csv_reader *reader)
{
    for (int64_t c = 0; c < reader->fields; c++) {
        char name[32];
        size_t length = reader_default_name(name, sizeof name, c);
        if (psn_dict_add(reader->names, name, length) < 0)
            return psn_fail_memory(reader->error);
    }
    return PERSONA_OK;
}

/* Never more fields than bytes: a small file needs little memory. */
static int64_t reader_at_most(const csv_reader *reader, int64_t count)
{
    return reader->size < (size_t)count ? (int64_t)reader->size + 1 : count;
}

/* Scans the first line: how many columns, and their names. */
static int reader_head(csv_reader *reader)
{
    persona_error *error = reader->error;
    psn_csv_scanner *scan = &reader->scanner, before;
    psn_dict *names = NULL;
    int rc = PERSONA_OK;
    psn_csv_scan_start(scan, reader->bytes, reader->size, reader->separator);
    before = *scan;
    PSN_TRY(reader_block(reader, reader_at_most(reader, PSN_COLUMNS_MAX), 1));
    psn_csv_scan(scan, &reader->block);
    if (scan->fault != PSN_CSV_FINE) PSN_TRY(reader_fail_scan(reader));
    if (reader->block.rows == 0)
        PSN_FAIL(error, PERSONA_EDATA, "the file has no header, only blank lines");
    reader->fields = scan->row_fields;
    if (reader->fields > PSN_COLUMNS_MAX)
        PSN_FAIL(error, PERSONA_ELIMIT,
                 "the first line has %lld fields, at most %d are "
                 "allowed",
                 (long long)reader->fields, PSN_COLUMNS_MAX);
    PSN_NEED(names = reader->names = psn_dict_new());
    if (!reader->plan.header) {
        *scan = before; /* the first line is data */
        PSN_TRY(reader_number_names(reader));
    }
    for (int64_t c = 0; reader->plan.header && c < reader->fields; c++)
        PSN_TRY(
            reader_add_name(reader, reader->block.lines[0], c, reader->block.fields[c]));
    scan->expected = reader->fields;
    scan->skip_bad = reader->plan.skip_bad;
done:
    return rc;
}

/* ---- columns */

static int reader_is_checked(const psn_csv_column *column)
{
    return column->forced && column->data.type != PERSONA_TYPE_TEXT;
}

static int reader_start_column(csv_reader *reader, int64_t field, const char *name,
                               size_t length)
{
    persona_error *error = reader->error;
    psn_csv_plan *plan = &reader->plan;
    char option[PSN_NAME_MAX + 1];
    int rc = PERSONA_OK;
    psn_csv_column *column = &reader->columns[reader->count];
    memcpy(option, name, length);
    option[length] = '\0';
    if (!psn_csv_plan_wants(plan, option)) return PERSONA_OK;
    *column = (psn_csv_column){
        .field = field, .missing = plan->missing, .date_orders = plan->date_orders};
    reader->count++;
    column->point = plan->decimal != 0         ? plan->decimal
                    : reader->separator == ',' ? '.'
                                               : '\0';
    PSN_NEED(column->data.name = psn_copy_text(name, length));
    const char *key, *value;
    for (size_t i = 0; (key = psn_params_member(plan->params, "type.*", i, &value)); i++)
        if (strcmp(key, option) == 0)
            PSN_TRY(psn_csv_column_force(column, psn_csv_type_of(value), error));
    reader->checked |= reader_is_checked(column);
done:
    return rc;
}

static int reader_start_columns(csv_reader *reader)
{
    persona_error *error = reader->error;
    int rc = PERSONA_OK;
    int64_t rows = READ_BLOCK_FIELDS / reader->fields;
    if (rows < READ_BLOCK_ROWS) rows = READ_BLOCK_ROWS;
    PSN_TRY(psn_csv_plan_check(&reader->plan, reader->names, error));
    PSN_NEED(reader->columns =
                 psn_alloc_zero((size_t)reader->fields, sizeof *reader->columns));
    for (int64_t c = 0; c < reader->fields; c++) {
        size_t length;
        const char *name = psn_dict_text(reader->names, c, &length);
        PSN_TRY(reader_start_column(reader, c, name, length));
    }
    rc = reader_block(reader, reader->fields, reader_at_most(reader, rows));
done:
    return rc;
}

/* ---- rows whose values do not fit a forced type */

/* The first row of the block, and there the first column, with a value that does not fit.
 */
static int reader_fail_value(csv_reader *reader)
{
    const psn_csv_column *column = NULL;
    int64_t first = reader->block.rows;
    for (int64_t c = 0; c < reader->count; c++) {
        if (!reader_is_checked(&reader->columns[c])) continue;
        int64_t bad = psn_csv_column_check(&reader->columns[c], &reader->block, 0);
        if (bad >= first) continue;
        first = bad;
        column = &reader->columns[c];
    }
    if (column == NULL) return PERSONA_OK;
    return reader_fail_at(reader, reader->block.lines[first], column->field,
                          reader_type_words(column->data.type));
}

static int reader_reject(csv_reader *reader, int64_t line)
{
    if (reader->rejections == reader->rejected_room) {
        int64_t room = 2 * reader->rejected_room + 64;
        int64_t *larger = psn_resize(reader->rejected, (size_t)room, sizeof *larger);
        if (larger == NULL) return psn_fail_memory(reader->error);
        reader->rejected = larger;
        reader->rejected_room = room;
    }
    reader->rejected[reader->rejections++] = line;
    return PERSONA_OK;
}

/* A negative line marks a row that is to go. */
static int reader_mark_misfits(csv_reader *reader)
{
    psn_csv_block *block = &reader->block;
    int rc = PERSONA_OK;
    for (int64_t c = 0; c < reader->count; c++) {
        psn_csv_column *column = &reader->columns[c];
        int64_t bad = -1;
        if (!reader_is_checked(column)) continue;
        while ((bad = psn_csv_column_check(column, block, bad + 1)) < block->rows)
            if (block->lines[bad] > 0) block->lines[bad] = -block->lines[bad];
    }
    for (int64_t row = 0; row < block->rows; row++)
        if (block->lines[row] < 0) PSN_TRY(reader_reject(reader, -block->lines[row]));
done:
    return rc;
}

/* Closes the gaps of marked rows. */
static void reader_drop_marked(psn_csv_block *block)
{
    int64_t kept = 0;
    for (int64_t row = 0; row < block->rows; row++) {
        if (block->lines[row] < 0) continue;
        if (kept < row)
            memcpy(block->fields + kept * block->columns,
                   block->fields + row * block->columns,
                   (size_t)block->columns * sizeof *block->fields);
        block->lines[kept++] = block->lines[row];
    }
    block->rows = kept;
}

/* In the second pass: marks what the first one rejected. *next walks the list. */
static void reader_mark_rejected(const csv_reader *reader, psn_csv_block *block,
                                 int64_t *next)
{
    for (int64_t row = 0; row < block->rows; row++) {
        if (*next == reader->rejections) return;
        if (block->lines[row] != reader->rejected[*next]) continue;
        block->lines[row] = -block->lines[row];
        ++*next;
    }
}

/* ---- passes */

/* Rows to make room for: what is left in the file at the length of the rows so far. */
static void reader_expect(csv_reader *reader)
{
    const psn_csv_scanner *scan = &reader->scanner;
    double seen = (double)(scan->at - reader->bytes), rows = (double)reader->block.rows;
    double expected = rows / seen * (double)reader->size * 1.02 + 16;
    int64_t limit = reader->plan.max_rows;
    for (int64_t c = 0; c < reader->count; c++) {
        reader->columns[c].expected = (int64_t)expected;
        if (limit > 0 && (int64_t)expected > limit) reader->columns[c].expected = limit;
    }
}

static int reader_take_block(csv_reader *reader)
{
    persona_error *error = reader->error;
    int rc = PERSONA_OK, all = 1, fits;
    if (reader->rows == 0) reader_expect(reader);
    if (reader->plan.skip_bad && reader->checked) {
        PSN_TRY(reader_mark_misfits(reader));
        reader_drop_marked(&reader->block);
    }
    for (int64_t c = 0; c < reader->count; c++) {
        PSN_TRY(psn_csv_column_take(&reader->columns[c], &reader->block, &fits, error));
        all = all && fits;
    }
    if (!all) PSN_TRY(reader_fail_value(reader));
    reader->rows += reader->block.rows;
done:
    return rc;
}

/* Never more rows in a block than are still wanted. */
static void reader_limit_block(csv_reader *reader, int64_t capacity, int64_t rows)
{
    int64_t limit = reader->plan.max_rows;
    reader->block.capacity =
        limit > 0 && limit - rows < capacity ? limit - rows : capacity;
}

static int reader_progress(csv_reader *reader)
{
    double done = (double)(reader->scanner.at - reader->bytes) / (double)reader->size;
    return psn_task_check(reader->task, done, reader->error);
}

static int reader_first_pass(csv_reader *reader)
{
    persona_error *error = reader->error;
    psn_csv_scanner *scan = &reader->scanner;
    int64_t capacity = reader->block.capacity, limit = reader->plan.max_rows;
    int rc = PERSONA_OK;
    while (scan->at < scan->end && (limit == 0 || reader->rows < limit)) {
        PSN_TRY(reader_progress(reader));
        reader_limit_block(reader, capacity, reader->rows);
        psn_csv_scan(scan, &reader->block);
        PSN_TRY(reader_take_block(reader));
        if (scan->fault != PSN_CSV_FINE) PSN_TRY(reader_fail_scan(reader));
    }
    reader->block.capacity = capacity;
    for (int64_t c = 0; c < reader->count; c++)
        PSN_TRY(psn_csv_column_settle(&reader->columns[c], error));
done:
    return rc;
}

static int reader_second_pass(csv_reader *reader, const psn_csv_scanner *start,
                              const uint8_t *again)
{
    persona_error *error = reader->error;
    psn_csv_scanner *scan = &reader->scanner;
    int64_t capacity = reader->block.capacity, rows = 0, next = 0;
    int rc = PERSONA_OK, fits;
    *scan = *start;
    while (rows < reader->rows && scan->at < scan->end) {
        PSN_TRY(reader_progress(reader));
        reader_limit_block(reader, capacity, rows);
        psn_csv_scan(scan, &reader->block);
        reader_mark_rejected(reader, &reader->block, &next);
        reader_drop_marked(&reader->block);
        for (int64_t c = 0; c < reader->count; c++)
            if (again[c])
                PSN_TRY(psn_csv_column_take(&reader->columns[c], &reader->block, &fits,
                                            error));
        rows += reader->block.rows;
    }
done:
    return rc;
}

/* Reads what turned out to be text once more. `start` is the scanner behind the header.
 */
static int reader_reread(csv_reader *reader, const psn_csv_scanner *start)
{
    persona_error *error = reader->error;
    int rc = PERSONA_OK, any = 0;
    int64_t skipped = reader->scanner.skipped;
    uint8_t *again = psn_alloc_zero((size_t)reader->count, 1);
    PSN_NEED(again);
    for (int64_t c = 0; c < reader->count; c++) {
        if (!reader->columns[c].stale) continue;
        again[c] = 1;
        any = 1;
        PSN_TRY(psn_csv_column_restart(&reader->columns[c], error));
    }
    psn_task_enter(reader->task, "reading text columns", 0.7, 1);
    if (any) PSN_TRY(reader_second_pass(reader, start, again));
    reader->scanner.skipped = skipped;
done:
    psn_release(again);
    return rc;
}

static int reader_make_table(csv_reader *reader, persona_table **out)
{
    persona_error *error = reader->error;
    int rc = PERSONA_OK;
    PSN_TRY(psn_table_new(out, error));
    for (int64_t c = 0; c < reader->count; c++) {
        psn_csv_column *column = &reader->columns[c];
        PSN_TRY(psn_csv_column_finish(column, error));
        PSN_TRY(psn_table_push(*out, &column->data, reader->rows, error));
        psn_csv_column_free(column);
    }
    (*out)->skipped = reader->scanner.skipped + reader->rejections;
done:
    if (rc != PERSONA_OK) {
        psn_table_free(*out);
        *out = NULL;
    }
    return rc;
}

/* ---- from bytes, from a file */

static int reader_run(csv_reader *reader, persona_table **out)
{
    int rc = PERSONA_OK;
    psn_csv_scanner start;
    psn_task_enter(reader->task, "reading", 0, 0.7);
    PSN_TRY(reader_head(reader));
    start = reader->scanner;
    PSN_TRY(reader_start_columns(reader));
    PSN_TRY(reader_first_pass(reader));
    PSN_TRY(reader_reread(reader, &start));
    rc = reader_make_table(reader, out);
done:
    return rc;
}

static int csv_read(persona_table **out, csv_reader *reader, psn_csv_source *source)
{
    int rc = PERSONA_OK;
    PSN_TRY(psn_csv_source_prepare(source, &reader->plan, reader->error));
    reader->bytes = source->bytes;
    reader->size = source->size;
    reader->separator = reader->plan.separator;
    if (reader->separator == 0)
        reader->separator = psn_csv_sniff(source->bytes, source->size);
    if (reader->separator == 0) reader->separator = ',';
    rc = reader_run(reader, out);
done:
    psn_csv_source_free(source);
    reader_free(reader);
    return rc;
}

int psn_csv_from_bytes(persona_table **out, const void *bytes, size_t size,
                       const persona_params *csv, persona_task *task,
                       persona_error *error)
{
    csv_reader reader = {.task = task, .error = error};
    psn_csv_source source = {.bytes = bytes, .size = size};
    *out = NULL;
    if (bytes == NULL && size > 0) return psn_fail(error, PERSONA_EARG, "bytes: is NULL");
    int rc = psn_csv_plan_read(&reader.plan, csv, error);
    return rc == PERSONA_OK ? csv_read(out, &reader, &source) : rc;
}

int psn_csv_read(persona_table **out, const char *path, const persona_params *csv,
                 persona_task *task, persona_error *error)
{
    csv_reader reader = {.task = task, .error = error};
    psn_csv_source source = {.size = 0};
    *out = NULL;
    if (path == NULL) return psn_fail(error, PERSONA_EARG, "path: is NULL");
    int rc = psn_csv_plan_read(&reader.plan, csv, error);
    if (rc != PERSONA_OK) return rc;
    rc = psn_os_read_all(path, reader.plan.max_bytes, &source.owned, &source.size, NULL,
                         error);
    source.bytes = source.owned;
    if (rc == PERSONA_OK) return csv_read(out, &reader, &source);
    reader_free(&reader);
    return rc;
}
