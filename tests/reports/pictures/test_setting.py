"""Whether a report shows pictures: option before environment, none in a workflow."""

import pytest

from deri_gate.errors import SettingError
from deri_gate.reports.pictures.setting import pictures_setting


@pytest.fixture(autouse=True)
def plain(monkeypatch):
    for name in ("CI", "DERI_GATE_PICTURES"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.mark.parametrize(
    ("given", "variable", "ci", "expected"),
    [
        (None, "", "", "thumbnails"),
        (None, "", "true", "none"),
        (None, "thumbnails", "true", "thumbnails"),
        (None, "none", "", "none"),
        ("thumbnails", "none", "true", "thumbnails"),
        ("none", "thumbnails", "", "none"),
        (None, "", "false", "thumbnails"),
    ],
)
def test_what_counts(plain, given, variable, ci, expected) -> None:
    plain.setenv("DERI_GATE_PICTURES", variable)
    plain.setenv("CI", ci)

    assert pictures_setting(given) == expected


def test_the_steps_of_a_workflow_show_none_unless_asked(plain) -> None:
    assert pictures_setting(None, usual="none") == "none"
    plain.setenv("DERI_GATE_PICTURES", "thumbnails")
    assert pictures_setting(None, usual="none") == "thumbnails"


def test_a_word_that_is_none_is_refused(plain) -> None:
    """From the environment, too, by its name."""
    plain.setenv("DERI_GATE_PICTURES", "thumbnail")
    with pytest.raises(SettingError, match=r"DERI_GATE_PICTURES.*Did you mean"):
        pictures_setting(None)
