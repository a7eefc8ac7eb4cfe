"""Do the labels agree with what the images look like?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.errors import UnmeasurableError
from deri_gate.metrics.base import Answer, Metric, WeightedMean
from deri_gate.metrics.surest_labels import neighbour_votes
from deri_gate.runtime.figures import SHARE, percent
from deri_gate.stats.membership import sizes_of_classes

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from deri_gate.arrays import BoolArray, FloatArray, IntArray
    from deri_gate.metrics.records import Probe
    from deri_gate.metrics.wrong_labels import LabelEvidence

# Lower bound of the share of suspects that are wrong, by how many of the other labels the probe
# agrees with: where it denies many of these as well, the classes look alike. Chosen on six real
# sets with 1 to 20 % of the labels moved in three ways, and settled on five others.
AGREEMENT = (0.8, 0.9, 0.97)
PRECISION = (0.0, 0.1, 0.9)
LEAST_SAID = 0.05  # below it the note says that little is known
HOPELESS = 0.5  # share of labels that lose the vote anyway, from which on it says nothing
LONG = 0.15  # share of suspects from which on classes of unequal size have many that are right


def label_noise(
    neighbours: IntArray,
    membership: csr_array,
    probe: Probe,
    label_evidence: LabelEvidence,
    given_away: BoolArray,
) -> Answer:
    """Share of the images whose label is not the majority vote of their nearest neighbours.

    The vote is the metric, not the verdict on an image: among those it outvotes, most are just
    unusual. Suspects are those whose label a linear probe that has not seen the image denies as
    well, see `wrong_labels.py`, which doubles the precision or better. The value of an image is the
    disagreement with its label: 0 to 1, above 0.5 where another label is likelier.

    Neighbours that a mark has brought together confirm no label: an image whose class one gives
    away counts with those that are outvoted, and is not suspected for it.

    Args:
        neighbours: Positions of each image's k nearest, itself left out, shape (N, k).
        membership: Which image is of which class, 0/1, shape (N, K).
        probe: Gives `out_of_fold` class probabilities, shape (N, K).
        label_evidence: Evidence on each label, from the two.
        given_away: True for images whose class a burnt-in mark gives away, shape (N,).

    Returns:
        No unit, 0 to 1. Lower is better. A tie that includes the label agrees. An image of
        several classes agrees when one of them wins.

    Raises:
        UnmeasurableError: With fewer than two classes, or classes too small to win a vote.
    """
    _need_two_classes(membership)
    outvoted = disagrees(neighbours, membership)
    _need_a_chance(outvoted, neighbours, membership)
    return Answer(
        statistic=WeightedMean((outvoted | given_away).astype(float)),
        per_image=label_evidence.disagreement,
        suspects=label_evidence.suspects,
        note=_note(probe.out_of_fold, membership, label_evidence.suspects),
    )


def paper_label_noise(neighbours: IntArray, membership: csr_array) -> Answer:
    """The vote alone; every image that it outvotes is a suspect."""
    _need_two_classes(membership)
    outvoted = disagrees(neighbours, membership)
    return Answer(
        statistic=WeightedMean(outvoted.astype(float)),
        per_image=outvoted.astype(float),
        suspects=np.flatnonzero(outvoted),
    )


def disagrees(neighbours: IntArray, membership: csr_array) -> BoolArray:
    """True where none of an image's classes wins the vote of its neighbours, shape (N,)."""
    votes = neighbour_votes(neighbours, membership)
    most = votes.max(axis=1).toarray().ravel()
    own = votes.multiply(membership).max(axis=1).toarray().ravel()
    return np.asarray(own < most)


def _note(out_of_fold: FloatArray, membership: csr_array, suspects: IntArray) -> str:
    """Sentences on the trust in the suspects: what the probe says, and how many are wrong."""
    if not suspects.size:
        return ""
    likeliest = out_of_fold.argmax(axis=1)
    agreed = np.asarray(membership[np.arange(len(likeliest)), likeliest]).ravel() > 0
    expected = least_precision(agreed, suspects)
    said = f"The probe agrees with {percent(round(float(agreed.mean()), 2))} of the labels."
    if expected < LEAST_SAID:
        return f"{said} How many of the suspects are wrong cannot be told."
    return (  # where no label is wrong no suspect is, and no data can tell that
        f"{said} If 1 % of all labels are wrong, expect at least {percent(round(expected, 2))} "
        "of the suspects to be wrong."
    )


def least_precision(agreed: BoolArray, suspects: IntArray) -> float:
    """Lower bound of the share of suspects whose label is wrong, if 1 % of all labels are.

    Args:
        agreed: True where the probe agrees with the label, shape (N,).
        suspects: Positions of the suspects.
    """
    if len(suspects) > LONG * len(agreed):
        return 0.0
    others = np.delete(agreed, suspects)
    agreement = float(others.mean()) if others.size else 0.0
    return float(np.interp(agreement, AGREEMENT, PRECISION))


def _need_two_classes(membership: csr_array) -> None:
    if (sizes_of_classes(membership) > 0).sum() < 2:  # noqa: PLR2004
        raise UnmeasurableError("with one class no label can be told from another")


def _need_a_chance(outvoted: BoolArray, neighbours: IntArray, membership: csr_array) -> None:
    """Raise where most labels lose the vote though the whole class is among the neighbours.

    Of a class of three, two others can vote, and the remaining neighbours are of other classes. So
    classes that lie as far apart as can be lose, too.
    """
    if outvoted.mean() < HOPELESS:
        return
    votes = neighbour_votes(neighbours, membership).multiply(membership).sum(axis=1)
    others = membership @ (sizes_of_classes(membership) - 1)
    lost = float((outvoted & (np.asarray(votes).ravel() == others)).mean())
    if lost >= HOPELESS:
        raise UnmeasurableError(
            f"the classes have too few images: {percent(round(lost, 2))} of the labels are "
            f"outvoted, though all others of their class are among the {neighbours.shape[1]} "
            "nearest images"
        )


METRIC = Metric(
    name="label_noise",
    title="Label noise",
    better="lower",
    low=0.0,
    high=1.0,
    unit=SHARE,
    spread_floor=0.02,
    hurt_by="label_noise",
    advice="Let a second person check the label.",
    source="Brodley and Friedl (1999), doi:10.1613/jair.606; DERI1000, section 3.2",
    published_weight=0.2161,
    version=2,
    compute=label_noise,
)
METRIC = replace(METRIC, paper=replace(METRIC, version=1, compute=paper_label_noise))
