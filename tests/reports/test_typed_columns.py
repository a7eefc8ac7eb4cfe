"""Columns of the table of images: what pandas would write of them, without it."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from deri_gate.reports.typed_columns import group_column, number_column, text_column, typed_table

TEXTS = ["a", None, "", "é|日本"]


@pytest.fixture
def table():
    """Texts, numbers and groups, of which some are missing."""
    return typed_table(
        {
            "text": text_column(TEXTS),
            "number": number_column(np.array([1.5, np.nan, -np.inf, 0.0])),
            "group": group_column(np.array([3, -1, 0, -1])),
        }
    )


def test_it_is_the_table_that_pandas_makes(table):
    """Its notes for pandas included, so that texts and whole numbers may be missing there."""
    frame = pd.DataFrame(
        {
            "text": pd.array(TEXTS, dtype="string"),
            "number": [1.5, np.nan, -np.inf, 0.0],
            "group": pd.array([3, None, 0, None], dtype="Int64"),
        }
    )
    made = pa.Table.from_pandas(frame, preserve_index=False)

    table.validate(full=True)
    assert table.equals(made.cast(table.schema))
    assert table.schema.pandas_metadata == made.schema.pandas_metadata
    pd.testing.assert_frame_equal(table.to_pandas(), frame)


@pytest.mark.parametrize("column", [text_column([]), number_column(np.empty(0))])
def test_no_images_are_no_rows(column):
    column.validate(full=True)
    assert len(column) == 0


def test_pandas_is_not_loaded():
    """It takes longer to load than a thousand known images take."""
    code = (
        "import sys, numpy as np; from deri_gate.reports.typed_columns import *; "
        "typed_table({'a': text_column(['x', None]), 'b': number_column(np.ones(2))}); "
        "sys.exit('pandas' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
