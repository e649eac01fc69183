"""The fraud scorer at its default options on known sets: against floors, and against its peers.

python fraud.py floors [SET...]    AUC, AP, log loss, calibration error (15 bins of equal mass) beside the floors of the sets
python fraud.py peers [SET...]     LightGBM, XGBoost and CatBoost, each with settings chosen on validation, in the same run
python fraud.py trees [SET...]     claims, money and ranking: the engine's search alone (TREES: quality_gbdt) beside floors

Each set is split as its protocol says (official test part, last fifth by time, every fifth row) by data.py of the folder PEERS,
whose metrics.py scores and whose peers.py chooses and fits the peers. A fit of ours is told only what a table cannot tell: its label,
the weights, which numbers are codes of categories, that rows lie in the order of time. Predictions of the peers are kept in PEERS_OUT
where that is set, and taken from there if they are there already.

`peers` prints the paired bootstrap of ours minus the peer's (1,000 draws, 95 %), ranks, and mean ranks over the sets. It fails where ours
is significantly worse than LightGBM in AUC, AP or log loss, or where its mean rank is worse than that of the second-best peer.
Environment: PERSONA (the command), TREES, PEERS, PERSONA_DATA, PEERS_OUT, FRAUD_OPTIONS (options of the fit, as "search=1").
"""
import csv, os, shlex, subprocess, sys, tempfile, time

PEERS = os.environ["PEERS"]
PERSONA = os.path.abspath(os.environ["PERSONA"])
sys.path.insert(0, PEERS)
import numpy as np
import data, metrics

# least AUC, least AP, most log loss, most calibration error; seeds whose mean counts
FLOORS = {
    "lgbm_binary": (.828, None, None, None, 5),
    "adult": (.931, None, .2735, None, 1),
    "creditcard": (.985, .90, .028, .005, 1),
    "creditcard_cut": (None, None, None, .006, 5),
    "vehicle": (.775, .16, None, None, 1),
    "vehicle@mod5": (.885, .33, None, None, 1),
}
AGAINST = "creditcard vehicle vehicle@mod5 lgbm_binary adult ecommerce_static ecommerce_live creditcard@random vehicle@random ecommerce_live@random"
# what is measured, its sign, the floor, seeds whose mean counts; rank: queries without a relevant row count 0
TREES = {
    "datacar_poisson": ("poisson_dev", -1, .7985, 1),
    "datacar_tweedie": ("tweedie_dev", -1, 107.7, 1),
    "lgbm_rank": ("ndcg5", 1, .675, 5),
    "mq2008": ("ndcg10_empty0", 1, .484, 1),
}
NAMES = ("lightgbm", "xgboost", "catboost")
JUDGED = (("auc", 1), ("ap", 1), ("logloss", -1))


def load(name, seed=0):
    """NAME_cut: a tenth of the good rows that learn; the share of frauds is told."""
    base, cut, _ = name.partition("_cut")
    d = data.load(base if cut else name)
    extra = []
    if cut:
        keep = (d.ytr > 0) | (np.random.RandomState(11 + seed).rand(len(d.ytr)) < .1)
        extra = [f"prevalence={d.ytr.mean():.17g}"]
        d.Xtr, d.ytr = d.Xtr[keep], d.ytr[keep]
    return d, extra


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit("fraud.py: " + " ".join(command[:3]) + ": " + done.stderr.strip())
    return done.stdout


def ours(d, extra, seed=0):
    """Probabilities of the test part by a fit on the training part, both through the command."""
    with tempfile.TemporaryDirectory() as folder:
        data.write(d, folder)
        at = lambda file: os.path.join(folder, file)
        options = ["column.label=label", f"seed={seed}"] + extra + shlex.split(os.environ.get("FRAUD_OPTIONS", ""))
        if d.cat: options.append("categories=" + ",".join(d.cols[i] for i in d.cat))
        if d.wtr is not None: options.append("column.weight=weight")
        if d.split == "time": options.append("validation=order")
        run(PERSONA, "fit", "fraud_scorer", at("train.csv"), "-o", at("model.persona"), *options)
        answers = run(PERSONA, "score", at("model.persona"), at("test.csv"), "reasons=0")
        return np.array([float(row["probability"]) for row in csv.DictReader(answers.splitlines())])


def floors(names):
    code = 0
    print(f"{'set':15} {'AUC':>7} {'AP':>7} {'log loss':>9} {'ECE':>7} {'seconds':>7}   floors")
    for name in names or FLOORS:
        floor = FLOORS.get(name, (None, None, None, None, 1))
        start, got = time.time(), []
        for seed in range(floor[4]):
            d, extra = load(name, seed)
            m = metrics.metrics(d, ours(d, extra, seed))
            got.append([m[k] for k in ("auc", "ap", "logloss", "ece")])
        mean = np.mean(got, axis=0)
        signs, said, below = (">=", ">=", "<=", "<="), [], False
        for k, v, f, s in zip(("AUC", "AP", "log loss", "ECE"), mean, floor, signs):
            if f is None: continue
            said.append(f"{k} {s} {f}")
            below |= bool(v < f if s == ">=" else v > f)
        code |= below
        print(f"{name:15} {mean[0]:7.4f} {mean[1]:7.4f} {mean[2]:9.4f} {mean[3]:7.4f} {time.time() - start:7.0f}   "
              f"{', '.join(said)}{'   below' if below else ''}", flush=True)
    return int(code)


