"""Documents that somebody edited: read, or refused in words; never a traceback, never lenient."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deri_gate.drift.history import COLUMNS, parsed_history, read_history
from deri_gate.errors import DeriGateError
from deri_gate.gate import Row, judge
from deri_gate.gate.suite import check_suite
from deri_gate.github.settings import settings_in
from deri_gate.measuring.shares import SHARES
from deri_gate.metrics.catalogue import METRICS
from deri_gate.reports.documents import read_metrics
from deri_gate.runtime.resources import shipped
from deri_gate.scoring.pool import find_pool, read_pool
from deri_gate.study.candidates.sources import read_sources
from tests.sweeps import randomly

NAMES = [*(m.name for m in METRICS), "DERI1000", "U", *SHARES]
METRICS_JSON = {
    "schema_version": 1,
    "dataset": {
        "name": "d", "fingerprint": "f", "split": None, "images": 10, "unreadable": 0,
        "classes": 2, "class_counts": {"a": 5, "b": 5},
    },
    "profile": {"name": "standard", "hash": "h"},
    "metrics": {
        "sharpness": {"value": 5.0, "interval": [4.0, 6.0], "resamples": [5.0, 4.5]},
        "exposure": {"value": 0.5, "interval": [0.4, 0.6], "resamples": [0.5, 0.4]},
        "separation": {"value": None, "reason": "not asked for"},
    },
    "findings": [],
    "shares": {"leaked_groups": {"value": None, "reason": "no groups"}},
}  # fmt: skip
PARAMS = {
    "gate": {
        "datasets": {"scans": "data/scans"}, "suite": "data_only", "pool": "standard",
        "profile": "standard", "metrics": "data", "seed": 42,
    }
}  # fmt: skip
SOURCES = [{"name": "a", "path": "p", "version": "1", "licence": "CC0", "source": "here"}]

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8),
    st.sampled_from(["5", "1e5", "true", "\ud800", "", "2024-01-01", "__root__", "../..", -0.0]),
)  # fmt: skip
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


def places(document: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Path of every value in a document, itself left out."""
    found: list[tuple[Any, ...]] = []
    if isinstance(document, dict | list):
        inside = document.items() if isinstance(document, dict) else enumerate(document)
        for key, value in inside:
            found += [(*here, key), *places(value, (*here, key))]
    return found


def edited(document: Any, place: tuple[Any, ...], value: Any) -> Any:
    """A copy of the document with another value in one place."""
    copy = json.loads(json.dumps(document))
    inside = copy
    for key in place[:-1]:
        inside = inside[key]
    inside[place[-1]] = value
    return copy


def edits(document: Any) -> st.SearchStrategy[bytes]:
    """The document as JSON, with something else in one or two places, or cut."""
    one = st.tuples(st.sampled_from(places(document)), anything)
    changed = one.map(lambda edit: json.dumps(edited(document, *edit)).encode())
    text = json.dumps(document).encode()
    cut = st.integers(0, len(text)).map(lambda end: text[:end])
    noisy = st.tuples(st.integers(0, len(text)), st.binary(max_size=4)).map(
        lambda noise: text[: noise[0]] + noise[1] + text[noise[0] :]
    )
    return st.one_of(changed, changed, cut, noisy)


