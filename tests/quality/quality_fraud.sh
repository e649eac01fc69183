#!/bin/sh
# quality_fraud.sh: the fraud scorer at its default options on known data sets, each with the
# split that its protocol says (official test part, last fifth by time, every fifth row), beside
# the floors. A fit is told only what a table cannot tell: its label, which numbers are codes of
# categories, that rows lie in the order of time. A line "below" makes the whole fail.
# Skipped unless PEERS (the folder of the peers' scripts, which write the sets and score) is
# there and PEERS_PYTHON can run them. FRAUD_SETS: some of the sets; FRAUD_OPTIONS: options of
# the fit, as "search=1".
set -u
peers=${PEERS:-../shared/tools/peers}/fraud
python=${PEERS_PYTHON:-python3}
data=$(cd "${PERSONA_DATA:-../shared/data}" 2>/dev/null && pwd)
sets=${FRAUD_SETS:-"lgbm_binary adult creditcard vehicle vehicle@mod5"}
export PYTHONDONTWRITEBYTECODE=1 PERSONA_DATA=$data
if [ ! -e "$peers/metrics.py" ] || [ ! -d "$data/fraud" ] ||
    ! "$python" -c 'import pandas, numpy' 2>/dev/null; then
    echo "quality_fraud: no data or no peers here (PERSONA_DATA, PEERS, PEERS_PYTHON); skipped"
    exit 0
fi

# The least AUC and AP and the most log loss; - = no floor. The first is a mean of 5 seeds.
floors() {
    case $1 in
    lgbm_binary) echo ".828 - -" ;;
    adult) echo ".931 - .2735" ;;
    creditcard) echo ".985 .90 .028" ;;
    vehicle) echo ".775 .16 -" ;;
    vehicle@mod5) echo ".885 .33 -" ;;
    *) echo "- - -" ;;
    esac
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
code=0

# score SET SEED: one fit; prints "auc ap logloss seconds".
score() {
    fit=$(cat "$work/fit")
    start=$(date +%s)
    # shellcheck disable=SC2086
    "$OUT/persona" fit fraud_scorer "$work/$1/train.csv" -o "$work/model" \
        column.label=label $fit seed="$2" ${FRAUD_OPTIONS:-} 2>"$work/notes" ||
        { cat "$work/notes" >&2; return 1; }
    "$OUT/persona" score "$work/model" "$work/$1/test.csv" reasons=0 >"$work/answers" || return 1
    "$python" - "$work/answers" >"$work/scores" <<'PY' || return 1
import csv, sys
for row in csv.DictReader(open(sys.argv[1])): print(row["probability"])
PY
    (cd "$peers" && "$python" - "$1" "$work/scores" <<'PY'
import sys
sys.path.insert(0, ".")
import numpy as np
from data import load
from metrics import metrics
m = metrics(load(sys.argv[1]), np.loadtxt(sys.argv[2]))
print(m["auc"], m["ap"], m["logloss"])
PY
    ) >"$work/line" || return 1
    echo "$(cat "$work/line") $(($(date +%s) - start))"
}

printf '%-14s %8s %8s %9s %7s   %s\n' set AUC AP "log loss" seconds "floors"
for set in $sets; do
    (cd "$peers" && "$python" data.py write "$set" "$work/$set") || { code=1; continue; }
    "$python" - "$work/$set/meta.json" >"$work/fit" <<'PY'
import json, sys
meta = json.load(open(sys.argv[1]))
print(*(["categories=" + ",".join(meta["categorical"])] if meta["categorical"] else []),
      *(["column.weight=weight"] if meta["weight"] else []),
      *(["validation=order"] if meta["split"] == "time" else []))
PY
    seeds=0
    [ "$set" = lgbm_binary ] && seeds="0 1 2 3 4"
    for seed in $seeds; do score "$set" "$seed" || exit 1; done >"$work/all" || { code=1; continue; }
    # shellcheck disable=SC2046
    awk -v set="$set" -v floors="$(floors "$set")" '
        { auc += $1; ap += $2; loss += $3; seconds += $4 }
        END {
            split(floors, floor, " ")
            auc /= NR; ap /= NR; loss /= NR
            below = (floor[1] != "-" && auc < floor[1]) || (floor[2] != "-" && ap < floor[2]) ||
                    (floor[3] != "-" && loss > floor[3])
            printf "%-14s %8.4f %8.4f %9.4f %7d   AUC >= %s AP >= %s log loss <= %s%s\n", set, auc,
                   ap, loss, seconds, floor[1], floor[2], floor[3], below ? "   below" : ""
            exit below
        }' "$work/all" || code=1
done
exit $code
