"""Versions of installed packages, each read once a process: a file is parsed for every answer."""

from functools import cache
from importlib.metadata import version


@cache
def installed_version(package: str) -> str:
    """Version of a package, as the installer wrote it.

    Raises:
        PackageNotFoundError: If it is not installed; it may be the next time.
    """
    return version(package)
