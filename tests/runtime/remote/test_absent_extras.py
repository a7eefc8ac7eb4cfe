"""Stores whose client is not installed: the extra is named before anything is asked."""

import sys

import pytest


@pytest.mark.parametrize(
    ("address", "module", "extra"),
    [
        ("s3://bucket/set", "s3fs", "s3"),
        ("gs://bucket/set", "gcsfs", "gcs"),
        ("az://container/set", "adlfs", "azure"),
        ("https://host/set.npz", "aiohttp", "http"),
    ],
)
def test_the_extra_is_named(run, monkeypatch, address, module, extra) -> None:
    """And no traceback is shown, which is for bugs of ours."""
    monkeypatch.setitem(sys.modules, module, None)
    status, _, said = run("check", address)

    assert status == 2
    assert f"{module} is not installed. Run `pip install 'deri-gate[{extra}]'`." in said
    assert "Traceback" not in said
