"""A real S3 server, and before it a small proxy that answers wrongly when it is told to."""

from __future__ import annotations

import re
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from deri_gate.runtime.remote import deeds

if TYPE_CHECKING:
    from pathlib import Path

BUCKET = "bucket"
SECRET = "very-secret-key-of-nobody"


OWN = {"content-length", "connection", "transfer-encoding", "date", "server"}
DAMAGE = {
    "short": lambda body: body[: len(body) // 2],
    "long": lambda body: body + b"more",
    "flipped": lambda body: body[:-20] + bytes([body[-20] ^ 1]) + body[-19:],
}


@dataclass
class Proxy:
    """Forwards every request; `faults` says to which it does not give the true answer."""

    upstream: str
    faults: dict[str, tuple[str, int]] = field(default_factory=dict)  # by end of path: kind, times
    page: int = 0  # objects in a page of a listing; 0 for the server's own
    edit: object = None  # changes the pages of listings
    asked: Counter = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)
    port: int = 0
    client: object = None  # writes past it

    def fault(self, path: str) -> str:
        with self.lock:
            self.asked[path] += 1
            for end, (kind, times) in self.faults.items():
                if path.endswith(end) and times:
                    self.faults[end] = (kind, times - 1)
                    return kind
        return ""

    def answer(
        self, method: str, path: str, headers: dict, sent: bytes | None = None
    ) -> tuple[int, dict, bytes]:
        if "list-type=2" in path and self.page:
            path = f"{re.sub(r'&?max-keys=[0-9]+', '', path)}&max-keys={self.page}"
        request = urllib.request.Request(
            self.upstream + path, data=sent, method=method, headers=headers
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as found:
                status, told, body = found.status, dict(found.headers), found.read()
        except urllib.error.HTTPError as error:
            with error:  # Python 3.14 warns of one that is left open
                status, told, body = error.code, dict(error.headers), error.read()
        if "list-type=2" in path and self.edit is not None:
            body = self.edit(body)
        return status, told, body


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: Proxy

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_PUT(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"]))
        given = {"Content-Type": "application/octet-stream", **dict(self.headers)}
        status, told, body = self.proxy.answer("PUT", self.path, given, sent)
        self.send_response(status)
        for name, value in told.items():
            if name.lower() not in OWN:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        kind = self.proxy.fault(path) if self.command == "GET" else ""
        given = {k: v for k, v in self.headers.items() if k.lower() != "connection"}
        if kind == "slow":
            time.sleep(1.0)
        if kind.isdigit():
            status, told, body = int(kind), {}, b""
        else:
            status, told, body = self.proxy.answer(self.command, self.path, given)
        wrong = DAMAGE.get(kind, bytes)(body)
        self.send_response(status)
        for name, value in told.items():
            if name.lower() not in OWN and not (wrong != body and "checksum" in name.lower()):
                self.send_header(name, value)
        size = told.get("Content-Length", "0") if self.command == "HEAD" else len(wrong)
        self.send_header("Content-Length", str(size))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(wrong[: len(body) // 2] if kind == "cut" else wrong)
        self.close_connection = self.close_connection or kind == "cut"

    def log_message(self, *_: object) -> None:
        """Print no line for a request."""


@pytest.fixture(scope="session")
def s3_server():
    """Address of the server; its start takes most of a second."""
    import logging

    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def s3_client(s3_server):
    """A client past the proxy; it takes half a second to make."""
    from botocore.session import get_session

    keys = {"aws_access_key_id": "writer", "aws_secret_access_key": "writer"}
    return get_session().create_client(
        "s3", endpoint_url=s3_server, region_name="us-east-1", **keys
    )


@pytest.fixture
def proxy(s3_server, s3_client, monkeypatch, tmp_path):
    """The proxy, an empty bucket behind it, and an environment that leads there."""
    urllib.request.urlopen(
        urllib.request.Request(f"{s3_server}/moto-api/reset", method="POST"), timeout=20
    ).close()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Own", (Handler,), {}))
    server.daemon_threads = True
    proxy = server.RequestHandlerClass.proxy = Proxy(upstream=s3_server)
    proxy.port = server.server_address[1]
    threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
    ).start()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{proxy.port}",
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": str(tmp_path / "none"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"),
        "NO_PROXY": "127.0.0.1",
        "DERI_GATE_CACHE": str(tmp_path / "cache"),
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(deeds, "PAUSE", 0.001)
    proxy.client = s3_client
    s3_client.create_bucket(Bucket=BUCKET)
    yield proxy
    server.shutdown()
    server.server_close()


def put(proxy: Proxy, key: str, content: bytes) -> None:
    """Write an object past the proxy."""
    proxy.client.put_object(Bucket=BUCKET, Key=key, Body=content)


def put_folder(proxy: Proxy, folder: Path, prefix: str) -> None:
    """Write every file below a folder."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            put(proxy, f"{prefix}/{path.relative_to(folder).as_posix()}", path.read_bytes())


def png(seed: int) -> bytes:
    """A small picture of noise."""
    levels = np.random.default_rng(seed).integers(0, 255, (20, 20), dtype=np.uint8)
    return cv2.imencode(".png", levels)[1].tobytes()


@pytest.fixture
def folder(tmp_path) -> Path:
    """Two classes of four pictures, and a text."""
    for number in range(8):
        path = tmp_path / "local" / "set" / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png(number))
    (tmp_path / "local" / "set" / "README.md").write_text("a set", "utf-8")
    return tmp_path / "local" / "set"
