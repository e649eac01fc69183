<?php
/* The PHP binding against the shared library: the honest test of the contract. */
declare(strict_types=1);
require __DIR__ . '/../../examples/bindings/persona.php';

use Persona\{Error, FraudScorer, Library, Model, Recommender, Segmenter, Table};

const OPTIONS = ['features' => ['recency', 'frequency', 'monetary'], 'k' => 3, 'seed' => 1];
define('CUSTOMERS', shell_exec('awk -f ' . escapeshellarg(__DIR__ . '/customers.awk')));
define('PAYMENTS', shell_exec('awk -f ' . escapeshellarg(__DIR__ . '/payments.awk')));
const QUICK = ['search' => 1, 'gbdt.rounds' => 20, 'draws' => 5];
define('FOLDER', sys_get_temp_dir() . '/persona-php-' . getmypid());
mkdir(FOLDER);
register_shutdown_function(function () {
    array_map('unlink', glob(FOLDER . '/*'));
    rmdir(FOLDER);
});

function fitted(array $more = []): Segmenter
{
    return Segmenter::fit(Table::fromCsv(CUSTOMERS), $more + OPTIONS);
}

function customers(): array
{
    return array_map(fn($row) => [(float)$row['recency'], (float)$row['frequency'], (float)$row['monetary']],
        Table::fromCsv(CUSTOMERS)->rows());
}

function scorer(): FraudScorer
{
    return FraudScorer::fit(Table::fromCsv(PAYMENTS), QUICK);
}

function same(mixed $have, mixed $want, string $what = ''): void
{
    if ($have !== $want) throw new Exception("$what have " . var_export($have, true) . ', want ' . var_export($want, true));
}

/* The error that $call ends in. */
function refused(callable $call): Error
{
    try {
        $call();
    } catch (Error $error) {
        return $error;
    }
    throw new Exception('no error');
}

