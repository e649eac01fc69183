/* mutate_model.h: changes model files where it matters. A blind change dies at the first
 * checksum; this one takes the container apart, changes the decoded bytes of a chunk, or
 * the chunks themselves, and writes a container that is right again. Now and then it
 * changes the raw header and table and only repairs their checksums. */
#ifndef TESTS_FUZZ_MUTATE_MODEL_H
#define TESTS_FUZZ_MUTATE_MODEL_H

#include <math.h>
#include "../support/model_bytes.h"
#include "base/dict.h"
#include "base/memory.h"
#include "base/text.h"
#include "data/column.h"
#include "data/table.h"
#include "mutate_dice.h"
#include "store/container.h"

size_t LLVMFuzzerCustomCrossOver(const uint8_t *first, size_t first_size,
                                 const uint8_t *second, size_t second_size, uint8_t *out,
                                 size_t max_size, unsigned seed);

enum { MUTATE_CHUNKS = 128, MUTATE_SLACK = 64 };

typedef struct mutate_chunk {
    char tag[5];
    uint8_t element;
    size_t size, room;
    uint8_t *bytes;
} mutate_chunk;

typedef struct mutate_file {
    char kind[5];
    size_t count;
    mutate_chunk chunk[MUTATE_CHUNKS];
} mutate_file;

static inline int mutate_open(mutate_file *file, const uint8_t *data, size_t size)
{
    const psn_read_limits limits = {4 << 20};
    psn_reader *reader = NULL;
    memset(file, 0, sizeof *file);
    if (psn_reader_open(&reader, data, size, &limits, NULL) != PERSONA_OK) return 0;
    memcpy(file->kind, psn_reader_kind(reader), 5);
    for (size_t i = 0; i < psn_reader_count(reader) && i < MUTATE_CHUNKS; i++) {
        const psn_chunk *from = psn_reader_chunk(reader, i);
        mutate_chunk *to = &file->chunk[file->count++];
        memcpy(to->tag, from->tag, sizeof to->tag);
        to->element = from->element;
        to->size = from->size;
        to->room = from->size + MUTATE_SLACK;
        to->bytes = calloc(1, to->room);
        memcpy(to->bytes, from->data, from->size);
    }
    psn_reader_free(reader);
    return 1;
}

static inline void mutate_close(mutate_file *file)
{
    for (size_t i = 0; i < file->count; i++) free(file->chunk[i].bytes);
}

/* 0 when it does not fit; chunks that the writer refuses are left out. */
static inline size_t mutate_write(const mutate_file *file, uint8_t *out, size_t max_size)
{
    psn_writer *writer = NULL;
    psn_text text = {0};
    size_t size = 0;
    if (psn_writer_new(&writer, file->kind, NULL) != PERSONA_OK) return 0;
    for (size_t i = 0; i < file->count; i++)
        psn_writer_add(writer, file->chunk[i].tag, file->chunk[i].element,
                       file->chunk[i].bytes, file->chunk[i].size, NULL);
    if (psn_writer_finish(writer, &text, NULL) == PERSONA_OK && text.length <= max_size) {
        size = text.length;
        memcpy(out, text.bytes, size);
    }
    psn_text_free(&text);
    psn_writer_free(writer);
    return size;
}

/* One element becomes a value that likes to break things. */
static inline void mutate_element(mutate_chunk *chunk, mutate_dice *dice)
{
    static const double reals[] = {0,     -0.0,   1,      -1,       NAN,
                                   1e300, -1e300, 1e-320, INFINITY, -INFINITY};
    static const int64_t ints[] = {0,          1,         -1,        2,         127,
                                   255,        256,       65535,     INT32_MAX, INT32_MIN,
                                   UINT32_MAX, INT64_MAX, INT64_MIN, 1 << 20,   64};
    const size_t element =
        mutate_roll(dice, 4) == 0 ? 1u << mutate_roll(dice, 4) : chunk->element;
    if (chunk->size < element) return;
    const size_t at = mutate_roll(dice, (uint32_t)(chunk->size / element)) * element;
    int64_t value = ints[mutate_roll(dice, sizeof ints / sizeof ints[0])];
    if (element == 8 && mutate_roll(dice, 2) == 0)
        memcpy(&value, &reals[mutate_roll(dice, sizeof reals / sizeof reals[0])], 8);
    if (mutate_roll(dice, 4) == 0) { /* near to what it was */
        memcpy(&value, chunk->bytes + at, element);
        value = (int64_t)((uint64_t)value + mutate_roll(dice, 3) - 1);
    }
    memcpy(chunk->bytes + at, &value, element);
}

