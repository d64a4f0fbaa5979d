"""Krige inside GEPA: a new program is validated on as many examples as it takes, and who is best is a posterior.

    policy = KrigeEvaluationPolicy(adapter)
    gepa.optimize(..., adapter=policy.adapter, val_evaluation_policy=policy, selection_strategy=KrigeSelection(policy))
"""

from __future__ import annotations

import functools
import json
import math
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gepa.core.adapter import EvaluationBatch
from gepa.core.state import GEPAState
from gepa.strategies.eval_policy import EvaluationPolicy
from gepa.strategies.proposal_selection import SelectionStrategy

from .client import Belief, Client, Study, connect


class KrigeEvaluationPolicy(EvaluationPolicy):
    """Validates programs on the same examples, in one random order, so that they are compared in pairs.

    What a program is worth is Krige's posterior: its own outcomes, how hard the examples are, and what programs with
    similar texts reached. A program with a few lucky examples does not become the best.

    With `adapter` and :class:`KrigeSelection` a validation is a race: a new program and the best one are measured, some
    examples at a time, until measuring on would hardly change which is the best. A weak program is given up after a few
    examples, a strong one gets them all. Give GEPA `policy.adapter` in place of your own.

    :param adapter: what GEPA would evaluate programs with.
    :param tolerance: a race ends where no program is expected to be better than the best by more, in units of the scores.
    :param minimum: examples measured at a time.
    :param share: without an adapter, the part of the validation set that a new program is measured on.
    """

    def __init__(
        self,
        adapter: Any = None,
        *,
        tolerance: float = 0.001,
        minimum: int = 20,
        share: float = 0.34,
        seed: int = 0,
        client: Client | None = None,
    ) -> None:
        if not 0 < share <= 1:
            raise ValueError(f"share is {share}; expected more than 0 and at most 1")
        if not tolerance > 0:
            raise ValueError(f"tolerance is {tolerance}; expected more than 0")
        if minimum < 1:
            raise ValueError(f"minimum is {minimum}; expected at least 1")
        self.adapter = None if adapter is None else _RacedAdapter(adapter)
        self._tolerance = tolerance
        self._minimum = minimum
        self._share = share
        self._seed = seed
        self._client = client
        self._owns_client = client is None
        self._study: Study | None = None
        self._loader: Any = None
        self._order: list[Any] = []
        self._place: dict[Any, int] = {}
        self._programs: list[Mapping[str, str]] = []
        """By index in the study."""
        self._outcomes: list[dict[Any, _Outcome]] = []
        self._told: list[set[Any]] = []
        self._indices: dict[str, int] = {}
        self._beliefs: list[Belief] = []
        self._raced: list[list[Any]] = []
        """Examples of the programs that are validated next."""

    def close(self) -> None:
        """Stops the server if this policy started it."""
        if self._owns_client and self._client is not None:
            self._client.close()
            self._client = None

    def get_seed_eval_batch(self, loader: Any) -> list[Any]:
        """The examples of the program that GEPA starts from."""
        if self.adapter is None:
            return self.get_eval_batch(loader, None)
        self._learn_order(loader)
        return self._order[: self._minimum]

    def get_eval_batch(self, loader: Any, state: GEPAState | None, target_program_idx: int | None = None) -> list[Any]:
        self._learn_order(loader)
        if self._raced:
            return self._raced.pop(0)
        return self._order[: max(self._minimum, math.ceil(self._share * len(self._order)))]

    def get_best_program(self, state: GEPAState) -> int:
        self._sync(state)
        subscores = state.prog_candidate_val_subscores
        enough = min(self._minimum, max(len(scores) for scores in subscores))
        measured = [program for program, scores in enumerate(subscores) if len(scores) >= enough]
        return max(measured, key=lambda program: (self.get_valset_score(program, state), -program))

    def get_valset_score(self, program_idx: int, state: GEPAState) -> float:
        self._sync(state)
        mean = self._beliefs[self._indices[_key(state.program_candidates[program_idx])]].mean
        return float("-inf") if mean is None else mean

    def expected(self, programs: Sequence[Mapping[str, str]]) -> list[float]:
        """What programs that were never validated are expected to score, by their texts."""
        predicted = self._study.predict([_candidate(program) for program in programs]) if self._study else None
        return [0.0 for _ in programs] if predicted is None else [each.mean for each in predicted]

    def most_promising(self, programs: Sequence[Mapping[str, str]]) -> int:
        """Which of several programs is worth trying most, by what was validated so far; the first before that."""
        ranked = self._study.rank([_candidate(program) for program in programs]) if self._study else None
        return ranked[0].index if ranked else 0

    def race(self, programs: Sequence[Mapping[str, str]], state: GEPAState) -> None:
        """Measures programs and the best so far until it is clear enough who is the best.

        GEPA, which validates these programs next, counts what was measured of them; of others it is counted here. A race
        takes no more than validating all of them in full.
        """
        self._sync(state)
        racing = self._join(programs)
        left = len(programs) * len(self._order)
        while left > 0 and (program := self._undecided(racing)) is not None:
            measured = self._measure(program)
            left -= measured
            if program not in racing:
                state.increment_evals(measured)
        for program in racing:
            examples = [each for each in self._order if each in self._outcomes[program]]
            self._raced.append(examples)
            outcomes = [self._outcomes[program][each] for each in examples]
            self.adapter.remember(self._programs[program], self._loader.fetch(examples), outcomes)

    def _undecided(self, racing: Sequence[int]) -> int | None:
        """The program to measure on; None where who is the best is clear enough."""
        fresh = [program for program in racing if not self._outcomes[program]]
        if fresh:
            return fresh[0]
        self._update()
        measured = [program for program, outcomes in enumerate(self._outcomes) if outcomes]
        best = max(measured, key=lambda program: (self._beliefs[program].mean, -program))
        improvements = {program: self._beliefs[program].expected_improvement or 0.0 for program in measured if program != best}
        rival = max(improvements, key=improvements.__getitem__, default=None)
        if rival is None or improvements[rival] < self._tolerance:
            return None
        pair = [program for program in (rival, best) if len(self._outcomes[program]) < len(self._order)]
        return min(pair, key=lambda program: len(self._outcomes[program]), default=None)

    def _measure(self, program: int) -> int:
        """Measures some more examples of a program; how many."""
        outcomes = self._outcomes[program]
        examples = [each for each in self._order if each not in outcomes][: self._minimum]
        batch = self.adapter.inner.evaluate(self._loader.fetch(examples), dict(self._programs[program]), capture_traces=False)
        objectives = batch.objective_scores or [None] * len(examples)
        for each, *outcome in zip(examples, batch.outputs, batch.scores, objectives, strict=True):
            outcomes[each] = _Outcome(*outcome)
        return len(examples)

    def _learn_order(self, loader: Any) -> None:
        self._loader = loader
        self._append(loader.all_ids())

    def _append(self, examples: Iterable[Any]) -> None:
        fresh = [each for each in examples if each not in self._place]
        random.Random(self._seed).shuffle(fresh)
        for each in fresh:
            self._place[each] = len(self._order)
            self._order.append(each)

    def _sync(self, state: GEPAState) -> None:
        for scores in state.prog_candidate_val_subscores:
            self._append(scores)
        indices = self._join(state.program_candidates)
        for program, scores in zip(indices, state.prog_candidate_val_subscores):
            for each, score in scores.items():
                self._outcomes[program].setdefault(each, _Outcome(None, score, None))
        self._update()

    def _join(self, programs: Sequence[Mapping[str, str]]) -> list[int]:
        """Indices of programs in the study, which they join."""
        if self._study is None:
            if self._client is None:
                self._client = connect()
            self._study = self._client.study(example_count=max(1, len(self._order)), estimand="set", seed=self._seed)
        fresh = {_key(program): program for program in programs if _key(program) not in self._indices}
        if fresh:
            added = self._study.add([_candidate(program) for program in fresh.values()])
            for (key, program), candidate in zip(fresh.items(), added):
                self._indices[key] = candidate.index
                if candidate.index == len(self._programs):
                    self._programs.append(program)
                    self._outcomes.append({})
                    self._told.append(set())
        return [self._indices[_key(program)] for program in programs]

    def _update(self) -> None:
        """Tells what was measured since, and asks what to believe."""
        observations = [
            {"candidate": {"index": program}, "example": self._place[each], "score": float(outcome.score)}
            for program, outcomes in enumerate(self._outcomes)
            for each, outcome in outcomes.items()
            if each not in self._told[program]
        ]
        if observations or len(self._beliefs) < len(self._programs):
            self._study.observe(observations)
            for outcomes, told in zip(self._outcomes, self._told):
                told.update(outcomes)
            self._beliefs = self._study.posterior()


