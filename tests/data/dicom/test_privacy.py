"""Identifying tags: told by name, never by value."""

import contextlib
import dataclasses
import io

import numpy as np
import pydicom
import pytest

from deri_gate.data.dicom.facts import facts_of
from deri_gate.data.dicom.privacy import is_placeholder, names_a_person
from deri_gate.errors import UnreadableImageError
from tests.sweeps import sampled

VALUES = np.zeros((2, 2), np.uint8)


def told(content: bytes) -> tuple[str, ...]:
    return facts_of(content, "x")[0].identifying


@pytest.mark.parametrize(
    ("text", "person"),
    [
        ("Doe^John", True),
        ("DOE^JOHN^^DR", True),
        ("Müller, Änne", True),
        ("Smith", True),
        ("Doe^John 1970", True),
        ("王^小東", True),
        ("Yamada^Tarou=山田^太郎", True),
        ("", False),
        ("^^^^", False),
        ("Anonymous", False),
        ("ANON^PATIENT", False),
        ("anonymized", False),
        ("Patient 12", False),
        ("ANON-0012", False),
        ("TCGA-CG-4441", False),
        ("LIDC-IDRI-0001", False),
        ("LIDC^0001", False),
        ("x", False),
        ("00123", False),
        ("b1946ac92492d234", False),
    ],
)
def test_a_name_is_told_from_a_pseudonym_by_its_form(text: str, person: bool) -> None:
    """A code has digits, and at most one word that could be a name apart from them."""
    assert names_a_person(text) is person


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"PatientName": "Doe^John"}, ("PatientName",)),
        ({"PatientName": "Doe^John", "PatientIdentityRemoved": "YES"}, ("PatientName",)),
        ({"PatientName": "ANON-7", "PatientID": "ANON-7"}, ()),
        ({"PatientBirthDate": "19700431"}, ("PatientBirthDate",)),
        ({"PatientBirthDate": "19000101"}, ()),
        ({"PatientBirthDate": ""}, ()),
        ({"PatientAddress": "1 Main Street"}, ("PatientAddress",)),
        ({"PatientTelephoneNumbers": ["555", "556"]}, ("PatientTelephoneNumbers",)),
        ({"ReferringPhysicianName": "Roe^Jane"}, ("ReferringPhysicianName",)),
        ({"OperatorsName": ["Roe^Jane", "Poe^Ann"]}, ("OperatorsName",)),
        ({"OtherPatientIDs": ["123"]}, ("OtherPatientIDs",)),
        ({"PatientID": "123-45-6789"}, ("PatientID",)),
        ({"PatientID": "Doe^John"}, ("PatientID",)),
        ({"PatientID": "P0042"}, ()),
        ({"BurnedInAnnotation": "YES"}, ("BurnedInAnnotation",)),
        ({"BurnedInAnnotation": "NO"}, ()),
        ({"PatientSex": "F", "PatientAge": "040Y", "StudyDate": "20200101"}, ()),
    ],
)
@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1"])
def test_tags_that_name_a_person(make, tags, expected: tuple[str, ...], syntax: str) -> None:
    """With types in the file and without; a file's claim to be anonymous is not believed."""
    assert told(make(VALUES, syntax=syntax, **tags)) == expected


def test_names_in_sequences_are_found(make, items) -> None:
    """Also those that a tool kept of the original, two levels down."""
    original = items(ModifiedAttributesSequence=items(PatientName="Doe^John"))

    content = make(VALUES, OriginalAttributesSequence=original)

    assert told(content) == ("PatientName",)


def test_a_name_in_a_private_tag_is_found(make) -> None:
    """By its type, which an explicit file gives."""
    header = pydicom.dcmread(io.BytesIO(make(VALUES)))
    block = header.private_block(0x0011, "SOMEBODY", create=True)
    block.add_new(0x01, "PN", "Doe^John")
    file = io.BytesIO()
    header.save_as(file)

    assert told(file.getvalue()) == ("private tag (0011,1001)",)


def test_places_are_no_persons(make) -> None:
    """They are counted apart."""
    facts, _ = facts_of(make(VALUES, InstitutionName="St Elsewhere", AccessionNumber="77"), "x")

    assert facts.identifying == ()
    assert facts.indirect == ("InstitutionName", "AccessionNumber")


def test_no_value_is_kept(make) -> None:
    """Nothing that is handed on holds a name, a date, or the patient's ID."""
    content = make(
        VALUES, PatientName="Doe^John", PatientBirthDate="19700431", PatientID="MRN-998877"
    )

    said = repr(dataclasses.asdict(facts_of(content, "x")[0]))

    assert not any(value in said for value in ("Doe", "John", "1970", "998877"))


@pytest.mark.parametrize("text", ["", " ", "0", "000", "anonymous", "Unknown", "N/A", "no name"])
def test_placeholders_stand_for_nobody(text: str) -> None:
    """A patient of that name would be all patients."""
    assert is_placeholder(text)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("P1", "P1 ", True),
        ("P1", "p1", True),
        ("007", "7", True),
        ("P 1", "P  1", True),
        ("P1", "P2", False),
        ("P01", "P1", False),
    ],
)
def test_spellings_of_one_id_are_one_patient(make, one: str, other: str, same: bool) -> None:
    """Case, blanks and leading zeros of numbers."""
    first, second = (facts_of(make(VALUES, PatientID=i), "x")[0].patient for i in (one, other))

    assert (first == second) is same
    assert len(first) == 64


@pytest.mark.parametrize(
    "name", sampled(["CT_small.dcm", "nested_priv_SQ.dcm", "examples_overlay.dcm", "badVR.dcm"])
)
def test_damaged_headers_give_facts_or_an_error_of_ours(sample, name: str) -> None:
    """Never another error: a dataset must open, and the pass over its images tells why."""
    content = sample(name)
    rng = np.random.default_rng(5)
    for _ in range(150):
        damaged = bytearray(content[: int(rng.integers(140, min(len(content), 6000)))])
        for place in rng.integers(132, len(damaged), 6):
            damaged[place] ^= int(rng.integers(1, 256))
        with contextlib.suppress(UnreadableImageError):
            assert facts_of(bytes(damaged), "x")[0].frames >= 1
