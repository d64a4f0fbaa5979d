"""The Python package against a real server of the checkout."""

import os
import subprocess
import sys
import time

import pytest

import krige


@pytest.fixture(scope="module")
def client():
    with krige.connect() as connected:
        yield connected


@pytest.mark.filterwarnings("error")
def test_searches_a_pool(client):
    study = client.study(pool=["Classify.", "Which team?", {"id": "good", "slots": {"a": "Label", "b": "it."}}], example_count=6, evaluations=18)
    for action in study:
        study.tell(action, [action.candidate.id == "good" for _ in action.examples])
    best = study.best()
    assert best.candidate.id == "good"
    assert best.text == "Label\n\nit."
    assert best.interval[0] <= best.mean <= best.interval[1]
    assert study.info()["spent"]["evaluations"] == 18
    assert study.ask() is None


def test_proposes_points(client):
    study = client.study(space={"x": {"float": [0, 1]}}, evaluations=12, direction="minimize")
    for action in study:
        study.tell(action, (action.parameters["x"] - 0.3) ** 2)
    assert abs(study.best().parameters["x"] - 0.3) < 0.1


def test_takes_scores_as_other_packages_have_them(client):
    numpy = pytest.importorskip("numpy")
    study = client.study(pool=numpy.array(["a", "b"]), example_count=numpy.int64(12), evaluations=numpy.int64(9))
    given = [
        numpy.array([0.5]), numpy.array(0.5), numpy.float32(0.5), [numpy.float32(0.5)], numpy.int64(1), [numpy.bool_(True)],
        (score for score in [0.5]), [ValueError("no answer")], {"score": 1, "metrics": {"tokens": numpy.int64(3)}},
    ]  # fmt: skip
    for scores in given:
        study.tell(study.ask(), scores)
    study.observe([{"candidate": {"index": numpy.int64(0)}, "score": numpy.float32(0.5), "count": 3}])
    assert study.info()["observations"] == len(given) + 1
    assert study.info()["spent"]["evaluations"] == len(given)


def test_says_what_is_no_score_and_no_list(client):
    study = client.study(pool=["a", "b"], example_count=2)
    with pytest.raises(ValueError, match="a number is NaN or infinite; expected a finite one, or None"):
        study.tell(study.ask(), [float("nan")])
    with pytest.raises(TypeError, match="is no number, text, list or mapping"):
        study.tell(study.ask(), [object()])
    with pytest.raises(TypeError, match="candidates is one text; expected a list"):
        study.add("Label it.")
    with pytest.raises(TypeError, match="observations is a mapping; expected a list"):
        study.observe({"candidate": {"index": 0}, "score": 1})
    with pytest.raises(TypeError, match="pool is one text; expected a list"):
        client.study(pool="Label it.")
    assert study.info()["candidates"] == 2


def test_applies_a_budget_that_is_given_again(client):
    study = client.study("again", pool=["a", "b"], example_count=3, evaluations=2)
    for action in study:
        study.tell(action, 1)
    client.study("again", pool=["a", "b"], example_count=3)
    assert study.ask() is None
    client.study("again", pool=["a", "b"], example_count=3, evaluations=5)
    assert len(list(study)) == 3


def test_ends_with_a_verdict(client):
    study = client.study(pool=["a", "b"], baseline="1", example_count=6, holdout_count=30, evaluations=72)
    for action in study:
        assert not action.holdout
        study.tell(action, [action.text == "b" for _ in action.examples])
    with pytest.raises(ValueError, match="holds examples out"):
        study.conclude()
    held = []

    def measure(action):
        held.append((action.text, action.holdout, len(action.examples)))
        return [action.text == "b" for _ in action.examples]

    outcome = study.conclude(measure)
    assert held == [("b", True, 30), ("a", True, 30)]
    assert (outcome.verdict, outcome.winner.text, outcome.baseline.text) == ("improved", "b", "a")
    assert (outcome.difference.mean, outcome.difference.count) == (1, 30)
    assert outcome.difference.interval[0] > 0
    assert study.conclude() == outcome


