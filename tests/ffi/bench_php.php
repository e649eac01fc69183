<?php
/* ns of one assign through the PHP binding: 8 inputs, 6 segments, all log1p; the least of
 * 100 rounds of 10,000 calls. */
declare(strict_types=1);
require __DIR__ . '/../../examples/bindings/persona.php';

mt_srand(1);
$csv = "f0,f1,f2,f3,f4,f5,f6,f7\n";
for ($i = 0; $i < 4000; $i++)
    $csv .= implode(',', array_map(fn() => round(-100 * log(mt_rand(1, 1 << 30) / (1 << 30)), 3), range(0, 7))) . "\n";
$model = Persona\Segmenter::fit(Persona\Table::fromCsv($csv), ['k' => 6, 'transform' => 'log1p']);
$query = $model->query();
$row = [12.0, 5.0, 830.0, 200.0, 90.0, 1500.0, 60.0, 0.0];
$best = INF;
$calls = 10000;
for ($round = 0; $round < 100; $round++) {
    $start = hrtime(true);
    for ($i = 0; $i < $calls; $i++) $query->assign($row);
    $best = min($best, (hrtime(true) - $start) / $calls);
}
printf("php %s FFI: %.0f ns an assign\n", PHP_VERSION, $best);
