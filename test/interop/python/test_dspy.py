"""Krige inside the real MIPROv2 of DSPy, with a scripted model: it labels well where it is told to name the label."""

import itertools
import random
import re
from types import SimpleNamespace

import pytest

dspy = pytest.importorskip("dspy")
optuna = pytest.importorskip("optuna")
import krige
from krige.dspy import KrigeMIPROv2, demonstrations_text

INSTRUCTIONS = [
    "Write a poem about the ticket.",
    "Write a short poem about the ticket.",
    "Name the label of the ticket.",
    "Name only the label of the ticket.",
    "Write a long poem about the ticket.",
    "Sing about the ticket.",
]


WRITTEN = itertools.count()


class Scripted(dspy.BaseLM):
    """Answers every field that it is asked for; writes the instructions above in turn."""

    def __init__(self):
        super().__init__("scripted", "chat", 0.0, 1000, False)

    def forward(self, prompt=None, messages=None, **_):
        text = "\n".join(str(message["content"]) for message in messages) if messages else prompt
        outputs = text.split("Your output fields are:")[-1].split("All interactions")[0]
        fields = re.findall(r"^\d+\. `(\w+)`", outputs, re.M)
        said = "\n\n".join(f"[[ ## {name} ## ]]\n{self.field(name, text)}" for name in fields)
        message = SimpleNamespace(content=f"{said}\n\n[[ ## completed ## ]]", tool_calls=None)
        choice = SimpleNamespace(message=message, finish_reason="stop")
        return SimpleNamespace(choices=[choice], usage={}, model="scripted")

    def field(self, name, text):
        if name == "proposed_instruction":
            # DSPy copies the model for each temperature.
            return INSTRUCTIONS[next(WRITTEN) % len(INSTRUCTIONS)]
        if name != "label":
            return "Tickets and their labels."
        ticket = int(re.findall(r"ticket (\d+)", text)[-1])
        chance = 0.9 if "Name" in text.split("objective is:")[-1] else 0.3
        right = random.Random(f"{ticket}|{chance}").random() < chance
        return ("bug" if ticket % 2 else "bill") if right else "ticket"


def examples(start, count):
    made = (dspy.Example(ticket=f"ticket {i}", label="bug" if i % 2 else "bill") for i in range(start, start + count))
    return [example.with_inputs("ticket") for example in made]


def metric(example, prediction, trace=None):
    return float(example.label == prediction.label)


def test_miprov2_finds_the_instruction_that_works():
    dspy.configure(lm=Scripted())
    seen = []

    class Watched(krige.optuna.KrigeSampler):
        def sample_relative(self, study, trial, search_space):
            seen.append(super().sample_relative(study, trial, search_space))
            return seen[-1]

    krige.dspy.KrigeSampler = Watched
    try:
        with krige.connect() as client:
            optimizer = KrigeMIPROv2(
                metric=metric, auto=None, num_candidates=6, max_bootstrapped_demos=0, max_labeled_demos=0, client=client, seed=3
            )
            best = optimizer.compile(
                dspy.Predict("ticket -> label"), trainset=examples(0, 20), valset=examples(100, 40),
                num_trials=8, minibatch=True, minibatch_size=20,
                program_aware_proposer=False, data_aware_proposer=False, tip_aware_proposer=False, fewshot_aware_proposer=False,
            )
    finally:
        krige.dspy.KrigeSampler = krige.optuna.KrigeSampler
    assert best.signature.instructions.startswith("Name")
    assert best.score > 70
    # Every trial was proposed by Krige, and not by the sampler that MIPROv2 would make.
    assert len(seen) >= 8 and all("0_predictor_instruction" in each for each in seen)


def test_a_set_of_demonstrations_reads_as_text():
    assert demonstrations_text(examples(1, 2)) == "ticket: ticket 1\nlabel: bug\n\nticket: ticket 2\nlabel: bill"


