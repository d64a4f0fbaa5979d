"""A client of `krige serve`, with the standard library alone."""

from __future__ import annotations

import http.client
import importlib.metadata
import json
import os
import shlex
import shutil
import subprocess
import time
import urllib.parse
import urllib.request
import uuid
import warnings
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Union

from .connections import Answer, Connections

Score = Union[float, int, bool, None, Mapping[str, Any]]
"""A score, True or False for 1 or 0, None for a call that failed, or {"score", "metrics"} or {"error"}."""

CandidateInput = Union[str, Mapping[str, Any]]
"""A prompt as text, or {"id", "text"}, {"slots": {...}}, {"parameters": {...}}."""


class KrigeError(Exception):
    """What the server refused, and the remedy."""

    def __init__(self, code: str, message: str, remedy: str | None = None, status: int | None = None) -> None:
        super().__init__(message if remedy is None else f"{message}\n  {remedy}")
        self.code = code
        self.remedy = remedy
        self.status = status


@dataclass(frozen=True)
class Candidate:
    """A candidate of the pool. `index` is its place there."""

    id: str
    index: int
    text: str | None = None
    slots: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def prompt(self) -> str:
        """The text, or the slots joined by blank lines."""
        return self.text if self.text is not None else "\n\n".join(slot for slot in self.slots.values() if slot)

    @staticmethod
    def read(answer: Mapping[str, Any]) -> Candidate:
        return Candidate(
            id=answer["id"],
            index=answer["index"],
            text=answer.get("text"),
            slots=answer.get("slots", {}),
            parameters=answer.get("parameters", {}),
        )


@dataclass(frozen=True)
class Action:
    """Measure `candidate` on `examples` (where there is a rival: compare the two), and tell the results in this order.

    Where `holdout` is true, the examples are those held out, which have numbers of their own.
    """

    id: int
    candidate: Candidate
    examples: Sequence[int]
    rival: Candidate | None = None
    repeat: int = 0
    reason: str | None = None
    holdout: bool = False

    @property
    def text(self) -> str:
        """The prompt of the candidate."""
        return self.candidate.prompt

    @property
    def parameters(self) -> Mapping[str, Any]:
        return self.candidate.parameters

    @staticmethod
    def read(answer: Mapping[str, Any]) -> Action:
        rival = answer.get("rival")
        return Action(
            id=answer["id"],
            candidate=Candidate.read(answer["candidate"]),
            examples=answer["examples"],
            rival=None if rival is None else Candidate.read(rival),
            repeat=answer.get("repeat", 0),
            reason=answer.get("reason"),
            holdout=answer.get("holdout", False),
        )


@dataclass(frozen=True)
class Best:
    """The best candidate by posterior; `interval` allows for its having been picked among many."""

    candidate: Candidate
    mean: float
    interval: tuple[float, float]
    level: float
    probability_best: float

    @property
    def text(self) -> str:
        """The prompt of the candidate."""
        return self.candidate.prompt

    @property
    def parameters(self) -> Mapping[str, Any]:
        return self.candidate.parameters


@dataclass(frozen=True)
class Summary:
    """A mean over `count` examples, with its 95% interval."""

    mean: float
    interval: tuple[float, float]
    count: int

    @staticmethod
    def read(answer: Mapping[str, Any] | None) -> Summary | None:
        return None if answer is None else Summary(answer["mean"], tuple(answer["interval"]), answer["count"])


@dataclass(frozen=True)
class Judged:
    """Winner or baseline: its score by the posterior of the search, and on what was held out."""

    candidate: Candidate
    mean: float
    interval: tuple[float, float]
    holdout: Summary | None

    @property
    def text(self) -> str:
        """The prompt of the candidate."""
        return self.candidate.prompt

    @staticmethod
    def read(answer: Mapping[str, Any]) -> Judged:
        return Judged(
            candidate=Candidate.read(answer["candidate"]),
            mean=answer["mean"],
            interval=tuple(answer["interval"]),
            holdout=Summary.read(answer["holdout"]),
        )


