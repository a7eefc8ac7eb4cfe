"""Parts of an operating system that not every one has: no other module names them."""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from deri_gate.errors import SettingError

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from types import ModuleType

# Opens a file to read its bytes as they are, and never waits for the other end of a pipe.
READ_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
# The same, and no symbolic link at the end of the path.
READ_NO_LINK = READ_FLAGS | getattr(os, "O_NOFOLLOW", 0)

# A container's share of processor time, in microseconds, and of how many: cgroup 2, or 1.
_SHARES = (
    ("/sys/fs/cgroup/cpu.max",),
    ("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "/sys/fs/cgroup/cpu/cpu.cfs_period_us"),
)
SILENT = 2.0  # seconds of waiting for a lock before a word is said


def on_windows() -> bool:
    """True where a colon in a path names a drive, or a stream beside a file's content."""
    return sys.platform == "win32"


def lock_file(file: int, *, alone: bool) -> bool | None:
    """Lock an open file for this process, without waiting.

    Args:
        file: Its descriptor; closing it, or the end of the process, ends the lock.
        alone: Whether no other process may have locked it.

    Returns:
        False if another has; None where the system has no such locks.
    """
    try:
        import fcntl  # noqa: PLC0415  # not on Windows
    except ImportError:
        return None
    try:
        fcntl.flock(file, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _resource() -> ModuleType | None:
    try:
        import resource  # noqa: PLC0415  # not on Windows
    except ImportError:
        return None
    return resource


def peak_memory_mib() -> float | None:
    """The most memory that this process had so far; None where the system does not say."""
    resource = _resource()
    if resource is None:
        return None
    unit = 2**20 if sys.platform == "darwin" else 2**10  # of what the system calls ru_maxrss
    most: int = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(most / unit, 1)


def physical_memory() -> int | None:
    """Bytes of memory of this machine; None where the system does not say."""
    sysconf = getattr(os, "sysconf", None)
    try:
        return None if sysconf is None else sysconf("SC_PAGE_SIZE") * sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return None


def process_memory() -> int | None:
    """Bytes that this process may have of data, or of addresses; None where none is set."""
    resource = _resource()
    if resource is None:
        return None
    limits = (resource.getrlimit(one)[0] for one in (resource.RLIMIT_DATA, resource.RLIMIT_AS))
    return min((one for one in limits if one != resource.RLIM_INFINITY), default=None)


def processors() -> int:
    """Processors that this process may use, at least one: fewer than there are in a container."""
    affinity = getattr(os, "sched_getaffinity", None)
    allowed = os.cpu_count() or 1 if affinity is None else len(affinity(0))
    return max(1, min([allowed, *_processor_limits()]))


def _processor_limits() -> Iterator[int]:
    """Whole processors that a container's share of time comes to, rounded up."""
    for files in _SHARES:
        try:
            quota, period, *_ = " ".join(Path(file).read_text("ascii") for file in files).split()
            if int(quota) > 0:
                yield -(-int(quota) // int(period))
        except (OSError, ValueError, ZeroDivisionError):  # there is none, or it says "max"
            continue


def user_and_group() -> tuple[int, int] | None:
    """Numbers of the user and the group of this process; None where there are none."""
    user, group = getattr(os, "getuid", None), getattr(os, "getgid", None)
    return None if user is None or group is None else (user(), group())


def free_space(folder: Path) -> tuple[int, int] | None:
    """Bytes and files that a disk has room for; None where the system does not say."""
    statvfs = getattr(os, "statvfs", None)
    try:
        status = None if statvfs is None else statvfs(folder)
    except OSError:
        return None
    return None if status is None else (status.f_bavail * status.f_frsize, status.f_favail)


def limit_process(*, file: int, memory: int, processes: int) -> None:
    """Bound what this process may use from now on; a lower bound of the system stays.

    Args:
        file: Bytes that a file may grow to.
        memory: Bytes of data that it may have.
        processes: Processes and threads of its user, or of its user namespace; the system's own
            user has no such bound.

    Raises:
        ImportError: Where the system has no such bounds.
    """
    resource = _resource()
    if resource is None:
        raise ImportError("resource")
    wanted = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: file,
        resource.RLIMIT_DATA: memory,
        resource.RLIMIT_NPROC: processes,
    }
    for limit, most in wanted.items():
        hard = resource.getrlimit(limit)[1]
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(limit, (bound, bound))


@contextmanager
def alone_in(folder: Path, patience: float = 30.0) -> Iterator[None]:
    """Keep other processes of this machine that ask for the same out of a folder meanwhile.

    No lock file is left behind. Where system or disk have no such lock, nobody is kept out.

    Args:
        folder: The folder.
        patience: Seconds to wait for another that is at work there, which may never end.

    Raises:
        SettingError: If it still is.
    """
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:  # Windows opens no folders
        yield
        return
    try:
        _wait_for(handle, folder, patience)
        yield
    finally:
        os.close(handle)


def _wait_for(handle: int, folder: Path, patience: float) -> None:
    """Lock an open folder once nobody else has."""
    begun, told = time.monotonic(), False
    while _is_taken(handle):
        waited = time.monotonic() - begun
        if waited >= patience:
            fix = "Wait until it has ended, or choose another folder."
            raise SettingError("another run, or another program, has locked it", folder, fix)
        if waited >= SILENT and not told:
            told = True
            _say(f"waiting for another run that writes to {folder}")
        time.sleep(0.05)


def _say(text: str) -> None:
    if sys.stderr is not None:  # a program without a console has none
        sys.stderr.write(f"deri-gate: {text}\n")


def _is_taken(handle: int) -> bool:
    """Lock a folder; True if another has. Some disks of a network have no locks."""
    try:
        import fcntl  # noqa: PLC0415  # not on Windows
    except ImportError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def end_session(process: subprocess.Popen[bytes]) -> None:
    """End a process that leads a session of its own, with all that it started.

    Where a system has no sessions, it alone is ended.
    """
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except AttributeError:  # Windows
        process.kill()
    process.wait()


def in_each_fork(deed: Callable[[], None]) -> None:
    """Do something in each fork of this process, as long as it lives; nothing on Windows."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=deed)
