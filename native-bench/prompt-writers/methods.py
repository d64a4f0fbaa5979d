"""GEPA and DSPy's MIPROv2 on one task, through an OpenAI-compatible server that counts their calls.

Reads one JSON object on standard input, writes one on standard output:
  in   {method, url, testUrl, limit, seed, prompt, before, examples: [{index, input, shown, expected}], test: [...], maxTokens}
  out  {prompt} or {prompt, scores}: a prompt that stands before `shown`, or the scores of a program on the test examples
Everything a package prints goes to standard error.
"""

import contextlib
import json
import os
import sys
import tempfile
import urllib.request

os.environ.setdefault("DSPY_CACHEDIR", tempfile.mkdtemp())


def post(url, body):
    request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=600) as answer:
        return json.load(answer)


def ask(url, model, content, **sampling):
    body = {"model": model, "messages": [{"role": "user", "content": content}], **sampling}
    return post(f"{url}/v1/chat/completions", body)["choices"][0]["message"]["content"]


def calls(url):
    with urllib.request.urlopen(f"{url}/calls") as answer:
        return json.load(answer)["calls"]


def halves(job):
    """What to reflect on or show, and what to choose by: GEPA and MIPROv2 both want them apart."""
    return job["examples"][0::2], job["examples"][1::2]


def run_gepa(job):
    import gepa
    from gepa.core.adapter import EvaluationBatch

    url = job["url"]

    class Adapter:
        propose_new_texts = None

        def evaluate(self, batch, candidate, capture_traces=False):
            outputs, scores, trajectories = [], [], []
            for item in batch:
                content = f"{candidate['instruction']}\n\n{item['shown']}"
                answer = ask(url, "executor", content, temperature=0, max_tokens=job["maxTokens"])
                judged = post(f"{url}/score", {"answer": answer, "example": item["index"]})
                outputs.append(answer)
                scores.append(judged["score"])
                trajectories.append({"item": item, "answer": answer, "feedback": judged["feedback"]})
            return EvaluationBatch(
                outputs=outputs, scores=scores, trajectories=trajectories if capture_traces else None
            )

        def make_reflective_dataset(self, candidate, batch, components):
            records = [
                {
                    "Inputs": one["item"]["shown"],
                    "Generated Outputs": one["answer"],
                    "Feedback": one["feedback"] or f"correct: {one['item']['expected']}",
                }
                for one in batch.trajectories
            ]
            return {name: records for name in components}

    train, validation = halves(job)
    result = gepa.optimize(
        seed_candidate={"instruction": job["prompt"]},
        trainset=train,
        valset=validation,
        adapter=Adapter(),
        reflection_lm=lambda prompt: ask(url, "generator", prompt, temperature=1.0, max_tokens=600, seed=job["seed"]),
        stop_callbacks=lambda state: calls(url) >= job["limit"],
        seed=job["seed"],
        skip_perfect_score=True,
    )
    return {"prompt": result.best_candidate["instruction"]}


def run_miprov2(job):
    import dspy

    def model(url, name="executor", **settings):
        return dspy.LM(f"openai/{name}", api_base=f"{url}/v1", api_key="none", model_type="chat", **settings)

    def as_example(item):
        return dspy.Example(index=item["index"], input=item["input"], answer=item["expected"]).with_inputs("input")

    def metric(example, prediction, trace=None):
        answer = str(getattr(prediction, "answer", ""))
        return post(f"{job['url']}/score", {"answer": answer, "example": example.index})["score"]

    train, validation = ([as_example(item) for item in part] for part in halves(job))
    dspy.configure(lm=model(job["url"], temperature=0.0, max_tokens=200))
    student = dspy.Predict(dspy.Signature("input -> answer", job["prompt"]))
    optimizer = dspy.MIPROv2(
        metric=metric,
        prompt_model=model(job["url"], "generator", temperature=1.0, max_tokens=600),
        auto=None,
        num_candidates=4,
        max_bootstrapped_demos=3,
        max_labeled_demos=3,
        num_threads=1,
        max_errors=10_000,
        seed=job["seed"],
    )
    # Three looks at the whole of the validation set (30 each), and trials of 15 for what is left of the budget.
    trials = max(2, (job["limit"] - 3 * len(validation) - 40) // 15)
    program = optimizer.compile(
        student,
        trainset=train,
        valset=validation,
        num_trials=trials,
        minibatch_size=15,
        minibatch_full_eval_steps=max(1, trials // 2),
    )
    scores = []
    with dspy.context(lm=model(job["testUrl"], temperature=0.0, max_tokens=200)):
        for item in job["test"]:
            try:
                answer = str(program(input=item["input"]).answer)
            except Exception as problem:  # an answer that cannot be read is wrong
                print(problem, file=sys.stderr)
                answer = ""
            scores.append(post(f"{job['testUrl']}/score", {"answer": answer, "example": item["index"]})["score"])
    return {"prompt": program.signature.instructions, "demonstrations": len(program.demos), "scores": scores}


if __name__ == "__main__":
    job = json.load(sys.stdin)
    with contextlib.redirect_stdout(sys.stderr):
        result = {"gepa": run_gepa, "miprov2": run_miprov2}[job["method"]](job)
    print(json.dumps(result))
