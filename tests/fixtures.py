"""Fixtures of many tests: a cache of their own, datasets in memory, a network of no weights.

A plugin of pytest, which `conftest.py` loads.
"""

from __future__ import annotations

import ast
import errno
import gc
import hashlib
import itertools
import logging
import os
import signal
import traceback
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from scipy.sparse import csr_array
from skimage import data

import deri_gate
from deri_gate import gate
from deri_gate.cli import main
from deri_gate.data.dataset import Dataset
from deri_gate.errors import UnreadableImageError
from deri_gate.measuring.evidence import Evidence
from deri_gate.metrics.context import Context
from deri_gate.metrics.profile import STANDARD
from deri_gate.runtime import store as kept_results
from deri_gate.runtime.engine import Machine
from deri_gate.runtime.interrupts import USUAL
from deri_gate.runtime.store import Store
from tests.forked import Forks, can_fork
from tests.sweeps import also_sweeps, choose

KNOWN = frozenset(os.environ) - {"PYTEST_CURRENT_TEST"}  # libraries set others as they are loaded
OURS = ("DERI_GATE_", "CI_", "GITHUB_", "GITLAB_", "RUNNER_", "GIT_")
PACKAGE = Path(deri_gate.__file__).parent
LONGEST = (  # files that take more than ten seconds, by folder and name; the dearest first
    "drift/test_compare.py", "github/test_end_to_end.py", "security/test_corpus.py",
    "tests/test_pipeline.py", "commands/test_check.py", "tests/test_architecture.py",
    "reports/test_page_in_browser.py", "security/test_isolation.py", "github/test_ci_drift.py",
    "security/test_reports_folder.py", "runtime/test_plugins.py", "changes/test_change.py",
    "schemas/test_files.py", "study/test_detection.py", "gate/test_apart.py",
    "study/test_sensitivity.py", "tests/test_example_plugin.py", "reports/test_opening.py",
    "github/test_changed_kinds.py", "changes/test_masks.py", "security/test_fuzz_documents.py",
    "readers/test_webdataset.py", "security/test_fetch.py", "measuring/test_denied_labels.py",
    "changes/test_change_of_groups.py", "gate/test_alone.py", "gate/test_following.py",
    "cli/test_study.py", "measuring/test_sources.py", "changes/test_elsewhere.py",
    "tests/test_portability.py",
)  # fmt: skip
RANK = {name: number for number, name in enumerate(LONGEST)}
WHOLE = 1000  # tests of a run that judges sooner or later, in each process
PHOTOS = ("astronaut", "brick", "camera", "cat", "clock", "coffee", "coins", "grass", "gravel",
          "moon", "page", "rocket", "text")  # fmt: skip  # those that lie in scikit-image itself


@dataclass(frozen=True)
class Content:
    """One picture in memory; None stands for a file that cannot be decoded."""

    picture: np.ndarray | None
    key: str

    def decode(self) -> np.ndarray:
        if self.picture is None:
            raise UnreadableImageError("holds no picture")
        return self.picture


@dataclass(frozen=True)
class InMemory:
    """Pictures by row."""

    pictures: tuple[np.ndarray | None, ...]

    def load(self, row: int) -> Content:
        picture = self.pictures[row]
        said = b"broken" if picture is None else str(picture.shape).encode() + picture.tobytes()
        return Content(picture, hashlib.sha256(said).hexdigest())


@dataclass
class TinyEncoder:
    """A picture's 4 x 4 x 3 mean colours, at half precision; no network at all.

    Attributes:
        seen: How many pictures it has embedded.
        fails_after: Pictures after which it raises, as a killed run would.
        at_once: Pictures a task.
        device: Where it runs.
    """

    seen: int = 0
    fails_after: float = field(default=float("inf"))
    at_once: int = 48
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    def embed(self, inputs: list[np.ndarray]) -> np.ndarray:
        if self.seen + len(inputs) > self.fails_after:
            raise KeyboardInterrupt
        self.seen += len(inputs)
        small = [cv2.resize(one, (4, 4), interpolation=cv2.INTER_AREA).ravel() for one in inputs]
        return (np.array(small) / 255 + 0.01).astype(np.float16)