def test_texts_behind_choices_are_what_a_sampler_learns_from():
    worth = {text: 90.0 if text.startswith("Name") else 30.0 for text in INSTRUCTIONS + ["Name a label.", "Name it."]}
    choices = sorted(worth)
    with krige.connect() as client:
        sampler = krige.optuna.KrigeSampler(seed=2, client=client, texts={"prompt": choices}, count=30, scale=100)
        study = optuna.create_study(direction="maximize", sampler=sampler)
        study.optimize(lambda trial: worth[choices[trial.suggest_categorical("prompt", range(len(choices)))]], n_trials=12)
        expected = dict(zip(choices, sampler.expected(study, [{"prompt": place} for place in range(len(choices))])))
    tried = [choices[trial.params["prompt"]] for trial in study.trials]
    # Everything once, the promising first; then what may still be the best.
    assert len(set(tried[: len(choices)])) == len(choices)
    assert all(text.startswith("Name") for text in tried[len(choices) :])
    assert all(abs(expected[text] - value) < 15 for text, value in worth.items())


def test_a_lucky_minibatch_is_worth_less_than_several_good_ones():
    texts = ["Name the label.", "Name a label.", "Write a poem.", "Write some poem."]
    distribution = optuna.distributions.CategoricalDistribution(range(4))
    study = optuna.create_study(direction="maximize")
    for place, values in enumerate([[80.0] * 6, [75.0] * 4, [81.0], [20.0] * 5]):
        for value in values:
            study.add_trial(
                optuna.trial.create_trial(params={"prompt": place}, distributions={"prompt": distribution}, value=value)
            )
    with krige.connect() as client:
        sampler = krige.optuna.KrigeSampler(client=client, texts={"prompt": texts}, count=10, scale=100)
        steady, _, lucky, poor = sampler.expected(study, [{"prompt": place} for place in range(4)])
        assert steady > lucky > poor
        with pytest.raises(ValueError, match="no texts"):
            krige.optuna.KrigeSampler(client=client).expected(study, [{"prompt": 0}])


def test_refuses_texts_that_do_not_fit():
    with krige.connect() as client:
        for texts, message in [({"prompt": ["a"]}, "expected 2, one per choice"), ({"other": ["a", "b"]}, "texts has no prompt")]:
            study = optuna.create_study(sampler=krige.optuna.KrigeSampler(client=client, texts=texts))
            study.add_trial(
                optuna.trial.create_trial(
                    params={"prompt": 0}, distributions={"prompt": optuna.distributions.CategoricalDistribution([0, 1])}, value=1.0
                )
            )
            with pytest.raises(ValueError, match=message):
                study.optimize(lambda trial: trial.suggest_categorical("prompt", [0, 1]), n_trials=1)
    with pytest.raises(ValueError, match="count is 0"):
        krige.optuna.KrigeSampler(count=0)


def test_gepa_of_dspy_validates_on_a_third():
    from krige.gepa import KrigeEvaluationPolicy

    dspy.configure(lm=Scripted())
    written = itertools.count()

    def propose(candidate, reflective_dataset, components_to_update):
        return {name: INSTRUCTIONS[next(written) % len(INSTRUCTIONS)] for name in components_to_update}

    policy = KrigeEvaluationPolicy()
    try:
        optimizer = dspy.GEPA(
            metric=lambda gold, prediction, *_: metric(gold, prediction),
            max_metric_calls=200,
            reflection_lm=Scripted(),
            instruction_proposer=propose,
            track_stats=True,
            gepa_kwargs={"val_evaluation_policy": policy},
        )
        best = optimizer.compile(dspy.Predict("ticket -> label"), trainset=examples(0, 30), valset=examples(100, 90))
    finally:
        policy.close()
    assert best.signature.instructions.startswith("Name")
    sizes = [len(scores) for scores in best.detailed_results.val_subscores]
    assert len(sizes) > 1 and set(sizes) == {31}