@dataclass(frozen=True)
class Conclusion:
    """What a search came to.

    `verdict` is "improved", "no improvement" or "undecided". `difference` is winner less baseline on what was held out;
    positive is better.
    """

    verdict: str
    reason: str
    winner: Judged
    baseline: Judged | None
    difference: Summary | None
    warnings: Sequence[str]

    @staticmethod
    def read(answer: Mapping[str, Any]) -> Conclusion:
        return Conclusion(
            verdict=answer["verdict"],
            reason=answer["reason"],
            winner=Judged.read(answer["winner"]),
            baseline=None if answer["baseline"] is None else Judged.read(answer["baseline"]),
            difference=Summary.read(answer["difference"]),
            warnings=answer["warnings"],
        )


@dataclass(frozen=True)
class Belief:
    """What is known of a candidate of the pool; None before anything was measured.

    `expected_improvement` is by how much it is expected to be better than the best candidate, worse counted as 0.
    """

    candidate: Candidate
    mean: float | None
    standard_deviation: float | None
    expected_improvement: float | None


@dataclass(frozen=True)
class Prediction:
    """What is expected of a text. `index` is its place in the texts given, `measured` how many of its cells were measured."""

    text: str
    index: int
    mean: float
    standard_deviation: float
    measured: int = 0
    candidate: str | None = None
    expected_improvement: float | None = None

    @staticmethod
    def read(answer: Mapping[str, Any]) -> Prediction:
        return Prediction(
            text=answer["text"],
            index=answer["index"],
            mean=answer["mean"],
            standard_deviation=answer["standardDeviation"],
            measured=answer["measured"],
            candidate=answer.get("candidate"),
            expected_improvement=answer.get("expectedImprovement"),
        )


