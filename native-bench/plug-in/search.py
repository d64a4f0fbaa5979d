"""MIPROv2's search on replay tables: its TPE against KrigeSampler, which is told the texts.

Both choose among the prompts of a table (one categorical parameter); a trial is the mean of a minibatch of 35 search
examples, as MIPROv2 measures it. What counts is the true mean of the incumbent, the prompt with the best average so far.

Run: python native-bench/plug-in/search.py DIR [--seeds 3] [--trials 40] [--json FILE]
"""

import argparse
import json
import random
import statistics
import time

import optuna

import krige
from krige.optuna import KrigeSampler
from tables import tables

MINIBATCH = 35


def run(table, sampler, seed, trials):
    """True means of the incumbent after each trial, and seconds per trial."""
    draws = random.Random(seed)
    means = {}
    truth = []
    study = optuna.create_study(direction="maximize", sampler=sampler)

    def objective(trial):
        prompt = trial.suggest_categorical("prompt", range(len(table.texts)))
        examples = draws.sample(range(len(table.search[prompt])), MINIBATCH)
        value = 100 * sum(table.search[prompt][example] for example in examples) / MINIBATCH
        means.setdefault(prompt, []).append(value)
        incumbent = max(means, key=lambda each: statistics.mean(means[each]))
        truth.append(table.mean(incumbent))
        return value

    started = time.process_time()
    study.optimize(objective, n_trials=trials)
    return truth, (time.process_time() - started) / trials


def first(truth, level):
    """Trials until the incumbent is as good as `level`; one more than there were where it never is."""
    return next((number for number, value in enumerate(truth, 1) if value >= level - 1e-9), len(truth) + 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--trials", type=int, default=40)
    parser.add_argument("--most-prompts", type=int, default=100)
    parser.add_argument("--json")
    options = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    rows = []
    with krige.connect() as client:
        for table in tables(options.tables, options.most_prompts):
            for seed in range(1, options.seeds + 1):
                tpe, _ = run(table, optuna.samplers.TPESampler(seed=seed, multivariate=True), seed, options.trials)
                own = KrigeSampler(seed=seed, client=client, texts={"prompt": table.texts}, count=MINIBATCH, scale=100)
                ours, seconds = run(table, own, seed, options.trials)
                level = tpe[-1]
                best = max(table.mean(prompt) for prompt in range(len(table.texts)))
                row = {
                    "table": table.name,
                    "seed": seed,
                    "best": best,
                    "tpe": {"final": tpe[-1], "trials": first(tpe, level)},
                    "krige": {"final": ours[-1], "trials": first(ours, level)},
                }
                rows.append(row)
                print(json.dumps(row), flush=True)
    theirs = statistics.mean(row["tpe"]["trials"] for row in rows)
    ours = statistics.mean(row["krige"]["trials"] for row in rows)
    finals = [statistics.mean(row[arm]["final"] for row in rows) for arm in ("tpe", "krige")]
    print(f"trials to the score that TPE ends with: TPE {theirs:.1f}, krige {ours:.1f} ({ours / theirs:.0%})")
    print(f"true mean after {options.trials} trials: TPE {finals[0]:.4f}, krige {finals[1]:.4f}")
    if options.json:
        with open(options.json, "w") as file:
            json.dump({"rows": rows}, file, indent=1)


if __name__ == "__main__":
    main()
