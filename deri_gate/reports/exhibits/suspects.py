"""Suspects of each metric; doubtful labels beside the most similar images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.reports.exhibits.records import (
    MOST_NAMES,
    MOST_TILES,
    Exhibit,
    ImageRef,
    Tile,
    TileRow,
)
from deri_gate.reports.exhibits.side import COUNTED
from deri_gate.reports.tally import ADVICE_BY_LOOK
from deri_gate.reports.text import percent

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from deri_gate.arrays import FloatArray
    from deri_gate.measuring.measure import Measured
    from deri_gate.metrics.base import Metric
    from deri_gate.reports.exhibits.side import MeasuredSide

MOST_ROWS = 8  # of doubtful labels
NEIGHBOURS = 5  # of an image with a doubtful label
BESIDE = ("label_noise", "duplicates")  # metrics whose suspects are shown row by row
ODD = {"off_topic": "Images that resemble no other"}
TITLES = {
    "sharpness": "Blurred images",
    "noise_artifacts": "Images with noise or artifacts: grain, smoothing, compression",
    "exposure": "Badly exposed images",
    "resolution": "Images of low effective resolution",
    "separation": "Images unlike their class",
    "xai_overlay": "Images explained by edges or text",
    "xai_stability": "Images whose explanation is unstable",
}


SHARES_OF = {
    "noise_artifacts": "grainy_share",
    "exposure": "faint_share",
    "resolution": "hollow_share",
    "label_noise": "denied_share",
}  # rows that the images of a metric are the pictures of, too


def _about(metric: str) -> tuple[str, ...]:
    return (metric, SHARES_OF[metric]) if metric in SHARES_OF else (metric,)


def suspect_exhibits(side: MeasuredSide) -> Iterator[Exhibit]:
    """An exhibit a metric that has suspects, worst images first."""
    measured = side.measured
    for metric in measured.evidence.profile.metrics:
        answer = measured.answers.get(metric.name)
        if answer is not None and answer.suspects.size and metric.name not in BESIDE:
            yield _suspects_of(side, metric)


def _suspects_of(side: MeasuredSide, metric: Metric) -> Exhibit:
    suspects = side.suspects(metric.name)
    ids = [side.measured.evidence.dataset.ids[i] for i in suspects[: MOST_TILES + MOST_NAMES]]
    tiles = tuple(_tile(side, metric, name) for name in ids[:MOST_TILES])
    return Exhibit(
        name=f"suspects.{metric.name}",
        about=_about(metric.name),
        title=TITLES.get(metric.name, f"Suspects of {metric.title}"),
        sentence=side.suspects_text(metric.name),
        advice=metric.advice,
        count=len(suspects),
        rows=(TileRow(tiles=tiles),),
        others=tuple(ids[MOST_TILES:]),
    )


def worst_exhibits(side: MeasuredSide, missed: Collection[str]) -> Iterator[Exhibit]:
    """The worst images of metrics whose limit is missed though no image stands out."""
    for name, metric in side.metrics.items():
        told = any(row in missed for row in _about(name)) and name not in COUNTED
        if told and not side.measured.answers[name].suspects.size:
            values = metric.sign * metric.on_scale(side.values(name))
            known = np.flatnonzero(np.isfinite(values))
            worst = known[np.argsort(values[known], kind="stable")][:MOST_TILES]
            ids = side.measured.evidence.dataset.ids
            yield Exhibit(
                name=f"worst.{name}",
                about=_about(name),
                title=f"Worst images in {metric.title}",
                advice=metric.advice,
                count=0,  # how many miss it is not known by their number here
                rows=(TileRow(tiles=tuple(_tile(side, metric, ids[i]) for i in worst)),),
            )


def odd_exhibits(side: MeasuredSide) -> Iterator[Exhibit]:
    """An exhibit a kind of odd images that no metric is about, such as those off topic."""
    by_reason: dict[str, list[str]] = {}
    for name, about in side.reasons:
        if about not in side.measured.answers:
            by_reason.setdefault(about, []).append(name)
    for about, names in sorted(by_reason.items()):
        tiles = tuple(
            Tile(
                image=ImageRef(id=name),
                facts=tuple(filter(None, (side.reasons[name, about], side.label(name)))),
            )
            for name in names[:MOST_TILES]
        )
        yield Exhibit(
            name=f"odd.{about}",
            about=(about,),
            title=ODD.get(about, f"Odd images: {about.replace('_', ' ')}"),
            advice=ADVICE_BY_LOOK,
            count=len(names),
            rows=(TileRow(tiles=tiles),),
            others=tuple(names[MOST_TILES : MOST_TILES + MOST_NAMES]),
        )


def _tile(side: MeasuredSide, metric: Metric, name: str) -> Tile:
    reason = side.reasons.get((name, metric.name)) or side.value_text(metric.name, name)
    facts = (reason, side.label(name))
    return Tile(image=ImageRef(id=name), facts=tuple(filter(None, facts)))


def label_exhibit(side: MeasuredSide) -> Exhibit | None:
    """Doubtful labels: each image, its nearest neighbours, a typical image of both classes."""
    measured = side.measured
    answer = measured.answers.get("label_noise")
    if answer is None or not answer.suspects.size:
        return None
    labels = _Labels(side)
    ids = measured.evidence.dataset.ids
    suspects = side.suspects("label_noise")
    shown, more = suspects[:MOST_ROWS], suspects[MOST_ROWS:]
    return Exhibit(
        name="suspects.label_noise",
        about=_about("label_noise"),
        title="Doubtful labels",
        sentence=side.suspects_text("label_noise"),
        advice="Let a second person check the label.",
        count=len(suspects),
        rows=tuple(labels.row(i) for i in shown),
        placing="rows",
        others=tuple(ids[i] for i in more[:MOST_NAMES]),
    )


class _Labels:
    """The labels of a dataset as its neighbours and its probe have them."""

    def __init__(self, side: MeasuredSide) -> None:
        self.side = side
        self.evidence = side.measured.evidence
        self.probabilities = probabilities_of(side.measured)
        self.label_evidence = (
            self.evidence.label_evidence if _needs(side.measured, "label_evidence") else None
        )

    def row(self, i: int) -> TileRow:
        """The image, its neighbours, and what is typical of its class and of the suggested one."""
        ids = self.evidence.dataset.ids
        tiles = [Tile(image=ImageRef(id=ids[i]), facts=self._facts(i), role="suspect")]
        near = self.evidence.neighbours[i][:NEIGHBOURS].tolist()
        tiles += [self._labelled(j, "similar") for j in near]
        other = self._suggested(i)
        for k in (*self.evidence.dataset.labels[i][:1], *(() if other is None else (other,))):
            j = self._typical(k)
            if j is not None and j != i:
                tiles.append(self._labelled(j, f"typical {self.side.titles[k]}"))
        return TileRow(tiles=tuple(tiles))

    def _labelled(self, i: int, role: str) -> Tile:
        name = self.evidence.dataset.ids[i]
        label = () if role.startswith("typical") else (self.side.label(name),)
        return Tile(image=ImageRef(id=name), facts=label, role=role)

    def _facts(self, i: int) -> tuple[str, ...]:
        name = self.evidence.dataset.ids[i]
        facts = [f"labelled {self.side.label(name) or 'nothing'}"]
        other = self._suggested(i)
        if other is not None:
            belief = percent(self._belief(i, other))
            facts.append(f"looks like {self.side.titles[other]} ({belief})")
        return tuple(facts)

    def _belief(self, i: int, other: int) -> float:
        """Probability of the suggested class."""
        if self.label_evidence is not None:
            return float(self.label_evidence.probability[i])
        assert self.probabilities is not None
        return float(self.probabilities[i, other])

    def _suggested(self, i: int) -> int | None:
        """Likeliest class that the image is not labelled with."""
        if self.label_evidence is not None:
            return int(self.label_evidence.suggested[i])
        if self.probabilities is None:
            return None
        values = self.probabilities[i].copy()
        values[list(self.evidence.dataset.labels[i])] = -1
        return int(values.argmax()) if len(values) > 1 else None

    def _typical(self, k: int) -> int | None:
        """Image of a class that the probe is surest of."""
        if self.probabilities is None:
            return None
        own = np.asarray(self.evidence.membership[:, [k]].toarray()).ravel() > 0
        return int(np.where(own, self.probabilities[:, k], -1).argmax()) if own.any() else None


def _needs(measured: Measured, name: str) -> bool:
    """True if a metric that was measured asked for this evidence."""
    return any(name in m.needs for m in measured.evidence.profile.metrics
               if m.name in measured.answers)  # fmt: skip


def probabilities_of(measured: Measured) -> FloatArray | None:
    """Out-of-fold class probabilities, shape (N, K); None where no metric asked for the probe."""
    return measured.evidence.probe.out_of_fold if _needs(measured, "probe") else None
