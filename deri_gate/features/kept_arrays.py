"""Results kept by the bytes of the arrays of which they are made."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from deri_gate.features.forms import read_by
from deri_gate.runtime.hashing import content_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt

    from deri_gate.runtime.store import Store

    Arrays = Mapping[str, npt.NDArray[Any]]


def kept_arrays(
    store: Store,
    kind: str,
    inputs: Sequence[npt.NDArray[Any]],
    make: Callable[[], Arrays],
    *,
    check: Callable[[Arrays], object],
) -> Arrays:
    """The arrays that are kept for these inputs; made now where there are none.

    Args:
        store: Where they are kept.
        kind: Namespace, with the version of what makes them and all settings.
        inputs: All that decides them.
        make: Makes them.
        check: Raises anything of arrays that cannot be used here, such as those of another shape.
    """
    key = content_hash(*(part for array in inputs for part in _parts(array)))
    found: list[Arrays] = []  # read where they are looked through, and not again

    def usable(raw: bytes) -> None:
        check(arrays := _read(raw))
        found.append(arrays)

    if store.get(kind, [key], fits=read_by(usable)):
        return found[0]
    made = make()
    store.put(kind, {key: _written(made)})
    return made


def _parts(array: npt.NDArray[Any]) -> tuple[bytes, memoryview]:
    """Form and bytes of an array."""
    plain = np.ascontiguousarray(array)
    return f"{plain.dtype.str}{plain.shape}".encode(), plain.reshape(-1).view(np.uint8).data


def _written(arrays: Arrays) -> bytes:
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **arrays)
    return file.getvalue()


def _read(raw: bytes) -> Arrays:
    with np.load(io.BytesIO(raw), allow_pickle=False) as file:
        return dict(file)
