"""A cache that is damaged, in every way we know, costs speed: the answer is the same to the byte."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from deri_gate.measuring.evidence import Evidence
from deri_gate.metrics.context import Context
from deri_gate.metrics.profile import STANDARD
from deri_gate.runtime.store import LAYOUT, Store
from tests.sweeps import sampled

FILE = f"results-{LAYOUT}.sqlite"
WANTED = frozenset({"embeddings", "neighbours", "probe", "spectrum"})


def whole(path):
    """One file with nothing beside it, whoever of this process has it open still."""
    copy = path.with_name("copy")
    connection = sqlite3.connect(path)
    connection.execute("VACUUM INTO ?", (str(copy),))
    connection.close()
    for ending in ("", "-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
    copy.rename(path)


def rewritten(change):
    def damage(path):
        content = bytearray(path.read_bytes())
        path.write_bytes(change(content))

    return damage


def flipped(seed, places=5):
    def change(content):
        for place in np.random.default_rng(seed).integers(0, len(content), places):
            content[place] ^= 1 << int(place) % 8
        return content

    return rewritten(change)


def page_of_zeros(content):
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 4096] = bytes(4096)
    return content


def sql(*statements):
    def damage(path):
        connection = sqlite3.connect(path)
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.close()

    return damage


def beside(ending, content):
    return lambda path: path.with_name(path.name + ending).write_bytes(content)


def a_folder(path):
    path.unlink()
    path.mkdir()


def a_dangling_link(path):
    path.unlink()
    path.symlink_to(path.with_name("nowhere") / "at-all")


SWAP = (
    "UPDATE results SET value = (SELECT value FROM results AS other WHERE other.kind = results.kind "
    "AND other.key > results.key ORDER BY other.key LIMIT 1) WHERE kind LIKE 'embedding%' AND key < "
    "(SELECT max(key) FROM results AS other WHERE other.kind = results.kind)"
)
DAMAGES = {
    "cut in half": rewritten(lambda content: content[: len(content) // 2]),
    "a byte short": rewritten(lambda content: content[:-1]),
    "cut to its first page": rewritten(lambda content: content[:4096]),
    "cut to a few bytes": rewritten(lambda content: content[:50]),
    "empty": rewritten(lambda _: b""),
    "longer": rewritten(lambda content: content + b"more" * 999),
    "zeros": rewritten(lambda content: bytes(len(content))),
    "text": rewritten(lambda _: b"this is no database " * 500),
    "a page of zeros": rewritten(page_of_zeros),
    "its header of zeros": rewritten(lambda content: bytes(100) + content[100:]),
    "another page size": rewritten(lambda content: content[:16] + b"\x02\x00" + content[18:]),
    "a journal of rubbish": beside("-wal", b"rubbish" * 999),
    "an index of rubbish": beside("-shm", b"rubbish" * 9999),
    "an old journal of rubbish": beside("-journal", b"rubbish" * 999),
    "a folder in its place": a_folder,
    "a dangling link": a_dangling_link,
    "another table": sql("DROP TABLE results", "CREATE TABLE results (kind, key, value)"),
    "a trigger": sql("CREATE TRIGGER t AFTER INSERT ON results BEGIN DELETE FROM results; END"),
    "a view": sql("ALTER TABLE results RENAME TO r", "CREATE VIEW results AS SELECT * FROM r"),
    "values cut": sql("UPDATE results SET value = substr(value, 1, length(value) - 3)"),
    "values longer": sql("UPDATE results SET value = CAST(value || x'00' AS BLOB)"),
    "values empty": sql("UPDATE results SET value = x''"),
    "values of zeros": sql("UPDATE results SET value = zeroblob(length(value))"),
    "values of text": sql("UPDATE results SET value = 'some text'"),
    "values are numbers": sql("UPDATE results SET value = 7, seal = 7, size = 'x', used = 'y'"),
    "values change places": sql(SWAP),
    "kinds change places": sql("UPDATE results SET kind = 'embedding-2-' || kind"),
    "seals of zeros": sql("UPDATE results SET seal = zeroblob(16)"),
    "keys that are no text": sql("UPDATE results SET key = CAST(x'ff' || key AS TEXT)"),
    "used in the year 9999": sql("UPDATE results SET used = 9999999999"),
    **{f"flipped bits {seed}": flipped(seed) for seed in range(12)},
}


@pytest.fixture(scope="module")
def answer_of(dataset_of, random_pictures, tiny_encoder):
    """All that is kept, as bytes, by way of the store in a folder."""
    dataset = dataset_of(random_pictures(40), [i % 2 for i in range(40)])

    def answer(folder) -> bytes:
        from deri_gate.runtime.engine import Machine

        machine = Machine(device="cpu", workers=1, progress=False)
        store = Store(folder)
        found = Evidence(dataset, Context(profile=STANDARD, store=store, machine=machine), WANTED)
        vars(found)["encoder"] = tiny_encoder()
        values = [found.images.values[name].tobytes() for name in sorted(found.images.values)]
        parts = (found.embeddings, found.neighbours, found.probe.out_of_fold, found.spectrum.tail)
        store.close()
        return b"".join([*values, *(part.tobytes() for part in parts)])

    return answer


@pytest.fixture(scope="module")
def sound(answer_of, tmp_path_factory):
    """A cache in one sound file, and the answer that it was made with."""
    folder = tmp_path_factory.mktemp("sound")
    answer = answer_of(folder)
    whole(folder / FILE)
    return folder / FILE, answer


@pytest.mark.parametrize("name", sampled(DAMAGES, 0, 7, 14, 21, 28, 35, 41))
def test_the_answer_is_the_same(sound, answer_of, tmp_path, name, caplog):
    """Damaged once: the run ends well, and so does the next; at most two words are said."""
    file, answer = sound
    shutil.copy(file, tmp_path / FILE)
    DAMAGES[name](tmp_path / FILE)

    assert answer_of(tmp_path) == answer
    assert answer_of(tmp_path) == answer
    assert len(caplog.messages) <= 2
    assert all(line.startswith("deri-gate: ") for line in caplog.messages)


def test_a_damaged_file_is_kept_aside_and_a_new_one_works(sound, answer_of, tmp_path, caplog):
    """The next run finds everything; the damaged file can be looked at."""
    shutil.copy(sound[0], tmp_path / FILE)
    DAMAGES["text"](tmp_path / FILE)
    answer_of(tmp_path)

    assert (tmp_path / f"{FILE}.damaged").read_bytes().startswith(b"this is no database")
    assert "was damaged" in caplog.text
    rows = sqlite3.connect(tmp_path / FILE).execute("SELECT count(*) FROM results").fetchone()
    assert rows[0] > 80


def test_a_warm_cache_that_cannot_be_written_is_read(
    sound, answer_of, tmp_path, monkeypatch, caplog
):
    """As on a read-only file system: what is known is not made again, and nothing is written."""

    def refused(_path):
        error = sqlite3.OperationalError("attempt to write a readonly database")
        error.sqlite_errorcode = sqlite3.SQLITE_READONLY_DIRECTORY
        raise error

    shutil.copy(sound[0], tmp_path / FILE)
    monkeypatch.setattr("deri_gate.runtime.results_file.open_results", refused)
    before = (tmp_path / FILE).read_bytes()
    store = Store(tmp_path)
    kind, key = sqlite3.connect(sound[0]).execute("SELECT kind, key FROM results").fetchone()

    assert store.get(kind, [key]).keys() == {key}
    store.put("kind", {"new": b"1"})
    assert store.get("kind", ["new"]) == {"new": b"1"}
    assert answer_of(tmp_path) == sound[1]
    assert (tmp_path / FILE).read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [FILE]
    assert "is only read" in caplog.text


PUTS = """
import os, sys
from pathlib import Path
from deri_gate.runtime.store import Store
from deri_gate.metrics.context import Context
store = Store(Path(sys.argv[1]))
for turn in range(10**6):
    store.put("kind", {f"{turn}-{i}": os.urandom(20_000) for i in range(20)})
    print(turn, flush=True)
