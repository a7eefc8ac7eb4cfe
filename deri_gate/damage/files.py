"""A variant on disk: a folder that every command reads like any other dataset.

    variant.json      the recipe, the dataset's name and classes, the size of the other file
    images.parquet    a row an image, with its picture; see `shard`

It is written beside its place and renamed, so that a folder is whole or not there.
"""

from __future__ import annotations

import shutil
from dataclasses import asdict
from typing import TYPE_CHECKING

from deri_gate.damage.degrade import degrade
from deri_gate.damage.recipe import Recipe
from deri_gate.damage.shard import write_shard
from deri_gate.errors import DatasetError, words_of_error
from deri_gate.runtime.files import read_regular_file
from deri_gate.runtime.strict import validated
from deri_gate.schemas.base import as_json
from deri_gate.schemas.variant import HEADER, RecipeInfo, VariantHeader

if TYPE_CHECKING:
    from pathlib import Path

    from deri_gate.data.dataset import Dataset

IMAGES = "images.parquet"
EARLIER = ("rows.parquet", "pixels.arrow")  # files of earlier versions, which may be replaced


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
        _write_all(made, recipe, partial)
        if out.exists():
            out.rename(old)
        partial.rename(out)
    except OSError as error:
        reason = words_of_error(error)
        raise DatasetError(f"cannot be written: {reason}", out, "Free some space?") from error
    finally:
        _remove(partial, old)
    return out


def is_current(out: Path, recipe: Recipe) -> bool:
    """True if the folder holds all files of a variant of this very recipe."""
    try:
        header = validated(read_regular_file(out / HEADER), VariantHeader)
        size = (out / IMAGES).stat().st_size
        return Recipe(**header.recipe.model_dump()) == recipe and header.files == {IMAGES: size}
    except (OSError, ValueError):
        return False


def _check_replaceable(out: Path) -> None:
    """Never delete what is not ours.

    Raises:
        DatasetError: If there is something else at this place.
    """
    if out.is_dir() and {p.name for p in out.iterdir()} <= {HEADER, IMAGES, *EARLIER}:
        return
    if out.exists():
        raise DatasetError("holds something other than a variant", out, "Choose another folder.")


def _remove(*folders: Path) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def _write_all(made: Dataset, recipe: Recipe, folder: Path) -> None:
    """Write the files of a variant, the header last."""
    write_shard(folder / IMAGES, made)
    header = VariantHeader(
        schema_version=1,
        recipe=RecipeInfo(**asdict(recipe)),
        recipe_hash=recipe.hash,
        dataset=made.name,
        classes=made.classes,
        images=len(made),
        files={path.name: path.stat().st_size for path in sorted(folder.iterdir())},
    )
    (folder / HEADER).write_text(as_json(header), "utf-8", newline="\n")
