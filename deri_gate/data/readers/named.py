"""Datasets by name: `medmnist:bloodmnist`, `medmnist:bloodmnist@64`; needs the extra `medmnist`."""

from __future__ import annotations

import http.client
import re
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from deri_gate.data.readers.medmnist import read_npz
from deri_gate.errors import DatasetError, SettingError
from deri_gate.runtime.extras import extra
from deri_gate.runtime.files import replaced
from deri_gate.runtime.hashing import md5_of

if TYPE_CHECKING:
    from deri_gate.data.dataset import Dataset

PREFIX = "medmnist:"
_SMALLEST = 28  # the size that its files and settings leave unnamed
_TIMEOUT = 60  # seconds without a byte
_CHUNK = 2**20


@dataclass(frozen=True, kw_only=True)
class NamedDataset:
    """One file that the package medmnist knows of.

    Attributes:
        name: Name of its file, such as `bloodmnist_64`.
        version: Version of the package medmnist, which fixes the address and the checksum.
        licence: Licence as the package states it.
        source: Where it is downloaded from.
        md5: Checksum of the file.
        class_names: Names of the labels.
    """

    name: str
    version: str
    licence: str
    source: str
    md5: str
    class_names: dict[int, str]


def named_dataset(spec: str) -> NamedDataset:
    """Look a name up; nothing is downloaded.

    Args:
        spec: `medmnist:NAME` or `medmnist:NAME@SIZE`.

    Returns:
        What the package medmnist says of it.

    Raises:
        SettingError: If there is no such name or size, or no package medmnist.
    """
    package = _package()
    name, _, size = spec.removeprefix(PREFIX).partition("@")
    names = [n for n, about in package.INFO.items() if not about["python_class"].endswith("3D")]
    if name in package.INFO and name not in names:
        fix = "Write its slices as images, with the volume as group."
        raise SettingError(f"{name} holds volumes (3D), which are not read", spec, fix)
    if name not in names:
        raise SettingError(f"there is no {name!r} in MedMNIST", spec, f"It has {', '.join(names)}.")
    info = package.INFO[name]
    sizes = [_SMALLEST, *sorted(int(k[4:]) for k in info if re.fullmatch(r"MD5_\d+", k))]
    if size and size not in map(str, sizes):
        there = ", ".join(map(str, sizes))
        raise SettingError(f"{name} has no size {size!r}", spec, f"Its sizes are {there}.")
    flag = f"_{size}" if size and size != str(_SMALLEST) else ""
    return NamedDataset(
        name=name + flag,
        version=package.__version__,
        licence=info["license"],
        source=info[f"url{flag}"],
        md5=info[f"MD5{flag}"],
        class_names={int(number): label for number, label in info["label"].items()},
    )


def read_named(spec: str, *, labels_required: bool = True) -> Dataset:
    """Read a dataset by name, downloaded to the package's own folder on first use.

    Raises:
        SettingError: If there is no such name or size, or no package medmnist.
        DatasetError: If it cannot be downloaded.
    """
    named = named_dataset(spec)
    folder = _package().DEFAULT_ROOT
    if folder is None:
        fix = "Make the folder .medmnist in your home folder."
        raise DatasetError("medmnist has no folder for its files", spec, fix)
    path = Path(folder, f"{named.name}.npz")
    if not (path.exists() and md5_of(path) == named.md5):
        _download(named, path, spec)
    return read_npz(path, labels_required=labels_required, class_names=named.class_names)


def _package() -> Any:
    with extra("medmnist", PREFIX.rstrip(":")):
        from medmnist import info  # noqa: PLC0415  # an extra, and slow to import
    return info


def _download(named: NamedDataset, path: Path, spec: str) -> None:
    """Fetch a file beside its place, and put it there only once its checksum is right."""
    fix = f"Check the network, or save {named.source} as {path} (MD5 {named.md5})."
    try:
        with replaced(path) as file:
            _fetch(named.source, file)
            file.flush()
            if md5_of(Path(file.name)) != named.md5:
                raise DatasetError("what was downloaded has another checksum", spec, fix)
    except urllib.error.HTTPError as error:
        error.close()
        raise DatasetError(f"cannot be downloaded: {error}", spec, fix) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise DatasetError(f"cannot be downloaded: {error}", spec, fix) from error


def _fetch(url: str, file: Any) -> None:
    request = urllib.request.Request(url, headers={"User-Agent": "deri-gate"})  # noqa: S310  # the package's own address
    with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:  # noqa: S310  # same
        total = int(answer.headers.get("Content-Length") or 0) or None
        with tqdm(total=total, unit="B", unit_scale=True, disable=None) as bar:
            while chunk := answer.read(_CHUNK):
                file.write(chunk)
                bar.update(len(chunk))
