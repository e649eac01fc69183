/* model.h: what every kind of model is made of: a reference count, a kind with its verbs,
 * the notes of its fit, chunks of later versions that are kept, and a free list of
 * queries. A kind embeds persona_model as its first member. */
#ifndef PSN_SHOP_MODEL_H
#define PSN_SHOP_MODEL_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include "base/options.h"
#include "base/os.h"
#include "base/text.h"
#include "persona/types.h"
#include "store/container.h"

typedef struct psn_kind {
    const char *name; /* "segmenter" */
    const char *tag;  /* "SEGM" */
    /* Builds the model from a decoded file and checks its meaning; *out has one
     * reference. */
    int (*decode)(persona_model **out, psn_reader *reader, persona_error *error);
    /* Adds the kind's chunks; notes and kept chunks are added by the caller. */
    int (*encode)(const persona_model *model, psn_writer *writer, persona_error *error);
    /* Appends JSON members of its own, each preceded by ",". */
    int (*describe)(const persona_model *model, psn_text *json, persona_error *error);
    int (*inputs)(persona_table **out, const persona_model *model, persona_error *error);
    /* PERSONA_EARG for an unknown part; "parts" lists them. */
    int (*part)(persona_table **out, const persona_model *model, const char *part,
                persona_error *error);
    int (*without_user)(persona_model **out, const persona_model *model, const char *user,
                        size_t length, persona_task *task, persona_error *error);
    /* Releases what the kind added, not the model itself. */
    void (*destroy)(persona_model *model);
    void (*query_clear)(persona_query *query);
    void (*query_destroy)(persona_query *query);
    int (*query_text)(persona_query *query, int64_t input, const char *text,
                      int64_t length, persona_error *error);
} psn_kind;

/* What the first word of a handle says; a freed one says something else, so that using it
 * is an error most of the time. */
enum {
    PSN_MODEL_MAGIC = 0x4C444F4D, /* "MODL" */
    PSN_QUERY_MAGIC = 0x59524551, /* "QERY" */
    PSN_IDLE_MAGIC = 0x454C4449,  /* "IDLE": a query in the free list */
    PSN_DEAD_MAGIC = 0x44414544   /* "DEAD" */
};
/* Queries that wait in the free list of one model. */
enum { PSN_MODEL_IDLE_QUERIES = 64 };

struct persona_model {
    uint32_t magic;
    atomic_int references;
    const psn_kind *kind;
    persona_table *notes; /* code, severity, count, message */
    psn_chunk *kept;      /* ancillary chunks of later versions */
    size_t kept_count;
    char digest[17];
    persona_query *idle; /* free list, under psn_os_lock */
    int32_t idle_count;
};

/* A kind's query embeds this first. */
struct persona_query {
    uint32_t magic;
    persona_model *model;
    persona_query *next;
};

/* A zeroed model of `size` bytes with one reference and an empty notes table. */
int psn_model_new(void **out, size_t size, const psn_kind *kind, persona_error *error);
persona_model *psn_model_ref(const persona_model *model);
void psn_model_free(persona_model *model);
/* Severity "info" or "warning"; count = how many rows, values ... it is about. */
int psn_model_note(persona_model *model, const char *code, const char *severity,
                   int64_t count, persona_error *error, const char *format, ...)
    __attribute__((format(printf, 6, 7)));
/* Call once when the model is complete: computes the digest. */
int psn_model_seal(persona_model *model, persona_error *error);
/* PERSONA_EARG for NULL or a freed handle, PERSONA_EKIND for another kind. */
int psn_model_check(const persona_model *model, const psn_kind *kind,
                    persona_error *error);
int psn_query_check(const persona_query *query, const psn_kind *kind,
                    persona_error *error);
/* The same as psn_model_check, and PERSONA_EARG for a dry run, which is not ready. */
int psn_model_ready(const persona_model *model, const psn_kind *kind, int ready,
                    persona_error *error);

int psn_model_encode(psn_text *out, const persona_model *model, persona_error *error);
int psn_model_decode(persona_model **out, const void *bytes, size_t size,
                     const persona_params *load, persona_error *error);
int psn_model_load(persona_model **out, const char *path, const persona_params *load,
                   persona_task *task, persona_error *error);
int psn_model_open(persona_model **out, const char *path, const persona_params *load,
                   persona_error *error);
/* Where a model was read: what tells whether the file is still the same. Two files that
 * differ anywhere differ in their first 64 bytes (by a checksum of checksums), even where
 * inode, size and a coarse clock agree. */
typedef struct psn_model_origin {
    psn_os_stamp stamp;
    uint8_t head[64];
} psn_model_origin;
int psn_model_read(persona_model **out, const char *path, const persona_params *load,
                   persona_task *task, psn_model_origin *origin, persona_error *error);
/* Lets go of every model that psn_model_open holds. For tests that count memory. */
void psn_model_close_all(void);
int psn_model_save(const persona_model *model, const char *path, persona_task *task,
                   persona_error *error);
int psn_model_describe(psn_text *out, const persona_model *model, persona_error *error);

/* A query of `size` bytes from the model's free list, or a new zeroed one; *reused tells
 * which. It holds a reference to the model. */
int psn_query_take(void **out, size_t size, persona_model *model, int *reused,
                   persona_error *error);
void psn_query_give(persona_query *query); /* back to the list, or freed with the model */
/* Instead of give, when preparing failed half way: never used again. */
void psn_query_discard(persona_query *query);

extern const psn_schema psn_model_load_schema; /* "model.load" */
/* All kinds of this build, ended by NULL: lib/api/kinds.c. */
extern const psn_kind *const psn_kinds[];

#endif
