"""Documents that are no ordinary files, or too large: refused at once, wherever one is named."""

from __future__ import annotations

import json
import os
import threading

import pytest

from deri_gate.commands.calibrate import calibrate
from deri_gate.drift.history import read_history
from deri_gate.errors import DeriGateError
from deri_gate.gate.suite import check_suite
from deri_gate.github.settings import settings_at
from deri_gate.metrics.profile import profile_named
from deri_gate.reports.documents import read_metrics
from deri_gate.runtime.files import read_regular_file
from deri_gate.runtime.resources import shipped
from deri_gate.runtime.strict import DEEPEST, strict_json
from deri_gate.runtime.strict_yaml import strict_yaml
from deri_gate.scoring.pool import pool_for, read_pool
from deri_gate.study.candidates.sources import read_sources
from deri_gate.study.weights.results import read_results

READERS = {
    "metrics": read_metrics,
    "pool": read_pool,
    "pool of a command": lambda path: pool_for(str(path), profile_named("standard")),
    "history": lambda path: read_history(path, profile="p"),
    "suite": lambda path: check_suite(path, ["sharpness"]),
    "sources": read_sources,
    "params": lambda path: settings_at(None, path.parent),
    "results": lambda path: read_results([path]),
    "impact": lambda path: calibrate([], out=path.parent / "out", sources=path, weights=path),
}


def ended(read, path) -> list[BaseException]:
    """What the reader raised, within ten seconds."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            read(path)
        except BaseException as error:  # noqa: BLE001 - told to the test
            raised.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(10)
    assert not thread.is_alive(), "still waiting"
    return raised


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("through_a_link", [False, True])
def test_nobody_waits_for_a_pipe(tmp_path, reader, through_a_link):
    path = tmp_path / "params.yaml"
    os.mkfifo(tmp_path / "pipe" if through_a_link else path)
    if through_a_link:
        path.symlink_to("pipe")

    (error,) = ended(READERS[reader], path)
    assert isinstance(error, DeriGateError)


@pytest.mark.parametrize("reader", READERS)
def test_a_folder_is_no_document(tmp_path, reader):
    (tmp_path / "params.yaml").mkdir()

    (error,) = ended(READERS[reader], tmp_path / "params.yaml")
    assert isinstance(error, DeriGateError)


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/full"])
def test_a_device_is_no_document(device):
    if not os.path.exists(device):  # noqa: PTH110 - a device
        pytest.skip("there is no such device here")
    with pytest.raises(OSError, match="not an ordinary file"):
        read_regular_file(device)


def test_size_is_bounded(tmp_path):
    """By what is read, not only by what the file says of itself."""
    path = tmp_path / "large"
    path.write_bytes(b"x" * 11)

    assert read_regular_file(path, limit=11) == b"x" * 11
    with pytest.raises(OSError, match="more than 10 bytes"):
        read_regular_file(path, limit=10)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"a": 1, "a": 2}', "'a' occurs twice"),
        (b'{"a": {"b": 1, "b": 1}}', "'b' occurs twice"),
        (b"[NaN]", "not a finite number"),
        (b"[1e400]", "not a finite number"),
        (b"[" + b"1" * 17 + b"]", "too large a number"),
        (b'["\\ud800"]', "half a character"),
        (b'{"\\udfff": 1}', "half a character"),
        (b"[" * (DEEPEST + 2) + b"]" * (DEEPEST + 2), "too deeply"),
        (b"[" * 100_000, "too deeply"),
        (b"", "Expecting value"),
        (b"\xff", "utf-8"),
        (b"{} {}", "Extra data"),
    ],
)
def test_json_is_taken_as_written_or_refused(content, said):
    with pytest.raises(ValueError, match=said):
        strict_json(content)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a: 1\na: 2", "duplicate key"),
        (b"2024: x", 'write "2024" in quotes'),
        (b"true: x", "in quotes"),
        (b"a: 2024-01-01", "write it in quotes"),
        (b"a: .nan", "not a finite number"),
        (b"a: !!python/object/apply:os.system [id]", "not YAML"),
        (b"a: &x [*x]", "too deeply"),
        (b'a: "\\ud800"', "half a character"),
        (b"a: !!binary aGVsbG8=", "in quotes"),
        (b"--- 1\n--- 2", "single document"),
        (b"a: [1", "not YAML"),
    ],
)
def test_yaml_is_what_could_be_json(content, said):
    with pytest.raises(ValueError, match=said):
        strict_yaml(content)


def test_a_laugh_that_grows_a_billionfold_is_cut_off():
    """Aliases of aliases: ten lines that stand for a billion values."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]

    with pytest.raises(ValueError, match="holds too much"):
        strict_yaml("\n".join(lines).encode())


def test_plain_documents_are_taken():
    plain = {"a": [1, 2.5, None, True, "x\u00e9\U0001f600"], "b": {}}

    assert strict_json(json.dumps(plain).encode()) == plain
    assert strict_yaml(json.dumps(plain, ensure_ascii=False).encode()) == plain


@pytest.mark.parametrize("name", ["metrics", "pool", "suite"])
def test_a_mark_of_the_encoding_before_a_document_is_read(tmp_path, name) -> None:
    """Editors on Windows write one: the document behind it is what it is without."""
    shipped_file = {
        "pool": shipped("reference_pool") / "smoke" / "pool.json",
        "suite": shipped("expectations") / "pull_request.json",
    }
    content = shipped_file[name].read_bytes() if name in shipped_file else b"[]"
    (tmp_path / "plain.json").write_bytes(content)
    (tmp_path / "marked.json").write_bytes(b"\xef\xbb\xbf" + content)

    def outcome(path) -> str:
        try:
            return repr(READERS[name](path))
        except DeriGateError as error:
            return str(error).replace(path.name, "plain.json")

    assert outcome(tmp_path / "marked.json") == outcome(tmp_path / "plain.json")
