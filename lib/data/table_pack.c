/* table_pack.c: a table as one block of bytes and back: how tables lie in a model file.
 *
 * Little-endian, no padding:
 *   "PTB1", u32 columns, u64 rows, u64 skipped; then each column:
 *   u8 type, u8 form, u16 name bytes, name; then by form
 *   bit 0 set: validity, one bit a row (bit i % 8 of byte i / 8);
 *   numbers: the values;
 *   plain text (bit 1 clear): u64 bytes, rows + 1 offsets, bytes;
 *   dictionary (bit 1 set): u32 levels, u64 bytes, levels + 1 offsets, bytes, and for
 * each row code + 1 in 1, 2 or 4 bytes, the fewest that hold the number of levels.
 * Offsets have 4 bytes when the texts have less than 4 GiB, else 8.
 *
 * Reading believes nothing: each count is compared with the bytes that are left before
 * memory is taken for it (a row has at least a byte in some column, so that memory stays
 * a small multiple of the input), and then the values are checked as adding a column
 * does. */
#include <math.h>
#include <string.h>

#include "base/dict.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "data/column.h"

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "tables and model files are little-endian; this machine would need byte swaps here"
#endif

enum { PACK_VALID = 1, PACK_CODES = 2 };
static const char pack_magic[4] = {'P', 'T', 'B', '1'};

/* Bytes of one code + 1, 0 .. levels. */
static size_t pack_code_width(int64_t levels)
{
    return levels <= 0xFF ? 1 : levels <= 0xFFFF ? 2 : 4;
}

static size_t pack_offset_width(uint64_t total)
{
    return total <= UINT32_MAX ? 4 : 8;
}

/* ---- writing */

static void pack_put(psn_text *out, uint64_t value, size_t width)
{
    char bytes[8];
    memcpy(bytes, &value, 8);
    psn_text_append(out, bytes, width);
}

static void pack_put_valid(psn_text *out, const uint8_t *valid, int64_t rows)
{
    for (int64_t i = 0; i < rows; i += 8) {
        unsigned bits = 0;
        for (int64_t k = 0; k < 8 && i + k < rows; k++)
            bits |= (unsigned)(valid[i + k] != 0) << k;
        pack_put(out, bits, 1);
    }
}

static void pack_put_texts(psn_text *out, const psn_column *column, int64_t count)
{
    uint64_t total = (uint64_t)column->offsets[count];
    size_t width = pack_offset_width(total);
    pack_put(out, total, 8);
    if (width == 8)
        psn_text_append(out, (const char *)column->offsets, ((size_t)count + 1) * 8);
    else
        for (int64_t i = 0; i <= count; i++)
            pack_put(out, (uint64_t)column->offsets[i], 4);
    psn_text_append(out, column->bytes, (size_t)total);
}

static void pack_put_column(psn_text *out, const psn_column *column, int64_t rows)
{
    size_t name = strlen(column->name);
    int form = (column->valid != NULL ? PACK_VALID : 0) |
               (column->codes != NULL ? PACK_CODES : 0);
    pack_put(out, (uint64_t)column->type, 1);
    pack_put(out, (uint64_t)form, 1);
    pack_put(out, name, 2);
    psn_text_append(out, column->name, name);
    if (column->valid != NULL) pack_put_valid(out, column->valid, rows);
    if (column->type != PERSONA_TYPE_TEXT) {
        psn_text_append(out, column->values, (size_t)rows * psn_type_width(column->type));
    } else if (column->codes == NULL) {
        pack_put_texts(out, column, rows);
    } else {
        size_t width = pack_code_width(column->levels);
        pack_put(out, (uint64_t)column->levels, 4);
        pack_put_texts(out, column, column->levels);
        for (int64_t i = 0; i < rows; i++)
            pack_put(out, (uint64_t)((int64_t)column->codes[i] + 1), width);
    }
}

int psn_table_pack(struct psn_text *out, const persona_table *table, persona_error *error)
{
    if (table == NULL) return psn_fail(error, PERSONA_EARG, "table: is NULL");
    psn_text_append(out, pack_magic, sizeof pack_magic);
    pack_put(out, (uint64_t)table->count, 4);
    pack_put(out, (uint64_t)table->rows, 8);
    pack_put(out, (uint64_t)table->skipped, 8);
    for (int64_t c = 0; c < table->count; c++)
        pack_put_column(out, &table->columns[c], table->rows);
    return out->failed ? psn_fail_memory(error) : PERSONA_OK;
}

/* ---- reading */

typedef struct pack_source {
    const unsigned char *bytes;
    size_t size, at;
    persona_error *error;
} pack_source;

static int pack_bad(const pack_source *source, const char *what)
{
    return psn_fail_at(source->error, PERSONA_EFORMAT, (int64_t)source->at,
                       "table in the file: %s (byte %zu)", what, source->at);
}

