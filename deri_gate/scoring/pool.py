"""The reference pool: what typical datasets measure, and so what a value is worth."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from deri_gate.errors import PoolError
from deri_gate.metrics.catalogue import METRICS
from deri_gate.runtime.files import read_regular_file
from deri_gate.runtime.resources import is_shipped_name, shipped_pools
from deri_gate.runtime.strict import fault_of, validated

if TYPE_CHECKING:
    from deri_gate.metrics.base import Metric

LEAST = 3  # datasets in a pool: a median of two says nothing
Number = Annotated[float, Field(allow_inf_nan=False)]

PUBLISHED_WEIGHTS = {
    "imbalance": 0.3319,
    "label_noise": 0.2161,
    "separation": 0.1377,
    "noise_artifacts": 0.0738,
    "sharpness": 0.0699,
    "xai_overlay": 0.0414,
    "duplicates": 0.0414,
    "diversity": 0.0315,
    "xai_stability": 0.0266,
    "resolution": 0.0153,
    "exposure": 0.0143,
}  # DERI1000, table 3, ten epochs


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ProfileId(_Strict):
    """With which profile the pool was measured; values compare only within one."""

    name: str
    hash: str


class Member(_Strict):
    """One reference dataset: where it comes from and what it measures."""

    name: str
    version: str
    licence: str
    source: str
    fingerprint: str  # of the images and labels that were measured
    images: int = Field(gt=0)
    classes: int = Field(gt=0)
    metrics: dict[str, Number]  # raw values by metric id


class Pool(_Strict):
    """A reference pool as it lies on disk. Medians and spreads are derived when it is used."""

    schema_version: Literal[1]
    name: str
    profile: ProfileId
    weights: dict[str, Annotated[Number, Field(ge=0)]]
    datasets: tuple[Member, ...] = Field(min_length=LEAST)

    @model_validator(mode="after")
    def _names_fit(self) -> Pool:
        names = [member.name for member in self.datasets]
        if len(set(names)) < len(names):
            raise ValueError("two datasets have one name")
        known = {metric.name: metric for metric in METRICS}
        used = set(self.weights).union(*(member.metrics for member in self.datasets))
        if unknown := sorted(used - known.keys()):
            raise ValueError(f"{', '.join(unknown)}: no such metric")
        for member in self.datasets:
            for name, value in member.metrics.items():
                check_range(known[name], value, member.name)
        if not math.fsum(self.weights.values()) > 0:
            raise ValueError("no weight is above 0")
        return self

    @property
    def hash(self) -> str:
        """Identity of the pool's content, 16 hexadecimal digits."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:16]

    def to_json(self) -> str:
        """The pool as it is written: readable, and the same bytes for the same pool."""
        return self.model_dump_json(indent=2) + "\n"


def check_range(metric: Metric, value: float, where: str) -> None:
    """Refuse a value that the metric cannot have, in the definition of no profile.

    Raises:
        ValueError: If it is one.
    """
    forms = [form for form in (metric, metric.paper) if form is not None]
    low, high = min(form.low for form in forms), max(form.high for form in forms)
    if not low <= value <= high:
        raise ValueError(f"{where}: {metric.name} is {value}, not within {low:g} to {high:g}")


def find_pool(name: str) -> Path:
    """The file of a pool given as a shipped pool's name, a folder, or a file.

    A name without slash, backslash or dot is a shipped pool's, whatever lies in the folder.

    Raises:
        PoolError: If there is nothing of the kind.
    """
    pools = shipped_pools()
    if is_shipped_name(name):
        if name in pools:
            return pools[name]
        fix = f"Give {' or '.join(pools) or 'a pool'}; for a folder or file write ./{name}."
        raise PoolError(f"there is no shipped pool {name!r}", "--pool", fix)
    given = Path(name)
    for candidate in (given, given / "pool.json"):
        if candidate.is_file():
            return candidate
    fix = f"Give {' or '.join(pools) or 'a pool'}, a folder with a pool.json, or such a file."
    raise PoolError(f"there is no pool {name!r}", "--pool", fix)


def pool_for(name: str, profile: ProfileId) -> Pool:
    """The pool of this name, made with this profile.

    Args:
        name: A shipped pool's name, a pool's folder, or its file.
        profile: With which the values to be scored are, or will be, measured.

    Raises:
        PoolError: If there is no such pool, it cannot be read, or its profile is another.
    """
    path = find_pool(name)
    pool = read_pool(path)
    if pool.profile.hash != profile.hash:
        raise PoolError(
            f"was made with profile {pool.profile.name} ({pool.profile.hash}), the values with "
            f"{profile.name} ({profile.hash}), which do not compare",
            path,
            "Measure with that profile, or calibrate a pool with this one.",
        )
    return pool


def read_pool(path: Path) -> Pool:
    """Read a pool.

    Raises:
        PoolError: If it cannot be read, or is not a pool.
    """
    try:
        return validated(read_regular_file(path), Pool)
    except OSError as error:
        raise PoolError(f"cannot be read ({error.strerror})", path) from error
    except ValueError as error:
        raise PoolError(
            f"is not a reference pool ({fault_of(error)})",
            path,
            "Make it again with `deri-gate calibrate`.",
        ) from error
