"""Krige inside GEPA: a new program is validated on a part of the examples, and who is best is a posterior.

    policy = KrigeEvaluationPolicy()
    gepa.optimize(..., val_evaluation_policy=policy, selection_strategy=KrigeSelection(policy))
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from gepa.core.state import GEPAState
from gepa.strategies.eval_policy import EvaluationPolicy
from gepa.strategies.proposal_selection import SelectionStrategy

from .client import Client, Study, connect


class KrigeEvaluationPolicy(EvaluationPolicy):
    """Validates each program on the same part of the examples, in one random order, so that programs are compared in pairs.

    What a program is worth is Krige's posterior: its own outcomes, how hard the examples are, and what programs with
    similar texts reached. A program with a few lucky examples does not become the best.

    :param share: the part of the validation set that a new program is measured on.
    :param minimum: at least so many examples.
    """

    def __init__(self, *, share: float = 0.34, minimum: int = 8, seed: int = 0, client: Client | None = None) -> None:
        if not 0 < share <= 1:
            raise ValueError(f"share is {share}; expected more than 0 and at most 1")
        self._share = share
        self._minimum = minimum
        self._seed = seed
        self._client = client
        self._owns_client = client is None
        self._study: Study | None = None
        self._order: list[Any] = []
        self._place: dict[Any, int] = {}
        self._told: set[tuple[int, Any]] = set()
        self._indices: list[int] = []
        self._means: list[float | None] = []

    def close(self) -> None:
        """Stops the server if this policy started it."""
        if self._owns_client and self._client is not None:
            self._client.close()
            self._client = None

    def get_eval_batch(self, loader: Any, state: GEPAState, target_program_idx: int | None = None) -> list[Any]:
        self._learn_order(list(loader.all_ids()))
        return self._order[: max(self._minimum, math.ceil(self._share * len(self._order)))]

    def get_best_program(self, state: GEPAState) -> int:
        self._sync(state)
        enough = min(self._minimum, max(len(scores) for scores in state.prog_candidate_val_subscores))
        measured = [
            program for program, scores in enumerate(state.prog_candidate_val_subscores) if len(scores) >= enough
        ]
        return max(measured, key=lambda program: (self._mean(program, state), -program))

    def get_valset_score(self, program_idx: int, state: GEPAState) -> float:
        self._sync(state)
        return self._mean(program_idx, state)

    def expected(self, programs: Sequence[Mapping[str, str]]) -> list[float]:
        """What programs that were never validated are expected to score, by their texts."""
        predicted = self._study.predict([_candidate(program) for program in programs]) if self._study else None
        return [0.0 for _ in programs] if predicted is None else [each.mean for each in predicted]

    def most_promising(self, programs: Sequence[Mapping[str, str]]) -> int:
        """Which of several programs is worth trying most, by what was validated so far; the first before that."""
        ranked = self._study.rank([_candidate(program) for program in programs]) if self._study else None
        return ranked[0].index if ranked else 0

    def _learn_order(self, ids: list[Any]) -> None:
        fresh = [each for each in ids if each not in self._place]
        random.Random(self._seed).shuffle(fresh)
        for each in fresh:
            self._place[each] = len(self._order)
            self._order.append(each)

    def _mean(self, program: int, state: GEPAState) -> float:
        mean = self._means[program] if program < len(self._means) else None
        if mean is not None:
            return mean
        scores = state.prog_candidate_val_subscores[program]
        return sum(scores.values()) / len(scores) if scores else float("-inf")

    def _sync(self, state: GEPAState) -> None:
        for scores in state.prog_candidate_val_subscores:
            self._learn_order([each for each in scores if each not in self._place])
        if self._study is None:
            if self._client is None:
                self._client = connect()
            self._study = self._client.study(example_count=max(1, len(self._order)), estimand="set", seed=self._seed)
        fresh = state.program_candidates[len(self._indices) :]
        if fresh:
            self._indices += [each.index for each in self._study.add([_candidate(program) for program in fresh])]
        observations = [
            {"candidate": {"index": self._indices[program]}, "example": self._place[each], "score": float(score)}
            for program, scores in enumerate(state.prog_candidate_val_subscores)
            for each, score in scores.items()
            if (self._indices[program], each) not in self._told
        ]
        if not observations:
            return
        self._told |= {
            (self._indices[program], each)
            for program, scores in enumerate(state.prog_candidate_val_subscores)
            for each in scores
        }
        self._study.observe(observations)
        posterior = self._study.posterior()
        self._means = [posterior[index][1] for index in self._indices]


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
    """Of the proposals that passed the minibatch, only those with the best prospects go on to validation.

    :param keep: how many at most.
    """

    def __init__(self, policy: KrigeEvaluationPolicy, *, keep: int = 1) -> None:
        if keep < 1:
            raise ValueError(f"keep is {keep}; expected at least 1")
        self._policy = policy
        self._keep = keep

    def select(self, proposals: list[Any], state: GEPAState, acceptance_criterion: Any) -> list[Any]:
        accepted = [proposal for proposal in proposals if acceptance_criterion.should_accept(proposal, state)]
        if len(accepted) <= self._keep:
            return accepted
        expected = self._policy.expected([proposal.candidate for proposal in accepted])
        ranked = sorted(range(len(accepted)), key=lambda place: -expected[place])
        return [accepted[place] for place in sorted(ranked[: self._keep])]


def _candidate(program: Mapping[str, str]) -> dict[str, Any]:
    if len(program) == 1:
        return {"text": next(iter(program.values()))}
    return {"slots": {name: text if isinstance(text, str) else json.dumps(text) for name, text in program.items()}}
