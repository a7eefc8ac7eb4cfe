"""Shards of a dataset as a worker makes them: whole files, named by content, never believed."""

from __future__ import annotations

import io
import resource
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from deri_gate.errors import DatasetError, SettingError, UnreadableImageError
from deri_gate.features import shard_scan
from deri_gate.features.chunk_scan import ScannedImage
from deri_gate.features.shard_file import DamagedShardError, ShardForm
from deri_gate.features.shard_scan import FEWEST, MOST, Proof, ShardScan, shards_of
from deri_gate.metrics.profile import PAPER, STANDARD
from deri_gate.runtime.work_folder import WorkFolder

FORM = ShardForm(profile=STANDARD, embed=False)


@pytest.fixture
def scan_of(tmp_path):
    """Makes the scan of a dataset's shards into a folder of its own."""

    def make(dataset, **known) -> ShardScan:
        work = WorkFolder(str(tmp_path / "work"), 2**28)
        work.make_ready()
        return ShardScan(
            **{"source": dataset.source, "form": FORM, "work": work, "workers": 1} | known
        )

    return make


def files(scan: ShardScan) -> dict[str, bytes]:
    """Content of the work folder."""
    from pathlib import Path

    return {path.name: path.read_bytes() for path in Path(scan.work.place).iterdir()}


def ids(count: int, seed: int = 0) -> list[str]:
    """Names that differ."""
    return sorted(f"{n:012x}.png" for n in np.random.default_rng(seed).integers(0, 2**48, count))


def test_every_image_is_in_one_shard():
    """In order, none of more than so many, none but the last of fewer."""
    parts = [*shards_of(ids(20_000))]

    assert [i for part in parts for i in part] == [*range(20_000)]
    assert all(FEWEST <= len(part) <= MOST for part in parts[:-1])
    assert 12 < len(parts) < 30
    assert [*shards_of([])] == []


@pytest.mark.parametrize("place", [0, 5_000, 9_999])
def test_an_image_more_leaves_nearly_all_shards_as_they_are(place):
    """Else every image of a set that grows would be looked at again."""
    before = ids(10_000)
    after = [*before[:place], before[place] + "~", *before[place:]]
    old, new = (
        {tuple(names[i] for i in part) for part in shards_of(names)} for names in (before, after)
    )

    assert len(old - new) <= 2


def test_names_without_ends_are_cut_all_the_same():
    """Somebody may choose names that end no shard."""
    assert {len(part) for part in shards_of(["a"] * (3 * MOST))} == {MOST}


def test_a_shard_that_is_there_is_not_looked_at_again(scan_of, dataset_of, random_pictures):
    """Nor is its file written again."""
    scan = scan_of(dataset_of(random_pictures(60), [0] * 60))
    first, before = scan(range(60)), files(scan)
    second = scan(range(60))

    assert (first.images, first.decoded) == (60, 60)
    assert (second.name, second.decoded) == (first.name, 0)
    assert [*before] == [first.name]
    assert files(scan) == before


def test_another_content_or_profile_is_another_shard(scan_of, dataset_of, random_pictures):
    """One picture more or less, or other definitions."""
    pictures = random_pictures(5)
    one, other = (scan_of(dataset_of(some, [0] * 4)) for some in (pictures[:4], pictures[1:]))
    paper = replace(one, form=ShardForm(profile=PAPER, embed=False))

    assert len({one(range(4)).name, other(range(4)).name, paper(range(4)).name}) == 3


def test_an_unreadable_image_is_looked_at_again(scan_of, dataset_of, random_pictures):
    """A file that was lacking may be there by now; the others are known."""
    pictures = [*random_pictures(3), None]
    scan = scan_of(dataset_of(pictures, [0] * 4))
    name = scan(range(4)).name
    images = FORM.from_bytes(files(scan)[name], name)
    kept = [*images[:3], replace(images[3], problem="not enough memory to look at it")]
    scan.work.write(name, FORM.to_bytes(kept))
    again = scan(range(4))

    assert (again.name, again.decoded) == (name, 0)
    assert FORM.from_bytes(files(scan)[name], name)[3].problem == "holds no picture"


@dataclass(frozen=True)
class Absent:
    """A source whose files cannot be had, for a reason with a name that is no text."""

    why: str = "there is no such file \udcff"

    def load(self, _row: int):
        raise UnreadableImageError(self.why)


def test_an_image_without_content_is_in_its_shard(scan_of, dataset_of):
    """With its reason, which can be written."""
    scan = scan_of(replace(dataset_of([None], [0]), source=Absent()))
    name = scan([0]).name
    images = FORM.from_bytes(files(scan)[name], name)

    assert [(one.key, one.record) for one in images] == [("", None)]
    assert images[0].problem == "there is no such file \\udcff"
    assert scan([0]).name == name


