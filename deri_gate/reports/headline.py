"""The headline of a report: how many images have which fault, in plain words."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deri_gate.changes.records import LOOKS, SHOWN
from deri_gate.changes.sentences import NOUNS, SURE
from deri_gate.measuring.cases import OF_PAIRS
from deri_gate.measuring.shares import UNREADABLE
from deri_gate.metrics.catalogue import METRICS, PIXEL_METRICS
from deri_gate.reports.tally import changed_suspects, suspects_by_reason
from deri_gate.runtime.counts import counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from deri_gate.changes.records import Change
    from deri_gate.drift.records import Drift
    from deri_gate.reports.report import Report

MOST_CLASSES = 3  # that a headline names
KINDS = ("added", "modified", "relabelled", "removed")  # of changed images
JUDGED = ("added", "modified", "relabelled", "unchanged")  # kinds of images that have faults


@dataclass(frozen=True)
class Fault:
    """A fault as it is said of images.

    Attributes:
        suspects: Words for single images that stand out: "5 blurred".
        group: Words for images that are worse as a whole than those of the base: "24 blurrier".
        implied_by: Other faults that bring this one along, and are said instead.
    """

    suspects: str
    group: str
    implied_by: tuple[str, ...] = ()


FAULTS = {
    "sharpness": Fault("blurred", "blurrier"),
    "resolution": Fault("low in resolution", "lower in resolution", implied_by=("sharpness",)),
    "noise_artifacts": Fault("with noise or artifacts", "noisier"),
    "exposure": Fault("badly exposed", "worse exposed"),
    "label_noise": Fault("with a doubtful label", "with doubtful labels"),
    "separation": Fault("unlike their class", "less like their class", implied_by=("label_noise",)),
    "duplicates": Fault("near duplicates", "near duplicates"),
    "leaks": Fault("also in another split", "also in another split"),
    "novelty": Fault("unlike the others", "unlike the base"),
    "xai_overlay": Fault("explained by edges or text", "explained by edges or text"),
    "xai_stability": Fault("with an unstable explanation", "with less stable explanations"),
    "size": Fault("of another size", "of another size"),
    "colour": Fault("of other colours", "of other colours", implied_by=("channels",)),
    "intensity": Fault(
        "of other grey levels", "of other grey levels", implied_by=("exposure", "sharpness")
    ),
    "orientation": Fault("mirrored or turned", "mirrored or turned"),
    "mask_fit": Fault("with a mask that fits less well", "with masks that fit less well"),
    "masks": Fault(
        "with a changed or missing mask", "with changed or missing masks", implied_by=("mask_fit",)
    ),
    "channels": Fault("of another colour mode", "of another colour mode"),
}
SHIFTS = {  # of added or removed images together; no single one is at fault
    "imbalance": Fault("", "making the classes less balanced"),
    "composition": Fault("", "of other classes than the base", implied_by=("imbalance",)),
    "groups": Fault("", "from fewer groups than usual"),
}
SEEN = {  # reasons of single images that no metric is about, as `suspect_for` has them
    "divided": "damaged alike within a class",
    "contradiction": "with contradicting labels",
    "likely_contradiction": "with likely contradicting labels",
    "constant": "blank",
    "narrow_range": "with a narrow range of values",
    "uniform": "with the same file size or upper third as many others",
    "unusable_mask": "with an invalid mask",
    "border": "with a border",
    "blank_part": "partly blank",
    "colourless": "without colour",
    "colour_cast": "with a colour cast",
    "two_levels": "only black and white",
    "box": "with a box of one level",
    "dark_corners": "with dark corners",
}
NAMED = {  # kinds of findings that say nothing of how an image looks
    "privacy": "naming a person, a place or a device",
    "missing_label": "without a label",
}
SINGLE = {  # words for one image, where those for several do not do
    "near duplicates": "near duplicate",
    "unlike their class": "unlike its class",
    "less like their class": "less like its class",
    "with changed or missing masks": "with a changed or missing mask",
    "with contradicting labels": "with a contradicting label",
    "with likely contradicting labels": "with a likely contradicting label",
}
TITLES = {metric.name: metric.title.lower() for metric in METRICS}


@dataclass(frozen=True, kw_only=True)
class Headline:
    """Numbers of images by fault.

    Attributes:
        parts: A phrase a fault, or a kind of changed images: "24 changed images blurrier".
        drifted: Titles of the properties in which a batch has drifted; then `parts` is empty.
        since: Day on which a drift began that goes on; empty for none.
        faded: True if the batch itself no longer shows the drift that goes on.
        of: All images that were looked at: "60 changed images"; empty where a part says it.
    """

    parts: tuple[str, ...]
    drifted: tuple[str, ...] = ()
    since: str = ""
    faded: bool = False
    of: str

    @property
    def text(self) -> str:
        """One phrase, as in "5 blurred, 12 near duplicates, 4 unreadable of 600 images"."""
        if self.faded:
            began = f" since {self.since}" if self.since else ""
            told = f"{self.of} do not show the drift{began} in {listed(self.drifted)}"
            return f"{told}: it ends when later ones do not either"
        if self.drifted:
            since = f", in drift since {self.since}" if self.since else ""
            return f"{self.of} drifted in {listed(self.drifted)}{since}"
        if not self.parts:
            return f"{self.of}, no suspects"
        return f"{', '.join(self.parts)} of {self.of}" if self.of else ", ".join(self.parts)


def headline_of(report: Report) -> Headline:
    """Count the images by fault: changed ones where there is a base, all suspects otherwise."""
    if report.change is None:
        return _of_suspects(report)
    if report.drift is not None:
        return _of_drift(report.drift)
    return _of_change(report, report.change)


def _of_drift(drift: Drift) -> Headline:
    """Properties in drift, those of this batch first; and since when an earlier one goes on."""
    images = counted(drift.images, "new image")  # what cannot be read is not compared
    watch = drift.watch
    if watch is None or not watch.drifting:
        return Headline(parts=("no drift" if drift.could_start else "unknown drift",), of=images)
    tests = {test.name: test for test in drift.tests}
    seen = [n for n in watch.ongoing if n in tests and tests[n].p_that_counts < SHOWN]
    named = [n for n in (*watch.started, *(seen or watch.ongoing)) if n in tests]
    since = watch.first if watch.ongoing else ""
    return Headline(
        parts=(),
        drifted=tuple(tests[n].title[:1].lower() + tests[n].title[1:] for n in named),
        since=since,
        faded=not (watch.started or seen),
        of=images,
    )


def _of_suspects(report: Report) -> Headline:
    """Suspects by metric and by sight; an image that is one for two reasons counts for both."""
    metrics, info = report.metrics.metrics, report.metrics.dataset
    of_metrics = {name: value.suspects for name, value in metrics.items()}
    files = {(found.kind, found.path) for found in report.metrics.findings if found.kind in NAMED}
    named = Counter(kind for kind, _ in files)
    counts = {**suspects_by_reason(report.table), **named, **of_metrics, "leaks": _leaked(report)}
    parts = _suspects_told(report, counts, info.unreadable)
    return Headline(parts=parts, of=counted(info.images, "image"))


def _leaked(report: Report) -> int:
    """Number of the judged images of which another split has a copy."""
    split = report.metrics.dataset.split
    pairs = [pair for pair in report.leaks.pairs if pair.exact] if report.leaks else []
    sides = {(p.image, p.split) for p in pairs} | {(p.other, p.other_split) for p in pairs}
    return sum(where == split for _, where in sides)


def _suspects_told(report: Report, counts: Mapping[str, int], unreadable: int) -> tuple[str, ...]:
    """A phrase for each reason of suspects: reasons that no metric is about come first."""
    metrics = report.metrics.metrics
    known = [n for n in FAULTS if n in metrics or n == "leaks"]
    names = [*known, *(n for n in metrics if n not in FAULTS)]
    told = NAMED | SEEN | {name: _fault(name).suspects for name in names} | {UNREADABLE: UNREADABLE}
    every = {**counts, UNREADABLE: unreadable}
    return tuple(
        f"{count:,} {_words(words, count)}"
        for reason, words in told.items()
        if (count := every.get(reason, 0))
    )


def _of_change(report: Report, change: Change) -> Headline:
    """Changed images by kind, with all that they are worse in as a whole; what is unreadable."""
    matching = change.matching
    groups = {kind: getattr(matching, kind) for kind in KINDS}
    touched = {*change.files.names, *matching.removed}
    broken = {f.path for f in report.metrics.findings if f.kind == UNREADABLE} & touched
    splits = ("", *change.elsewhere)
    faulty = [told for of in splits for kind in JUDGED if (told := _faults_of(change, kind, of))]
    gone = [*matching.classes_removed][:MOST_CLASSES]
    parts = [f"{'class' if len(gone) == 1 else 'classes'} {listed(gone)} removed"] if gone else []
    parts += [text for text, _ in faulty]
    if broken:
        parts.append(f"{len(broken):,} {UNREADABLE}")
    changed = len(set().union(*groups.values()) | broken) + change.changed_elsewhere
    noun = next((NOUNS[kind] for kind in KINDS if len(groups[kind]) == changed), "changed image")
    if faulty and not changed and not change.moved_across:  # their masks alone are others
        return Headline(parts=tuple(parts), of=counted(report.metrics.dataset.images, "image"))
    if not parts and not changed and not change.moved_across:
        return Headline(parts=("no image changed",), of="")
    suspects = changed_suspects(report) or Counter()
    if not faulty and not gone:  # as a whole they look like the base; single ones may not
        faulty = [told for of in splits for kind in NOUNS if (told := _shifts_of(change, kind, of))]
        parts = [text for text, _ in faulty]
        parts += _suspects_told(report, suspects, len(broken))
    else:  # no test of a group tells of these
        parts += [f"{n:,} {_words(SEEN[pair], n)}" for pair in OF_PAIRS if (n := suspects[pair])]
    said = len(parts) == 1 and (bool(gone) or [count for _, count in faulty] == [changed])
    of = _looked_at(changed, noun, change.moved_across)
    return Headline(parts=tuple(parts), of="" if said else of)


def _looked_at(changed: int, noun: str, moved: int) -> str:
    """Number of changed images, and of those that are merely in another split."""
    if not moved:
        return counted(changed, noun)
    across = "moved to another split"
    if not changed:
        return f"{counted(moved, 'image')} {across}"
    return f"{counted(changed, noun)} and {moved:,} {across}"


def _faults_of(change: Change, kind: str, split: str) -> tuple[str, int] | None:
    """Faults of the images of a kind, and how many images these are; None for no fault."""
    return _told(change, kind, split, dict.fromkeys((*FAULTS, *PIXEL_METRICS)))


def _shifts_of(change: Change, kind: str, split: str) -> tuple[str, int] | None:
    """Change of classes and groups by the images of a kind, and how many images these are."""
    return _told(change, kind, split, SHIFTS)


def _told(change: Change, kind: str, split: str, faults: Iterable[str]) -> tuple[str, int] | None:
    """Faults among these that the images of a kind have, and how many images these are."""
    asked = [test for test in change.tests if test.kind == kind and test.split == split]
    sure = {test.about: test for test in asked if test.adjusted_p < SURE}
    told = [about for about in faults if about in sure]
    said = [about for about in told if not sure.keys() & _causes(kind, about)]
    if not said:
        return None
    by_count: dict[int, list[str]] = {}
    for about in said:
        by_count.setdefault(sure[about].count, []).append(_fault(about).group)
    most = max(by_count)
    where = f" of {split}" if split else ""
    parts = [
        f"{counted(n, NOUNS[kind]) + where if n == most else f'{n:,}'} "
        f"{listed([_words(text, n) for text in by_count[n]])}"
        for n in sorted(by_count, reverse=True)
    ]
    return ", ".join(parts), most


def _words(text: str, count: int) -> str:
    return SINGLE.get(text, text) if count == 1 else text


def _causes(kind: str, about: str) -> set[str]:
    """Faults that bring this one along: an edited image that is blurred looks unusual as well."""
    spoilt = set(PIXEL_METRICS) if kind == "modified" and about in LOOKS else set()
    return spoilt | {*_fault(about).implied_by}


def _fault(about: str) -> Fault:
    """Words for a fault; a metric without words of its own is named by its title."""
    title = TITLES.get(about, about)
    return (FAULTS | SHIFTS).get(about) or Fault(f"suspected for {title}", f"worse in {title}")


def changed_classes(change: Change, most: int) -> list[str]:
    """Classes that were added, removed and renamed, a phrase each; so many names at most."""
    matching = change.matching
    said = {"added": matching.classes_added, "removed": matching.classes_removed}
    told = [f"{what}: {', '.join(names[:most])}" for what, names in said.items() if names]
    if matching.classes_renamed:
        pairs = (f"{old} to {new}" for old, new in matching.classes_renamed[:most])
        told.append(f"renamed: {', '.join(pairs)}")
    return told
