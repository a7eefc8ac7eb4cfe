"""Images that look like the next slice of another, or like a second shot of what it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.data.dataset import Finding

if TYPE_CHECKING:
    from deri_gate.measuring.copies import Images

SECOND_SHOT = "second_shot"  # kind of the finding


def second_shots_of(images: Images) -> list[tuple[int, int]]:
    """Every later image with the earlier one that it looks like a second shot of, in order."""
    listed, groups = images.listed_duplicates, images.listed_groups
    best: dict[int, tuple[float, tuple[int, str, str], int]] = {}
    rows = zip(
        listed.pairs[images.second_shots].tolist(),
        listed.likeness[images.second_shots].tolist(),
        strict=True,
    )
    for pair, likeness in rows:
        earlier, later = sorted(pair, key=images.order)
        if groups[earlier] != groups[later] or groups[later] < 0:
            found = (-likeness, images.order(earlier), earlier)
            best[later] = min(found, best.get(later, found))
    return [(later, best[later][-1]) for later in sorted(best, key=images.order)]


def second_shot_findings(images: Images) -> list[Finding]:
    """Findings that name the later image of each pair, once."""
    return [
        Finding(
            kind=SECOND_SHOT,
            path=images.ids[later],
            detail=f"looks like the next slice of {images.ids[earlier]}, or a second shot of it; "
            "keep both in one split",
        )
        for later, earlier in second_shots_of(images)
    ]
