/* pca.h: principal components of rows, for maps of segments. */
#ifndef PSN_LEARN_PCA_H
#define PSN_LEARN_PCA_H

#include <stdint.h>
#include "math/rows.h"
#include "persona/types.h"

/* axes: components x dims, row-major, unit length; variance: share of each component.
 * Missing values count as the mean. */
int psn_pca_fit(double *mean, double *axes, double *variance, int32_t components,
                const psn_rows *rows, persona_error *error);

#endif
