"""The single pass: nothing is looked at twice, and what breaks shifts no row."""

from __future__ import annotations

import importlib.util
from dataclasses import replace

import cv2
import numpy as np
import pytest

from deri_gate.data.picture import model_input, thumbnail
from deri_gate.errors import SettingError
from deri_gate.features.encoder import load_encoder
from deri_gate.features.looking import CHUNK
from deri_gate.features.scan import scan
from deri_gate.metrics.context import Context
from deri_gate.metrics.profile import PAPER, STANDARD
from deri_gate.runtime.engine import Machine
from deri_gate.runtime.store import Store

QUIET = Machine(device="cpu", workers=2, progress=False)


@pytest.fixture
def look(tmp_path, tiny_encoder):
    """One pass over a dataset, all in one store unless another folder is named."""

    def run(dataset, encoder=None, *, embed=True, keep=(), folder="store", **settings):
        encoder = encoder or tiny_encoder()
        context = Context(
            profile=settings.pop("profile", STANDARD),
            store=Store(tmp_path / folder),
            machine=settings.pop("machine", QUIET),
        )
        make = (lambda: encoder) if embed else None
        return scan(dataset, context=context, encoder=make, keep=frozenset(keep))

    return run


def content(found):
    """All that a pass brought, as bytes."""
    table = found.table
    arrays = (found.embeddings, table.height, table.width, table.channels, table.thumbnails)
    values = [table.values[k].tobytes() for k in sorted(table.values)]
    return (
        table.keys,
        *(a.tobytes() for a in arrays),
        *values,
        found.readable.tobytes(),
        found.findings,
    )


def test_the_first_pass_looks_at_all(look, dataset_of, random_pictures):
    """Every image is decoded and embedded once."""
    found = look(dataset_of(random_pictures(70), [0] * 70))

    assert (found.decoded, found.embedded) == (70, 70)
    assert found.readable.all()
    assert found.embeddings.shape == (70, 48)


def test_the_second_pass_looks_at_none(look, dataset_of, random_pictures, tiny_encoder):
    """Nothing is decoded, nothing is embedded, and the result is the same to the byte."""
    dataset, encoder = dataset_of(random_pictures(70), [0] * 70), tiny_encoder()
    first, second = look(dataset, encoder), look(dataset, encoder)

    assert (second.decoded, second.embedded, encoder.seen) == (0, 0, 70)
    assert content(first) == content(second)


def test_only_new_images_are_looked_at(look, dataset_of, random_pictures, tiny_encoder):
    """Two of two hundred are new: two are decoded and embedded, wherever they come."""
    pictures, encoder = random_pictures(202), tiny_encoder()
    look(dataset_of(pictures[:200], [0] * 200))
    order = np.random.default_rng(0).permutation(202)
    every = dataset_of([pictures[i] for i in order], [0] * 202)
    found = look(every, encoder)

    assert (found.decoded, found.embedded, encoder.seen) == (2, 2, 2)
    assert content(found) == content(look(every, folder="cold"))


def test_labels_and_names_cost_nothing(look, dataset_of, random_pictures):
    """What is known is known by content."""
    pictures = random_pictures(10)
    look(dataset_of(pictures, [0] * 10))
    found = look(dataset_of(pictures, [0, 1] * 5, ids=[f"other/{i}" for i in range(10)]))

    assert (found.decoded, found.embedded) == (0, 0)


def test_unreadable_images_become_findings_and_shift_no_row(look, dataset_of, random_pictures):
    """Rows, embeddings and values stay with their images."""
    pictures = random_pictures(CHUNK + 12)
    good = np.ones(len(pictures), dtype=bool)
    good[[0, 5, CHUNK, len(pictures) - 1]] = False
    spoilt = [p if ok else None for p, ok in zip(pictures, good, strict=True)]
    found = look(dataset_of(spoilt, [0] * len(pictures)))
    whole = look(dataset_of(pictures, [0] * len(pictures)), folder="whole")

    np.testing.assert_array_equal(found.readable, good)
    np.testing.assert_array_equal(found.embeddings, whole.embeddings[good])
    np.testing.assert_array_equal(found.table.thumbnails, whole.table.thumbnails[good])
    assert [f.path for f in found.findings] == [f"{i:05d}.png" for i in np.flatnonzero(~good)]
    assert {(f.kind, f.detail) for f in found.findings} == {("unreadable", "holds no picture")}


def test_nothing_readable_is_an_empty_table(look, dataset_of):
    """Findings and no rows; no crash."""
    found = look(dataset_of([None, None], [0, 0]))

    assert not found.readable.any()
    assert len(found.findings) == 2
    assert found.table.keys == ()


def test_each_row_is_that_of_its_picture(look, dataset_of, random_pictures):
    """Size, channels, thumbnail and the value of every metric of the pixels."""
    grey = np.random.default_rng(0).integers(0, 256, (11, 30)).astype(np.uint8)
    pictures = [*random_pictures(3), grey]
    table = look(dataset_of(pictures, [0] * 4)).table

    assert table.channels.tolist() == [3, 3, 3, 1]
    assert (table.height[3], table.width[3]) == (11, 30)
    for metric in STANDARD.metrics:
        if metric.of_image is not None:
            expected = [metric.of_image(p) for p in pictures]
            np.testing.assert_array_equal(table.values[metric.name], expected)
    for picture, small in zip(pictures, table.thumbnails, strict=True):
        np.testing.assert_array_equal(small, thumbnail(picture))