def surroundings() -> dict[str, object]:
    """State of the process that every later test would see, by its name."""
    return {
        "working folder": os.getcwd(),  # noqa: PTH109 - twice a test
        "signals": [signal.getsignal(number) for number in USUAL],
        "threads of torch": torch.get_num_threads(),
        "errors of NumPy": np.geterr(),
        "levels of logs": [logging.getLogger(name).level for name in ("", "deri_gate")],
    }


def changed(before: dict, after: dict) -> set[str]:
    """Variables of the environment, as it is kept, that are ours or were there at the start."""
    names = {name for name, value in after.items() if before.get(name) != value}
    names |= before.keys() - after.keys()
    read = {os.environ.decodekey(name) for name in names}
    return {name for name in read if name in KNOWN or name.startswith(OURS)}


@pytest.fixture(scope="session")
def new_cache(tmp_path_factory):
    """Numbered folders in one: of pytest's own, each looks at all that there are for its number."""
    caches, numbers = tmp_path_factory.mktemp("caches"), itertools.count()

    def make() -> Path:
        (folder := caches / str(next(numbers))).mkdir()
        return folder

    return make


@pytest.fixture(scope="module")
def module_cache(new_cache):
    """A cache of one file of tests."""
    return new_cache()


@pytest.fixture(autouse=True)
def own_cache(request, new_cache):
    """No test reads or writes the user's own results, and each leaves its process as it was.

    So none depends on whether another ran. Tests that are marked `one_cache` have one a file: what
    several of them ask of the same images is measured once. One fixture, and nothing that it asks
    for, since each takes its time before and after every test.
    """
    before, variables = surroundings(), os.environ._data.copy()
    shared = request.node.get_closest_marker("one_cache")
    cache = request.getfixturevalue("module_cache") if shared else new_cache()
    os.environ["DERI_GATE_CACHE"] = str(cache)
    said, kept_results._said = kept_results._said, set()
    yield
    kept_results._said = said
    os.environ.pop("DERI_GATE_CACHE", None)
    after = surroundings()
    assert {name for name in before if before[name] != after[name]} == set()
    assert changed(variables, os.environ._data) == set()


class Logged(logging.Handler):
    """Logged messages, as texts in order."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())

    @property
    def text(self) -> str:
        return "\n".join(self.messages)


@pytest.fixture
def caplog():
    """Messages that are logged during the test, under the name of pytest's own fixture."""
    logging.getLogger().addHandler(logged := Logged())
    yield logged
    logging.getLogger().removeHandler(logged)


@pytest.fixture(scope="session")
def photos():
    """Real pictures by name, grey and colour, with which scikit-image comes."""
    return {name: getattr(data, name)() for name in PHOTOS}


@pytest.fixture(scope="session")
def random_pictures():
    """Pictures that differ: coarse noise, so that they have shapes, with some grain."""

    def make(count: int, *, side: int = 24, seed: int = 0) -> list[np.ndarray]:
        generator = np.random.default_rng(seed)
        coarse = generator.integers(20, 235, (count, 5, 5, 3)).astype(np.uint8)
        big = [cv2.resize(one, (side, side), interpolation=cv2.INTER_CUBIC) for one in coarse]
        grain = generator.integers(-6, 7, (count, side, side, 3))
        return list(np.clip(np.array(big) + grain, 0, 255).astype(np.uint8))

    return make


@pytest.fixture(scope="session")
def membership_of():
    """Which image is of which class, 0/1, sparse, from one class or a tuple of them an image."""

    def make(labels, classes: int | None = None) -> csr_array:
        own = [one if isinstance(one, tuple) else (one,) for one in labels]
        dense = np.zeros((len(own), classes or 1 + max(map(max, own))), dtype=np.float32)
        for row, some in enumerate(own):
            dense[row, list(some)] = 1
        return csr_array(dense)

    return make


@pytest.fixture(scope="session")
def dataset_of():
    """A dataset in memory: pictures (None: unreadable) and a class or a tuple of them each."""

    def make(pictures, labels, *, classes=None, ids=None, groups=None, name="toy") -> Dataset:
        own = tuple(one if isinstance(one, tuple) else (int(one),) for one in labels)
        count = 1 + max(max(some) for some in own)
        return Dataset(
            name=name,
            ids=tuple(ids or (f"{i:05d}.png" for i in range(len(own)))),
            classes=tuple(classes or (f"class{k}" for k in range(count))),
            labels=own,
            source=InMemory(tuple(pictures)),
            rows=np.arange(len(own)),
            groups=None if groups is None else tuple(groups),
        )

    return make


