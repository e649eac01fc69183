"""libpersona from Python: one class for each noun, over ctypes. No package is needed; numpy
and pandas are used where they are there.

    import persona
    orders = persona.Table.read_csv("orders.csv.gz")
    model = persona.Segmenter.fit(orders, column__user="customer_id", k="auto")
    model.save("customers.persona")
    query = persona.open("customers.persona").query()
    segment, distance = query.assign([12, 5, 830.0, 200, 166.0, 0.1, 0.3])
    probability, action = persona.open("fraud.persona").query().score({"amount": 95.0})

Options are keywords; "__" stands for the dot. The library is found by PERSONA_LIBRARY, then
by the system's linker, then in build/ beside this checkout."""
import ctypes as C, ctypes.util, datetime, itertools, json, math, os, weakref
try: import numpy as np
except ImportError: np = None

_here = os.path.dirname(os.path.abspath(__file__))
_path = (os.environ.get("PERSONA_LIBRARY") or ctypes.util.find_library("persona")
         or os.path.join(_here, "../../build/libpersona.so"))
_lib, _hot = C.CDLL(_path), C.PyDLL(_path)  # PyDLL keeps the GIL: right for nanoseconds

class _Error(C.Structure):
    _fields_ = [("code", C.c_int32), ("reserved", C.c_int32), ("where", C.c_int64),
                ("message", C.c_char * 240)]

class PersonaError(Exception):
    """What the library refused. code: such as -2; name: "PERSONA_EOPTION"; where: row, byte
    or line, or -1."""
    def __init__(self, error):
        super().__init__(error.message.decode("utf-8", "replace"))
        self.code, self.where = error.code, error.where
        self.name = _lib.persona_code_name(error.code).decode()

# Result, name and parameters: i int32 (0 or an error code), l int64, d double, s text, p any
# other pointer, v nothing. tests/ffi compares them with the header.
_types = dict(i=C.c_int32, l=C.c_int64, d=C.c_double, s=C.c_char_p, p=C.c_void_p, v=None)
for _line in """s version| s build_info| s code_name i| p buffer_data p| l buffer_size p
v buffer_free p| i task_new pp| v task_cancel p| v task_set_deadline pl| d task_progress p
s task_phase p| v task_free p| i params_new psp| v params_free p| i params_schema psp
i params_set_text psslp| i table_new pp| v table_free p| i table_read_csv psppp
i table_from_csv pplppp| i table_to_csv pppp| i table_add_int pspplp| i table_add_real psplp
i table_add_bool pspplp| i table_add_time pspplp| i table_add_text psspplp
i table_append ppp| i table_link pspsp| l table_rows p| l table_columns p| l table_find ps
s table_name pl| i table_type pl| p table_ints pl| p table_reals pl| p table_reals32 pl
p table_bools pl| p table_times pl| p table_valid pl| i table_text pllpp| i model_load psppp
i model_open pspp| i model_from_bytes pplpp| i model_save pspp| i model_to_bytes ppp
i model_describe ppp| i model_notes ppp| i model_inputs ppp| i model_part ppsp
i model_without_user ppslpp| s model_digest p| s model_kind p| v model_free p| v query_free p
i query_text plslp| i segmenter_fit ppppp| p segmenter_model p| p model_segmenter p
i segmenter_assign_table pppppp| i segmenter_prepare pppp| i segmenter_assign pplppp
i segmenter_distances pplplp| i segmenter_membership pplplp
i segmenter_explain ppplp| i fraud_scorer_fit ppppp| i fraud_scorer_import psppp
p fraud_scorer_model p| p model_fraud_scorer p| i fraud_scorer_score_table pppppp
i fraud_scorer_prepare pppp| i fraud_scorer_score ppldppp| i fraud_scorer_explain ppplp
i fraud_scorer_evaluate ppppppp| i recommender_fit ppppp| p recommender_model p
p model_recommender p| l recommender_items p| l recommender_item psl
i recommender_item_id plpp| i recommender_recommend_table pppppp| i recommender_prepare pppp
i recommender_evaluate pppppp| i query_user pslpp| i query_items piplp| i recommender_run plppppp
s query_ids pp| i recommender_explain pplp""".replace("|", "\n").split("\n"):
    _result, _name, *_args = _line.split()
    _function = getattr(_lib, "persona_" + _name)
    _function.restype = _types[_result]
    _function.argtypes = [_types[a] for a in "".join(_args)]

