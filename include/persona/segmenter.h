/* segmenter.h: which kinds of customers are there, what are they called, which kind is
 * this one.
 *
 * Fit takes a table of customers (one row each) or a log of orders, from which the
 * library builds the features of each customer itself: a table with the roles `user` and
 * `time` is a log. k-means (Lloyd 1982) with greedy k-means++ (Arthur and Vassilvitskii
 * 2007) and swap search (Franti 2018) groups them. With k=auto the number of groups is
 *   1. that of the best silhouette, where groups are sharp (0.5; for more than 8 groups
 *      0.02 ahead of the best of 3 to 8; for 2 groups 0.7, 0.1 ahead, and 1 % of the
 *      customers in the smaller one), or where it lies at 3 to 8 whatever its height;
 *   2. else the best of 3 to 8, if it is 0.5 or more;
 *   3. else the elbow of the inertia between 3 and 8: most customers form no sharp
 *      groups, and two segments would always have the best silhouette.
 * The reason is in the part "sweep"; what was left out of the fit, and what looks like a
 * mistake in the data, is in the notes. Same data, options and seed give the same model,
 * for any number of threads, on every CPU. */
#ifndef PERSONA_SEGMENTER_H
#define PERSONA_SEGMENTER_H

#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Fits a segmenter. Options: schema "segmenter.fit". Rows without an id or time are left
 * out and noted; infinities are PERSONA_EDATA with the row in `where`. With dry_run=true
 * the model holds only notes with the memory and time that the fit would take. BATCH,
 * O(iterations x rows x features x k). [shared table] */
PERSONA_API int persona_segmenter_fit(persona_segmenter **out, const persona_table *table,
                                      const persona_params *fit, persona_task *task,
                                      persona_error *error);

/* The same object as a persona_model, and back (NULL if of another kind). Neither makes a
 * new reference. */
PERSONA_API persona_model *persona_segmenter_model(const persona_segmenter *segmenter);
PERSONA_API persona_segmenter *persona_model_segmenter(const persona_model *model);

/* Assigns every customer of a table: columns row, id, segment, name, distance. The table
 * has the columns of persona_model_inputs by name, or is a log of orders like the one the
 * model was fitted on. Row by row the same bits as persona_segmenter_assign. BATCH */
PERSONA_API int persona_segmenter_assign_table(persona_table **out,
                                               const persona_segmenter *model,
                                               const persona_table *table,
                                               const persona_params *query,
                                               persona_task *task, persona_error *error);

/* Prepares a query. Options: schema "segmenter.query". WARM */
PERSONA_API int persona_segmenter_prepare(persona_query **out,
                                          const persona_segmenter *model,
                                          const persona_params *query,
                                          persona_error *error);

/* The segment of one customer. numbers: raw values of all inputs in the order of
 * persona_model_inputs (text inputs: any value here; bind them with persona_query_text),
 * count = number of inputs, NaN = missing. *segment is 0 .. k - 1; *distance is
 * Euclidean, in transformed and weighted units; either may be NULL. PERSONA_EDATA: an
 * infinity, with the input in `where`, or every input missing. HOT [owned] */
PERSONA_API int persona_segmenter_assign(persona_query *query, const double *numbers,
                                         int64_t count, int32_t *segment,
                                         double *distance, persona_error *error);

/* The distances to all segments; `segments` is their number. HOT [owned] */
PERSONA_API int persona_segmenter_distances(persona_query *query, const double *numbers,
                                            int64_t count, double *distances,
                                            int64_t segments, persona_error *error);

/* Soft membership: weights >= 0 that sum to 1, p_c ~ share_c exp(-d_c^2 / (2 s^2)) with
 * s^2 the pooled variance within segments for each feature. HOT [owned] */
PERSONA_API int persona_segmenter_membership(persona_query *query, const double *numbers,
                                             int64_t count, double *membership,
                                             int64_t segments, persona_error *error);

/* Why this segment and not the nearest alternative: columns feature, value, center,
 * alternative_center (raw units), contribution (the part of the difference of the squared
 * distances; sums to it), the largest first. WARM [owned] */
PERSONA_API int persona_segmenter_explain(persona_table **out, persona_query *query,
                                          const double *numbers, int64_t count,
                                          persona_error *error);

#ifdef __cplusplus
}
#endif
#endif
