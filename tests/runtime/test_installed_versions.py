"""Versions of packages, which run.json names and keys of what is kept are made of."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

import pytest

from deri_gate.runtime import versions


def test_a_file_of_a_package_is_read_once(monkeypatch):
    """A check names a dozen packages, twice."""
    asked = []
    monkeypatch.setattr(versions, "version", lambda name: asked.append(name) or version(name))
    versions.installed_version.cache_clear()

    assert {versions.installed_version("numpy") for _ in range(3)} == {version("numpy")}
    assert asked == ["numpy"]


def test_a_package_may_come_later(monkeypatch):
    """As by pip, beside a notebook that runs."""
    with pytest.raises(PackageNotFoundError):
        versions.installed_version("deri-gate-nowhere")
    monkeypatch.setattr(versions, "version", lambda _: "1.0")

    assert versions.installed_version("deri-gate-nowhere") == "1.0"
    versions.installed_version.cache_clear()
