# SPDX-License-Identifier: Apache-2.0
"""The package against the library and, where QUELL_PROGRAM names it, the command line. Run: pytest bindings/python"""
import math
import os
import subprocess
import sys
import threading

import pytest

import quell

numpy = pytest.importorskip("numpy")

ORAL = """ini({ KA <- 0.8; CL <- 4; V <- 50 })
d/dt(depot) = -KA*depot
d/dt(central) = KA*depot - CL/V*central
cp = central/V
"""
FRAME = {"ID": [1, 1, 1, 1, 2, 2, 2, 2], "TIME": [0.0, 1, 4, 24] * 2, "AMT": [100, None, 0, 0, 200, None, 0, 0],
         "EVID": [1, 0, 0, 0] * 2}


def exact(dose, t, cl=4.0):
    ka, k = 0.8, cl / 50
    return dose / 50 * ka / (ka - k) * (math.exp(-k * t) - math.exp(-ka * t))


def test_dataset_and_param():
    m = quell.model(ORAL)
    r = m.simulate(events=FRAME, states=True)
    assert r.records.columns == ["ID", "TIME", "cp", "depot", "central"]
    cp = r["records"]["cp"]
    assert cp.shape == (8,) and cp.dtype == float and not cp.flags.writeable
    for i, t in enumerate(FRAME["TIME"]):
        assert abs(cp[i] - exact(100 if i < 4 else 200, t)) < 1e-6
    faster = m.param(CL=8)
    assert m["CL"] == 4 and faster["CL"] == 8
    assert abs(faster.simulate(events=FRAME).records["cp"][3] - exact(100, 24, 8)) < 1e-6
    q = m.param()
    assert q["value"][q["name"].index("V")] == 50


def test_arrays_outlive_everything():
    cp = quell.model(ORAL).simulate(events=FRAME).records["cp"]
    import gc

    gc.collect()
    assert abs(cp[3] - exact(100, 24)) < 1e-6


def test_pandas_in_and_out():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(FRAME)
    frame["CMT"] = pandas.Categorical(["depot"] * 8)
    frame["EVID"] = frame["EVID"].astype("Int64")
    r = quell.model(ORAL).simulate(events=frame)
    out = r.records.pandas()
    assert list(out.columns) == ["ID", "TIME", "cp"] and out.attrs["units"]["cp"] == ""
    assert out["cp"].tolist() == quell.model(ORAL).simulate(events=FRAME).records["cp"].tolist()
    s = quell.simulate(regimens="ven-obi", years=0.2)
    assert s.courses.units["day"] == "day"
    assert s.regimens.pandas()["warning"].isna().all()


@pytest.mark.parametrize("change, said", [
    ({"TIME": ["a"] * 8}, "column `TIME`"),
    ({"TIME": [math.inf] * 8}, "not finite"),
    ({"TIME": [0.0, 1, float("nan"), 4] * 2}, "data, row 3, column `TIME`"),
    ({"AMT": [[1]] * 8}, "holds list"),
    ({"AMT": [1, "x"] * 4}, "int and str"),
    ({"EVID": [9] * 8}, "EVID cannot be 9"),
    ({"CMT": ["nowhere"] * 8}, "nowhere"),
    ({"ID": [1, 2]}, "one length"),
])
def test_faults_of_frames(change, said):
    with pytest.raises(quell.QuellError) as fault:
        quell.model(ORAL).simulate(events={**FRAME, **change})
    assert said in str(fault.value)


def test_empty_missing_and_odd_frames():
    m = quell.model(ORAL)
    for frame in ({}, {"ID": [], "TIME": []}, {"TIME": [1.0]}, None):
        with pytest.raises(quell.QuellError):
            quell.dataset(model=m, data=frame)
    for frame in (3, [1, 2], {1: [2]}, {"ID": 3}):
        with pytest.raises(quell.UsageError):
            m.simulate(events=frame)
    with pytest.warns(quell.QuellWarning, match="nothing reads the column `WT`"):
        m.simulate(events={**FRAME, "WT": [70] * 8})


