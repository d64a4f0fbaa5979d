"""NumPy, SciPy and scikit-learn as peers: python peers.py openblas|scikit-learn INPUTS.

Speaks the lines of participant.ts. The number of threads comes from OPENBLAS_NUM_THREADS and OMP_NUM_THREADS.
"""

import json
import os
import sys
import time
import warnings

import numpy as np
from scipy.linalg import cholesky as scipy_cholesky
from scipy.linalg.lapack import dpotrf

warnings.filterwarnings("ignore")
ROLE, INPUTS = sys.argv[1], sys.argv[2]
NOISE, LENGTH_16, LENGTH_384, CANDIDATES = 0.1, 1.5, 8.0, 10_000


def read(name, count):
    return np.fromfile(os.path.join(INPUTS, name), dtype=np.float64, count=count)


def points(n, d):
    return read(f"points-{d}.f64", n * d).reshape(n, d)


def matern52(squared, length):
    r = np.sqrt(5 * squared) / length
    return (1 + r + r * r / 3) * np.exp(-r)


def squared_distances(x, y):
    """As fast as NumPy can: one product."""
    d = (-2.0 * x) @ y.T
    d += np.einsum("ij,ij->i", x, x)[:, None]
    d += np.einsum("ij,ij->i", y, y)[None, :]
    np.maximum(d, 0, out=d)
    return d


def gemm(n, d):
    values = read("points-16.f64", n * 16)
    i = np.arange(n * n)
    a = values[i % values.size].reshape(n, n).copy()
    b = values[(7 * i + 3) % values.size].reshape(n, n).copy()
    out = np.empty((n, n))

    def run(_):
        np.matmul(a, b, out=out)
        return out[1, 1]

    return run


def covariance(n, d, length):
    x = points(n, d)
    return matern52(squared_distances(x, x), length) + NOISE * np.eye(n)


def cholesky(n, d):
    a = covariance(n, d, LENGTH_16)
    if n <= 200:
        # The call a user makes.
        return lambda _: scipy_cholesky(a, lower=True)[-1, -1]
    # The bare LAPACK routine on its own memory order; it copies its input, as Krige does.
    fortran = np.asfortranarray(a)

    def run(_):
        factor, _info = dpotrf(fortran, lower=1, clean=0, overwrite_a=0)
        return factor[-1, -1]

    return run


def regressor(n, d, kernel):
    from sklearn.gaussian_process import GaussianProcessRegressor

    model = GaussianProcessRegressor(kernel=kernel, alpha=0.0, optimizer=None)
    return model.fit(points(n, d), read("targets.f64", n))


def likelihood(n, d, ard):
    from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

    length = np.full(d, LENGTH_16) if ard else LENGTH_16
    model = regressor(n, d, ConstantKernel(1.2) * Matern(length, nu=2.5) + WhiteKernel(NOISE))
    theta = model.kernel_.theta.copy()

    def run(iteration):
        moved = theta.copy()
        moved[1:-1] += np.log(1 + 1e-3 * iteration)
        value, gradient = model.log_marginal_likelihood(moved, eval_gradient=True, clone_kernel=False)
        return value + gradient.sum()

    return run


def predict(n, d, refit):
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import Matern

    model = GaussianProcessRegressor(kernel=Matern(LENGTH_384, nu=2.5), alpha=NOISE, optimizer=None)
    x, y = points(n, d), read("targets.f64", n)
    candidates = read("candidates-384.f64", CANDIDATES * d).reshape(CANDIDATES, d)
    model.fit(x, y)

    def run(_):
        if refit:
            model.fit(x, y)
        mean, deviation = model.predict(candidates, return_std=True)
        return mean[1] + deviation[1] ** 2

    return run


def append_by_refit(n, d):
    """The factor of n + 1 observations and all their distances to the candidates, from nothing."""
    x = points(n + 1, d)
    candidates = read("candidates-384.f64", CANDIDATES * d).reshape(CANDIDATES, d)

    def run(_):
        a = matern52(squared_distances(x, x), LENGTH_384)
        a.flat[:: n + 2] += NOISE
        factor, _info = dpotrf(a.T, lower=1, clean=0, overwrite_a=1)
        squared_distances(x, candidates)
        return factor[-1, -1]

    return run


def task(work):
    kind, _, size = work.rpartition("-")
    if ROLE == "openblas":
        if kind == "gemm":
            return gemm(int(size), 0)
        if kind == "cholesky":
            return cholesky(int(size), 16)
        if kind == "append":
            return append_by_refit(1000, 384)
    if ROLE == "scikit-learn":
        if kind in ("lml-iso", "lml-ard16"):
            return likelihood(int(size), 16, kind == "lml-ard16")
        if work == "predict-cold":
            return predict(300, 384, False)
        if work == "predict-append":
            return predict(301, 384, True)
    return None


def say(answer):
    print(json.dumps(answer), flush=True)


run = None
iteration = 0
for line in sys.stdin:
    question = json.loads(line)
    if "prepare" in question:
        run = task(question["prepare"])
        iteration = 0
        if run is None:
            say({"unsupported": "not its work"})
            continue
        start = time.perf_counter()
        count = 0
        while count < 1 or (count < 400 and time.perf_counter() - start < 0.25):
            run(count)
            count += 1
        say({"ready": True})
    else:
        milliseconds = []
        value = None
        for _ in range(question["run"]):
            start = time.perf_counter()
            result = run(iteration)
            milliseconds.append(1000 * (time.perf_counter() - start))
            if iteration == 0:
                value = float(result)
            iteration += 1
        say({"milliseconds": milliseconds, "value": value})
