"""Recipe of a variant: two variants of one recipe are equal."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from functools import cached_property

from deri_gate.damage.catalogue import find
from deri_gate.damage.source import DamageSpec
from deri_gate.errors import SettingError
from deri_gate.runtime.hashing import json_digest


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Everything that decides what is in a variant.

    Attributes:
        fingerprint: Fingerprint of the dataset it is made from.
        group: What is done.
        level: How much of it, by name.
        strength: The level as a number.
        seed: Random seed.
        share: Part of the images it may touch, above 0 and up to 1.
        version: Version of the code that does it.
    """

    fingerprint: str
    group: str
    level: str
    strength: float
    seed: int
    share: float
    version: int

    @classmethod
    def of(
        cls, fingerprint: str, group: str, level: str, *, seed: int, share: float = 1.0
    ) -> Recipe:
        """The recipe of a variant as the code makes it today.

        Raises:
            SettingError: If there is no such group or level, or the share is out of range.
        """
        variant = find(group, level)
        check_share(share)
        return cls(
            fingerprint=fingerprint,
            group=group,
            level=level,
            strength=float(variant.strength),
            seed=seed,
            share=float(share),
            version=variant.version,
        )

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the recipe, in hexadecimal; the same on every machine."""
        return json_digest(asdict(self))

    @property
    def spec(self) -> DamageSpec:
        """The recipe without the dataset and the share, which decides a damaged picture's key."""
        return DamageSpec(
            group=self.group, strength=self.strength, seed=self.seed, version=self.version
        )


def check_share(share: float) -> None:
    """Refuse a share that is no share.

    Raises:
        SettingError: If it is not above 0 and at most 1.
    """
    if not (math.isfinite(share) and 0 < share <= 1):
        raise SettingError(f"share is {share}", fix="Give a number above 0 and up to 1.")