/* ---- chunks that are packed tables, changed as tables */

/* A plain text becomes a dictionary and its codes. */
static inline void mutate_codes(persona_table *table, psn_column *column)
{
    psn_dict *dict = NULL;
    int32_t *codes = psn_alloc((size_t)table->rows, sizeof *codes);
    if (psn_table_encode(table, column - table->columns, codes, &dict, NULL) != 0) {
        psn_release(codes);
        return;
    }
    const size_t levels = (size_t)psn_dict_count(dict);
    const int64_t *offsets = psn_dict_offsets(dict);
    psn_release(column->bytes);
    psn_release(column->offsets);
    psn_release(column->valid);
    column->bytes = psn_copy(psn_dict_bytes(dict), (size_t)offsets[levels]);
    column->offsets = psn_copy(offsets, (levels + 1) * sizeof *offsets);
    column->valid = NULL;
    column->codes = codes;
    column->levels = (int64_t)levels;
    psn_dict_free(dict);
}

/* One value of a column that is no real goes missing. */
static inline void mutate_missing(const persona_table *table, psn_column *column,
                                  mutate_dice *dice)
{
    const size_t row = mutate_roll(dice, (uint32_t)table->rows);
    if (column->codes != NULL) {
        column->codes[row] = -1;
    } else if (column->type != PERSONA_TYPE_REAL && column->type != PERSONA_TYPE_REAL32) {
        if (column->valid == NULL) {
            column->valid = psn_alloc((size_t)table->rows, 1);
            memset(column->valid, 1, (size_t)table->rows);
        }
        column->valid[row] = 0;
        if (column->type == PERSONA_TYPE_INT || column->type == PERSONA_TYPE_TIME)
            ((int64_t *)column->values)[row] = 0;
    }
}

/* Fewer rows, more, or the same in another order. */
static inline persona_table *mutate_rows(const persona_table *table, mutate_dice *dice)
{
    int64_t rows[256];
    persona_table *out = NULL;
    int64_t count = mutate_roll(dice, (uint32_t)table->rows + 3);
    if (mutate_roll(dice, 2) == 0) count = table->rows;
    if (count > 256) count = 256;
    for (int64_t i = 0; i < count; i++)
        rows[i] = mutate_roll(dice, 2) ? i % table->rows
                                       : mutate_roll(dice, (uint32_t)table->rows);
    return psn_table_select(&out, table, rows, count, NULL) == 0 ? out : NULL;
}

static inline void mutate_column(persona_table *table, mutate_dice *dice)
{
    psn_column *column = &table->columns[mutate_roll(dice, (uint32_t)table->count)];
    const uint32_t way = mutate_roll(dice, 4);
    if (way == 0 && column->type == PERSONA_TYPE_TEXT && column->codes == NULL) {
        mutate_codes(table, column);
    } else if (way == 1) {
        mutate_missing(table, column, dice);
    } else if (way == 2) {
        psn_column_release(column);
        *column = table->columns[--table->count];
        memset(&table->columns[table->count], 0, sizeof *column);
    } else {
        column->name[0] ^= (char)mutate_roll(dice, 4);
    }
}

static inline void mutate_table(mutate_chunk *chunk, mutate_dice *dice)
{
    psn_text packed = {0};
    persona_table *table = NULL, *other = NULL;
    if (psn_table_unpack(&table, chunk->bytes, chunk->size, NULL) != 0) return;
    if (table->rows > 0 && table->count > 0) {
        if (mutate_roll(dice, 2) == 0) {
            other = mutate_rows(table, dice);
        } else {
            mutate_column(table, dice);
        }
    }
    if (psn_table_pack(&packed, other != NULL ? other : table, NULL) == 0) {
        free(chunk->bytes);
        chunk->size = packed.length;
        chunk->room = packed.length + MUTATE_SLACK;
        chunk->bytes = calloc(1, chunk->room);
        memcpy(chunk->bytes, packed.bytes, packed.length);
    }
    psn_text_free(&packed);
    psn_table_free(other);
    psn_table_free(table);
}