def damaged(raw: bytes, name: str) -> dict[str, bytes]:
    """Files that are not the shard of this name."""
    table = parquet.read_table(io.BytesIO(raw))
    rows = table.to_pylist()

    def written(changed: list[dict], about=table.schema) -> bytes:
        file = io.BytesIO()
        parquet.write_table(pa.Table.from_pylist(changed, schema=about), file)
        return file.getvalue()

    flipped = bytes([rows[0]["record"][0] ^ 1]) + rows[0]["record"][1:]
    return {
        "cut": raw[:-100],
        "empty": b"",
        "text": b"PAR1 no PAR1",
        "a row less": written(rows[1:]),
        "rows in another order": written(rows[::-1]),
        "a bit of a record": written([rows[0] | {"record": flipped}, *rows[1:]]),
        "no seal": written(rows, table.schema.with_metadata({})),
        "another column": written(rows, table.schema.append(pa.field("more", pa.int64()))),
        "no record": written([rows[0] | {"record": None}, *rows[1:]]),
        "a problem": written([rows[0] | {"problem": "none of it"}, *rows[1:]]),
    }


@pytest.mark.parametrize("kind", ["cut", "empty", "text", "a row less", "rows in another order",
                                  "a bit of a record", "no seal", "another column", "no record",
                                  "a problem"])  # fmt: skip
def test_a_damaged_shard_is_made_again(scan_of, dataset_of, random_pictures, kind):
    """It is no result; the next run has the right one."""
    scan = scan_of(dataset_of(random_pictures(6), [0] * 6))
    name = scan(range(6)).name
    whole = files(scan)[name]
    raw = damaged(whole, name)[kind]
    with pytest.raises(DamagedShardError):
        FORM.from_bytes(raw, name)
    scan.work.write(name, raw)

    assert scan(range(6)).decoded == 6
    assert files(scan) == {name: whole}


@pytest.mark.parametrize(
    "changed",
    [{"record": b"short"}, {"embedding": b"\0\x7e" * 4}, {"embedding": b""}, {"embedding": b"\0" * 6}, {"key": "", "problem": ""}],
    ids=["record", "not finite", "none", "another length", "no key"],
)  # fmt: skip
def test_a_sealed_shard_of_another_form_is_damaged(changed):
    """Whoever can write there can seal, too."""
    form = ShardForm(profile=STANDARD, embed=True)
    from deri_gate.features.picture_record import record_layout

    record = bytes(record_layout(STANDARD).itemsize)
    good = [
        ScannedImage(row=-1, keep=False, key=key, record=record, embedding=bytes(8)) for key in "ab"
    ]
    assert form.from_bytes(form.to_bytes(good), form.name(good)) == good
    bad = [good[0], replace(good[1], **changed)]

    with pytest.raises(DamagedShardError):
        form.from_bytes(form.to_bytes(bad), form.name(bad))


def test_a_shard_larger_than_any_is_not_read(monkeypatch):
    """Little that is packed may be much."""
    monkeypatch.setattr("deri_gate.features.shard_file.MOST_BYTES", 10_000)
    good = [ScannedImage(row=-1, keep=False, key="k", record=b"\0" * 1_000_000)]

    with pytest.raises(DamagedShardError, match="larger than any shard"):
        FORM.from_bytes(FORM.to_bytes(good), FORM.name(good))


def test_a_full_disk_is_told(scan_of, dataset_of, random_pictures):
    """Which shard, where, and what to do; nothing half is left."""
    scan = scan_of(dataset_of(random_pictures(6), [0] * 6))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(
            SettingError, match=r"the shard \w+\.parquet cannot be written by "
        ) as caught:
            scan(range(6))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert "too large" in caught.value.what.lower()
    assert caught.value.where == f"--work {scan.work.place}"
    assert "Make room" in caught.value.fix
    assert files(scan) == {}


def test_a_worker_that_reads_other_images_is_refused(scan_of, dataset_of, random_pictures):
    """A folder of the same name on another machine."""
    first, second = random_pictures(2)
    key = dataset_of([first], [0]).source.load(0).key
    scan = scan_of(dataset_of([second], [0]), proofs=(Proof(row=0, content=key),))

    assert scan_of(dataset_of([first], [0]), proofs=scan.proofs).proved().proofs == scan.proofs
    with pytest.raises(DatasetError, match="reads other images than the driver"):
        scan.proved()


def test_a_worker_of_another_version_is_refused(scan_of, dataset_of, random_pictures):
    """It would measure otherwise, under the same names or under others."""
    scan = scan_of(dataset_of(random_pictures(1), [0]), version="0.0.1")

    with pytest.raises(SettingError, match=r"has version .* of deri-gate") as caught:
        scan.proved()
    assert caught.value.fix.startswith("Install 0.0.1")


def test_what_changes_between_two_looks_is_named_by_what_was_seen(
    scan_of, dataset_of, random_pictures
):
    """A shard never holds what its name does not say."""
    first, second = random_pictures(2)

    class Changing:
        loads = 0

        def load(self, _row):
            self.loads += 1
            return dataset_of([first if self.loads == 1 else second], [0]).source.load(0)

    scan = replace(scan_of(dataset_of([first], [0])), source=Changing())
    name = scan([0]).name

    assert (
        FORM.from_bytes(files(scan)[name], name)[0].key
        == dataset_of([second], [0]).source.load(0).key
    )
    assert shard_scan.identified(dataset_of([first], [0]).source, [0])[0].key not in name
