#!/bin/sh
# bench_ffi.sh: ns of one assign through Python and PHP.
sh tests/ffi/run.sh "$OUT" bench
