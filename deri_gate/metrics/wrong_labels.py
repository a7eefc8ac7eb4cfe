"""Wrong labels, image by image: evidence against each label, and the class suggested instead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy

from deri_gate.metrics.one_way_labels import one_way_pairs
from deri_gate.metrics.surest_labels import class_blocks, denied_at_least, neighbour_votes
from deri_gate.stats.membership import sizes_of_classes
from deri_gate.stats.ridge import ridge_margins

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from deri_gate.arrays import BoolArray, FloatArray, IntArray

VERSION = 3  # raised whenever the same evidence would be weighed otherwise
COMPANY = 5  # images a class needs for its absence to mean anything
ROUNDS = 2  # of votes by neighbours whose own labels are trusted by the round before
SMOOTHING = 0.01  # of beliefs, so that their ratio stays finite
# The log odds of another label from which an image is a suspect: less where more labels are wrong,
# more where there are more classes to be confused with. Chosen on eleven real sets with 2 to 20 %
# of the labels moved, anywhere or to the class most often confused, on one half of the sets, and
# confirmed on the other half and other seeds.
LEAST, BY_SHARE, BY_CLASSES = 0.3, 0.4, 0.35
SHARES = (0.01, 0.2)  # between which the share of wrong labels is estimated
# Where many labels are wrong that list is too short: one is as likely to be wrong behind its end
# as before it. It is made as long as the surest labels say, if that is at least so much of all.
# So it is with all labels that are denied, where few are nearly so: then the classes are told
# apart. Chosen on six sets, confirmed on eleven with other images.
MANY = 0.08  # of the labels
NEARLY = -1.0  # log odds of a label that is nearly denied
FEW = 0.25  # as many of these as are denied
# Classes that look alike are taken for each other in both directions, or the small one for the
# large one. Of labels that look like another class, those that many of their class share count
# less, by this times the log of how many more there are than the other way round.
ONE_WAY = 0.4


@dataclass(frozen=True, kw_only=True)
class LabelEvidence:
    """Evidence on the label of each image.

    Attributes:
        disagreement: Evidence against the label: 0 (confirmed) to 1; above 0.5 another label is
            likelier. Shape (N,).
        suggested: The likeliest other class, shape (N,).
        probability: Belief in it: mean of its probability by the probe without the image and of
            its share among the neighbours, each neighbour weighted by the trust in its own label.
            0 to 1, shape (N,).
        suspects: Positions of the suspected labels, strongest evidence first.
    """

    disagreement: FloatArray
    suggested: IntArray
    probability: FloatArray
    suspects: IntArray


@dataclass(frozen=True, kw_only=True)
class _Beliefs:
    own: FloatArray
    other: FloatArray
    suggested: IntArray

    @property
    def trust(self) -> FloatArray:
        """Trust in each label, as seen from it: 0 to 1."""
        return np.asarray((self.own / np.maximum(np.maximum(self.own, self.other), 1e-9)) ** 2)

    @property
    def odds(self) -> FloatArray:
        """Log odds of the likeliest other label against the own one."""
        return np.asarray(np.log((self.other + SMOOTHING) / (self.own + SMOOTHING)))


def weigh_labels(
    neighbours: IntArray, membership: csr_array, out_of_fold: FloatArray, features: FloatArray
) -> LabelEvidence:
    """Judge each label by its neighbours, by a probe without the image, and by a stiff fit with it.

    Wrong labels come several at a time, so a neighbour counts as much as its own label is
    trusted. How many are suspects follows from the share of wrong labels, which is estimated from
    the odds by neighbours and probe: a fixed cut names too many of a clean set, or too few of a
    bad one. Where many labels are wrong for sure, the list is longer, and where many of one class
    surely look like one other, it has all such that are denied. Which ones, all of the evidence
    says.

    Args:
        neighbours: Positions of each image's k nearest, itself left out, shape (N, k).
        membership: Which image is of which class, 0/1, shape (N, K).
        out_of_fold: Class probabilities by the probe without the image, shape (N, K).
        features: What the probe is fitted on, shape (N, d).
    """
    beliefs = _beliefs(neighbours, membership, out_of_fold, np.ones(len(neighbours)))
    for _ in range(ROUNDS):
        beliefs = _beliefs(neighbours, membership, out_of_fold, beliefs.trust)
    judged = _in_company(membership)
    odds = _all_odds(beliefs, membership, features)
    length = max(
        int(((beliefs.odds > _least_odds(beliefs.odds, membership)) & judged).sum()),
        _many(odds[judged], denied_at_least(neighbours, membership, out_of_fold)),
    )
    eligible = np.flatnonzero(judged & (odds > 0))
    ranked = eligible[np.argsort(-odds[eligible], kind="stable")]
    listed = np.arange(len(ranked)) < length
    labels = np.asarray(membership.argmax(axis=1)).ravel()[ranked]
    for label, look in one_way_pairs(neighbours, membership, out_of_fold):
        listed |= (labels == label) & (beliefs.suggested[ranked] == look)
    return LabelEvidence(
        disagreement=np.asarray(scipy.special.expit(odds)),
        suggested=beliefs.suggested,
        probability=beliefs.other,
        suspects=ranked[listed],
    )


def _many(odds: FloatArray, denied: float) -> int:
    """Number of wrong labels, where they are many for sure; 0 where that is not so.

    Args:
        odds: Evidence against each label that is judged, shape (N,).
        denied: Share of the surest labels that are denied, see `denied_at_least`.
    """
    against = int((odds > 0).sum())
    nearly = int(((odds < 0) & (odds > NEARLY)).sum())
    many = max(against if nearly <= FEW * against else 0, round(denied * len(odds)))
    return many if many >= MANY * len(odds) else 0


def _all_odds(beliefs: _Beliefs, membership: csr_array, features: FloatArray) -> FloatArray:
    """Evidence against each label, on the scale of log odds, shape (N,)."""
    margins = ridge_margins(features, membership)
    odds = beliefs.odds - margins / max(float(np.abs(margins).mean()), 1e-9)
    classes = membership.shape[1]
    labels = np.asarray(membership.argmax(axis=1)).ravel()
    there, back = labels * classes + beliefs.suggested, beliefs.suggested * classes + labels
    pairs, number = np.unique(np.concatenate([there, back]), return_inverse=True)
    against = np.bincount(number[: len(odds)], scipy.special.expit(odds), minlength=len(pairs))
    ways = against[number].reshape(2, -1) + 1
    return np.asarray(odds - ONE_WAY * np.log(ways[0] / ways[1]))


def _beliefs(
    neighbours: IntArray, membership: csr_array, out_of_fold: FloatArray, trust: FloatArray
) -> _Beliefs:
    count = len(neighbours)
    votes = neighbour_votes(neighbours, membership, trust)
    total = np.maximum(trust[neighbours].sum(axis=1), 1e-9)
    own, other = np.empty(count), np.empty(count)
    suggested = np.empty(count, dtype=np.int64)
    for rows in class_blocks(*membership.shape):
        belief = (out_of_fold[rows] + votes[rows].toarray() / total[rows, None]) / 2
        inside = membership[rows].toarray() > 0
        own[rows] = np.where(inside, belief, 0.0).max(axis=1)
        outside = np.where(inside, -1.0, belief)
        suggested[rows] = outside.argmax(axis=1)
        other[rows] = np.maximum(outside.max(axis=1), 0.0)  # an image of every class has no other
    return _Beliefs(own=own, other=other, suggested=suggested)


def _least_odds(odds: FloatArray, membership: csr_array) -> float:
    """Log odds from which on an image is a suspect."""
    share = np.clip(_share_of_wrong(odds), *SHARES)
    present = int((sizes_of_classes(membership) > 0).sum())
    cut = BY_SHARE * np.log((1 - share) / share) + BY_CLASSES * np.log(max(1, present - 1))
    return float(max(LEAST, cut))


def _share_of_wrong(odds: FloatArray, *, steps: int = 60) -> float:
    """Share of wrong labels that explains the odds best, by expectation maximisation."""
    share = 0.1
    for _ in range(steps):
        wrong = scipy.special.expit(odds + np.log(share / (1 - share)))
        share = float(np.clip(wrong.mean(), 1e-4, 0.5))
    return share


def _in_company(membership: csr_array) -> BoolArray:
    """True where a class of the image is large enough for a probe to learn it."""
    sizes = sizes_of_classes(membership)
    return np.asarray(membership @ (sizes >= COMPANY).astype(float) > 0)