def grown(d, seed):
    """Predictions of the test part by the search of the tree engine."""
    with tempfile.TemporaryDirectory() as folder:
        put = lambda name, values: np.ascontiguousarray(values, float).tofile(os.path.join(folder, name))
        put("train.x", d.Xtr); put("train.y", d.ytr); put("test.x", d.Xte)
        if d.wtr is not None: put("train.w", d.wtr)
        if d.gtr is not None: put("train.g", np.diff(np.r_[0, np.where(np.diff(d.gtr))[0] + 1, len(d.gtr)]))
        run(os.environ["TREES"], folder, d.task, str(seed), *map(str, d.cat))
        return np.fromfile(os.path.join(folder, "test.p"))


def trees(names):
    code = 0
    print(f"{'set':15} {'measure':>13} {'ours':>9} {'seconds':>7}   floor")
    for name in names or TREES:
        key, sign, floor, seeds = TREES[name]
        d, start = data.load(name), time.time()
        got = np.mean([metrics.metrics(d, grown(d, seed))[key] for seed in range(seeds)])
        below = sign * got < sign * floor
        code |= int(below)
        print(f"{name:15} {key:>13} {got:9.4f} {time.time() - start:7.0f}   {'>=' if sign > 0 else '<='} {floor}"
              f"{'   below' if below else ''}", flush=True)
    return code


def peer(d, name, folder):
    """Predictions of a peer chosen on validation."""
    file = os.path.join(folder, f"{d.name}.{name}.grid.txt")
    if not os.path.exists(file):
        os.environ["PERSONA_OUT"] = folder
        import peers
        peers.OUT, peers.emit = folder, lambda **said: None
        peers.supervised(d, name)
    return np.loadtxt(file)


def ranks(values, sign):
    """1 = best; ties share the mean of their places."""
    v = -sign * np.asarray(values)
    return [1 + np.sum(v < x) + .5 * (np.sum(v == x) - 1) for x in v]


def against(names, folder):
    rank, worse = {k: [] for k, _ in JUDGED}, []
    print(f"{'set':21} {'':9} {'AUC':>7} {'AP':>7} {'log loss':>8} {'ECE':>6}   ours minus it: AUC, AP, log loss (95 %)")
    for name in names or AGAINST.split():
        d, extra = load(name)
        p = {"ours": ours(d, extra), **{n: peer(d, n, folder) for n in NAMES}}
        m = {n: metrics.metrics(d, q) for n, q in p.items()}
        for k, sign in JUDGED: rank[k].append(ranks([m[n][k] for n in p], sign))
        for n, q in p.items():
            line = f"{d.name if n == 'ours' else '':21} {n:9} {m[n]['auc']:7.4f} {m[n]['ap']:7.4f} {m[n]['logloss']:8.4f} {m[n]['ece']:6.4f}  "
            pairs = {} if n == "ours" else metrics.bootstrap(d, p["ours"], q)
            for k, sign in JUDGED if pairs else ():
                low, high = pairs[k]["lo"], pairs[k]["hi"]
                mark = "+" if sign * low > 0 and sign * high > 0 else "-" if sign * low < 0 and sign * high < 0 else " "
                line += f"  {m['ours'][k] - m[n][k]:+.4f} [{low:+.4f} {high:+.4f}]{mark}"
                if n == "lightgbm" and mark == "-": worse.append(f"{d.name} {k}")
            print(line, flush=True)
        print(f"{'':21} rank of ours: " + ", ".join(f"{k} {rank[k][-1][0]:g}" for k, _ in JUDGED), flush=True)
    mean = np.mean([np.mean(rank[k], axis=0) for k, _ in JUDGED], axis=0)
    print("mean ranks (of 4)      " + "  ".join(f"{n:>9}" for n in p))
    for k, _ in JUDGED: print(f"  {k:20} " + "  ".join(f"{v:9.2f}" for v in np.mean(rank[k], axis=0)))
    print(f"  {'all':20} " + "  ".join(f"{v:9.2f}" for v in mean))
    second = sorted(mean[1:])[1]
    print("significantly worse than LightGBM: " + (", ".join(worse) or "nowhere"))
    print(f"mean rank {mean[0]:.2f}, second-best peer {second:.2f}{'   below' if mean[0] > second else ''}")
    return int(bool(worse) or mean[0] > second)


if __name__ == "__main__":
    verb, names = sys.argv[1], sys.argv[2:]
    if verb == "floors": sys.exit(floors(names))
    if verb == "trees": sys.exit(trees(names))
    with tempfile.TemporaryDirectory() as spare:
        sys.exit(against(names, os.environ.get("PEERS_OUT") or spare))
