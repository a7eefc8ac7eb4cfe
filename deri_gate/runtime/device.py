"""Kind of device on which networks run, found without torch where there can be no GPU."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Literal

Device = Literal["auto", "cpu", "cuda"]
DeviceKind = Literal["cpu", "cuda"]
NODES = ("nvidia*", "nvhost*", "nvgpu*", "dxg", "kfd")  # of GPUs in Linux: NVIDIA's, WSL's, AMD's
DEVICES = Path("/dev")


def device_kind(asked: Device) -> DeviceKind:
    """Device on which networks run when this one is asked for; what is not there is not taken."""
    if asked == "cpu" or not _may_have_gpu():
        return "cpu"
    import torch  # noqa: PLC0415  # 2 s, which no machine without a GPU pays

    return "cuda" if torch.cuda.is_available() else "cpu"


def _may_have_gpu() -> bool:
    system = platform.system()
    if system == "Linux":
        return any(True for name in NODES for _ in DEVICES.glob(name))
    return system != "Darwin"


def device_name(kind: DeviceKind) -> str:
    """Name of the device for a report on a run."""
    if kind == "cpu":
        return "cpu"
    import torch  # noqa: PLC0415  # loaded already by what ran there

    return str(torch.cuda.get_device_name())
