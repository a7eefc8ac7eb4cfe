"""deri-gate: a quality gate for image-classification datasets.

Every command of the command line is a function here, under the same name.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deri_gate.commands.cache import cache
    from deri_gate.commands.calibrate import calibrate
    from deri_gate.commands.check import check
    from deri_gate.commands.compare import compare
    from deri_gate.commands.detection import detection
    from deri_gate.commands.impact import impact
    from deri_gate.commands.init import init
    from deri_gate.commands.measure import measure
    from deri_gate.commands.probe import probe
    from deri_gate.commands.score import score
    from deri_gate.commands.sensitivity import sensitivity
    from deri_gate.commands.variants import variants
    from deri_gate.errors import DeriGateError
    from deri_gate.runtime.engine import Machine

__all__ = [
    "DeriGateError",
    "Machine",
    "cache",
    "calibrate",
    "check",
    "compare",
    "detection",
    "impact",
    "init",
    "measure",
    "probe",
    "score",
    "sensitivity",
    "variants",
]
__version__ = "0.1.0"

_HOMES = {
    "DeriGateError": "deri_gate.errors",
    "Machine": "deri_gate.runtime.engine",
    "cache": "deri_gate.commands.cache",
    "calibrate": "deri_gate.commands.calibrate",
    "check": "deri_gate.commands.check",
    "compare": "deri_gate.commands.compare",
    "detection": "deri_gate.commands.detection",
    "impact": "deri_gate.commands.impact",
    "init": "deri_gate.commands.init",
    "measure": "deri_gate.commands.measure",
    "probe": "deri_gate.commands.probe",
    "score": "deri_gate.commands.score",
    "sensitivity": "deri_gate.commands.sensitivity",
    "variants": "deri_gate.commands.variants",
}


def __getattr__(name: str) -> Any:
    """Import a command when it is first asked for: `import deri_gate` itself costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
