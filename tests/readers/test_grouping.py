"""Columns that say which images belong together."""

import numpy as np

from deri_gate.readers import open_dataset


def test_columns_follow_a_selection(tmp_path, draw) -> None:
    """A part of a dataset keeps the values of its own images."""
    draw(tmp_path / "a.png")
    (tmp_path / "x.csv").write_text("path,label,group\nb,x,p2\na.png,x,p1\nc,y,p3\n")

    part = open_dataset(tmp_path / "x.csv")
    assert [(c.name, c.values) for c in part.group_columns] == [("group", ("p1", "p2", "p3"))]
    part = part.select(np.array([2, 0]))
    assert (part.groups, part.group_columns[0].values) == (("p3", "p1"), ("p3", "p1"))
