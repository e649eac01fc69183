/* segment_file.h: how a segmenter lies in a model file, for segment_encode.c and
 * segment_decode.c.
 *
 *   Meta  int64[]: what the constants below say      Real  double[]: the same
 *   Inpt  table: name, type, transform, origin ... one row an input
 *   Levl  table: the levels of all text inputs, one after the other (when there are any)
 *   Cntr  double[k x dims], scaled                    Optn  table: option, value
 *   Role  table: column, one row a role               Prof Feat Rule Swep Rfms  tables
 *   mapp  table, ancillary                            exam  table with ids of customers
 *
 * A dry run has Meta, Real and Optn only. */
#ifndef PSN_SHOP_SEGMENT_FILE_H
#define PSN_SHOP_SEGMENT_FILE_H

#include "shop/chunks.h"
#include "shop/segment/segment_model.h"
#include "shop/sheet.h"

enum {
    META_LAYOUT, /* 0 */
    META_K,
    META_INPUTS,
    META_LOG,
    META_AS_OF_NAMED,
    META_AS_OF,
    META_ROWS,
    META_CUSTOMERS,
    META_COUNT
};
enum { REAL_SPREAD, REAL_INERTIA, REAL_SILHOUETTE, REAL_COUNT };

/* Columns of the sheet of inputs: the numbers of a psn_scale_column, a weight, a count.
 */
enum {
    IN_TYPE,
    IN_TRANSFORM,
    IN_LOG,
    IN_LEVELS,
    IN_INTS,
    IN_ORIGIN = 0,
    IN_UNIT,
    IN_LOW,
    IN_HIGH,
    IN_SHIFT,
    IN_SCALE,
    IN_WEIGHT,
    IN_ONE,
    IN_REALS
};
extern const psn_sheet_layout psn_segment_inputs_layout;

#endif
