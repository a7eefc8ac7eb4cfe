"""Tests of the plugin, as its author would write them."""

from types import SimpleNamespace

import numpy as np
import pytest

from toy_format import FORMAT
from toy_metric import METRIC
from toy_reader import READER


@pytest.mark.parametrize(("levels", "expected"), [([7, 7], 0.0), ([0, 255], 127.5)])
def test_grey_spread_worked_by_hand(levels, expected) -> None:
    assert METRIC.of_image(np.array([levels])) == pytest.approx(expected)
    assert METRIC.low <= expected <= METRIC.high


def test_a_line_is_a_picture(tmp_path) -> None:
    (tmp_path / "two.greys").write_text("cat 3\ndog 200\n")
    samples = list(READER.read(str(tmp_path / "two.greys")))

    assert [sample.labels for sample in samples] == [("cat",), ("dog",)]
    assert len({sample.path for sample in samples}) == 2
    assert all(sample.content.startswith(b"\x89PNG") for sample in samples)


def test_the_format_has_the_name_of_its_entry_point() -> None:
    assert FORMAT.name == "oneline"


@pytest.mark.parametrize(("known", "said"), [(864.9, "865"), (None, "no score")])
def test_the_line_says_the_score_or_that_there_is_none(known, said) -> None:
    report = SimpleNamespace(
        verdict="fail",
        checks=[SimpleNamespace(status="fail"), SimpleNamespace(status="pass")],
        metrics=SimpleNamespace(dataset=SimpleNamespace(name="pets")),
        scored=SimpleNamespace(deri1000=known),
    )
    assert FORMAT.render(report) == f"fail pets {said} (1 missed)\n"