@pytest.mark.parametrize("options, said", [
    (dict(regimens="ven-obi", patients="many"), "`patients` takes a whole number, not text"),
    (dict(regimens="ven-obi", patients=1.5), "a whole number from 1 to 2000000000"),
    (dict(regimens="ven-obi", patients=10 ** 400), "`patients`"),
    (dict(regimens="ven-obi", years=float("nan")), "`years` cannot be nan"),
    (dict(regimens="ven-obi", years=[1]), "takes a number, not list"),
    (dict(regimens="ven-obi", lanes="5"), "auto|4|8"),
    (dict(regimens="ven-obi", fixed_doses=2), "true (1) or false (0)"),
    (dict(regimens="venobi"), "did you mean `ven-obi`"),
    (dict(regimens=[None]), "`regimens` takes texts"),
    (dict(regimens="ven-obi", set={"disease.K": None}), "`set` takes"),
    (dict(regimens="ven-obi", set={"disease.Q": 1.0}), "no parameter or covariate `disease.Q`"),
    (dict(regimens="ven-obi", model=3), "takes a model or a path"),
    (dict(), "compare needs regimens"),
    (dict(regimens="ven-obi", population="x\ud800"), "UTF-8"),
])
def test_faults_of_options(options, said):
    with pytest.raises(quell.QuellError) as fault:
        quell.compare(**options)
    assert said in str(fault.value)


def test_unknown_names():
    with pytest.raises(TypeError):
        quell.compare(regimens="ven-obi", patient=3)
    with pytest.raises(quell.InputError, match="did you mean `CL`"):
        quell.model(ORAL).param(Cl=3)
    with pytest.raises(quell.UsageError, match="takes a number"):
        quell.model(ORAL).param(CL="x")
    with pytest.raises(quell.InputError) as fault:
        quell.model("d/dt(x) = \n")
    assert "error[E0101]" in str(fault.value)
    with pytest.raises(quell.InputError):
        quell.model("/nonexistent.qm")
    r = quell.evidence(trial="CLL14")
    with pytest.raises(KeyError):
        r["curves"]
    assert "rows" in r and len(r.rows) > 5
    assert "limits" in quell.explain("E0702").things["text"][0]
    with pytest.raises(quell.InputError, match="nothing is called `E9999`"):
        quell.explain("E9999")


def test_survival_and_nma():
    data = {"months": [1.0, 2, 3, 4, 5, 6], "died": [1, 0, 1, 1, 0, 1], "arm": ["a", "a", "a", "b", "b", "b"]}
    r = quell.survival(data=data, time="months", event="died", group="arm", rmst=5, cox=["arm"], times=[2, 4])
    assert r.groups["group"] == ["a", "b"] and r.groups["events"].tolist() == [2, 2]
    assert r.curves["surv"][0] == pytest.approx(2 / 3)
    assert r.cox["term"] == ["arm=b"] and 0 < r.tests["p"][0] < 1
    assert r.json["schema"] == "quell.survival/1"
    net = {"studlab": ["1", "2", "3"], "treat1": ["A", "B", "A"], "treat2": ["B", "C", "C"], "TE": [0.1, -0.3, -0.1],
           "seTE": [0.1, 0.2, 0.15]}
    r = quell.nma(data=net, reference="C", draws=1000)
    assert sorted(r.effects["treatment"]) == ["A", "B", "C"] and len(r.league) == 6
    assert r.effects["effect"][r.effects["treatment"].index("C")] == 0
    with pytest.raises(quell.InputError, match="columns of this table"):
        quell.nma(data={"x": [1.0]})


def test_regimen_as_events():
    r = quell.regimen(name="ven-obi", years=1)
    assert len(r.doses) > 10 and "ven-obi" in r.library["regimen"]
    assert set(r.doses["EVID"].tolist()) <= {1.0, 2.0}


def test_events_by_hand():
    e = quell.events(quell.ev(amt=100, ii=12, addl=1, cmt="depot", ID=[1, 2]), quell.ev(times=[1, 13], ID=[1, 2]))
    r = quell.model(ORAL).simulate(events=e)
    assert r.records["cp"][2] == pytest.approx(exact(100, 13) + exact(100, 1), abs=1e-6)
    slow = quell.events(quell.ev(amt=100, dur=2, cmt="central"), quell.ev(times=[2]))
    expected = 50 / 0.08 * (1 - math.exp(-0.08 * 2)) / 50  # 50 a time unit into the central compartment
    assert quell.model(ORAL).simulate(events=slow).records["cp"][1] == pytest.approx(expected, rel=1e-6)


