"""JUnit XML: what CI systems are told of each check."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import xmlschema

from deri_gate.reports.junit import ILLEGAL, as_junit

SCHEMA = xmlschema.XMLSchema(str(Path(__file__).parent / "junit.xsd"))


def cases(text: str) -> dict[str, str]:
    """By name of the case, what it holds: "failure", "error", "skipped", or "" when it passes."""
    suite = ET.fromstring(text).find("testsuite")
    return {case.get("name"): "".join(part.tag for part in case) for case in suite.iter("testcase")}


def test_each_status_is_told_in_junits_words(report_of, check_of, waived_check) -> None:
    """A warning passes, as JUnit has none; a waived miss is skipped, an unknown is an error."""
    checks = [
        check_of("pass", name="good"), check_of("fail", name="bad"), check_of("warn", name="odd"),
        check_of("unknown", name="unseen"), waived_check(),
    ]  # fmt: skip
    text = as_junit(report_of(checks))
    suite = ET.fromstring(text).find("testsuite")

    assert cases(text) == {
        "good": "", "bad": "failure", "odd": "", "unseen": "error", "exposure at least 50": "skipped",
    }  # fmt: skip
    assert {k: suite.get(k) for k in ("tests", "failures", "errors", "skipped")} == {
        "tests": "5", "failures": "1", "errors": "1", "skipped": "1",
    }  # fmt: skip
    assert "warning: odd" in suite.findtext("system-out")


def test_what_missed_says_value_and_reason(report_of, check_of) -> None:
    """In the attribute that CI systems show and in the text."""
    failure = ET.fromstring(as_junit(report_of([check_of("fail")]))).find(".//failure")

    assert (
        failure.get("message")
        == failure.text
        == "is 42, at least 50. Because of the reference pool."
    )


@pytest.mark.parametrize("checks", [0, 1, 300])
def test_it_is_valid(report_of, check_of, checks) -> None:
    """Against the schema, however many checks there are."""
    SCHEMA.validate(as_junit(report_of([check_of(name=f"check {i}") for i in range(checks)])))


def test_hostile_names_stay_text(hostile_report, hostile) -> None:
    """Valid, one case a check, and no element that a name smuggled in."""
    text = as_junit(hostile_report)
    SCHEMA.validate(text)
    root = ET.fromstring(text)

    assert len(list(root.iter("testcase"))) == len(hostile) + 2
    assert not [element.tag for element in root.iter() if element.tag in ("script", "img")]
    assert not {c for c in text if ord(c) < 32} - {"\n", "\r", "\t"}
    assert "\ufffe" not in text


def test_what_xml_has_no_place_for_is_replaced() -> None:
    """All that is beyond `Char` of XML 1.0, section 2.2, and nothing else."""
    chars = [{9, 10, 13}, range(0x20, 0xD800), range(0xE000, 0xFFFE), range(0x10000, 0x110000)]
    refused = set(range(0x110000)).difference(*chars)

    assert {ord(found) for found in ILLEGAL.findall("".join(map(chr, range(0x110000))))} == refused