$tests = [
    'every declared function is in the library' => function () {
        preg_match_all('/\b(persona_[a-z0-9_]+)\(/', file_get_contents(getenv('PERSONA_HEADER')), $found);
        same(count($found[1]) > 50, true);
        foreach ($found[1] as $name) Library::ffi()->$name;
    },
    'fit, save, open, assign gives the command\'s answer' => function () {
        file_put_contents(FOLDER . '/customers.csv', CUSTOMERS);
        fitted()->save(FOLDER . '/m.persona');
        $command = [getenv('PERSONA_COMMAND'), 'assign', FOLDER . '/m.persona', FOLDER . '/customers.csv'];
        $said = Table::fromCsv(shell_exec(implode(' ', array_map('escapeshellarg', $command))))->rows();
        same(count($said), 300);
        $query = Model::open(FOLDER . '/m.persona')->query();
        foreach (customers() as $i => $row)
            same($query->assign($row), [(int)$said[$i]['segment'], (float)$said[$i]['distance']], "row $i");
    },
    'assigning a table is assigning its rows' => function () {
        $model = fitted();
        $query = $model->query();
        $answers = $model->assignTable(Table::fromCsv(CUSTOMERS))->rows();
        foreach (customers() as $i => $row)
            same($query->assign($row), [(int)$answers[$i]['segment'], (float)$answers[$i]['distance']], "row $i");
    },
    'two opens of a file are one model' => function () {
        fitted()->save(FOLDER . '/m.persona');
        $one = Model::open(FOLDER . '/m.persona');
        same(FFI::cast('uintptr_t', $one->c)->cdata, FFI::cast('uintptr_t', Model::open(FOLDER . '/m.persona')->c)->cdata);
        same($one->digest(), fitted()->digest());
    },
    'text inputs are bound' => function () {
        $query = fitted(['features' => ['recency', 'city']])->query();
        $query->text(1, 'Tromsø');
        $near = $query->assign([300, 0]);
        $query->text(1, 'Oslo');
        same($near[1] < $query->assign([300, 0])[1], true);
    },
    'scoring gives the command\'s answer' => function () {
        file_put_contents(FOLDER . '/payments.csv', PAYMENTS);
        scorer()->save(FOLDER . '/f.persona');
        $command = [getenv('PERSONA_COMMAND'), 'score', FOLDER . '/f.persona', FOLDER . '/payments.csv'];
        $said = Table::fromCsv(shell_exec(implode(' ', array_map('escapeshellarg', $command))))->rows();
        same(count($said), 240);
        $query = Model::open(FOLDER . '/f.persona')->query();
        foreach (Table::fromCsv(PAYMENTS)->rows() as $i => $row) {
            $query->text(2, $row['country']);
            $amount = $row['amount'] === '' ? NAN : (float)$row['amount'];
            same($query->score([$amount, (float)$row['items'], 0]),
                [(float)$said[$i]['probability'], $said[$i]['action']], "row $i");
        }
    },
    'a payment has an action and reasons' => function () {
        $model = scorer();
        same(array_column($model->part('inputs')->rows(), 'name'), ['amount', 'items', 'country']);
        $query = $model->query(['reasons' => 2]);
        $query->text(2, 'BR');
        [$probability, $action] = $query->score([95.0, 2, 0]);
        same([$probability > 0.5, $action], [true, 'block']);
        $dear = $model->query(['fixed_fee' => 0, 'insult' => 100, 'review' => false]);
        $dear->text(2, 'BR');
        same([$dear->score([95.0, 2, 0])[1], $dear->score([95.0, 2, 0], 0.01)[1]], ['block', 'accept']);
        same(in_array('country BR', array_column($query->explain([95.0, 2, 0])->rows(), 'words'), true), true);
        same(refused(fn() => $query->score([INF, 2, 0]))->getCode(), -3);
        same(refused(fn() => $query->assign([95.0, 2, 0]))->getCode() < 0, true);
        same($model->scoreTable(Table::fromCsv(PAYMENTS), ['threads' => 2])->count(), 240);
    },
    'an evaluation, and an import that is none' => function () {
        $metrics = FraudScorer::evaluate(Table::fromCsv(PAYMENTS), QUICK, ['split' => 'every5th', 'metrics' => ['rows', 'auc']]);
        $said = array_column($metrics->rows(), 'value', 'metric');
        same([(int)$said['rows'], (float)$said['auc'] > 0.8], [48, true]);
        file_put_contents(FOLDER . '/light.txt', 'no model');
        same(refused(fn() => FraudScorer::import(FOLDER . '/light.txt'))->getCode(), -7);
    },
    'an unknown option names the nearest' => function () {
        $error = refused(fn() => fitted(['sed' => 1]));
        same($error->getCode(), -2);
        same(str_contains($error->getMessage(), 'seed'), true, $error->getMessage());
    },
    'wrong inputs are errors' => function () {
        $query = fitted()->query();
        same(refused(fn() => $query->assign([INF, 1, 1]))->getCode(), -3);
        same(refused(fn() => $query->assign([1, 2]))->getCode(), -1);
        same(refused(fn() => Model::load(FOLDER . '/none'))->getCode(), -6);
        file_put_contents(FOLDER . '/x.persona', 'no model');
        same(refused(fn() => Model::load(FOLDER . '/x.persona'))->getCode(), -7);
    },
    'a recommender serves visitors, carts and tables' => function () {
        $events = "user,item,order\na,x,1\na,y,1\nb,x,2\nb,y,2\nc,x,3\nc,y,3\nc,z,3\n";
        $model = Recommender::fit(Table::fromCsv($events));
        same([$model->items(), $model->item('y'), $model->item('nosuch')], [3, 1, -1]);
        $model->save(FOLDER . '/r.persona');
        $query = Model::open(FOLDER . '/r.persona')->query();
        same($query->user('nobody'), false);
        $query->items('history', ['x']);
        same($query->recommend(1)[0][0], 'y');
        same(abs(array_sum(array_column($query->why(0)->rows(), 'share')) - 1) < 1e-6, true);
        $query->items('exclude', ['y']);
        same(array_column($query->recommend(5), 0), ['z']);
        $query = $model->query();
        same($query->user('a'), true);
        $row = $model->recommendTable(null, ['k' => 1])->rows()[0];
        same([$row['user'], $row['item']], ['a', $query->recommend(1)[0][0]]);
        for ($u = 0; $u < 12; $u++) $events .= "u$u,x," . (9 + 2 * $u) . "\nu$u,y," . (10 + 2 * $u) . "\n";
        $metrics = array_column(Recommender::evaluate(Table::fromCsv($events), ['algorithm' => 'popular'],
            ['split' => 'last', 'k' => 2, 'metrics' => ['recall']])->rows(), 'value', 'metric');
        same([$metrics['cases'], $metrics['recall@2']], ['12', '1']);
    },
    'a missing value is NAN' => function () {
        same(is_int(fitted()->query()->assign([6, 44, NAN])[0]), true);
    },
    'parts, notes and inputs are tables' => function () {
        $model = fitted();
        same(array_column($model->part('inputs')->rows(), 'name'), OPTIONS['features']);
        same($model->describe()['kind'], 'segmenter');
        same($model->part('rules')->count() > 0, true);
        same(count($model->query()->explain([6, 44, 2500.0])->rows()), 3);
        same(in_array('k', array_column(Table::schema('segmenter.fit')->rows(), 'name'), true), true);
    },
    'a linked table gives customers their attributes' => function () {
        $table = Table::fromCsv(CUSTOMERS);
        $table->link('city', Table::fromCsv("city,people\nOslo,700\nBergen,290\nTromsø,78\n"), 'city');
        same($table->count(), 300);
    },
    'the binding can be preloaded, as docs/bindings_php.md says' => function () {
        if (!extension_loaded('Zend OPcache')) return;
        $head = "#define FFI_SCOPE \"persona\"\n#define FFI_LIB \"" . getenv('PERSONA_LIBRARY') . "\"\n";
        file_put_contents(FOLDER . '/scope.h', $head . file_get_contents(getenv('PERSONA_HEADER')));
        $settings = ['opcache.enable_cli=1', 'opcache.preload_user=' . trim(shell_exec('id -un')),
            'ffi.enable=preload', 'ffi.preload=' . FOLDER . '/scope.h',
            'opcache.preload=' . realpath(__DIR__ . '/../../examples/bindings/persona.php')];
        $php = implode(' -d ', array_map('escapeshellarg', [PHP_BINARY, ...$settings]));
        same(shell_exec("$php -r 'echo count(Persona\\Table::fromCsv(\"a\\n1\\n2\\n\")->rows());' 2>&1"), '2');
    },
    'the documented program runs' => function () {
        preg_match('/```php\n(.*?)```/s', file_get_contents(__DIR__ . '/../../docs/bindings_php.md'), $found);
        $program = str_replace("require 'persona.php';", '', $found[1]);
        symlink(realpath(__DIR__ . '/../../examples/data/complete_journey/orders.csv.gz'), FOLDER . '/orders.csv.gz');
        chdir(FOLDER);
        ob_start();
        try {
            eval($program);
        } finally {
            $said = ob_get_clean();
        }
        same(preg_match('/^\d+ \w.*\n$/', $said), 1, $said);
    },
];
$bad = 0;
foreach ($tests as $name => $test) {
    try {
        $test();
    } catch (Throwable $e) {
        $bad++;
        fwrite(STDERR, "FAILED: $name: " . get_class($e) . ': ' . $e->getMessage() . "\n");
    }
}
printf("%d passed, %d failed\n", count($tests) - $bad, $bad);
exit($bad ? 1 : 0);
