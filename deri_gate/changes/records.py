"""Results of comparing a dataset, the head, with an earlier one, the base."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from deri_gate.changes.files import FileChanges, counts_sentence
from deri_gate.data.signatures import ending_of
from deri_gate.metrics.catalogue import PIXEL_METRICS
from deri_gate.runtime.counts import happened

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from deri_gate.stats.intervals import Interval

Kind = Literal["added", "removed", "modified", "relabelled", "moved", "unchanged"]
KINDS: tuple[Kind, ...] = ("added", "removed", "modified", "relabelled", "moved", "unchanged")
Direction = Literal["worse", "different"]
LOOKS = ("novelty", "label_noise", "separation", "diversity")  # what needs embeddings
HEAT = ("xai_overlay", "xai_stability")  # what needs explanations
COUNTS = ("duplicates", "leaks", "imbalance", "composition", "groups", "masks", "mask_fit")
SHAPES = ("size", "channels", "colour", "intensity", "orientation")  # no direction is bad
ABOUTS = (*PIXEL_METRICS, *LOOKS, *HEAT, *COUNTS, *SHAPES)  # what is asked of changed images
REVISION = re.compile(r"(?<=^git:)[0-9a-f]{40,64}(?=:)")
SHOWN = 0.05  # adjusted p below which a test is shown, and its images named
SHORT = 12  # digits of a commit that tell it from all others


@dataclass(frozen=True, kw_only=True)
class Matching:
    """Matched images of head and base, as far as they could be read.

    Attributes:
        added: Ids in the head of content and path that the base has not.
        removed: Ids in the base of content and path that the head has not.
        modified: Same path and labels, other content.
        relabelled: Same content or path, other labels; a move between class folders is one.
        moved: Same content and labels, other path: the id in the base and in the head.
        unchanged: How many images are the same in all.
        classes_added: Classes with an image in the head alone.
        classes_removed: Classes with an image in the base alone.
        classes_renamed: Classes whose images all went under another name, old and new.
        converted: Modified ones of another name, which show the same or are of one name but for its
            ending: old and new.
        crossed: Ids in the head of images that were in another split; no added or removed ones.
    """

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    modified: tuple[str, ...] = ()
    relabelled: tuple[str, ...] = ()
    moved: tuple[tuple[str, str], ...] = ()
    unchanged: int = 0
    classes_added: tuple[str, ...] = ()
    classes_removed: tuple[str, ...] = ()
    classes_renamed: tuple[tuple[str, str], ...] = ()
    converted: tuple[tuple[str, str], ...] = ()
    crossed: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[Kind, int]:
        """Images of each kind, in the order of `KINDS`."""
        return {
            kind: self.unchanged if kind == "unchanged" else len(getattr(self, kind))
            for kind in KINDS
        }

    @property
    def present(self) -> tuple[str, ...]:
        """Ids in the head of the images that are new to the split, edited or relabelled."""
        return (*self.added, *self.crossed, *self.modified, *self.relabelled)

    def without(self, went: AbstractSet[str], came: AbstractSet[str]) -> Matching:
        """Matching in which images that are merely in another split neither came nor went.

        Args:
            went: Ids in the base of all images that went to another split.
            came: Their ids in the head.
        """
        return replace(
            self,
            added=tuple(name for name in self.added if name not in came),
            removed=tuple(name for name in self.removed if name not in went),
            crossed=tuple(name for name in self.added if name in came),
        )

    @property
    def nothing(self) -> bool:
        """True if head and base hold the same images with the same labels."""
        return not (self.added or self.removed or self.modified or self.relabelled)


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One number of the base and of the head.

    Attributes:
        base: In its own unit; None when not measured.
        head: Value of the head, in its own unit; None when not measured.
        difference: Head minus base; None when one of them is missing.
        interval: 95 % of the difference, over resamples that draw what both share together.
        subscore_base: 0 to 100, higher is better; None for a number that has none.
        subscore_head: Subscore of the head, 0 to 100.
    """

    base: float | None
    head: float | None
    difference: float | None
    interval: Interval | None
    subscore_base: float | None = None
    subscore_head: float | None = None

    @property
    def points(self) -> float | None:
        """Number that limits are about: subscore points where there are any, or the difference.

        Below 0 the head is worse, where the number is a metric or a score.
        """
        if self.subscore_base is not None and self.subscore_head is not None:
            return self.subscore_head - self.subscore_base
        return self.difference


