"""Requests that may fail: tried again with growing pauses, and their errors in our words."""

from __future__ import annotations

import errno
import threading
from typing import TYPE_CHECKING, Any, TypeVar

from deri_gate.errors import DatasetError, DeriGateError, words_of_error

if TYPE_CHECKING:
    from collections.abc import Callable

    from deri_gate.runtime.remote.address import Address

TRIES = 5
PAUSE = 0.25  # seconds before the second try, twice as many before each further one
PATIENCE = 60.0  # seconds that any request may take
SLOWEST = 50_000  # bytes a second below which a transfer is given up
_NO_USE = (
    errno.ENOSPC,
    getattr(errno, "EDQUOT", errno.ENOSPC),
    errno.EROFS,
)  # of this machine: no try will help
_CLIENT_ERRORS = range(400, 500)
_LATER = (408, 425, 429)  # a server that asks to come again
_WORDS = (
    ("NoCredentialsError", "there are no credentials for it"),
    ("PartialCredentialsError", "the credentials for it are not complete"),
    ("CredentialRetrievalError", "the credentials for it cannot be had"),
    ("DefaultCredentialsError", "there are no credentials for it"),
    ("ClientAuthenticationError", "access is denied"),
    ("RedirectClientError", "it is redirected to another scheme"),
    ("ClientPayloadError", "the answer was cut"),
    ("IncompleteRead", "the answer was cut"),
    ("ResponseParserError", "the answer was cut or is no answer of such a store"),
    ("Timeout", "no answer in time"),
    ("Connect", "no connection"),
    ("ServerDisconnected", "no connection"),
)
Answer = TypeVar("Answer")


class FaultyTransferError(Exception):
    """An answer that is not what was listed: its length, its checksum, its form."""


class RefusedTransferError(Exception):
    """A request that is not made, however often it is asked for: a forbidden host or scheme."""


def patient(size: int) -> float:
    """Seconds that a transfer of so many bytes may take."""
    return PATIENCE + max(0, size) / SLOWEST


def tried(request: Callable[[], Answer], *, stop: threading.Event | None = None) -> Answer:
    """The answer to a request that is made up to `TRIES` times.

    Args:
        request: The request.
        stop: Set when nobody waits for the answer any longer.

    Raises:
        Exception: That of the last try, or the first that no further try would mend.
    """
    stop = stop or threading.Event()
    for number in range(TRIES - 1):
        try:
            return request()
        except Exception as error:  # whatever a client raises
            if is_final(error) or stop.wait(PAUSE * 2**number):
                raise
    return request()


def asked(
    loop: Any, coroutine: Callable[..., Any], *arguments: Any, size: int = 0, **keywords: Any
) -> Any:
    """The answer of a client's coroutine, within the time that a transfer of `size` bytes has."""
    from fsspec.asyn import sync  # noqa: PLC0415  # slow to import

    return sync(loop, coroutine, *arguments, timeout=patient(size), **keywords)


def is_final(error: BaseException) -> bool:
    """True for an error that would come again."""
    if isinstance(
        error, RefusedTransferError | DeriGateError | FileNotFoundError | PermissionError
    ):
        return True
    if is_fault_of_ours(error):
        return True
    if type(error).__name__.endswith(("CredentialsError", "CredentialRetrievalError")):
        return True
    status = status_of(error)
    return status in _CLIENT_ERRORS and status not in _LATER


def is_fault_of_ours(error: BaseException) -> bool:
    """True for an error of this machine's disk."""
    return isinstance(error, OSError) and error.errno in _NO_USE


def status_of(error: BaseException) -> int:
    """HTTP status that an error of a client carries; 0 for none."""
    for name in ("status", "status_code", "code"):
        status = getattr(error, name, 0)
        if isinstance(status, int) and status:
            return status
    return 0


def reason(error: BaseException) -> str:
    """An error of a client in words that hold no address, no header and no secret."""
    if isinstance(error, FaultyTransferError | RefusedTransferError):
        return str(error)
    if isinstance(error, FileNotFoundError):
        return "there is no such object"
    if isinstance(error, PermissionError):
        return "access is denied"
    if is_fault_of_ours(error):
        return f"it cannot be kept here: {words_of_error(error)}"
    names = [kind.__name__ for kind in type(error).__mro__]
    for start, words in _WORDS:
        if any(start in name for name in names):
            return words
    status = status_of(error)
    return f"HTTP status {status}" if status else f"its server failed ({names[0]})"


def failed(address: Address, error: BaseException, what: str = "cannot be fetched") -> DatasetError:
    """The error for an address that could not be read at all."""
    fix = "Check the address, the network and the credentials, then run it again."
    return DatasetError(f"{what}: {reason(error)}", address.shown, fix)
