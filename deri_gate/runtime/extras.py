"""Optional packages: each comes with an extra, which is named where a package is missing."""

from __future__ import annotations

from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

from deri_gate.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# The modules that each extra brings, as we import them. `pyproject.toml` names the packages.
EXTRAS: Mapping[str, tuple[str, ...]] = {
    "azure": ("adlfs",),
    "dicom": ("pydicom",),
    "dvc": ("dvc", "dvc_data"),
    "dvclive": ("dvclive",),
    "gcs": ("gcsfs",),
    "heif": ("pillow_heif",),
    "http": ("aiohttp", "yarl"),
    "medmnist": ("medmnist",),
    "mlflow": ("mlflow",),
    "paper": ("pytorch_grad_cam", "skimage", "timm", "torchvision"),
    "pytest": ("pytest",),
    "ray": ("ray",),
    "s3": ("s3fs",),
    "study": ("matplotlib",),
    "umap": ("umap",),
    "volumes": ("nibabel",),
}


@contextmanager
def extra(name: str, where: str = "") -> Iterator[None]:
    """Import the packages of an extra within this block.

    Args:
        name: Name of the extra.
        where: Setting that asks for it; "" for none.

    Raises:
        SettingError: If one of them is not installed; says which extra brings it.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise _missing(str(error.name), name, where) from error


def check_extra(name: str, where: str) -> None:
    """Look early whether an extra is installed, and import nothing.

    Args:
        name: Name of the extra.
        where: Setting that asks for it.

    Raises:
        SettingError: If one of its packages is missing.
    """
    for module in EXTRAS[name]:
        if find_spec(module) is None:
            raise _missing(module, name, where)


def _missing(module: str, name: str, where: str) -> SettingError:
    fix = f"Run `pip install 'deri-gate[{name}]'`."
    return SettingError(f"{module} is not installed", where, fix)
