"""Pools, values and histories that were edited by hand."""

from __future__ import annotations

import copy
import csv
import io
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from case import Case, Outcome, good_set

POOL = ("score", "metrics.json", "--pool", "./pool.json")
VALUES = ("score", "./values.json", "--pool", "standard")
HISTORY = ("compare", "set", "--baseline", "other", "--metrics", "sharpness", "--history",
           "h.csv", "--out", "out", "--fail-on", "never")  # fmt: skip
Edit = Callable[[Any], object]


def base(name: str) -> bytes:
    """A sound document, which the program itself has written."""
    return (Path(os.environ["DERI_GATE_CORPUS_BASE"]) / name).read_bytes()


def edited(name: str, edit: Edit) -> bytes:
    """A sound document after this edit."""
    document = json.loads(base(name))
    result = edit(document)
    return json.dumps(document if result is None else result).encode("utf-8", "surrogatepass")


def _put(target: Any, key: Any, value: Any) -> None:
    target[key] = value


def pool(name: str, content: Callable[[], bytes], outcome: Outcome = "refused") -> Case:
    """A case of one pool, by which sound values are scored."""

    def make(folder: Path) -> None:
        (folder / "metrics.json").write_bytes(base("metrics.json"))
        (folder / "pool.json").write_bytes(content())

    return Case(name=f"pool/{name}", make=make, argv=POOL, outcome=outcome)


def values(name: str, content: Callable[[], bytes], outcome: Outcome = "refused") -> Case:
    """A case of raw values, which the shipped pool scores."""
    return Case(name=f"values/{name}", argv=VALUES, outcome=outcome,
                make=lambda folder: (folder / "values.json").write_bytes(content()) and None)  # fmt: skip


TEXTS = {"empty": b"", "a brace": b"{", "a list": b"[]", "null": b"null", "deep brackets": b"[" * 200_000,
         "bytes that are no UTF-8": b"\xff\xfe{}", "an empty object": b"{}"}  # fmt: skip


def pools() -> Iterator[Case]:
    """Edited pools."""
    for name, text in TEXTS.items():
        yield pool(name, lambda text=text: text)
    edits: dict[str, Edit] = {
        "a value that is text": lambda p: _put(p["datasets"][0]["metrics"], "sharpness", "1e5"),
        "a value that is true": lambda p: _put(p["datasets"][0]["metrics"], "sharpness", value=True),
        "a value of NaN": lambda p: _put(p["datasets"][0]["metrics"], "sharpness", float("nan")),
        "a value of infinity": lambda p: _put(p["datasets"][0]["metrics"], "sharpness", float("inf")),
        "a weight that is text": lambda p: _put(p["weights"], "sharpness", "1"),
        "a negative weight": lambda p: _put(p["weights"], "sharpness", -1),
        "weights of nothing": lambda p: _put(p, "weights", dict.fromkeys(p["weights"], 0)),
        "no weights": lambda p: _put(p, "weights", {}),
        "no datasets": lambda p: _put(p, "datasets", []),
        "one dataset": lambda p: _put(p, "datasets", p["datasets"][:1]),
        "a dataset twice": lambda p: p["datasets"].append(copy.deepcopy(p["datasets"][0])),
        "another profile": lambda p: p["profile"].update(hash="0" * 16, definitions={}),
        "an unknown key": lambda p: _put(p, "colour", "red"),
        "another version": lambda p: _put(p, "schema_version", 99),
        "a version that is text": lambda p: _put(p, "schema_version", "1"),
        "images of half": lambda p: _put(p["datasets"][0], "images", 2.5),
        "images of -1": lambda p: _put(p["datasets"][0], "images", -1),
        "a name of half a character": lambda p: _put(p, "name", "\ud800"),
        "datasets that are an object": lambda p: _put(p, "datasets", {}),
    }  # fmt: skip
    for name, edit in edits.items():
        yield pool(name, lambda edit=edit: edited("pool.json", edit))
    yield pool("a key twice", lambda: base("pool.json").replace(
        b'"sharpness":', b'"sharpness": 1.0, "sharpness":', 1))  # fmt: skip
    yield pool("sound", lambda: base("pool.json"), "read")


