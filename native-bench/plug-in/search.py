"""MIPROv2's search on replay tables: its TPE against KrigeSampler, which is told the texts.

The loop is that of DSPy's MIPROv2: the first prompt is evaluated in full, a trial is the mean of a minibatch of 35 search
examples, and after every fifth the prompt with the best average that was not yet evaluated in full is; both kinds of trials
are in the study, and both count. The result is the best of those evaluated in full. The arms choose among the prompts of a
table (one categorical parameter).

TPE is measured against its own last score, which each of its runs reaches. A third arm is TPE with another seed: what an
equally good sampler needs to the scores of the first.

Run: python native-bench/plug-in/search.py DIR [--seeds 3] [--trials 40] [--minibatch 35] [--json FILE]
"""

import argparse
import json
import random
import statistics
import sys
from pathlib import Path

import optuna

import krige
from krige.optuna import PROPOSED, KrigeSampler
from tables import tables

FULL_EVERY = 5
OTHER_SEEDS = 1_000


def run(table, sampler, seed, trials, minibatch):
    """The best score in full after each trial, and the prompt that has it."""
    draws = random.Random(seed)
    distributions = {"prompt": optuna.distributions.CategoricalDistribution(range(len(table.texts)))}
    study = optuna.create_study(direction="maximize", sampler=sampler)
    means = {}
    full = {}
    course = []

    def evaluate(prompt):
        full[prompt] = table.mean(prompt)
        study.add_trial(
            optuna.trial.create_trial(params={"prompt": prompt}, distributions=distributions, value=100 * full[prompt])
        )
        course.append(max(full.values()))

    evaluate(0)
    for number in range(1, trials + 1):
        trial = study.ask()
        prompt = trial.suggest_categorical("prompt", range(len(table.texts)))
        examples = draws.sample(range(len(table.search[prompt])), minibatch)
        value = 100 * statistics.mean(table.search[prompt][example] for example in examples)
        study.tell(trial, value)
        means.setdefault(prompt, []).append(value)
        course.append(course[-1])
        if number % FULL_EVERY == 0:
            left = [each for each in means if each not in full]
            if left:
                worth = {each: statistics.mean(means[each]) for each in left}
                if isinstance(sampler, KrigeSampler):
                    worth = dict(zip(left, sampler.expected(study, [{"prompt": each} for each in left])))
                evaluate(max(left, key=worth.__getitem__))
            else:
                course.append(course[-1])
    return course, max(full, key=full.get)


def first(course, level):
    """Trials until the result is as good as `level`; one more than there were where it never is."""
    return next((number for number, value in enumerate(course, 1) if value >= level - 1e-9), len(course) + 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--trials", type=int, default=40)
    parser.add_argument("--minibatch", type=int, default=35, help="examples of a trial; all there are is no noise")
    parser.add_argument("--most-prompts", type=int, default=100)
    parser.add_argument("--json")
    options = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    rows = []
    with krige.connect() as client:
        for table in tables(options.tables, options.most_prompts):
            for seed in range(1, options.seeds + 1):
                row = {"table": table.name, "seed": seed, "best": max(map(table.mean, range(len(table.texts))))}
                examples = len(table.search[0])
                minibatch = min(options.minibatch, examples)
                samplers = {
                    "tpe": optuna.samplers.TPESampler(seed=seed, multivariate=True),
                    "tpe again": optuna.samplers.TPESampler(seed=OTHER_SEEDS + seed, multivariate=True),
                    "krige": KrigeSampler(
                        seed=seed,
                        client=client,
                        texts={"prompt": table.texts},
                        count=lambda trial: minibatch if PROPOSED in trial.system_attrs else examples,
                        scale=100,
                    ),
                }
                for arm, sampler in samplers.items():
                    course, chosen = run(table, sampler, seed, options.trials, minibatch)
                    row[arm] = {"course": course, "final": course[-1], "holdout": table.mean(chosen, "holdout")}
                for arm in samplers:
                    row[arm]["trials"] = first(row[arm]["course"], row["tpe"]["final"])
                rows.append(row)
                print(json.dumps(row), file=sys.stderr, flush=True)
    mean = lambda arm, what: statistics.mean(row[arm][what] for row in rows)
    for arm in samplers:
        curve = [statistics.mean(values) for values in zip(*(row[arm]["course"] for row in rows))]
        reached = first(curve, mean("tpe", "final"))
        print(
            f"{arm}: {mean(arm, 'trials'):.1f} trials to the score TPE ends with (mean of runs); the mean score is TPE's last"
            f" after {reached}; final {mean(arm, 'final'):.4f}, holdout {mean(arm, 'holdout'):.4f}"
        )
    for arm in ("krige", "tpe again"):
        print(f"trials of {arm}: {mean(arm, 'trials') / mean('tpe', 'trials'):.0%} of TPE's")
    if options.json:
        Path(options.json).write_text(json.dumps({"rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
