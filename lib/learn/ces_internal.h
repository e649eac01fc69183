/* ces_internal.h: parameters, states and the one step of complex exponential smoothing.
 *
 *     y = l + s + e,        l, c: level and potential one period ago, s: season m ago
 *     l' = l - (1 - a1) c + (a0 - a1) e
 *     c' = l + (1 - a0) c + (a0 + a1) e
 *     partial: s' = s + b0 e
 *     full:    s' = s - (1 - b1) d + (b0 - b1) e,   d' = s + (1 - b0) d + (b0 + b1) e
 *     simple:  l and c are those of m periods ago, no s */
#ifndef PSN_LEARN_CES_INTERNAL_H
#define PSN_LEARN_CES_INTERNAL_H

#include "learn/ces.h"
#include "math/decompose.h"

enum { PSN_CES_PARAMETERS = 4 }; /* a0 a1 b0 b1 */

/* Values of a model: parameters, next position, lowest and highest sane forecast, l, c,
 * then by form: profile | l of every position, c of them | s | s, d. */
enum {
    CES_A0,
    CES_A1,
    CES_B0,
    CES_B1,
    CES_POSITION,
    CES_LOW,
    CES_HIGH,
    CES_LEVEL,
    CES_POTENTIAL,
    CES_SEASON
};

/* The kinds of recursion a pass knows. */
typedef enum ces_kind { CES_KIND_NONE, CES_KIND_PARTIAL, CES_KIND_FULL } ces_kind;

/* 1 if errors die away: the roots of the matrix that carries states on lie within the
 * unit circle. */
static inline int ces_stable(double a0, double a1)
{
    const double trace = 2 - 2 * a0 + a1;
    const double determinant = (1 - a0 + a1) * (1 - a0) + (1 - a1) * (1 - a0 - a1);
    return determinant < 1 && trace < 1 + determinant && -trace < 1 + determinant;
}

/* Level and potential after an error e. */
static inline void ces_move(double a0, double a1, double *l, double *c, double e)
{
    const double level = *l - (1 - a1) * *c + (a0 - a1) * e;
    *c = *l + (1 - a0) * *c + (a0 + a1) * e;
    *l = level;
}

/* One period: forecast without limits; value NaN = missing. Moves the states. */
double psn_ces_step(double *state, int32_t form, int32_t season, double value);

#endif
