/* gbdt_import.h: models of other libraries. */
#ifndef PSN_LEARN_GBDT_IMPORT_H
#define PSN_LEARN_GBDT_IMPORT_H

#include <stddef.h>
#include <stdint.h>
#include "learn/gbdt_model.h"
#include "persona/types.h"

/* The columns that the model was trained on, in order. Zero-initialise. */
typedef struct psn_gbdt_names {
    int32_t count;
    char **name; /* NUL-terminated */
} psn_gbdt_names;
void psn_gbdt_names_free(psn_gbdt_names *names);

/* Any bytes are safe: whatever is not such a model is PERSONA_EFORMAT (`where` = line, or
 * byte), what no model here can say (linear trees, one-versus-all, vector leaves,
 * survival) PERSONA_EKIND. Memory stays below some 100 bytes for each byte given and 40
 * MB. names may be NULL.
 *
 * LightGBM: the text of save_model. Prediction takes the numbers that LightGBM takes; of
 * a category its whole code. Scores are those of LightGBM, but with a sigmoid other than
 * 1 multiplied by it, and averaged already where the file says average_output. */
int psn_gbdt_import_lightgbm(psn_gbdt **out, psn_gbdt_names *names, const void *bytes,
                             size_t size, persona_error *error);
/* XGBoost: the JSON of save_model, boosters gbtree and dart. XGBoost rounds values to
 * float32 and compares by <; thresholds here are the doubles that decide alike. Sums of
 * hessians stand for counts of rows. Names as "f0" where the file has none. */
int psn_gbdt_import_xgboost(psn_gbdt **out, psn_gbdt_names *names, const void *bytes,
                            size_t size, persona_error *error);

/* For the importers: room for `count` names; a copy of one. */
int psn_gbdt_names_open(psn_gbdt_names *names, int32_t count, persona_error *error);
int psn_gbdt_names_set(psn_gbdt_names *names, int32_t i, const char *bytes, size_t length,
                       persona_error *error);
/* For both: nodes whose value is not known get the mean of their leaves by count. Parents
 * come first in `tree`. */
void psn_gbdt_import_means(psn_gbdt *model, int32_t tree);

#endif
