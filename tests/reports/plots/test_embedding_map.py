"""Map of the images: each dot has its colour in the legend."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from deri_gate.reports.plots.embedding_map import map_scene
from deri_gate.reports.plots.scene import CLASS_TONES, Dots, Mark, Words


@pytest.mark.parametrize(("more", "said"), [(0, None), (1, "1 more class"), (5, "5 more classes")])
def test_grey_dots_stand_in_the_legend(
    dataset_of, evidence_of, random_pictures, more: int, said: str | None
) -> None:
    """Only so many classes have a colour; the rest share grey, and are counted."""
    labels = np.arange(len(CLASS_TONES) + more).repeat(2)
    evidence = evidence_of(dataset_of(random_pictures(len(labels)), labels))

    scene = map_scene(SimpleNamespace(evidence=evidence), ())

    assert scene is not None
    words = [one.text for one in scene.shapes if isinstance(one, Words)]
    tones = {one.tone for one in scene.shapes if isinstance(one, Mark)}
    assert [text for text in words if "more" in text] == ([said] if said else [])
    assert {one.tone for one in scene.shapes if isinstance(one, Dots)} <= tones
    assert max(one.y for one in scene.shapes if isinstance(one, Words)) <= scene.height


def test_images_without_labels_have_no_map(dataset_of, evidence_of, random_pictures) -> None:
    """None of them is drawn, and the report may show none."""
    labelled = dataset_of(random_pictures(12), [0, 1] * 6)
    evidence = evidence_of(replace(labelled, labels=((),) * 12))

    assert map_scene(SimpleNamespace(evidence=evidence), ()) is None
