"""Krige inside DSPy's MIPROv2: its search over instructions and demonstrations, by what their texts promise.

    optimizer = KrigeMIPROv2(metric=metric, auto="light")
    optimizer.compile(program, trainset=trainset)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from unittest.mock import patch

import optuna
from dspy.teleprompt import MIPROv2

from .client import Client
from .optuna import PROPOSED, KrigeSampler


class KrigeMIPROv2(MIPROv2):
    """MIPROv2 whose combinations of instructions and demonstrations are proposed by :class:`KrigeSampler`.

    What is evaluated in full is the combination that is worth most by posterior, and not the one with the luckiest minibatch.
    MIPROv2 has no parameter for its sampler; while it searches, `optuna.samplers.TPESampler` makes ours.

    :param client: where the study is; by default a server is started, and stopped with the search.
    """

    def __init__(self, *arguments: Any, client: Client | None = None, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._client = client
        self._sampler: KrigeSampler | None = None

    def _optimize_prompt_parameters(
        self, program: Any, instruction_candidates: Any, demo_candidates: Any, *arguments: Any, **settings: Any
    ) -> Any:
        texts = {f"{i}_predictor_instruction": list(each) for i, each in instruction_candidates.items()}
        if demo_candidates:
            for i, sets in demo_candidates.items():
                texts[f"{i}_predictor_demos"] = [demonstrations_text(each) for each in sets]
        names = ("evaluate", "valset", "num_trials", "minibatch", "minibatch_size", "minibatch_full_eval_steps", "seed")
        given = {**dict(zip(names, arguments)), **settings}
        full = len(given["valset"])
        minibatch = given["minibatch_size"] if given["minibatch"] else full
        sampler = KrigeSampler(
            seed=given["seed"],
            client=self._client,
            texts=texts,
            # What MIPROv2 evaluated in full it adds to the study itself.
            count=lambda trial: minibatch if PROPOSED in trial.system_attrs else full,
            scale=100,
        )
        self._sampler = sampler
        try:
            with patch.object(optuna.samplers, "TPESampler", lambda **_: sampler):
                return super()._optimize_prompt_parameters(
                    program, instruction_candidates, demo_candidates, *arguments, **settings
                )
        finally:
            sampler.close()

    def _perform_full_evaluation(
        self,
        trial_num: int,
        adjusted_num_trials: int,
        param_score_dict: dict[str, list[Any]],
        fully_evaled_param_combos: dict[str, Any],
        *arguments: Any,
    ) -> Any:
        study = next(each for each in arguments if isinstance(each, optuna.Study))
        left = [key for key in param_score_dict if key not in fully_evaled_param_combos]
        if left and self._sampler is not None:
            # An entry is a score, a program and its parameters.
            worth = self._sampler.expected(study, [param_score_dict[key][0][2] for key in left])
            best = left[max(range(len(left)), key=worth.__getitem__)]
            param_score_dict = {best: param_score_dict[best]}
        return super()._perform_full_evaluation(
            trial_num, adjusted_num_trials, param_score_dict, fully_evaled_param_combos, *arguments
        )


def demonstrations_text(demonstrations: Sequence[Any]) -> str:
    """A set of demonstrations as one text, a line per field."""
    return "\n\n".join("\n".join(f"{name}: {value}" for name, value in each.items()) for each in demonstrations)
