"""New and edited images that are mirrored, turned, or shown in another window."""

from __future__ import annotations

import re

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

import deri_gate
from tests.sweeps import sampled

pytestmark = pytest.mark.one_cache
QUIET = deri_gate.Machine(progress=False)
SEVENS = load_digits().images[load_digits().target == 7]
FOURS = load_digits().images[load_digits().target == 4]


def shown(levels: np.ndarray) -> np.ndarray:
    """A digit on grey ground, as a film has it."""
    return np.kron(60 + 8 * levels, np.ones((4, 4)))


def write(folder, some, change=lambda picture: picture):
    """Handwritten sevens and fours; the same ones for the same numbers."""
    for i in some:
        for name, digits in (("seven", SEVENS), ("four", FOURS)):
            (folder / name).mkdir(parents=True, exist_ok=True)
            levels = np.clip(np.round(change(shown(digits[i]))), 0, 255).astype(np.uint8)
            Image.fromarray(levels).save(folder / name / f"{i}.png")
    return folder


def asked_of(head, base):
    """Status of limits on changes, and sentences of what differs, by property."""
    report = deri_gate.check(
        head, base=base, out=head.parent / f"{head.name}.out", machine=QUIET,
        metrics="sharpness,noise_artifacts,exposure,resolution",
    )  # fmt: skip
    status = {check.metric: str(check.status) for check in report.checks}
    return status, {t.about: t.sentence for t in report.change.tests if t.adjusted_p < 0.05}


@pytest.mark.parametrize(
    ("change", "said"),
    sampled([
        (lambda p: p[:, ::-1], "mirrored left to right"),
        (lambda p: p[::-1], "mirrored top to bottom"),
        (lambda p: p[::-1, ::-1], "turned by 180 degrees"),
        (np.rot90, "turned by 90 degrees"),
    ]),
)  # fmt: skip
@pytest.mark.parametrize("edited", [False, True])
def test_images_that_are_mirrored_or_turned_warn(tmp_path, change, said, edited) -> None:
    base = write(tmp_path / "base", range(100))
    new = range(20) if edited else range(120, 140)
    head = write(write(tmp_path / "head", range(100)), new, change)
    status, sentences = asked_of(head, base)

    assert status["orientation"] == "warn"
    assert f"They fit the base best if taken as {said}." in sentences["orientation"]


@pytest.mark.parametrize("edited", sampled([False, True]))
def test_some_of_them_are_told_by_name(tmp_path, edited) -> None:
    """A third of the new ones, as where one of three senders mirrors them."""
    base = write(tmp_path / "base", range(100))
    some, rest = (range(10), range(10, 30)) if edited else (range(120, 130), range(130, 150))
    head = write(write(tmp_path / "head", range(100)), rest, lambda p: p + 1)
    write(head, some, lambda p: p[:, ::-1])
    status, sentences = asked_of(head, base)

    assert status["orientation"] == "warn"
    told = sentences["orientation"]
    assert re.match(r"(1[5-9]|2[0-4]) of 60 (new|changed) images are laid out differently", told)
    assert told.endswith("They fit the base best if taken as mirrored left to right.")


def test_most_of_them_are_told_by_name(tmp_path) -> None:
    """Two thirds, whose mean layout fits neither way clearly."""
    base = write(tmp_path / "base", range(100))
    head = write(write(tmp_path / "head", range(100)), range(120, 130))
    write(head, range(130, 150), lambda p: p[:, ::-1])
    status, sentences = asked_of(head, base)

    told = sentences["orientation"]
    assert status["orientation"] == "warn"
    assert re.match(r"(3[0-9]|4[0-4]) of 60 new images are laid out differently", told)
    assert told.endswith("They fit the base best if taken as mirrored left to right.")


@pytest.mark.parametrize(
    "change",
    sampled([
        lambda p: p,
        lambda p: p + np.random.default_rng(1).normal(0, 40, p.shape),
        lambda p: 0.25 * p + 80,
        lambda p: np.random.default_rng(int(p.sum())).uniform(0, 255, p.shape),
    ]),
)  # fmt: skip
def test_what_is_noisy_faint_or_else_is_not_turned(tmp_path, change) -> None:
    base = write(tmp_path / "base", range(100))
    head = write(write(tmp_path / "head", range(100)), range(120, 140), change)

    assert asked_of(head, base)[0]["orientation"] == "pass"


def test_one_image_more_says_nothing(tmp_path) -> None:
    """A single one may lie as it likes, and a class that is new has no like."""
    base = write(tmp_path / "base", range(30))
    head = write(write(tmp_path / "head", range(30)), [40], lambda p: p[:, ::-1])
    (head / "four" / "40.png").rename(head / "seven" / "4.png")
    (head / "nine").mkdir()
    (head / "seven" / "40.png").rename(head / "nine" / "40.png")

    assert asked_of(head, base)[0]["orientation"] == "pass"


@pytest.mark.parametrize(
    ("change", "said"),
    sampled([
        (lambda p: p + 14, "On average they are brighter by 13 grey levels."),
        (lambda p: p - 14, "On average they are darker by 15 grey levels."),
        (lambda p: 0.85 * (p - 86) + 86, "of less contrast by"),
        (lambda p: 255 * (p / 255) ** 0.8, "brighter by"),
    ]),
)  # fmt: skip
def test_another_window_warns(tmp_path, change, said) -> None:
    base = write(tmp_path / "base", range(100))
    head = write(write(tmp_path / "head", range(100)), range(120, 140), change)
    status, sentences = asked_of(head, base)

    assert status["intensity"] == "warn"
    assert said in sentences["intensity"]


def test_other_digits_of_the_same_window_do_not(tmp_path) -> None:
    base = write(tmp_path / "base", range(100))
    head = write(write(tmp_path / "head", range(100)), range(120, 140))
    status, sentences = asked_of(head, base)

    assert (status["intensity"], status["orientation"]) == ("pass", "pass")
    assert not {"intensity", "orientation"} & sentences.keys()


def test_images_of_another_shape_warn(tmp_path) -> None:
    """Of as many pixels: half as high, and twice as wide."""
    base = write(tmp_path / "base", range(60))
    head = write(
        write(tmp_path / "head", range(60)),
        range(120, 130),
        lambda p: np.kron(p[::2], np.ones((1, 2))),
    )
    status, sentences = asked_of(head, base)

    assert status["size"] == "warn"
    assert "other sizes or shapes" in sentences["size"]