static inline void mutate_contents(mutate_file *file, mutate_dice *dice)
{
    mutate_chunk *chunk = &file->chunk[mutate_roll(dice, (uint32_t)file->count)];
    const uint32_t way = mutate_roll(dice, 8);
    if (mutate_roll(dice, 3) == 0) {
        mutate_table(chunk, dice);
    } else if (way < 4) {
        mutate_element(chunk, dice);
    } else if (way < 6 && chunk->size > 0) { /* same size */
        LLVMFuzzerMutate(chunk->bytes, chunk->size, chunk->size);
    } else {
        chunk->size = LLVMFuzzerMutate(chunk->bytes, chunk->size, chunk->room);
    }
}

/* Drops, renames, exchanges or regroups chunks. */
static inline void mutate_chunks(mutate_file *file, mutate_dice *dice)
{
    mutate_chunk *one = &file->chunk[mutate_roll(dice, (uint32_t)file->count)];
    mutate_chunk *two = &file->chunk[mutate_roll(dice, (uint32_t)file->count)];
    const mutate_chunk was = *one;
    switch (mutate_roll(dice, 5)) {
    case 0:
        free(one->bytes);
        *one = file->chunk[--file->count];
        break;
    case 1:
        one->tag[mutate_roll(dice, 4)] ^= 0x20;
        break;
    case 2:
        one->element = (uint8_t)(1u << mutate_roll(dice, 4));
        break;
    case 3: /* the contents of one under the name of another */
        memcpy(one->tag, two->tag, sizeof one->tag);
        memcpy(two->tag, was.tag, sizeof two->tag);
        break;
    default: /* their order */
        *one = *two;
        *two = was;
    }
}

/* Header, table or stored bytes as they lie, under checksums that are right again. */
static inline size_t mutate_raw(uint8_t *data, size_t size, size_t max_size,
                                mutate_dice *dice)
{
    const size_t head =
        PSN_LAYOUT_HEADER + model_bytes_count(data, size) * PSN_LAYOUT_ENTRY;
    if (size < PSN_LAYOUT_HEADER || mutate_roll(dice, 4) == 0) {
        size = LLVMFuzzerMutate(data, size, max_size);
    } else if (mutate_roll(dice, 2) == 0) {
        data[8 + mutate_roll(dice, (uint32_t)head - 8)] ^=
            (uint8_t)(1u << mutate_roll(dice, 8));
    } else {
        LLVMFuzzerMutate(data + 8, head - 8, head - 8);
    }
    if (size >= PSN_LAYOUT_HEADER && mutate_roll(dice, 2) == 0)
        psn_layout_put_u64(data + PSN_HEADER_SIZE, size);
    if (mutate_roll(dice, 8) != 0) model_bytes_repair(data, size);
    return size;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    mutate_file file;
    mutate_dice dice = {seed};
    size_t written = 0;
    if (mutate_roll(&dice, 8) != 0 && mutate_open(&file, data, size)) {
        for (uint32_t n = 1 + mutate_roll(&dice, 3); n > 0 && file.count > 0; n--) {
            if (mutate_roll(&dice, 8) == 0) {
                mutate_chunks(&file, &dice);
            } else {
                mutate_contents(&file, &dice);
            }
        }
        written = mutate_write(&file, data, max_size);
        mutate_close(&file);
    }
    return written > 0 ? written : mutate_raw(data, size, max_size, &dice);
}

/* Some chunks of the second in place of those of the same name in the first. */
size_t LLVMFuzzerCustomCrossOver(const uint8_t *first, size_t first_size,
                                 const uint8_t *second, size_t second_size, uint8_t *out,
                                 size_t max_size, unsigned seed)
{
    mutate_file one, two;
    mutate_dice dice = {seed};
    size_t written = 0;
    const int opened_one = mutate_open(&one, first, first_size);
    const int opened_two = mutate_open(&two, second, second_size);
    for (size_t i = 0; opened_one && opened_two && i < one.count; i++) {
        for (size_t j = 0; j < two.count; j++) {
            if (memcmp(one.chunk[i].tag, two.chunk[j].tag, 4) != 0) continue;
            if (mutate_roll(&dice, 2) == 0) break;
            const mutate_chunk was = one.chunk[i];
            one.chunk[i] = two.chunk[j];
            two.chunk[j] = was;
            break;
        }
    }
    if (opened_one && opened_two) written = mutate_write(&one, out, max_size);
    if (opened_one) mutate_close(&one);
    if (opened_two) mutate_close(&two);
    if (written > 0) return written;
    written = first_size < max_size ? first_size : max_size;
    memcpy(out, first, written);
    return written;
}

#endif
