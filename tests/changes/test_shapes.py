"""Colours of new and edited images: another stain or white balance, and what is none."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

import deri_gate
from deri_gate.changes.hypothesis import Hypothesis, any_way
from deri_gate.changes.testing import _adjusted
from deri_gate.stats.rank_tests import RankTest

pytestmark = pytest.mark.one_cache
STAINS = {"cells": (30.0, 25.0), "tissue": (-20.0, 10.0)}  # red and blue less the brightness
QUIET = deri_gate.Machine(progress=False)


def write(folder, some, *, cast=(0.0, 0.0), only="", quality=0):
    """Pictures of two classes, each of its own stain; the same ones for the same numbers."""
    for i in some:
        name = only or list(STAINS)[i % 2]
        rng = np.random.default_rng(i)
        red, blue = np.array(STAINS[name]) + rng.normal(0, 8, 2) + cast
        tint = np.array([red, -(0.299 * red + 0.114 * blue) / 0.587, blue])
        levels = rng.uniform(90, 150) + tint + rng.normal(0, 5, (24, 24, 1))
        (folder / name).mkdir(parents=True, exist_ok=True)
        picture = Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8))
        if quality:
            picture.save(folder / name / f"{i}.jpg", quality=quality)
        else:
            picture.save(folder / name / f"{i}.png")
    return folder


def asked_of(head, base, kind):
    """The test of the colours of one kind of changed images."""
    report = deri_gate.check(
        head, base=base, out=head.parent / f"{head.name}.out", machine=QUIET,
        metrics="sharpness,noise_artifacts,exposure,resolution",
    )  # fmt: skip
    check = next(check for check in report.checks if check.metric == "colour")
    return check, next(test for test in report.change.tests if test.name == f"{kind}.colour")


def test_new_images_of_another_white_balance_warn(tmp_path) -> None:
    base = write(tmp_path / "base", range(120))
    head = write(write(tmp_path / "head", range(120)), range(200, 230), cast=(0.0, 14.0))
    check, test = asked_of(head, base, "added")

    assert (check.status, test.adjusted_p < 1e-4, test.effect > 0.5) == ("warn", True, True)
    assert "30 new images have other colours than the images of the base" in test.sentence
    assert "bluer by 13 grey levels." in test.sentence
    assert all(name.split("/")[1] >= "200" for name in test.images)


@pytest.mark.parametrize("only", ["", "cells"])
def test_new_images_of_the_same_stain_do_not(tmp_path, only) -> None:
    """Not even where all are of one class, whose colours differ from those of the other."""
    base = write(tmp_path / "base", range(120))
    head = write(write(tmp_path / "head", range(120)), range(200, 230), only=only)
    check, test = asked_of(head, base, "added")

    assert (check.status, test.adjusted_p > 0.2) == ("pass", True)
    assert "On average" not in test.sentence


def test_edited_images_are_compared_with_what_they_were(tmp_path) -> None:
    """A cast that is far less than images differ by."""
    base = write(tmp_path / "base", range(60))
    edited = write(write(tmp_path / "head", range(60)), range(20), cast=(-4.0, 4.0))
    check, test = asked_of(edited, base, "modified")

    assert (check.status, test.count) == ("warn", 20)
    assert "less red by" in test.sentence
    assert "and bluer by" in test.sentence


def test_a_jpeg_of_the_same_picture_keeps_its_colours(tmp_path) -> None:
    base = write(tmp_path / "base", range(60))
    head = write(write(tmp_path / "head", range(20, 60)), range(20), quality=60)

    assert asked_of(head, base, "modified")[0].status == "pass"


def test_the_surest_way_counts_as_often_as_there_are_ways() -> None:
    ways = [
        Hypothesis(
            kind="added", about="colour", positions=np.arange(2),
            finding=RankTest(effect, p, np.array([0.5, effect]), open=is_open),
        )
        for effect, p, is_open in ((0.1, 0.5, False), (0.9, 0.01, False), (0.3, 0.4, True))
    ]  # fmt: skip
    found = any_way(ways)

    assert (found.finding.effect, found.finding.p, found.finding.open) == (0.9, 0.03, True)
    assert found.direction == "different"
    assert any_way(ways[:1] * 3).finding.p == 1.0


def test_questions_without_a_bad_direction_make_the_others_no_less_sure() -> None:
    """By hand: Holm of .01 and .04, and apart from them of .002, .03 and .5."""
    given = {"sharpness": 0.01, "novelty": 0.04, "size": 0.002, "colour": 0.03, "intensity": 0.5}
    asked = [
        ("", Hypothesis(
            kind="added", about=about, positions=np.arange(2),
            finding=RankTest(0.5, p, np.array([0.5, 0.5])),
        ))
        for about, p in given.items()
    ]  # fmt: skip

    assert _adjusted(asked) == pytest.approx([0.02, 0.04, 0.006, 0.06, 0.5])
