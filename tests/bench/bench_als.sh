#!/bin/sh
# bench_als.sh: CPU seconds to the NDCG@20 that implicit's and cmfrec's ALS reach with 15
# iterations of conjugate gradients, their settings and ours chosen on the validation
# part, one thread, the same run and test part.
# Skipped unless PEERS (the folder of the peers' scripts) is there and PEERS_PYTHON has the
# peers. PEERS_TUNED: a folder with settings.json of an earlier `peers.py tune`, without
# which tuning takes a quarter of an hour. ALS_SETS, ALS_PEERS: what to run.
peers=${PEERS:-../shared/tools/peers}/recommend
python=${PEERS_PYTHON:-python3}
sets=${ALS_SETS:-"ml1m-split gowalla"}
rivals=${ALS_PEERS:-"implicit-als64-cg cmfrec64-cg implicit-als128-cg cmfrec128-cg"}
if [ ! -e "$peers/peers.py" ] || ! "$python" -c 'import implicit, cmfrec' 2>/dev/null; then
    echo "bench_als: no peers here (PEERS, PEERS_PYTHON); skipped"
    exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PERSONA_OUT="$work" OPENBLAS_NUM_THREADS=1
[ -z "${PEERS_TUNED:-}" ] || cp "$PEERS_TUNED/settings.json" "$work"
for set in $sets; do
    "$python" "$peers/metrics.py" export "$set" "$work/$set"
    # Chosen on the validation part, see docs of als.h's options.
    case $set in
    gowalla) settings="share=30 ridge=.1" ;;
    *) settings="share=10 ridge=.05" ;;
    esac
    for rival in $rivals; do
        [ -n "${PEERS_TUNED:-}" ] || "$python" "$peers/peers.py" tune "$set" "$rival" 2>/dev/null
        "$python" "$peers/peers.py" run "$set" "$rival" > "$work/rival"
        case $rival in *128*) factors=128 ;; *) factors=64 ;; esac
        "$O/tests/bench/bench_als" "$work/$set" factors=$factors iterations=16 $settings \
            > "$work/own"
        "$python" - "$set" "$rival" "$work" <<'PY'
import json, re, sys
name, rival, work = sys.argv[1:]
peer = json.loads(open(work + "/rival").read().splitlines()[-1])
goal, seconds = peer["metrics"]["ndcg@20"], peer["fit_cpu_s"]
steps = [(int(i), float(c), float(q)) for i, c, q in
         re.findall(r"iteration +(\d+) cpu ([0-9.]+) ndcg@20 ([0-9.]+)", open(work + "/own").read())]
there = next((s for s in steps if s[2] >= goal), None)
line = f"{name:11} {rival:19} ndcg@20 {goal:.4f} in {seconds:6.2f} CPU s   "
if there is None:
    print(line + f"not reached; best {max(s[2] for s in steps):.4f}")
else:
    print(line + f"ours {there[2]:.4f} after {there[0]:2} iterations in {there[1]:.3f} CPU s: "
          f"{seconds / there[1]:.1f} x; best {max(s[2] for s in steps):.4f}")
PY
    done
done
