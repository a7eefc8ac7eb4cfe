"""Texts that are too long: cut between two words, and names as before."""

from hypothesis import given
from hypothesis import strategies as st

from deri_gate.reports.github import commands_of
from deri_gate.reports.text import LONGEST, printable

SENTENCE = (
    "The images of the class meningioma are darker than those of all other classes here. " * 9
)
WORDS = st.lists(st.text("abcdé", min_size=1, max_size=15), min_size=60, max_size=200)


@given(WORDS)
def test_a_sentence_is_cut_between_two_words(words) -> None:
    """Every word that is left is one of the sentence, and little more is given up."""
    said = printable(" ".join(words), LONGEST)
    start, _, end = said.partition("…")

    assert LONGEST - 44 <= len(said) <= LONGEST
    assert start.split() == words[: len(start.split())]
    assert end.split() == words[-len(end.split()) :]


@given(st.text("abc_-/.", min_size=LONGEST + 1, max_size=900))
def test_a_name_without_blanks_is_cut_at_its_middle(name) -> None:
    """Both ends tell more of a path than its middle."""
    half = LONGEST // 2 - 1

    assert printable(name) == f"{name[:half]}…{name[-half:]}"


def test_an_annotation_breaks_no_word(report_of, check_of) -> None:
    """A long reason is the usual case in the log of a workflow."""
    (line,) = commands_of(report_of([check_of("fail", detail=SENTENCE)]))
    start, _, end = line.partition(" 42. ")[2].partition("…")

    assert start.endswith(" ")
    assert set(start.split()) <= set(SENTENCE.split())
    assert end.endswith(". Because of the reference pool")
    assert end.split()[0] in SENTENCE.split()
