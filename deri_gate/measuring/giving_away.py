"""Shortcuts as findings, and as numbers that a suite may limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from deri_gate.data.dataset import Finding
from deri_gate.measuring.shares import Share, not_looked_at
from deri_gate.runtime.counts import counted
from deri_gate.runtime.figures import percent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deri_gate.arrays import BoolArray
    from deri_gate.explain.shortcuts import Shortcut, Shortcuts
    from deri_gate.measuring.evidence import Evidence
    from deri_gate.metrics.base import Answer
    from deri_gate.metrics.records import Explanations

DRAWN = 1.2  # heat on a place relative to its area, from which on explanations concentrate on it


def shortcut_findings(evidence: Evidence, answers: Mapping[str, Answer]) -> list[Finding]:
    """List what gives classes away; nothing is explained for this alone.

    Args:
        evidence: The images, as they are.
        answers: The metrics that were measured, by name.
    """
    explained = any(
        m.name in answers and "explanations" in m.needs for m in evidence.profile.metrics
    )
    findings = []
    for shortcut in evidence.shortcuts.told:
        said = [shortcut.detail]
        if explained and shortcut.cells is not None:
            target = evidence.dataset.classes.index(shortcut.label)
            said += _heat_sentence(evidence.explanations, target, shortcut.cells)
        kind = "confounding" if shortcut.natural else "shortcut"
        findings.append(Finding(kind=kind, path=shortcut.label, detail="; ".join(said)))
    return findings


def shortcut_shares(shortcuts: Shortcuts) -> dict[str, Share]:
    """Strength of the strongest shortcut and of the strongest natural confounding.

    Args:
        shortcuts: What was looked for in the images.
    """
    if shortcuts.reason:
        return dict.fromkeys(("shortcut", "confounding"), not_looked_at(shortcuts.reason))
    thin = f"{counted(shortcuts.thin, 'class')} too small to be looked at" if shortcuts.thin else ""
    coarse = "pictures of so few pixels are not searched for marks" if shortcuts.coarse else ""
    more = "; ".join(part for part in (thin, coarse) if part)
    return {
        name: _strongest(shortcuts.strongest(natural=natural), more)
        for name, natural in (("shortcut", False), ("confounding", True))
    }


def _heat_sentence(seen: Explanations, target: int, cells: BoolArray) -> list[str]:
    """Say if the explanations of a class sit on a place; nothing where there are none.

    Args:
        seen: The explanations of a sample.
        target: The class.
        cells: The place.
    """
    heat = seen.heat[(seen.targets == target) & ~seen.degenerate]
    if not len(heat):
        return []
    wide = cv2.dilate(cells.astype(np.uint8), np.ones((3, 3), np.uint8))
    size = (heat.shape[2], heat.shape[1])
    area = cv2.resize(wide.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    share = float((heat * area).sum() / heat.sum())
    sits = "concentrate on it" if share >= DRAWN * area.mean() else "do not concentrate on it"
    heat_share, area_share = percent(share), percent(area.mean())
    return [f"explanations {sits}: {heat_share} of their heat on {area_share} of the area"]


def _strongest(shortcut: Shortcut | None, more: str) -> Share:
    if shortcut is None:
        return Share(value=0.0, note=more)
    said = f"class {shortcut.label}, {shortcut.what}: {shortcut.detail}"
    return Share(value=shortcut.strength, note="; ".join(part for part in (said, more) if part))
