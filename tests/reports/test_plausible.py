"""A `metrics.json` of another hand: counts that nothing can have are refused, with their place."""

from __future__ import annotations

import copy
import json

import pytest

from deri_gate.commands.score import score
from deri_gate.errors import SettingError
from deri_gate.metrics.catalogue import METRICS

INTERVAL = [0.4, 0.6]
SLICE = {"name": "x", "value": 0.5, "interval": INTERVAL, "images": 5}
SLICES = {"kind": "class", "gap": None, "worst": [SLICE], "judged": 1, "thin": 0}
VALUE = {
    "value": 0.5, "suspects": 1, "per_class": {"x": {"value": 0.5, "images": 5}}, "slices": [SLICES]
}  # fmt: skip
FIGURES = {"images": 3, "rank_accuracy": 0.5, "mass_accuracy": 0.5, "positive_ratio": 0.5, "area": 0.1}  # fmt: skip
SOUND = {
    "schema_version": 1,
    "dataset": {
        "name": "d", "fingerprint": "f", "split": None, "images": 10, "unreadable": 1,
        "classes": 2, "class_counts": {"x": 5, "y": 5},
        "read_as": {"splits": {"train": 10}, "masks": 3, "left_out": {".txt": 1}},
    },
    "profile": {"name": "standard", "hash": "0"},
    "metrics": {
        metric.name: VALUE if metric.name == "label_noise" else {"value": max(0.5, metric.low)}
        for metric in METRICS
    },
    "findings": [],
    "masks": {"masked": 3, "figures": FIGURES, "per_class": {}},
    "quality_gaps": {"quality_gap": {"value": 0.1, "interval": [0.0, 0.2], "images": 3}},
}  # fmt: skip


def counts_in(document, *path):
    """Places of all whole numbers in a document but the version."""
    if type(document) is int and path != ("schema_version",):
        yield path
    parts = document.items() if isinstance(document, dict) else ()
    parts = enumerate(document) if isinstance(document, list) else parts
    for key, value in parts:
        yield from counts_in(value, *path, key)


def scored(folder, document):
    path = folder / "metrics.json"
    path.write_text(json.dumps(document))
    return score(path)


def spoilt(place, count):
    document = copy.deepcopy(SOUND)
    inside = document
    for key in place[:-1]:
        inside = inside[key]
    inside[place[-1]] = count
    return document


def test_a_sound_one_is_read(tmp_path):
    document = spoilt(("dataset", "images"), 10)

    with pytest.raises(
        Exception, match="other definitions"
    ):  # of whose definitions this knows none
        scored(tmp_path, document)


@pytest.mark.parametrize("place", [*counts_in(SOUND)], ids=lambda p: ".".join(map(str, p)))
def test_no_count_is_below_0(tmp_path, place):
    with pytest.raises(SettingError, match=r"greater than or equal to 0") as refused:
        scored(tmp_path, spoilt(place, -1))
    assert str(place[-1]) in str(refused.value)


@pytest.mark.parametrize(
    "place",
    [("dataset", "unreadable"), ("dataset", "class_counts", "x"),
     ("metrics", "label_noise", "suspects"),
     ("metrics", "label_noise", "per_class", "x", "images"),
     ("metrics", "label_noise", "slices", 0, "worst", 0, "images"),
     ("masks", "masked"), ("masks", "figures", "images"),
     ("quality_gaps", "quality_gap", "images")],
    ids=lambda p: ".".join(map(str, p)),
)  # fmt: skip
def test_no_part_is_larger_than_the_whole(tmp_path, place):
    with pytest.raises(SettingError, match=r"images"):
        scored(tmp_path, spoilt(place, 11))