def _ok(call, *args):
    """Calls with a fresh error as the last argument."""
    error = _Error()
    if call(*args, C.byref(error)): raise PersonaError(error)

def _make(call, *args):
    """Out first, error last: one rule serves every function that makes something."""
    out = C.c_void_p()
    _ok(call, C.byref(out), *args)
    return out.value

def _text(text):
    return text if isinstance(text, bytes) else os.fspath(text).encode()

def _ms(day):
    if not isinstance(day, datetime.datetime):
        day = datetime.datetime.combine(day, datetime.time())
    if day.tzinfo is None: day = day.replace(tzinfo=datetime.timezone.utc)
    return round(day.timestamp() * 1000)

class _Handle:
    """Owns one pointer; freed by close(), by `with`, or when nobody needs it any more."""
    def __init__(self, pointer, free):
        self._as_parameter_ = C.c_void_p(pointer)
        self._free = weakref.finalize(self, free, pointer)
    def close(self):
        self._as_parameter_.value = None  # from now on the library says so
        self._free()
    def __enter__(self): return self
    def __exit__(self, *_): self.close()

def _option(value):
    if isinstance(value, bool): return str(value).lower()
    if not isinstance(value, (list, tuple)): return str(value)
    return ",".join('"%s"' % v if "," in str(v) else str(v) for v in value)

class _Params(_Handle):
    def __init__(self, schema, options):
        super().__init__(_make(_lib.persona_params_new, schema.encode()),
                         _lib.persona_params_free)
        for name, value in options.items():
            value = _option(value).encode()
            _ok(_lib.persona_params_set_text, self, name.replace("__", ".").encode(), value,
                len(value))

def _bytes(pointer):
    size = _lib.persona_buffer_size(pointer)
    data = C.string_at(_lib.persona_buffer_data(pointer), size)
    _lib.persona_buffer_free(pointer)
    return data

def version(): return _lib.persona_version().decode()
def build_info(): return json.loads(_lib.persona_build_info())
def schema(name): return Table(_make(_lib.persona_params_schema, name.encode()))

class Task(_Handle):
    """Watches and stops one long call from another thread."""
    def __init__(self):
        super().__init__(_make(_lib.persona_task_new), _lib.persona_task_free)
    def cancel(self): _lib.persona_task_cancel(self)
    def deadline(self, ms_from_now): _lib.persona_task_set_deadline(self, ms_from_now)
    progress = property(lambda self: _lib.persona_task_progress(self))
    phase = property(lambda self: _lib.persona_task_phase(self).decode())

