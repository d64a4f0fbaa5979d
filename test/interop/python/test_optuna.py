"""Krige as a sampler of the real Optuna."""

import pytest

optuna = pytest.importorskip("optuna")
import krige
from krige.optuna import KrigeSampler, import_study

optuna.logging.set_verbosity(optuna.logging.WARNING)


@pytest.fixture(scope="module")
def client():
    with krige.connect() as connected:
        yield connected


def objective(trial):
    x = trial.suggest_float("x", -5, 10)
    shift = {"a": 3.0, None: 0.0}[trial.suggest_categorical("kind", ["a", None])]
    return (x - 2) ** 2 + (trial.suggest_int("n", 1, 9, step=2) - 5) ** 2 + shift


def test_finds_an_optimum_of_mixed_parameters(client):
    study = optuna.create_study(sampler=KrigeSampler(seed=1, client=client))
    study.optimize(objective, n_trials=25)
    assert study.best_value < 0.01
    assert study.best_params["kind"] is None


def test_is_reproducible(client):
    values = []
    for _ in range(2):
        study = optuna.create_study(study_name="same", sampler=KrigeSampler(seed=3))
        study.optimize(objective, n_trials=8)
        values.append([trial.value for trial in study.trials])
        study.sampler.close()
    assert values[0] == values[1]


def test_learns_from_trials_of_others_and_survives_failures(client):
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=1))
    study.optimize(lambda trial: -objective(trial), n_trials=10)
    study.sampler = KrigeSampler(seed=1, client=client)

    def sometimes(trial):
        value = -objective(trial)
        if trial.number % 4 == 0:
            raise ValueError("lost")
        return value

    study.optimize(sometimes, n_trials=15, catch=(ValueError,))
    assert study.best_value > -0.5


def test_an_infinite_value_is_missing(client):
    def sometimes(trial):
        value = objective(trial)
        return float("inf") if trial.number % 3 == 0 else value

    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    study.optimize(sometimes, n_trials=7)
    study.sampler = KrigeSampler(seed=1, client=client)
    study.optimize(sometimes, n_trials=12)
    assert len(study.trials) == 19
    assert import_study(study, client).info()["observations"] == 12

    texts = {"instruction": ["Answer.", "Label it.", "Name the label."]}
    study = optuna.create_study(direction="maximize", sampler=KrigeSampler(texts=texts, client=client))
    study.optimize(lambda trial: [-float("inf"), 0.5, 0.9][trial.suggest_categorical("instruction", [0, 1, 2])], n_trials=8)
    assert study.best_value == 0.9


def test_goes_on_where_a_range_became_narrower(client):
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    study.optimize(lambda trial: (trial.suggest_float("x", 0, 10) - 1) ** 2, n_trials=6)
    study.sampler = KrigeSampler(seed=1, client=client)
    study.optimize(lambda trial: (trial.suggest_float("x", 0, 2) - 1) ** 2, n_trials=8)
    assert study.best_value < 0.01


def test_refuses_a_text_for_a_list(client):
    with pytest.raises(TypeError, match="texts of instruction are one text"):
        KrigeSampler(texts={"instruction": "Answer."}, client=client)


def test_a_finished_study_becomes_history(client):
    done = optuna.create_study(direction="minimize", sampler=optuna.samplers.RandomSampler(seed=1))
    done.optimize(objective, n_trials=12)
    study = import_study(done, client)
    assert study.info()["observations"] == 12
    assert study.best().candidate.parameters["x"] in [pytest.approx(trial.params["x"]) for trial in done.trials]
    assert "x" in study.ask().parameters
    with pytest.raises(ValueError, match="no completed trial"):
        import_study(optuna.create_study(), client)