"""


def test_killed_in_the_middle_of_a_put(tmp_path):
    """kill -9, five times: every value that comes back is whole, every batch whole or absent."""
    for delay in (0.0, 0.05, 0.1, 0.2, 0.4):
        process = subprocess.Popen(
            [sys.executable, "-c", PUTS, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        process.stdout.readline()
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        said = [line for line in process.communicate()[0].split() if line.isdigit()]
        store = Store(tmp_path)
        last = max(map(int, said), default=0)
        for turn in range(last + 2):
            found = store.get("kind", [f"{turn}-{i}" for i in range(20)])
            assert len(found) in ({20} if turn <= last else {0, 20})
            assert all(len(value) == 20_000 for value in found.values())
        store.close()
        shutil.rmtree(tmp_path)
        tmp_path.mkdir()


@pytest.mark.slow
@pytest.mark.parametrize("name", DAMAGES)
def test_the_command_line_gives_the_same_bytes(tmp_path, name, random_pictures):
    """The real command with its real network: exit status and standard output do not change."""
    for i, picture in enumerate(random_pictures(24, side=40)):
        path = tmp_path / "data" / f"class{i % 2}" / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(path)

    def measured():
        return subprocess.run(
            [sys.executable, "-m", "deri_gate.cli.main", "measure", "data", "--metrics", "data"],
            cwd=tmp_path,
            env={**os.environ, "DERI_GATE_CACHE": str(tmp_path / "cache"), "OMP_NUM_THREADS": "1"},
            capture_output=True,
            check=False,
        )

    before = measured()
    whole(tmp_path / "cache" / FILE)
    DAMAGES[name](tmp_path / "cache" / FILE)
    after = measured()

    assert (after.returncode, after.stdout) == (before.returncode, before.stdout)
    assert before.returncode == 0
    assert b"Traceback" not in after.stderr
