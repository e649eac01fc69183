#!/bin/sh
# bench_peers.sh: k-means beside today's libraries on the same rows, start and stopping rule,
# one thread, least CPU time. Skipped unless PEERS (the folder of the peers' scripts) is
# there and PEERS_PYTHON has the peers installed.
peers=${PEERS:-../shared/tools/peers}/segment/peers.py
python=${PEERS_PYTHON:-python3}
sets=${PEERS_SETS:-"online_retail_rfm online_shoppers sipu_birch1 mnist_t10k"}
if [ ! -e "$peers" ] || ! "$python" -c 'import sklearn, faiss' 2>/dev/null; then
    echo "bench_peers: no peers here (PEERS, PEERS_PYTHON); skipped"
    exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for set in $sets; do
    # The peers once, beside the best level; then the other level alone.
    for level in avx512 avx2; do
        PERSONA_RESULTS=$work "$python" "$peers" "$set" \
            --only "$([ $level = avx512 ] && echo kmeans || echo none)" \
            --cmd "$O/tests/bench/bench_kmeans --level $level {x} {c} {labels}" \
            --cmd-name "persona $level"
    done
done > "$work/lines"
# What a user gets by default: scikit-learn with ten starts.
for set in s1 s2 s3 s4 a1 a3 unbalance birch1; do
    [ -n "${PEERS_SETS:-}" ] || PERSONA_RESULTS=$work "$python" "$peers" "sipu_$set" \
        --only default --seeds "${PEERS_SEEDS:-3}"
done >> "$work/lines"
"$python" - "$work/lines" <<'PY'
import json, sys
best, mine = {}, {}
for line in open(sys.argv[1]):
    try:
        row = json.loads(line)
    except ValueError:
        continue
    if row.get("task") == "default" and row["peer"] == "sklearn-n_init=10":
        print(f"{row['dataset']:20} scikit-learn n_init=10: {1e3 * row['cpu_median']:8.1f} ms a fit, "
              f"missed clusters by seed {row.get('missed')}")
    if row.get("task") != "same_start" or "cpu_min" not in row:
        continue
    key = row["dataset"], row["k"]
    if row["peer"].startswith("persona"):
        mine.setdefault(key, {})[row["peer"]] = (row["cpu_min"], row["inertia"])
    elif key not in best or row["cpu_min"] < best[key][0]:
        best[key] = row["cpu_min"], row["peer"], row["inertia"]
for key, runs in mine.items():
    peer = best[key]
    for name, (cpu, inertia) in runs.items():
        print(f"{key[0]:20} k {key[1]:3}  {name:15} {1e3 * cpu:8.2f} ms  fastest peer {peer[1]:18} "
              f"{1e3 * peer[0]:8.2f} ms  {peer[0] / cpu:5.1f} x  inertia {inertia / peer[2]:.8f} of the peer's")
PY
