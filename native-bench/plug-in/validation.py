"""Metric calls until GEPA holds the best of what it proposed: full validation against Krige's policy and selection.

Reflection is scripted: both arms are shown the same prompts of a replay table in the same order, and every outcome is read
from the table. The search examples are GEPA's training and validation set; the holdout examples are seen by nobody. A run
holds the best from the call on after which the true mean (over all search examples) of its best program never again falls
more than 0.005 below that of the program full validation ends with; a run that does not get there is charged the calls of
the longer run.

Full validation holds its own best in every run. A third arm is full validation with another seed of GEPA: what an equally
good policy needs.

Run: python native-bench/plug-in/validation.py DIR [--seeds 3] [--texts 60] [--proposals 1] [--json FILE]
"""

import argparse
import json
import random
import statistics
import sys
from pathlib import Path

import gepa
from gepa.core.adapter import EvaluationBatch
from gepa.strategies.eval_policy import FullEvaluationPolicy
from gepa.strategies.proposal_sampling import SameParentSampling

import krige
from krige.gepa import KrigeEvaluationPolicy, KrigeSelection
from tables import tables

NEAR = 0.005
"""A difference of means over 200 examples that is one outcome."""
OTHER_SEEDS = 1_000


class Replay:
    """A GEPA adapter whose outcomes are those of a table."""

    propose_new_texts = None

    def __init__(self, table):
        self.table = table
        self.place = {text: place for place, text in enumerate(table.texts)}

    def evaluate(self, batch, candidate, capture_traces=False):
        row = self.table.search[self.place[candidate["prompt"]]]
        scores = [row[example] for example in batch]
        return EvaluationBatch(outputs=scores, scores=scores, trajectories=scores if capture_traces else None)

    def make_reflective_dataset(self, candidate, batch, components):
        return {name: [{"score": score} for score in batch.scores] for name in components}


class Quiet:
    def log(self, message):
        pass


class Course:
    """What the run held after each iteration: `calls` and `best`, the place of its best program in the table."""

    def __init__(self, policy, place):
        self.policy = policy
        self.place = place
        self.calls = []
        self.best = []

    def on_iteration_end(self, event):
        state = event["state"]
        self.pool = [self.place[each["prompt"]] for each in state.program_candidates]
        self.calls.append(state.total_num_evals)
        self.best.append(self.place[state.program_candidates[self.policy.get_best_program(state)]["prompt"]])


def run(table, order, policy, selection, seed, proposals):
    adapter = getattr(policy, "adapter", None) or Replay(table)
    course = Course(policy, adapter.place)
    texts = iter(order[1:])
    shown = [0]

    def propose(candidate, dataset, components):
        shown[0] += 1
        return {"prompt": table.texts[next(texts, order[-1])]}

    gepa.optimize(
        seed_candidate={"prompt": table.texts[order[0]]},
        trainset=list(range(len(table.search[0]))),
        adapter=adapter,
        custom_candidate_proposer=propose,
        reflection_lm=None,
        val_evaluation_policy=policy,
        selection_strategy=selection,
        sampling_strategy=None if proposals == 1 else SameParentSampling(proposals),
        stop_callbacks=lambda state: shown[0] >= len(order) - 1,
        callbacks=[course],
        seed=seed,
        logger=Quiet(),
    )
    return course


def held(course, means, level):
    """Calls from which on the best program is as good as `level`; None where it never is."""
    since = None
    for calls, best in zip(course.calls, course.best):
        if means[best] < level - NEAR:
            since = None
        elif since is None:
            since = calls
    return since


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--texts", type=int, default=60, help="prompts shown, at most")
    parser.add_argument("--proposals", type=int, default=1, help="proposals per iteration")
    parser.add_argument("--tolerance", type=float, default=0.001)
    parser.add_argument("--json")
    options = parser.parse_args()
    rows = []
    with krige.connect() as client:
        for table in tables(options.tables):
            means = [table.mean(prompt) for prompt in range(len(table.texts))]
            holdout = [table.mean(prompt, "holdout") for prompt in range(len(table.texts))]
            for seed in range(1, options.seeds + 1):
                order = random.Random(seed).sample(range(len(means)), min(len(means), options.texts))
                full = run(table, order, FullEvaluationPolicy(), None, seed, options.proposals)
                policy = KrigeEvaluationPolicy(Replay(table), tolerance=options.tolerance, seed=seed, client=client)
                ours = run(table, order, policy, KrigeSelection(policy), seed, options.proposals)
                again = run(table, order, FullEvaluationPolicy(), None, OTHER_SEEDS + seed, options.proposals)
                level = means[full.best[-1]]
                row = {"table": table.name, "seed": seed, "best": max(means[prompt] for prompt in order)}
                for arm, course in (("full", full), ("krige", ours), ("again", again)):
                    longer = max(full.calls[-1], course.calls[-1])
                    since = held(course, means, level)
                    row[arm] = {
                        "calls": longer if since is None else since,
                        "held": since is not None,
                        "total": course.calls[-1],
                        "final": means[course.best[-1]],
                        "holdout": holdout[course.best[-1]],
                    }
                rows.append(row)
                print(json.dumps(row), file=sys.stderr, flush=True)
    mean = lambda arm, what: statistics.mean(row[arm][what] for row in rows)
    for arm in ("full", "krige", "again"):
        print(
            f"{arm}: {mean(arm, 'calls'):.0f} calls until the best is held (in {sum(row[arm]['held'] for row in rows)} of"
            f" {len(rows)} runs), {mean(arm, 'total'):.0f} in all; final search mean {mean(arm, 'final'):.4f},"
            f" holdout {mean(arm, 'holdout'):.4f}"
        )
    for arm in ("krige", "again"):
        held_by = [row for row in rows if row[arm]["held"]]
        share = lambda what, of: statistics.mean(row[arm][what] for row in of) / statistics.mean(row["full"][what] for row in of)
        print(f"{arm}, of full validation's calls: {share('total', rows):.0%} in all, {share('calls', rows):.0%} until the best", end=" ")
        print(f"is held, {share('calls', held_by):.0%} in the runs that come to hold it" if held_by else "is held, in no run")
    if options.json:
        Path(options.json).write_text(json.dumps({"rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
