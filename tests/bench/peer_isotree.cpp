// peer_isotree.cpp: isotree (100 trees of 256 rows, single-variable splits) behind two C
// functions, for bench_iforest. Out of the source archive of its Python package:
//   pip download --no-deps --no-binary isotree isotree && tar xzf isotree-*.tar.gz
//   g++ -O3 -march=native -fopenmp -std=gnu++14 -D_FOR_PYTHON -shared -fPIC
//       -I isotree-*/src -I isotree-*/src/robinmap/include peer_isotree.cpp -o libisoglue.so
#include "headers_joined.hpp"


extern "C" void *iso_fit(const double *by_column, size_t rows, size_t columns, int gain,
                         uint64_t seed)
{
    IsoForest *forest = new IsoForest();
    fit_iforest<double, int>(
        forest, nullptr, (double *)by_column, columns, nullptr, 0, nullptr, nullptr,
        nullptr, nullptr, 1, 1, Normal, false, nullptr, false, false, rows, 256, 100, 0, 0,
        true, false, true, Depth, true, false, nullptr, nullptr, true, nullptr, false,
        gain ? 1. : 0., 0., 0., 0., 0., 0., 0., 0., Fail, SubSet, Weighted, false, nullptr,
        3, Higher, Inverse, false, seed, false, 1);
    return forest;
}

extern "C" void iso_predict(void *forest, const double *by_row, size_t rows,
                            size_t columns, double *out)
{
    predict_iforest<double, int>((double *)by_row, nullptr, false, columns, 0, nullptr,
                                 nullptr, nullptr, nullptr, nullptr, nullptr, rows, 1, true,
                                 (IsoForest *)forest, nullptr, out, nullptr, nullptr,
                                 nullptr);
}

extern "C" void iso_free(void *forest)
{
    delete (IsoForest *)forest;
}
