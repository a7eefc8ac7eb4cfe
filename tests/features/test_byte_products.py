"""Products of bytes are exact, on processors that multiply bytes and on all others."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import numpy as np
import pytest

from deri_gate.features import torch_products
from deri_gate.features.byte_products import (
    LONGEST,
    ONE,
    SCALE,
    as_factors,
    exact_products,
    in_bytes,
    lacks_avx512,
    whole_products,
)


@pytest.fixture(params=["as it is", "without fast bytes"])
def processor(request, monkeypatch):
    """Processors of two kinds; the first is the one that the tests run on."""
    if request.param != "as it is":
        monkeypatch.setattr(torch_products, "multiplies_bytes", lambda: False)


@pytest.mark.parametrize("shape", [(1, 1, 1), (7, 300, 99), (1024, 131, 99), (40, 64, LONGEST)])
@pytest.mark.usefixtures("processor")
def test_they_are_those_of_whole_numbers(shape):
    """Against NumPy's products of 64-bit whole numbers; the largest values are among them."""
    rng = np.random.default_rng(0)
    left = rng.integers(-SCALE, SCALE + 1, (shape[0], shape[2]), dtype=np.int8)
    right = rng.integers(-SCALE, SCALE + 1, (shape[1], shape[2]), dtype=np.int8)
    left[0], right[0] = SCALE, -SCALE
    products = whole_products(left, right)

    true = left.astype(np.int64) @ right.T.astype(np.int64)
    assert products.dtype == np.int32
    np.testing.assert_array_equal(products, true)
    for others in (right, as_factors(right)):
        np.testing.assert_array_equal(exact_products(left, others), true)


@pytest.mark.usefixtures("processor")
def test_vectors_that_nobody_may_write_to_are_multiplied_without_a_warning():
    """Ray and files hand out such arrays; products are the same in a thread."""
    vectors = in_bytes(np.eye(5))
    vectors.flags.writeable = False
    found = [whole_products(vectors, vectors)]
    thread = threading.Thread(target=lambda: found.append(whole_products(vectors, vectors)))
    thread.start()
    thread.join()

    np.testing.assert_array_equal(found, [ONE * np.eye(5)] * 2)


def test_bytes_are_as_near_as_they_come():
    values = np.linspace(-1, 1, 1001)

    assert np.abs(in_bytes(values) / SCALE - values).max() <= 0.501 / SCALE


@pytest.mark.parametrize("cut", [32_767, 10**7])
def test_a_processor_that_cuts_off_sums_is_not_asked(monkeypatch, cut):
    """Before there were instructions for it, sums of two products were cut off at 16 bits."""

    def cutting(left, right):
        return np.minimum(left.astype(np.int32) @ right.T.astype(np.int32), cut)

    monkeypatch.setattr(torch_products, "products_of_bytes", cutting)

    assert not torch_products.multiplies_bytes.__wrapped__()


@pytest.mark.parametrize(
    ("extensions", "lacks"),
    [
        ({"found": ["X86_V3"], "not found": ["X86_V4", "AVX512_ICL"]}, True),
        ({"found": ["AVX2"], "not found": ["AVX512F", "AVX512_SKX"]}, True),
        ({"found": ["AVX512_SKX"], "not found": ["AVX512_KNL"]}, False),
        ({"found": ["NEONFP16"]}, False),
    ],
)
def test_a_processor_without_avx512_is_known_from_numpy(monkeypatch, extensions, lacks):
    """Its names for instructions changed with 2.4; torch is asked where it names none."""
    monkeypatch.setattr(np, "show_config", lambda **_: {"SIMD Extensions": extensions})

    assert lacks_avx512.__wrapped__() is lacks


WITHOUT_AVX512 = """
import sys
import numpy as np
np.show_config = lambda **_: {"SIMD Extensions": {"not found": ["X86_V4"]}}
from deri_gate.features.byte_products import in_bytes, whole_products
print(whole_products(in_bytes(np.eye(2)), in_bytes(np.eye(2))).tolist(), "torch" in sys.modules)
"""


def test_torch_is_not_loaded_where_it_cannot_help():
    """It takes seconds and 0.4 GB, and floating-point numbers are multiplied in the end."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_AVX512], capture_output=True, text=True, check=True
    )

    assert done.stdout == f"[[{ONE}, 0], [0, {ONE}]] False\n"


THREADS_AFTER = """
import threading
import numpy as np
import torch
from deri_gate.features.byte_products import in_bytes
from deri_gate.features.torch_products import products_of_bytes

def multiply():
    before = torch.get_num_threads()
    products_of_bytes(in_bytes(np.eye(5)), in_bytes(np.eye(5)))
    assert torch.get_num_threads() == before, "of the same thread"

for _ in range(2):
    thread = threading.Thread(target=multiply)
    thread.start()
    thread.join()
print(torch.get_num_threads())
"""


@pytest.mark.sweep
def test_threads_that_multiply_leave_others_their_threads():
    """In a process where no torch operation ran before: its number of threads is still open."""
    ends = [
        subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"OMP_NUM_THREADS": "2"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for program in (THREADS_AFTER, "import torch; print(torch.get_num_threads())")
    ]

    assert ends[0] == ends[1]