class Client:
    """Talks to one server, from any number of threads. Use :func:`connect`."""

    def __init__(self, url: str, token: str | None = None, process: subprocess.Popen[str] | None = None) -> None:
        self.url = url.rstrip("/")
        self._connections = Connections(self.url)
        self._token = token
        self._process = process
        # Also where nobody closes: a script that ends leaves no server behind.
        self._stop = None if process is None else weakref.finalize(self, _stop, process)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stops the server if this client started it. What was told is stored."""
        self._connections.close()
        if self._stop is not None:
            self._stop()

    def request(self, method: str, path: str, body: Any = None, timeout: float = 120.0) -> Any:
        """One request. A POST that gets no answer is repeated under one idempotency key, so that it counts once."""
        data = None if body is None else _json(body)
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token}"
        if method == "POST":
            headers["Idempotency-Key"] = uuid.uuid4().hex
        for attempt in range(5):
            try:
                answer = self._connections.send(method, path, data, headers, timeout)
            except (OSError, http.client.HTTPException) as error:
                if attempt == 4 or (self._process is not None and self._process.poll() is not None):
                    raise KrigeError("unavailable", f"no answer from {self.url}: {error}", "Is krige serve running?") from error
                time.sleep(0.2 * 2**attempt)
                continue
            if answer.status in (429, 503) and attempt < 4:
                time.sleep(float(answer.headers.get("Retry-After") or 1))
                continue
            if answer.status >= 300:
                raise _refusal(answer)
            return json.loads(answer.body) if answer.body else None
        raise AssertionError("unreachable")

    def study(
        self,
        name: str | None = None,
        *,
        pool: Sequence[CandidateInput] = (),
        space: Mapping[str, Mapping[str, Any]] | None = None,
        example_count: int = 1,
        holdout_count: int = 0,
        evaluations: int | None = None,
        policy: str | None = None,
        policy_options: Mapping[str, Any] | None = None,
        direction: str = "maximize",
        seed: int = 0,
        estimand: str = "population",
        baseline: str | None = None,
    ) -> Study:
        """Creates a study, or takes up the one of this name if its settings are the same.

        :param holdout_count: further examples, which the search never sees: :meth:`Study.conclude` measures winner and
            `baseline` on them, within the budget.
        :param evaluations: budget; of a study that exists, from now on. By default there is no limit, or that which it has.
        """
        given = {
            "name": name if name is not None else f"python-{uuid.uuid4().hex[:12]}",
            "pool": _listed(pool, "pool"),
            "space": dict(space or {}),
            "exampleCount": example_count,
            "holdoutCount": holdout_count,
            "budget": {} if evaluations is None else {"evaluations": evaluations},
            "policy": policy,
            "policyOptions": policy_options,
            "direction": direction,
            "seed": seed,
            "estimand": estimand,
            "baseline": baseline,
        }
        answer = self.request("POST", "/studies", {key: value for key, value in given.items() if value is not None})
        return Study(self, answer["name"])


class Study:
    """One study on the server.

    Iterating over it asks until the budget is spent, or nothing more can be proposed before what is :meth:`pending` is told.
    It warns where that was asked for elsewhere, perhaps by a script that was killed.
    """

    def __init__(self, client: Client, name: str) -> None:
        self.client = client
        self.name = name
        self._path = "/studies/" + urllib.parse.quote(name, safe="")
        self._asked: set[int] = set()

    def __iter__(self) -> Iterator[Action]:
        while (action := self.ask()) is not None:
            yield action
        elsewhere = [each.id for each in self.pending() if each.id not in self._asked]
        if elsewhere:
            warnings.warn(
                f"study {self.name}: {len(elsewhere)} actions that were asked for elsewhere are not told. "
                "study.pending() lists them: measure and tell them, or study.release(action).",
                stacklevel=2,
            )

    def ask(self) -> Action | None:
        """The next action; None when the budget is spent, or nothing more can be proposed before something is told."""
        actions = self.ask_many(1)
        return actions[0] if actions else None

    def ask_many(self, count: int) -> list[Action]:
        answer = self.client.request("POST", f"{self._path}/ask", {"count": count})
        actions = [Action.read(each) for each in answer["actions"]]
        self._asked.update(action.id for action in actions)
        return actions

    def pending(self) -> list[Action]:
        """What was asked for and not told, also by a process that was killed: measure and tell it, or release it."""
        return [Action.read(each) for each in self.client.request("GET", f"{self._path}/pending")["actions"]]

    def tell(self, action: Action | int, scores: Score | Iterable[Score]) -> None:
        """Tells the scores of an action, in the order of its examples; one number where there is one example.

        An exception among them is a call that failed.
        """
        listed = [_failure(each) if isinstance(each, Exception) else each for each in _scores(scores)]
        number = action if isinstance(action, int) else action.id
        self.client.request("POST", f"{self._path}/tell", {"results": [{"action": number, "scores": listed}]})

    def add(self, candidates: Sequence[CandidateInput]) -> list[Candidate]:
        """Adds candidates to the pool; a text that it has already is found, not added again."""
        answer = self.client.request("POST", f"{self._path}/candidates", {"candidates": _listed(candidates, "candidates")})
        return [Candidate.read(each) for each in answer["candidates"]]

    def observe(self, observations: Sequence[Mapping[str, Any]]) -> None:
        """Tells results that nobody asked for: {"candidate": {"id" | "index" | "text": …}, "example"?, "score", …}."""
        listed = _listed(observations, "observations")
        if listed:
            self.client.request("POST", f"{self._path}/observe", {"observations": listed})

    def release(self, action: Action | int, reason: str = "released by the client") -> None:
        """Gives back an action that was never measured."""
        number = action if isinstance(action, int) else action.id
        self.client.request("POST", f"{self._path}/release", {"action": number, "reason": reason})

    def best(self) -> Best | None:
        answer = self.client.request("GET", f"{self._path}/best")["best"]
        if answer is None:
            return None
        low, high = answer["interval"]
        return Best(
            candidate=Candidate.read(answer["candidate"]),
            mean=answer["mean"],
            interval=(low, high),
            level=answer["level"],
            probability_best=answer["probabilityBest"],
        )

    def conclude(
        self, measure: Callable[[Action], Score | Iterable[Score]] | None = None, *, relevant_difference: float = 0.05
    ) -> Conclusion:
        """Ends the search: is the best candidate really better than the baseline?

        Tell or release what was asked for first.

        :param measure: scores of an action on held-out examples, in their order; needed where there are any.
        :param relevant_difference: smaller ones are not worth changing a prompt for.
        """
        while True:
            answer = self.client.request("POST", f"{self._path}/conclude", {"relevantDifference": relevant_difference})
            if answer["conclusion"] is not None:
                return Conclusion.read(answer["conclusion"])
            if measure is None:
                raise ValueError("the study holds examples out; expected a function that measures an action on them")
            for action in map(Action.read, answer["actions"]):
                self.tell(action, measure(action))

    def posterior(self) -> list[Belief]:
        """What is known of every candidate of the pool, measured or not."""
        answer = self.client.request("GET", f"{self._path}/posterior")["candidates"]
        return [
            Belief(Candidate.read(each["candidate"]), each["mean"], each["standardDeviation"], each["expectedImprovement"])
            for each in answer
        ]

    def predict(self, texts: Sequence[CandidateInput]) -> list[Prediction] | None:
        """What is expected of texts, in the order given, in the pool or not; None before anything was scored.

        Nothing is added to the pool, nothing is measured.
        """
        return self._texts("predict", texts)

    def rank(self, texts: Sequence[CandidateInput]) -> list[Prediction] | None:
        """Texts by how much trying each is worth (expected improvement), best first; None before anything was scored."""
        return self._texts("rank", texts)

    def screen(self, texts: Sequence[CandidateInput]) -> CandidateInput:
        """Of several texts the one that is worth trying most; the first before anything was scored."""
        listed = _listed(texts, "texts")
        if not listed:
            raise ValueError("texts is empty; expected at least one")
        ranked = self.rank(listed)
        return listed[ranked[0].index if ranked else 0]

    def explain(self, candidate: str) -> Mapping[str, Any] | None:
        """What speaks for the candidate of this id: `own` outcomes, `byText` alone, `posterior` of both, `nearest` neighbors.

        None before anything was scored.
        """
        return self.client.request("POST", f"{self._path}/explain", {"candidate": {"id": candidate}})["explanation"]

    def _texts(self, what: str, texts: Sequence[CandidateInput]) -> list[Prediction] | None:
        listed = _listed(texts, "texts")
        if not listed:
            return []
        answer = self.client.request("POST", f"{self._path}/{what}", {"texts": listed})["texts"]
        return None if answer is None else [Prediction.read(each) for each in answer]

    def info(self) -> Mapping[str, Any]:
        """Settings, spending and counts."""
        return self.client.request("GET", self._path)

    def delete(self) -> None:
        self.client.request("DELETE", self._path)


def _listed(given: Any, name: str) -> list[Any]:
    # A text is a sequence, too: of its letters.
    if isinstance(given, (str, bytes, Mapping)):
        what = "a mapping" if isinstance(given, Mapping) else "one text"
        raise TypeError(f"{name} is {what}; expected a list")
    return list(given)


def _scores(given: Any) -> list[Any]:
    if isinstance(given, (str, bytes, Mapping)) or not isinstance(given, Iterable):
        return [given]
    try:
        return list(given)
    except TypeError:  # an array of no dimension is one number
        return [given]


def _failure(error: Exception) -> Mapping[str, str]:
    return {"error": f"{type(error).__name__}: {error}"}


def _json(body: Any) -> bytes:
    try:
        return json.dumps(body, default=_plain, allow_nan=False).encode()
    except ValueError as error:
        raise ValueError("a number is NaN or infinite; expected a finite one, or None for a call that failed") from error


def _plain(value: Any) -> Any:
    """Numbers and arrays of NumPy, PyTorch and the like."""
    if callable(getattr(value, "tolist", None)):
        return value.tolist()
    raise TypeError(f"{value!r:.200} is no number, text, list or mapping")


_INSTALL = "Install it with: npm install -g krige. Or name a server with KRIGE_URL."


def connect(url: str | None = None, *, token: str | None = None, store: str = "memory:", command: str | None = None) -> Client:
    """Connects to a server, or starts one on this machine.

    Without `url` (or KRIGE_URL) a server is started on a free port of the loopback interface; it ends with
    :meth:`Client.close`, and at the latest with the script. `store` says where it keeps studies. `command` (or KRIGE_COMMAND)
    says how to call krige; the default is `krige` on the path, else that of this checkout, else `npx krige`.
    """
    if url and (store != "memory:" or command):
        raise ValueError("url is given with store or command; expected url alone: the server there has a store of its own")
    address = url or os.environ.get("KRIGE_URL")
    if address:
        return Client(address, token or os.environ.get("KRIGE_SERVER_TOKEN"))
    if token is not None:
        raise ValueError("token is given without url; expected both, or none: a server that is started here needs no token")
    chosen = command or os.environ.get("KRIGE_COMMAND")
    call = shlex.split(chosen) if chosen else _default_command()
    environment = {key: value for key, value in os.environ.items() if key != "KRIGE_SERVER_TOKEN"}
    try:
        process = subprocess.Popen(
            [*call, "serve", "--port", "0", "--store", store, "--quiet", "--until-stdin-ends"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            # Ctrl-C is for the script, which may catch it and ask for the best so far. The server ends with its standard input.
            start_new_session=True,
        )
    except OSError as error:
        raise KrigeError("unavailable", f"{call[0]} cannot be started: {error.strerror}", _INSTALL) from error
    assert process.stdout is not None
    line = process.stdout.readline()
    if " at " not in line:
        process.kill()
        raise KrigeError("unavailable", f"{' '.join(call)} serve did not start", _INSTALL)
    return Client(line.split(" at ", 1)[1].split(";", 1)[0].strip(), None, process)


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()


def _default_command() -> list[str]:
    if shutil.which("krige"):
        return ["krige"]
    for root in _checkouts():
        node = root / "node_modules" / "node" / "bin" / "node"
        if node.exists() and (root / "src" / "cli" / "main.ts").exists():
            return [str(node), str(root / "src" / "cli" / "main.ts")]
    if shutil.which("npx"):
        # What is installed here, never what a registry may have under this name.
        return ["npx", "--no-install", "krige"]
    raise KrigeError("unavailable", "krige is not installed", _INSTALL)


def _checkouts() -> Iterator[Path]:
    """Where this file lies in a checkout, and the checkout that pip installed this package from."""
    inside = Path("src", "interop", "python")
    yield Path(__file__).resolve().parents[len(inside.parts) + 1]
    try:
        written = importlib.metadata.distribution("krige").read_text("direct_url.json")
    except importlib.metadata.PackageNotFoundError:
        return
    # https://packaging.python.org/en/latest/specifications/direct-url/
    url = urllib.parse.urlsplit(json.loads(written)["url"]) if written else None
    if url is not None and url.scheme == "file":
        yield Path(urllib.request.url2pathname(url.path)).parents[len(inside.parts) - 1]


def _refusal(answer: Answer) -> KrigeError:
    try:
        body = json.loads(answer.body)["error"]
        return KrigeError(body["code"], body["message"], body.get("remedy"), answer.status)
    except (ValueError, KeyError, TypeError):
        place = answer.headers.get("Location")
        remedy = None if place is None else f"It points to {place}: connect to that."
        return KrigeError("fault", f"HTTP {answer.status}", remedy, answer.status)