def test_same_bytes_as_the_command_line(tmp_path):
    program = os.environ.get("QUELL_PROGRAM")
    if not program:
        pytest.skip("QUELL_PROGRAM is not set: no command line to compare with")
    options = dict(regimens=["clb-obi", "ven-obi"], patients=40, years=1, seed=7)
    line = [program, "compare", "--regimens", "clb-obi,ven-obi", "--patients", "40", "--years", "1", "--seed", "7", "--json"]
    assert subprocess.run(line, capture_output=True, check=True).stdout.decode() == quell.compare(**options).json_text
    line = [program, "simulate", "--regimens", "ven-obi", "--years", "1", "--typical", "--json"]
    assert subprocess.run(line, capture_output=True, check=True).stdout.decode() == \
        quell.simulate(regimens="ven-obi", years=1, typical=True).json_text
    (tmp_path / "m.qm").write_text(ORAL)
    table = quell.model(ORAL).simulate(events=FRAME).records
    (tmp_path / "d.csv").write_text("ID,TIME,AMT,EVID\n" + "".join(
        "%s,%s,%s,%s\n" % (i, t, "" if a is None else a, e) for i, t, a, e in zip(*FRAME.values())))
    line = [program, "simulate", "--data", str(tmp_path / "d.csv"), "--model", str(tmp_path / "m.qm")]
    assert subprocess.run(line, capture_output=True, check=True).stdout.decode() == table.csv()


def test_trial():
    r = quell.trial(design="cll14", patients=64, seed=3)
    assert r.arms["patients_done"].sum() == 64 and "hazard_ratio" in r.contrasts
    assert r.json_text == quell.trial(design="cll14", patients=64, seed=3, threads=1).json_text
    with pytest.raises(quell.QuellError, match="unknown trial `cll15`"):
        quell.trial(design="cll15")
    with pytest.raises(quell.UsageError, match="needs a `design`"):
        quell.trial()
    program = os.environ.get("QUELL_PROGRAM")
    if program:
        line = [program, "trial", "run", "cll14", "--patients", "64", "--seed", "3", "--json"]
        assert subprocess.run(line, capture_output=True, check=True).stdout.decode() == r.json_text


def test_power_and_data_sets_of_a_trial(tmp_path):
    r = quell.trial("cll14", patients=64, replicates=3, looks=[0.5], seed=3)
    assert len(r.looks) == 2 and r.summary["replicates"][0] == 3
    assert ((0 <= r.contrasts["power"]) & (r.contrasts["power"] <= 1)).all() and numpy.isnan(r.contrasts["assurance"]).all()
    assert (r.endpoints["predicted_lower"] <= r.endpoints["predicted_upper"])[~numpy.isnan(r.endpoints["predicted"])].all()
    quell.trial("cll14", patients=64, seed=3, adam=str(tmp_path))
    assert (tmp_path / "adsl.csv").exists() or (tmp_path / "ADSL.csv").exists()
    with pytest.raises(quell.InputError, match="looks need many trials"):
        quell.trial("cll14", looks=[0.5])
    with pytest.raises(quell.InputError, match="`1.5` is no share"):
        quell.trial("cll14", replicates=3, looks=[1.5])


def test_recommend(tmp_path):
    with pytest.warns(quell.QuellWarning, match="another `population` may fit better"):
        r = quell.recommend("unfit-mutated", patients=20, years=5)
    assert r.summary["verdict"][0] and r.regimens["rank"][0] == 1
    assert len(r.criteria) == 8 * sum("criteria" in x for x in r.json["regimens"]) and "--" not in r.messages
    known = quell.recommend(with_=dict(age=58), patients=20, years=5, regimens=["ven-obi", "ibrutinib"])
    assert "58" in known.json["profile"]["known"]["age"]
    lines = quell.recommend(with_=["symptoms=yes", "prior_lines=%s" % [dict(regimen="fcr", ended="completed", remission_months=40)]],
                            patients=20, years=5, regimens=["ven-rituximab", "ibrutinib"])
    assert lines.json["profile"]["prior_lines"] == 1
    with pytest.raises(quell.InputError, match="ended") as told:
        quell.recommend(with_="prior_lines=[{regimen: fcr, ended: badly}]", patients=20, years=5)
    assert "value of prior_lines:1:24" in str(told.value)
    fields = quell.recommend(fields=True).fields
    assert "ighv" in fields["field"] and fields["choices"][fields["field"].index("ighv")] == "mutated|unmutated"
    with pytest.raises(quell.UsageError, match="five years"):
        quell.recommend(years=2)
    with pytest.raises(quell.InputError, match="unknown profile"):
        quell.recommend("unfit-mutatde")


