#!/bin/sh
# run.sh OUT [bench]: the bindings against the shared library of the build folder OUT, each
# where its runtime is installed. With `bench`: the time of one call instead.
set -u
case $1 in /*) out=$1 ;; *) out=$PWD/$1 ;; esac
here=$(dirname "$0") what=${2:-test}
export PERSONA_LIBRARY="$out/libpersona.so" PERSONA_HEADER="$out/ffi/persona.ffi.h"
export PERSONA_COMMAND="$out/persona" PYTHONDONTWRITEBYTECODE=1
code=0
python=${PERSONA_PYTHON:-python3}
if command -v "$python" >/dev/null; then
    "$python" "$here/${what}_python.py" || code=1
else
    echo "note: no python3, its binding not tried"
fi
php='php -d ffi.enable=1'
if command -v php >/dev/null && $php -r 'exit(extension_loaded("FFI") ? 0 : 1);'; then
    $php "$here/${what}_php.php" || code=1
else
    echo "note: no PHP with FFI, its binding not tried"
fi
exit $code
