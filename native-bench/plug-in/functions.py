"""Optuna on test functions: KrigeSampler (over HTTP, as its users have it) against GPSampler and TPESampler.

Regret is the best value so far minus the optimum; milliseconds are the wall time of one trial, its objective's share being
nothing. Optuna's samplers run with their defaults, GPSampler told that the objective has no noise. One thread each.
A sampler that is quicker than Krige goes on until the time of Krige's trials has passed, too.

Run: python native-bench/plug-in/functions.py [--seeds 10] [--trials 100] [--samplers krige,gp,tpe] [--json FILE]
(needs optuna==5.0.0, torch and scipy; without torch leave gp out)
"""

import argparse
import json
import math
import statistics
import time
import warnings
from itertools import accumulate
from pathlib import Path

import optuna

import krige
from krige.optuna import KrigeSampler


def branin(x):
    a, b = x
    return (b - 5.1 / (4 * math.pi**2) * a**2 + 5 / math.pi * a - 6) ** 2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(a) + 10


WEIGHTS = (1.0, 1.2, 3.0, 3.2)
SCALES = ((10, 3, 17, 3.5, 1.7, 8), (0.05, 10, 17, 0.1, 8, 14), (3, 3.5, 1.7, 10, 17, 8), (17, 8, 0.05, 10, 0.1, 14))
CENTERS = (
    (0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886),
    (0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991),
    (0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650),
    (0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381),
)


def hartmann6(x):
    return -sum(
        weight * math.exp(-sum(scale * (each - center) ** 2 for each, scale, center in zip(x, scales, centers)))
        for weight, scales, centers in zip(WEIGHTS, SCALES, CENTERS)
    )


MOVED = (7.3, -11.9, 3.1, -5.7, 14.2)


def ackley5(x):
    moved = [each - center for each, center in zip(x, MOVED)]
    squares = sum(each**2 for each in moved) / 5
    cosines = sum(math.cos(2 * math.pi * each) for each in moved) / 5
    return -20 * math.exp(-0.2 * math.sqrt(squares)) - math.exp(cosines) + 20 + math.e


FUNCTIONS = {
    "branin": (branin, [(-5, 10), (0, 15)], 0.39788735772973816),
    "hartmann6": (hartmann6, [(0, 1)] * 6, -3.322368011415515),
    "ackley5": (ackley5, [(-32.768, 32.768)] * 5, 0.0),
}


def run(function, sampler, trials, least=0.0):
    """Regret and milliseconds of each trial; goes on for at least so many milliseconds."""
    value_of, bounds, optimum = FUNCTIONS[function]
    study = optuna.create_study(sampler=sampler)
    best, regrets, milliseconds = math.inf, [], []
    while len(regrets) < trials or sum(milliseconds) < least:
        started = time.perf_counter()
        trial = study.ask()
        value = value_of([trial.suggest_float(f"x{i}", low, high) for i, (low, high) in enumerate(bounds)])
        study.tell(trial, value)
        milliseconds.append(1000 * (time.perf_counter() - started))
        best = min(best, value)
        regrets.append(best - optimum)
    return regrets, milliseconds


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--functions", default=",".join(FUNCTIONS))
    parser.add_argument("--samplers", default="krige,gp,tpe")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--json")
    options = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.filterwarnings("ignore")
    if "gp" in options.samplers.split(","):
        import torch

        torch.set_num_threads(1)
    rows = []
    with krige.connect() as client:
        samplers = {
            "krige": lambda seed: KrigeSampler(seed=seed, client=client),
            "gp": lambda seed: optuna.samplers.GPSampler(seed=seed, deterministic_objective=True),
            "tpe": lambda seed: optuna.samplers.TPESampler(seed=seed),
        }
        for function in options.functions.split(","):
            spent = {}  # milliseconds of all of Krige's trials, by seed
            for name in options.samplers.split(","):
                seeds = range(1, options.seeds + 1)
                runs = [run(function, samplers[name](seed), options.trials, spent.get(seed, 0)) for seed in seeds]
                if name == "krige":
                    spent = {seed: sum(times) for seed, (_, times) in zip(seeds, runs)}
                marks = [options.trials // 4, options.trials // 2, options.trials]
                row = {
                    "function": function,
                    "sampler": name,
                    "regret": {str(mark): statistics.median(regrets[mark - 1] for regrets, _ in runs) for mark in marks},
                    "milliseconds": statistics.median(each for _, times in runs for each in times),
                }
                if spent:
                    within = [sum(total <= spent[seed] for total in accumulate(times)) for seed, (_, times) in zip(seeds, runs)]
                    row["same time"] = {
                        "trials": statistics.median(within),
                        "regret": statistics.median(regrets[max(count, 1) - 1] for count, (regrets, _) in zip(within, runs)),
                    }
                rows.append(row)
                regrets = " / ".join(f"{each:.2g}" for each in row["regret"].values())
                same = ""
                if spent and name != "krige":
                    same = f"; in the time of Krige's {options.trials}: {row['same time']['trials']:.0f} trials, regret {row['same time']['regret']:.2g}"
                print(f"{function} {name}: median regret {regrets} after {marks}, {row['milliseconds']:.1f} ms per trial{same}", flush=True)
    if options.json:
        Path(options.json).write_text(json.dumps({"rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
