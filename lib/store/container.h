/* container.h: the model file: named chunks of bytes with checksums, compressed.
 * docs/model_file.md describes it byte by byte. */
#ifndef PSN_STORE_CONTAINER_H
#define PSN_STORE_CONTAINER_H

#include <stddef.h>
#include <stdint.h>
#include "base/text.h"
#include "persona/types.h"

/* A chunk's tag is four letters; an upper-case first letter makes it critical: a reader
 * that does not know it must refuse the file. Lower case: skipped, and kept on saving. */
typedef struct psn_chunk {
    char tag[5];
    uint8_t element; /* bytes of one element (1, 2, 4, 8): what shuffling works on */
    const void *data;
    size_t size;
} psn_chunk;

/* ---- writing: chunks are borrowed until finish */
typedef struct psn_writer psn_writer;
int psn_writer_new(psn_writer **out, const char *kind, persona_error *error);
void psn_writer_free(psn_writer *writer);
/* `kind` is the model's kind tag, four letters. The bytes must live until finish. */
int psn_writer_add(psn_writer *writer, const char *tag, int element, const void *data,
                   size_t size, persona_error *error);
/* The same, taking over the bytes of `text`. */
int psn_writer_add_text(psn_writer *writer, const char *tag, psn_text *text,
                        persona_error *error);
int psn_writer_has(const psn_writer *writer, const char *tag);
/* Appends the file to `out`. */
int psn_writer_finish(psn_writer *writer, psn_text *out, persona_error *error);
/* The digest of what the file will hold: 64 bits over kind and the decoded critical
 * chunks (tag, size, bytes) in order. */
uint64_t psn_writer_digest(const psn_writer *writer);

/* ---- reading: everything is checked before memory is taken, and decoded at once */
typedef struct psn_reader psn_reader;
typedef struct psn_read_limits {
    int64_t max_bytes; /* sum of all decoded chunks */
} psn_read_limits;
int psn_reader_open(psn_reader **out, const void *bytes, size_t size,
                    const psn_read_limits *limits, persona_error *error);
void psn_reader_free(psn_reader *reader);
const char *psn_reader_kind(const psn_reader *reader); /* four letters */
size_t psn_reader_count(const psn_reader *reader);
const psn_chunk *psn_reader_chunk(const psn_reader *reader, size_t i);
/* NULL if absent. Marks the chunk as known. */
const psn_chunk *psn_reader_find(psn_reader *reader, const char *tag);
/* 1 when chunk i was asked for. */
int psn_reader_known(const psn_reader *reader, size_t i);
/* The same as find, PERSONA_EFORMAT if absent or if its size is not count x size. */
int psn_reader_array(psn_reader *reader, const char *tag, size_t count, size_t size,
                     const void **out, persona_error *error);
/* After a kind has found all it knows: PERSONA_EVERSION if a critical chunk is left. */
int psn_reader_finish(const psn_reader *reader, persona_error *error);
uint64_t psn_reader_digest(const psn_reader *reader);

#endif
