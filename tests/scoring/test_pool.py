"""The reference pool: found by name, folder or file, and refused when it is not one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from deri_gate.commands.score import score
from deri_gate.errors import PoolError
from deri_gate.metrics.catalogue import METRICS
from deri_gate.metrics.profile import PAPER, STANDARD
from deri_gate.scoring.pool import PUBLISHED_WEIGHTS, find_pool, read_pool

if TYPE_CHECKING:
    from pathlib import Path


def member(name, **metrics):
    return {
        "name": name,
        "version": "1",
        "licence": "CC0-1.0",
        "source": "https://example.org",
        "fingerprint": f"of {name}",
        "images": 10,
        "classes": 2,
        "metrics": {"imbalance": 0.5, **metrics},
    }


@pytest.fixture
def document():
    """A pool that is right, to be spoilt."""
    return {
        "schema_version": 1,
        "name": "mine",
        "profile": {"name": "standard", "hash": STANDARD.hash},
        "weights": {"imbalance": 1.0},
        "datasets": [member("a"), member("b"), member("c", imbalance=0.7)],
    }


@pytest.fixture
def written(tmp_path):
    def write(document, folder="mine"):
        path = tmp_path / folder / "pool.json"
        path.parent.mkdir()
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        return path

    return write


def test_what_is_written_is_read_back(document, written, tmp_path):
    """And written again as the same bytes."""
    pool = read_pool(written(document))
    again = tmp_path / "again.json"
    again.write_text(pool.to_json())

    assert [m.name for m in pool.datasets] == ["a", "b", "c"]
    assert read_pool(again) == pool
    assert read_pool(again).to_json() == pool.to_json()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"weigths": {}}, "weigths"),
        ({"schema_version": 2}, "schema_version"),
        ({"datasets": [member("a"), member("b")]}, "datasets"),
        ({"datasets": [member("a"), member("b"), member("a")]}, "two datasets have one name"),
        ({"datasets": [member("a"), member("b"), member("b") | {"name": "c"}]}, "count twice"),
        ({"datasets": [member("a"), member("b"), member("c", blur=1.0)]}, "blur: no such metric"),
        ({"weights": {"imbalanse": 1.0}}, "imbalanse: no such metric"),
        ({"weights": {"imbalance": -0.1}}, "weights.imbalance"),
        ({"weights": {"imbalance": 0.0}}, "no weight is above 0"),
        ({"weights": {}}, "no weight is above 0"),
        ({"weights": {"imbalance": 1e308, "sharpness": 1e308}}, "too large to be added"),
        ({"power": 1e-300}, "makes all means 1"),
        ({"datasets": [member("a"), member("b"), member("c", imbalance=None)]}, "imbalance"),
        ({"datasets": [member("a"), member("b"), member("c") | {"images": 0}]}, "images"),
        ({"datasets": [member("a"), member("b"), member("c") | {"note": "x"}]}, "note"),
        ({"profile": {"name": "standard"}}, "profile.hash"),
    ],
)
def test_a_spoilt_pool_is_refused(document, written, change, said):
    """With the place and the reason, and what to do."""
    with pytest.raises(PoolError, match="is not a reference pool") as caught:
        read_pool(written(document | change))

    assert said in str(caught.value)
    assert "deri-gate calibrate" in caught.value.fix


@pytest.mark.parametrize("text", ["", "{", "[]", "pool"])
def test_what_is_no_json_is_refused(written, text):
    """In one line, without a traceback."""
    with pytest.raises(PoolError, match="is not a reference pool") as caught:
        read_pool(written(text))

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
@pytest.mark.parametrize("place", ["weights", "metrics"])
def test_numbers_that_are_none_are_refused(document, written, number, place):
    """In a value or in a weight."""
    holder = document if place == "weights" else document["datasets"][0]
    holder[place] = {"imbalance": 12345}

    with pytest.raises(PoolError):
        read_pool(written(json.dumps(document).replace("12345", number)))


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    """The system's own words are passed on."""
    with pytest.raises(PoolError, match="cannot be read"):
        read_pool(tmp_path)


def test_a_pool_is_found_by_file_folder_and_name(document, written, monkeypatch, tmp_path):
    """A name is that of a shipped pool."""
    path = written(document)
    monkeypatch.setattr("deri_gate.runtime.resources.shipped", lambda _: tmp_path)

    assert find_pool(str(path)) == path
    assert find_pool(str(path.parent)) == path
    assert find_pool("mine") == path


def test_no_such_pool_says_which_there_are(document, written, monkeypatch, tmp_path):
    """So that a misspelt name can be corrected."""
    written(document)
    monkeypatch.setattr("deri_gate.runtime.resources.shipped", lambda _: tmp_path)

    with pytest.raises(PoolError, match="there is no shipped pool 'nine'") as caught:
        find_pool("nine")

    assert "mine" in caught.value.fix


def test_the_hash_is_of_the_content(document, written):
    """Stable over reading and the order of keys; another value or weight is another pool."""
    pool = read_pool(written(document))
    turned = read_pool(written(dict(reversed(document.items())), "turned"))
    document["weights"]["imbalance"] = 2.0
    other = read_pool(written(document, "other"))

    assert pool.hash == turned.hash != other.hash
    assert len(pool.hash) == 16


def test_published_weights_are_of_our_metrics_and_sum_to_1():
    """As the paper has them, to its rounding."""
    assert set(PUBLISHED_WEIGHTS) <= {m.name for m in METRICS}
    assert len(PUBLISHED_WEIGHTS) == 11
    assert sum(PUBLISHED_WEIGHTS.values()) == pytest.approx(1, abs=1e-3)


@pytest.fixture
def measured(tmp_path):
    def write(profile):
        path = tmp_path / "metrics.json"
        dataset = {"name": "d", "fingerprint": "f", "split": None, "images": 9, "unreadable": 0,
                   "classes": 2, "class_counts": {"a": 4, "b": 5}}  # fmt: skip
        content = {"schema_version": 1, "dataset": dataset, "metrics": {"imbalance": {"value": 0.5}},
                   "profile": {"name": profile.name, "hash": profile.hash}, "findings": []}  # fmt: skip
        path.write_text(json.dumps(content))
        return path

    return write


def test_values_of_the_pools_profile_are_scored(document, written, measured):
    """The median of the pool: 50 points."""
    result = score(measured(STANDARD), pool=str(written(document)))

    assert result.scored.subscores["imbalance"] == pytest.approx(50)


def test_values_of_another_profile_are_refused(document, written, measured):
    """A clear error that names both, never a number."""
    with pytest.raises(PoolError, match="do not compare") as caught:
        score(measured(PAPER), pool=str(written(document)))

    assert STANDARD.hash in str(caught.value)
    assert PAPER.hash in str(caught.value)


def test_a_pool_that_may_not_be_read_is_not_told_to_be_made_again(monkeypatch, tmp_path):
    """Its permissions are the cause; so for every document of ours."""

    def refused(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("deri_gate.scoring.pool.read_regular_file", refused)
    with pytest.raises(PoolError, match="Permission denied") as told:
        read_pool(tmp_path / "pool.json")

    assert "Let this user read it" in str(told.value)
    assert "calibrate" not in str(told.value)
