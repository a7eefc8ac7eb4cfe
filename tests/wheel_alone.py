"""Judge a small dataset with the installed wheel: it must carry its suites and pools.

Run with the wheel first on the path and the checkout not on it; see the Makefile.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits

import deri_gate

assert Path(deri_gate.__file__).parts[-3] == "alone", deri_gate.__file__

with TemporaryDirectory() as folder:
    digits = load_digits()
    for i, (picture, label) in enumerate(zip(digits.images, digits.target, strict=True)):
        path = Path(folder, "digits", str(label), f"{i}.png")
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray((picture * 15).astype(np.uint8)).save(path)
    report = deri_gate.check(Path(folder, "digits"), out=Path(folder, "out"), metrics="data")

assert report.scored.deri1000 is not None
print(f"the wheel alone judges: {report.verdict}, DERI1000 {report.scored.deri1000:.0f}")
