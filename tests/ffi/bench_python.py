"""ns of one assign through the Python binding: 8 inputs, 6 segments, all log1p; the least of
100 rounds of 10,000 calls."""
import os, random, sys, time
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../examples/bindings"))
import persona

random.seed(1)
table = persona.Table({"f%d" % j: [random.expovariate(0.01) for _ in range(4000)] for j in range(8)})
query = persona.Segmenter.fit(table, k=6, transform="log1p").query()
row, best, calls = [float(v) for v in (12, 5, 830, 200, 90, 1500, 60, 0)], float("inf"), 10000
for _ in range(100):
    start = time.perf_counter_ns()
    for _ in range(calls): query.assign(row)
    best = min(best, (time.perf_counter_ns() - start) / calls)
print("python %s ctypes: %.0f ns an assign" % (sys.version.split()[0], best))
