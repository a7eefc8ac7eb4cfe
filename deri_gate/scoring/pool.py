"""The reference pool: what typical datasets measure, and so what a value is worth."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import PrivateAttr, model_validator

from deri_gate.errors import PoolError
from deri_gate.metrics.catalogue import METRICS
from deri_gate.runtime.files import read_regular_file
from deri_gate.runtime.resources import is_shipped_name, shipped_pools
from deri_gate.runtime.strict import faults_told, validated
from deri_gate.schemas.pool import PoolDocument, PoolProfile

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from deri_gate.metrics.base import Metric
    from deri_gate.metrics.profile import Profile
    from deri_gate.schemas.metrics import MetricsDocument

EQUAL, PUBLISHED, MONOTONE = "equal", "published", "monotone"
STANDARD = "standard"  # the pool of profiles that have none of their own
POWER = 0.5  # of the standard profile: see docs/deri1000.md
LEAST_POWER = 0.01  # but for 0: of a smaller one, rounding makes each mean 1
PUBLISHED_WEIGHTS = {
    m.name: m.published_weight
    for m in sorted(METRICS, key=lambda m: (m.published_weight, METRICS.index(m)), reverse=True)
    if m.published_weight
}  # heaviest first


class ProfileId(PoolProfile):
    """Profile that values were measured with; they compare metric by metric.

    Two values of a metric compare where its definition is the same. Where one side names none,
    as pools up to 0.1 do, those of the published metrics do where the hash is the same.
    """

    @classmethod
    def of(cls, profile: Profile) -> ProfileId:
        """Identity of a profile as it is now."""
        return cls(name=profile.name, hash=profile.hash, definitions=profile.definitions_of)

    @classmethod
    def in_document(cls, document: MetricsDocument) -> ProfileId:
        """Profile of a `metrics.json`, with the definition of each of its values."""
        definition_of = {name: value.definition for name, value in document.metrics.items()}
        definitions = {name: text for name, text in definition_of.items() if text is not None}
        profile = document.profile
        return cls(name=profile.name, hash=profile.hash, definitions=definitions)

    def compares(self, metric: str, other: ProfileId) -> bool:
        """Tell whether values of a metric under both profiles mean the same."""
        if metric in self.definitions and metric in other.definitions:
            return self.definitions[metric] == other.definitions[metric]
        return self.hash == other.hash and metric in PUBLISHED_WEIGHTS


class Pool(PoolDocument):
    """A reference pool as it lies on disk. Medians and spreads are derived when it is used."""

    profile: ProfileId
    _other_definitions: frozenset[str] = PrivateAttr(default=frozenset())

    @property
    def other_definitions(self) -> frozenset[str]:
        """Metrics that weigh in its file and were left out, as the values define them otherwise."""
        return self._other_definitions

    def only(self, names: Collection[str]) -> Pool:
        """The pool without its other metrics, which do not compare with the values."""
        members = (
            member.model_copy(
                update={"metrics": {k: v for k, v in member.metrics.items() if k in names}}
            )
            for member in self.datasets
        )
        weights = {name: weight for name, weight in self.weights.items() if name in names}
        pool = self.model_copy(update={"weights": weights, "datasets": tuple(members)})
        left_out = (name for name, weight in self.weights.items() if weight > 0)
        pool._other_definitions = frozenset(left_out) - weights.keys()  # noqa: SLF001  # its class
        return pool

    @model_validator(mode="after")
    def _names_fit(self) -> Pool:
        names = [member.name for member in self.datasets]
        if len(set(names)) < len(names):
            raise ValueError("two datasets have one name")
        metrics_named = {metric.name: metric for metric in METRICS}
        every = (self.weights, *self.other_weights.values())
        used = set[str]().union(*every, *(member.metrics for member in self.datasets))
        if unknown := sorted(used - metrics_named.keys() - self.profile.definitions.keys()):
            raise ValueError(f"{', '.join(unknown)}: no such metric")
        for member in self.datasets:
            for name in sorted(member.metrics.keys() & metrics_named.keys()):
                check_range(metrics_named[name], member.metrics[name], member.name)
        for weights in every:
            _check_weights(weights.values())
        _check_power(self.power)
        return self

    @model_validator(mode="after")
    def _count_once(self) -> Pool:
        known: dict[str, str] = {}
        for member in self.datasets:
            if member.fingerprint in known:
                both = f"{known[member.fingerprint]!r} and {member.name!r}"
                raise ValueError(f"{both} hold the same images, which would count twice")
            known[member.fingerprint] = member.name
        return self

    @property
    def hash(self) -> str:
        """Identity of the pool's content, 16 hexadecimal digits.

        Weights that were made of its study are no part of it, for the study names the pool by it.
        """
        return hashlib.sha256(self.unstudied().to_json().encode()).hexdigest()[:16]

    @property
    def numbers_hash(self) -> str:
        """Identity of what of the pool can move a number, 16 hexadecimal digits."""
        return hashlib.sha256(self.unstudied().numbers_text().encode()).hexdigest()[:16]

    def unstudied(self) -> Pool:
        """The pool as it was calibrated: without weights that were made of its study."""
        if MONOTONE not in self.other_weights:
            return self
        calibrated = {k: v for k, v in self.other_weights.items() if k != MONOTONE}
        return self.model_copy(update={"other_weights": calibrated})

    def numbers_text(self) -> str:
        """The pool as JSON without what moves no number: versions, licences, sources, domains."""
        aside = dict.fromkeys(("version", "licence", "source", "domain"), "")
        plain = tuple(member.model_copy(update=aside) for member in self.datasets)
        return self.model_copy(update={"datasets": plain, "left_out": {}}).to_json()

    def to_json(self) -> str:
        """The pool as it is written: readable, and the same bytes for the same pool."""
        return self.model_dump_json(indent=2) + "\n"


def _check_weights(weights: Collection[float]) -> None:
    if not sum(weights) > 0:
        raise ValueError("no weight is above 0")
    if not math.isfinite(sum(weights)):
        raise ValueError("the weights are too large to be added")


def _check_power(power: float) -> None:
    if power > 1:
        raise ValueError(f"power {power:g} lets good subscores buy off bad ones; 1 at most")
    if 0 < power < LEAST_POWER:
        raise ValueError(f"power {power:g} makes all means 1; 0, or {LEAST_POWER} at least")


def check_range(metric: Metric, value: float, where: str) -> None:
    """Refuse a value that the metric cannot have, in the definition of no profile.

    Raises:
        ValueError: If it is one.
    """
    low, high = metric.widest_range
    if not low <= value <= high:
        raise ValueError(f"{where}: {metric.name} is {value}, not within {low:g} to {high:g}")


def find_pool(name: str | Path) -> Path:
    """The file of a pool given as a shipped pool's name, a folder, or a file.

    A name without slash, backslash or dot is a shipped pool's, whatever lies in the folder.

    Raises:
        PoolError: If there is nothing of the kind.
    """
    pools = shipped_pools()
    if is_shipped_name(name):
        if name in pools:
            return pools[name]
        fix = f"Give {', '.join(pools) or 'a pool'}; for a folder or file write ./{name}."
        raise PoolError(f"there is no shipped pool {name!r}", "--pool", fix)
    given = Path(name)
    for candidate in (given, given / "pool.json"):
        if candidate.is_file():
            return candidate
    fix = f"Give {', '.join(pools) or 'a pool'}, a folder with a pool.json, or such a file."
    raise PoolError(f"there is no pool {name!r}", "--pool", fix)


def pool_for(name: str | Path, profile: ProfileId, *, weights: str = "") -> Pool:
    """The pool of this name, with what it has of the metrics that this profile defines likewise.

    What does not compare is left out: it gets no subscore and weighs nothing.

    Args:
        name: A shipped pool's name, a pool's folder, or its file; the profile's pool when empty.
        profile: With which the values to be scored are, or will be, measured.
        weights: Name of the pool's set of weights to use; its own ones when empty.

    Raises:
        PoolError: If there is no such pool, it cannot be read, nothing of it compares, or it has
            no weights of that name.
    """
    path = find_pool(name or usual_pool(profile))
    pool = weighted_as(read_pool(path), weights, path)
    used = set(pool.weights).union(*(member.metrics for member in pool.datasets))
    kept = {name for name in used if pool.profile.compares(name, profile)}
    if not any(pool.weights.get(name, 0.0) > 0 for name in kept):
        other = "another encoder or other definitions of " * (pool.profile.name == profile.name)
        raise PoolError(
            f"was made with profile {pool.profile.name} ({pool.profile.hash}), the values with "
            f"{other}{profile.name} ({profile.hash}), which do not compare",
            path,
            _instead(path, profile),
        )
    return pool if kept == used else pool.only(kept)


def usual_pool(profile: ProfileId) -> str:
    """Name of the shipped pool that is called as the profile; "standard" where none is."""
    return profile.name if profile.name in shipped_pools() else STANDARD


def _instead(path: Path, profile: ProfileId) -> str:
    """Sentence that says what can be done where nothing of the pool compares."""
    usual = usual_pool(profile)
    if usual != profile.name or path == shipped_pools()[usual]:
        return "Measure with that profile, or calibrate a pool with this one."
    return f"Give --pool {usual}, or calibrate a pool with this profile."


def weighted_as(pool: Pool, name: str, where: Path) -> Pool:
    """Return the pool with the weights of this name for its own; the same pool for no name.

    Raises:
        PoolError: If there are none.
    """
    if not name:
        return pool
    known = weight_sets(pool)
    if name not in known:
        fix = f"Give {' or '.join(known)}, or none for the pool's own."
        raise PoolError(f"has no weights {name!r}", where, fix)
    return pool.model_copy(update={"weights": dict(known[name])})


def weight_sets(pool: Pool) -> dict[str, Mapping[str, float]]:
    """Every set of weights that has a name, by it; any sums.

    "equal" needs not be in the pool's file: every metric that weighs there weighs the same. Nor
    need "published", where they are the pool's own.
    """
    sets: dict[str, Mapping[str, float]] = {EQUAL: dict.fromkeys(pool.weights, 1.0)}
    if all(PUBLISHED_WEIGHTS.get(name) == weight for name, weight in pool.weights.items()):
        sets[PUBLISHED] = pool.weights
    return sets | pool.other_weights


def read_pool(path: Path) -> Pool:
    """Read a pool.

    Raises:
        PoolError: If it cannot be read, or is not a pool.
    """
    what, fix = "is not a reference pool", "Make it again with `deri-gate calibrate`."
    with faults_told(what, path, fix, unread="cannot be read", kind=PoolError):
        return validated(read_regular_file(path), Pool)
