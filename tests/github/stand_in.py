"""A stand-in for the API of a hosting service, on this machine."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlparse

if TYPE_CHECKING:
    from collections.abc import Iterator


class StandIn(BaseHTTPRequestHandler):
    """Answers of an API; what it keeps lies on the server."""

    def log_message(self, *_) -> None: ...

    @property
    def asked(self) -> dict[str, str]:
        """Parameters of the address, the first of each name."""
        return {key: one[0] for key, one in parse_qs(urlparse(self.path).query).items()}

    def handle_one_request(self) -> None:
        """Refuse as many requests as the server is told to, in order, before it answers any."""
        self.refusals = getattr(self.server, "refusals", [])
        super().handle_one_request()

    def parse_request(self) -> bool:
        if not super().parse_request():
            return False
        if not self.refusals:
            return True
        status, headers = self.refusals.pop(0)
        self.answer({"message": "not now"}, status, headers)
        return False

    def answer(self, body, status: int = 200, headers=()) -> None:
        said = json.dumps(body).encode()
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def answer_page(self, items: list) -> None:
        start = (int(self.asked["page"]) - 1) * int(self.asked["per_page"])
        self.answer(items[start : start + int(self.asked["per_page"])])

    def body(self) -> dict:
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))


@contextmanager
def served(server: ThreadingHTTPServer) -> Iterator[ThreadingHTTPServer]:
    """The server at work, until the end of the block."""
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def github_at(server: ThreadingHTTPServer) -> dict[str, str]:
    """Variables that a job on GitHub has."""
    return {
        "GITHUB_API_URL": f"http://127.0.0.1:{server.server_port}",
        "GITHUB_REPOSITORY": "o/r",
        "GITHUB_TOKEN": "secret",
    }