def test_finds_what_was_asked_for_and_never_told(tmp_path):
    settings = {"pool": ["a", "b"], "example_count": 3, "evaluations": 5}
    store = str(tmp_path / "studies.db")
    with krige.connect(store=store) as before:
        lost = before.study("s", **settings).ask_many(3)
    with krige.connect(store=store) as after:
        study = after.study("s", **settings)
        assert study.pending() == lost
        with pytest.warns(UserWarning, match="3 actions that were asked for elsewhere are not told"):
            for action in study:
                study.tell(action, [1])
        study.release(lost[0])
        for action in study.pending():
            study.tell(action, [1])
        for action in study:
            study.tell(action, [1])
        assert study.pending() == []
        assert study.info()["spent"]["evaluations"] == 5


def test_a_failed_call_is_missing(client):
    study = client.study(pool=["a", "b"], example_count=2)
    action = study.ask()
    study.tell(action, [None for _ in action.examples])
    assert study.best() is None
    action = study.ask()
    study.release(action)


def test_ranks_texts_nobody_measured(client):
    study = client.study(pool=["Reply."], example_count=4)
    observations = [
        {"candidate": {"index": candidate.index}, "example": example, "score": score}
        for candidate, score in zip(study.add(["Name the label.", "Name the label, please.", "Write a poem.", "Write a long poem."]), [1, 1, 0, 0])
        for example in range(4)
    ]
    study.observe(observations)
    drafts = ["Write a short poem.", "Name the label now."]
    assert client.study(pool=["Reply."]).rank(drafts) is None
    before = study.info()
    ranked = study.rank(drafts)
    assert [each.text for each in ranked] == drafts[::-1]
    assert ranked[0].expected_improvement > ranked[1].expected_improvement
    poem, label = study.predict(drafts)
    assert label.mean > poem.mean and label.measured == 0 and label.standard_deviation > 0
    assert study.predict(["Name the label."])[0].measured == 4
    assert study.screen(drafts) == drafts[1]
    assert study.info() == before
    with pytest.raises(TypeError, match="one text"):
        study.rank("Name the label now.")
    with pytest.raises(ValueError, match="empty"):
        study.screen([])


def test_refusals_say_what_to_do(client):
    with pytest.raises(krige.KrigeError, match="policy"):
        client.study(pool=["a"], policy="krieg")
    with pytest.raises(krige.KrigeError, match="no study"):
        krige.Study(client, "nothing").best()
    with pytest.raises(krige.KrigeError, match="nowhere-krige cannot be started"):
        krige.connect(command="/nowhere-krige serve")
    with pytest.raises(ValueError, match="the server there has a store of its own"):
        krige.connect("http://127.0.0.1:9", store="studies.db")
    with pytest.raises(ValueError, match="token is given without url"):
        krige.connect(token="a-token-of-sixteen-characters")
    with pytest.raises(krige.KrigeError, match="no answer"):
        krige.connect("http://127.0.0.1:9").study(pool=["a"])


STARTS = "import krige; client = krige.connect(); client.study(pool=['a', 'b'], example_count=2); print(client._process.pid, flush=True)"


def test_a_script_that_never_closes_leaves_no_server():
    pid = int(subprocess.run([sys.executable, "-c", STARTS], check=True, capture_output=True, text=True, timeout=60).stdout)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_ctrl_c_leaves_the_server_to_the_script():
    # What a terminal does, and a notebook whose cell is interrupted: all processes of the group get the signal.
    script = """
import os, signal, time
import krige
study = krige.connect().study(pool=["a", "b"], example_count=2)
study.tell(study.ask(), [1])
try:
    os.killpg(0, signal.SIGINT)
    time.sleep(5)
except KeyboardInterrupt:
    time.sleep(1)
    print(study.best().mean > 0.5)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, start_new_session=True)
    assert done.stdout == "True\n", done.stderr


def test_a_killed_script_leaves_no_server():
    command = [sys.executable, "-c", STARTS + "; import time; time.sleep(60)"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as script:
        pid = int(script.stdout.readline())
        script.kill()
    with pytest.raises(ProcessLookupError):
        for _ in range(100):
            os.kill(pid, 0)
            time.sleep(0.1)


def test_finds_the_checkout_that_it_was_installed_from(tmp_path):
    """As after `pip install ./src/interop/python`, far from the checkout and with no krige on the path."""
    environment = {"PATH": "/nonexistent", "HOME": str(tmp_path)}
    run = subprocess.run([sys.executable, "-c", STARTS], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
