"""Texts of errors."""

from __future__ import annotations

import errno

import pytest

import deri_gate
from deri_gate.errors import DeriGateError, did_you_mean, words_of_error


@pytest.mark.parametrize(
    ("word", "names", "expected"),
    [
        ("sharpnes", ("exposure", "sharpness"), "Did you mean 'sharpness'?"),
        ("zzz", ("exposure", "sharpness"), "There are exposure, sharpness."),
        ("zzz", (), "There are none."),
    ],
)
def test_a_misspelt_word_gets_the_closest_name_or_all(word, names, expected) -> None:
    """A person who mistypes is told what to type."""
    assert did_you_mean(word, iter(names)) == expected


def test_a_library_function_names_arguments_and_the_command_line_options(run, tmp_path) -> None:
    """`suite` in Python, `--suite` on the command line; a quoted command stays as it is typed."""
    folder = tmp_path / "set"
    with pytest.raises(DeriGateError) as caught:
        deri_gate.check(folder, metrics="sharpnes", machine=deri_gate.Machine(device="cpu"))

    assert str(caught.value).startswith("metrics: there is no metric 'sharpnes'")
    assert caught.value.told.startswith("--metrics: there is no metric 'sharpnes'")
    assert run("check", folder, "--metrics", "sharpnes")[2].startswith("deri-gate: --metrics: ")


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ("Give --change-suite, or --pool standard.", "Give change_suite, or pool standard."),
        ("Run `deri-gate check --out x`.", "Run `deri-gate check --out x`."),
        ("a--b and /tmp/--out stay.", "a--b and /tmp/--out stay."),
        ("Leave it out (--exclude 'x').", "Leave it out (exclude 'x')."),
    ],
)
def test_options_become_arguments(told, said) -> None:
    error = DeriGateError("what", "", told)
    error.of_library = True

    assert str(error) == f"what. {said}"
    assert error.told == f"what. {told}"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/a"), "No space left on device"),
        (OSError("the codec gave up"), "the codec gave up"),
        (OSError(), "OSError"),
        (PermissionError(), "PermissionError"),
        (ValueError("embedded null byte"), "embedded null byte"),
    ],
)
def test_a_reason_is_never_none(error, said) -> None:
    assert words_of_error(error) == said
