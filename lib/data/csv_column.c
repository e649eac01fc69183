/* csv_column.c: finds the type of a column while reading it.
 *
 * Optimistic: the first value that is not missing suggests a type, and the column is read
 * as that until a value does not fit. Then an int column becomes real in place (an int is
 * a real), and everything else becomes text. Text needs the original characters, so if
 * rows went before, the column is only marked (`stale`), and one second pass over the
 * file reads all marked columns: types are found over the whole file, and a file without
 * surprises is read once.
 *
 * Dates with slashes can be month first or day first, and only all of them tell which.
 * They are kept as month first where that gives a date; at the end, if day first it is,
 * the others are turned. A column that both fit is text.
 *
 * Text starts out as a dictionary and turns plain when most values are new. */
#include "data/csv_column.h"

#include <math.h>
#include <string.h>

#include "base/dict.h"
#include "base/error.h"
#include "base/memory.h"
#include "data/column.h"
#include "data/csv_value.h"
#include "data/datetime.h"

enum { COLUMN_PLAIN_DATES = 4 }; /* of psn_csv_column.dates, beside the orders */
enum { COLUMN_FIRST_LOOK = 1 << 16, COLUMN_MOST_LEVELS = 1000000 };

/* The fields of one column in a block. */
typedef struct column_fields {
    const psn_csv_field *first;
    int64_t stride, rows;
} column_fields;

static column_fields column_of(const psn_csv_column *column, const psn_csv_block *block)
{
    return (column_fields){block->fields + column->field, block->columns, block->rows};
}

void psn_csv_column_free(psn_csv_column *column)
{
    psn_column_release(&column->data);
    psn_dict_free(column->dict);
    psn_release(column->scratch);
    *column = (psn_csv_column){.rows = 0};
}

/* ---- room */

/* Blocks for values of the column's type, empty. */
static int column_begin(psn_csv_column *column, int32_t type, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_column *data = &column->data;
    data->type = type;
    data->room = 0;
    if (type == PERSONA_TYPE_TEXT) {
        PSN_NEED(column->dict = psn_dict_new());
        PSN_NEED(data->codes = psn_alloc(0, sizeof(int32_t)));
        column->spread_at = COLUMN_FIRST_LOOK;
    } else {
        PSN_NEED(data->values = psn_alloc(0, psn_type_width(type)));
    }
done:
    return rc;
}

static int column_room(psn_csv_column *column, int64_t rows, persona_error *error)
{
    psn_column *data = &column->data;
    int64_t need = column->rows + rows;
    if (data->room == 0 && need < column->expected) need = column->expected;
    int rc = psn_column_reserve(data, need, error);
    if (rc == PERSONA_OK && data->valid != NULL && rows > 0)
        memset(data->valid + column->rows, 1, (size_t)rows);
    return rc;
}

/* Row `row` (room is there) has no value. */
static int column_put_missing(psn_csv_column *column, int64_t row, persona_error *error)
{
    psn_column *data = &column->data;
    switch (data->type) {
    case PERSONA_TYPE_REAL:
        ((double *)data->values)[row] = NAN;
        return PERSONA_OK;
    case PERSONA_TYPE_REAL32:
        ((float *)data->values)[row] = NAN;
        return PERSONA_OK;
    case PERSONA_TYPE_BOOL:
        ((uint8_t *)data->values)[row] = 0;
        break;
    case PERSONA_TYPE_TEXT:
        if (data->codes != NULL) {
            data->codes[row] = -1;
            return PERSONA_OK;
        }
        data->offsets[row + 1] = data->offsets[row];
        break;
    default:
        ((int64_t *)data->values)[row] = 0;
        break;
    }
    int rc = psn_column_mark(data, data->room, error);
    if (rc == PERSONA_OK) data->valid[row] = 0;
    return rc;
}

/* ---- numbers, bools, times */

/* A time, in a column that has only such with slashes or only others. */
static int column_time(psn_csv_column *column, const char *at, size_t length, int64_t *ms)
{
    if (column->dates == 0 || column->dates == COLUMN_PLAIN_DATES) {
        const int plain = psn_parse_time(at, length, ms);
        if (plain) column->dates = COLUMN_PLAIN_DATES;
        if (plain || column->dates != 0) return plain;
    }
    const int allowed = column->dates != 0 ? column->dates : column->date_orders;
    const int orders = psn_parse_slash_time(at, length, ms) & allowed;
    if (orders != 0) column->dates = orders;
    return orders != 0;
}

