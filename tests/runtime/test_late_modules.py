"""Modules that wait until something of them is used."""

from __future__ import annotations

import subprocess
import sys

import pytest

SAID = """
import sys
from deri_gate.runtime.late_modules import load_late
{before}
import scipy.linalg, scipy.sparse
loaded = {{"numpy.f2py.crackfortran", "unittest"}} & set(sys.modules)
import numpy
numpy.testing.assert_allclose(1.0, 1.0)
print(sorted(loaded), callable(numpy.f2py.run_main), "unittest" in sys.modules)
"""


@pytest.mark.parametrize(
    ("before", "loaded"),
    [
        ("load_late(); load_late()", "[]"),
        ("", "['numpy.f2py.crackfortran', 'unittest']"),
    ],
    ids=["late", "as usual"],
)
def test_scipy_loads_no_compiler_of_fortran_and_whoever_uses_it_has_it(before, loaded) -> None:
    code = SAID.format(before=before)
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)

    assert done.stdout == f"{loaded} True True\n"
