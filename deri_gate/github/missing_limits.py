"""Limits of this version that the suites of a repository lack, as they do after an update."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.gate.document import named_metrics
from deri_gate.runtime.counts import listed
from deri_gate.runtime.files import read_regular_file
from deri_gate.runtime.strict import strict_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

TAKE = "delete the file, run `init` again, and look at `git diff`"


def missing_limits_notes(
    folder: Path, left: Iterable[str], texts: Mapping[str, str]
) -> Iterator[str]:
    """Yield the suites that limit less than those of this version, and a pool that differs.

    A number that was changed is a choice of the keeper; a metric without any limit may be one
    that an earlier version did not have. A suite that cannot be read is left to `check`.

    Args:
        folder: The repository's root.
        left: Files that were there, and stayed as they are.
        texts: The files as this version writes them.
    """
    for place in left:
        if not place.startswith(("expectations/", "reference_pool/")):
            continue
        try:
            content = read_regular_file(folder / place)
            lacking = _limited(texts[place].encode()) - _limited(content)
        except (OSError, ValueError, TypeError, AttributeError, LookupError):
            continue
        if lacking:
            metrics = listed(sorted(lacking))
            yield f"{place} has no limit on {metrics}, as this version's has. To take it, {TAKE}"
        elif place.endswith("/pool.json") and content != texts[place].encode():
            yield f"{place} is not the pool of this version. To take that, {TAKE}"


def _limited(content: bytes) -> set[str]:
    """Metrics that a suite limits, by name; none for a pool."""
    entries = strict_json(content).get("expectations", ())
    return {str(metric) for entry in entries for metric in named_metrics(entry["kwargs"])}
