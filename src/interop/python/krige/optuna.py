"""Krige as a sampler of Optuna.

    study = optuna.create_study(sampler=KrigeSampler(seed=1))
    study.optimize(objective, n_trials=100)
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.search_space import IntersectionSearchSpace
from optuna.trial import FrozenTrial, TrialState

from .client import Belief, Client, Study, connect

_ACTION = "krige:action"
PROPOSED = "krige:proposed"
"""System attribute of a trial that Krige proposed from texts; one that was added to the study has none."""


class KrigeSampler(BaseSampler):
    """Proposes by Krige's `gp` (or `tpe`) policy; where it knows the texts behind choices, by what texts promise.

    The first trial of a study is sampled at random: only then is the search space known. Categorical choices may be of any
    type. Trials of other samplers, or of an earlier run in the same storage, are told as results.

    :param texts: the texts behind the choices of categorical parameters, by name: instructions, demonstrations. A trial is
        then the combination whose texts are worth trying most (expected improvement). All parameters need texts.
    :param count: with texts, how many examples the value of a trial is a mean over, or a function that says so of a trial.
    :param scale: with texts, the value of a perfect trial: 100 where values are percentages.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        policy: str | None = None,
        client: Client | None = None,
        texts: Mapping[str, Sequence[str]] | None = None,
        count: int | Callable[[FrozenTrial], int] = 1,
        scale: float = 1.0,
    ) -> None:
        if not callable(count) and count < 1:
            raise ValueError(f"count is {count}; expected at least 1")
        if not scale > 0:
            raise ValueError(f"scale is {scale}; expected more than 0")
        for name, each in ({} if texts is None else texts).items():
            if isinstance(each, str):
                raise TypeError(f"texts of {name} are one text; expected a list, one text per choice")
        self._texts = None if texts is None else {name: list(each) for name, each in texts.items()}
        self._count = count if callable(count) else lambda trial: count
        self._scale = scale
        self._combinations: dict[str, _Combinations] = {}
        self._seed = seed
        self._policy = policy
        self._client = client
        self._owns_client = client is None
        self._space = IntersectionSearchSpace()
        self._random = RandomSampler(seed=seed)
        self._studies: dict[str, tuple[Study, Mapping[str, BaseDistribution], set[int]]] = {}

    def reseed_rng(self) -> None:
        self._random.reseed_rng()

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        space = self._space.calculate(study)
        return {name: each for name, each in space.items() if not each.single()}

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        if not search_space:
            return {}
        if self._texts is not None:
            study._storage.set_trial_system_attr(trial._trial_id, PROPOSED, True)
            return self._sample_texts(study, search_space)
        key, remote = self._remote(study, search_space)
        action = remote.ask()
        if action is None:
            return {}
        study._storage.set_trial_system_attr(trial._trial_id, _ACTION, [key, action.id])
        return {name: _to_optuna(search_space[name], value) for name, value in action.parameters.items()}

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        return self._random.sample_independent(study, trial, param_name, param_distribution)

    def after_trial(
        self, study: optuna.Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        asked = trial.system_attrs.get(_ACTION)
        if asked is None:
            return
        key, action = asked
        known = self._studies.get(key)
        if known is None:
            return
        remote, _, told = known
        told.add(trial.number)
        # A trial that failed or was pruned has no score: missing, never zero. Nor has an infinite value a place among others.
        scored = state == TrialState.COMPLETE and values is not None and math.isfinite(values[0])
        remote.tell(action, values[0] if scored else None)

    def close(self) -> None:
        """Stops the server if this sampler started it."""
        if self._owns_client and self._client is not None:
            self._client.close()
            self._client = None

    def expected(self, study: optuna.Study, points: Sequence[Mapping[str, Any]]) -> list[float]:
        """With texts, what points are worth by all that is known of them, tried or not, in the units of the trials.

        A value that one lucky trial gave counts for less than one that several did. All are 0 before anything was tried.
        """
        if self._texts is None:
            raise ValueError("this sampler has no texts; expected one that was given them")
        if not points:
            return []
        space = {
            name: each for name, each in IntersectionSearchSpace().calculate(study).items() if name in points[0] and not each.single()
        }
        combinations = self._combinations_of(study, space)
        combinations.learn(study)
        return [self._scale * value for value in combinations.expected(points)]

    def _sample_texts(self, study: optuna.Study, search_space: Mapping[str, BaseDistribution]) -> dict[str, Any]:
        combinations = self._combinations_of(study, search_space)
        combinations.learn(study)
        return combinations.propose()

    def _combinations_of(self, study: optuna.Study, search_space: Mapping[str, BaseDistribution]) -> _Combinations:
        key = json.dumps([study.study_name, sorted(search_space)])
        if key not in self._combinations:
            if self._client is None:
                self._client = connect()
            assert self._texts is not None
            self._combinations[key] = _Combinations(
                self._client, search_space, self._texts, study.direction, self._seed, self._count, self._scale
            )
        return self._combinations[key]

    def _remote(self, study: optuna.Study, search_space: Mapping[str, BaseDistribution]) -> tuple[str, Study]:
        space = {name: _to_krige(each) for name, each in search_space.items()}
        direction = "minimize" if study.direction == optuna.study.StudyDirection.MINIMIZE else "maximize"
        written = json.dumps([study.study_name, direction, space], sort_keys=True)
        key = hashlib.sha256(written.encode()).hexdigest()[:16]
        if key not in self._studies:
            if self._client is None:
                self._client = connect()
            given = {"policy": self._policy} if self._policy else {}
            remote = self._client.study(f"optuna-{key}-{self._seed}", space=space, direction=direction, seed=self._seed, **given)
            self._studies[key] = (remote, dict(search_space), set())
        remote, distributions, told = self._studies[key]
        _observe_others(study, remote, distributions, told)
        return key, remote


class _Combinations:
    """Combinations of texts: a pool of prompts with one slot per parameter."""

    most = 512
    """Combinations that are ranked; of more, a random part and the neighbors of the best."""

    def __init__(
        self,
        client: Client,
        space: Mapping[str, BaseDistribution],
        texts: Mapping[str, Sequence[str]],
        direction: optuna.study.StudyDirection,
        seed: int,
        count: Callable[[FrozenTrial], int],
        scale: float,
    ) -> None:
        for name, distribution in space.items():
            if name not in texts:
                raise ValueError(f"texts has no {name}; expected the texts behind every parameter of the space")
            if not isinstance(distribution, CategoricalDistribution):
                raise ValueError(f"{name} has texts and is a {type(distribution).__name__}; expected a categorical parameter")
            if len(texts[name]) != len(distribution.choices):
                raise ValueError(
                    f"texts of {name} are {len(texts[name])}; expected {len(distribution.choices)}, one per choice"
                )
        self._space = {name: space[name] for name in sorted(space)}
        self._texts = texts
        self._sign = -1 if direction == optuna.study.StudyDirection.MINIMIZE else 1
        self._random = random.Random(seed)
        self._count = count
        self._scale = scale
        self._study = client.study(example_count=1_000, seed=seed)
        self._told: set[int] = set()
        self._values: dict[tuple[int, ...], list[float]] = {}
        self._places: dict[tuple[int, ...], int] = {}
        """Of combinations that were tried, in the study."""
        self._beliefs: list[Belief] = []

    def learn(self, study: optuna.Study) -> None:
        """Tells finished trials, whoever proposed them."""
        for trial in study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)):
            if trial.number in self._told or not _is_result(trial, self._space):
                continue
            self._told.add(trial.number)
            combination = self._combination(trial.params)
            value = self._sign * trial.values[0] / self._scale
            self._values.setdefault(combination, []).append(value)
            (candidate,) = self._study.add([self._candidate(combination)])
            count = self._count(trial)
            observation: dict[str, Any] = {"candidate": {"index": candidate.index}, "score": value, "count": count}
            if 0 <= value <= 1:
                # A value of 0 or 1 over few examples is not certain: one success and one failure are added.
                share = (value * count + 1) / (count + 2)
                observation["standardError"] = math.sqrt(share * (1 - share) / count)
            self._study.observe([observation])
            self._places[combination] = candidate.index
        self._beliefs = self._study.posterior()

    def expected(self, points: Sequence[Mapping[str, Any]]) -> list[float]:
        predicted = self._study.predict([self._candidate(self._combination(point)) for point in points])
        return [0.0 for _ in points] if predicted is None else [self._sign * each.mean for each in predicted]

    def _combination(self, parameters: Mapping[str, Any]) -> tuple[int, ...]:
        return tuple(int(each.to_internal_repr(parameters[name])) for name, each in self._space.items())

    def propose(self) -> dict[str, Any]:
        candidates = self._candidates()
        fresh = [combination for combination in candidates if combination not in self._values]
        if len(self._values) < 3:
            chosen = self._random.choice(fresh or candidates)
        elif fresh:
            ranked = self._study.rank([self._candidate(combination) for combination in fresh])
            chosen = fresh[ranked[0].index if ranked else 0]
        else:
            # Another look, where it is worth most: not at the best for its own sake.
            chosen = max(self._places, key=lambda combination: self._beliefs[self._places[combination]].expected_improvement or 0)
        return {
            name: distribution.choices[place] for (name, distribution), place in zip(self._space.items(), chosen)
        }

    def _candidates(self) -> list[tuple[int, ...]]:
        sizes = [len(distribution.choices) for distribution in self._space.values()]
        if math.prod(sizes) <= self.most:
            return list(itertools.product(*map(range, sizes)))
        drawn = {tuple(self._random.randrange(size) for size in sizes) for _ in range(self.most // 2)}
        best = sorted(self._values, key=lambda combination: -sum(self._values[combination]) / len(self._values[combination]))
        for combination in best[:3]:
            for at, size in enumerate(sizes):
                drawn |= {(*combination[:at], place, *combination[at + 1 :]) for place in range(size)}
        return sorted(drawn)

    def _candidate(self, combination: tuple[int, ...]) -> dict[str, Any]:
        return {"slots": {name: self._texts[name][place] for name, place in zip(self._space, combination)}}


def import_study(study: optuna.Study, client: Client, name: str | None = None, *, seed: int = 0) -> Study:
    """The finished trials of an Optuna study as the history of a Krige study over the same space.

    The space is that of the parameters which all trials share. Failed and pruned trials are left out.

    :raises ValueError: where no trial was completed.
    """
    space = IntersectionSearchSpace().calculate(study)
    if not space:
        raise ValueError(f"study {study.study_name} has no completed trial; expected at least one")
    direction = "minimize" if study.direction == optuna.study.StudyDirection.MINIMIZE else "maximize"
    krige_space = {each: _to_krige(distribution) for each, distribution in space.items()}
    remote = client.study(name, space=krige_space, direction=direction, seed=seed)
    _observe_others(study, remote, space, set())
    return remote


def _observe_others(
    study: optuna.Study, remote: Study, distributions: Mapping[str, BaseDistribution], told: set[int]
) -> None:
    """Tells trials that were proposed by others: the first, and those of earlier runs."""
    fresh = [
        trial
        for trial in study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        if trial.number not in told and _is_result(trial, distributions)
    ]
    if not fresh:
        return
    points = [
        {"parameters": {name: _from_optuna(each, trial.params[name]) for name, each in distributions.items()}}
        for trial in fresh
    ]
    for trial, candidate in zip(fresh, remote.add(points)):
        told.add(trial.number)
        score = trial.values[0]
        remote.observe([{"candidate": {"index": candidate.index}, "score": score, "count": 1, "standardError": 0}])


def _is_result(trial: FrozenTrial, names: Iterable[str]) -> bool:
    """Whether a finished trial says something of a point: all parameters are there, and the value is a number."""
    return all(name in trial.params for name in names) and math.isfinite(trial.values[0])


def _to_krige(distribution: BaseDistribution) -> dict[str, Any]:
    if isinstance(distribution, FloatDistribution):
        step = {} if distribution.step is None else {"step": distribution.step}
        return {"float": [distribution.low, distribution.high], **({"log": True} if distribution.log else {}), **step}
    if isinstance(distribution, IntDistribution):
        step = {} if distribution.step == 1 else {"step": distribution.step}
        return {"int": [distribution.low, distribution.high], **({"log": True} if distribution.log else {}), **step}
    if isinstance(distribution, CategoricalDistribution):
        # By index: choices may be of any type.
        return {"categorical": list(range(len(distribution.choices)))}
    raise ValueError(f"no counterpart of {distribution}")


def _to_optuna(distribution: BaseDistribution, value: Any) -> Any:
    if isinstance(distribution, CategoricalDistribution):
        return distribution.choices[int(value)]
    return int(value) if isinstance(distribution, IntDistribution) else float(value)


def _from_optuna(distribution: BaseDistribution, value: Any) -> Any:
    internal = distribution.to_internal_repr(value)
    return internal if isinstance(distribution, FloatDistribution) else int(internal)
