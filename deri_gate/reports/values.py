"""The files of what was measured, in place of those of any other run."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from deri_gate.errors import SettingError
from deri_gate.reports.withdrawal import delete_files
from deri_gate.runtime.files import write_text
from deri_gate.runtime.ownership import VALUES
from deri_gate.runtime.system import alone_in
from deri_gate.runtime.table_files import write_table
from deri_gate.schemas.base import as_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pyarrow as pa

    from deri_gate.schemas.metrics import MetricsDocument

PATIENCE = 600  # seconds for another run to write its report: what was measured took longer


def write_values(table: pa.Table, document: MetricsDocument, out: Path) -> None:
    """Files of a measurement that nobody judges, with nothing of another run beside them.

    Args:
        table: A row an image.
        document: The values.
        out: Folder for the files.
    """
    with in_place_of_others(out):
        write_table(table, out / "images.parquet")
        write_text(as_json(document), out / VALUES)


@contextmanager
def in_place_of_others(out: Path) -> Iterator[None]:
    """Let no other run write meanwhile, and let nothing stay if a file cannot be written."""
    with alone_in(out, PATIENCE):
        delete_files(out)  # of another run that has ended meanwhile, such as its change
        try:
            yield
        except BaseException:
            with suppress(SettingError):
                delete_files(out)
            raise
