<?php
/* libpersona from PHP (8.1 or later, extension FFI): one class for each noun.
 *
 *     require 'persona.php';
 *     $query = Persona\Model::open('customers.persona')->query();
 *     [$segment, $distance] = $query->assign([12, 5, 830.0, 200, 166.0, 0.1, 0.3]);
 *     [$probability, $action] = Persona\Model::open('fraud.persona')->query()->score([95.0, 2]);
 *
 * Found by the environment: PERSONA_LIBRARY (default libpersona.so.0) and PERSONA_HEADER
 * (persona.ffi.h; default: beside this checkout, /usr/local, /usr). Under
 * ffi.enable=preload the scope "persona" is used instead: see docs/bindings_php.md. */
declare(strict_types=1);
namespace Persona;

use FFI, FFI\CData;
use function count, pack;

/* getCode() is a code such as -2; $where the row, byte or line, or -1. */
final class Error extends \RuntimeException
{
    public function __construct(string $message, int $code, public readonly int $where = -1)
    {
        parent::__construct($message, $code);
    }
}

final class Library
{
    private static ?FFI $ffi = null;
    private static CData $error; // arrays of one element: PHP passes them as pointers

    public static function ffi(): FFI
    {
        return self::$ffi ?? self::start();
    }

    private static function start(): FFI
    {
        try {
            self::$ffi = FFI::scope('persona');
        } catch (FFI\Exception) {
            $places = [getenv('PERSONA_HEADER'), __DIR__ . '/../../build/ffi/persona.ffi.h',
                '/usr/local/include/persona.ffi.h', '/usr/include/persona.ffi.h'];
            $header = current(array_filter($places, fn($place) => $place && is_readable($place)));
            if ($header === false) throw new Error('persona.ffi.h not found: set PERSONA_HEADER', -6);
            $library = getenv('PERSONA_LIBRARY') ?: 'libpersona.so.0';
            self::$ffi = FFI::cdef(file_get_contents($header), $library);
        }
        self::$error = self::$ffi->new('persona_error[1]');
        return self::$ffi;
    }

    public static function error(): CData
    {
        self::ffi();
        return self::$error;
    }

    public static function fail(): never
    {
        $error = self::$error[0];
        throw new Error(FFI::string($error->message), $error->code, $error->where);
    }

    /* Calls with the error as the last argument. Objects stand for their pointers and stay
     * alive during the call. */
    public static function run(string $function, mixed ...$args): void
    {
        $c = array_map(fn($arg) => $arg instanceof Handle ? $arg->c : $arg, $args);
        $c[] = self::error();
        if (self::$ffi->{"persona_$function"}(...$c) !== 0) self::fail();
    }

    /* Out first, error last: one rule serves every function that makes something. */
    public static function make(string $type, string $function, mixed ...$args): CData
    {
        $out = self::ffi()->new("persona_$type *[1]");
        self::run($function, $out, ...$args);
        return $out[0];
    }

    /* The bytes of a persona_buffer, which is freed. */
    public static function bytes(CData $buffer): string
    {
        $size = self::ffi()->persona_buffer_size($buffer);
        $bytes = $size ? FFI::string(self::$ffi->persona_buffer_data($buffer), $size) : '';
        self::$ffi->persona_buffer_free($buffer);
        return $bytes;
    }
}

/* Owns one pointer, freed with the object. */
abstract class Handle
{
    public function __construct(public readonly CData $c)
    {
    }

    public function __destruct()
    {
        $noun = static::NOUN;
        Library::ffi()->{"persona_{$noun}_free"}($this->c);
    }
}

/* Options by name: ['k' => 6, 'column.user' => 'customer_id']. */
final class Params extends Handle
{
    protected const NOUN = 'params';

    public function __construct(string $schema, array $options)
    {
        parent::__construct(Library::make('params', 'params_new', $schema));
        foreach ($options as $name => $value) {
            if (is_bool($value)) $value = $value ? 'true' : 'false';
            $quote = fn($item) => str_contains((string)$item, ',') ? "\"$item\"" : $item;
            $text = is_array($value) ? implode(',', array_map($quote, $value)) : (string)$value;
            Library::run('params_set_text', $this, $name, $text, strlen($text));
        }
    }
}

final class Table extends Handle
{
    protected const NOUN = 'table';

    public static function readCsv(string $path, array $csv = []): self
    {
        return new self(Library::make('table', 'table_read_csv', $path, new Params('csv', $csv), null));
    }

    public static function fromCsv(string $bytes, array $csv = []): self
    {
        $csv = new Params('csv', $csv);
        return new self(Library::make('table', 'table_from_csv', $bytes, strlen($bytes), $csv, null));
    }