def test_optimize_validate_calibrate_sensitivity(tmp_path):
    out = tmp_path / "best.yaml"
    r = quell.optimize("epcoritamab-step-up", patients=10, evaluations=5, out=out)
    assert len(r.schedules) == 5 and r.summary["regimen"][0] == out.read_text() and "at_first" in r.schedules
    assert "orr" in quell.optimize(measures=True).measures["measure"]
    with pytest.raises(quell.UsageError, match="needs a `problem`"):
        quell.optimize()
    v = quell.validate("cll14", patients=20, replicates=20)
    assert set(v.endpoints["hit"]) <= {"yes", "no"} and v.score["role"][-1] == "all" and \
        v.score["hits"][-1] == v.endpoints["hit"].count("yes")
    with pytest.raises(quell.InputError, match="cll41"):
        quell.validate("cll41")
    with open(os.path.join(quell.data_dir(), "library", "calibration", "parameters.csv"), encoding="utf-8") as fh:
        (tmp_path / "p.csv").write_text("".join(fh.readlines()[:3]))
    c = quell.calibrate(parameters=tmp_path / "p.csv", patients=20, steps=1, draw=2, keep=1, out=tmp_path / "draws.csv")
    assert len(c.parameters) == 1 and c.draws.columns == c.parameters["parameter"] and len(c.targets) > 50
    assert (tmp_path / "draws.csv").read_text().startswith("# by the library")
    s = quell.sensitivity(function="ishigami", samples=256)
    exact = {"x1": 0.5576, "x2": 0.4424, "x3": 0.2437}
    assert all(abs(t - exact[n]) < 0.12 for n, t in zip(s.inputs["parameter"], s.inputs["total"]))
    with pytest.raises(quell.UsageError, match="no function `h`"):
        quell.sensitivity(function="h")
    with pytest.raises(quell.UsageError, match="needs regimens"):
        quell.sensitivity()


def test_explain(tmp_path):
    r = quell.explain("disease.rmax")
    assert r.things["kind"] == ["parameter"] and r.things["value"][0] > 0 and r.json is None
    r = quell.explain("anti-cd20", figure=tmp_path / "f.svg")
    assert r.aspects["aspect"] == ["mechanism", "efficacy", "safety", "resistance", "future"] and (tmp_path / "f.svg").exists()
    assert r.json["therapies"][0]["id"] == "anti-cd20"
    assert len(quell.explain("regimens").things) == len(quell.regimen().library)
    with pytest.raises(quell.InputError, match="did you mean `ven-obi`"):
        quell.explain("ven-obu")
    with pytest.raises(quell.UsageError, match="no page or figure"):
        quell.explain("ven-obi", html=tmp_path / "x.html")


def test_store(tmp_path):
    db = tmp_path / "s.db"
    options = dict(patients=60, years=1, seed=7)
    whole = quell.compare("ven-obi", **options)
    kept = quell.compare("ven-obi", store=db, chunk=16, max_time="0.000001", **options)
    assert kept.status == 6 and list(kept) == ["stored"] and kept.stored["computed"][0] < kept.stored["chunks"][0]
    assert quell.runs(db).runs["state"] == ["unfinished"]
    done = quell.resume(db)
    assert done.json_text == whole.json_text and done.endpoints.csv() == whole.endpoints.csv()
    assert done.stored["chunks"][0] == 4
    shown = quell.runs(db, run=1)
    assert shown.json_text == whole.json_text and shown.contrasts.columns == whole.contrasts.columns and len(shown.log) > 1
    t = quell.trial("cll14", patients=64, store=db, keep="patients")
    assert t.json_text == quell.trial("cll14", patients=64).json_text
    assert quell.runs(db).runs["kind"] == ["compare", "trial"]
    assert quell.resume(db, run=2).json_text == t.json_text
    for call, said in ((lambda: quell.runs(), "needs a `store`"), (lambda: quell.runs(tmp_path / "no.db"), "no.db"),
                       (lambda: quell.runs(db, run=9), "no run 9"), (lambda: quell.compare("ven-obi", keep="x", store=db), "cannot|does not take `x`"),
                       (lambda: quell.compare("ven-obi", max_time="1h"), "need a `store`"),
                       (lambda: quell.compare("ven-obi", max_time="soon", store=db), "`soon`"),
                       (lambda: quell.trial("cll14", store=db, replicates=3), "takes no `replicates`")):
        with pytest.raises(quell.QuellError, match=said):
            call()


