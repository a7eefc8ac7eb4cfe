"""Tables as Parquet files, each whole or not there at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyarrow import parquet

from deri_gate.runtime.files import write_by

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa


def write_table(table: pa.Table, path: Path) -> None:
    """Write a table as Parquet; see `replaced`."""
    write_by(lambda beside: parquet.write_table(table, beside), path)
