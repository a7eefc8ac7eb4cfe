"""Parts of report.html: missed limits with their images, numbered pictures, what to do first."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from markupsafe import Markup

from deri_gate.drift.limits import NEWS
from deri_gate.gate.records import Status
from deri_gate.reports.advice import advice_on
from deri_gate.reports.lines import COLUMN_WORDS, limit_text, missed_once, observed_text
from deri_gate.reports.text import LONGEST_NAME, printable
from deri_gate.reports.units import unit_of_limit
from deri_gate.runtime.counts import counted
from deri_gate.runtime.figures import SHARE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deri_gate.gate.records import Check
    from deri_gate.reports.exhibits.records import Exhibit, ImageRef, Tile, TileRow
    from deri_gate.reports.pictures.gallery import Gallery
    from deri_gate.reports.report import Report

SMALL = 96  # px of the longer side below which a picture is enlarged without smoothing
SENTENCE = re.compile(r"(?<=[.!?])\s+")
HELD = {"change": "adjusted p ", "subscore": "subscore ", "difference": "difference to the base "}
TITLES = {
    "unreadable_share": "Unreadable files",
    "unusable_masks": "Invalid masks",
    "unjudged_share": "Images that were not judged",
    "ignored_share": "Files that are no images",
    "exact_copies": "Exact copies",
    "conflicting_copies": "Copies with different labels",
    "contradictions": "Same picture, different labels",
    "likely_contradictions": "Edited copies with different labels",
    "ambiguous_names": "Class names that may be one",
    "missing_labels": "Missing labels",
    "private_share": "Files that name a patient",
    "traced_share": "Files that name a person, a place or a device",
    "narrow_share": "Images that use few of their grey levels",
    "constant_share": "Empty images",
    "uniform_share": "Files that begin alike",
    "faint_share": "Dark, bright or washed-out images",
    "hollow_share": "Images without detail",
    "grainy_share": "Noisy images",
    "divided_share": "Part of a class looks damaged",
    "template_share": "Classes that repeat a picture",
    "denied_share": "Labels denied where the class is sure",
    "denied_elsewhere": "Labels denied in another split",
    "scarcity": "Class of few images",
    "shortcut": "Shortcut",
    "confounding": "Natural confounding",
    "class_by_look": "Class told by light or sharpness",
    "class_by_file": "Class told by size or format",
    "class_by_metadata": "Class told by a column",
    "split_by_metadata": "Split told by a column",
    "split_by_look": "Split told by light, colour, sharpness or handling",
    "quality_gap_irof": "Explanations against their reverse, by IROF",
    "quality_gap_pixel_flipping": "Explanations against their reverse, by pixel flipping",
    "leaked_images": "Images in several splits",
    "leaked_copies": "Copies in several splits",
    "leaked_groups": "Groups in several splits",
    "leaked_patients": "Patients in several splits",
    "drift.started": "Drift starts",
    "drift.ongoing": "Drift continues",
    "drift.ended": "Drift ends",
    "drift.worst_group": "Drift of one group",
    "drift.trend": "Trend over time",
    "new_classes": "New classes",
    "baseline_copies": "Copies of the baseline",
    "DERI1000": "DERI1000",
    "U": "U",
    "novelty": "Unusual images",
    "composition": "Classes",
    "channels": "Grey or colour",
    "colour": "Colours",
    "intensity": "Grey levels",
    "orientation": "Orientation",
    "masks": "Masks",
    "mask_fit": "Fit of the masks",
    "size": "Size in pixels",
}


@dataclass(frozen=True, kw_only=True)
class Miss:
    """A missed limit.

    Attributes:
        anchor: Identifier in the page.
        check: The limit.
        title: What it is about.
        held: The observed number beside the limit.
        text: Why, in sentences that no earlier miss has said.
        advice: What to do; empty where nothing is known.
        exhibits: Images that show it, shown here.
        above: Titles of those that are shown further up.
    """

    anchor: str
    check: Check
    title: str
    held: str
    text: str
    advice: str
    exhibits: tuple[Exhibit, ...]
    above: tuple[Exhibit, ...]

    @property
    def count(self) -> str:
        """Images or groups that it is about: "24 images"; empty where none are shown.

        Suspects of a metric are not as many as the images that a share counts. Of a drift a few
        images are shown, and it is about all of them.
        """
        known = next(iter(self.exhibits or self.above), None)
        if known is None or not known.count:
            return ""
        kind, _, metric = known.name.partition(".")
        judged = self.check.metric or self.check.row
        others = kind == "drift" or (kind == "suspects" and metric != judged)
        return "" if others else counted(known.count, known.noun)

    @property
    def to_do(self) -> bool:
        """True if there is something to do that no earlier miss has asked for already."""
        return bool(self.advice) and not (self.above and not self.exhibits)


@dataclass
class Said:
    """Sentences that the page has said already."""

    sentences: set[str] = field(default_factory=set)

    def fresh(self, text: str) -> str:
        """The sentences of a text that are new; they count as said from now on."""
        new = [s for s in SENTENCE.split(text.strip()) if s and s not in self.sentences]
        new = list(dict.fromkeys(new))
        self.sentences.update(new)
        return " ".join(new)


def misses_of(report: Report) -> list[Miss]:
    """Missed limits, worst first, each with its images; no exhibit and no sentence twice."""
    said, shown = Said(), set[str]()
    misses = []
    for place, check in enumerate(missed_once(report)):
        fitting = [exhibit for exhibit in report.exhibits.items if _fits(check, exhibit)]
        new = tuple(exhibit for exhibit in fitting if exhibit.name not in shown)
        shown.update(exhibit.name for exhibit in new)
        misses.append(
            Miss(
                anchor=f"miss-{place}",
                check=check,
                title=check_title(report, check),
                held=_held(check),
                text=said.fresh(" ".join(map(full_sentence, (check.detail, check.reason)))),
                advice=said.fresh(_advice(report, check, fitting)),
                exhibits=new,
                above=tuple(exhibit for exhibit in fitting if exhibit not in new),
            )
        )
    return misses


def full_sentence(text: str) -> str:
    """The text with a capital and a stop; nothing of nothing. A name from a file stays as it is."""
    if "_" not in text.partition(" ")[0]:
        text = text[:1].upper() + text[1:]
    return text if not text or text[-1] in ".!?" else f"{text}."


def _fits(check: Check, exhibit: Exhibit) -> bool:
    """True if the exhibit shows what the check is about."""
    return (check.metric or check.row) in exhibit.about and exhibit.changed == (
        check.column == "change"
    )


def check_title(report: Report, check: Check) -> str:
    """Subject of a check, in words."""
    titles = {m.name: m.title for m in report.profile.metrics}
    name = check.metric or check.row
    title = titles.get(name) or TITLES.get(name) or name.replace("_", " ").capitalize()
    if check.figure == "gap":
        return f"{title}, gap between {'classes' if check.slice == 'class' else 'groups'}"
    if check.slice:
        return f"{title}, worst {check.slice}"
    if check.column != "change":
        return title
    return f"{title} of the {'unchanged' if check.metric == 'masks' else 'changed'} images"


def _held(check: Check) -> str:
    if check.observed is None:
        return ""
    column = HELD.get(check.column, "")
    limit = limit_text(check).removeprefix(COLUMN_WORDS.get(check.column, ""))
    return f"{column}{observed_text(check)}{_unit(check)}; the limit is {limit}"


def _unit(check: Check) -> str:
    """Unit behind a number, " levels"; a share has its own."""
    if check.row in NEWS:
        return " drift feature" if check.observed == 1 else " drift features"
    unit = unit_of_limit(check)
    return f" {unit}" if unit and unit != SHARE else ""


def _advice(report: Report, check: Check, own: list[Exhibit]) -> str:
    """Advice on a missed limit; empty for a waived one, as its keeper has decided."""
    if check.waived:
        return ""
    if check.status is Status.UNKNOWN:  # mending the metric's images is no help: there is no value
        measured = report.metrics.metrics.get(check.metric)
        why = measured.reason if measured and measured.reason else ""
        return f"{full_sentence(why)} {advice_on(check)}".strip()
    known = next((one.advice for one in own if one.advice), "")
    metric = next((m for m in report.profile.metrics if m.name == check.metric), None)
    return known or (metric.advice if metric else advice_on(check))


class NumberedPictures:
    """Thumbnails by number, in the order in which the page shows them."""

    def __init__(self, gallery: Gallery, exhibits: Sequence[Exhibit]) -> None:
        """Number the pictures of the exhibits.

        Args:
            gallery: The pictures.
            exhibits: In the order of the page.
        """
        self.gallery = gallery
        self.tiles: dict[ImageRef, Tile] = {}
        for exhibit in exhibits:
            for row in exhibit.rows:
                for tile in row.tiles:
                    if tile.image in self.gallery.thumbnails:
                        self.tiles.setdefault(tile.image, tile)
        self._numbers = {ref: i for i, ref in enumerate(self.tiles)}
        self._order = tuple(self.tiles)
        self._left = set(self._numbers.values())

    def number(self, ref: ImageRef) -> int | None:
        """Number of an image's picture; None where there is none."""
        return self._numbers.get(ref)

    def place(self, number: int | None) -> str:
        """Identifier of a tile; empty for one that is not the first of its image."""
        if number not in self._left:
            return ""
        self._left.remove(number)
        return f"t{number}"

    def any(self, row: TileRow) -> bool:
        """True if some image of a row has a picture."""
        return any(tile.image in self._numbers for tile in row.tiles)

    def use(self, number: int) -> Markup:
        """The picture as an element that refers to its only copy in the page."""
        ref = self._order[number]
        thumb = self.gallery.thumbnails[ref]
        label = Markup.escape(printable(ref.id, LONGEST_NAME))
        return Markup(  # noqa: S704  # numbers of ours and an escaped name
            f'<svg role="img" aria-label="{label}" viewBox="0 0 {thumb.width} {thumb.height}">'
            f'<use href="#p{number}"/></svg>'
        )

    def symbols(self) -> Iterator[Markup]:
        """The pictures themselves, each once."""
        for ref, place in self._numbers.items():
            thumb = self.gallery.thumbnails[ref]
            small = ' class="sharp"' if max(thumb.width, thumb.height) < SMALL else ""
            yield Markup(  # noqa: S704  # numbers and base64 of ours
                f'<symbol id="p{place}" viewBox="0 0 {thumb.width} {thumb.height}">'
                f'<image width="{thumb.width}" height="{thumb.height}"{small} '
                f'href="{thumb.address}"/></symbol>'
            )

    def enlarged(self) -> Iterator[tuple[int, Tile]]:
        """Number and tile of each picture, in order."""
        yield from enumerate(self.tiles.values())
