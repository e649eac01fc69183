"""The Python binding against the shared library: the honest test of the contract."""
import csv, ctypes, io, math, os, re, subprocess, sys, tempfile, threading, unittest
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../examples/bindings"))
import persona

CUSTOMERS = subprocess.run(["awk", "-f", os.path.join(HERE, "customers.awk")],
                           stdout=subprocess.PIPE, check=True).stdout
OPTIONS = dict(features=["recency", "frequency", "monetary"], k=3, seed=1)
ORDERS = os.path.abspath(os.path.join(HERE, "../../examples/data/complete_journey/orders.csv.gz"))
PAYMENTS = subprocess.run(["awk", "-f", os.path.join(HERE, "payments.awk")],
                          stdout=subprocess.PIPE, check=True).stdout
QUICK = dict(search=1, gbdt__rounds=20, draws=5)
EVENTS = ("user,item,order\n" + "".join(
    "u%d,i%d,%d\n" % (u, (u % 4) * 5 + (u * 3 + i * 2) % 7, u * 9 + i // 2)
    for u in range(40) for i in range(6))).encode()
COMMAND = os.environ["PERSONA_COMMAND"]

# amount <= 10.5 ? 1 : 3
LIGHT = b"""tree
version=v4
num_class=1
num_tree_per_iteration=1
max_feature_idx=1
objective=binary sigmoid:1
feature_names=amount items

Tree=0
num_leaves=2
num_cat=0
split_feature=0
threshold=10.5
decision_type=10
left_child=-1
right_child=-2
leaf_value=1 3

end of trees
"""

def fitted(**more):
    return persona.Segmenter.fit(persona.Table.from_csv(CUSTOMERS), **{**OPTIONS, **more})

def rows():
    for row in csv.DictReader(io.StringIO(CUSTOMERS.decode())):
        yield [float(row[name]) for name in OPTIONS["features"]]

def scorer(**more):
    return persona.FraudScorer.fit(persona.Table.from_csv(PAYMENTS), **{**QUICK, **more})

def payments(names):
    """Rows as the query takes them: numbers, texts, None."""
    for row in csv.DictReader(io.StringIO(PAYMENTS.decode())):
        yield [None if row[n] == "" else row[n] if n == "country" else float(row[n])
               for n in names]

class Binding(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
    def path(self, name, data=None):
        path = os.path.join(self.folder.name, name)
        if data is not None:
            with open(path, "wb") as f: f.write(data)
        return path

    def test_every_declared_function_is_in_the_library(self):
        with open(os.environ["PERSONA_HEADER"]) as f: header = f.read()
        names = re.findall(r"\b(persona_[a-z0-9_]+)\(", header)
        self.assertGreater(len(names), 50)
        self.assertEqual([n for n in names if not hasattr(persona._lib, n)], [])

    def test_the_binding_declares_what_the_header_does(self):
        with open(os.environ["PERSONA_HEADER"]) as f: header = f.read()
        codes = {"int": "i", "int32_t": "i", "int64_t": "l", "double": "d", "void": "v"}
        def code(declaration):
            if "char *" in declaration and "**" not in declaration: return "s"
            return "p" if "*" in declaration else codes[declaration.split()[0]]
        kinds = {kind: c for c, kind in persona._types.items()}
        checked = 0
        for result, name, args in re.findall(r"^(.*?)(persona_\w+)\(([^()]*)\);$", header, re.M):
            function = getattr(persona._lib, name)
            if function.argtypes is None: continue
            args = [] if args == "void" else args.split(",")
            have = "".join(kinds[a] for a in function.argtypes)
            self.assertEqual(have, "".join(code(a) for a in args), name)
            self.assertEqual(kinds[function.restype], code(result), name)
            checked += 1
        self.assertGreater(checked, 45)

    def test_fit_save_open_assign_gives_the_commands_answer(self):
        table, model = self.path("customers.csv", CUSTOMERS), self.path("m.persona")
        fitted().save(model)
        said = subprocess.run([COMMAND, "assign", model, table], stdout=subprocess.PIPE,
                              check=True).stdout
        query = persona.open(model).query()
        said = list(csv.DictReader(io.StringIO(said.decode())))
        self.assertEqual(len(said), 300)
        for answer, row in zip(said, rows()):
            self.assertEqual(query.assign(row), (int(answer["segment"]), float(answer["distance"])))

    def test_the_command_fits_the_same_model(self):
        table, model = self.path("customers.csv", CUSTOMERS), self.path("m.persona")
        subprocess.run([COMMAND, "fit", "segmenter", table, "-o", model, "k=3", "seed=1",
                        "features=recency,frequency,monetary"], check=True,
                       stderr=subprocess.DEVNULL)
        self.assertEqual(persona.load(model).digest, fitted().digest)

    def test_assigning_a_table_is_assigning_its_rows(self):
        model = fitted()
        answers = model.assign_table(persona.Table.from_csv(CUSTOMERS))
        query = model.query()
        pairs = list(zip(answers["segment"], answers["distance"]))
        self.assertEqual(pairs, [query.assign(row) for row in rows()])
        self.assertEqual(answers.columns, ["row", "id", "segment", "name", "distance"])

    def test_a_dict_binds_by_name_and_none_is_missing(self):
        query = fitted().query()
        by_name = query.assign({"monetary": 2500.0, "frequency": 44, "recency": 6})
        self.assertEqual(by_name, query.assign([6, 44, 2500.0]))
        self.assertEqual(query.assign([6, 44, None]), query.assign([6, 44, math.nan]))
        self.assertRaises(KeyError, query.assign, {"money": 1})

    def test_text_inputs_are_bound(self):
        query = fitted(features=["recency", "city"], k=3).query()
        self.assertEqual(query.names, ["recency", "city"])
        near, far = query.assign([300, "Tromsø"]), query.assign([300, "Oslo"])
        self.assertLess(near[1], far[1])
        self.assertEqual(query.assign([300, "Tromsø"]), near)

    def test_membership_sums_to_one_and_agrees_with_the_nearest(self):
        query, row = fitted().query(), [6, 44, 2500.0]
        self.assertAlmostEqual(sum(query.membership(row)), 1, places=12)
        segment, distance = query.assign(row)
        self.assertEqual(min(query.distances(row)), distance)
        self.assertEqual(query.distances(row).index(distance), segment)
        self.assertIn("contribution", query.explain(row).columns)

    def test_scoring_gives_the_commands_answer(self):
        table, path = self.path("payments.csv", PAYMENTS), self.path("f.persona")
        scorer().save(path)
        said = subprocess.run([COMMAND, "score", path, table], stdout=subprocess.PIPE,
                              check=True).stdout
        query = persona.open(path).query()
        said = list(csv.DictReader(io.StringIO(said.decode())))
        self.assertEqual(len(said), 240)
        for answer, row in zip(said, payments(query.names)):
            self.assertEqual(query.score(row), (float(answer["probability"]), answer["action"]))

    def test_scoring_a_table_is_scoring_its_rows(self):
        model = scorer(anomaly="blend", iforest__trees=10)
        query, answers = model.query(), model.score_table(persona.Table.from_csv(PAYMENTS))
        self.assertEqual(answers.columns, ["row", "id", "probability", "action", "reasons"])
        pairs = list(zip(answers["probability"], answers["action"]))
        self.assertEqual(pairs, [query.score(row) for row in payments(query.names)])

    def test_a_payment_is_a_dict_and_has_reasons(self):
        query = scorer().query(reasons=2)
        payment = {"amount": 95.0, "items": 2, "country": "BR"}
        probability, action = query.score(payment)
        self.assertGreater(probability, 0.5)
        self.assertEqual(action, "block")
        self.assertLess(query.score({**payment, "country": "DE"})[0], 0.5)
        why = query.explain(payment)
        self.assertEqual(len(why), 2)
        self.assertIn("country BR", why["words"])
        dear = scorer().query(fixed_fee=0, insult=100, review=False)
        self.assertEqual(dear.score(payment), (probability, "block"))
        self.assertEqual(dear.score(payment, amount=0.01), (probability, "accept"))
        self.assertRaises(KeyError, query.score, {"sum": 1})
        self.assertRaises(persona.PersonaError, query.score, {**payment, "amount": math.inf})

    def test_an_evaluation_measures_what_was_not_learnt_from(self):
        metrics = persona.FraudScorer.evaluate(persona.Table.from_csv(PAYMENTS), fit=QUICK,
                                               split="every5th", metrics=["rows", "auc"])
        said = dict(zip(metrics["metric"], metrics["value"]))
        self.assertEqual(said["rows"], 48)
        self.assertGreater(said["auc"], 0.8)

    def test_a_lightgbm_model_is_imported(self):
        model = persona.FraudScorer.import_model(self.path("light.txt", LIGHT), column__value="amount")
        low, high = (model.query().score([x, 1])[0] for x in (5, 50))
        self.assertAlmostEqual(low, 1 / (1 + math.exp(-1)), places=14)
        self.assertAlmostEqual(high, 1 / (1 + math.exp(-3)), places=14)
        again = persona.from_bytes(model.to_bytes())
        self.assertIsInstance(again, persona.FraudScorer)
        self.assertEqual(again.digest, model.digest)
        with self.assertRaises(persona.PersonaError) as caught:
            persona.FraudScorer.import_model(self.path("no.txt", b"no model"))
        self.assertEqual(caught.exception.name, "PERSONA_EFORMAT")

    def test_an_unknown_option_names_the_nearest(self):
        with self.assertRaises(persona.PersonaError) as caught: fitted(sed=1)
        self.assertEqual((caught.exception.code, caught.exception.name), (-2, "PERSONA_EOPTION"))
        self.assertIn("seed", str(caught.exception))

    def test_wrong_inputs_are_errors(self):
        query = fitted().query()
        self.assertRaises(persona.PersonaError, query.assign, [math.inf, 1, 1])
        self.assertRaises((ValueError, persona.PersonaError), query.assign, [1, 2])
        with self.assertRaises(persona.PersonaError) as caught:
            persona.load(self.path("x.persona", b"no model"))
        self.assertEqual(caught.exception.name, "PERSONA_EFORMAT")
        with self.assertRaises(persona.PersonaError) as caught: persona.load(self.path("none"))
        self.assertEqual(caught.exception.name, "PERSONA_EIO")

    def test_columns_go_in_and_come_out(self):
        import datetime as d
        data = {"n": [1, None, 3], "x": [0.5, None, -2.0], "b": [True, False, None],
                "t": ["Åse", None, ""], "w": [d.datetime(2017, 1, 2, 3), None, d.date(1970, 1, 1)]}
        table = persona.Table(data)
        for name in "nxb": self.assertEqual(table[name], data[name])
        self.assertEqual(table["t"][:2], ["Åse", None])
        self.assertEqual(table["w"], [1483326000000, None, 0])
        self.assertEqual(len(table), 3)
        self.assertIn(b"2017-01-02T03:00:00", table.to_csv())

    @unittest.skipIf(persona.np is None, "no numpy")
    def test_numpy_and_pandas(self):
        table = persona.Table.from_csv(CUSTOMERS)
        frame = table.to_pandas()
        again = persona.Table(frame)
        self.assertEqual(again["monetary"], table["monetary"])
        self.assertEqual(again["city"], table["city"])
        self.assertEqual(fitted().digest, persona.Segmenter.fit(frame, **OPTIONS).digest)
        days = persona.np.array(["2017-01-02T03", "NaT"], "M8[ns]")
        table = persona.Table({"t": days, "n": persona.np.array([1, 2], "i4"),
                               "x": persona.np.array([[0.5, 9], [persona.np.nan, 9]])[:, 0]})
        self.assertEqual(table["t"], [1483326000000, None])
        self.assertEqual((table["n"], table["x"]), ([1, 2], [0.5, None]))
        self.assertEqual(str(table.array("t")[1]), "NaT")

    def test_a_cancelled_task_ends_the_fit(self):
        task = persona.Task()
        task.cancel()
        with self.assertRaises(persona.PersonaError) as caught: fitted(task=task)
        self.assertEqual(caught.exception.name, "PERSONA_ECANCEL")

    def test_bytes_and_parts(self):
        model = fitted()
        again = persona.from_bytes(model.to_bytes())
        self.assertEqual((again.digest, again.kind), (model.digest, "segmenter"))
        self.assertIn("rules", again.part("parts")[again.part("parts").columns[0]])
        self.assertEqual(again.describe()["kind"], "segmenter")
        self.assertIn("k", persona.schema("segmenter.fit")["name"])
        self.assertTrue(persona.version() and persona.build_info())

    def test_threads_share_a_model(self):
        model, wrong, table = fitted(), [], list(rows())
        want = [model.query().assign(row) for row in table]
        def ask():
            query = model.query()
            if [query.assign(row) for row in table] != want: wrong.append(1)
        threads = [threading.Thread(target=ask) for _ in range(4)]
        for t in threads: t.start()
        for t in threads: t.join()
        self.assertEqual(wrong, [])

    def test_the_documented_program_runs(self):
        with open(os.path.join(HERE, "../../docs/bindings_python.md")) as f: page = f.read()
        program = re.search(r"```python\n(.*?)```", page, re.S).group(1)
        os.symlink(ORDERS, self.path("orders.csv.gz"))
        run = subprocess.run([sys.executable, "-c", program], cwd=self.folder.name,
                             stdout=subprocess.PIPE, check=True,
                             env=dict(os.environ, PYTHONPATH=os.path.dirname(persona.__file__)))
        self.assertRegex(run.stdout.decode(), r"\n\d+ \[")

    def test_recommending_gives_the_commands_answer(self):
        table, path = self.path("events.csv", EVENTS), self.path("r.persona")
        model = persona.Recommender.fit(persona.Table.from_csv(EVENTS), seed=2)
        model.save(path)
        said = subprocess.run([COMMAND, "recommend", path, "k=4"], stdout=subprocess.PIPE,
                              check=True).stdout.decode()
        query, answers = persona.open(path).query(), {}
        for row in csv.DictReader(io.StringIO(said)):
            answers.setdefault(row["user"], []).append((row["item"], row["score"]))
        self.assertEqual(len(answers), 40)
        for user, rows in answers.items():
            self.assertTrue(query.user(user))
            self.assertEqual([(id, score) for id, score, _ in query.run(4)],
                             [(id, ctypes.c_float(float(score)).value) for id, score in rows])
        self.assertEqual(model.recommend_table(k=4)["item"][:4], [id for id, _ in answers["u0"]])

    def test_visitors_carts_and_exclusions(self):
        model = persona.Recommender.fit({"user": ["a", "a", "b", "b", "c", "c", "c"],
                                         "item": list("xyxyxyz"), "order": [1, 1, 2, 2, 3, 3, 3]})
        self.assertEqual((len(model), model.item("x"), model.item("nosuch")), (3, 0, -1))
        query = model.query()
        self.assertFalse(query.user("nobody"))
        query.items("history", ["x"])
        self.assertEqual(query.run(1)[0][0], "y")
        self.assertAlmostEqual(sum(query.explain(0)["share"]), 1, places=6)
        query.items("exclude", ["y"])
        self.assertEqual([id for id, _, _ in query.run(5)], ["z"])
        query = model.query(question="together")
        query.items("cart", ["x"])
        self.assertEqual([id for id, _, _ in query.run(5)][0], "y")
        self.assertRaises(ValueError, query.items, "wish", ["x"])

    def test_a_recommender_is_evaluated_on_what_it_has_not_seen(self):
        metrics = persona.Recommender.evaluate(persona.Table.from_csv(EVENTS), split="last", k=5,
                                               metrics="hit_rate", against="popular")
        value = dict(zip(metrics["metric"], metrics["value"]))
        self.assertEqual(value["cases"], 40)
        self.assertAlmostEqual(value["hit_rate@5"] - value["popular:hit_rate@5"],
                               value["difference:hit_rate@5"], places=12)

    def test_handles_close_once(self):
        with persona.Table.from_csv(CUSTOMERS) as table: self.assertEqual(len(table), 300)
        table.close()
        with self.assertRaises(persona.PersonaError) as caught: table.to_csv()
        self.assertEqual(caught.exception.name, "PERSONA_EARG")
        query = fitted().query()
        query.close()
        self.assertRaises(persona.PersonaError, query.assign, [6, 44, 2500.0])

result = unittest.TextTestRunner(stream=sys.stderr, verbosity=0).run(
    unittest.defaultTestLoader.loadTestsFromTestCase(Binding))
bad = len(result.failures) + len(result.errors)
print("%d passed, %d failed" % (result.testsRun - bad - len(result.skipped), bad))
sys.exit(bool(bad))
