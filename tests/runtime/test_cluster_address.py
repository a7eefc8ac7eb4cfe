"""Address of a cluster that does not answer: told at once, by name, and what to do."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from deri_gate.errors import SettingError
from deri_gate.runtime import cluster_address
from deri_gate.runtime.cluster_address import refuse_dead_cluster
from deri_gate.runtime.engine import Machine

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.enable_socket
SETTINGS = b"\0\0\x18\4\0\0\0\0\0" + b"\0" * 0x18  # frame of type 4, from the text of RFC 9113
WEB = b"HTTP/1.1 400 Bad Request\r\n\r\n"


@contextmanager
def server(answer: bytes | None) -> Iterator[str]:
    """Address of a server that says so to whoever connects; None for one that says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection, suppress(ConnectionError):  # who has read enough leaves
                connection.recv(4096)
                if answer is not None:
                    connection.sendall(answer)
                while connection.recv(4096):  # until the other side ends
                    pass

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{listening.getsockname()[1]}"
        thread.join()


def refusal(monkeypatch, address: str) -> SettingError:
    monkeypatch.setenv("RAY_ADDRESS", address)
    with pytest.raises(SettingError) as caught:
        refuse_dead_cluster()
    return caught.value


@pytest.mark.parametrize("form", ["{}", "ray://{}"])
def test_a_head_that_answers_is_taken(monkeypatch, form):
    """It speaks HTTP/2, as all servers of gRPC do."""
    with server(SETTINGS) as address:
        monkeypatch.setenv("RAY_ADDRESS", form.format(address))
        refuse_dead_cluster()


def test_a_port_where_nobody_listens_is_told(monkeypatch):
    """By a whole run, before its dataset is read: with the address, and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    told = refusal(monkeypatch, f"127.0.0.1:{port}")

    assert f"no cluster answers at 127.0.0.1:{port}: " in told.what
    assert told.where == "RAY_ADDRESS"
    assert "ray start --head" in told.fix


def test_a_host_that_is_silent_is_told_in_time(monkeypatch):
    """Ray waits for more than three minutes there, and ends the process."""
    monkeypatch.setattr(cluster_address, "PATIENCE_S", 0.2)
    start = time.monotonic()
    with server(None) as address:
        told = refusal(monkeypatch, address)

    assert time.monotonic() - start < 5
    assert "timed out" in told.what


@pytest.mark.parametrize("answer", [WEB, b"SSH"])
def test_another_server_is_told(monkeypatch, answer):
    """As one for web pages is, and one that says less than a frame."""
    with server(answer) as address:
        told = refusal(monkeypatch, address)

    assert told.what == f"what answers at {address} is no head of a Ray cluster"


@pytest.mark.parametrize("address", ["", "auto", "local", "no address"])
def test_what_names_no_host_is_left_to_ray(monkeypatch, address):
    """It looks for a cluster, starts one, or says what is wrong."""
    monkeypatch.setenv("RAY_ADDRESS", address)

    refuse_dead_cluster()


def test_encrypted_clusters_are_only_connected_to(monkeypatch):
    """They answer to nobody who has no certificate."""
    monkeypatch.setenv("RAY_USE_TLS", "1")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        monkeypatch.setenv("RAY_ADDRESS", f"127.0.0.1:{listening.getsockname()[1]}")
        refuse_dead_cluster()


def test_a_run_is_refused_before_it_reads_anything(monkeypatch):
    """Listing a large dataset takes minutes."""
    pytest.importorskip("ray", reason="Ray is not installed")
    refusal(monkeypatch, "127.0.0.1:1")
    with pytest.raises(SettingError, match="no cluster answers"):
        Machine(engine="ray").refuse_absent()
