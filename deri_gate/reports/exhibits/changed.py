"""Changed images: what tests of a change name, before and after, old and new labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.changes.records import ABOUTS
from deri_gate.reports.exhibits.copied import copies_of_image
from deri_gate.reports.exhibits.pairs import ChangedPairs
from deri_gate.reports.exhibits.records import (
    MOST_NAMES,
    MOST_TILES,
    Exhibit,
    ImageRef,
    Tile,
    TileRow,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deri_gate.changes.records import Change, ChangeTest
    from deri_gate.reports.exhibits.side import MeasuredSide

ALIKE = 0.8  # share of common images from which on two tests are shown as one
MOST_EXHIBITS = 8
MOST_ROWS = 8
PAIRED = ("modified", "relabelled")  # kinds of change with an image on both sides
OTHERS = {"modified": "Other edited images", "relabelled": "Other images with a new label"}


def change_exhibits(change: Change, head: MeasuredSide, base: MeasuredSide) -> Iterator[Exhibit]:
    """Exhibits of the significant tests, then of edited and relabelled images that none names."""
    pairs = ChangedPairs(change.matching, head, base)
    named: set[str] = set()
    shown = [test for test in change.shown_tests if test.images]
    for tests in _together(shown):
        named.update(*(test.images for test in tests))
        yield _of_tests(tests, pairs)
    for kind, title in OTHERS.items():
        left = [name for name in getattr(change.matching, kind) if name not in named]
        if left:
            yield Exhibit(
                name=f"changes.{kind}",
                about=(),
                title=title,
                count=len(left),
                rows=tuple(pairs.row(kind, image) for image in left[:MOST_ROWS]),
                placing="rows",
                others=tuple(left[MOST_ROWS : MOST_ROWS + MOST_NAMES]),
                changed=True,
            )


def _together(tests: Sequence[ChangeTest]) -> list[list[ChangeTest]]:
    """Tests that name nearly the same images of one kind, in the order of what is asked."""
    order = {about: i for i, about in enumerate(ABOUTS)}
    groups: list[list[ChangeTest]] = []
    for test in sorted(
        tests, key=lambda t: (t.split, t.kind, order.get(t.about, len(order)), t.name)
    ):
        own = next((group for group in groups if _alike(group[0], test)), None)
        if own is None:
            groups.append([test])
        else:
            own.append(test)
    return sorted(groups, key=lambda own: min(t.adjusted_p for t in own))[:MOST_EXHIBITS]


def _alike(one: ChangeTest, other: ChangeTest) -> bool:
    own, theirs = set(one.images), set(other.images)
    same = (one.kind, one.split) == (other.kind, other.split) and "duplicates" not in (
        one.about,
        other.about,
    )
    return same and len(own & theirs) >= ALIKE * len(own | theirs)


def _of_tests(tests: Sequence[ChangeTest], pairs: ChangedPairs) -> Exhibit:
    """The images that tests name: beside their earlier state or their copy where there is one.

    Their values are those of the surest test of a metric: a missed limit shows these images.
    """
    test = min(tests, key=lambda one: (one.about not in pairs.head.metrics, one.adjusted_p))
    beside = test.kind in PAIRED or test.about == "duplicates"
    most = MOST_ROWS if beside else MOST_TILES
    shown = test.images[:most]
    grid = TileRow(tiles=tuple(_tile(test, image, pairs) for image in shown))
    return Exhibit(
        name=f"changes.{tests[0].name}",
        about=tuple(t.about for t in tests),
        title=_title(tests),
        sentence=" ".join(t.sentence for t in tests),
        count=len(test.images),
        rows=tuple(_row(test, image, pairs) for image in shown) if beside else (grid,),
        placing="rows" if beside else "grid",
        others=test.images[most : most + MOST_NAMES],
        changed=True,
    )


def _title(tests: Sequence[ChangeTest]) -> str:
    """One title for all: "Changed images: sharpness, resolution"."""
    first, *rest = tests
    start = f"{first.title.partition(':')[0]}:"
    return ", ".join([first.title, *(t.title.removeprefix(start).strip() for t in rest)])


def _row(test: ChangeTest, image: str, pairs: ChangedPairs) -> TileRow:
    if test.about == "duplicates":
        return copies_of_image(pairs.head, image)
    return pairs.row(test.kind, image, test.about)


def _tile(test: ChangeTest, image: str, pairs: ChangedPairs) -> Tile:
    removed = test.kind == "removed"
    side = pairs.base if removed else pairs.head
    facts = (side.value_text(test.about, image), side.label(image))
    return Tile(
        image=ImageRef(side="base" if removed else "head", id=image),
        facts=tuple(filter(None, facts)),
    )
