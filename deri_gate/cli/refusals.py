"""Refusals of the machine, or of whoever runs it: no bug of ours, and no fault of the dataset."""

from __future__ import annotations

import errno
import os
import re

from deri_gate.errors import words_of_error

REFUSALS = frozenset({
    errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO,
    errno.ESTALE, errno.ENOTCONN, errno.ELOOP, errno.ENAMETOOLONG, errno.EMFILE, errno.ENFILE,
})  # fmt: skip
# Said by the system's loader, torch, OpenCV and others that have one error for everything.
_NO_MEMORY = re.compile(
    r"Cannot allocate memory|can't allocate memory|DefaultCPUAllocator|Insufficient memory"
    r"|CUDA out of memory|std::bad_alloc|could not create a primitive"
)
_NOT_MAPPED = re.compile(
    r"failed to map segment from shared object|cannot map zero-fill pages"
    r"|cannot create (?:shared object descriptor|cache for search path)"
)
_NO_THREAD = "can't start new thread"
# Of the interpreter, where an extension had no memory left to say that it has none.
_SAID_NOTHING = re.compile(r"error return without exception|without setting an? exception")


def machine_refusal(error: Exception) -> str:
    """Words for what the machine refuses, and what to do; "" for a bug of ours.

    Args:
        error: What nobody has foreseen.
    """
    code, said = (error.errno if isinstance(error, OSError) else None), str(error)
    if _is_of_memory(error):
        asked = f": {said}" if said and isinstance(error, MemoryError) else ""
        return (
            f"There is too little memory{asked}. Free some, raise the limit of this process or "
            "container, or take fewer --workers."
        )
    if isinstance(error, ImportError) and _NOT_MAPPED.search(said):
        library = said.partition(": ")[0]
        return (
            f"{library}: this library cannot be loaded into memory. Free some, or raise the limit "
            "of this process; its folder must not be mounted noexec."
        )
    if code == errno.EAGAIN or _NO_THREAD in said:
        return (
            "No further process or thread may be started. Raise the limit of this user or "
            "container, or take fewer --workers."
        )
    if isinstance(error, FileNotFoundError) and _is_here_gone():
        return "The working directory was removed. Change to a folder that is there."
    return _of_a_file(error) if isinstance(error, OSError) and code in REFUSALS else ""


def _is_of_memory(error: Exception) -> bool:
    """Tell a lack of memory, also one that an error of its handling hides."""
    if isinstance(error, SystemError):
        return bool(_SAID_NOTHING.search(str(error)))
    code = error.errno if isinstance(error, OSError) else None
    if isinstance(error, MemoryError) or code == errno.ENOMEM or _NO_MEMORY.search(str(error)):
        return True
    earlier = error.__cause__ or error.__context__
    return isinstance(earlier, Exception) and _is_of_memory(earlier)


def _of_a_file(error: OSError) -> str:
    named = isinstance(error.filename, str | bytes)
    where = f"{os.fsdecode(error.filename)}: " if named else ""
    return f"{where}{words_of_error(error)}. Mend that on this machine, or name another place."


def _is_here_gone() -> bool:
    try:
        os.getcwd()  # noqa: PTH109  # `Path.cwd` is the same
    except OSError:
        return True
    return False
