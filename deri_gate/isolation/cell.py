"""The command lines of a process without network, secrets, or a place to write."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from deri_gate import __version__
from deri_gate.errors import SettingError
from deri_gate.isolation.order import CACHE, HOME, SCRATCH
from deri_gate.runtime.git import CHOSEN
from deri_gate.runtime.system import physical_memory, user_and_group

Kind = Literal["docker", "bwrap", "none"]
IMAGE = f"deri-gate:{__version__}"
PROGRAM = ("-P", "-m", "deri_gate.isolation.inside")  # -P: never from the checkout
SYSTEM = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
SETTINGS = ("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives",
            "/etc/localtime", "/etc/nsswitch.conf")  # fmt: skip  # none holds a secret
PASSED_ON = ("OMP_NUM_THREADS", "OMP_WAIT_POLICY", "OPENBLAS_THREAD_TIMEOUT", "TZ")
SECONDS = 20.0  # that a look at what there is may take
PROCESSES, SHARE = 4096, 0.9  # that it may start; of the memory that it may have
TMP_SHARE = 0.125  # of the memory, that each folder of temporary files may have
UNKNOWN = 16 * 2**30  # bytes of memory, where the system does not say
USER = 1000  # inside, whoever it is outside
PROBE = ("bwrap", "--unshare-all", "--ro-bind", "/", "/", "--uid", str(USER))


@dataclass(frozen=True, kw_only=True)
class IsolatedCell:
    """Part of the machine that a judge sees.

    Attributes:
        readable: Folders that it may read, at the same paths: checkout first, git's, DVC's cache.
        working: Its working directory.
        scratch: The one folder that it may write.
        gpu: If it may use the accelerator.
    """

    readable: tuple[Path, ...]
    working: Path
    scratch: Path
    gpu: bool

    def environment(self, path: str) -> dict[str, str]:
        """Environment of the judge."""
        kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        if os.environ.get(CHOSEN):
            kept[CHOSEN] = str(self.readable[0])
        count = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory",
                 "GIT_CONFIG_VALUE_0": "*"}  # fmt: skip  # the checkout may be another user's
        own = {"PATH": path, "HOME": str(SCRATCH / HOME), "TMPDIR": "/tmp", "LANG": "C.UTF-8",  # noqa: S108  # inside, of its own
               "DERI_GATE_CACHE": str(SCRATCH / CACHE), "DVC_NO_ANALYTICS": "1"}  # fmt: skip
        return kept | count | own

    def bwrap(self) -> list[str]:
        """The command line with bubblewrap, which needs no daemon and no image."""
        words = ["bwrap", "--unshare-all", "--unshare-user", "--die-with-parent", "--new-session",
                 "--uid", str(USER), "--gid", str(USER), "--hostname", "judge", "--clearenv",
                 "--cap-drop", "ALL", "--proc", "/proc", "--dev", "/dev"]  # fmt: skip
        size = ["--size", str(tmp_size())] if _bounds_tmp() else []
        for place in ("/tmp", "/var/tmp"):  # noqa: S108  # inside, of its own
            words += [*size, "--tmpfs", place]
        words += _system()
        for place in SETTINGS:
            words += ["--ro-bind-try", place, place]
        for folder in _outermost([*_python(), *self.readable]):
            words += ["--ro-bind", str(folder), str(folder)]
        for device in sorted(Path("/dev").glob("nvidia*")) if self.gpu else ():
            words += ["--dev-bind", str(device), str(device)]
        words += ["--bind", str(self.scratch), str(SCRATCH), "--chdir", str(self.working)]
        path = f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"
        for name, value in self.environment(path).items():
            words += ["--setenv", name, value]
        return [*words, "--remount-ro", "/", "--", sys.executable, *PROGRAM]

    def docker(self, image: str) -> list[str]:
        """The command line with Docker and the image of `deri-gate ci image`."""
        user = user_and_group() or (USER, USER)
        user = user if user[0] else (USER, USER)  # never the system's own user
        words = ["docker", "run", "--rm", "--pull=never", "--network=none", "--read-only",
                 "--cap-drop=ALL", "--security-opt=no-new-privileges", "--ipc=private",
                 f"--pids-limit={PROCESSES}", f"--memory={cell_memory()}",
                 f"--user={user[0]}:{user[1]}",
                 f"--tmpfs=/tmp:rw,nosuid,nodev,mode=1777,size={tmp_size()}",
                 f"--workdir={self.working}", "--entrypoint=python"]  # fmt: skip
        words += [_mount(folder, folder, readonly=True) for folder in _outermost([*self.readable])]
        words.append(_mount(self.scratch, SCRATCH, readonly=False))
        words += ["--gpus=all"] if self.gpu else []
        path = "/usr/local/bin:/usr/bin:/bin"
        words += [f"--env={name}={value}" for name, value in self.environment(path).items()]
        return [*words, image, *PROGRAM]


def _system() -> list[str]:
    """Bubblewrap's words for the system's own folders, links among them as links."""
    words = list[str]()
    for place in ("/usr", *SYSTEM):
        if Path(place).is_symlink():
            words += ["--symlink", str(Path(place).readlink()), place]
        elif Path(place).is_dir():
            words += ["--ro-bind", place, place]
    return words


def environment_outside(kind: Kind) -> dict[str, str]:
    """Environment of the program that makes the cell.

    Bubblewrap is the first process in it, and its environment can be read there.
    """
    if kind == "bwrap":
        return {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8"}
    return {**os.environ}


def _mount(source: Path, target: Path, *, readonly: bool) -> str:
    for path in (source, target):
        if any(mark in str(path) for mark in ',"\n'):
            raise SettingError("cannot be given to Docker", path, "Check out to a plainer path.")
    return f"--mount=type=bind,src={source},dst={target}{',readonly' if readonly else ''}"


def _python() -> list[Path]:
    """Folders of this program and its libraries."""
    folders = [
        Path(sys.prefix),
        Path(sys.base_prefix),
        Path(sys.executable).resolve().parent.parent,
    ]
    folders += [Path(entry) for entry in sys.path if os.path.isabs(entry)]  # noqa: PTH117  # a text
    home = Path(os.path.expanduser("~"))  # noqa: PTH111  # where there is none, it stays a text
    closed = {home, *home.parents, Path("/")}  # `python -m` puts the folder it began in on the list
    return [folder for folder in folders if folder.exists() and folder not in closed]


def _outermost(folders: list[Path]) -> list[Path]:
    """Folders that lie in none of the others, nor in what is there anyway."""
    unique = sorted({*folders})
    there = [Path("/usr"), *unique]
    return [folder for folder in unique if not any(other in folder.parents for other in there)
            and folder != Path("/usr")]  # fmt: skip


def tmp_size() -> int:
    """Bytes of memory that its folder of temporary files may take."""
    return int(TMP_SHARE * (physical_memory() or UNKNOWN))


@lru_cache(maxsize=1)
def _bounds_tmp() -> bool:
    """True for a bubblewrap that knows sizes, as since 0.7; else the system's own half holds."""
    sized = ("--size", "1048576", "--tmpfs", "/tmp")  # noqa: S108  # inside, of its own
    return _answers(*PROBE, *sized, "true")


