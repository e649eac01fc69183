/* column.c: one column: its growth, its copies, its checks.
 *
 * Growth: arrays of rows share one `room`; when it is too small all of them grow to half
 * as much again, so that appending n rows one by one moves O(n) bytes. A failed growth
 * leaves a column as it was: what was resized before is only larger than `room` says. */
#include "data/column.h"

#include <math.h>
#include <string.h>

#include "base/dict.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/utf8.h"

size_t psn_type_width(int32_t type)
{
    switch (type) {
    case PERSONA_TYPE_INT:
    case PERSONA_TYPE_REAL:
    case PERSONA_TYPE_TIME:
        return 8;
    case PERSONA_TYPE_REAL32:
        return 4;
    case PERSONA_TYPE_BOOL:
        return 1;
    default:
        return 0;
    }
}

const char *psn_type_name(int32_t type)
{
    static const char *const names[] = {"?",    "int",  "real", "real32",
                                        "bool", "time", "text"};
    return type >= 1 && type <= 6 ? names[type] : "?";
}

int psn_name_shown(const char *name)
{
    enum { SHOWN = 80 };
    size_t length = strlen(name);
    return (int)(length <= SHOWN ? length : psn_utf8_cut(name, length, SHOWN));
}

int psn_name_check(const char *name, persona_error *error)
{
    if (name == NULL) return psn_fail(error, PERSONA_EARG, "name: is NULL");
    size_t length = strlen(name);
    if (length == 0) return psn_fail(error, PERSONA_EARG, "name: is empty");
    if (length > PSN_NAME_MAX)
        return psn_fail(error, PERSONA_EARG,
                        "name: has %zu bytes, at most %d are allowed", length,
                        PSN_NAME_MAX);
    if (psn_utf8_valid(name, length) != length)
        return psn_fail(error, PERSONA_EARG, "name: is not valid UTF-8");
    return PERSONA_OK;
}

void psn_column_release(psn_column *column)
{
    psn_release(column->name);
    psn_release(column->values);
    psn_release(column->valid);
    psn_release(column->codes);
    psn_release(column->bytes);
    psn_release(column->offsets);
    psn_dict_free(column->index);
    memset(column, 0, sizeof *column);
}

/* More room than asked for, without overflow. */
static int64_t column_larger(int64_t room, int64_t need)
{
    int64_t half = room / 2 + 16;
    int64_t larger = room > INT64_MAX - half ? INT64_MAX : room + half;
    return larger > need ? larger : need;
}

static int column_resize(void **block, int64_t count, size_t size, persona_error *error)
{
    void *larger = psn_resize(*block, (size_t)count, size);
    if (larger == NULL) return psn_fail_memory(error);
    *block = larger;
    return PERSONA_OK;
}

int psn_column_reserve(psn_column *column, int64_t rows, persona_error *error)
{
    int rc = PERSONA_OK;
    if (rows <= column->room) return PERSONA_OK;
    int64_t room = column->room == 0 ? rows : column_larger(column->room, rows);
    if (room > INT64_MAX / 16) return psn_fail_memory(error);
    if (column->type != PERSONA_TYPE_TEXT)
        PSN_TRY(
            column_resize(&column->values, room, psn_type_width(column->type), error));
    else if (column->codes != NULL)
        PSN_TRY(column_resize((void **)&column->codes, room, sizeof(int32_t), error));
    else
        PSN_TRY(
            column_resize((void **)&column->offsets, room + 1, sizeof(int64_t), error));
    if (column->valid != NULL)
        PSN_TRY(column_resize((void **)&column->valid, room, 1, error));
    column->room = room;
done:
    return rc;
}

int psn_column_reserve_bytes(psn_column *column, int64_t bytes, persona_error *error)
{
    if (column->bytes != NULL && bytes <= column->byte_room) return PERSONA_OK;
    int64_t room =
        column->byte_room == 0 ? bytes : column_larger(column->byte_room, bytes);
    int rc = column_resize((void **)&column->bytes, room, 1, error);
    if (rc == PERSONA_OK) column->byte_room = room;
    return rc;
}

int psn_column_mark(psn_column *column, int64_t rows, persona_error *error)
{
    if (column->valid != NULL) return PERSONA_OK;
    int64_t room = column->room > rows ? column->room : rows;
    column->valid = psn_alloc((size_t)room, 1);
    if (column->valid == NULL) return psn_fail_memory(error);
    memset(column->valid, 1, (size_t)room);
    return PERSONA_OK;
}

