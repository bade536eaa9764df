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
    assert "limits" in quell.explain("E0702")
    with pytest.raises(quell.UsageError):
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


def test_every_verb_has_a_docstring():
    for verb in ("compare", "simulate", "dataset", "trial", "survival", "nma", "evidence", "regimen"):
        assert "Parameters" in getattr(quell, verb).__doc__ and "Returns" in getattr(quell, verb).__doc__
