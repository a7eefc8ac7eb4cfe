"""A variant on disk: a folder that names its images and copies none but damaged ones.

    variant.json     the recipe, the dataset's name and classes, the sizes of the other files
    rows.parquet     a row an image: id, labels (indices joined by a vertical bar), split, group,
                     base_id (the image of the base that it is), pixel_row (null when undamaged)
    pixels.arrow     the damaged pictures, for variants with new pixels alone; see `shards`

It is written beside its place and renamed, so that a folder is whole or not there.
"""

from __future__ import annotations

import shutil
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from deri_gate.damage.degrade import degrade
from deri_gate.damage.recipe import Recipe
from deri_gate.damage.resample import origin
from deri_gate.damage.shards import ShardSource, write_shard
from deri_gate.damage.source import DamagedSource, first_free_row
from deri_gate.errors import DatasetError
from deri_gate.runtime.files import read_regular_file
from deri_gate.runtime.strict import validated
from deri_gate.schemas.base import as_json
from deri_gate.schemas.variant import RecipeInfo, VariantHeader

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from deri_gate.arrays import IntArray
    from deri_gate.data.dataset import Dataset

HEADER, ROWS, PIXELS = "variant.json", "rows.parquet", "pixels.arrow"
SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("id", "labels", "split", "group", "base_id")]
    + [("pixel_row", pa.int64())]
)
REMAKE = "Make it again with `deri-gate variants`."


@dataclass(frozen=True, kw_only=True)
class StoredVariant:
    """A variant as it lies on disk, one entry an image.

    Attributes:
        path: Its folder.
        recipe: What it was made of and how.
        dataset: Name of the dataset it was made from.
        classes: Class names; `labels` index into them.
        ids: Path inside the dataset; a copy's ends in #2.
        labels: Indices of the image's classes.
        base_ids: The image of the base that it is.
        pixel_rows: Row in the shard, -1 for an undamaged image.
    """

    path: Path
    recipe: Recipe
    dataset: str
    classes: tuple[str, ...]
    ids: tuple[str, ...]
    labels: tuple[tuple[int, ...], ...]
    base_ids: tuple[str, ...]
    pixel_rows: IntArray


def write_variant(dataset: Dataset, recipe: Recipe, out: Path) -> Path:
    """Make a variant of a dataset and write it, unless it lies there already.

    Args:
        dataset: The undamaged dataset, whose fingerprint the recipe names.
        recipe: What to make.
        out: The variant's folder. One of another recipe is replaced.

    Returns:
        `out`.

    Raises:
        UnmeasurableError: If this dataset cannot be degraded in this way.
        DatasetError: If the folder holds something else, or cannot be written.
    """
    if is_current(out, recipe):
        return out
    _check_replaceable(out)
    made = degrade(dataset, recipe.group, recipe.level, seed=recipe.seed, share=recipe.share)
    partial, old = (out.parent / f".{out.name}.{end}" for end in ("partial", "old"))
    try:
        _remove(partial, old)  # what a killed run left
        partial.mkdir(parents=True)
        _write_all(made, dataset, recipe, partial)
        if out.exists():
            out.rename(old)
        partial.rename(out)
    except OSError as error:
        reason = error.strerror or str(error)
        raise DatasetError(f"cannot be written: {reason}", out, "Free some space?") from error
    finally:
        _remove(partial, old)
    return out


def is_current(out: Path, recipe: Recipe) -> bool:
    """True if the folder holds all files of a variant of this very recipe."""
    try:
        header = _read_header(out)
        return _recipe(header) == recipe and all(
            (out / name).stat().st_size == size for name, size in header.files.items()
        )
    except (DatasetError, OSError):
        return False


def _check_replaceable(out: Path) -> None:
    """Never delete what is not ours.

    Raises:
        DatasetError: If there is something else at this place.
    """
    if out.is_dir() and {p.name for p in out.iterdir()} <= {HEADER, ROWS, PIXELS}:
        return
    if out.exists():
        raise DatasetError("holds something other than a variant", out, "Choose another folder.")