@dataclass(frozen=True, kw_only=True)
class ChangeTest:
    """One question about the changed images of one kind, and how sure the answer is.

    Attributes:
        name: `kind.about`, unique: "added.sharpness"; "test/added.sharpness" of another split.
        title: Name for people: "New images: sharpness".
        kind: Which images: added, removed, modified, relabelled.
        about: What of them, one of `ABOUTS`; a metric's id where a metric is about it.
        direction: "worse": only a change for the worse counts; "different": any does.
        count: How many images it tells of: all that were looked at, or a few that stand out.
        effect: 0 for no change, above for the worse; 1 when every changed image is worse than
            all it is compared with (of pairs: when all got worse and none better).
        p: Probability of at least this much by chance if no more than a trifle had changed.
        adjusted_p: p-value after Holm's correction for all tests of this change, those of `SHAPES`
            apart.
        images: Ids of the images responsible, worst first; not all of them when there are many.
        sentence: What it means, for people.
        split: The split of the images, where it is not the judged one; otherwise "".
        groups: Number of their groups, where these are the units of the test; otherwise 0.
        worst_case_p: The adjusted p, had each image been worse than all known ones; None where that
            is not asked.
    """

    name: str
    title: str
    kind: Kind
    about: str
    direction: Direction
    count: int
    effect: float
    p: float
    adjusted_p: float
    images: tuple[str, ...]
    sentence: str
    split: str = ""
    groups: int = 0
    worst_case_p: float | None = None


@dataclass(frozen=True, kw_only=True)
class Change:
    """The whole comparison.

    Attributes:
        base_name: What the base is called, or how it was named.
        base_fingerprint: Identity of its images with names and labels.
        base_images: How many of the base's images could be read.
        matching: Which images changed.
        differences: By metric of the profile, in report order.
        deri1000: The score of both.
        u: U of both.
        shares: By share that a suite may limit ("exact_copies"), that of both.
        untagged: Shares of which there is nothing to look at any more, as tags were taken out of
            files.
        hidden: By share, why its value says nothing: what told it in the base is gone or bears
            other numbers.
        too_few: Sentences on changed images that are too few to be tested, or have more labels
            than any of the base.
        tests: On the changed images; empty when there are none.
        untested: By what could not be tested (as `ChangeTest.about`), why.
        files: What changed besides the judged images.
        elsewhere: By split that is not judged and has changed images: how many of each kind.
        crossed: Those of them that tell of images that were in another split.
    """

    base_name: str
    base_fingerprint: str
    base_images: int
    matching: Matching
    differences: Mapping[str, Difference]
    deri1000: Difference
    u: Difference
    shares: Mapping[str, Difference]
    tests: tuple[ChangeTest, ...]
    untested: Mapping[str, str]
    files: FileChanges = field(default_factory=FileChanges)
    elsewhere: Mapping[str, Mapping[Kind, int]] = field(default_factory=dict)
    crossed: tuple[str, ...] = ()
    untagged: frozenset[str] = frozenset()
    hidden: Mapping[str, str] = field(default_factory=dict)
    too_few: tuple[str, ...] = ()

    @property
    def least_p(self) -> dict[str, float | None]:
        """By what is asked of changed images, the smallest adjusted p of its tests.

        1 where no image gave reason to ask; None where it could not be asked.
        """
        least: dict[str, float | None] = dict.fromkeys(ABOUTS, 1.0)
        for test in self.tests:
            least[test.about] = min(least[test.about] or 0.0, test.adjusted_p)
        return least | dict.fromkeys(self.untested, None)

    @property
    def changed_elsewhere(self) -> int:
        """Images of other splits that are not as they were; a new path alone is no change."""
        kinds: tuple[Kind, ...] = ("added", "removed", "modified", "relabelled")
        return sum(counts[kind] for kind in kinds for counts in self.elsewhere.values())

    @property
    def moved_across(self) -> int:
        """Images that are in another split and else as they were."""
        return sum(self.elsewhere[name]["moved"] for name in self.crossed)

    def points(self, name: str) -> float | None:
        """Number that limits on the difference of a metric, score or share are about."""
        scores = {"DERI1000": self.deri1000, "U": self.u}
        for known in (self.differences, scores, self.shares):
            if name in known:
                return known[name].points
        return None

    @property
    def shown_tests(self) -> tuple[ChangeTest, ...]:
        """Tests that are shown, and whose images are named."""
        return tuple(test for test in self.tests if test.adjusted_p < SHOWN)

    @property
    def base_title(self) -> str:
        """Name of the base for people, a commit by its first digits."""
        return REVISION.sub(lambda found: found[0][:SHORT], self.base_name)

    @property
    def sentence(self) -> str:
        """The number of images of each kind of change, in whole sentences."""
        matching = self.matching
        others = [
            f"In {split}, {counts_sentence(counts, 'image')}."
            for split, counts in self.elsewhere.items()
            if any(counts.values())
        ]
        more = " ".join(filter(None, [*others, self.files.sentence, *self.too_few]))
        base = self.base_title
        if matching.nothing and not matching.moved and not self.crossed:
            if not more:
                return f"Nothing changed against {base}."
            where = "image of the judged split" if others else "judged image"
            return f"No {where} changed against {base}. {more}"
        said = [_compared(base, matching)]
        formats = [pair for pair in matching.converted if len({*map(ending_of, pair)}) > 1]
        if formats:
            deed = f"converted to another format, such as {' to '.join(formats[0])}"
            said.append(f"{happened(len(formats), 'modified image', deed)}.")
        return " ".join([*said, more] if more else said)


def _compared(base: str, matching: Matching) -> str:
    if any(matching.counts.values()):
        return f"Compared with {base}, {counts_sentence(matching.counts, 'image')}."
    return f"All images of the judged split were in another one in {base}."