def test_prepared_pictures_are_kept_where_asked(look, dataset_of, random_pictures):
    """By position among the readable, and again without decoding."""
    pictures = random_pictures(8)
    spoilt = [None, *pictures[1:]]
    first = look(dataset_of(spoilt, [0] * 8), keep=[3, 6])
    second = look(dataset_of(spoilt, [0] * 8), keep=[3, 6])

    for found in (first, second):
        assert sorted(found.inputs) == [2, 5]
        np.testing.assert_array_equal(found.inputs[2], model_input(pictures[3], 128))
    assert second.decoded == 0


def test_pixels_alone_need_no_network(look, dataset_of, random_pictures, tiny_encoder):
    """And what they found is not looked at again when embeddings are wanted later."""
    dataset, encoder = dataset_of(random_pictures(6), [0] * 6), tiny_encoder()
    found = look(dataset, encoder, embed=False)

    assert found.embeddings is None
    assert encoder.seen == 0
    assert look(dataset, encoder).embedded == 6


def test_an_interrupted_run_goes_on_where_it_was(look, dataset_of, random_pictures, tiny_encoder):
    """Killed in the fourth chunk: three are known, and the end is as if nothing had been."""
    dataset = dataset_of(random_pictures(5 * CHUNK), [0] * (5 * CHUNK))
    with pytest.raises(KeyboardInterrupt):
        look(dataset, tiny_encoder(fails_after=3 * CHUNK + 1))
    encoder = tiny_encoder()
    found = look(dataset, encoder)

    assert encoder.seen == found.embedded == 2 * CHUNK
    assert content(found) == content(look(dataset, folder="cold"))


def test_equal_pictures_have_equal_rows(look, dataset_of, random_pictures):
    """Copies in one chunk and in another."""
    picture = random_pictures(1)[0]
    found = look(dataset_of([picture] * (CHUNK + 3), [0] * (CHUNK + 3)))

    assert len(np.unique(found.embeddings, axis=0)) == len(set(found.table.keys)) == 1


@pytest.mark.parametrize("workers", [0, 1, 5])
def test_workers_change_nothing(look, dataset_of, random_pictures, workers):
    """However many read at once."""
    dataset = dataset_of(random_pictures(3 * CHUNK), [0] * (3 * CHUNK))
    machine = replace(QUIET, workers=workers)

    assert content(look(dataset, folder=f"w{workers}", machine=machine)) == content(look(dataset))


def test_profiles_do_not_share_what_differs(look, dataset_of, random_pictures):
    """The paper's values and network are measured anew, then known."""
    dataset = dataset_of(random_pictures(5), [0] * 5)
    ours, theirs = look(dataset), look(dataset, profile=PAPER)

    assert (theirs.decoded, theirs.embedded) == (5, 5)
    assert (ours.table.values["sharpness"] != theirs.table.values["sharpness"]).all()
    assert look(dataset).decoded == 0


@pytest.mark.skipif(importlib.util.find_spec("ray") is not None, reason="Ray is installed")
def test_ray_that_is_not_installed_is_a_setting_error(look, dataset_of, random_pictures):
    """It says what to install."""
    with pytest.raises(SettingError, match="ray is not installed") as caught:
        look(dataset_of(random_pictures(3), [0] * 3), machine=replace(QUIET, engine="ray"))

    assert "deri-gate[ray]" in caught.value.fix


def test_the_real_network_gives_the_same_cold_warm_and_in_part(look, dataset_of, random_pictures):
    """The embedded encoder: to the byte, whatever was known before."""
    pictures, encoder = random_pictures(20), load_encoder(STANDARD, "cpu")
    every = dataset_of(pictures, [0] * 20)
    cold = look(every, encoder, folder="cold")
    look(dataset_of(pictures[7:15], [0] * 8), encoder)
    in_part = look(every, encoder)

    assert cold.embeddings.shape == (20, 1280)
    assert in_part.embedded == 12
    assert content(cold) == content(in_part) == content(look(every, encoder))


def out_of_memory():
    error = cv2.error("Insufficient memory")
    error.code = cv2.Error.StsNoMem
    return error


@pytest.mark.parametrize("error", [MemoryError(), out_of_memory()], ids=["Python's", "OpenCV's"])
def test_too_little_memory_for_one_is_its_finding(
    look, dataset_of, random_pictures, monkeypatch, error
):
    """Wherever it is lacking; the others are looked at."""
    from deri_gate.features import chunk_scan

    def prepared(picture, size):
        if picture.shape[0] == 30:
            raise error
        return model_input(picture, size)

    monkeypatch.setattr(chunk_scan, "model_input", prepared)
    large = random_pictures(1, side=30)
    found = look(dataset_of([*random_pictures(4), *large], [0] * 5))

    assert [(one.path, one.detail) for one in found.findings if one.kind == "unreadable"] == [
        ("00004.png", "not enough memory to look at it")
    ]
    assert found.readable.sum() == 4
