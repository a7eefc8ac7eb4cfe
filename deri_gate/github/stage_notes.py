"""Datasets of a params.yaml that the stages of `init` cannot judge, or not watch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate import __version__
from deri_gate.errors import SettingError
from deri_gate.github import footprint
from deri_gate.github.drift_pairs import SECTION, drift_pairs
from deri_gate.github.settings import PARAMS, read_yaml, settings_in
from deri_gate.github.settings import SECTION as GATE
from deri_gate.runtime.resources import is_shipped_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def stage_notes(root: Path) -> list[str]:
    """Sentences on entries to complete before `dvc repro`; none where params.yaml has a fault.

    Args:
        root: Folder of the params.yaml, which may be somebody's from before.
    """
    content = (root / PARAMS).read_bytes()
    try:
        return [*_datasets(content, root), *_pairs(content), *_policy(content)]
    except SettingError:  # `deri-gate ci` says it, and DVC does
        return []


def _datasets(content: bytes, root: Path) -> Iterator[str]:
    settings = settings_in(content, PARAMS)
    if settings is None:
        return
    for name, path in settings.datasets.items():
        watch = settings.watch.get(name)
        if watch is None:
            yield _incomplete(f"gate.datasets.{name}")
        elif watch == path and footprint.is_manifest(path, root):
            yield f"name the folder of the images of {path} as `watch` in {PARAMS}"


def _pairs(content: bytes) -> Iterator[str]:
    pairs = drift_pairs(read_yaml(content, PARAMS).get(SECTION), PARAMS)
    for name, pair in pairs.items():
        if pair.batch.watch is None or pair.baseline.watch is None:
            yield _incomplete(f"{SECTION}.{name}")


def _policy(content: bytes) -> Iterator[str]:
    """Yield what the stages need beside the datasets, which an earlier version did not write."""
    sections = read_yaml(content, PARAMS)
    gate = sections.get(GATE)
    if "version" not in sections:
        yield f'write `version: "{__version__}"` at the start of a line in {PARAMS}'
    if not isinstance(gate, dict):
        return
    if "review" not in gate:
        yield f"write gate.review in {PARAMS}: `{{}}` where no list of decisions is named"
    for key in ("suite", "pool"):
        if is_shipped_name(str(gate.get(key, ""))):
            yield f"write gate.{key} in {PARAMS} as the path of a file, which the stages watch"


def _incomplete(where: str) -> str:
    return f"write {where} in {PARAMS} with `path` and `watch`: the stages of dvc.yaml need both"
