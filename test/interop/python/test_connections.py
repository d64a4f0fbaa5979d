"""How the client talks to its server: over few connections, from many threads, past proxies and restarts."""

import copy
import http.server
import json
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import krige
from krige.connections import Connections


class Echo(http.server.BaseHTTPRequestHandler):
    """Answers with what was asked; counts connections; ends them after `requests` requests where that is given."""

    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.server.connections += 1
        self.left = self.server.requests

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        answer = json.dumps({"target": self.path, "host": self.headers["Host"], "proxy": self.headers["Proxy-Authorization"], "body": json.loads(body)}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
        self.left -= 1
        if self.left == 0:
            # Without a word: as a server does that finds a connection idle for too long.
            self.close_connection = True

    def log_message(self, *_):
        pass


@pytest.fixture
def echo():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    server.daemon_threads = True
    server.connections, server.requests = 0, -1
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def url_of(server):
    return f"http://127.0.0.1:{server.server_port}"


def test_one_connection_serves_many_requests(echo):
    client = krige.Client(url_of(echo) + "/below/")
    for number in range(20):
        assert client.request("POST", "/a", {"number": number})["body"] == {"number": number}
    assert client.request("POST", "/a", {})["target"] == "/below/a"
    assert echo.connections == 1
    client.close()
    assert client.request("POST", "/a", 1)["body"] == 1
    assert echo.connections == 2


def test_threads_do_not_get_each_others_answers(echo):
    client = krige.Client(url_of(echo))
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda number: client.request("POST", "/a", number)["body"], range(400)))
    assert answers == list(range(400))
    assert echo.connections <= 8


def test_a_connection_that_the_server_ended_is_replaced_at_once(echo):
    echo.requests = 3
    client = krige.Client(url_of(echo))
    for number in range(10):
        assert client.request("POST", "/a", number)["body"] == number
    assert echo.connections == 4


def test_nobody_there_is_said(echo):
    with pytest.raises(OSError):
        Connections("http://127.0.0.1:9").send("GET", "/", None, {}, 1.0)
    with pytest.raises(ValueError, match="ftp://here; expected http"):
        krige.Client("ftp://here")


def test_proxies_of_the_environment(echo, monkeypatch):
    monkeypatch.setenv("http_proxy", f"http://user:p%40ss@127.0.0.1:{echo.server_port}")
    monkeypatch.setenv("no_proxy", "near.test")
    sent = krige.Client("http://far.test:81").request("POST", "/a", 1)
    assert sent == {"target": "http://far.test:81/a", "host": "far.test:81", "proxy": "Basic dXNlcjpwQHNz", "body": 1}
    # This machine is asked without one, and so is what the user excludes.
    assert krige.Client(url_of(echo)).request("POST", "/a", 1)["target"] == "/a"
    with pytest.raises(OSError):
        Connections("http://near.test:9").send("GET", "/", None, {}, 1.0)


def test_copies_have_connections_of_their_own(echo):
    client = krige.Client(url_of(echo), "token")
    client.request("POST", "/a", 1)
    for other in (copy.deepcopy(client), pickle.loads(pickle.dumps(client))):
        assert other.request("POST", "/a", 2)["body"] == 2
    assert echo.connections == 3
