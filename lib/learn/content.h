/* content.h: items that resemble each other by their attributes: category, brand, words,
 * price band. It knows items that nobody has bought yet. */
#ifndef PSN_LEARN_CONTENT_H
#define PSN_LEARN_CONTENT_H

#include <stdint.h>
#include "base/pool.h"
#include "math/order.h"
#include "math/sparse.h"
#include "persona/types.h"

typedef struct psn_content_options {
    int32_t neighbors; /* entries of a row that stay */
    int32_t visits;    /* carriers of attributes looked at for one item, at most */
} psn_content_options;
void psn_content_defaults(psn_content_options *options);

/* Attributes are numbered anew, rare ones first. */
typedef struct psn_content {
    psn_sparse *items;    /* items x attributes: value x idf, rows of length 1 */
    psn_sparse *carriers; /* the same by attributes */
    int32_t *number;      /* of each attribute given to psn_content_new */
    float *idf;           /* by the new number; 0: carried by no item or by all */
} psn_content;
/* attributes: items x attributes, values (not below 0; NULL = 1) are their importance,
 * such as 1 for a category and .3 for a word of the name. */
int psn_content_new(psn_content **out, const psn_sparse *attributes,
                    persona_error *error);
void psn_content_free(psn_content *content);

/* weights: for each item the `neighbors` items with the largest cosine. */
int psn_content_fit(psn_sparse **weights, const psn_content *content,
                    const psn_content_options *options, psn_pool *pool,
                    persona_task *task, persona_error *error);

/* The same for one item that is not in the model, such as a new one: from its attributes
 * (any order, unknown ones are passed over, values NULL = 1), at most `most` of them.
 * Returns how many were written to out (options->neighbors, largest first, ties to the
 * lower item). No allocation. */
typedef struct psn_content_scratch psn_content_scratch;
int psn_content_scratch_new(psn_content_scratch **out, const psn_content *content,
                            const psn_content_options *options, int32_t most,
                            persona_error *error);
void psn_content_scratch_free(psn_content_scratch *scratch);
int32_t psn_content_near(const psn_content *content, psn_content_scratch *scratch,
                         const int32_t *attributes, const float *values, int32_t count,
                         psn_scored *out);

#endif