int psn_column_start(psn_column *out, const char *name, int32_t type, int codes,
                     persona_error *error)
{
    int rc = PERSONA_OK;
    memset(out, 0, sizeof *out);
    out->type = type;
    PSN_NEED(out->name = psn_copy_text(name, strlen(name)));
    if (type != PERSONA_TYPE_TEXT) {
        PSN_NEED(out->values = psn_alloc(0, 8));
        goto done;
    }
    if (codes) PSN_NEED(out->codes = psn_alloc(0, sizeof(int32_t)));
    PSN_NEED(out->bytes = psn_alloc(0, 1));
    PSN_NEED(out->offsets = psn_alloc_zero(1, sizeof(int64_t)));
done:
    if (rc != PERSONA_OK) psn_column_release(out);
    return rc;
}

/* ---- copies */

/* out[i] = from[pick[i]] for values of `size` bytes. */
static void *column_picked(const void *from, const int64_t *pick, int64_t rows,
                           size_t size)
{
    void *out = psn_alloc((size_t)rows, size);
    if (out == NULL || rows == 0) return out;
    if (pick == NULL) return memcpy(out, from, (size_t)rows * size);
    for (int64_t i = 0; i < rows; i++) switch (size) {
        case 1:
            ((uint8_t *)out)[i] = ((const uint8_t *)from)[pick[i]];
            break;
        case 4:
            ((uint32_t *)out)[i] = ((const uint32_t *)from)[pick[i]];
            break;
        default:
            ((uint64_t *)out)[i] = ((const uint64_t *)from)[pick[i]];
            break;
        }
    return out;
}

static int column_copy_levels(psn_column *out, const psn_column *from,
                              persona_error *error)
{
    int rc = PERSONA_OK;
    size_t total = (size_t)from->offsets[from->levels];
    size_t offsets = ((size_t)from->levels + 1) * sizeof(int64_t);
    out->levels = from->levels;
    out->level_room = from->levels;
    out->byte_room = (int64_t)total;
    PSN_NEED(out->bytes = psn_alloc(total, 1));
    if (total > 0) memcpy(out->bytes, from->bytes, total);
    PSN_NEED(out->offsets = psn_copy(from->offsets, offsets));
done:
    return rc;
}

static int column_copy_text(psn_column *out, const psn_column *from, const int64_t *pick,
                            int64_t rows, persona_error *error)
{
    int rc = PERSONA_OK;
    size_t total = 0;
    PSN_NEED(out->offsets = psn_alloc((size_t)rows + 1, sizeof(int64_t)));
    out->offsets[0] = 0;
    for (int64_t i = 0; i < rows; i++) {
        int64_t row = pick == NULL ? i : pick[i];
        size_t length = (size_t)(from->offsets[row + 1] - from->offsets[row]);
        if (!psn_size_add(total, length, &total) || total > INT64_MAX)
            PSN_FAIL(error, PERSONA_ELIMIT, "select: the texts are too large");
        out->offsets[i + 1] = (int64_t)total;
    }
    PSN_NEED(out->bytes = psn_alloc(total, 1));
    out->byte_room = (int64_t)total;
    for (int64_t i = 0; i < rows; i++) {
        int64_t row = pick == NULL ? i : pick[i];
        size_t length = (size_t)(out->offsets[i + 1] - out->offsets[i]);
        if (length > 0)
            memcpy(out->bytes + out->offsets[i], from->bytes + from->offsets[row],
                   length);
    }
done:
    return rc;
}

int psn_column_copy(psn_column *out, const psn_column *from, const int64_t *pick,
                    int64_t rows, persona_error *error)
{
    int rc = PERSONA_OK;
    memset(out, 0, sizeof *out);
    out->type = from->type;
    out->room = rows;
    PSN_NEED(out->name = psn_copy_text(from->name, strlen(from->name)));
    if (from->valid != NULL)
        PSN_NEED(out->valid = column_picked(from->valid, pick, rows, 1));
    if (from->type != PERSONA_TYPE_TEXT) {
        size_t width = psn_type_width(from->type);
        PSN_NEED(out->values = column_picked(from->values, pick, rows, width));
    } else if (from->codes != NULL) {
        PSN_NEED(out->codes = column_picked(from->codes, pick, rows, sizeof(int32_t)));
        PSN_TRY(column_copy_levels(out, from, error));
    } else {
        PSN_TRY(column_copy_text(out, from, pick, rows, error));
    }
done:
    if (rc != PERSONA_OK) psn_column_release(out);
    return rc;
}

