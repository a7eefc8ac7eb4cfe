"""Weights of a network as a sealed file; loads torch."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

import torch

from deri_gate.runtime.results_file import SEAL, seal
from deri_gate.runtime.store import say_once

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

KIND = "network"  # under which weights are sealed


def sealed_weights(name: str, state: dict[str, Tensor]) -> bytes:
    """Weights as a file has them: a seal over the name and what follows, then torch's own form."""
    file = io.BytesIO()
    torch.save(state, file)
    return seal(KIND, name, file.getvalue()) + file.getvalue()


def read_weights(path: Path) -> dict[str, Tensor] | None:
    """The weights in a file, which is thereby used; None where there is none, or a damaged one."""
    try:
        if not path.is_file():
            return None
        content = memoryview(path.read_bytes())
        os.utime(path)
    except OSError:
        return None
    if seal(KIND, path.name, content[SEAL:]) != content[:SEAL]:
        say_once(f"a cached network is damaged and is trained again: {path}")
        return None
    try:
        state: dict[str, Tensor] = torch.load(
            io.BytesIO(content[SEAL:]), map_location="cpu", weights_only=True
        )
    except Exception:  # noqa: BLE001  # a file that was sealed by somebody else raises anything
        say_once(f"a cached network cannot be read and is trained again: {path}")
        return None
    return state
