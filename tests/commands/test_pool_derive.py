"""`deri-gate pool derive`: which datasets stay, and what a pool of them scores."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

import deri_gate
from deri_gate.errors import PoolError, SettingError
from deri_gate.metrics.profile import STANDARD
from deri_gate.runtime.resources import shipped_pools
from deri_gate.schemas.params import read_candidates
from deri_gate.scoring.pool import Pool, read_pool
from deri_gate.scoring.score import score_values

if TYPE_CHECKING:
    from pathlib import Path

SHIPPED = shipped_pools()["standard"]
DOMAINS = {"brain_mri": "Radiology", "pneumoniamnist": "radiology", "retinamnist": "eye",
           "breastmnist": "radiology", "malaria_50": "pathology"}  # fmt: skip


@pytest.fixture
def pool(tmp_path) -> Path:
    """The shipped pool, with domains of some of its members."""
    content = json.loads(SHIPPED.read_bytes())
    for one in content["datasets"]:
        if one["name"] in DOMAINS:
            one["domain"] = DOMAINS[one["name"]]
    path = tmp_path / "whole" / "pool.json"
    path.parent.mkdir()
    path.write_text(json.dumps(content))
    return path


@pytest.mark.parametrize(
    ("where", "fits"),
    [
        (["domain=radiology"], lambda m: m.domain.lower() == "radiology"),
        (["domain!=radiology"], lambda m: m.domain.lower() != "radiology"),
        (["domain=eye|radiology"], lambda m: m.domain.lower() in ("eye", "radiology")),
        (["images>=2000"], lambda m: m.images >= 2000),
        (["images > 546", "classes <= 4"], lambda m: m.images > 546 and m.classes <= 4),
        (["classes=2"], lambda m: m.classes == 2),
        (["licence = CC BY 4.0"], lambda m: m.licence == "CC BY 4.0"),
        (["name!=mednist_64"], lambda m: m.name != "mednist_64"),
    ],
)
def test_those_that_fit_stay_and_the_others_are_named(pool, tmp_path, where, fits) -> None:
    derived = deri_gate.pool_derive(str(pool), where=where, out=tmp_path / "mine")
    whole = read_pool(pool)

    assert derived.datasets == tuple(m for m in whole.datasets if fits(m))
    assert set(derived.left_out) == {m.name for m in whole.datasets if not fits(m)}
    assert read_pool(tmp_path / "mine" / "pool.json") == derived
    assert (derived.name, derived.power, derived.weights) == ("mine", whole.power, whole.weights)


def test_scores_follow_the_members_that_stay(pool, tmp_path) -> None:
    """Medians by NumPy; the mean of the members' own scores is 1000."""
    derived = deri_gate.pool_derive(str(pool), where=["images>=1000"], out=tmp_path / "large")
    scored = [score_values(m.metrics, derived, metrics=STANDARD.metrics) for m in derived.datasets]

    assert np.mean([one.deri1000 for one in scored]) == pytest.approx(1000)
    middle = float(np.median([m.metrics["exposure"] for m in derived.datasets]))
    at = score_values({"exposure": middle}, derived, metrics=STANDARD.metrics)
    assert at.subscores["exposure"] == pytest.approx(50)
    lines = (tmp_path / "large" / "influence.csv").read_text().splitlines()
    assert len(lines) == 1 + len(derived.datasets)


@pytest.mark.parametrize(
    "where",
    ["size>3", "images", "images>=many", "images>=1|2", "domain>a", "domain=", "domain=a||b", "=3"],
)
def test_what_is_no_condition_is_told(where, tmp_path) -> None:
    with pytest.raises(SettingError, match=r"^where: "):
        deri_gate.pool_derive("standard", where=[where], out=tmp_path / "mine")
    assert not (tmp_path / "mine").exists()


def test_too_few_and_the_pools_own_folder_are_refused(pool, tmp_path) -> None:
    with pytest.raises(PoolError, match=r"1 of 10 datasets fit \(retinamnist\), too few"):
        deri_gate.pool_derive(str(pool), where=["domain=eye"], out=tmp_path / "mine")
    with pytest.raises(PoolError, match=r"\(none\).*None has a domain: write it"):
        deri_gate.pool_derive(str(SHIPPED), where=["domain=eye"], out=tmp_path / "mine")
    with pytest.raises(SettingError, match="is the folder of the pool itself"):
        deri_gate.pool_derive(str(pool), where=["images>1"], out=pool.parent)
    with pytest.raises(SettingError, match="no condition"):
        deri_gate.pool_derive(str(pool), where=[], out=tmp_path / "mine")


class TestDomain:
    def test_it_moves_no_number_and_pools_without_keep_their_bytes(self, pool) -> None:
        plain, named = read_pool(SHIPPED), read_pool(pool)

        assert plain.to_json().encode() == SHIPPED.read_bytes()
        assert '"domain": "Radiology"' in named.to_json()
        assert named.numbers_hash == plain.numbers_hash
        assert named.hash != plain.hash

    def test_params_say_it_beside_the_origin(self, tmp_path) -> None:
        """Known to the pool, no setting for reading; what is no text is a fault."""
        entry = "{path: x, version: '1', licence: l, source: s, domain: %s}"
        params = tmp_path / "params.yaml"
        params.write_text(
            f"folder: .\ndatasets:\n  a: {entry % 'eye'}\n  b: {entry % '3'}\n"
            f"  c: {entry % 'skin'}\n"
        )
        a, b, c = read_candidates(params)

        assert (a.provenance.domain, a.fault) == ("eye", "")
        assert b.fault == "its domain is no text"
        assert a.settings == c.settings


def test_a_pool_of_a_dozen_scores(tmp_path) -> None:
    """More than ten members, by copying two of the shipped ones under other names."""
    content = json.loads(SHIPPED.read_bytes())
    for number, one in enumerate(content["datasets"][:2]):
        content["datasets"].append({**one, "name": f"more{number}", "fingerprint": f"{number}"})
    (tmp_path / "pool.json").write_text(Pool.model_validate(content).to_json())
    derived = deri_gate.pool_derive(
        str(tmp_path / "pool.json"), where=["images>=200"], out=tmp_path / "dozen"
    )

    assert len(derived.datasets) == 12
