/* model.h: the life cycle that all kinds of models share, and what prepared queries
 * share.
 *
 * A fitted model is immutable and reference counted: share it between threads freely.
 * persona_segmenter_model() shows a typed handle as a persona_model, without a new
 * reference; persona_model_segmenter() goes back. Free the object once for each fit,
 * load, open or ref, through either view. */
#ifndef PERSONA_MODEL_H
#define PERSONA_MODEL_H

#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Reads a model file. Options: schema "model.load" (max_bytes ...). Every size is checked
 * against the file and the limit before memory is taken. PERSONA_EFORMAT: not a model
 * file, or altered; PERSONA_EVERSION: made by a later version; PERSONA_ELIMIT. WARM */
PERSONA_API int persona_model_load(persona_model **out, const char *path,
                                   const persona_params *load, persona_task *task,
                                   persona_error *error);
/* The process's one copy of that file, read again when the file was replaced (another
 * device, inode, time or size). An old copy lives until its last query is freed. One
 * mutex, held for nanoseconds; loading happens outside it. `load` counts when the file is
 * read. WARM [shared] */
PERSONA_API int persona_model_open(persona_model **out, const char *path,
                                   const persona_params *load, persona_error *error);
PERSONA_API int persona_model_from_bytes(persona_model **out, const void *bytes,
                                         int64_t size, const persona_params *load,
                                         persona_error *error);
/* Writes a temporary file beside `path`, syncs it and renames it: after a crash there is
 * the old file or the new one, never another. */
PERSONA_API int persona_model_save(const persona_model *model, const char *path,
                                   persona_task *task, persona_error *error);
PERSONA_API int persona_model_to_bytes(persona_buffer **out, const persona_model *model,
                                       persona_error *error);

/* What the model is, as JSON: kind, digest, resolved options, data counts, metrics. */
PERSONA_API int persona_model_describe(persona_buffer **out, const persona_model *model,
                                       persona_error *error);
/* Remarks of the fit: code, severity (info, warning), count, message. */
PERSONA_API int persona_model_notes(persona_table **out, const persona_model *model,
                                    persona_error *error);
/* What a query takes, in this order: input, name, type (number, text, time), unit, role.
 */
PERSONA_API int persona_model_inputs(persona_table **out, const persona_model *model,
                                     persona_error *error);
/* An inside as a table, such as "centers"; "parts" lists the names. */
PERSONA_API int persona_model_part(persona_table **out, const persona_model *model,
                                   const char *part, persona_error *error);
/* A new model without the row, the history and the example of this user. Aggregates keep
 * their influence where describe says so. PERSONA_EDATA: the model knows no such user. */
PERSONA_API int persona_model_without_user(persona_model **out,
                                           const persona_model *model, const char *user,
                                           int64_t length, persona_task *task,
                                           persona_error *error);
/* A hash over the decoded critical chunks, 16 hexadecimal digits: equal digests, equal
 * models. Belongs to the model. */
PERSONA_API const char *persona_model_digest(const persona_model *model);
PERSONA_API const char *persona_model_kind(const persona_model *model); /* "segmenter" */
PERSONA_API persona_model *persona_model_ref(const persona_model *model);
PERSONA_API void persona_model_free(persona_model *model); /* drops one reference */

/* A prepared query holds its model and all the memory it will need. Freed queries wait in
 * a free list of the model, so that preparing the next costs no allocation. */
PERSONA_API void persona_query_free(persona_query *query);
/* Forgets what was bound; options stay. HOT */
PERSONA_API void persona_query_clear(persona_query *query);
/* Binds a text input by its number in persona_model_inputs, for the next runs until it is
 * bound again or cleared; NULL with length 0 = missing. A value the model has not seen is
 * a defined case, not an error.
 * HOT */
PERSONA_API int persona_query_text(persona_query *query, int64_t input, const char *text,
                                   int64_t length, persona_error *error);

#ifdef __cplusplus
}
#endif
#endif