/* ---- reading */

int psn_column_missing(const psn_column *column, int64_t row)
{
    if (column->codes != NULL) return column->codes[row] < 0;
    if (column->type == PERSONA_TYPE_REAL) return isnan(((double *)column->values)[row]);
    if (column->type == PERSONA_TYPE_REAL32) return isnan(((float *)column->values)[row]);
    return column->valid != NULL && !column->valid[row];
}

double psn_column_number(const psn_column *column, int64_t row)
{
    if (psn_column_missing(column, row)) return NAN;
    switch (column->type) {
    case PERSONA_TYPE_INT:
    case PERSONA_TYPE_TIME:
        return (double)((int64_t *)column->values)[row];
    case PERSONA_TYPE_REAL:
        return ((double *)column->values)[row];
    case PERSONA_TYPE_REAL32:
        return (double)((float *)column->values)[row];
    case PERSONA_TYPE_BOOL:
        return (double)((uint8_t *)column->values)[row];
    default:
        return NAN;
    }
}

void psn_column_text(const psn_column *column, int64_t row, const char **bytes,
                     int64_t *length)
{
    int64_t at = column->codes != NULL ? column->codes[row] : row;
    *bytes = NULL;
    *length = 0;
    if (column->type != PERSONA_TYPE_TEXT || psn_column_missing(column, row)) return;
    *bytes = column->bytes + column->offsets[at];
    *length = column->offsets[at + 1] - column->offsets[at];
}

void psn_column_key(const psn_column *column, int64_t row, char *scratch,
                    const char **bytes, size_t *length)
{
    if (column->type == PERSONA_TYPE_TEXT) {
        int64_t size;
        psn_column_text(column, row, bytes, &size);
        *length = (size_t)size;
        return;
    }
    *bytes = NULL;
    *length = 0;
    if (psn_column_missing(column, row)) return;
    if (column->type == PERSONA_TYPE_INT) {
        *bytes = scratch;
        *length = psn_print_int(scratch, ((int64_t *)column->values)[row]);
    } else {
        int yes = ((uint8_t *)column->values)[row];
        *bytes = yes ? "true" : "false";
        *length = yes ? 4 : 5;
    }
}

int psn_column_need_ids(const psn_column *column, persona_error *error)
{
    int32_t type = column->type;
    if (type == PERSONA_TYPE_INT || type == PERSONA_TYPE_BOOL ||
        type == PERSONA_TYPE_TEXT)
        return PERSONA_OK;
    return psn_fail(error, PERSONA_EDATA,
                    "column \"%.*s\": is %s; ids must be text or int",
                    psn_name_shown(column->name), column->name, psn_type_name(type));
}

/* ---- checks of texts */

int64_t psn_offsets_bad_row(const int64_t *offsets, int64_t rows)
{
    if (offsets[0] != 0) return 0;
    for (int64_t i = 0; i < rows; i++)
        if (offsets[i + 1] < offsets[i]) return i;
    return -1;
}

/* The row that holds byte `at`: the last one that begins at or before it and is not
 * empty. */
static int64_t text_row_of(const int64_t *offsets, int64_t rows, int64_t at)
{
    int64_t low = 0, high = rows;
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (offsets[middle] <= at)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* The whole block is checked at once, which is fast, and then that no row begins inside a
 * character: together that is the same as every row on its own. */
int64_t psn_text_bad_row(const char *bytes, const int64_t *offsets, int64_t rows)
{
    size_t total = (size_t)offsets[rows];
    size_t good = total == 0 ? 0 : psn_utf8_valid(bytes, total);
    int64_t bad = good == total ? rows : text_row_of(offsets, rows, (int64_t)good);
    for (int64_t i = 1; i <= bad && i < rows; i++) {
        int64_t at = offsets[i];
        if (at < (int64_t)total && ((unsigned char)bytes[at] & 0xC0) == 0x80)
            return i - 1;
    }
    return bad == rows ? -1 : bad;
}
