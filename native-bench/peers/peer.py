"""Optuna and BoTorch as ask-and-tell servers: one JSON object a line in, one out.

The objective functions live on the other side, so that every sampler is measured on the same code. Times are taken
here, around the peer's own work only.

    {"op": "start", "sampler": "optuna-gp", "space": {...}, "seed": 1, "deterministic": true}
    {"op": "ask"}                    -> {"parameters": {...}, "milliseconds": 12.3}
    {"op": "tell", "value": 0.7}     -> {}
    {"op": "recommend"}              -> {"parameters": {...}}
    {"op": "pool", "inputs": [[...]], "targets": [...], "candidates": [[...]], "repeats": 5} -> {"milliseconds": [...]}
"""

import json
import math
import sys
import time
import warnings

warnings.filterwarnings("ignore")


class OptunaPeer:
    def __init__(self, request):
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.space = request["space"]
        seed = request["seed"]
        samplers = {
            "optuna-gp": lambda: optuna.samplers.GPSampler(seed=seed, deterministic_objective=request["deterministic"]),
            "optuna-tpe": lambda: optuna.samplers.TPESampler(seed=seed),
        }
        self.study = optuna.create_study(sampler=samplers[request["sampler"]](), direction="minimize")

    def ask(self):
        start = time.perf_counter()
        self.trial = self.study.ask()
        values = {}
        for name, parameter in self.space.items():
            condition = parameter.get("when")
            if condition and values.get(condition["parameter"]) not in condition["in"]:
                continue
            values[name] = self.suggest(name, parameter)
        return values, 1000 * (time.perf_counter() - start)

    def suggest(self, name, parameter):
        kind = parameter["kind"]
        if kind == "categorical":
            return self.trial.suggest_categorical(name, parameter["choices"])
        if kind == "int":
            step = 1 if parameter["log"] else parameter["step"]
            return self.trial.suggest_int(name, parameter["low"], parameter["high"], step=step, log=parameter["log"])
        return self.trial.suggest_float(
            name, parameter["low"], parameter["high"], step=parameter.get("step"), log=parameter["log"]
        )

    def tell(self, value):
        self.study.tell(self.trial, value)

    def recommend(self):
        return self.study.best_params


class BotorchPeer:
    """SingleTaskGP and LogExpectedImprovement as they come; ten Sobol points first, as Optuna has ten random ones."""

    def __init__(self, request):
        import torch

        torch.set_num_threads(1)
        torch.manual_seed(request["seed"])
        self.names = list(request["space"])
        self.low = [request["space"][name]["low"] for name in self.names]
        self.high = [request["space"][name]["high"] for name in self.names]
        engine = torch.quasirandom.SobolEngine(len(self.names), scramble=True, seed=request["seed"])
        self.design = engine.draw(10, dtype=torch.double)
        self.x, self.y = [], []

    def ask(self):
        import torch
        from botorch.acquisition import LogExpectedImprovement
        from botorch.fit import fit_gpytorch_mll
        from botorch.models import SingleTaskGP
        from botorch.optim import optimize_acqf
        from gpytorch.mlls import ExactMarginalLogLikelihood

        start = time.perf_counter()
        if len(self.x) < len(self.design):
            point = self.design[len(self.x)]
        else:
            model = SingleTaskGP(torch.stack(self.x), -torch.tensor(self.y, dtype=torch.double).unsqueeze(-1))
            fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
            cube = torch.stack([torch.zeros(len(self.names)), torch.ones(len(self.names))]).double()
            acquisition = LogExpectedImprovement(model, best_f=-min(self.y))
            point = optimize_acqf(acquisition, cube, q=1, num_restarts=4, raw_samples=256)[0][0]
        self.point = point.detach()
        values = {
            name: low + float(u) * (high - low)
            for name, u, low, high in zip(self.names, self.point, self.low, self.high)
        }
        return values, 1000 * (time.perf_counter() - start)

    def tell(self, value):
        self.x.append(self.point)
        self.y.append(value)

    def recommend(self):
        best = min(range(len(self.y)), key=self.y.__getitem__)
        return {
            name: low + float(u) * (high - low)
            for name, u, low, high in zip(self.names, self.x[best], self.low, self.high)
        }


def pool(request):
    """Fit from the last fit and score a finite pool, with the same isotropic Matern-5/2 kernel Krige uses for texts."""
    import torch
    from botorch.acquisition import LogExpectedImprovement
    from botorch.fit import fit_gpytorch_mll
    from botorch.models import SingleTaskGP
    from gpytorch.kernels import MaternKernel, ScaleKernel
    from gpytorch.mlls import ExactMarginalLogLikelihood

    torch.set_num_threads(1)
    x = torch.tensor(request["inputs"], dtype=torch.double)
    y = torch.tensor(request["targets"], dtype=torch.double).unsqueeze(-1)
    candidates = torch.tensor(request["candidates"], dtype=torch.double)

    def step(count, state):
        model = SingleTaskGP(x[:count], y[:count], covar_module=ScaleKernel(MaternKernel(nu=2.5)))
        if state is not None:
            model.load_state_dict(state, strict=False)
        fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
        with torch.no_grad():
            values = LogExpectedImprovement(model, best_f=y[:count].max())(candidates.unsqueeze(1))
        hyper = {key: value for key, value in model.state_dict().items() if "raw_" in key}
        return int(values.argmax()), hyper

    n = len(y)
    _, state = step(n - request["repeats"], None)
    times = []
    for k in range(request["repeats"]):
        start = time.perf_counter()
        _, state = step(n - request["repeats"] + k + 1, state)
        times.append(1000 * (time.perf_counter() - start))
    return times


def main():
    peer = None
    for line in sys.stdin:
        request = json.loads(line)
        op = request["op"]
        if op == "start":
            kind = BotorchPeer if request["sampler"] == "botorch" else OptunaPeer
            peer = kind(request)
            answer = {}
        elif op == "ask":
            parameters, milliseconds = peer.ask()
            answer = {"parameters": parameters, "milliseconds": milliseconds}
        elif op == "tell":
            value = request["value"]
            peer.tell(value if math.isfinite(value) else float("nan"))
            answer = {}
        elif op == "recommend":
            answer = {"parameters": peer.recommend()}
        elif op == "pool":
            answer = {"milliseconds": pool(request)}
        else:
            answer = {"error": f"unknown op {op}"}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
