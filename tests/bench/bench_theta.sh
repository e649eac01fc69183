#!/bin/sh
# bench_theta.sh: series a second of dynamic theta and complex smoothing beside
# statsforecast's, one thread, the same run and data (the peer on a random sample, without
# its warm-up).
# Skipped unless PEERS (the folder of the peers' scripts) is there and PEERS_PYTHON has
# statsforecast. THETA_SETS: sets and the sizes of the peer's samples.
peers=${PEERS:-../shared/tools/peers}/forecast
python=${PEERS_PYTHON:-python3}
sets=${THETA_SETS:-"m3:300 m5s:30"}
if [ ! -e "$peers/peers.py" ] || ! "$python" -c 'import statsforecast' 2>/dev/null; then
    echo "bench_theta: no peers here (PEERS, PEERS_PYTHON); skipped"
    exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PYTHONDONTWRITEBYTECODE=1
PERSONA_DATA=$(cd "${PERSONA_DATA:-../shared/data}" && pwd)
export PERSONA_DATA
for entry in $sets; do
    set=${entry%:*} sample=${entry#*:}
    "$python" "$peers/metrics.py" lines "$set" >"$work/lines"
    for pair in DOT:dynamic_theta AutoCES:ces; do
        rival=${pair%:*} learner=${pair#*:}
        "$python" "$peers/peers.py" speed "$set" "$rival" --n "$sample" >"$work/rival" 2>/dev/null
        "$O/tests/quality/quality_local" "$learner" <"$work/lines" 2>"$work/own" >/dev/null
        "$python" - "$set" "$rival" "$learner" "$work" <<'PY'
import json, re, sys
name, rival, learner, work = sys.argv[1:]
peer = json.loads(open(work + "/rival").read().splitlines()[-1])
theirs = next(v for k, v in peer.items() if "series_per" in k or k == "series/s")
ours = float(re.search(r"(\d+) series/s", open(work + "/own").read()).group(1))
print(f"{name:5}{rival:8} {theirs:9.1f} series/s   {learner:14} {ours:9.0f} series/s: "
      f"{ours / theirs:.0f} x")
PY
    done
done