    public static function schema(string $name): self
    {
        return new self(Library::make('table', 'params_schema', $name));
    }

    public function toCsv(): string
    {
        return Library::bytes(Library::make('buffer', 'table_to_csv', $this, null));
    }

    public function link(string $column, Table $other, string $key): void
    {
        Library::run('table_link', $this, $column, $other, $key);
    }

    public function count(): int
    {
        return Library::ffi()->persona_table_rows($this->c);
    }

    /* All rows, each as [column => text]; missing is ''. For results of moderate size. */
    public function rows(): array
    {
        $file = fopen('php://memory', 'w+');
        fwrite($file, $this->toCsv());
        rewind($file);
        $names = fgetcsv($file, null, ',', '"', '');
        $rows = [];
        while (($row = fgetcsv($file, null, ',', '"', '')) !== false) $rows[] = array_combine($names, $row);
        return $rows;
    }
}

class Model extends Handle
{
    protected const NOUN = 'model';

    /* This process's one copy of the file, read again when the file was replaced: the call
     * for web requests. */
    public static function open(string $path, array $load = []): self
    {
        return self::of(Library::make('model', 'model_open', $path, new Params('model.load', $load)));
    }

    public static function load(string $path, array $load = []): self
    {
        return self::of(Library::make('model', 'model_load', $path, new Params('model.load', $load), null));
    }

    private static function of(CData $model): self
    {
        return match (Library::ffi()->persona_model_kind($model)) {
            'segmenter' => new Segmenter($model),
            'fraud_scorer' => new FraudScorer($model),
            'recommender' => new Recommender($model),
            default => new self($model),
        };
    }

    public function save(string $path): void
    {
        Library::run('model_save', $this, $path, null);
    }

    public function describe(): array
    {
        return json_decode(Library::bytes(Library::make('buffer', 'model_describe', $this)), true);
    }

    /* "notes", "inputs", or a part such as "rules". */
    public function part(string $name): Table
    {
        $own = $name === 'notes' || $name === 'inputs';
        return new Table($own ? Library::make('table', "model_$name", $this)
            : Library::make('table', 'model_part', $this, $name));
    }

    public function digest(): string
    {
        return Library::ffi()->persona_model_digest($this->c);
    }
}

/* What all kinds of models share: KIND is their name in the library. */
abstract class Kind extends Model
{
    protected const QUERY = Query::class;

    public static function fit(Table $table, array $options = []): static
    {
        return static::own(static::call('fit', $table, static::params('fit', $options), null));
    }

    protected static function params(string $what, array $options): Params
    {
        return new Params(static::KIND . ".$what", $options);
    }

    protected static function call(string $function, mixed ...$args): CData
    {
        return Library::make(static::KIND, static::KIND . "_$function", ...$args);
    }

    protected static function own(CData $made): static
    {
        return new static(Library::ffi()->{'persona_' . static::KIND . '_model'}($made));
    }

    protected function answer(string $function, ?Table $table, array $query): Table
    {
        $query = static::params('query', $query);
        return new Table(Library::make('table', static::KIND . "_$function", $this->typed(), $table, $query, null));
    }

    public function query(array $options = []): Query
    {
        $options = static::params('query', $options);
        $class = static::QUERY;
        return new $class($this, Library::make('query', static::KIND . '_prepare', $this->typed(), $options));
    }

    public function typed(): CData
    {
        return Library::ffi()->{'persona_model_' . static::KIND}($this->c);
    }
}

final class Segmenter extends Kind
{
    public const KIND = 'segmenter';

    public function assignTable(Table $table, array $query = []): Table
    {
        return $this->answer('assign_table', $table, $query);
    }
}

final class FraudScorer extends Kind
{
    public const KIND = 'fraud_scorer';

    /* From a model that LightGBM (text) or XGBoost (JSON) saved. */
    public static function import(string $path, array $options = []): self
    {
        return self::own(self::call('import', $path, self::params('import', $options), null));
    }

    /* Fits on a part of the table, measures on the rest. */
    public static function evaluate(Table $table, array $fit = [], array $evaluate = []): Table
    {
        return new Table(Library::make('table', 'fraud_scorer_evaluate', null, $table,
            self::params('fit', $fit), self::params('evaluate', $evaluate), null));
    }

    public function scoreTable(Table $table, array $query = []): Table
    {
        return $this->answer('score_table', $table, $query);
    }
}

final class Recommender extends Kind
{
    public const KIND = 'recommender';
    protected const QUERY = RecommenderQuery::class;

    /* Fits on a part of the events, measures on the rest. */
    public static function evaluate(Table $table, array $fit = [], array $evaluate = []): Table
    {
        return new Table(Library::make('table', 'recommender_evaluate', $table,
            self::params('fit', $fit), self::params('evaluate', $evaluate), null));
    }