/* The next count x size bytes, or an error: the one place where the input is walked. */
static int pack_take(pack_source *source, const unsigned char **out, uint64_t count,
                     size_t size)
{
    uint64_t left = source->size - source->at;
    *out = source->bytes + source->at;
    if (count > left / size) return pack_bad(source, "is cut short");
    source->at += (size_t)count * size;
    return PERSONA_OK;
}

static int pack_get(pack_source *source, uint64_t *out, size_t width)
{
    const unsigned char *bytes;
    int rc = pack_take(source, &bytes, 1, width);
    *out = 0;
    if (rc == PERSONA_OK) memcpy(out, bytes, width);
    return rc;
}

static int pack_get_valid(pack_source *source, psn_column *column, int64_t rows)
{
    persona_error *error = source->error;
    const unsigned char *bits;
    int rc = PERSONA_OK;
    PSN_TRY(pack_take(source, &bits, ((uint64_t)rows + 7) / 8, 1));
    PSN_NEED(column->valid = psn_alloc((size_t)rows, 1));
    for (int64_t i = 0; i < rows; i++) column->valid[i] = bits[i / 8] >> (i % 8) & 1;
done:
    return rc;
}

/* A missing value must be 0: one content has one form. */
static int pack_check_values(pack_source *source, const psn_column *column, int64_t rows)
{
    const uint8_t *bools = column->values;
    const int64_t *ints = column->values;
    int wide = psn_type_width(column->type) == 8;
    if (column->type == PERSONA_TYPE_BOOL)
        for (int64_t i = 0; i < rows; i++)
            if (bools[i] > 1) return pack_bad(source, "a bool is neither 0 nor 1");
    for (int64_t i = 0; column->valid != NULL && i < rows; i++)
        if (!column->valid[i] && (wide ? ints[i] != 0 : bools[i] != 0))
            return pack_bad(source, "a missing value is not 0");
    return PERSONA_OK;
}

static int pack_get_values(pack_source *source, psn_column *column, int64_t rows)
{
    persona_error *error = source->error;
    const unsigned char *bytes;
    size_t width = psn_type_width(column->type);
    int rc = PERSONA_OK;
    PSN_TRY(pack_take(source, &bytes, (uint64_t)rows, width));
    PSN_NEED(column->values = psn_alloc((size_t)rows, width));
    if (rows > 0) memcpy(column->values, bytes, (size_t)rows * width);
    rc = pack_check_values(source, column, rows);
done:
    return rc;
}

static int pack_get_texts(pack_source *source, psn_column *column, int64_t count)
{
    persona_error *error = source->error;
    const unsigned char *offsets, *bytes;
    uint64_t total;
    int rc = PERSONA_OK;
    PSN_TRY(pack_get(source, &total, 8));
    size_t width = pack_offset_width(total);
    PSN_TRY(pack_take(source, &offsets, (uint64_t)count + 1, width));
    PSN_TRY(pack_take(source, &bytes, total, 1));
    PSN_NEED(column->offsets = psn_alloc_zero((size_t)count + 1, sizeof(int64_t)));
    for (int64_t i = 0; i <= count; i++)
        memcpy(&column->offsets[i], offsets + (size_t)i * width, width);
    if (column->offsets[count] != (int64_t)total ||
        psn_offsets_bad_row(column->offsets, count) >= 0)
        PSN_TRY(pack_bad(source, "text offsets are out of order"));
    if (psn_text_bad_row((const char *)bytes, column->offsets, count) >= 0)
        PSN_TRY(pack_bad(source, "a text is not valid UTF-8"));
    PSN_NEED(column->bytes = psn_alloc((size_t)total, 1));
    if (total > 0) memcpy(column->bytes, bytes, (size_t)total);
done:
    return rc;
}

static int pack_check_levels(pack_source *source, const psn_column *column)
{
    persona_error *error = source->error;
    int rc = PERSONA_OK;
    psn_dict *seen = psn_dict_new();
    PSN_NEED(seen);
    for (int64_t i = 0; i < column->levels; i++) {
        size_t length = (size_t)(column->offsets[i + 1] - column->offsets[i]);
        int64_t number = psn_dict_add(seen, column->bytes + column->offsets[i], length);
        if (number < 0) PSN_TRY(psn_fail_memory(error));
        if (number != i) PSN_TRY(pack_bad(source, "a dictionary has a level twice"));
    }
done:
    psn_dict_free(seen);
    return rc;
}