/* One field the general way; `keep` = 0 only looks. */
static psn_csv_kind column_general(psn_csv_column *column, psn_csv_field field,
                                   int64_t row, int keep)
{
    psn_column *data = &column->data;
    const char *at = field.start;
    size_t length = field.span >> 2;
    int strict = !column->forced, good;
    int64_t whole = 0;
    double real = 0;
    uint8_t yes = 0;
    psn_csv_trim(&at, &length);
    if (psn_csv_is_missing(at, length, column->missing)) return PSN_CSV_MISSING;
    switch (data->type) {
    case PERSONA_TYPE_INT:
        good = psn_csv_int(at, length, strict, &whole);
        if (good && keep) ((int64_t *)data->values)[row] = whole;
        break;
    case PERSONA_TYPE_TIME:
        good = column_time(column, at, length, &whole);
        if (good && keep) ((int64_t *)data->values)[row] = whole;
        break;
    case PERSONA_TYPE_BOOL:
        good = psn_csv_bool(at, length, strict, &yes);
        if (good && keep) ((uint8_t *)data->values)[row] = yes;
        break;
    default:
        good = psn_csv_real(at, length, strict, &column->point, &column->fraction,
                            &column->big, &real);
        if (data->type == PERSONA_TYPE_REAL) {
            if (good && keep) ((double *)data->values)[row] = real;
        } else {
            if (isfinite(real) && !isfinite((float)real)) good = 0;
            if (good && keep) ((float *)data->values)[row] = (float)real;
        }
        break;
    }
    return good ? PSN_CSV_VALUE : PSN_CSV_NOT;
}

/* The loops: fields from row `from` of the block on, until one does not fit. Returns its
 * row, or the number of rows; -1: failed, *rc says how. */
static int64_t column_slow(psn_csv_column *column, column_fields fields, int64_t row,
                           int *rc, persona_error *error)
{
    psn_csv_field field = fields.first[row * fields.stride];
    psn_csv_kind kind = column_general(column, field, column->rows + row, 1);
    if (kind == PSN_CSV_NOT) return row;
    if (kind == PSN_CSV_MISSING)
        *rc = column_put_missing(column, column->rows + row, error);
    return *rc == PERSONA_OK ? fields.rows : -1;
}

static int64_t column_ints(psn_csv_column *column, column_fields fields, int *rc,
                           persona_error *error)
{
    int64_t *out = (int64_t *)column->data.values + column->rows;
    const psn_csv_field *field = fields.first;
    for (int64_t row = 0; row < fields.rows; row++, field += fields.stride) {
        if (psn_csv_fast_int(field->start, field->span >> 2, out + row)) continue;
        int64_t bad = column_slow(column, fields, row, rc, error);
        if (bad != fields.rows) return bad;
    }
    return fields.rows;
}

static int64_t column_reals(psn_csv_column *column, column_fields fields, int *rc,
                            persona_error *error)
{
    double *out = (double *)column->data.values + column->rows;
    const psn_csv_field *field = fields.first;
    int64_t fractions = 0;
    char point = column->point;
    for (int64_t row = 0; row < fields.rows; row++, field += fields.stride) {
        if (psn_csv_fast_real(field->start, field->span >> 2, point, out + row,
                              &fractions))
            continue;
        int64_t bad = column_slow(column, fields, row, rc, error);
        if (bad != fields.rows) return bad;
        point = column->point;
    }
    if (fractions > 0) column->fraction = 1;
    return fields.rows;
}

static int64_t column_others(psn_csv_column *column, column_fields fields, int *rc,
                             persona_error *error)
{
    for (int64_t row = 0; row < fields.rows; row++) {
        int64_t bad = column_slow(column, fields, row, rc, error);
        if (bad != fields.rows) return bad;
    }
    return fields.rows;
}

/* ---- text */

static int column_scratch(psn_csv_column *column, size_t length, persona_error *error)
{
    if (length <= column->scratch_room) return PERSONA_OK;
    char *larger = psn_resize(column->scratch, length, 1);
    if (larger == NULL) return psn_fail_memory(error);
    column->scratch = larger;
    column->scratch_room = length;
    return PERSONA_OK;
}

