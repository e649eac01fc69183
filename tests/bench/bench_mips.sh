#!/bin/sh
# bench_mips.sh: top-10 of 100,000 x 64 beside faiss, one thread, least CPU time, both in
# one run; lists must be the same. Skipped unless PEERS_PYTHON has faiss.
# MIPS_ROWS, MIPS_DIMS, MIPS_K: other sizes. MIPS_FACTORS: rows.npy,queries.npy (float32).
python=${PEERS_PYTHON:-python3}
if ! "$python" -c 'import faiss' 2>/dev/null; then
    echo "bench_mips: no faiss here (PEERS_PYTHON); skipped"
    exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE "$python" - "$O/tests/bench/bench_mips" "$work" <<'PY'
import json, os, subprocess, sys, time
import numpy as np, faiss
program, work = sys.argv[1:]
rows, dims, k = (int(os.environ.get("MIPS_" + n, d)) for n, d in (("ROWS", 100000), ("DIMS", 64), ("K", 10)))
faiss.omp_set_num_threads(1)
if "MIPS_FACTORS" in os.environ:
    x, q = (np.load(p).astype(np.float32) for p in os.environ["MIPS_FACTORS"].split(","))
    rows, dims = x.shape
else:
    r = np.random.default_rng(0)
    x, q = r.standard_normal((rows, dims), np.float32), r.standard_normal((2000, dims), np.float32)
flat = faiss.IndexFlatIP(dims)
flat.add(x)
x.tofile(work + "/x"), q.tofile(work + "/q")


def peer():
    n, times = min(len(q), 200), []
    for one in (True, False):
        t = time.process_time()
        if one:
            for i in range(n): flat.search(q[i:i + 1], k)
        else:
            flat.search(q, k)
        times.append((time.process_time() - t) / (n if one else len(q)) * 1e6)
    return times


def own(level):
    line = subprocess.run([program, "--from", work + "/x", "--queries", work + "/q", "--dims", str(dims), "--k", str(k),
                           "--out", work + "/out", "--level", level], capture_output=True, text=True)
    if line.returncode: return None
    got = np.fromfile(work + "/out", np.int64).reshape(len(q), k)
    return json.loads(line.stdout) | {"same": np.mean([len(set(a) & set(b)) / k for a, b in zip(got.tolist(), truth.tolist())])}


truth = flat.search(q, k)[1]
peers, mine = [], {}
for _ in range(3):
    peers.append(peer())
    for level in ("avx512", "avx2", "neon"):
        found = own(level)
        if found: mine.setdefault(level, []).append(found)
one, many = np.min(peers, axis=0)
print(f"top-{k} of {rows} x {dims}, microseconds a query, faiss {faiss.__version__} flat: one {one:.1f}, many {many:.1f}")
for runs in mine.values():
    a, b = (min(r[n] for r in runs) for n in ("single_cpu_us", "batch_cpu_us"))
    print(f"  {runs[0]['level']:12} one {a:7.1f} ({one / a:5.1f} x)  many {b:7.1f} ({many / b:5.1f} x)  "
          f"of faiss's lists {runs[0]['same']:.6f}  build {runs[0]['build_ms']:.0f} ms")
PY
