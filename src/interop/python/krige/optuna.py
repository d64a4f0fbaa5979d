"""Krige as a sampler of Optuna.

    study = optuna.create_study(sampler=KrigeSampler(seed=1))
    study.optimize(objective, n_trials=100)
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.search_space import IntersectionSearchSpace
from optuna.trial import FrozenTrial, TrialState

from .client import Client, Study, connect

_ACTION = "krige:action"


class KrigeSampler(BaseSampler):
    """Proposes by Krige's `gp` (or `tpe`) policy.

    The first trial of a study is sampled at random: only then is the search space known. Categorical choices may be of any
    type. Trials of other samplers, or of an earlier run in the same storage, are told as results.
    """

    def __init__(self, *, seed: int = 0, policy: str | None = None, client: Client | None = None) -> None:
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
        # A trial that failed or was pruned has no score: missing, never zero.
        remote.tell(action, values[0] if state == TrialState.COMPLETE and values else None)

    def close(self) -> None:
        """Stops the server if this sampler started it."""
        if self._owns_client and self._client is not None:
            self._client.close()
            self._client = None

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


def _observe_others(
    study: optuna.Study, remote: Study, distributions: Mapping[str, BaseDistribution], told: set[int]
) -> None:
    """Tells trials that were proposed by others: the first, and those of earlier runs."""
    fresh = [
        trial
        for trial in study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        if trial.number not in told and all(name in trial.params for name in distributions)
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
