/* gbdt_shap.h: how much each feature of a row moved its score. */
#ifndef PSN_LEARN_GBDT_SHAP_H
#define PSN_LEARN_GBDT_SHAP_H

#include <stddef.h>
#include <stdint.h>
#include "learn/gbdt_model.h"
#include "persona/types.h"

/* A compiled model; the model must outlive it. Weights of the two sides of a node are the
 * counts of training rows, as LightGBM's pred_contrib has them. */
typedef struct psn_gbdt_shap psn_gbdt_shap;
int psn_gbdt_shap_new(psn_gbdt_shap **out, const psn_gbdt *model, persona_error *error);
void psn_gbdt_shap_free(psn_gbdt_shap *shap);
/* Bytes of scratch (64-aligned) that the queries write to. */
size_t psn_gbdt_shap_scratch(const psn_gbdt_shap *shap);

/* Both fill out with outputs x (features + 1) doubles: the effect of each feature on the
 * raw score and, last, what is expected without knowing the row; each output's sum is its
 * raw score (to rounding). HOT: no allocation, no lock; the same bits on every CPU.
 *
 * exact: Shapley values of the game in which an unknown feature follows the training rows
 * (Lundberg, Erion and Lee 2018). Exact for paths of up to 128 different features.
 * path: a feature gets what its splits changed on the row's path (Saabas 2014): ten
 * times faster, depends on the order of the splits. */
void psn_gbdt_shap_exact(const psn_gbdt_shap *shap, const double *row, void *scratch,
                         double *out);
void psn_gbdt_shap_path(const psn_gbdt_shap *shap, const double *row, void *scratch,
                        double *out);

/* The `most` largest effects by size, ties to the lower feature; zeros are left out.
 * Returns how many. features x most comparisons at worst. */
int32_t psn_gbdt_shap_top(int32_t *feature, double *effect, int32_t most,
                          const double *effects, int32_t features);

#endif