def cell_memory() -> int:
    """Bytes of memory that a judge may have."""
    return int(SHARE * (physical_memory() or UNKNOWN))


def chosen(wanted: str, image: str) -> tuple[Kind, str]:
    """Choose the isolation, and the note on it.

    Args:
        wanted: "auto", or one that must be used.
        image: Docker's image.

    Raises:
        SettingError: If the one that was asked for is not to be had.
    """
    if wanted == "none":
        return "none", ""
    if wanted in {"auto", "docker"} and _answers("docker", "image", "inspect", image):
        return "docker", f"judged in a container of {image} without network"
    if wanted in {"auto", "bwrap"} and _answers(*PROBE, "true"):
        return "bwrap", "judged by bubblewrap without network"
    if wanted == "auto":
        return "none", (
            "judged WITHOUT isolation: neither Docker with the image of `deri-gate ci image` nor "
            "bubblewrap is to be had here"
        )
    fix = ("Run `deri-gate ci image` first." if wanted == "docker" else
           "Install bubblewrap, and allow user namespaces.")  # fmt: skip
    raise SettingError(f"{wanted} cannot be used here", "--isolate", fix)


def _answers(*command: str) -> bool:
    """True where a command is there and succeeds."""
    if shutil.which(command[0]) is None:
        return False
    try:
        done = subprocess.run(  # noqa: S603  # no shell, and our own words
            command, capture_output=True, check=False, timeout=SECONDS, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
