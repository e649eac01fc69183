#!/bin/sh
# quality_theta.sh: baselines, theta, complex smoothing and MSTL alone and as plain means on
# the M competitions: sMAPE, MASE, beside the floors that have one (settings were chosen on
# M1). A line "below" makes the whole fail.
# Skipped unless PEERS (the folder of the peers' scripts, which write the lines and score)
# is there and PEERS_PYTHON has numpy. THETA_SETS, THETA_LEARNERS: what to run.
set -u
peers=${PEERS:-../shared/tools/peers}/forecast
python=${PEERS_PYTHON:-python3}
sets=${THETA_SETS:-"m1 m3"}
learners=${THETA_LEARNERS:-"naive seasonal_naive drift theta optimised_theta dynamic_theta ces mstl
theta+optimised_theta+dynamic_theta ces+dynamic_theta"}
if [ ! -e "$peers/metrics.py" ] || ! "$python" -c 'import numpy' 2>/dev/null; then
    echo "quality_theta: no scorer here (PEERS, PEERS_PYTHON); skipped"
    exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PYTHONDONTWRITEBYTECODE=1
PERSONA_DATA=$(cd "${PERSONA_DATA:-../shared/data}" && pwd)
export PERSONA_DATA
floors='
m3 dynamic_theta 12.53 1.352
m3 ces 13.82 1.514
m1 dynamic_theta 15.78 1.672
m1 ces+dynamic_theta 15.50 1.60'
code=0
for set in $sets; do
    "$python" "$peers/metrics.py" lines "$set" >"$work/lines"
    for learner in $learners; do
        "$O/tests/quality/quality_local" "$learner" <"$work/lines" >"$work/own.csv" \
            2>"$work/notes" || code=1
        "$python" "$peers/metrics.py" score "$set" "$work/own.csv" >"$work/score" || code=1
        floor=$(echo "$floors" | awk -v s="$set" -v l="$learner" '$1 == s && $2 == l {print $3, $4}')
        # shellcheck disable=SC2086
        "$python" - "$set" "$learner" "$work/score" "$(cat "$work/notes")" $floor <<'PY' || code=1
import json, sys
name, learner, score, notes, *floor = sys.argv[1:]
s = json.load(open(score))
line = f"{name:4}{learner:38} sMAPE {s['smape']:7.3f}  MASE {s['mase']:6.3f}  {notes}"
if not floor:
    print(line)
    sys.exit(0)
good = s["smape"] <= float(floor[0]) and s["mase"] <= float(floor[1])
print(line, f" floor {floor[0]} {floor[1]}", "" if good else "below")
sys.exit(not good)
PY
    done
done
exit $code
