"""The shipped JSON Schemas: made from the models, and true of what real commands write."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import get_args

import pytest
from jsonschema import Draft202012Validator
from pydantic import VERSION, BaseModel

import deri_gate
from deri_gate.runtime.strict import validated
from deri_gate.schemas.files import FILES
from deri_gate.schemas.suite import SuiteDocument

PACKAGE = Path(deri_gate.__file__).parent
ROOT = PACKAGE.parent
BY_NAME = {file.name: file for file in FILES}
ALONE = {"validation", "suite", "sources", "summary"}  # docs/files.md says why
MADE = (
    "check/metrics", "check/subscores", "check/scores", "check/validation", "check/run",
    "check/changes", "check/leaks", "compare/drift", "compare/changes", "compare/metrics",
    "score/scores", "score/subscores", "sensitivity/sensitivity", "detection/detection",
    "variants/sharpness/strong/variant", "suite/suite",
)  # fmt: skip
WITH_JSON = {  # modules that make JSON text by themselves, and what for
    "schemas/base.py": "documents",
    "schemas/suite.py": "suites",
    "schemas/files.py": "JSON Schemas",
    "runtime/hashing.py": "digests",
    "runtime/strict.py": "a part of a document, to hold it to its model",
    "runtime/tracking/dvc.py": "records of DVC's, to compare them",
    "networks/grid.py": "outcomes in the cache, and a column of a table",
    "gate/suite.py": "names of checks",
    "gate/kept.py": "judgements in the cache",
    "github/api.py": "what GitHub's API takes",
    "commands/ci.py": "outputs of a job, in GitHub's form",
    "commands/init.py": "quotes in YAML",
    "github/pool_scaffold.py": "quotes in YAML",
    "github/package_source.py": "quotes in YAML",
    "data/readers/table_copies.py": "lines of a user's own JSON Lines, copied",
    "features/namespaces.py": "names in the cache",
    "reports/images_table.py": "a cell of the table",
    "reports/typed_columns.py": "what pandas notes on a table",
}


def shipped_files():
    """JSON files of ours in the repository, by the name of their kind."""
    for pool in sorted((ROOT / "reference_pool").glob("*/*.json")):
        yield pytest.param(pool.stem, pool, id=f"{pool.parent.name}-{pool.stem}")
    for suite in sorted((ROOT / "expectations").glob("*.json")):
        yield pytest.param("suite", suite, id=suite.stem)


def version_of(file) -> int:
    """The `schema_version` that the model reads; tests/test_versions.py ties it to the keys."""
    (number,) = get_args(file.model.model_fields["schema_version"].annotation)
    return number


def faults(kind: str, path: Path) -> list[str]:
    """What the shipped schema finds wrong with a file."""
    document = json.loads(path.read_text("utf-8"), parse_constant=pytest.fail)
    return [e.message for e in Draft202012Validator(BY_NAME[kind].shipped()).iter_errors(document)]


@pytest.mark.skipif(
    tuple(map(int, VERSION.split(".")[:2])) < (2, 10),
    reason="an older pydantic words schemas otherwise",
)
@pytest.mark.parametrize("file", FILES, ids=lambda f: f.name)
def test_the_schema_is_that_of_the_model(file):
    """A model that changed without its schema would promise what nobody keeps."""
    said = "run `python -m deri_gate.schemas`"

    assert (PACKAGE / "schemas" / file.schema_name).read_text("utf-8") == file.schema_text(), said


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.name)
def test_the_schema_is_one(file):
    """In the dialect that it names, closed, and with the version that the model reads."""
    schema = file.shipped()
    Draft202012Validator.check_schema(schema)

    assert schema["$id"] == f"urn:deri-gate:{file.name}"
    if file.name not in ALONE:
        assert schema["additionalProperties"] is False
        version = schema["properties"]["schema_version"]
        assert version == {"const": version_of(file), "type": "integer"}
        assert version_of(file) >= 1
        assert "schema_version" in schema["required"]


def integers_in(schema):
    """Every description of a whole number, but of a version."""
    if isinstance(schema, dict) and schema.get("type") == "integer" and "const" not in schema:
        yield schema
    parts = schema.values() if isinstance(schema, dict) else schema
    for part in parts if isinstance(schema, dict | list) else ():
        yield from integers_in(part)


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.name)
def test_no_whole_number_is_below_0(file):
    """All of them count something, or are seeds."""
    assert [
        n for n in integers_in(file.shipped()) if not {"minimum", "exclusiveMinimum"} & n.keys()
    ] == []


def test_no_schema_is_left_over():
    """Each file in the folder is one of the table."""
    assert {p.name for p in (PACKAGE / "schemas").glob("*.json")} == {f.schema_name for f in FILES}


@pytest.mark.parametrize("made", MADE)
def test_what_commands_write_fits(written, made):
    """By a validator that shares no code with the models, and no NaN in it."""
    path = written / f"{made}.json"

    assert faults(path.stem, path) == []


def test_every_file_that_commands_write_is_looked_at(written):
    """A new document without a schema would go by unseen."""
    found = {
        p.relative_to(written).as_posix().removesuffix(".json") for p in written.rglob("*.json")
    }
    kinds = {name.rpartition("/")[2] for name in found}

    assert set(MADE) <= found
    assert kinds <= BY_NAME.keys()


@pytest.mark.parametrize(("kind", "path"), [*shipped_files()])
def test_what_is_shipped_fits(kind, path):
    """Pools, the figures beside them, and suites; and readers take them."""
    assert faults(kind, path) == []
    validated(path.read_bytes(), BY_NAME[kind].model)


@pytest.mark.parametrize("made", MADE)
def test_a_spoilt_document_is_refused_by_schema_and_reader(written, made, tmp_path):
    """A key too many, and the last required key gone."""
    path = written / f"{made}.json"
    kind, document = BY_NAME[path.stem], json.loads(path.read_text("utf-8"))
    gone = kind.shipped()["required"][-1]
    for spoilt in ({**document, "colour": 1}, {k: v for k, v in document.items() if k != gone}):
        bad = tmp_path / "bad.json"
        bad.write_text(json.dumps(spoilt), "utf-8")

        assert faults(kind.name, bad)
        with pytest.raises(ValueError, match=rf"colour|{gone}"):
            validated(bad.read_bytes(), kind.model)


@pytest.mark.parametrize("file", [f for f in FILES if f.name not in ALONE], ids=lambda f: f.name)
@pytest.mark.parametrize(("step", "said"), [(-1, "older than"), (1, "newer than")])
def test_another_version_is_refused_with_a_word(file, step, said):
    """Whatever else is in it: which of the two is newer is the first thing to know."""
    own = version_of(file)
    number = own + step

    with pytest.raises(ValueError, match=f"schema_version is {number}, {said} {own}"):
        validated(json.dumps({"schema_version": number, "new": []}).encode(), file.model)


@pytest.mark.parametrize("file", [f for f in FILES if f.name not in ALONE], ids=lambda f: f.name)
def test_what_is_no_version_is_none(file):
    """True and 1.0 are equal to 1 in Python, and no versions."""
    said = {}
    for number in ("true", "1.0", '"1"', "1.5", "[1]"):
        try:
            said[number] = validated(f'{{"schema_version": {number}}}'.encode(), file.model)
        except ValueError as error:
            said[number] = str(error)

    refused = r"(?s).*schema_version is .* not a whole number"
    assert {number for number in said if not re.match(refused, str(said[number]))} == set(), said


@pytest.mark.parametrize("file", [f for f in FILES if f.name not in ALONE], ids=lambda f: f.name)
def test_a_version_must_be_there(file):
    with pytest.raises(ValueError, match=r"schema_version\n"):
        validated(b"{}", file.model)
    with pytest.raises(ValueError, match=r"schema_version\n"):
        validated(b'{"schema_version": null}', file.model)


def models_in(model, seen=None):
    """A model and all that its fields are made of."""
    seen = {model} if seen is None else seen
    for name in re.findall(r"\w+", repr(model.model_fields)):
        for other in BaseModel.__subclasses__() + every_subclass(BaseModel):
            if other.__name__ == name and other not in seen:
                seen.add(other)
                models_in(other, seen)
    return seen


def every_subclass(kind):
    return [one for own in kind.__subclasses__() for one in (own, *every_subclass(own))]


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.name)
def test_models_are_frozen_and_closed(file):
    """Through and through."""
    for model in models_in(file.model) - {BY_NAME["sources"].model}:
        assert model.model_config["frozen"], model
        assert model.model_config["extra"] == "forbid", model


def test_no_other_module_makes_json(parts):
    """A document made by hand beside the models would have no schema."""
    found = set()
    for path, nodes in parts.items():
        for node in nodes:
            if (
                isinstance(node, ast.Attribute)
                and node.attr in ("dump", "dumps")
                and isinstance(node.value, ast.Name)
                and node.value.id == "json"
            ):
                found.add(path.relative_to(PACKAGE).as_posix())

    assert found <= WITH_JSON.keys()


def test_the_page_names_every_file():
    """docs/files.md has a row a file, with a link to its schema that leads somewhere."""
    page = ROOT / "docs" / "files.md"
    links = dict(
        re.findall(
            r"\[`?([\w ./-]+)`?\]\((\.\./deri_gate/schemas/[\w.-]+)\)", page.read_text("utf-8")
        )
    )

    assert {Path(link).name for link in links.values()} == {f.schema_name for f in FILES}
    assert all((page.parent / link).is_file() for link in links.values())


def test_a_suite_of_the_schema_is_one_that_the_gate_reads():
    """One list of keys, for people's misspelt ones too."""
    from deri_gate.gate.document import SUITE_KEYS

    assert set(SUITE_KEYS) == set(SuiteDocument.model_fields)
