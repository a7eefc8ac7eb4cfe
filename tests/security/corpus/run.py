"""Run bad inputs through the real command line and say where it did not hold.

    python tests/security/corpus/run.py [--every N] [--only WORD] [--jobs N] [--forked]

Exit status 1 when any case fell; a line a case that did, and a count at the end.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, nullcontext
from pathlib import Path

import arrays
import dicoms
import documents
import filesystem
import images
import manifests
import revisions
import suites
from case import Case, good_set

sys.path.append(str(Path(__file__).parents[3]))
from tests.forked import Forks, can_fork, completed

COMMAND = (str(Path(sys.executable).with_name("deri-gate")),)
HANGS_S = 240  # the clock, on a machine that may be busy
# What a runner or a terminal would obey, wherever it stands in what is printed.
OBEYED = re.compile(r"##\[|^\s*::|[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]",
                    re.MULTILINE)  # fmt: skip


def all_cases() -> list[Case]:
    """Every case of every family."""
    families = (images, filesystem, manifests, arrays, dicoms, suites, documents, revisions)
    return [case for family in families for case in family.cases()]


def faults(case: Case, folder: Path, forks: Forks | None = None) -> list[str]:
    """Run one case; where it did not hold, in words."""
    work = folder / "work"
    work.mkdir(parents=True)
    case.make(work)
    before = _outside(folder)
    status, seconds, mib, out, err = _run(case, work, folder, forks)
    found = [] if status is not None else ["it hangs"]
    if "Traceback" in err or "this is a bug" in err or (status or 0) < 0:
        found.append(f"it breaks (status {status}): {err.strip().splitlines()[-1:]}")
    if seconds > case.seconds:
        found.append(f"{seconds:.0f} s of processor time, more than {case.seconds:.0f}")
    if mib > case.mib:
        found.append(f"{mib} MiB, more than {case.mib}")
    if OBEYED.search(out) or OBEYED.search(err):
        found.append("it prints what a runner or terminal would obey")
    if _ran(work) or _outside(folder) != before:
        found.append("something ran or was written outside")
    if status is not None:
        found += _outcome(case, status, out, err, work)
    return found


def _run(
    case: Case, work: Path, folder: Path, forks: Forks | None
) -> tuple[int | None, float, int, str, str]:
    """Exit status (None: it hangs), processor seconds, peak MiB, and both outputs."""
    environment = {"DERI_GATE_CACHE": str(folder / "cache"), "OMP_NUM_THREADS": "1",
                   "PYTHONUTF8": "1", "HOME": str(folder), "PATH": os.environ["PATH"]}  # fmt: skip
    out, err = folder / "o", folder / "e"
    if forks is None:
        status, seconds, mib = _start(case, work, out, err, environment)
    else:
        safe = environment | {"PYTHONSAFEPATH": "1"}  # as a program that lies elsewhere has it
        status, seconds, mib = forks.run(
            case.argv, cwd=work, env=safe, out=out, err=err, most=HANGS_S
        )
    texts = [path.read_text("utf-8", "replace") for path in (out, err)]
    return None if status == -signal.SIGALRM else status, seconds, mib, *texts


def _start(
    case: Case, work: Path, out: Path, err: Path, environment: dict[str, str]
) -> tuple[int, float, int]:
    """Exit status, as of an alarm if it hangs, processor seconds and peak MiB of a new process."""
    with out.open("wb") as o, err.open("wb") as e:
        process = subprocess.Popen([*COMMAND, *case.argv], cwd=work, stdout=o, stderr=e,
                                   stdin=subprocess.DEVNULL, env=environment,
                                   start_new_session=True)  # fmt: skip
        deadline, mib, used = (
            time.monotonic() + HANGS_S,
            0,
            resource.getrusage(resource.RUSAGE_SELF),
        )
        while time.monotonic() < deadline:
            mib = max(mib, _peak_mib(process.pid))
            pid, status, used = os.wait4(process.pid, os.WNOHANG)
            if pid:
                process.returncode = os.waitstatus_to_exitcode(status)
                break
            time.sleep(0.02)
        else:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    code = process.returncode if time.monotonic() < deadline else -signal.SIGALRM
    return code, used.ru_utime + used.ru_stime, mib


def _peak_mib(pid: int) -> int:
    """Peak memory so far; the kernel's own sum at the end would count ours before the start."""
    try:
        status = Path(f"/proc/{pid}/status").read_text("ascii", "replace")
    except OSError:
        return 0
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) // 1024 if found else 0


