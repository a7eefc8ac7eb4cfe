"""Files of DVC's that a branch writes: read within bounds, or the dataset counts as touched."""

from __future__ import annotations

import os
import time

import pytest

from deri_gate.errors import SettingError
from deri_gate.github.comment import read_event, target_of
from deri_gate.runtime.tracking.missing import pull_command
from tests.sweeps import sampled

LAUGHS = "x0: &x0 [1,2,3,4,5,6,7,8,9]\n" + "".join(
    f"x{n}: &x{n} [{','.join([f'*x{n - 1}'] * 9)}]\n" for n in range(1, 9)
)
OUT = "- path: data\n  md5: 0123456789abcdef0123456789abcdef\n"
ODD = {
    "aliases that grow": f"{LAUGHS}outs:\n{OUT}  x: *x8\n",
    "a mapping that holds itself": f"outs:\n- &a\n  x: *a\n{OUT[1:].replace('-', ' ', 1)}",
    "keys of two types": f"outs:\n{OUT}  1: a\n  b: c\n",
    "a key that is a list": "? [a]\n: 1\nouts: []\n",
    "files that are a number": f"outs:\n{OUT}  files: 3\n",
    "files that are a mapping": f"outs:\n{OUT}  files: {{a: 1}}\n",
    "a tag of Python's": "outs: !!python/object/apply:os.system ['exit 1']\n",
    "a tag that does not fit": "outs: !!float x\n",
    "a merge of nothing": "<<: [1]\nouts: []\n",
    "a set": "outs: !!set {a, b}\n",
    "lists in lists": f"outs: {'[' * 400}{']' * 400}\n",
    "a number of thousands of digits": f"outs: [{{path: data, size: {'9' * 6000}}}]\n",
    "not a number": "outs: [{path: data, x: .nan}]\n",
    "a day": "outs: [{path: data, x: 2020-01-01}]\n",
    "an MD5 that is a list": "outs: [{path: data, md5: [1]}]\n",
    "a folder that is a list": "wdir: [1]\nouts: [{path: data}]\n",
    "a null character": 'outs: [{path: "da\\0ta"}]\n',
    "half a character": 'outs: [{path: "\\ud800"}]\n',
    "a path of 50,000 folders": f"outs: [{{path: {'a/' * 50_000}data}}]\n",
    "a folder of 50,000 folders": f"wdir: {'a/' * 50_000}\nouts: [{{path: data}}]\n",
    "an alias of nothing": "outs: *x\n",
    "bytes": "\0\1\2",
}


@pytest.mark.parametrize("text", sampled(ODD.values(), 0), ids=[*ODD])
def test_an_odd_record_of_the_dataset_touches_it(guarded, run, monkeypatch, text) -> None:
    """Within seconds and without a trace, whatever stands in it."""
    guarded.branch("topic")
    guarded.write("data.dvc", text)
    guarded.commit()
    monkeypatch.chdir(guarded.folder)
    started = time.process_time()

    status, out, err = run("ci", "changed", "--base", "main")

    assert (status, out.splitlines()[0]) == (0, 'datasets=["digits"]'), err
    assert time.process_time() - started < 20


@pytest.mark.parametrize("name", sampled(["dvc.lock", "more/dvc.lock", "dvc.yaml"]))
@pytest.mark.parametrize(
    "kind", sampled(["aliases that grow", "keys of two types", "a tag that does not fit"], 0)
)
def test_an_odd_pipeline_leaves_nothing_untouched(guarded, run, monkeypatch, name, kind) -> None:
    """Where it cannot be read, it may have meant any dataset."""
    guarded.branch("topic")
    inner = "".join(f"    {line}\n" for line in ODD[kind].splitlines())
    guarded.write(name, f"schema: '2.0'\nstages:\n  a:\n{inner}")
    guarded.write(name.replace("yaml", "lock"), f"schema: '2.0'\nstages:\n  a:\n{inner}")
    guarded.commit()
    monkeypatch.chdir(guarded.folder)

    status, out, err = run("ci", "changed", "--base", "main")

    named = out.splitlines()[0]
    assert status == 0, err
    readable = kind == "keys of two types" and name.startswith("more/")  # another folder's data
    assert named == ("datasets=[]" if readable else 'datasets=["digits"]')


def test_a_record_that_is_a_link_leaves_nothing_untouched(guarded, run, monkeypatch) -> None:
    """DVC reads through it; what it leads to has no name of DVC's, and may change unseen."""
    guarded.write("meta/d.txt", (guarded.folder / "data.dvc").read_text())
    (guarded.folder / "data.dvc").unlink()
    (guarded.folder / "data.dvc").symlink_to("meta/d.txt")
    guarded.write(".gitignore", "/data/digit*\n")
    guarded.write("data/README", "kept in git, so that the dataset is there without DVC")
    guarded.commit()
    guarded.branch("topic")
    guarded.write("meta/d.txt", f"outs:\n{OUT}")
    guarded.commit()
    monkeypatch.chdir(guarded.folder)

    assert run("ci", "changed", "--base", "main")[1].splitlines()[0] == 'datasets=["digits"]'


@pytest.mark.parametrize("name", ["pipe.dvc", "dvc.lock", "data.dvc"])
def test_nobody_waits_for_a_pipe_among_records(guarded, monkeypatch, name) -> None:
    """Looking for the command that brings a dataset reads every record beside it."""
    place = guarded.folder / name
    place.unlink(missing_ok=True)
    os.mkfifo(place)
    monkeypatch.chdir(guarded.folder)

    pull_command(guarded.folder / "nothing")


@pytest.mark.parametrize("text", ['{"a": 1, "a": 2}', "[" * 9000, '{"a": NaN}', "[]", "\0", "{"])
def test_an_odd_event_is_none(tmp_path, text) -> None:
    """It says so in one line."""
    place = tmp_path / "event.json"
    place.write_text(text)

    with pytest.raises(SettingError, match="event"):
        read_event(place)


def test_an_event_that_is_a_pipe_is_not_waited_for(tmp_path) -> None:
    """Nor is a device."""
    os.mkfifo(tmp_path / "event.json")

    with pytest.raises(SettingError, match="event"):
        read_event(tmp_path / "event.json")


@pytest.mark.parametrize(
    "event",
    [{"pull_request": 1}, {"pull_request": {"head": None}}, {"workflow_run": [1]},
     {"workflow_run": {"event": "pull_request"}}, {"pull_request": {"number": "x", "head": {}}}],
)  # fmt: skip
def test_an_event_without_its_parts_is_told(event) -> None:
    """Before anything is asked of an API."""
    with pytest.raises(SettingError, match="is no event"):
        target_of(event, None)
