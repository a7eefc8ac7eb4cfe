"""Our expectations for Great Expectations itself; the code lies in `gate`.

Importing this registers them. Without it Great Expectations knows none of them: it logs an error
for each and gives a suite without them, which passes everything. `load_suite` refuses such a suite.
"""

# ruff: noqa: E402  # Great Expectations is loaded first, its own dependencies' remarks kept quiet

from deri_gate.gate import load

load()

from deri_gate.gate.expectations import (
    ExpectChangedImagesToFit,
    ExpectDifferenceToBeAtLeast,
    ExpectSubscoreToBeAtLeast,
    ExpectValueToBeAtLeast,
    ExpectValueToBeAtMost,
)
from deri_gate.gate.plain import load_suite, write_data_docs

__all__ = [
    "ExpectChangedImagesToFit",
    "ExpectDifferenceToBeAtLeast",
    "ExpectSubscoreToBeAtLeast",
    "ExpectValueToBeAtLeast",
    "ExpectValueToBeAtMost",
    "load_suite",
    "write_data_docs",
]