def raw_values() -> Iterator[Case]:
    """Edited metrics.json."""
    for name, text in TEXTS.items():
        yield values(name, lambda text=text: text)

    def sharp(document: Any) -> Any:
        return document["metrics"]["sharpness"]

    edits: dict[str, Edit] = {
        "a value that is text": lambda d: _put(sharp(d), "value", "5"),
        "a value that is true": lambda d: _put(sharp(d), "value", value=True),
        "a value of NaN": lambda d: _put(sharp(d), "value", float("nan")),
        "a value of a list": lambda d: _put(sharp(d), "value", [1]),
        "resamples of another length": lambda d: _put(sharp(d), "resamples", [1.0, 2.0]),
        "resamples of text": lambda d: _put(sharp(d), "resamples", ["1"] * 200),
        "an interval the wrong way round": lambda d: _put(sharp(d), "interval", [9.0, 1.0]),
        "an interval of three": lambda d: _put(sharp(d), "interval", [1.0, 2.0, 3.0]),
        "no profile": lambda d: d.pop("profile") and None,
        "another version": lambda d: _put(d, "schema_version", 99),
        "metrics that are a list": lambda d: _put(d, "metrics", []),
    }  # fmt: skip
    for name, edit in edits.items():
        yield values(name, lambda edit=edit: edited("metrics.json", edit))
    yield values("a key twice", lambda: base("metrics.json").replace(
        b'"value":', b'"value": 1.0, "value":', 1))  # fmt: skip
    yield values("sound", lambda: base("metrics.json"), "read")


def history(name: str, content: Callable[[], bytes], outcome: Outcome = "refused") -> Case:
    """A case of one history, to which a comparison is added."""

    def make(folder: Path) -> None:
        good_set(folder / "set")
        good_set(folder / "other")
        (folder / "h.csv").write_bytes(content())

    return Case(name=f"history/{name}", make=make, argv=HISTORY, outcome=outcome, seconds=60,
                mib=1800)  # fmt: skip


def cell(column: str, value: str) -> bytes:
    """A sound history of which one cell is another."""
    rows = list(csv.DictReader(io.StringIO(base("history.csv").decode())))
    chosen = next(c for c in rows[0] if c.startswith(column))
    rows[0][chosen] = value
    file = io.StringIO()
    writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode()


def histories() -> Iterator[Case]:
    """Edited histories."""
    for column, value in (("p.", "0"), ("p.", "-1"), ("p.", "2"), ("p.", "nan"), ("p.", "inf"),
                          ("p.", "1e-400"), ("p.", "text"), ("effect.", "nan"), ("images", "-5"),
                          ("images", "2.5"), ("date", "yesterday"), ("date", "20260101"),
                          ("date", "2026-13-01"), ("deri1000", "many")):  # fmt: skip
        yield history(f"{column} of {value}", lambda c=column, v=value: cell(c, v))
    yield history("empty", lambda: b"")
    yield history("random bytes", lambda: os.urandom(2000))
    yield history("a column too few", lambda: base("history.csv").replace(b"date,", b"", 1))
    yield history("a cell too many", lambda: base("history.csv").rstrip() + b",x\n")
    yield history("sound", lambda: base("history.csv"), "bounded")

    def pipe(folder: Path) -> None:
        good_set(folder / "set")
        good_set(folder / "other")
        os.mkfifo(folder / "h.csv")

    yield Case(name="history/a pipe", make=pipe, argv=HISTORY, seconds=60, mib=1800)


def cases() -> list[Case]:
    """The whole family."""
    return [c for maker in (pools, raw_values, histories) for c in maker()]