def _remove(*folders: Path) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def _write_all(made: Dataset, base: Dataset, recipe: Recipe, folder: Path) -> None:
    """Write the files of a variant, the header last."""
    source = made.source
    damaged = isinstance(source, DamagedSource) and source is not base.source
    offset = source.offset if isinstance(source, DamagedSource) and damaged else None
    pixels = [int(row) for row in made.rows if offset is not None and row >= offset]
    if pixels:
        write_shard(folder / PIXELS, source, pixels)
    pq.write_table(_table(made, base, offset), folder / ROWS)
    header = VariantHeader(
        schema_version=1,
        recipe=RecipeInfo(**asdict(recipe)),
        recipe_hash=recipe.hash,
        dataset=base.name,
        classes=base.classes,
        images=len(made),
        files={path.name: path.stat().st_size for path in sorted(folder.iterdir())},
    )
    (folder / HEADER).write_text(as_json(header), "utf-8", newline="\n")


def _table(made: Dataset, base: Dataset, offset: int | None) -> pa.Table:
    """The rows of a variant, pixel rows counted in the order of the shard."""
    known = frozenset(base.ids)
    new = np.zeros(len(made), dtype=bool) if offset is None else made.rows >= offset
    number = np.cumsum(new) - 1
    columns: list[Sequence[object]] = [
        made.ids,
        ["|".join(map(str, own)) for own in made.labels],
        made.splits or [None] * len(made),
        made.groups or [None] * len(made),
        [origin(name, known) for name in made.ids],
        [int(n) if damaged else None for n, damaged in zip(number, new, strict=True)],
    ]
    try:
        return pa.table(dict(zip(SCHEMA.names, columns, strict=True)), schema=SCHEMA)
    except UnicodeEncodeError as error:
        raise DatasetError("has a file name that is not Unicode", made.name) from error


def _read_header(path: Path) -> VariantHeader:
    """Parse `variant.json`.

    Raises:
        DatasetError: If there is none, or it is none of ours.
    """
    try:
        return validated(read_regular_file(path / HEADER), VariantHeader)
    except FileNotFoundError as error:
        raise DatasetError(f"is no variant: there is no {HEADER}", path) from error
    except (OSError, ValueError) as error:
        raise DatasetError("is malformed", path / HEADER, REMAKE) from error


def _recipe(header: VariantHeader) -> Recipe:
    return Recipe(**header.recipe.model_dump())


def read_variant(path: Path) -> StoredVariant:
    """Read what a variant's folder says; no picture is read.

    Raises:
        DatasetError: If it is missing, malformed or not whole.
    """
    header = _read_header(path)
    if not is_current(path, _recipe(header)):
        raise DatasetError("is not whole", path, REMAKE)
    try:
        columns = pq.read_table(path / ROWS, schema=SCHEMA).to_pydict()
        labels = tuple(tuple(int(k) for k in own.split("|") if k) for own in columns["labels"])
    except (OSError, ValueError) as error:  # Arrow's errors are ValueErrors
        raise DatasetError("is malformed", path / ROWS, REMAKE) from error
    return StoredVariant(
        path=path,
        recipe=_recipe(header),
        dataset=header.dataset,
        classes=header.classes,
        ids=tuple(columns["id"]),
        labels=labels,
        base_ids=tuple(columns["base_id"]),
        pixel_rows=np.array([-1 if n is None else n for n in columns["pixel_row"]], dtype=np.int64),
    )


def open_variant(path: Path, base: Dataset, *, fingerprint: str | None = None) -> Dataset:
    """A variant on disk as a dataset again: rows from the base, damaged pictures from the shard.

    Args:
        path: The variant's folder.
        base: The dataset it was made from.
        fingerprint: Fingerprint of `base`, to check it; None trusts the ids.

    Raises:
        DatasetError: If the folder is malformed, or made from another dataset.
    """
    stored = read_variant(path)
    position = {name: i for i, name in enumerate(base.ids)}
    same = fingerprint in {None, stored.recipe.fingerprint} and stored.classes == base.classes
    if not same or any(name not in position for name in stored.base_ids):
        raise DatasetError(f"was made from another dataset than {base.name}", path, REMAKE)
    index = np.array([position[name] for name in stored.base_ids], dtype=np.int64)
    made = replace(base.select(index), ids=stored.ids, labels=stored.labels)
    new = stored.pixel_rows >= 0
    if not new.any():
        return made
    offset = first_free_row(base)
    rows = np.where(new, offset + stored.pixel_rows, made.rows)
    return replace(made, rows=rows, source=ShardSource(base.source, offset, path / PIXELS))