/* From numbers of texts to the texts. */
static int column_spread(psn_csv_column *column, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_column *data = &column->data;
    const char *texts = psn_dict_bytes(column->dict);
    const int64_t *at = psn_dict_offsets(column->dict);
    int32_t *codes = data->codes;
    PSN_NEED(data->offsets = psn_alloc((size_t)data->room + 1, sizeof(int64_t)));
    data->codes = NULL;
    data->offsets[0] = 0;
    for (int64_t row = 0; row < column->rows; row++) {
        int64_t length = codes[row] < 0 ? 0 : at[codes[row] + 1] - at[codes[row]];
        int64_t end = data->offsets[row] + length;
        PSN_TRY(psn_column_reserve_bytes(data, end, error));
        if (length > 0)
            memcpy(data->bytes + data->offsets[row], texts + at[codes[row]],
                   (size_t)length);
        data->offsets[row + 1] = end;
        if (codes[row] >= 0) continue;
        PSN_TRY(psn_column_mark(data, data->room, error));
        data->valid[row] = 0;
    }
done:
    if (data->codes == NULL) psn_release(codes);
    psn_dict_free(column->dict);
    column->dict = NULL;
    return rc;
}

static int column_put_text(psn_csv_column *column, int64_t row, const char *text,
                           size_t length, persona_error *error)
{
    psn_column *data = &column->data;
    if (data->codes != NULL) {
        int64_t number = psn_dict_add(column->dict, text, length);
        if (number < 0) return psn_fail_memory(error);
        data->codes[row] = (int32_t)number;
        return PERSONA_OK;
    }
    int64_t start = data->offsets[row], end = start + (int64_t)length;
    int rc = psn_column_reserve_bytes(data, end, error);
    if (rc != PERSONA_OK) return rc;
    if (length > 0) memcpy(data->bytes + start, text, length);
    data->offsets[row + 1] = end;
    return PERSONA_OK;
}

static int column_put_field(psn_csv_column *column, int64_t row, psn_csv_field field,
                            persona_error *error)
{
    size_t length = field.span >> 2;
    int plain = (field.span & PSN_CSV_QUOTED) == 0;
    if (plain &&
        (length == 0 || (column->missing != NULL &&
                         psn_dict_find(column->missing, field.start, length) >= 0)))
        return column_put_missing(column, row, error);
    if ((field.span & PSN_CSV_DOUBLED) == 0)
        return column_put_text(column, row, field.start, length, error);
    int rc = column_scratch(column, length, error);
    if (rc != PERSONA_OK) return rc;
    length = psn_csv_unquote(field, column->scratch);
    return column_put_text(column, row, column->scratch, length, error);
}

static int column_texts(psn_csv_column *column, column_fields fields,
                        persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_csv_field *field = fields.first;
    for (int64_t row = 0; row < fields.rows; row++, field += fields.stride)
        PSN_TRY(column_put_field(column, column->rows + row, *field, error));
    column->rows += fields.rows;
    if (column->data.codes == NULL || column->rows < column->spread_at) goto done;
    int64_t levels = psn_dict_count(column->dict);
    if (levels > COLUMN_MOST_LEVELS || levels > column->rows / 4 * 3)
        rc = column_spread(column, error);
    column->spread_at = column->rows > INT64_MAX / 2 ? INT64_MAX : 2 * column->rows;
    if (levels > COLUMN_MOST_LEVELS / 2) column->spread_at = column->rows;
done:
    return rc;
}

/* ---- changes of type */

/* The whole column is to be read again as text. */
static void column_give_up(psn_csv_column *column)
{
    psn_column *data = &column->data;
    char *name = data->name;
    data->name = NULL;
    psn_column_release(data);
    data->name = name;
    data->type = PERSONA_TYPE_TEXT;
    column->stale = 1;
}

static int column_to_text(psn_csv_column *column, persona_error *error)
{
    int64_t rows = column->rows;
    column_give_up(column);
    if (rows > 0) return PERSONA_OK;
    column->stale = 0;
    return column_begin(column, PERSONA_TYPE_TEXT, error);
}