@pytest.fixture(scope="session")
def tiny_encoder():
    """Makes encoders that stand for a network."""
    return TinyEncoder


@pytest.fixture
def evidence_of(tmp_path):
    """Evidence of a dataset, its network a tiny stand-in; each in a store of its own."""
    made = []

    def make(dataset, *, profile=STANDARD, encoder=None, store=None, **known) -> Evidence:
        made.append(dataset)
        kept = store or Store(tmp_path / f"store{len(made)}")
        machine = Machine(device="cpu", workers=1, progress=False)
        evidence = Evidence(
            dataset,
            Context(profile=profile, store=kept, machine=machine),
            frozenset({"embeddings"}),
        )
        vars(evidence).update({"encoder": encoder or TinyEncoder(), **known})
        return evidence

    return make


@pytest.fixture(scope="session")
def parts():
    """All parts of the code of each of our modules, of which the first is all of it."""
    return {path: [*ast.walk(ast.parse(path.read_text("utf-8")))] for path in PACKAGE.rglob("*.py")}


@pytest.fixture(scope="session")
def forks():
    """Starts the command in processes that need not load what others wrote."""
    if not can_fork():
        yield None
        return
    with Forks() as made:
        yield made


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """Run the command in a folder of its own; gives exit status, standard output and error."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["deri-gate", *map(str, arguments)])
        try:
            main.run()
            status = 0
        except SystemExit as stop:
            status = stop.code
        said = capsys.readouterr()
        return status, said.out, said.err

    return call


@pytest.fixture(scope="session")
def two_sides(dataset_of):
    """Two classes of 100 noisy pictures each: bright on the left, and on the right."""
    generator = np.random.default_rng(0)
    sides = np.where(np.arange(24) < 12, 160, 90)[None, :, None]
    means = [sides if i < 100 else sides[:, ::-1] for i in range(200)]
    pictures = [
        np.clip(generator.normal(mean, 25, (24, 24, 3)), 0, 255).astype(np.uint8) for mean in means
    ]
    return dataset_of(pictures, np.repeat([0, 1], 100), classes=("left", "right"))


NOT_A_NAME, NO_RIGHT_TO_LINK = 123, 1314  # of Windows


def cannot_be_made_here(error: Exception) -> bool:
    """True if a test could not make its input, because this system has no such thing.

    Pipes and links on Windows, names that are no UTF-8 on macOS. An error that comes out of the
    package is never excused.
    """
    frames = traceback.extract_tb(error.__traceback__)
    if any(Path(frame.filename).is_relative_to(PACKAGE) for frame in frames):
        return False
    if isinstance(error, AttributeError):
        return error.name in {"mkfifo", "symlink", "mknod"}
    known = getattr(error, "winerror", None) in {NOT_A_NAME, NO_RIGHT_TO_LINK}
    return known or getattr(error, "errno", None) == errno.EILSEQ


def pytest_configure(config):
    """Sweeps try more random examples; known before a test is read."""
    choose(config.option.markexpr)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Begin with what takes longest: at the end one worker would be waited for.

    With `--dist loadfile`, as `make test` has it, a file of tests goes to one worker, whose
    fixtures it then makes once. Otherwise tests of one file are spread.
    """
    also_sweeps(items)
    items.sort(key=lambda i: RANK.get(f"{i.path.parent.name}/{i.path.name}", len(RANK)))


def pytest_collection_finish(session):
    """Leave what is loaded, a million objects, out of every later collection of garbage.

    Until Great Expectations is loaded here, each command starts a process that loads it.
    """
    if len(session.items) > WHOLE:
        gate.load()
    gc.freeze()
    gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """Skip, saying so, what this system cannot be asked."""
    try:
        return (yield)
    except (OSError, AttributeError) as error:
        if cannot_be_made_here(error):
            pytest.skip(f"this system cannot make the input: {error}")
        raise


@pytest.fixture
def excused():
    """The rule by which a test is skipped on a system that lacks something."""
    return cannot_be_made_here
