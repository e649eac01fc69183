#!/bin/sh
# quality_recommender.sh: the recommender at its default options on known data sets, fitted and
# asked through the command, beside the floors. Twice: speed=best (the default, trees where
# they help) and speed=fast. A floor counts as reached when it lies within the 95 % interval of
# the mean over the cases; a line "below" makes the whole fail. Then the next order in the year
# of orders that lies in examples/data, which needs nothing but the command.
# Skipped unless PEERS (the folder of the peers' scripts, which write the sets and score) is
# there and PEERS_PYTHON has numpy. RECOMMEND_SETS: some of the sets; RECOMMEND_SPEEDS: best,
# fast or both; RECOMMEND_OPTIONS: options of the fit, as "threads=2"; RECOMMEND_LISTS: a
# folder that keeps the lists, for `metrics.py compare`; RECOMMEND_SINGLE=1: also a paired
# bootstrap against the best learner alone.
set -u
peers=${PEERS:-../shared/tools/peers}/recommend
python=${PEERS_PYTHON:-python3}
data=$(cd "${PERSONA_DATA:-../shared/data}" 2>/dev/null && pwd)
sets=${RECOMMEND_SETS:-"ml1m-split ml1m-loo beauty-loo beauty-loo+strict gowalla tmall diginetica rsc15 orders"}
export PYTHONDONTWRITEBYTECODE=1 PERSONA_DATA="$data" OPENBLAS_NUM_THREADS=1
case $OUT in /*) persona=$OUT/persona ;; *) persona=$PWD/$OUT/persona ;; esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
code=0

# ---- the next order of the year of orders
orders=examples/data/complete_journey/orders.csv.gz
products=examples/data/complete_journey/products.csv.gz
evaluate() { # METRIC [option=value]...: "value low high" of a metric
    metric=$1
    shift
    "$persona" evaluate recommender "$orders" --link product_id="$products":product_id \
        split=last k=10 cases=0 metrics=hit_rate "$@" >"$work/metrics" 2>"$work/notes" ||
        { cat "$work/notes" >&2; return 1; }
    awk -F, -v metric="$metric" '$1 == metric { print $2, $3, $4 }' "$work/metrics"
}
judge() { # NAME "value low high" FLOOR
    # shellcheck disable=SC2086
    set -- "$1" $2 "$3"
    [ $# = 5 ] || { echo "$1: no value"; code=1; return; }
    awk -v name="$1" -v value="$2" -v low="$3" -v high="$4" -v floor="$5" 'BEGIN {
        printf "%-44s %.4f (%.4f .. %.4f)   above %.4f%s\n", name, value, low, high, floor,
               (value > floor ? "" : high > floor ? "   within the interval" : "   below")
        exit !(value > floor || high > floor) }' || code=1
}
# What customers bought most often before, first: hit@10 of the last order.
frequency() {
    gzip -dc "$orders" | awk -F, '
        function better(c, a, b) { # ties to the lower id, which more households bought
            return count[c, a] > count[c, b] || (count[c, a] == count[c, b] && a + 0 < b + 0)
        }
        NR == 1 { next }
        { customer[NR] = $2; order[NR] = $1; item[NR] = $4; last[$2] = $1 }
        END {
            for (r = 2; r <= NR; r++) {
                c = customer[r]
                if (order[r] == last[c]) { truth[c, item[r]] = 1; continue }
                if (!count[c, item[r]]++) own[c] = own[c] " " item[r]
            }
            for (c in last) {
                if (own[c] == "") continue
                cases++
                m = split(own[c], list, " ")
                hit = 0
                for (rank = 0; rank < 10 && rank < m; rank++) {
                    best = 0
                    for (j = 1; j <= m; j++)
                        if (list[j] != "" && (!best || better(c, list[j], list[best]))) best = j
                    if ((c, list[best]) in truth) hit = 1
                    list[best] = ""
                }
                hits += hit
            }
            # .597 was measured on another cut of this year: the larger one is the floor
            printf "%.4f\n", (hits / cases > .597 ? hits / cases : .597)
        }'
}
next_order() {
    for other in ease als; do
        found=$(evaluate hit_rate@10 against=$other) || { code=1; return; }
        judge "new items hit@10 against $other" "$found" \
            "$(awk -F, -v m="$other:hit_rate@10" '$1 == m { print $2 }' "$work/metrics")"
        awk -F, '$1 == "difference:hit_rate@10" {
            printf "%-44s %+.4f (%+.4f .. %+.4f)\n", "  difference on the same customers", $2, $3, $4 }' "$work/metrics"
    done
    own=$(frequency)
    judge "any item hit@10 against own frequency" "$(evaluate hit_rate@10 hide=none)" "$own"
    judge "buy again hit@10 against own frequency" \
        "$(evaluate hit_rate@10 question=buy_again)" "$own"
}
rest=
for set in $sets; do
    if [ "$set" = orders ]; then next_order; else rest="$rest $set"; fi
done

# ---- the sets with a protocol of their own
if [ ! -e "$peers/metrics.py" ] || [ ! -d "$data/recommend" ] ||
    ! "$python" -c 'import numpy' 2>/dev/null; then
    echo "quality_recommender: no data or no peers here (PERSONA_DATA, PEERS, PEERS_PYTHON); skipped"
    exit $code
fi
# shellcheck disable=SC2086
"$python" - "$peers" "$persona" "$work" "${RECOMMEND_SPEEDS:-best fast}" \
    "${RECOMMEND_OPTIONS:-}" "${RECOMMEND_LISTS:-}" "${RECOMMEND_SINGLE:-}" $rest <<'PY' || code=1
import csv, gzip, os, resource, subprocess, sys
peers, persona, work, speeds, options, keep, alone, *sets = sys.argv[1:]
sys.path.insert(0, peers)
import numpy as np
import metrics
# Floors of the metrics of each set, and of the CPU seconds of a fit. fast: those of speed=fast.
FLOORS = {
    "gowalla": ({"recall@20": .190, "ndcg@20": .158}, {}, 60),
    "ml1m-split": ({"recall@20": .281, "ndcg@20": .270}, {}, 10),
    "ml1m-loo": ({"ndcg@10": .170, "recall@10": .287}, {}, None),
    "beauty-loo": ({"ndcg@10": .063, "recall@10": .099}, {}, None),
    "beauty-loo+strict": ({"ndcg@10": .055, "recall@10": .087}, {}, None),
    "diginetica": ({"hit@20": .542, "mrr@20": .195}, {"hit@20": .525, "mrr@20": .184}, None),
    "rsc15": ({"hit@20": .695, "mrr@20": .372}, {"hit@20": .69, "mrr@20": .355}, None),
    "tmall": ({"hit@10": .38, "ndcg@10": .19}, {"hit@10": .31}, None),
}

# Where the blend must beat the best learner alone (RECOMMEND_SINGLE).
SINGLE = ("gowalla", "ml1m-loo", "diginetica", "tmall")

def rows(p):
    """Events of the fit: (row of the protocol, item, position, kind)."""
    for kind, lists in (p.kinds or {"event": p.train}).items():
        for u, items in enumerate(lists):
            for t, item in enumerate(items): yield u, item, t, kind

def write(p, folder):
    """events.csv to learn from, asks.csv: who asks. A case without a row of its own is a new
    session; a history that is longer than what was learnt brings the rest along."""
    sessions = p.user[0] < 0
    with open(os.path.join(folder, "events.csv"), "w", newline="") as f:
        out = csv.writer(f)
        out.writerow(["session", "item", "time"] if sessions else
                     ["user", "item", "time"] + (["kind"] if p.kinds else []))
        for u, item, t, kind in rows(p):
            out.writerow([u, item, t] + ([kind] if p.kinds else []))
    with open(os.path.join(folder, "asks.csv"), "w", newline="") as f:
        out = csv.writer(f)
        if sessions:
            out.writerow(["session", "item", "time"])
            for c, items in enumerate(p.hist):
                for t, item in enumerate(items): out.writerow([f"case{c}", item, t])
        elif p.name.endswith("+strict"):
            out.writerow(["user", "item", "time"])
            for u, items in zip(p.user, p.hist):
                for t in range(len(p.train[u]), len(items)): out.writerow([u, items[t], t])
        else:
            out.writerow(["user"])
            for u in p.user: out.writerow([u])

def answers(p, path, k):
    at = {f"case{c}" if u < 0 else str(u): c for c, u in enumerate(p.user)}
    lists = np.full((len(p.hist), k), -1, np.int64)
    with open(path, newline="") as f:
        for row in csv.DictReader(f):
            lists[at[row["user"]], int(row["rank"]) - 1] = int(row["item"])
    return lists

def run(command, **more):
    """CPU seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, **more)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode: sys.exit(" ".join(command) + ": " + done.stderr)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

def fit(path, speed, more=()):
    return run([persona, "fit", "recommender", path("events.csv"), "-o", path("model"),
                *([] if speed == "best" else ["speed=" + speed]), *options.split(), *more])

def ask(p, path):
    """The lists, and the CPU seconds they took."""
    k = max(p.ks)
    with open(path("lists.csv"), "w") as f:
        cpu = run([persona, "recommend", path("model"), path("asks.csv"), f"k={k}"], stdout=f)
    return answers(p, path("lists.csv"), k), cpu

def single(p, path, lists):
    """auto beside the learner that was the best alone on the part that the fit chose by."""
    text = subprocess.run([persona, "show", path("model"), "trials"], stdout=subprocess.PIPE,
                          text=True, check=True).stdout
    best = max(csv.DictReader(text.splitlines()), key=lambda row: float(row["ndcg_20"]))
    fit(path, "fast", ["algorithm=" + best["member"]])
    told = metrics.compare(p, ask(p, path)[0], lists)
    print(f"  auto above {best['member']} alone in {told['metric']}: {told['b_minus_a']:+.4f} "
          f"({told['low']:+.4f} .. {told['high']:+.4f})", flush=True)
    return told["high"] > 0

def judge(name, speed):
    p = metrics.load(name)
    folder = os.path.join(work, name)
    os.makedirs(folder, exist_ok=True)
    path = lambda file: os.path.join(folder, file)
    write(p, folder)
    best, fast, seconds = FLOORS[name]
    floors = fast if speed == "fast" else best
    fitted = fit(path, speed)
    lists, asked = ask(p, path)
    if keep: metrics.write_lists(os.path.join(keep, f"{name}.{speed}.txt"), p, lists)
    cases, good = metrics.per_case(p, lists), True
    told = metrics.evaluate(p, lists)
    line = []
    for metric in best:
        value, error = cases[metric].mean(), cases[metric].std() / len(p.hist) ** .5
        text = f"{metric} {value:.4f}"
        if metric in floors:
            reached, near = value >= floors[metric], value + 1.96 * error >= floors[metric]
            text += f" (>= {floors[metric]:g}{'' if reached else ', within the interval' if near else ', below'})"
            good &= near
        line.append(text)
    slow = seconds is not None and speed == "best" and fitted > seconds
    wrong = told["masked_shown"] > 0
    print(f"{name:18s} {speed:4s} {'  '.join(line)}  fit {fitted:.1f} CPU s"
          f"{f' (<= {seconds})' if seconds and speed == 'best' else ''}{', below' if slow else ''}"
          f"  ask {1e6 * asked / len(p.hist):.0f} us  short {told['short_lists']}"
          f"{'  masked items shown, below' if wrong else ''}", flush=True)
    above = not alone or name not in SINGLE or speed == "fast" or single(p, path, lists)
    return good and not slow and not wrong and above

bad = 0
for name in sets:
    for speed in speeds.split(): bad += not judge(name, speed)
sys.exit(bad > 0)
PY
exit $code
