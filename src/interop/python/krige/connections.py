"""Connections to one server that stay open between requests, with the standard library alone."""

from __future__ import annotations

import base64
import http.client
import os
import ssl
import urllib.parse
import urllib.request
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


class Connections:
    """Any number of threads may send at once: each request has a connection to itself, and leaves it for the next one.

    Proxies are those of the environment (HTTP_PROXY, HTTPS_PROXY, NO_PROXY); none is asked for this machine.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"url is {url}; expected http://… or https://…")
        self._secure = parts.scheme == "https"
        self._host = parts.hostname
        self._port = parts.port or (443 if self._secure else 80)
        self._path = parts.path.rstrip("/")
        self._context = ssl.create_default_context() if self._secure else None
        self._proxy = _proxy_of(parts)
        if self._proxy is not None and not self._secure:
            self._path = f"http://{parts.netloc}{self._path}"
        self._idle: deque[http.client.HTTPConnection] = deque()
        self._process = os.getpid()

    def __reduce__(self) -> tuple[type[Connections], tuple[str]]:
        # A copy, in another process or not, opens its own.
        return Connections, (self._url,)

    def send(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str], timeout: float) -> Answer:
        """One request. Raises OSError or http.client.HTTPException where there is no answer."""
        if self._process != os.getpid():
            # After a fork the connections belong to the parent.
            self._idle, self._process = deque(), os.getpid()
        while True:
            try:
                connection, used = self._idle.pop(), True
            except IndexError:
                connection, used = self._open(), False
            try:
                answer = self._exchange(connection, method, path, body, headers, timeout)
            except (ConnectionError, http.client.BadStatusLine):
                connection.close()
                # The server may end a connection that lay idle; whether the others still stand shows the same way.
                if used:
                    continue
                raise
            except BaseException:
                connection.close()
                raise
            return answer

    def close(self) -> None:
        """Ends the connections that nobody uses."""
        while self._idle:
            self._idle.pop().close()

    def _exchange(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        body: bytes | None,
        headers: Mapping[str, str],
        timeout: float,
    ) -> Answer:
        connection.timeout = timeout
        if connection.sock is not None:
            connection.sock.settimeout(timeout)
        sent = dict(headers)
        if self._proxy is not None and not self._secure:
            sent.update(self._proxy.headers)
        connection.request(method, self._path + path, body, sent)
        response = connection.getresponse()
        # Read to its end: only then the connection can be used again.
        answer = Answer(response.status, response.headers, response.read())
        if response.will_close:
            connection.close()
        else:
            self._idle.append(connection)
        return answer

    def _open(self) -> http.client.HTTPConnection:
        host, port = (self._host, self._port) if self._proxy is None else (self._proxy.host, self._proxy.port)
        if not self._secure:
            return http.client.HTTPConnection(host, port)
        connection = http.client.HTTPSConnection(host, port, context=self._context)
        if self._proxy is not None:
            connection.set_tunnel(self._host, self._port, self._proxy.headers)
        return connection


@dataclass(frozen=True)
class _Proxy:
    host: str
    port: int
    headers: dict[str, str]


def _proxy_of(url: urllib.parse.SplitResult) -> _Proxy | None:
    host = url.hostname or ""
    address = urllib.request.getproxies().get(url.scheme)
    if not address or host in LOOPBACK or urllib.request.proxy_bypass(url.netloc.rpartition("@")[2]):
        return None
    parts = urllib.parse.urlsplit(address if "://" in address else f"http://{address}")
    if not parts.hostname:
        return None
    headers = {}
    if parts.username is not None:
        user = urllib.parse.unquote(parts.username) + ":" + urllib.parse.unquote(parts.password or "")
        headers["Proxy-Authorization"] = "Basic " + base64.b64encode(user.encode()).decode()
    return _Proxy(parts.hostname, parts.port or 80, headers)
