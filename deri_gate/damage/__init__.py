"""Controlled damage: a dataset made worse in one way, by a known amount, from a seed.

`VARIANTS` lists the ways, `degrade` makes one in memory, `variants` writes them to disk.
"""

from deri_gate.damage.catalogue import LEVELS, ONLY, SCENARIOS, VARIANTS, Variant
from deri_gate.damage.degrade import degrade
from deri_gate.damage.files import write_variant
from deri_gate.damage.make import SkippedVariant, Written, write_variants
from deri_gate.damage.recipe import Recipe

__all__ = [
    "LEVELS",
    "ONLY",
    "SCENARIOS",
    "VARIANTS",
    "Recipe",
    "SkippedVariant",
    "Variant",
    "Written",
    "degrade",
    "write_variant",
    "write_variants",
]
