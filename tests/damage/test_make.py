"""All variants of a dataset at once."""

import json

import pytest

from deri_gate.damage import SCENARIOS, VARIANTS, write_variants
from deri_gate.errors import SettingError


@pytest.fixture
def base(build):
    return build([0, 1] * 10)


def test_all_that_can_be_made_is_made_once(base, tmp_path):
    """Without groups one kind falls away, with its reason; a second run writes nothing."""
    done = write_variants(base, out=tmp_path, fingerprint="f")
    before = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*") if p.is_file()}
    again = write_variants(base, out=tmp_path, fingerprint="f")

    assert [(gone.group, gone.reason) for gone in done.left_out] == [
        ("diversity.groups", "there are no groups")
    ] * 3
    assert len(done.folders) == len(VARIANTS) - 3
    assert again == done
    assert {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*") if p.is_file()} == before
    for path in done.folders:
        recipe = json.loads((path / "variant.json").read_text())["recipe"]
        assert path == tmp_path / recipe["group"] / recipe["level"]


def test_a_choice_of_groups_and_levels(base, tmp_path):
    """In the order of the catalogue; a scenario has no levels."""
    done = write_variants(
        base,
        out=tmp_path,
        fingerprint="f",
        groups=["scenario.dark", "label_noise", "sharpness"],
        levels=["strong", "mild"],
    )

    assert [p.relative_to(tmp_path).as_posix() for p in done.folders] == [
        "sharpness/mild", "sharpness/strong", "label_noise/mild", "label_noise/strong", "scenario.dark/only",
    ]  # fmt: skip


def test_scenarios(base, tmp_path):
    """Grey pictures without masks leave four of them."""
    done = write_variants(base, out=tmp_path, fingerprint="f", groups=[v.group for v in SCENARIOS])

    assert {p.parent.name for p in done.folders} == {
        f"scenario.{n}" for n in ("blur", "rainbow", "bright", "dark")
    }
    assert {gone.reason for gone in done.left_out if "seg" in gone.group} == {"there are no masks"}


@pytest.mark.parametrize("wrong", [{"groups": ["sharpnes"]}, {"levels": ["weak"]}])
def test_misspelt_names_write_nothing(base, tmp_path, wrong):
    with pytest.raises(SettingError):
        write_variants(base, out=tmp_path, fingerprint="f", **wrong)
    assert not list(tmp_path.iterdir())
