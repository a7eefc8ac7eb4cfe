"""Addresses of remote files in the cells of a table."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from deri_gate.runtime.remote.address import Address

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from deri_gate.data.readers.tables import Table

_TRUST = "Say --allow-remote if you trust the table to say which hosts are asked."


def with_addresses(
    table: Table,
    places: Iterable[int | None],
    placed: Callable[[Sequence[str]], Sequence[str]] | None,
) -> Table:
    """The table with paths in place of addresses of remote files.

    Args:
        table: The table.
        places: Its columns of paths; None for one that it lacks.
        placed: Gives a path for each cell; None to refuse addresses.

    Raises:
        DatasetError: If there are addresses, and they are not to be fetched.
    """
    columns = [*table.columns]
    for place in places:
        if place is None:
            continue
        remote = [row for row, cell in enumerate(columns[place]) if Address.of(cell)]
        if not remote:
            continue
        if placed is None:
            what = f"names a remote file in the column {table.header[place]!r}"
            table.refuse(remote, what, _TRUST)
        else:
            columns[place] = placed(columns[place])
    return replace(table, columns=tuple(columns))