class Table(_Handle):
    """Named columns. table["name"] is a list, missing values None; table.array("name") a
    numpy array."""
    def __init__(self, source=None):
        """From a dict of columns or a DataFrame (copied), or empty."""
        made = source if isinstance(source, int) else _make(_lib.persona_table_new)
        super().__init__(made, _lib.persona_table_free)
        if source is not None and not isinstance(source, int):
            for name in source: self.add(name, source[name])
    @classmethod
    def read_csv(cls, path, task=None, **csv):
        return cls(_make(_lib.persona_table_read_csv, _text(path), _Params("csv", csv), task))
    @classmethod
    def from_csv(cls, data, task=None, **csv):
        data = _text(data)
        return cls(_make(_lib.persona_table_from_csv, data, len(data), _Params("csv", csv), task))
    def to_csv(self, **csv):
        return _bytes(_make(_lib.persona_table_to_csv, self, _Params("csv", csv)))
    def add(self, name, values):
        """A column of int, float, bool, str, datetime or date (naive: UTC); None is missing."""
        if np is not None and isinstance(getattr(values, "dtype", None), np.dtype):
            if values.dtype.kind == "f": return self._add_array(name, values, "real", "f8")
            if values.dtype.kind == "i": return self._add_array(name, values, "int", "i8")
            if values.dtype.kind == "M": values = np.asarray(values).astype("M8[us]")
        values = values.tolist() if hasattr(values, "tolist") else list(values)
        n, valid = len(values), bytes(v is not None and v == v for v in values)
        here = [v for v, ok in zip(values, valid) if ok]
        of = lambda *types: bool(here) and all(isinstance(v, types) for v in here)
        array = lambda ctype, one, gap=0: (ctype * n)(
            *[one(v) if ok else gap for v, ok in zip(values, valid)])
        if of(bool): kind, data = "bool", (array(C.c_uint8, int), valid)
        elif of(int): kind, data = "int", (array(C.c_int64, int), valid)
        elif of(datetime.date): kind, data = "time", (array(C.c_int64, _ms), valid)
        elif of(str):
            texts = [v.encode() if ok else b"" for v, ok in zip(values, valid)]
            ends = itertools.accumulate(map(len, texts), initial=0)
            kind, data = "text", (b"".join(texts), (C.c_int64 * (n + 1))(*ends), valid)
        else: kind, data = "real", (array(C.c_double, float, math.nan),)
        _ok(getattr(_lib, "persona_table_add_" + kind), self, str(name).encode(), *data, n)
    def _add_array(self, name, values, kind, dtype):
        data = np.ascontiguousarray(values, dtype)
        _ok(getattr(_lib, "persona_table_add_" + kind), self, str(name).encode(),
            data.ctypes.data, *([None] if kind == "int" else []), len(data))
    def append(self, more): _ok(_lib.persona_table_append, self, more)
    def link(self, column, other, key):
        _ok(_lib.persona_table_link, self, column.encode(), other, key.encode())
    def __len__(self): return _lib.persona_table_rows(self)
    @property
    def columns(self):
        return [_lib.persona_table_name(self, i).decode()
                for i in range(_lib.persona_table_columns(self))]
    def _column(self, name):
        """(number, type, values or None for text, validity bytes or None)"""
        i, rows = _lib.persona_table_find(self, name.encode()), len(self)
        if i < 0: raise KeyError(name)
        kind, valid = _lib.persona_table_type(self, i), _lib.persona_table_valid(self, i)
        valid = C.string_at(valid, rows) if valid else None
        if kind == 6: return i, kind, None, valid
        call, ctype = {1: ("ints", C.c_int64), 2: ("reals", C.c_double), 3: ("reals32", C.c_float),
                       4: ("bools", C.c_bool), 5: ("times", C.c_int64)}[kind]
        at = getattr(_lib, "persona_table_" + call)(self, i)
        return i, kind, (ctype * rows).from_address(at) if rows else (), valid
    def __getitem__(self, name):
        i, kind, data, valid = self._column(name)
        if kind == 6: return [self._text_at(i, row) for row in range(len(self))]
        if kind in (2, 3): return [None if v != v else v for v in data]
        return [v if ok else None for v, ok in zip(data, valid)] if valid else list(data)
    def _text_at(self, column, row):
        at, length = C.c_void_p(), C.c_int64()
        _lib.persona_table_text(self, column, row, C.byref(at), C.byref(length))
        return C.string_at(at.value, length.value).decode() if at.value else None
    def array(self, name):
        _, kind, data, valid = self._column(name)
        if kind == 6 or (kind == 4 and valid): return np.array(self[name], dtype=object)
        data = np.array(data, dtype="datetime64[ms]" if kind == 5 else None)
        if not valid: return data
        gap = np.datetime64("NaT") if kind == 5 else np.nan
        return np.where(np.frombuffer(valid, np.uint8), data, gap)
    def to_pandas(self):
        import pandas
        return pandas.DataFrame({name: self.array(name) for name in self.columns})

def _table(table): return table if isinstance(table, Table) else Table(table)

class Model(_Handle):
    """Immutable; share it between threads."""
    def __init__(self, pointer): super().__init__(pointer, _lib.persona_model_free)
    kind = property(lambda self: _lib.persona_model_kind(self).decode())
    digest = property(lambda self: _lib.persona_model_digest(self).decode())
    def save(self, path, task=None): _ok(_lib.persona_model_save, self, _text(path), task)
    def to_bytes(self): return _bytes(_make(_lib.persona_model_to_bytes, self))
    def describe(self): return json.loads(_bytes(_make(_lib.persona_model_describe, self)))
    def notes(self): return Table(_make(_lib.persona_model_notes, self))
    def inputs(self): return Table(_make(_lib.persona_model_inputs, self))
    def part(self, name): return Table(_make(_lib.persona_model_part, self, name.encode()))
    def without_user(self, user, task=None):
        user = _text(user)
        return type(self)(_make(_lib.persona_model_without_user, self, user, len(user), task))

