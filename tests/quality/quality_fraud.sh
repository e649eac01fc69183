#!/bin/sh
# quality_fraud.sh: the fraud scorer at its default options on known data sets, and its trees
# on claims, money and ranking, beside the floors; with FRAUD_PEERS=1 against LightGBM, XGBoost
# and CatBoost in the same run (some 15 minutes; they must be installed for PEERS_PYTHON). What
# is printed: see fraud.py.
# Skipped unless PEERS (the folder of the peers' scripts, which write the sets and score) is
# there and PEERS_PYTHON can run them. FRAUD_SETS: some of the sets; FRAUD_OPTIONS: options of
# the fit, as "search=1".
set -u
here=$(dirname "$0")
PEERS=$(cd "${PEERS:-../shared/tools/peers}/fraud" 2>/dev/null && pwd)
PERSONA_DATA=$(cd "${PERSONA_DATA:-../shared/data}" 2>/dev/null && pwd)
PERSONA=$OUT/persona
TREES=$O/tests/quality/quality_gbdt
python=${PEERS_PYTHON:-python3}
export PEERS PERSONA_DATA PERSONA TREES PYTHONDONTWRITEBYTECODE=1 OMP_NUM_THREADS=1
if [ ! -e "$PEERS/metrics.py" ] || [ ! -d "$PERSONA_DATA/fraud" ] ||
    ! "$python" -c 'import pandas, numpy' 2>/dev/null; then
    echo "quality_fraud: no data or no peers here (PERSONA_DATA, PEERS, PEERS_PYTHON); skipped"
    exit 0
fi
code=0
# shellcheck disable=SC2086
"$python" "$here/fraud.py" floors ${FRAUD_SETS:-} || code=1
[ -n "${FRAUD_SETS:-}" ] || "$python" "$here/fraud.py" trees || code=1
if [ -z "${FRAUD_PEERS:-}" ]; then
    echo "quality_fraud: FRAUD_PEERS=1 measures against the peers too"
elif ! "$python" -c 'import lightgbm, xgboost, catboost' 2>/dev/null; then
    echo "quality_fraud: no lightgbm, xgboost or catboost for $python (PEERS_PYTHON); skipped"
else
    # shellcheck disable=SC2086
    "$python" "$here/fraud.py" peers ${FRAUD_SETS:-} || code=1
fi
exit $code