@dataclass(frozen=True)
class _Outcome:
    """What an adapter said of a program on one example."""

    output: Any
    score: float
    objectives: Any


class _RacedAdapter:
    """GEPA's adapter, which does not run again what a race has measured already."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self._raced: dict[str, list[tuple[Any, _Outcome]]] = {}

    def __getattr__(self, name: str) -> Any:
        if name == "batch_evaluate":
            return functools.partial(self._batch_evaluate, self.inner.batch_evaluate)
        return getattr(self.inner, name)

    def remember(self, program: Mapping[str, str], batch: Sequence[Any], outcomes: Sequence[_Outcome]) -> None:
        self._raced[_key(program)] = list(zip(batch, outcomes))

    def evaluate(self, batch: list[Any], candidate: dict[str, str], capture_traces: bool = False) -> EvaluationBatch:
        return self._take(batch, candidate) or self.inner.evaluate(batch, candidate, capture_traces)

    def _batch_evaluate(self, evaluate: Any, items: list[tuple[dict[str, str], list[Any]]]) -> list[EvaluationBatch]:
        taken = [self._take(batch, candidate) for candidate, batch in items]
        missing = [item for item, known in zip(items, taken) if known is None]
        fresh = iter(evaluate(missing) if missing else [])
        return [known or next(fresh) for known in taken]

    def _take(self, batch: Sequence[Any], candidate: Mapping[str, str]) -> EvaluationBatch | None:
        """What a race has measured, once; None where that is not what is asked for."""
        known = iter(self._raced.get(_key(candidate), ()))
        found = [next((outcome for each, outcome in known if each is asked or each == asked), None) for asked in batch]
        if not found or any(outcome is None for outcome in found):
            return None
        del self._raced[_key(candidate)]
        objectives = [outcome.objectives for outcome in found]
        return EvaluationBatch(
            outputs=[outcome.output for outcome in found],
            scores=[outcome.score for outcome in found],
            trajectories=None,
            objective_scores=None if None in objectives else objectives,
        )


def import_state(state: Any, client: Client, name: str | None = None, *, seed: int = 0) -> Study:
    """A finished GEPA run as the history of a Krige study: its programs are the pool, their validation scores are told.

    :param state: a `GEPAState`, a `GEPAResult`, or the `run_dir` of a run.
    """
    if isinstance(state, (str, Path)):
        state = GEPAState.load(str(state))
    programs = state.program_candidates if isinstance(state, GEPAState) else state.candidates
    scores = state.prog_candidate_val_subscores if isinstance(state, GEPAState) else state.val_subscores
    order: dict[Any, int] = {}
    for each in scores:
        for example in each:
            order.setdefault(example, len(order))
    study = client.study(name, example_count=max(1, len(order)), seed=seed)
    places = [candidate.index for candidate in study.add([_candidate(program) for program in programs])]
    told: dict[tuple[int, int], float] = {}
    for place, each in zip(places, scores):
        for example, score in each.items():
            # Two programs of one text are one candidate.
            told.setdefault((place, order[example]), float(score))
    study.observe(
        [{"candidate": {"index": place}, "example": example, "score": score} for (place, example), score in told.items()]
    )
    return study


Proposer = Callable[[dict[str, str], Mapping[str, Any], list[str]], dict[str, str]]
"""GEPA's `custom_candidate_proposer`: new texts for components, from a program and what went wrong."""


