"""Sentences on tests of changed images: a fact, weak evidence, or none."""

from __future__ import annotations

import pytest

from deri_gate.changes.sentences import change_sentence


@pytest.mark.parametrize(
    ("adjusted", "start"),
    [
        (0.009, "9 new images are blurrier"),
        (0.011, "There is weak evidence that 9 new images are blurrier"),
        (0.05, "There is no evidence that 9 new images are blurrier"),
    ],
)
def test_what_is_shown_is_never_called_no_evidence(adjusted, start) -> None:
    """A report shows tests below 0.05, and names their images."""
    sentence = change_sentence("added", "sharpness", 9, 0.3, adjusted)

    assert sentence.startswith(f"{start} than the images of the base (")
    assert ("effect +0.3," in sentence) is (adjusted < 0.05)


def test_a_small_effect_is_not_told_as_none() -> None:
    """A significant one of 0.0021 read "+0.00"."""
    sentence = change_sentence("added", "imbalance", 7, 0.00213, 0.001)

    assert "(effect +0.0021, adjusted p 0.001)" in sentence