class _Kind(Model):
    """What all kinds of models share: noun is their name in the library."""
    @classmethod
    def _call(cls, name): return getattr(_lib, "persona_%s_%s" % (cls.noun, name))
    @classmethod
    def _params(cls, what, options): return _Params("%s.%s" % (cls.noun, what), options)
    @classmethod
    def _own(cls, pointer): return cls(cls._call("model")(pointer))
    @classmethod
    def fit(cls, table, task=None, **options):
        return cls._own(_make(cls._call("fit"), _table(table), cls._params("fit", options), task))
    def _typed(self): return getattr(_lib, "persona_model_" + self.noun)(self)
    def _answer(self, name, table, task, query):
        if table is not None: table = _table(table)
        return Table(_make(self._call(name), self._typed(), table,
                           self._params("query", query), task))

class _Query(_Handle):
    """A prepared question, for one thread at a time. values: raw, in the order of
    model.inputs(), or a dict by name; None or NaN is missing. Arrays are reused."""
    def __init__(self, model, options):
        super().__init__(_make(model._call("prepare"), model._typed(),
                               model._params("query", options)), _lib.persona_query_free)
        inputs = model.inputs()
        self.model, self.names, self._n = model, inputs["name"], len(inputs)
        self._texts = [i for i, kind in enumerate(inputs["type"]) if kind == "text"]
        self._row, self._error = (C.c_double * self._n)(), _Error()
    def _bind(self, values):
        if isinstance(values, dict):
            for name in values.keys() - set(self.names): raise KeyError(name)
            values = [values.get(name) for name in self.names]
        for i in self._texts:
            text = values[i].encode() if values[i] is not None else None
            _ok(_lib.persona_query_text, self, i, text, len(text or b""))
        self._row[:] = [math.nan if v is None or i in self._texts
                        else _ms(v) if isinstance(v, datetime.date) else v
                        for i, v in enumerate(values)]
    def _numbers(self, values):
        """The quick way for a list of numbers."""
        try: self._row[:] = values
        except (TypeError, ValueError): self._bind(values)
        else:
            if self._texts: self._bind(values)
    def explain(self, values):
        self._bind(values)
        return Table(_make(self.model._call("explain"), self, self._row, self._n))

class Segmenter(_Kind):
    noun = "segmenter"
    def assign_table(self, table, task=None, **query):
        return self._answer("assign_table", table, task, query)
    def query(self, **options): return SegmenterQuery(self, options)

class SegmenterQuery(_Query):
    def __init__(self, model, options):
        super().__init__(model, options)
        self.segments = model.describe()["k"]
        self._many = (C.c_double * self.segments)()
        self._segment, self._distance = C.c_int32(), C.c_double()
        self._assign = _hot["persona_segmenter_assign"]  # arguments are ready: no conversion
        self._args = (self._as_parameter_, self._row, C.c_int64(self._n), C.byref(self._segment),
                      C.byref(self._distance), C.byref(self._error))
    def assign(self, values):
        """(segment, distance) of one customer."""
        self._numbers(values)
        if self._assign(*self._args): raise PersonaError(self._error)
        return self._segment.value, self._distance.value
    def _all(self, call, values):
        self._bind(values)
        _ok(call, self, self._row, self._n, self._many, self.segments)
        return list(self._many)
    def distances(self, values): return self._all(_lib.persona_segmenter_distances, values)
    def membership(self, values): return self._all(_lib.persona_segmenter_membership, values)

