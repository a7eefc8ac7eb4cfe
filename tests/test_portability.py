"""Windows and macOS: nothing that one of them lacks is needed to import and run the program."""

import ast
import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import deri_gate
from deri_gate.runtime import system

PACKAGE = Path(deri_gate.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
LACKING = {  # modules that Windows, or Windows and macOS, do not have; and one that only it has
    *("resource", "fcntl", "pwd", "grp", "termios", "tty", "pty", "syslog", "posix"),
    *("msvcrt", "winreg", "_winapi", "nt", "nis", "spwd", "crypt"),
}
OF_SOME = {  # parts of `os` and `signal` that Windows or macOS lack
    "os": {
        *("fork", "forkpty", "getuid", "geteuid", "getgid", "getegid", "getpgid", "setsid", "killpg"),
        *("mkfifo", "mknod", "chown", "lchown", "chroot", "sysconf", "confstr", "uname", "nice"),
        *("sched_getaffinity", "sched_setaffinity", "getloadavg", "wait", "wait3", "wait4", "pread"),
        *("statvfs", "fchmod", "fchown", "setuid", "pipe2", "memfd_create", "posix_fadvise"),
        *("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_DIRECTORY", "O_PATH", "O_BINARY", "O_SYNC"),
        *("WNOHANG", "WIFEXITED", "WEXITSTATUS", "register_at_fork"),
    },
    "signal": {
        *("SIGKILL", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGCHLD", "SIGPIPE", "SIGSTOP"),
        *("alarm", "setitimer", "pthread_sigmask", "pause", "sigwait"),
    },
}  # fmt: skip

CHILD = """
import builtins, contextlib, importlib, os, shutil, signal, sys

for name in {others!r}:  # what others wrote is loaded on the system that there is
    with contextlib.suppress(ImportError):
        importlib.import_module(name)

lacking, of_some = {lacking!r}, {of_some!r}
for module, parts in of_some.items():
    for part in parts:
        if hasattr(sys.modules[module], part):
            delattr(sys.modules[module], part)
shutil._use_fd_functions = False  # as on Windows: the other way needs O_NONBLOCK
importing = builtins.__import__

def guarded(name, scope=None, *rest, **named):
    if name.partition(".")[0] in lacking and (scope or {{}}).get("__name__", "").startswith("deri_gate"):
        raise ImportError(f"{{name}} is not on this system")
    return importing(name, scope, *rest, **named)

builtins.__import__ = guarded
sys.platform = "win32"
for name in {names!r}:
    importlib.import_module(name)
from deri_gate.cli.main import main
main({arguments!r}, standalone_mode=False)
"""


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def loading(node: ast.AST) -> Iterator[ast.AST]:
    """Parts of a module that run as it loads: neither functions nor what types alone need."""
    for part in ast.iter_child_nodes(node):
        for_types = isinstance(part, ast.If) and ast.unparse(part.test) == "TYPE_CHECKING"
        if not isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef) and not for_types:
            yield part
            yield from loading(part)


def imported_by(path: Path) -> set[str]:
    """Modules of others that a module imports as it loads."""
    found = set()
    for node in loading(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return {name for name in found if name.partition(".")[0] not in {"deri_gate", "__future__"}}


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    for i in range(12):
        path = tmp_path / "set" / "ab"[i % 2] / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (24, 24), dtype=np.uint8)).save(path)
    return tmp_path / "set"


@pytest.mark.sweep
def test_every_module_imports_and_a_dataset_is_judged_without_them(
    pictures: Path, tmp_path: Path
) -> None:
    """In a child process in which our modules see another system, and lack what it lacks."""
    others = {name for path in MODULES for name in imported_by(path)}
    limit = {
        "type": "expect_value_to_be_at_least",
        "kwargs": {"metric": "sharpness", "minimum": 1},
        "severity": "critical",
        "meta": {"reason": "Noise is sharp."},
    }
    suite = tmp_path / "suite.json"
    suite.write_text(json.dumps({"name": "suite", "expectations": [limit]}), "utf-8")
    code = CHILD.format(
        others=sorted(others - LACKING),
        names=[module_name(path) for path in MODULES if path.stem != "__main__"],
        lacking=LACKING,
        of_some=OF_SOME,
        arguments=[
            "check",
            str(pictures),
            "--metrics",
            "sharpness",
            "--suite",
            str(suite),
            "--out",
            str(tmp_path / "out"),
        ],
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=240, check=False
    )

    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.startswith("PASSED")
    for name in ("metrics.json", "scores.json", "report.html", "summary.md"):
        assert b"\r\n" not in (tmp_path / "out" / name).read_bytes()[:10_000]


@pytest.fixture
def trees(parts) -> dict[Path, ast.AST]:
    """Our modules, parsed."""
    return {path: parts[path][0] for path in MODULES}


def test_one_module_alone_names_what_some_systems_lack(trees) -> None:
    """`runtime/system.py`, where what to do without it is decided."""
    assert [path.name for path, tree in trees.items() if _lacking(tree)] == ["system.py"]


