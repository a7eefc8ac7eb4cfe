"""Sets that leave nothing to compare: an answer or a reason, and no warning of NumPy in between.

Every warning is an error in these tests.
"""

from __future__ import annotations

import pytest
from PIL import Image

import deri_gate
from deri_gate.schemas.statuses import Status
from tests.sweeps import sampled

QUIET = deri_gate.Machine(progress=False)


@pytest.fixture
def write(tmp_path, random_pictures):
    """Write so many different pictures a folder, or so many blank ones."""

    def run(name, blank=(), **counts):
        pictures = iter(random_pictures(sum(counts.values()), side=40, seed=len(name)))
        for folder, count in counts.items():
            place = tmp_path / name / folder.replace("__", "/")
            place.mkdir(parents=True)
            for i in range(count):
                picture = next(pictures)
                Image.fromarray(picture * (folder not in blank)).save(place / f"{i}.png")
        return tmp_path / name

    return run


@pytest.mark.parametrize(
    "head",
    sampled(
        [
            {"cat": 2, "dog": 2},
            {"cat": 1},
            {"train__cat": 4, "test__cat": 2, "test__dog": 2},
            {"cat": 3, "dog": 3, "blank": ("cat", "dog")},
        ]
    ),
    ids=",".join,
)
def test_no_warning_escapes(write, tmp_path, head):
    """Alone, and against a base of one class that is larger: a resample may leave all of it out."""
    given = write("head", **head)
    base = write("base", cat=12)
    for options in ({}, {"base": base}):
        report = deri_gate.check(
            given, metrics="data", machine=QUIET, out=tmp_path / "out", **options
        )

        assert report.verdict in {Status.UNKNOWN, Status.FAIL}


@pytest.mark.parametrize(
    ("broken", "share", "note"),
    sampled(
        [
            ((), 0, ""),
            (("test__cat",), 2 / 4, "of the other splits, 2 of 4 images"),
            (("train__cat",), 6 / 12, ""),
            (("train__cat", "test__cat"), 6 / 12, ""),
            (("val__cat", "val__dog", "test__cat"), 6 / 8, "of the other splits, 6 of 8 images"),
        ],
        0,
        3,
    ),
)
def test_no_split_is_too_broken_to_be_looked_at(write, broken, share, note):
    """The worse of what is judged and of all else counts, so that neither hides behind the other.

    Leaks and contradictions are looked for in all splits: what cannot be read passes none of them.
    """
    counts = {"train__cat": 6, "train__dog": 6, "test__cat": 2, "test__dog": 2}
    if "val__cat" in broken:
        counts |= {"val__cat": 2, "val__dog": 2}
    folder = write("set", **counts)
    for name in broken:
        for path in (folder / name.replace("__", "/")).iterdir():
            path.write_bytes(path.read_bytes()[:40])
    found = deri_gate.measure(folder, metrics="exposure", machine=QUIET).shares["unreadable_share"]

    assert found.value == pytest.approx(share)
    assert found.note == note


@pytest.mark.parametrize("place", ["", "cat", "deri-report"])
def test_a_report_never_lies_in_a_dataset(write, place):
    """Its plots would be a class of the next run, and its table an unreadable image."""
    folder = write("set", cat=3, dog=3)
    (folder / "scores.json").write_text("of the user")
    for given in ({"dataset": folder}, {"dataset": write("other", cat=3), "base": folder}):
        with pytest.raises(deri_gate.DeriGateError, match="lies in a dataset"):
            deri_gate.check(**given, machine=QUIET, out=folder / place)
    assert (folder / "scores.json").read_text() == "of the user"
    assert not (folder / "deri-report").exists()


@pytest.mark.parametrize("name", ["images.parquet", "subscores.csv"])
def test_no_report_replaces_the_table_that_is_judged(write, name):
    folder = write("set", cat=3, dog=3)
    table = folder / name
    table.write_text("path,label\n")

    with pytest.raises(deri_gate.DeriGateError, match="holds a file that a report would replace"):
        deri_gate.check(table, machine=QUIET, out=folder)
    assert table.read_text() == "path,label\n"


def test_what_is_no_file_cannot_be_copied_with_decisions(tmp_path, random_pictures):
    held = (random_pictures(4), ["a", "b"] * 2)

    with pytest.raises(deri_gate.DeriGateError, match="tuple: is no manifest on disk"):
        deri_gate.review(held, cases=tmp_path / "r.csv", apply=tmp_path / "m.csv", machine=QUIET)
