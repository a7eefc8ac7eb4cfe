"""Words for yes and no that mean one class."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deri_gate.data.readers import open_dataset
from deri_gate.data.readers.truths import answers_alike


def test_true_beside_1_in_json_lines_is_told(tmp_path: Path) -> None:
    """Two programs wrote the labels: four classes of two were judged without a word."""
    labels = [0, 1, False, True, 0, 1, False, True]
    for i in range(len(labels)):
        Image.fromarray(np.full((4, 5), i, np.uint8)).save(tmp_path / f"{i}.png")
    rows = (json.dumps({"path": f"{i}.png", "label": label}) for i, label in enumerate(labels))
    (tmp_path / "m.jsonl").write_text("\n".join(rows))

    told = {f.path: f.detail for f in open_dataset(tmp_path / "m.jsonl").findings}

    assert told.keys() == {"0", "1", "False", "True"}
    assert told["True"] == (
        "the class 'True' (2 images) means what '1' (2) does: write one word for each answer"
    )


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (("0", "1", "false", "true"), [["0", "false"], ["1", "true"]]),
        (("yes", "no", "y", "n"), [["n", "no"], ["y", "yes"]]),
        (("0", "1", "2", "true"), [["1", "true"]]),
        (("no", "true"), []),
        (("0", "1"), []),
        ((*"0123456789", *"abcdefghijklmnopqrstuvwxyz"), []),  # letters are classes here
        (("0", "no", "other"), []),
        (("f", "n"), []),  # fracture and normal
        (("t", "y"), []),
        (("no", "n", "yes"), [["n", "no"]]),
    ],
)
def test_answers_of_one_meaning(names, found) -> None:
    """Letters and `no` mean an answer only where all classes are answers."""
    assert answers_alike({name: name for name in names}) == found
