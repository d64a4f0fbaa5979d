"""The Python examples of docs/plug-in.md, run as they stand."""

import random
import re
from pathlib import Path

import pytest

pytest.importorskip("gepa")
pytest.importorskip("optuna")
from gepa.core.adapter import EvaluationBatch

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "plug-in.md").read_text()
SNIPPETS = re.findall(r"```python\n(.*?)```", PAGE, re.S)


class Adapter:
    """A program is right on an example the more often, the more often it says label."""

    propose_new_texts = None

    def evaluate(self, batch, candidate, capture_traces=False):
        share = 0.2 + 0.2 * candidate["instruction"].count("label")
        scores = [float(random.Random(f"{candidate['instruction']}|{example}").random() < share) for example in batch]
        return EvaluationBatch(outputs=scores, scores=scores, trajectories=scores if capture_traces else None)

    def make_reflective_dataset(self, candidate, eval_batch, components):
        return {name: [{"score": score} for score in eval_batch.scores] for name in components}


def test_optuna():
    names = {"train": lambda rate, depth: (rate - 0.01) ** 2 + (depth - 4) ** 2}
    exec(SNIPPETS[0], names)
    assert names["study"].best_params["depth"] == 4


def test_gepa():
    generator = random.Random(3)

    def propose(candidate, dataset, components):
        return {name: candidate[name] + " " + generator.choice(["label", "poem", "now"]) for name in components}

    names = {"trainset": list(range(100, 130)), "valset": list(range(60)), "adapter": Adapter(), "propose": propose}
    exec(SNIPPETS[1], names)
    assert "label" in names["result"].best_candidate["instruction"]


def test_dspy():
    dspy = pytest.importorskip("dspy")
    from test_dspy import Scripted, examples, metric

    names = {"trainset": examples(0, 20), "valset": examples(100, 40), "metric": metric}
    with dspy.context(lm=Scripted()):
        exec(SNIPPETS[2], names)
    assert names["best"].signature.instructions.startswith("Name")
