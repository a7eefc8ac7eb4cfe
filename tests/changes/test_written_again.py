"""Files of other bytes and equal pixels do not hide those that were spoilt."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PIL import Image

from deri_gate.changes.records import KINDS
from deri_gate.data.readers import open_dataset
from tests.sweeps import sampled

SIDES = np.where(np.arange(24) < 12, 160, 90)[None, :]


@pytest.fixture(scope="module")
def pictures():
    """Sixty noisy pictures of each class: bright on the left, and on the right."""
    generator = np.random.default_rng(0)
    sides = [SIDES if i < 60 else SIDES[:, ::-1] for i in range(120)]
    return [np.clip(generator.normal(s, 25, (24, 24)), 0, 255).astype(np.uint8) for s in sides]


@pytest.fixture
def saved(tmp_path, pictures):
    """A folder of classes; those of some numbers are spoilt, the rest may be written again."""

    def save(
        name,
        compression,
        inverted=(),
        blurred=(),
        contrast=1.0,
        *,
        called="{}.png",
        stamped=(),
        step=1,
    ):
        for i, levels in list(enumerate(pictures))[::step]:
            folder = tmp_path / name / ("left" if i < 60 else "right")
            folder.mkdir(parents=True, exist_ok=True)
            shown = 255 - levels if i in inverted else levels
            shown = np.clip(128 + contrast * (shown - 128.0), 0, 255).astype(np.uint8)
            if i in blurred:
                shown = cv2.GaussianBlur(shown, (0, 0), 1.5)
            if i in stamped:
                shown[:6, :12] = 255
            Image.fromarray(shown).save(folder / called.format(i), compress_level=compression)
        return open_dataset(tmp_path / name)

    return save


def test_spoilt_images_do_not_hide_among_files_that_were_written_again(change, saved):
    """With their 111 ties, the nine were no more than chance."""
    spoilt = range(0, 120, 14)
    alone = change(saved("base", 1), saved("alone", 1, spoilt))
    among = change(saved("base", 1), saved("among", 9, spoilt))

    assert (len(alone.matching.modified), len(among.matching.modified)) == (9, 120)
    assert {t.count for t in among.tests} == {9}
    assert among.least_p == alone.least_p
    assert min(p for p in among.least_p.values() if p is not None) < 0.01


def test_files_that_were_only_written_again_are_no_evidence(change, saved):
    """They are listed, and leave nothing to ask."""
    found = change(saved("base", 1), saved("again", 9))

    assert len(found.matching.modified) == 120
    assert found.tests == ()


@pytest.mark.sweep
@pytest.mark.parametrize("called", sampled(["new {}.png", "new {}.bmp"]))
def test_files_that_were_written_again_under_another_name_are_the_same_images(
    change, saved, called
):
    """They had all gone and come: with a test split, leaks were unknown."""
    spoilt = range(0, 120, 14)
    again = change(saved("base", 1), saved("again", 9, called=called))
    among = change(saved("base", 1), saved("among", 9, spoilt, called=called))

    assert dict(again.matching.counts) == dict.fromkeys(KINDS, 0) | {"modified": 120}
    assert ("converted to another format" in again.sentence) == called.endswith("bmp")
    assert again.tests == ()
    assert len(among.matching.modified) == 120  # those that are blurred are known by their look
    assert {test.count for test in among.tests} == {9}


@pytest.mark.sweep
def test_spoilt_images_do_not_hide_where_all_others_became_better(change, saved):
    """All have more contrast, so that their edges are stronger; fourteen are blurred."""
    spoilt = set(range(0, 120, 9))
    base = saved("base", 1)
    among = change(base, saved("among", 1, blurred=spoilt, contrast=1.1))
    honest = change(base, saved("honest", 1, contrast=1.1))

    told = next(test for test in among.tests if test.name == "modified.sharpness")
    assert told.adjusted_p < 0.01
    assert {int(name.split("/")[1][:-4]) for name in told.images} <= spoilt
    assert told.sentence.startswith(f"{told.count} of 120 changed images are blurrier than before")
    assert "modified.sharpness" not in {t.name for t in honest.tests if t.adjusted_p < 0.01}


@pytest.mark.sweep
def test_spoilt_images_do_not_hide_among_files_of_another_form(change, saved):
    """JPEG makes half of the others a little more unusual, and half less."""
    base, spoilt = saved("base", 1, step=4), range(0, 120, 16)
    honest = change(base, saved("honest", 1, called="{}.jpg", step=4))
    among = change(base, saved("among", 1, called="{}.jpg", stamped=spoilt, step=4))

    assert "modified.novelty" not in {t.name for t in honest.tests if t.adjusted_p < 0.01}
    told = next(test for test in among.tests if test.name == "modified.novelty")
    assert told.adjusted_p < 0.01
    assert {int(name.split("/")[1][:-4]) for name in told.images} == set(spoilt)