static void column_int_to_real(psn_csv_column *column)
{
    psn_column *data = &column->data;
    const int64_t *ints = data->values;
    double *reals = data->values;
    for (int64_t i = 0; i < column->rows; i++) {
        int missing = data->valid != NULL && !data->valid[i];
        double real = missing ? NAN : (double)ints[i];
        memcpy(reals + i, &real, sizeof real); /* in place */
    }
    psn_release(data->valid);
    data->valid = NULL;
    data->type = PERSONA_TYPE_REAL;
}

/* The first type that this value fits. */
static int32_t column_guess(psn_csv_column *column, psn_csv_field field)
{
    static const int32_t types[] = {PERSONA_TYPE_INT, PERSONA_TYPE_REAL,
                                    PERSONA_TYPE_BOOL, PERSONA_TYPE_TIME};
    int32_t found = PERSONA_TYPE_TEXT;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        column->data.type = types[i];
        if (column_general(column, field, 0, 0) != PSN_CSV_VALUE) continue;
        found = types[i];
        break;
    }
    column->data.type = 0;
    return found;
}

/* A type for a column that so far had only missing values: `rows` of them. */
static int column_choose(psn_csv_column *column, int32_t type, persona_error *error)
{
    int rc = PERSONA_OK;
    int64_t rows = column->rows;
    if (type == PERSONA_TYPE_TEXT && (column->words || column->quoted) && rows > 0) {
        column_give_up(column);
        return PERSONA_OK;
    }
    PSN_TRY(column_begin(column, type, error));
    column->rows = 0;
    PSN_TRY(column_room(column, rows, error));
    for (int64_t i = 0; i < rows; i++) PSN_TRY(column_put_missing(column, i, error));
    column->rows = rows;
done:
    return rc;
}

/* While only missing values were seen. Leaves the type 0 if this block has no others. */
static int column_first_sight(psn_csv_column *column, column_fields fields,
                              persona_error *error)
{
    int words = column->words, quoted = column->quoted;
    const psn_csv_field *field = fields.first;
    for (int64_t row = 0; row < fields.rows; row++, field += fields.stride) {
        const char *at = field->start;
        size_t length = field->span >> 2;
        psn_csv_trim(&at, &length);
        if (!psn_csv_is_missing(at, length, column->missing))
            return column_choose(column, column_guess(column, *field), error);
        words |= field->span >> 2 > 0;
        quoted |= (field->span & PSN_CSV_QUOTED) && length == 0;
    }
    column->words = words;
    column->quoted = quoted;
    column->rows += fields.rows;
    return PERSONA_OK;
}

/* Row `bad` of the block does not fit: the next type. */
static int column_widen(psn_csv_column *column, psn_csv_field field, persona_error *error)
{
    if (column->data.type == PERSONA_TYPE_INT) {
        column->data.type = PERSONA_TYPE_REAL;
        psn_csv_kind kind = column_general(column, field, 0, 0);
        column->data.type = PERSONA_TYPE_INT;
        if (kind == PSN_CSV_VALUE) {
            column_int_to_real(column);
            return PERSONA_OK;
        }
    }
    return column_to_text(column, error);
}

/* As the type it has now; returns as the loops do. */
static int64_t column_parse(psn_csv_column *column, column_fields fields, int *rc,
                            persona_error *error)
{
    *rc = column_room(column, fields.rows, error);
    if (*rc != PERSONA_OK) return -1;
    switch (column->data.type) {
    case PERSONA_TYPE_INT:
        return column_ints(column, fields, rc, error);
    case PERSONA_TYPE_REAL:
        return column_reals(column, fields, rc, error);
    default:
        return column_others(column, fields, rc, error);
    }
}

int psn_csv_column_take(psn_csv_column *column, const psn_csv_block *block, int *fits,
                        persona_error *error)
{
    int rc = PERSONA_OK;
    column_fields fields = column_of(column, block);
    *fits = 1;
    if (column->data.type == 0) PSN_TRY(column_first_sight(column, fields, error));
    while (column->data.type != 0 && !column->stale) {
        if (column->data.type == PERSONA_TYPE_TEXT) {
            PSN_TRY(column_room(column, fields.rows, error));
            return column_texts(column, fields, error);
        }
        int64_t bad = column_parse(column, fields, &rc, error);
        if (rc != PERSONA_OK) return rc;
        *fits = bad == fields.rows;
        if (*fits) column->rows += fields.rows;
        if (*fits || column->forced) return PERSONA_OK;
        PSN_TRY(column_widen(column, fields.first[bad * fields.stride], error));
    }
done:
    return rc;
}