def tried(read: Any, content: bytes) -> Any:
    """What a reader makes of the file; None when it is refused in words."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "document.json"
        path.write_bytes(content)
        try:
            return read(path)
        except DeriGateError:
            return None


@randomly(300)
@given(edits(METRICS_JSON))
def test_metrics(content):
    found = tried(read_metrics, content)

    if found is not None:
        again = json.loads(content)
        assert {k: v.value for k, v in found.metrics.items()} == {
            k: v.get("value") for k, v in again["metrics"].items()
        }
        assert all(not isinstance(v.get("value"), bool | str) for v in again["metrics"].values())


POOL = json.loads(find_pool("smoke").read_bytes())


@randomly(300)
@given(edits(POOL))
def test_pools(content):
    found = tried(read_pool, content)

    if found is not None:
        said = json.loads(content)
        if not said["profile"].get("definitions", True):
            del said["profile"]["definitions"]  # none is as good as an empty one
        for name in ("other_weights", "left_out"):
            if not said.get(name, True):
                del said[name]  # likewise
        assert json.loads(found.to_json()) == said


@randomly(300)
@given(edits(SOURCES))
def test_sources(content):
    found = tried(read_sources, content)

    if found is not None:
        said = [{"domain": "", **one} for one in json.loads(content)]
        assert [one.model_dump() for one in found] == said


@randomly(300)
@given(edits(PARAMS) | st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_params(content):
    try:
        found = settings_in(content, "params.yaml")
    except DeriGateError:
        return
    if found is not None:
        assert found.seed >= 0
        assert all(isinstance(path, str) for path in found.datasets.values())


LINE = {
    "date": "2026-11-30", "batch": "b", "batch_fingerprint": "f1", "images": "10",
    "baseline": "base", "baseline_fingerprint": "f0", "profile": "one", "deri1000": "1000",
    "p.sharpness": "0.5", "effect.sharpness": "0.1", "score.sharpness": "0",
}  # fmt: skip
cells = st.text(max_size=8) | st.sampled_from(
    [
        "0",
        "1",
        "-1",
        "2",
        "nan",
        "inf",
        "1e-400",
        "1e400",
        "1_0",
        " 1",
        "٣",
        "yesterday",
        "20261130",
        "a|b",
    ]
)


@randomly(400)
@given(st.sampled_from(COLUMNS), cells, st.sampled_from(["", ",", ",x", "\n"]))
def test_histories(column, cell, after):
    row = {**dict.fromkeys(COLUMNS, ""), **LINE, column: cell}
    text = ",".join(COLUMNS) + "\n" + ",".join(row[name] for name in COLUMNS) + after
    found = tried(lambda path: read_history(path, profile=row["profile"]), text.encode())

    for one in found or ():
        assert all(p is None or 0 < p <= 1 for p in one.ps.values())
        assert one.images >= 0
        assert one.date[4] == one.date[7] == "-"


@pytest.mark.parametrize(
    ("column", "cell"),
    [("p.sharpness", p) for p in ("0", "nan", "2", "-0.1", "1e-400", "0.5 ", "inf")]
    + [("date", d) for d in ("yesterday", "20261130", "2026-W48-1", "2026-13-01", "")]
    + [("images", n) for n in ("1.0", "-1", "ten", "", "1e3")]
    + [("deri1000", "high"), ("started", "nothing"), ("score.sharpness", "-1"), ("batch_fingerprint", "")],
)  # fmt: skip
def test_cells_that_a_history_cannot_have(column, cell):
    row = {**dict.fromkeys(COLUMNS, ""), **LINE}
    whole = ",".join(COLUMNS) + "\n" + ",".join(row.values()) + "\n"
    assert len(parsed_history(whole.encode())) == 1

    row[column] = cell
    with pytest.raises(ValueError, match=r"line 2: |other columns"):
        parsed_history((",".join(COLUMNS) + "\n" + ",".join(row.values()) + "\n").encode())


GOOD = [Row(metric=name, raw=0.0, subscore=50.0, weight=0.1) for name in NAMES]
SUITE = json.loads((shipped("expectations") / "data_only.json").read_bytes())
SUITE["expectations"] = SUITE["expectations"][:4]


@randomly(60)
@given(edits(SUITE))
def test_suites(content):
    """What is read as a suite is judged, and its limits are those in the file."""

    def read(path: Path) -> Any:
        check_suite(path, NAMES)
        return judge(GOOD, path)

    found = tried(read, content)
    if found is not None:
        declared = json.loads(content)["expectations"]
        assert len(found.checks) == len(declared)
        for check, entry in zip(found.checks, declared, strict=True):
            limits = [v for k, v in entry["kwargs"].items() if k in ("minimum", "maximum")]
            assert limits == [check.limit]
            assert not isinstance(limits[0], bool)
