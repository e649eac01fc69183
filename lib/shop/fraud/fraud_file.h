/* fraud_file.h: how a fraud scorer lies in a model file, for fraud_encode.c and
 * fraud_decode.c.
 *
 * Meta: int64[], what the constants below say. Real: double[], the same.
 * Inpt: sheet of the inputs. Levl: all their levels in turn.
 * Fetr: sheet of the features. Look: double[], all their rates and counts in turn.
 * Tree, Line, Frst, Calb: the members, as their learners pack them, where they are there.
 * Term: sheet of the columns of the regression, with Line.
 * Optn: table of option and value. Role: table of column, a row a role.
 * Metr, Rocs, Prec ...: the parts that are kept (fraud_parts.c).
 *
 * A dry run has Meta, Real and Optn only. */
#ifndef PSN_SHOP_FRAUD_FILE_H
#define PSN_SHOP_FRAUD_FILE_H

#include "shop/chunks.h"
#include "shop/fraud/fraud_model.h"
#include "shop/sheet.h"

enum {
    META_LAYOUT, /* 0 */
    META_READY,
    META_INPUTS,
    META_FEATURES,
    META_TERMS,
    META_VALUE,
    META_PRICE,
    META_QUANTITY,
    META_ROWS,
    META_LABELLED,
    META_FRAUDS,
    META_NO_REVIEW,
    META_COUNT
};
enum {
    REAL_BIAS,
    REAL_WEIGHT,
    REAL_SHIFT = REAL_WEIGHT + PSN_FRAUD_MEMBERS,
    REAL_FOREST_MEAN,
    REAL_FOREST_SCALE,
    REAL_PREVALENCE,
    REAL_FEE,
    REAL_FIXED_FEE,
    REAL_MARGIN,
    REAL_INSULT,
    REAL_REVIEW,
    REAL_REVIEW_MISS,
    REAL_REVIEW_WRONG,
    REAL_USUAL,
    REAL_REVIEW_FROM,
    REAL_BLOCK_FROM,
    REAL_COUNT
};

/* Columns of the sheets of inputs, features and terms. */
enum { IN_TYPE, IN_LEVELS, IN_INTS };
enum {
    FEATURE_DERIVE,
    FEATURE_INPUT,
    FEATURE_OTHER,
    FEATURE_GROUP,
    FEATURE_LOOKUPS,
    FEATURE_INTS,
    FEATURE_LOW = 0,
    FEATURE_HIGH,
    FEATURE_REALS
};
enum {
    TERM_FEATURE,
    TERM_LEVEL,
    TERM_LOG,
    TERM_INTS,
    TERM_LOW = 0,
    TERM_HIGH,
    TERM_MISSING,
    TERM_REALS
};
enum { FILE_NAME_MOST = 1024 }; /* bytes of a name: features have names made of two */

extern const psn_sheet_layout psn_fraud_inputs_layout;
extern const psn_sheet_layout psn_fraud_features_layout;
extern const psn_sheet_layout psn_fraud_terms_layout;

/* What lies in model->weight .. model->costs as doubles, both ways. */
void psn_fraud_reals_of(double *real, const persona_fraud_scorer *model);
void psn_fraud_reals_to(persona_fraud_scorer *model, const double *real);

#endif
