"""Controlled damage: a dataset made worse in one way, by a known amount, from a seed.

`VARIANTS` lists the ways, `degrade` makes one in memory, `variants` writes them to disk.
"""

from deri_gate.degradation.catalogue import LEVELS, ONLY, SCENARIOS, VARIANTS, Variant
from deri_gate.degradation.degrade import degrade
from deri_gate.degradation.files import StoredVariant, open_variant, read_variant, write_variant
from deri_gate.degradation.make import LeftOut, Written, variants
from deri_gate.degradation.recipe import Recipe

__all__ = [
    "LEVELS",
    "ONLY",
    "SCENARIOS",
    "VARIANTS",
    "LeftOut",
    "Recipe",
    "StoredVariant",
    "Variant",
    "Written",
    "degrade",
    "open_variant",
    "read_variant",
    "variants",
    "write_variant",
]
