/* small_solve.c: A = L L', row by row; O(n^3 / 6) products. Row-major lower triangles
 * make all inner loops run along memory. */
#include "math/small_solve.h"

#include <math.h>

double psn_small_dot(const double *a, const double *b, int64_t count)
{
    double s0 = 0.0, s1 = 0.0, s2 = 0.0, s3 = 0.0;
    int64_t i = 0;
    for (; i + 4 <= count; i += 4) {
        s0 += a[i] * b[i];
        s1 += a[i + 1] * b[i + 1];
        s2 += a[i + 2] * b[i + 2];
        s3 += a[i + 3] * b[i + 3];
    }
    for (; i < count; i++) s0 += a[i] * b[i];
    return (s0 + s1) + (s2 + s3);
}

int psn_small_factor(double *a, int32_t n)
{
    for (int32_t i = 0; i < n; i++) {
        double *row = a + (int64_t)i * n;
        for (int32_t j = 0; j < i; j++) {
            const double *other = a + (int64_t)j * n;
            row[j] = (row[j] - psn_small_dot(row, other, j)) / other[j];
        }
        const double pivot = row[i] - psn_small_dot(row, row, i);
        if (!(pivot > 1e-13 * fabs(row[i]) && pivot <= 1e300)) return 0;
        row[i] = sqrt(pivot);
    }
    return 1;
}

void psn_small_solve(const double *factor, int32_t n, double *b)
{
    for (int32_t i = 0; i < n; i++) {
        const double *row = factor + (int64_t)i * n;
        b[i] = (b[i] - psn_small_dot(row, b, i)) / row[i];
    }
    for (int32_t i = n - 1; i >= 0; i--) {
        const double *row = factor + (int64_t)i * n;
        b[i] /= row[i];
        for (int32_t j = 0; j < i; j++) b[j] -= row[j] * b[i];
    }
}
