"""Limits of every decoder: the size of a picture, and the warnings that are left out."""

from __future__ import annotations

import ctypes
import re
import warnings
from functools import cache
from importlib import import_module

from deri_gate.errors import UnreadableImageError

VERSION = 5  # of all decoders: raise it when a file gives another picture, or none any more
MOST_RATIO = 1032  # how many times larger deflate can make a byte
MAX_PIXELS = 178_956_970  # where Pillow refuses by default: half a GiB once decoded to RGB

_REMARKS = re.compile(r"(PIL|pydicom)\.")


def refuse_size(width: int, height: int, where: str) -> None:
    """Refuse what a header declares before memory is spent on it.

    Raises:
        UnreadableImageError: If the picture has no pixels, or more than `MAX_PIXELS`.
    """
    if width < 1 or height < 1:
        raise UnreadableImageError(f"{width} x {height} pixels: there is no picture in it", where)
    if width * height > MAX_PIXELS:
        limit = f"the {MAX_PIXELS // 1_000_000} million a picture may have"
        raise UnreadableImageError(f"{width} x {height} pixels is more than {limit}", where)


def ignore_remarks() -> None:
    """Ignore what Pillow and pydicom remark on metadata, even where warnings are errors.

    A broken tag beside a sound picture is no news for the user of a gate. `catch_warnings`
    would swap the filters of all threads and can leave them swapped; putting one filter in
    front is safe in threads. It is put back whenever somebody has taken it away.
    """
    ours = ("ignore", None, Warning, _REMARKS, 0)
    if not warnings.filters or tuple(warnings.filters[0]) != ours:
        warnings.filterwarnings("ignore", module=_REMARKS.pattern)
    _quieten_libtiff()


@cache
def _quieten_libtiff() -> None:
    """Keep libtiff from printing without the name of a file; that Pillow fails is told with it.

    Its function is looked up in what Pillow's own library has loaded. Where Pillow was linked so
    that it has no such name, as on Windows, libtiff prints as before.
    """
    try:
        handle = ctypes.CDLL(import_module("PIL._imaging").__file__).TIFFSetErrorHandler
    except (AttributeError, OSError):
        return
    handle.argtypes, handle.restype = [ctypes.c_void_p], ctypes.c_void_p
    handle(None)
