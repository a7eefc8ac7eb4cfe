"""Suites that are damaged, that cannot fail, or that try to run something."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from case import Case, Outcome, good_set

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ARGV = ("check", "set", "--suite", "./s.json", "--metrics", "sharpness", "--fail-on", "never",
        "--out", "out")  # fmt: skip
FLOOR = {"type": "expect_subscore_to_be_at_least",
         "kwargs": {"metric": "sharpness", "minimum": 5}}  # fmt: skip
BETWEEN = {"type": "expect_column_values_to_be_between",
           "kwargs": {"column": "subscore", "min_value": 5}}  # fmt: skip


def case(name: str, content: str | bytes, outcome: Outcome = "refused", **more: Any) -> Case:
    """A case of one suite file beside a sound set."""

    def make(folder: Path) -> None:
        good_set(folder / "set")
        data = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
        (folder / "s.json").write_bytes(data)

    return Case(name=f"suite/{name}", make=make, argv=ARGV, outcome=outcome, seconds=40,
                mib=1500, **more)  # fmt: skip


def suite(*expectations: Any, **keys: Any) -> str:
    """A suite of these expectations."""
    return json.dumps({"name": "s", "expectations": list(expectations), **keys})


def with_kwargs(base: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """An expectation with other arguments; None deletes one."""
    merged = {**base["kwargs"], **kwargs}
    return {**base, "kwargs": {k: v for k, v in merged.items() if v is not None}}


def malformed() -> Iterator[Case]:
    """What is no suite."""
    texts = {
        "empty": "", "a brace": "{", "three": "3", "a list": "[]", "an empty object": "{}",
        "deep brackets": "[" * 200_000, "no expectations": '{"name": "s", "expectations": []}',
        "a key twice": '{"name": "s", "name": "t", "expectations": []}',
        "NaN": '{"name": "s", "expectations": [NaN]}',
        "1e999": '{"name": "s", "expectations": [1e999]}',
        "a number of 5,000 digits": '{"name": "s", "expectations": [' + "9" * 5000 + "]}",
        "a comment": '{"name": "s", /* */ "expectations": []}',
        "yaml": "name: s\nexpectations: []\n", "a pickle": "cos\nsystem\n(S'touch PWNED'\ntR.",
    }  # fmt: skip
    for name, text in texts.items():
        yield case(name, text)
    yield case("bytes that are no UTF-8", b"\xff\xfe{}")
    yield case("a name that is half a character", suite(FLOOR, name="\ud800"))
    yield case("random bytes", os.urandom(3000))
    yield case("20 MB", suite(FLOOR, notes="x" * 20_000_000), "bounded")


def expectations() -> Iterator[Case]:
    """Expectations that are none, or not ours to judge."""
    wrong: dict[str, Any] = {
        "a number": 5, "no type": {"kwargs": {}}, "an unknown type": {**FLOOR, "type": "expect_x"},
        "a type that is a module": {**FLOOR, "type": "os.system"},
        "sql": {"type": "unexpected_rows_expectation",
                "kwargs": {"unexpected_rows_query": "DROP TABLE x"}},
        "code as a condition": with_kwargs(
            BETWEEN, row_condition="__import__('os').system('touch PWNED')",
            condition_parser="pandas"),
        "an unknown metric": with_kwargs(FLOOR, metric="sharpnes"),
        "a metric that is a list": with_kwargs(FLOOR, metric=["sharpness"]),
        "a limit that is text": with_kwargs(FLOOR, minimum="5"),
        "a limit that is true": with_kwargs(FLOOR, minimum=True),
        "a limit above 100": with_kwargs(FLOOR, minimum=101),
        "an unknown argument": with_kwargs(FLOOR, minimun=5),
        "an unknown severity": {**FLOOR, "severity": "info"},
        "no limit": with_kwargs(BETWEEN, min_value=None),
        "an unknown column": with_kwargs(BETWEEN, column="subscor"),
        "mostly 2": with_kwargs(BETWEEN, mostly=2), "mostly -1": with_kwargs(BETWEEN, mostly=-1),
        "mostly nan": with_kwargs(BETWEEN, mostly="nan"),
        "a parameter without a value": with_kwargs(FLOOR, minimum={"$PARAMETER": "low"}),
        "a waiver without a reason": {**FLOOR, "meta": {"waiver": {"until": "2099-01-01"}}},
        "a waiver for ever": {**FLOOR, "meta": {"waiver": {"reason": "r"}}},
        "a waiver until 20991231": {**FLOOR, "meta": {"waiver": {"reason": "r", "until": "20991231"}}},
        "a waiver until a week": {**FLOOR, "meta": {"waiver": {"reason": "r", "until": "2099-W01-1"}}},
        "a waiver until noon": {**FLOOR, "meta": {"waiver": {"reason": "r", "until": "2099-01-01T12:00"}}},
    }  # fmt: skip
    for name, entry in wrong.items():
        yield case(name, suite(entry))
    yield case("the same check twice", suite(FLOOR, FLOOR))
    loop = {"suite_parameters": {"low": {"$PARAMETER": "low"}}}
    yield case(
        "a parameter that is itself",
        suite(with_kwargs(FLOOR, minimum={"$PARAMETER": "low"}), **loop),
    )
    ring = {"suite_parameters": {"a": {"$PARAMETER": "b"}, "b": {"$PARAMETER": "a"}}}
    yield case(
        "parameters in a ring", suite(with_kwargs(FLOOR, minimum={"$PARAMETER": "a"}), **ring)
    )


def toothless() -> Iterator[Case]:
    """Limits that nothing can miss."""
    wrong: dict[str, Any] = {
        "mostly 0": with_kwargs(BETWEEN, min_value=99, mostly=0),
        "subscores of at least 0": with_kwargs(BETWEEN, min_value=0),
        "a subscore of at least 0": with_kwargs(FLOOR, minimum=0),
        "subscores of at most 100": with_kwargs(BETWEEN, min_value=None, max_value=100),
        "a share of at most 1": {"type": "expect_value_to_be_at_most",
                                 "kwargs": {"metric": "unreadable_share", "maximum": 1}},
        "an endless range": with_kwargs(BETWEEN, min_value=-1e308, max_value=1e308),
    }  # fmt: skip
    for name, entry in wrong.items():
        yield case(f"toothless: {name}", suite(entry))


def hostile() -> Iterator[Case]:
    """Sound suites with hostile words."""
    for word in ("##[error]boo", "\x1b[2J", "<script>alert(1)</script>", "a\n::error::b"):
        entry = {**FLOOR, "description": word, "meta": {"reason": word}}
        yield case(f"words like {word[:12]!r}", suite(entry), "bounded")


def places() -> Iterator[Case]:
    """Things in the place of the file."""
    made = {
        "a pipe": lambda f: os.mkfifo(f / "s.json"),
        "a folder": lambda f: (f / "s.json").mkdir(),
        "a device": lambda f: (f / "s.json").symlink_to("/dev/zero"),
        "missing": lambda _: None,
    }
    for name, add in made.items():

        def make(folder: Path, add: Any = add) -> None:
            good_set(folder / "set")
            add(folder)

        yield Case(name=f"suite/file that is {name}", make=make, argv=ARGV, seconds=40, mib=1500)


def cases() -> list[Case]:
    """The whole family."""
    makers = (malformed, expectations, toothless, hostile, places)
    return [c for maker in makers for c in maker()]
