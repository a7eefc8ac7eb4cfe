"""The required check: an answer that is lost, odd or at odds with another is no pass."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deri_gate.github.verdict import verdict

ONE = '["a"]'


@pytest.mark.parametrize(
    ("changed", "datasets", "judged", "passes"),
    [
        ("success", "[]", "skipped", True),
        ("success", ONE, "success", True),
        ("success", '["a", "b c"]', "success", True),
        ("success", ONE, "failure", False),
        ("success", ONE, "skipped", False),
        ("success", ONE, "cancelled", False),
        ("success", ONE, "", False),
        ("success", "[]", "success", False),  # the judge ran, so that something was to be judged
        ("success", "[]", "failure", False),
        ("success", "[]", "cancelled", False),
        ("success", "[]", "", False),
        ("failure", "[]", "skipped", False),
        ("cancelled", ONE, "success", False),
        ("skipped", "[]", "skipped", False),
        ("", "[]", "skipped", False),
        ("failure", "", "skipped", False),
        ("SUCCESS", "[]", "skipped", False),
    ],
)
def test_only_what_was_shown_to_be_sound_passes(changed, datasets, judged, passes) -> None:
    assert verdict(changed, datasets, judged)[0] is passes


@pytest.mark.parametrize(
    "lost",
    ["", " ", "null", "{}", "0", "false", '""', '"[]"', "***", '["***"]', "[ ]", "[]\n", " []",
     '[""]', "[null]", "[[]]", '[["a"]]', '{"a": 1}', '["a", "a"]', '["../a"]', "[1]", '["a"',
     "NaN", "[" * 100_000, '["\\ud800"]', '["a\\n"]'],
)  # fmt: skip
def test_a_lost_or_odd_list_is_no_pass(lost) -> None:
    """GitHub drops or masks an output that holds a masked text."""
    for judged in ("success", "skipped", "failure"):
        passes, why = verdict("success", lost, judged)

        assert passes is False, judged
        assert why, judged


@given(st.text(), st.text(), st.text())
def test_no_other_words_pass(changed, datasets, judged) -> None:
    """Whatever is handed in: a pass needs the words of one of two sound runs."""
    passes, _ = verdict(changed, datasets, judged)

    assert not passes or (changed == "success" and judged in {"success", "skipped"})


def test_every_file_of_a_changed_policy_is_named() -> None:
    """As many as a reviewer has to look at; an odd answer is told as it is."""
    files = [f"expectations/limits of {number}/dataset_gate.json" for number in range(20)]
    passes, why = verdict("success", "[]", "skipped", json.dumps([*files, "a", "b\n::error::"]))
    _, odd = verdict("success", "[]", "skipped", '"[]"')

    assert passes
    assert all(name in why for name in files)
    assert why.endswith(" and 2 more")
    assert odd.endswith('has to review "[]"')


@pytest.mark.parametrize("lost", ["", "null", "{}", "0"])
def test_the_command_is_red(run, lost) -> None:
    words = ("--changed", "success", "--datasets", lost, "--judged", "skipped")
    status, out, _ = run("ci", "verdict", *words)

    assert (status, "was lost" in out) == (1, True)


def test_the_command_does_not_guess_a_list(run) -> None:
    status, _, err = run("ci", "verdict", "--changed", "success", "--judged", "skipped")

    assert (status, "--datasets" in err) == (2, True)
