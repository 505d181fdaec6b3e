"""An HTTP proxy before a real server: it lets requests through, and answers chosen ones with a documented error.

Belongs here: passing on, choosing and answering, on loopback. Not here: which errors a server documents.
"""

import http.client
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True, slots=True)
class Request:
    """A request that arrived."""

    method: str
    path: str
    options: dict[str, str]
    """Of the query string; the last of each."""
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said instead of the server's own answer."""

    status: int
    body: dict[str, Any]


@dataclass(slots=True)
class AnsweringProxy:
    """A running proxy."""

    endpoint: str
    answered: list[Request] = field(default_factory=list)
    """Requests that did not reach the server, in order."""


Choose = Callable[[Request], Answer | None]
"""Given a request, the answer to give in the server's place, or None to let it through. Called one at a time."""


@contextmanager
def answering_proxy(port: int, choose: Choose) -> Iterator[AnsweringProxy]:
    """Give a proxy before the server at a port of loopback."""
    one_at_a_time = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the standard library's name
            """Say nothing: the standard library would print every request."""

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
            request = Request(self.command, parts.path, options, body)
            with one_at_a_time:
                answer = choose(request)
                if answer is not None:
                    proxy.answered.append(request)
            if answer is None:
                self._pass_on(body)
            else:
                self._reply(answer.status, "application/json", json.dumps(answer.body).encode())

        def _pass_on(self, body: bytes) -> None:
            server = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            try:
                kept = {name: value for name, value in self.headers.items() if name.lower() not in _OF_THE_HOP}
                server.request(self.command, self.path, body or None, kept)
                response = server.getresponse()
                self._reply(response.status, response.headers.get("Content-Type", ""), response.read())
            finally:
                server.close()

        def _reply(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = _serve  # noqa: N815 - the standard library's names

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    proxy = AnsweringProxy(f"http://127.0.0.1:{listener.server_address[1]}")
    thread = threading.Thread(target=listener.serve_forever, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join(timeout=10)


_OF_THE_HOP = frozenset({"host", "connection", "accept-encoding", "content-length", "transfer-encoding"})
"""Headers about one connection, not about the request."""