def _lacking(tree: ast.AST) -> list[str]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [a.name for a in node.names if a.name.partition(".")[0] in LACKING]
        elif isinstance(node, ast.ImportFrom) and node.module:
            named = {f"{node.module}.{alias.name}" for alias in node.names}
            found += [node.module] if node.module.partition(".")[0] in LACKING else []
            found += [n for n in named if n.rpartition(".")[2] in OF_SOME.get(node.module, ())]
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            lacked = node.attr in OF_SOME.get(node.value.id, ())
            found += [f"{node.value.id}.{node.attr}"] if lacked else []
    return found


def test_the_search_finds_what_it_looks_for() -> None:
    """A check that can fail."""
    code = (
        "import fcntl\nfrom os import fork\nimport os\nos.getuid()\nfrom resource import getrusage"
    )

    assert sorted(_lacking(ast.parse(code))) == ["fcntl", "os.fork", "os.getuid", "resource"]


def test_text_is_read_and_written_in_a_named_encoding(trees) -> None:
    """The default of Windows is not UTF-8."""
    found = {path: _unnamed_encodings(tree) for path, tree in trees.items()}

    assert {path: lines for path, lines in found.items() if lines} == {}


def _unnamed_encodings(tree: ast.AST) -> list[int]:
    """Lines of calls that read or write text without saying how."""
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        named = any(word.arg in {"encoding", None} for word in node.keywords)
        method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if method == "read_text" and not (node.args or named):
            found.append(node.lineno)
        if method == "write_text" and len(node.args) < 2 and not named:
            found.append(node.lineno)
        if _opens_text(node) and not named:
            found.append(node.lineno)
    return found


def _opens_text(node: ast.Call) -> bool:
    """`open(...)`, or `.open(...)` with a mode of text."""
    modes = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    modes += [
        w.value.value
        for w in node.keywords
        if w.arg == "mode" and isinstance(w.value, ast.Constant)
    ]
    if isinstance(node.func, ast.Name) and node.func.id == "open":
        return not any("b" in str(mode) for mode in modes[-1:])
    method = isinstance(node.func, ast.Attribute) and node.func.attr == "open"
    return method and any(set(str(mode)) <= set("rwxat+") for mode in modes[:1] if mode)


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ("p.read_text()", [1]),
        ("p.read_text('utf-8')", []),
        ("p.write_text(x)", [1]),
        ("p.write_text(x, 'utf-8')", []),
        ("open(p)", [1]),
        ("open(p, 'rb')", []),
        ("p.open('w')", [1]),
        ("p.open('w', encoding='utf-8')", []),
        ("archive.open('member.npy')", []),
    ],
)
def test_the_search_for_encodings_finds_what_it_looks_for(code: str, lines: list[int]) -> None:
    """A check that can fail."""
    assert _unnamed_encodings(ast.parse(code)) == lines


def test_what_this_system_says_of_itself() -> None:
    """Peak and size of memory, against psutil's figures."""
    psutil = pytest.importorskip("psutil")

    peak, whole = system.peak_memory_mib(), system.physical_memory()

    if peak is not None:
        assert peak >= 0.9 * psutil.Process().memory_info().rss / 2**20
    if whole is not None:
        assert whole == pytest.approx(psutil.virtual_memory().total, rel=0.01)


def test_without_such_a_system_there_is_no_answer_and_no_lock(monkeypatch, tmp_path: Path) -> None:
    """Null, and a file that two write at once is still whole."""
    monkeypatch.setitem(sys.modules, "resource", None)
    monkeypatch.setitem(sys.modules, "fcntl", None)
    monkeypatch.delattr("os.sysconf", raising=False)

    assert system.peak_memory_mib() is None
    assert system.process_memory() is None
    assert system.physical_memory() is None
    with system.alone_in(tmp_path):
        pass


def test_ids_have_forward_slashes_however_the_system_writes_paths(pictures: Path) -> None:
    """A report made on one system names the images of another."""
    from deri_gate.data.readers import open_dataset

    assert all("\\" not in name and name.count("/") == 1 for name in open_dataset(pictures).ids)


def raised(make) -> Exception:
    try:
        make()
    except (OSError, AttributeError) as error:
        return error
    raise AssertionError


def test_a_test_that_this_system_cannot_prepare_is_skipped_and_no_other(
    excused, monkeypatch, tmp_path
) -> None:
    """A pipe where there are none, a name that is none; but never an error of the package."""
    monkeypatch.delattr(os, "mkfifo", raising=False)

    def names(number: int):
        def make() -> None:
            raise OSError(number, "text")

        return make

    def in_the_package() -> None:
        monkeypatch.setattr(
            "deri_gate.runtime.system.os.open", lambda *_: os.mkfifo(tmp_path / "pipe")
        )
        with system.alone_in(tmp_path):
            pass

    assert excused(raised(lambda: os.mkfifo(tmp_path / "pipe")))
    assert excused(raised(names(errno.EILSEQ)))
    assert not excused(raised(names(errno.ENOENT)))
    assert not excused(raised(lambda: tmp_path.nothing))
    if system.peak_memory_mib() is not None:  # a system with locks
        assert not excused(raised(in_the_package))