def test_reports_of_a_comparison(tmp_path):
    r = quell.compare("ven-obi", patients=20, years=1, numerics=4, html=tmp_path / "r.html", figure=tmp_path / "r.svg")
    assert len(r.numerics) and (tmp_path / "r.html").read_text().startswith("<!") and "<svg" in (tmp_path / "r.svg").read_text()
    with pytest.raises(quell.InputError, match="nowhere"):
        quell.compare("ven-obi", patients=20, years=1, html=tmp_path / "nowhere" / "r.html")


def test_protocol_and_next_line():
    bare = quell.compare("clb-obi", patients=40, years=2, next_line="none", protocol="none")
    assert bare.json_text != quell.compare("clb-obi", patients=40, years=2).json_text
    with pytest.raises(quell.InputError, match="protocol"):
        quell.compare("clb-obi", patients=10, protocol="standrad")


def test_tables_have_the_columns_that_are_announced():
    """The manual's columns are those of the result, in order."""
    info = quell._lib.plain("quell_verb_find", b"compare").contents
    said = {quell._lib.text(info.table[i].name): quell._lib.text(info.table[i].columns).split(", ") for i in range(info.n_table)}
    r = quell.compare(["ven-obi", "clb-obi"], patients=20, years=1, numerics=2)
    assert set(r) == set(said) - {"stored"}
    for name, table in r.items():
        assert table.columns == said[name]


def test_interrupt_keeps_the_process_alive():
    """Ctrl-C in the middle: KeyboardInterrupt within seconds, and the package goes on working."""
    code = ("import quell, os, signal, threading\n"
            "threading.Timer(1.0, lambda: os.kill(os.getpid(), signal.SIGINT)).start()\n"
            "try:\n    quell.compare(regimens='ven-obi', patients=3000000)\n"
            "except KeyboardInterrupt:\n    print('stopped', len(quell.evidence(trial='CLL14').rows) > 0)\n")
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=120)
    assert out.stdout.decode().strip() == "stopped True", out.stderr.decode()


def test_progress_and_its_faults():
    seen = []
    quell.compare(regimens="ven-obi", patients=50, years=1, progress=lambda done, total: seen.append((done, total)))
    assert seen and seen[-1][0] == seen[-1][1]
    with pytest.raises(ZeroDivisionError):
        quell.compare(regimens="ven-obi", patients=3000000, progress=lambda done, total: 1 / 0)


def test_threads_with_a_handle_each_and_with_one():
    results = [None] * 4
    m = quell.model(ORAL)

    def work(i):
        results[i] = m.simulate(events=FRAME).records.csv()

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    done = [r for r in results if r]
    assert done and all(r == done[0] for r in done)


def test_use_after_free():
    r = quell.evidence(trial="CLL14")
    handle = r._run.value
    quell._lib.plain("quell_run_free", handle)
    with pytest.raises(quell.UsageError, match="freed"):
        r.json_text
    r._run.value = None


def test_library_of_another_version(tmp_path):
    other = tmp_path / "libquell.so.0"
    source = tmp_path / "other.c"
    source.write_text("int quell_abi(void) { return 99; }\n")
    old = tmp_path / "old.so"
    if subprocess.run(["cc", "-shared", "-fPIC", "-x", "c", "-", "-o", str(old)], input=b"int quell_abi(void) { return 1; }",
                      capture_output=True).returncode == 0:
        out = subprocess.run([sys.executable, "-c", "import quell"], capture_output=True,
                             env={**os.environ, "QUELL_LIBRARY": str(old)})
        assert out.returncode == 1 and "older than this package" in out.stderr.decode()
    if subprocess.run(["cc", "-shared", "-fPIC", "-o", str(other), str(source)], capture_output=True).returncode:
        pytest.skip("no C compiler")
    out = subprocess.run([sys.executable, "-c", "import quell"], capture_output=True,
                         env={**os.environ, "QUELL_LIBRARY": str(other)})
    assert out.returncode == 1 and "binary interface 99" in out.stderr.decode()


