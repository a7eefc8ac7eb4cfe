"""Address of a cluster, asked for an answer first: Ray itself waits for minutes, or ends us."""

from __future__ import annotations

import os
import re
import socket

from deri_gate.errors import SettingError, words_of_error

VARIABLE = "RAY_ADDRESS"
PATIENCE_S = 4.0  # to be connected, and as long again to be answered
GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0"  # and settings: none
SETTINGS = 4  # fourth byte of what a server of HTTP/2 answers, as every head of Ray is one
HOST_AND_PORT = re.compile(r"(?:ray://)?\[?(?P<host>[^/\[\]]+?)\]?:(?P<port>\d{1,5})")


def refuse_dead_cluster() -> None:
    """Make sure that a head answers at the address which Ray will connect to.

    Addresses that name no host, such as "auto", are left to Ray.

    Raises:
        SettingError: If nothing answers there, or something else does.
    """
    address = os.environ.get(VARIABLE, "")
    found = HOST_AND_PORT.fullmatch(address)
    if found is None:
        return
    try:
        answered = _answers(found["host"], int(found["port"]))
    except (OSError, OverflowError, UnicodeError) as error:
        why = words_of_error(error)
        what = f"no cluster answers at {address}: {why}"
        fix = f"Start it with `ray start --head`, or correct {VARIABLE}, or unset it."
        raise SettingError(what, VARIABLE, fix) from error
    if not answered:
        what = f"what answers at {address} is no head of a Ray cluster"
        fix = f"Give {VARIABLE} the address that `ray start --head` has shown; its port is 6379."
        raise SettingError(what, VARIABLE, fix)


def _answers(host: str, port: int) -> bool:
    """True for an answer as a head of Ray gives it; OSError for none."""
    with socket.create_connection((host, port), timeout=PATIENCE_S) as connection:
        if os.environ.get("RAY_USE_TLS", "0").lower() in ("1", "true"):
            return True  # that it speaks otherwise is Ray's to say
        connection.settimeout(PATIENCE_S)
        connection.sendall(GREETING)
        start = connection.recv(9)
    return len(start) > 3 and start[3] == SETTINGS  # noqa: PLR2004