    /* Of users, or of events of new ones; null: all known users. */
    public function recommendTable(?Table $table = null, array $query = []): Table
    {
        return $this->answer('recommend_table', $table, $query);
    }

    /* The number of an item in this model; -1: unknown. */
    public function item(string $id): int
    {
        return Library::ffi()->persona_recommender_item($this->typed(), $id, strlen($id));
    }

    public function items(): int
    {
        return Library::ffi()->persona_recommender_items($this->typed());
    }
}

/* A prepared question. $values: raw numbers in the order of part('inputs'), NAN = missing;
 * text inputs are bound before with text() and stand as 0 in $values. */
class Query extends Handle
{
    protected const NOUN = 'query';
    private const ACTIONS = ['accept', 'review', 'block'];
    private FFI $ffi;
    private CData $row, $whole, $real, $error;
    private int $inputs;

    public function __construct(protected readonly Kind $model, CData $query)
    {
        parent::__construct($query);
        $this->ffi = Library::ffi();
        $this->inputs = $model->part('inputs')->count();
        $this->row = $this->ffi->new("double[$this->inputs]");
        $this->whole = $this->ffi->new('int32_t[1]');
        $this->real = $this->ffi->new('double[1]');
        $this->error = Library::error();
    }

    public function text(int $input, string $text): void
    {
        Library::run('query_text', $this, $input, $text, strlen($text));
    }

    private function bind(array $values): void
    {
        if (count($values) !== $this->inputs) throw new Error("values: $this->inputs numbers needed", -1);
        FFI::memcpy($this->row, pack('d*', ...$values), 8 * $this->inputs);
    }

    /* Of a segmenter: [segment, distance]. */
    public function assign(array $values): array
    {
        $this->bind($values);
        $failed = $this->ffi->persona_segmenter_assign($this->c, $this->row, $this->inputs,
            $this->whole, $this->real, $this->error);
        if ($failed !== 0) Library::fail();
        return [$this->whole[0], $this->real[0]];
    }

    /* Of a fraud scorer: [probability, 'accept' | 'review' | 'block']; $amount NAN: what
     * the inputs tell. */
    public function score(array $values, float $amount = NAN): array
    {
        $this->bind($values);
        $failed = $this->ffi->persona_fraud_scorer_score($this->c, $this->row, $this->inputs, $amount,
            $this->real, $this->whole, $this->error);
        if ($failed !== 0) Library::fail();
        return [$this->real[0], self::ACTIONS[$this->whole[0]]];
    }

    public function explain(array $values): Table
    {
        $this->bind($values);
        return new Table(Library::make('table', $this->model::KIND . '_explain', $this, $this->row, $this->inputs));
    }
}

/* A question to a recommender. Items are bound by their ids. */
final class RecommenderQuery extends Query
{
    private const ROLES = ['history', 'cart', 'like', 'exclude'];
    private const REASONS = ['taste', 'next', 'again', 'together', 'similar', 'category', 'trending', 'popular'];

    /* Whose stored history counts; false: nobody knows him. Replaces the one before. */
    public function user(string $id): bool
    {
        $known = Library::ffi()->new('int32_t[1]');
        Library::run('query_user', $this, $id, strlen($id), $known);
        return $known[0] !== 0;
    }

    /* $role: 'history' (oldest first), 'cart', 'like' or 'exclude'. */
    public function items(string $role, array $ids): void
    {
        $numbers = Library::ffi()->new('int64_t[' . max(1, count($ids)) . ']');
        foreach (array_values($ids) as $i => $id) $numbers[$i] = $this->model->item((string)$id);
        Library::run('query_items', $this, array_search($role, self::ROLES, true), $numbers, count($ids));
    }

    /* [[id, score, reason], ...], best first. */
    public function recommend(int $k): array
    {
        $ffi = Library::ffi();
        [$scores, $reasons, $count, $length] = [$ffi->new("float[$k]"), $ffi->new("int32_t[$k]"),
            $ffi->new('int64_t[1]'), $ffi->new('int64_t[1]')];
        Library::run('recommender_run', $this, $k, null, $scores, $reasons, $count);
        if ($count[0] === 0) return [];
        $ids = explode("\n", $ffi->persona_query_ids($this->c, $length));
        return array_map(fn($i) => [$ids[$i], $scores[$i], self::REASONS[$reasons[$i]]], range(0, $count[0] - 1));
    }

    /* Why the item at this place (0 ...) of the last answer is there. */
    public function why(int $place): Table
    {
        return new Table(Library::make('table', 'recommender_explain', $this, $place));
    }
}