def _ran(work: Path) -> bool:
    """Whether a hostile command has left its mark; folders may be deeper than Python can go."""
    looked = subprocess.run(["find", ".", "-name", "PWNED"], cwd=work, check=True,
                            capture_output=True)  # fmt: skip
    return bool(looked.stdout)


def _outside(folder: Path) -> list[str]:
    """What lies beside the working folder, as a hostile case might have changed it."""
    known = {"work", "cache", "o", "e", ".cache", ".config", ".matplotlib", ".medmnist"}
    return sorted(path.name for path in folder.iterdir() if path.name not in known)


def _outcome(case: Case, status: int, out: str, err: str, work: Path) -> list[str]:
    lines = [line for line in err.splitlines() if line.strip()]
    if case.outcome == "bounded":
        return [] if status in {0, 1, 2} else [f"exit status {status}"]
    if case.outcome == "refused" or (case.outcome == "named" and status == 2):
        if status != 2:
            return [f"exit status {status} and not 2: {' '.join((out + err).split())[-160:]}"]
        good = len(lines) == 1 and lines[0].startswith("deri-gate: ")
        return [] if good else [f"not one line on standard error: {lines[:3]}"]
    if status != 0:
        return [f"exit status {status} and not 0: {lines[-1:]}"]
    return _findings(case, work)


def _findings(case: Case, work: Path) -> list[str]:
    path = work / "out" / "metrics.json"
    if not path.is_file():  # a command that writes none
        return []
    found = json.loads(path.read_text("utf-8"))["findings"]
    named = [f for f in found if f["kind"] in {"unreadable", "unjudged", "ignored"}]
    if case.outcome == "read":
        bad = [f for f in named if f["kind"] == "unreadable"]
        return [f"unreadable: {bad[:2]}"] if bad else []
    named = [f for f in named if f["path"].startswith(case.path)]
    return [] if named else [f"nothing says so of {case.path or 'the file'}: {found[:3]}"]


def prepare_base(folder: Path, forks: Forks | None = None) -> None:
    """Let the program itself write the documents that are edited."""
    good_set(folder / "set")
    good_set(folder / "other", each=8)  # of fewer, no drift could be told
    shared = {"cwd": folder, "env": {**os.environ, "DERI_GATE_CACHE": str(folder / "cache")}}
    data = ["--metrics", "sharpness,exposure", "--out", "m"]
    completed(forks, "measure", "set", *data, **shared).check_returncode()
    drift = ["--baseline", "other", "--metrics", "sharpness", "--history", "history.csv"]
    out = ["--out", "c", "--fail-on", "never"]
    completed(forks, "compare", "set", *drift, *out, **shared).check_returncode()
    shutil.copy(folder / "m" / "metrics.json", folder / "metrics.json")
    from deri_gate.runtime.resources import shipped

    shutil.copy(shipped("reference_pool") / "standard" / "pool.json", folder / "pool.json")
    os.environ["DERI_GATE_CORPUS_BASE"] = str(folder)


def main() -> int:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="run each N-th case")
    parser.add_argument("--only", default="", help="run cases with this word in their name")
    parser.add_argument("--jobs", type=int, default=2, help="cases at once")
    parser.add_argument(
        "--forked", action="store_true", help="load libraries once, and fork what runs a case"
    )
    options = parser.parse_args()
    chosen = [case for case in all_cases() if options.only in case.name][:: options.every]
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as stack:
        folder = Path(scratch)
        (folder / "base").mkdir()
        forking = Forks() if options.forked and can_fork() else nullcontext()
        forks = stack.enter_context(forking)
        prepare_base(folder / "base", forks)

        def one(item: tuple[int, Case]) -> list[str]:
            place = folder / f"{item[0]}"
            place.mkdir()
            try:
                return faults(item[1], place, forks)
            finally:
                subprocess.run(["rm", "-rf", str(place)], check=False)

        jobs = 1 if options.forked else options.jobs  # forks are asked for one by one
        with ThreadPoolExecutor(jobs) as pool:
            answers = list(pool.map(one, enumerate(chosen)))
    fell = 0
    for case, found in zip(chosen, answers, strict=True):
        if found:
            fell += 1
            print(f"{case.name.encode('unicode_escape').decode()}: {'; '.join(found)}")
    print(f"{len(chosen) - fell} of {len(chosen)} cases hold")
    return 1 if fell else 0


if __name__ == "__main__":
    sys.exit(main())
