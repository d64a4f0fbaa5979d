"""Krige inside the real GEPA, with scripted reflection: both arms are shown the same texts."""

import random

import pytest

gepa = pytest.importorskip("gepa")
from gepa.core.adapter import EvaluationBatch

import krige
from krige.gepa import KrigeEvaluationPolicy, KrigeSelection, import_state, screen

WORDS = ["terse", "polite", "label", "list", "careful", "example", "format", "json"]
WORTH = {"label": 0.25, "list": 0.2, "format": 0.15, "poem": -0.2}


def quality(text):
    return 0.2 + sum(worth for word, worth in WORTH.items() if word in text)


class Adapter:
    """Outcome of a text on an example: fixed, with the probability that its words give."""

    propose_new_texts = None

    def __init__(self):
        self.calls = 0

    def evaluate(self, batch, candidate, capture_traces=False):
        text = candidate["instruction"]
        self.calls += len(batch)
        scores = [1.0 if random.Random(f"{text}|{example}").random() < quality(text) else 0.0 for example in batch]
        return EvaluationBatch(outputs=scores, scores=scores, trajectories=scores if capture_traces else None)

    def make_reflective_dataset(self, candidate, eval_batch, components):
        return {name: [{"score": score} for score in eval_batch.scores] for name in components}


def run(policy, calls, selection=None, draws=1):
    generator = random.Random(5)

    def propose(candidate, reflective_dataset, components):
        return {name: candidate[name] + " " + generator.choice(WORDS) for name in components}

    adapter = Adapter()
    result = gepa.optimize(
        seed_candidate={"instruction": "Answer."},
        trainset=list(range(100, 130)),
        valset=list(range(60)),
        adapter=adapter,
        custom_candidate_proposer=propose if draws == 1 else screen(propose, policy, draws=draws),
        reflection_lm=None,
        max_metric_calls=calls,
        val_evaluation_policy=policy,
        selection_strategy=selection,
        seed=1,
    )
    return result, adapter


def test_validates_on_a_part_and_finds_a_better_program():
    with krige.connect() as client:
        policy = KrigeEvaluationPolicy(client=client)
        result, adapter = run(policy, 600, KrigeSelection(policy))
    validated = [len(scores) for scores in result.val_subscores[1:]]
    assert validated and set(validated) == {21}
    assert quality(result.best_candidate["instruction"]) > quality("Answer.")
    full, _ = run(None, 600)
    assert len(result.candidates) > len(full.candidates)


def test_screens_drafts_before_any_rollout():
    drafts = [{"instruction": text} for text in ["Answer. poem terse", "Answer. label list", "Answer. poem json"]]
    with krige.connect() as client:
        policy = KrigeEvaluationPolicy(client=client)
        assert policy.most_promising(drafts) == 0
        result, _ = run(policy, 900, draws=4)
        drawn = iter(drafts)
        proposed = screen(lambda *_: next(drawn), policy, draws=3)({"instruction": "Answer."}, {}, ["instruction"])
    assert proposed == drafts[1]
    assert quality(result.best_candidate["instruction"]) > quality("Answer.")


def test_refuses_impossible_settings():
    with pytest.raises(ValueError, match="draws is 0"):
        screen(lambda *_: {}, None, draws=0)
    with pytest.raises(ValueError, match="share is 0"):
        KrigeEvaluationPolicy(share=0)


def test_a_finished_run_becomes_history(tmp_path):
    adapter = Adapter()
    generator = random.Random(5)
    result = gepa.optimize(
        seed_candidate={"instruction": "Answer."},
        trainset=list(range(100, 130)),
        valset=list(range(60)),
        adapter=adapter,
        custom_candidate_proposer=lambda candidate, _, components: {
            name: candidate[name] + " " + generator.choice(WORDS) for name in components
        },
        reflection_lm=None,
        max_metric_calls=500,
        seed=1,
        run_dir=str(tmp_path),
    )
    with krige.connect() as client:
        for state in (result, str(tmp_path)):
            study = import_state(state, client)
            assert study.info()["candidates"] == len({candidate["instruction"] for candidate in result.candidates})
            assert study.info()["observations"] % 60 == 0
            assert study.best().text in [candidate["instruction"] for candidate in result.candidates]
            assert study.rank(["Answer. label list"])[0].measured == 0