def screen(propose: Proposer, policy: KrigeEvaluationPolicy, *, draws: int = 4) -> Proposer:
    """A proposer that draws several texts and returns the one with the best prospects, before any rollout is paid for.

    Give it to GEPA as `custom_candidate_proposer`. Each draw is one call of `propose`.

    :param draws: how many texts are drawn.
    """
    if draws < 1:
        raise ValueError(f"draws is {draws}; expected at least 1")

    def screened(candidate: dict[str, str], dataset: Mapping[str, Any], components: list[str]) -> dict[str, str]:
        drawn = [propose(candidate, dataset, components) for _ in range(draws)]
        return drawn[policy.most_promising([{**candidate, **each} for each in drawn])]

    return screened


class KrigeSelection(SelectionStrategy):
    """Of the proposals that passed the minibatch, those with the best prospects go on to validation.

    Where the policy has an adapter, they are raced.

    :param keep: how many go on at most, by what their texts promise.
    """

    def __init__(self, policy: KrigeEvaluationPolicy, *, keep: int = 1) -> None:
        if keep < 1:
            raise ValueError(f"keep is {keep}; expected at least 1")
        self._policy = policy
        self._keep = keep

    def select(self, proposals: list[Any], state: GEPAState, acceptance_criterion: Any) -> list[Any]:
        # A draft that reads like another, or like a program that was validated before, is not paid for again.
        seen = {_key(program) for program in state.program_candidates}
        accepted = []
        for proposal in proposals:
            if acceptance_criterion.should_accept(proposal, state) and _key(proposal.candidate) not in seen:
                seen.add(_key(proposal.candidate))
                accepted.append(proposal)
        if len(accepted) > self._keep:
            expected = self._policy.expected([proposal.candidate for proposal in accepted])
            ranked = sorted(range(len(accepted)), key=lambda place: -expected[place])
            accepted = [accepted[place] for place in sorted(ranked[: self._keep])]
        if accepted and self._policy.adapter is not None:
            self._policy.race([proposal.candidate for proposal in accepted], state)
        return accepted


def _key(program: Mapping[str, str]) -> str:
    return json.dumps(program, sort_keys=True)


def _candidate(program: Mapping[str, str]) -> dict[str, Any]:
    if len(program) == 1:
        return {"text": next(iter(program.values()))}
    return {"slots": {name: text if isinstance(text, str) else json.dumps(text) for name, text in program.items()}}