def test_arrow_capsules_are_released():
    import ctypes

    table = quell.evidence(trial="CLL14").rows
    schema, array = table.__arrow_c_array__()
    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    length = ctypes.c_int64.from_address(get(array, b"arrow_array")).value
    assert length == len(table)
    name = ctypes.c_char_p.from_address(get(schema, b"arrow_schema")).value
    assert name == b"+s"
    del schema, array
    pyarrow = pytest.importorskip("pyarrow")
    batch = table.arrow()
    assert batch.num_rows == len(table) and batch.schema.field("value").metadata[b"title"]
    assert isinstance(batch, pyarrow.RecordBatch)


def test_arrow_in():
    """A table of ours as data for a verb: by Arrow, without a copy."""
    rows = quell.survival(data={"t": [1.0, 2, 3, 4], "e": [1, 0, 1, 1], "g": ["a", "b", "b", None]}, time="t", event="e").curves
    assert len(rows) == 4
    again = quell.survival(data=rows, time="time", event="n_risk", competing=[2, 3, 4])
    assert len(again.incidence) >= 1
    frame = quell.regimen(name="ven-obi", years=1).doses
    assert quell.cll_model().simulate(events=frame).records["ID"][0] == 1

    class NotArrow:
        def __arrow_c_array__(self, requested_schema=None):
            return (1, 2)

    with pytest.raises(quell.UsageError, match="two capsules"):
        quell.survival(data=NotArrow(), time="t", event="e")

    class Once:
        def __init__(self, table):
            self.capsules = table.__arrow_c_array__()

        def __arrow_c_array__(self, requested_schema=None):
            return self.capsules

    once = Once(rows)
    quell.survival(data=once, time="time", event="n_risk", competing=[2, 3, 4])
    with pytest.raises(quell.UsageError, match="taken over before"):
        quell.survival(data=once, time="time", event="n_risk")


def test_huge_and_empty_frames():
    n = 300000
    big = {"t": numpy.arange(1.0, n + 1), "e": numpy.ones(n), "g": ["x"] * n}
    assert quell.survival(data=big, time="t", event="e", times=[n / 2]).curves["surv"][0] == pytest.approx(0.5)
    wide = {"c%d" % i: [1.0] for i in range(3000)}
    with pytest.raises(quell.InputError, match="no column `t`|`t`"):
        quell.survival(data=wide, time="t", event="e")
    with pytest.raises(quell.QuellError):
        quell.nma(data={"studlab": [], "treat1": [], "treat2": [], "TE": [], "seTE": []})
    with pytest.raises(quell.InputError, match="tmie"):
        quell.survival(data={"Time": [1.0], "e": [1]}, time="tmie", event="e")


def test_two_threads_on_one_run():
    """While a run is going on, everything else on it is refused with a message."""
    from quell._table import new_handle

    run = new_handle("quell_run_free", "quell_run_new", b"compare")
    quell._lib.call("quell_run_set_text", run.value, b"regimens", b"ven-obi")
    quell._lib.call("quell_run_set_number", run.value, b"patients", 3000000.0)
    quell._lib.call("quell_run_start", run.value)
    said = []

    def work():
        for name, arguments in (("quell_run_set_number", (b"patients", 1.0)), ("quell_run_start", ()), ("quell_run_free", ())):
            try:
                quell._lib.call(name, run.value, *arguments)
            except quell.UsageError as fault:
                said.append(str(fault))

    t = threading.Thread(target=work)
    t.start()
    t.join()
    assert len(said) == 3 and all("in use" in s for s in said)
    quell._lib.call("quell_run_cancel", run.value)
    state = quell._lib.State(running=1)
    import ctypes

    while state.running:
        quell._lib.call("quell_run_poll", run.value, 1000, ctypes.byref(state))
    assert state.status == 6


def test_every_verb_has_a_docstring():
    import inspect

    from quell import verbs

    assert len(verbs.__all__) == 16
    for verb in verbs.__all__:
        f = getattr(quell, verb)
        assert "Parameters" in f.__doc__ and "Returns" in f.__doc__ and f.__annotations__["return"] is quell.Result
        assert "progress" in inspect.signature(f).parameters


def test_the_stub_is_python_and_has_the_same_signatures():
    import ast
    import inspect

    from quell import verbs

    path = os.path.join(os.path.dirname(verbs.__file__), "verbs.pyi")
    with open(path, encoding="utf-8") as fh:
        tree = ast.parse(fh.read())
    stub = {f.name: [a.arg for a in f.args.args + f.args.kwonlyargs] for f in tree.body if isinstance(f, ast.FunctionDef)}
    assert stub == {v: list(inspect.signature(getattr(quell, v)).parameters) for v in verbs.__all__}