int64_t psn_csv_column_check(psn_csv_column *column, const psn_csv_block *block,
                             int64_t from)
{
    column_fields fields = column_of(column, block);
    while (from < fields.rows &&
           column_general(column, fields.first[from * fields.stride], 0, 0) !=
               PSN_CSV_NOT)
        from++;
    return from;
}

int psn_csv_column_force(psn_csv_column *column, int32_t type, persona_error *error)
{
    column->forced = 1;
    return column_begin(column, type, error);
}

/* ---- the end */

/* Dates with slashes, now that all were seen. */
static int column_settle_dates(psn_csv_column *column, persona_error *error)
{
    int64_t *ms = column->data.values;
    if (column->dates == (PSN_MONTH_FIRST | PSN_DAY_FIRST)) {
        if (!column->forced) return column_to_text(column, error);
        return psn_fail(error, PERSONA_EDATA,
                        "column \"%.100s\": its dates can be read day first and month "
                        "first; option dates says which",
                        column->data.name);
    }
    for (int64_t i = 0; column->dates == PSN_DAY_FIRST && i < column->rows; i++)
        ms[i] = psn_swap_day_month(ms[i]);
    return PERSONA_OK;
}

int psn_csv_column_settle(psn_csv_column *column, persona_error *error)
{
    if (column->stale) return PERSONA_OK;
    if (column->data.type == PERSONA_TYPE_TIME) return column_settle_dates(column, error);
    if (column->forced) return PERSONA_OK;
    if (column->data.type == 0)
        return column_choose(
            column, column->quoted ? PERSONA_TYPE_TEXT : PERSONA_TYPE_REAL, error);
    if (column->data.type == PERSONA_TYPE_REAL && column->big && !column->fraction)
        return column_to_text(column, error);
    return PERSONA_OK;
}

int psn_csv_column_restart(psn_csv_column *column, persona_error *error)
{
    column->stale = 0;
    column->rows = 0;
    return column_begin(column, PERSONA_TYPE_TEXT, error);
}

/* The dictionary's texts as the column's levels. */
static int column_take_levels(psn_csv_column *column, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_column *data = &column->data;
    const int64_t *offsets = psn_dict_offsets(column->dict);
    int64_t levels = psn_dict_count(column->dict);
    PSN_NEED(data->bytes = psn_alloc((size_t)offsets[levels], 1));
    if (offsets[levels] > 0)
        memcpy(data->bytes, psn_dict_bytes(column->dict), (size_t)offsets[levels]);
    PSN_NEED(data->offsets =
                 psn_copy(offsets, ((size_t)levels + 1) * sizeof *data->offsets));
    data->levels = levels;
done:
    return rc;
}

static int column_shrink(void **block, int64_t count, size_t size, persona_error *error)
{
    if (*block == NULL) return PERSONA_OK;
    void *smaller = psn_resize(*block, (size_t)count, size);
    if (smaller == NULL) return psn_fail_memory(error);
    *block = smaller;
    return PERSONA_OK;
}

int psn_csv_column_finish(psn_csv_column *column, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_column *data = &column->data;
    int64_t rows = column->rows;
    if (column->dict != NULL) {
        int64_t levels = psn_dict_count(column->dict);
        if (levels > rows / 2 || levels > COLUMN_MOST_LEVELS)
            PSN_TRY(column_spread(column, error));
        else
            PSN_TRY(column_take_levels(column, error));
    }
    if (data->type == PERSONA_TYPE_TEXT && data->codes == NULL) {
        PSN_TRY(psn_column_reserve_bytes(data, data->offsets[rows], error));
        PSN_TRY(column_shrink((void **)&data->bytes, data->offsets[rows], 1, error));
        PSN_TRY(column_shrink((void **)&data->offsets, rows + 1, sizeof(int64_t), error));
        data->byte_room = data->offsets[rows];
    }
    PSN_TRY(column_shrink(&data->values, rows, psn_type_width(data->type), error));
    PSN_TRY(column_shrink((void **)&data->codes, rows, sizeof(int32_t), error));
    PSN_TRY(column_shrink((void **)&data->valid, rows, 1, error));
    data->room = rows;
done:
    return rc;
}
