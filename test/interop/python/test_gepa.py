"""Krige inside the real GEPA, with scripted reflection: both arms are shown the same texts."""

import random
from collections import Counter
from types import SimpleNamespace

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
        self.validated = Counter()

    def evaluate(self, batch, candidate, capture_traces=False):
        text = candidate["instruction"]
        self.calls += len(batch)
        self.validated.update((text, example) for example in batch if example < 100)
        scores = [1.0 if random.Random(f"{text}|{example}").random() < quality(text) else 0.0 for example in batch]
        return EvaluationBatch(outputs=scores, scores=scores, trajectories=scores if capture_traces else None)

    def make_reflective_dataset(self, candidate, eval_batch, components):
        return {name: [{"score": score} for score in eval_batch.scores] for name in components}


def run(policy, calls, selection=None, draws=1):
    generator = random.Random(5)

    def propose(candidate, reflective_dataset, components):
        return {name: candidate[name] + " " + generator.choice(WORDS) for name in components}

    adapter = policy.adapter if getattr(policy, "adapter", None) else Adapter()
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


def test_races_a_new_program_against_the_best_and_pays_for_nothing_twice():
    class Several(Adapter):
        def batch_evaluate(self, items):
            return [self.evaluate(batch, candidate, True) for candidate, batch in items]

    for inner in (Adapter(), Several()):
        with krige.connect() as client:
            policy = KrigeEvaluationPolicy(inner, client=client, tolerance=0.005, minimum=10)
            result, _ = run(policy, 500, KrigeSelection(policy))
            best = policy.get_best_program(SimpleNamespace(
                program_candidates=result.candidates, prog_candidate_val_subscores=result.val_subscores
            ))
        assert result.total_metric_calls == inner.calls
        assert max(inner.validated.values()) == 1
        sizes = [len(scores) for scores in result.val_subscores]
        assert min(sizes) == 10 and max(sizes) > 20
        assert best == result.best_idx
        assert quality(result.best_candidate["instruction"]) > quality("Answer.")
    with pytest.raises(AttributeError):
        KrigeEvaluationPolicy(Adapter()).adapter.batch_evaluate


def test_screens_drafts_before_any_rollout():
    drafts = [{"instruction": text} for text in ["Answer. terse polite", "Answer. label list format", "Answer. json careful"]]
    with krige.connect() as client:
        policy = KrigeEvaluationPolicy(client=client)
        assert policy.most_promising(drafts) == 0
        result, _ = run(policy, 600, draws=4)
        drawn = iter(drafts)
        proposed = screen(lambda *_: next(drawn), policy, draws=3)({"instruction": "Answer."}, {}, ["instruction"])
    assert proposed == drafts[1]
    assert quality(result.best_candidate["instruction"]) > quality("Answer.")


def test_refuses_impossible_settings():
    with pytest.raises(ValueError, match="draws is 0"):
        screen(lambda *_: {}, None, draws=0)
    for settings, message in [({"share": 0}, "share is 0"), ({"tolerance": 0}, "tolerance is 0"), ({"minimum": 0}, "minimum is 0")]:
        with pytest.raises(ValueError, match=message):
            KrigeEvaluationPolicy(**settings)


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