static int pack_get_codes(pack_source *source, psn_column *column, int64_t rows)
{
    persona_error *error = source->error;
    const unsigned char *bytes;
    uint64_t levels;
    int rc = PERSONA_OK;
    PSN_TRY(pack_get(source, &levels, 4));
    if (levels > INT32_MAX) PSN_TRY(pack_bad(source, "a dictionary is too large"));
    column->levels = (int64_t)levels;
    PSN_TRY(pack_get_texts(source, column, column->levels));
    PSN_TRY(pack_check_levels(source, column));
    size_t width = pack_code_width(column->levels);
    PSN_TRY(pack_take(source, &bytes, (uint64_t)rows, width));
    PSN_NEED(column->codes = psn_alloc((size_t)rows, sizeof(int32_t)));
    for (int64_t i = 0; i < rows; i++) {
        uint32_t code = 0;
        memcpy(&code, bytes + (size_t)i * width, width);
        if (code > levels) PSN_TRY(pack_bad(source, "a code is above the dictionary"));
        column->codes[i] = (int32_t)((int64_t)code - 1);
    }
done:
    return rc;
}

/* The first four bytes of a column and its name. */
static int pack_get_head(pack_source *source, psn_column *column, int *form)
{
    persona_error *error = source->error;
    const unsigned char *name;
    uint64_t type, bits, length;
    int rc = PERSONA_OK;
    PSN_TRY(pack_get(source, &type, 1));
    PSN_TRY(pack_get(source, &bits, 1));
    PSN_TRY(pack_get(source, &length, 2));
    PSN_TRY(pack_take(source, &name, length, 1));
    int text = type == PERSONA_TYPE_TEXT;
    int real = type == PERSONA_TYPE_REAL || type == PERSONA_TYPE_REAL32;
    uint64_t allowed = text ? PACK_VALID | PACK_CODES : real ? 0 : PACK_VALID;
    if (type < PERSONA_TYPE_INT || type > PERSONA_TYPE_TEXT || (bits & ~allowed) != 0 ||
        bits == (PACK_VALID | PACK_CODES))
        PSN_TRY(pack_bad(source, "a column is of an unknown type or form"));
    PSN_NEED(column->name = psn_copy_text((const char *)name, (size_t)length));
    if (memchr(name, 0, (size_t)length) != NULL ||
        psn_name_check(column->name, NULL) != PERSONA_OK)
        PSN_TRY(pack_bad(source, "a column has no proper name"));
    column->type = (int32_t)type;
    *form = (int)bits;
done:
    return rc;
}

static int pack_get_column(pack_source *source, psn_column *column, int64_t rows)
{
    int rc = PERSONA_OK, form = 0;
    PSN_TRY(pack_get_head(source, column, &form));
    if (form & PACK_VALID) PSN_TRY(pack_get_valid(source, column, rows));
    if (column->type != PERSONA_TYPE_TEXT)
        rc = pack_get_values(source, column, rows);
    else if (form & PACK_CODES)
        rc = pack_get_codes(source, column, rows);
    else
        rc = pack_get_texts(source, column, rows);
done:
    return rc;
}

static int pack_get_table(pack_source *source, persona_table *table)
{
    persona_error *error = source->error;
    const unsigned char *magic;
    uint64_t count, rows, skipped;
    int rc = PERSONA_OK;
    psn_column column = {0};
    psn_dict *names = psn_dict_new();
    PSN_NEED(names);
    PSN_TRY(pack_take(source, &magic, sizeof pack_magic, 1));
    if (memcmp(magic, pack_magic, sizeof pack_magic) != 0)
        PSN_TRY(pack_bad(source, "does not begin as a table"));
    PSN_TRY(pack_get(source, &count, 4));
    PSN_TRY(pack_get(source, &rows, 8));
    PSN_TRY(pack_get(source, &skipped, 8));
    if (rows > source->size || skipped > INT64_MAX || count > PSN_COLUMNS_MAX ||
        (count == 0 && rows > 0))
        PSN_TRY(pack_bad(source, "has impossible sizes"));
    for (uint64_t c = 0; c < count; c++) {
        PSN_TRY(pack_get_column(source, &column, (int64_t)rows));
        int64_t number = psn_dict_add(names, column.name, strlen(column.name));
        if (number < 0) PSN_TRY(psn_fail_memory(error));
        if (number != (int64_t)c) PSN_TRY(pack_bad(source, "has a column twice"));
        PSN_TRY(psn_table_push(table, &column, (int64_t)rows, error));
    }
    table->skipped = (int64_t)skipped;
    if (source->at != source->size) rc = pack_bad(source, "is followed by more bytes");
done:
    psn_column_release(&column);
    psn_dict_free(names);
    return rc;
}

int psn_table_unpack(persona_table **out, const void *bytes, size_t size,
                     persona_error *error)
{
    pack_source source = {.bytes = bytes, .size = size, .error = error};
    *out = NULL;
    if (bytes == NULL && size > 0) return psn_fail(error, PERSONA_EARG, "bytes: is NULL");
    int rc = psn_table_new(out, error);
    if (rc == PERSONA_OK) rc = pack_get_table(&source, *out);
    if (rc != PERSONA_OK) {
        psn_table_free(*out);
        *out = NULL;
    }
    return rc;
}
