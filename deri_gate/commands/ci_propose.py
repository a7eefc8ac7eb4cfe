"""`deri-gate ci propose`: the text of a pull request with pools that were made anew."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from deri_gate.commands.pool import pool_diff
from deri_gate.github.code_owners import owners_in
from deri_gate.github.commits import content_at, revision
from deri_gate.reports.pool_text import pool_diff_as
from deri_gate.reports.tables import markdown_table
from deri_gate.reports.text import code, escaped
from deri_gate.runtime.spreadsheet import cell_read
from deri_gate.scoring.pool import read_pool

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deri_gate.reports.tables import Cells

MOST_LIMITS = 40  # rows of moved limits
SUMMARY = ("falls", "detected", "false_alarms")


def proposal_body(pools: str, root: Path, *, own_token: bool) -> str:
    """Text on the pools below a folder: what changed, who is left out, who has to approve.

    Args:
        pools: Folder of the pools, relative to the root.
        root: The repository.
        own_token: Whether the pull request is opened with another token than the workflow's own,
            so that checks start.
    """
    parts = ["Made by `dvc repro`. A pool and its limits decide how datasets are judged."]
    changed = []
    for path in sorted((root / pools).glob("*/pool.json")):
        said = [*_of_pool(path, root)]
        changed += [path.relative_to(root).as_posix()] if said else []
        parts += said
    parts.append(_approval(changed or [f"{pools.strip('/')}/pool.json"], pools, root))
    if not own_token:
        parts.append(
            "Opened with the workflow's own token, which starts no checks: close and reopen this "
            "pull request, or give the workflow a token of its own."
        )
    return "\n\n".join(parts) + "\n"


def _of_pool(path: Path, root: Path) -> Iterator[str]:
    """Yield what to say of a pool that differs from the one committed; nothing if none does."""
    place = path.relative_to(root).as_posix()
    before = content_at(revision("HEAD", root), place, root)
    if before == path.read_bytes():
        return
    pool = read_pool(path)
    if before is None:
        names = ", ".join(code(member.name) for member in pool.datasets)
        yield f"### new pool {escaped(pool.name)}: {len(pool.datasets)} datasets\n\n{names}"
    else:
        with tempfile.TemporaryDirectory() as folder:
            earlier = Path(folder) / "pool.json"
            earlier.write_bytes(before)
            yield pool_diff_as("markdown", pool_diff(str(earlier), str(path))).rstrip()
    if pool.left_out:
        rows: list[Cells] = [("left out", "reason"), *pool.left_out.items()]
        yield markdown_table(rows)
    yield from _numbers(path.parent, root)
    yield from _limits(path.parent / "expectations" / "limits.csv")


def _numbers(folder: Path, root: Path) -> Iterator[str]:
    """Yield the table of `summary.json`, now and as committed."""
    path = folder / "summary.json"
    if not path.is_file():
        return
    earlier = content_at(revision("HEAD", root), path.relative_to(root).as_posix(), root)
    now, was = json.loads(path.read_bytes()), json.loads(earlier or b"{}")
    rows: list[Cells] = [("share", "before", "now")]
    rows += [(name, _share(was.get(name)), _share(now.get(name))) for name in SUMMARY]
    base, before = now.get("against_base") or {}, was.get("against_base") or {}
    rows += [
        (f"{name} against a base", _share(before.get(name)), _share(base.get(name)))
        for name in ("detected", "false_alarms")
    ]
    yield markdown_table(rows)


def _share(value: float | None) -> str:
    return "none" if value is None else f"{value:.0%}"


def _limits(path: Path) -> Iterator[str]:
    """Yield the table of the limits of the whole suite that moved."""
    if not path.is_file():
        return
    lines = csv.DictReader(io.StringIO(path.read_text("utf-8")))
    moved = [
        line for line in lines if line["suite"] == "dataset_gate" and line["old"] != line["new"]
    ]
    if moved:
        names = ("metric", "severity", "old", "new")
        rows: list[Cells] = [("limit on", "severity", "shipped", "proposed")]
        rows += [tuple(cell_read(one[name]) for name in names) for one in moved[:MOST_LIMITS]]
        yield markdown_table(rows)


def _approval(paths: Sequence[str], pools: str, root: Path) -> str:
    """Sentence on who has to approve, by CODEOWNERS."""
    owners = owners_in(root, paths)
    if not owners:
        return f"CODEOWNERS names nobody for {code(pools)}: whoever owns the policy has to approve."
    return f"To be approved by {', '.join(map(escaped, owners))}, as CODEOWNERS says."
