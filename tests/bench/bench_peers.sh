#!/bin/sh
# bench_peers.sh: beside today's libraries, one thread, least CPU time:
#   k-means on the same rows, start and stopping rule;
#   predict: one customer asked of a fitted model, beside scikit-learn's pipeline;
#   sweep: k = 2 .. 12 with all criteria, beside scikit-learn.
# Skipped unless PEERS (the folder of the peers' scripts) is there and PEERS_PYTHON has the
# peers installed. PEERS_SETS: data sets, predict, sweep.
peers=${PEERS:-../shared/tools/peers}/segment/peers.py
python=${PEERS_PYTHON:-python3}
sets=${PEERS_SETS:-"online_retail_rfm online_shoppers sipu_birch1 mnist_t10k predict sweep"}
if [ ! -e "$peers" ] || ! "$python" -c 'import sklearn, faiss' 2>/dev/null; then
    echo "bench_peers: no peers here (PEERS, PEERS_PYTHON); skipped"
    exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for set in $sets; do
    case $set in
    predict) PERSONA_RESULTS=$work "$python" "$peers" predict --only predict; continue ;;
    sweep) PERSONA_RESULTS=$work "$python" "$peers" online_retail_rfm --only sweep; continue ;;
    esac
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
case " $sets " in
*" predict "* | *" sweep "*) "$O/tests/bench/bench_segmenter" > "$work/own" ;;
esac
touch "$work/own"
"$python" - "$work/lines" "$work/own" <<'PY'
import json, re, sys
own = {}  # the first level is the best one of this machine
for line in open(sys.argv[2]):
    found = re.match(r"(.*?) +([0-9.]+) (ns|ms|M rows/s)$", line)
    if found: own.setdefault(re.sub(" +", " ", found[1]), float(found[2]))
best, mine = {}, {}
for line in open(sys.argv[1]):
    try:
        row = json.loads(line)
    except ValueError:
        continue
    if row.get("task") == "default" and row["peer"] == "sklearn-n_init=10":
        print(f"{row['dataset']:20} scikit-learn n_init=10: {1e3 * row['cpu_median']:8.1f} ms a fit, "
              f"missed clusters by seed {row.get('missed')}")
    if row.get("task") == "predict" and "pipeline" in row["peer"] and row["blas"] == "auto":
        peer, rate = row["ns_per_row"], row["rows_per_s"] / 1e6
        if row["rows"] == 1:
            ns = own["assign one customer, 8 columns, k 6, log1p + z"]
            print(f"assign one customer  {ns:8.1f} ns  scikit-learn's pipeline {peer:10.1f} ns     {peer / ns:7.1f} x")
        elif row["rows"] == 1000000:
            most = own["assign a table of 1 M rows, log1p + z"]
            print(f"assign a table       {most:8.1f} M/s scikit-learn's pipeline {rate:10.1f} M rows/s {most / rate:6.1f} x")
    if row.get("task") == "sweep":
        ms, peer = own["fit, k auto 2..12, all criteria"], 1e3 * row["cpu_total"]
        print(f"choose k in 2 .. 12  {ms:8.1f} ms  {row['peer'].split('-')[0]}, {row['peer'].split('-')[-1]:10} {peer:10.1f} ms {peer / ms:7.1f} x")
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
