"""The server under requests that nobody would send: generated from its own OpenAPI document, slow, huge, deep, many at once."""

import json
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest

pytest.importorskip("schemathesis")

import krige

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"

# Every path with {name} meets a study that exists, has outcomes and waits for results.
CONFIG = """
[parameters]
"path.name" = "fuzzed"
"""


@pytest.fixture(scope="module")
def client():
    with krige.connect() as connected:
        yield connected


def prepare(client):
    prompts = ["Name the label.", "Name the label of it.", "Write a poem.", "Write a long poem."]
    study = client.study("fuzzed", pool=prompts, example_count=6)
    study.observe([{"candidate": {"index": i}, "example": e, "score": int(i < 2)} for i in range(4) for e in range(3)])
    study.ask_many(2)


def send(client, method, path, body, headers=None):
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    sent = {"Content-Type": "application/json", **(headers or {})}
    request = urllib.request.Request(client.url + path, data=data, headers=sent, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except urllib.error.URLError as error:
        # A body that is too large is turned away while it is still being sent.
        assert isinstance(error.reason, ConnectionError) and len(data) > 16 * 2**20, error
        return 413, b""


def is_well(client):
    return send(client, "GET", "/health", None)[0] == 200 and client._process.poll() is None


def test_survives_what_its_own_document_allows(client, tmp_path):
    prepare(client)
    (tmp_path / "schemathesis.toml").write_text(CONFIG)
    command = [sys.executable, "-m", "schemathesis.cli", "run", client.url + "/openapi.json", "--checks", CHECKS]
    # A stream of events never ends; a study that is removed cannot be asked anything.
    command += ["--exclude-path", "/studies/{name}/events", "--exclude-method", "DELETE"]
    command += ["--phases", "examples,coverage,fuzzing", "--max-examples", "20", "--seed", "1", "--no-color"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=540)
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
    assert is_well(client)


def test_survives_deep_and_huge_bodies(client):
    prepare(client)
    deep = b'{"name":"deep","policyOptions":' + b'{"a":' * 50_000 + b"1" + b"}" * 50_000 + b"}"
    nested = b'{"texts":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    for path, body in [
        ("/studies", deep),
        ("/studies", b'{"name":"deep","space":' + b'{"a":' * 5_000 + b"1" + b"}" * 5_000 + b"}"),
        ("/studies/fuzzed/rank", nested),
        ("/studies/fuzzed/rank", {"texts": ["x" * 200_000] * 3}),
        ("/studies/fuzzed/rank", b'{"texts": ["' + b"x" * (17 * 2**20) + b'"]}'),
        ("/studies/fuzzed/tell", b'{"results": [{"action": 1, "scores": [1e999]}]}'),
        ("/studies/fuzzed/tell", b"\xff\xfe\x00"),
        ("/studies", {"name": "wide", "space": {f"x{i}": {"float": [0, 1]} for i in range(5_000)}}),
        ("/studies", {"name": "proto", "space": {"__proto__": {"float": [0, 1]}}}),
        ("/mcp", b"[" * 100_000),
        ("/mcp", {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "ask", "arguments": {"study": {}}}}),
    ]:
        status, answer = send(client, "POST", path, body, {"Accept": "application/json, text/event-stream"})
        assert status < 500, (path, status, answer[:500])
    assert is_well(client)


def test_answers_others_while_slow_clients_dawdle(client):
    prepare(client)
    parts = urllib.parse.urlsplit(client.url)
    slow = [socket.create_connection((parts.hostname, parts.port)) for _ in range(100)]
    for connection in slow:
        connection.sendall(b"POST /studies/fuzzed/ask HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
    started = time.monotonic()
    assert send(client, "POST", "/studies/fuzzed/predict", {"texts": ["Name it."]})[0] == 200
    assert time.monotonic() - started < 30
    for connection in slow:
        connection.close()
    assert is_well(client)


def test_loses_nothing_where_many_ask_and_tell_at_once(client):
    study = client.study("crowd", space={"x": {"float": [0, 1]}}, policy="tpe", evaluations=400)
    proposed = []

    def work():
        while (action := study.ask()) is not None:
            proposed.append(action.parameters["x"])
            study.tell(action, action.parameters["x"])

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(proposed), len(set(proposed))) == (400, 400)
    assert study.info()["observations"] == 400
    assert is_well(client)