class FraudScorer(_Kind):
    noun, actions = "fraud_scorer", ("accept", "review", "block")
    @classmethod
    def import_model(cls, path, task=None, **options):
        """From a model that LightGBM (text) or XGBoost (JSON) saved."""
        return cls._own(_make(cls._call("import"), _text(path), cls._params("import", options),
                              task))
    def score_table(self, table, task=None, **query):
        return self._answer("score_table", table, task, query)
    @classmethod
    def evaluate(cls, table, fit={}, task=None, **evaluate):
        """Fits on a part of the table, measures on the rest."""
        return Table(_make(cls._call("evaluate"), None, _table(table), cls._params("fit", fit),
                           cls._params("evaluate", evaluate), task))
    def query(self, **options): return FraudQuery(self, options)

class FraudQuery(_Query):
    def __init__(self, model, options):
        super().__init__(model, options)
        self._probability, self._action, self._amount = C.c_double(), C.c_int32(), C.c_double()
        self._score = _hot["persona_fraud_scorer_score"]
        self._args = (self._as_parameter_, self._row, C.c_int64(self._n), self._amount,
                      C.byref(self._probability), C.byref(self._action), C.byref(self._error))
    def score(self, values, amount=math.nan):
        """(probability, "accept" | "review" | "block") of one order; NaN: the amount is what
        the inputs tell."""
        self._numbers(values)
        self._amount.value = amount
        if self._score(*self._args): raise PersonaError(self._error)
        return self._probability.value, FraudScorer.actions[self._action.value]

class Recommender(_Kind):
    noun = "recommender"
    def recommend_table(self, table=None, task=None, **query):
        """Of users, or of events of new ones; None: all known users."""
        return self._answer("recommend_table", table, task, query)
    @classmethod
    def evaluate(cls, table, fit={}, task=None, **evaluate):
        """Fits on a part of the table, measures on the rest."""
        return Table(_make(cls._call("evaluate"), _table(table), cls._params("fit", fit),
                           cls._params("evaluate", evaluate), task))
    def item(self, id):
        """The number of an item in this model, -1: unknown."""
        id = str(id).encode()
        return _lib.persona_recommender_item(self._typed(), id, len(id))
    def __len__(self): return _lib.persona_recommender_items(self._typed())
    def query(self, **options): return RecommenderQuery(self, options)

class RecommenderQuery(_Handle):
    """A prepared question, for one thread at a time. Items are bound by their ids."""
    roles = ("history", "cart", "like", "exclude")
    reasons = ("taste", "next", "again", "together", "similar", "category", "trending", "popular")
    def __init__(self, model, options):
        super().__init__(_make(_lib.persona_recommender_prepare, model._typed(),
                               model._params("query", options)), _lib.persona_query_free)
        self.model = model
    def user(self, id):
        """Whose stored history counts; False: nobody knows him. Replaces the one before."""
        id, known = str(id).encode(), C.c_int32()
        _ok(_lib.persona_query_user, self, id, len(id), C.byref(known))
        return bool(known.value)
    def items(self, role, ids):
        """role: "history" (oldest first), "cart", "like" or "exclude"."""
        numbers = (C.c_int64 * len(ids))(*map(self.model.item, ids))
        _ok(_lib.persona_query_items, self, self.roles.index(role), numbers, len(ids))
    def run(self, k):
        """[(id, score, reason)], best first."""
        scores, reasons, count = (C.c_float * k)(), (C.c_int32 * k)(), C.c_int64()
        _ok(_lib.persona_recommender_run, self, k, None, scores, reasons, C.byref(count))
        ids = _lib.persona_query_ids(self, None).decode().split("\n")
        return [(ids[i], scores[i], self.reasons[reasons[i]]) for i in range(count.value)]
    def explain(self, place):
        """Why the item at this place (0 ..) of the last run is there."""
        return Table(_make(_lib.persona_recommender_explain, self, place))

_kinds = {kind.noun: kind for kind in (Segmenter, FraudScorer, Recommender)}
def _model(pointer): return _kinds.get(_lib.persona_model_kind(pointer).decode(), Model)(pointer)
def load(path, task=None, **options):
    return _model(_make(_lib.persona_model_load, _text(path), _Params("model.load", options), task))
def open(path, **options):
    """This process's one copy of the file, read again when the file was replaced."""
    return _model(_make(_lib.persona_model_open, _text(path), _Params("model.load", options)))
def from_bytes(data, **options):
    return _model(_make(_lib.persona_model_from_bytes, data, len(data), _Params("model.load", options)))
