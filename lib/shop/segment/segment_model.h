/* segment_model.h: what the files of the query side share: the model's own parts, a table
 * seen through a model, the file. */
#ifndef PSN_SHOP_SEGMENT_MODEL_H
#define PSN_SHOP_SEGMENT_MODEL_H

#include "shop/parts.h"
#include "shop/segment/segment.h"

extern const char *const psn_segment_type_names[PSN_SEGMENT_TYPES];
extern const char *const psn_segment_transform_names[PSN_SEGMENT_TRANSFORMS];
extern const psn_parts psn_segment_parts;

/* Inputs with their scaled columns laid out; the model owns them. `columns`: of the
 * numbers. */
int psn_segment_set_inputs(persona_segmenter *model, psn_segment_input *input,
                           int32_t inputs, const psn_scale_column *columns,
                           persona_error *error);
/* Takes over centers (k x dims, psn_alloc) and prepares to answer. share_of: k. */
int psn_segment_set_centers(persona_segmenter *model, double *centers, int32_t k,
                            const double *share_of, persona_error *error);
/* How people read an input: its name, "days since" before the name of a time. */
void psn_segment_label(char *out, size_t capacity, const psn_segment_input *input);
/* PERSONA_EARG when the model is a dry run. */
int psn_segment_ready(const persona_segmenter *model, persona_error *error);

const char *psn_segment_name(const persona_segmenter *model, int32_t segment,
                             int64_t *length);

/* A table seen through a model: any rows as scaled numbers. */
typedef struct psn_segment_view {
    const persona_segmenter *model;
    const persona_table *table;
    const psn_column **number; /* of each number input */
    int32_t **level;           /* of each text input: one number a row */
} psn_segment_view;

/* 64 doubles of a column: its own memory where that holds them, else `buffer` (64), zeros
 * beyond count. */
const double *psn_segment_numbers(const psn_column *column, int64_t first, int32_t count,
                                  double *buffer);
int psn_segment_view_open(psn_segment_view *view, const persona_segmenter *model,
                          const persona_table *table, persona_error *error);
void psn_segment_view_close(psn_segment_view *view);
/* The nearest centre of rows first .. end - 1 into labels[0 ..] and squared[0 ..].
 * `scratch` is 64-byte aligned and of psn_segment_view_scratch bytes. Returns the first
 * row found with an infinity, or -1. */
int64_t psn_segment_view_nearest(const psn_segment_view *view, const psn_nearest *nearest,
                                 int64_t first, int64_t end, double *scratch,
                                 int32_t *labels, double *squared);
size_t psn_segment_view_scratch(const persona_segmenter *model);
/* Rows as scaled numbers, any count, row-major; infinities have been looked for before.
 */
void psn_segment_view_rows(const psn_segment_view *view, int64_t first, int64_t count,
                           double *out);
/* PERSONA_EDATA naming the column. */
int psn_segment_view_infinite(const psn_segment_view *view, int64_t row,
                              persona_error *error);

static inline const persona_segmenter *
psn_segment_model_of(const psn_segment_query *query)
{
    return (const persona_segmenter *)query->base.model;
}
/* The customer as scaled columns, in the query. */
int psn_segment_query_scale(psn_segment_query **out, persona_query *base,
                            const double *numbers, int64_t count, persona_error *error);
int psn_segment_query_unknown(persona_error *error); /* every input missing */

int psn_segment_encode(const persona_model *model, psn_writer *writer,
                       persona_error *error);
int psn_segment_decode(persona_model **out, psn_reader *reader, persona_error *error);
int psn_segment_describe(const persona_model *model, psn_text *json,
                         persona_error *error);
int psn_segment_inputs(persona_table **out, const persona_model *model,
                       persona_error *error);
int psn_segment_part_of(persona_table **out, const persona_model *model, const char *part,
                        persona_error *error);
int psn_segment_without_user(persona_model **out, const persona_model *model,
                             const char *user, size_t length, persona_task *task,
                             persona_error *error);
void psn_segment_destroy(persona_model *model);
void psn_segment_query_clear(persona_query *query);
void psn_segment_query_destroy(persona_query *query);
int psn_segment_query_text(persona_query *query, int64_t input, const char *text,
                           int64_t length, persona_error *error);

#endif
