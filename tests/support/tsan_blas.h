/* tsan_blas.h: what ThreadSanitizer has to know about OpenBLAS. The library is not built
 * for it: its threads wait for each other by means that the sanitizer cannot see, so that
 * a memset inside looks like a race. Our own code is watched as ever. */
#ifndef TESTS_SUPPORT_TSAN_BLAS_H
#define TESTS_SUPPORT_TSAN_BLAS_H

__attribute__((visibility("default"))) const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void)
{
    return "race:libopenblas\n";
}

#endif
