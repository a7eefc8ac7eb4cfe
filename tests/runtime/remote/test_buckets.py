"""Datasets in a bucket read as those in a folder, or not at all: whatever the network does."""

from __future__ import annotations

import re

import pytest

import deri_gate
from deri_gate.data.readers import ReadOptions, open_dataset
from deri_gate.errors import DatasetError
from deri_gate.reports.documents import metrics_document
from deri_gate.runtime.remote import deeds, transfers
from deri_gate.schemas.base import as_json

from .conftest import BUCKET, SECRET, png, put, put_folder

pytestmark = pytest.mark.enable_socket
SET = f"s3://{BUCKET}/data/set"


@pytest.fixture
def remote(proxy, folder) -> str:
    """The folder in the bucket, and beside it what is none of it."""
    put_folder(proxy, folder, "data/set")
    put(proxy, "data/settings/c/9.png", png(9))
    return SET


def slow(case: str):
    """A case that is run by name: a client of S3 takes most of a second to make."""
    return pytest.param(case, marks=pytest.mark.slow)


def seen(dataset) -> list[tuple]:
    """Ids, classes and contents; the reason where there is no content."""
    found = []
    for row, name in enumerate(dataset.ids):
        try:
            content = dataset.source.load(int(dataset.rows[row])).content
        except deri_gate.DeriGateError as error:
            content = error.what
        found.append((name, [dataset.classes[c] for c in dataset.labels[row]], content))
    return found


def test_the_same_bytes_as_the_local_folder(remote, folder) -> None:
    """Metrics, findings, fingerprint and name: nothing tells them apart."""
    keys = {"metrics": "exposure,resolution"}
    here, there = (
        as_json(metrics_document(deri_gate.measure(str(one), **keys))) for one in (folder, remote)
    )

    assert here == there


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["500", "short", "long", "cut", "flipped"])
def test_a_fault_that_passes_leaves_no_trace(remote, folder, proxy, kind) -> None:
    """One wrong answer for an image, and one for the listing."""
    proxy.faults = {"a/2.png": (kind, 2)}
    if kind in {"500", "cut", "short"}:
        proxy.faults[f"/{BUCKET}"] = (kind, 1)

    assert seen(open_dataset(remote)) == seen(open_dataset(folder))
    assert not proxy.faults["a/2.png"][1], "the fault never came"


@pytest.mark.parametrize(
    "kind", ["cut", *map(slow, ("500", "short", "long", "flipped", "404", "403"))]
)
def test_a_fault_that_stays_is_an_unreadable_image(remote, folder, proxy, kind, tmp_path) -> None:
    """Neither left out nor half there; a later run has it."""
    proxy.faults = {"a/2.png": (kind, 99)}
    found = {name: content for name, _, content in seen(open_dataset(remote))}

    assert found.pop("a/2.png").startswith("could not be fetched: ")
    assert found == {n: c for n, _, c in seen(open_dataset(folder)) if n != "a/2.png"}
    kept = [path.read_bytes() for path in (tmp_path / "cache").rglob("*-*") if path.is_file()]
    assert len([one for one in kept if one.startswith(b"\x89PNG")]) == len(found)

    proxy.faults = {}
    assert seen(open_dataset(remote)) == seen(open_dataset(folder))


@pytest.mark.slow
def test_a_slow_answer_is_waited_for_only_so_long(remote, folder, proxy, monkeypatch) -> None:
    monkeypatch.setattr(deeds, "PATIENCE", 0.5)
    monkeypatch.setattr(deeds, "TRIES", 2)
    proxy.faults = {"a/2.png": ("slow", 1), "b/1.png": ("slow", 99)}
    found = {name: content for name, _, content in seen(open_dataset(remote))}

    assert found["b/1.png"] == "could not be fetched: no answer in time"
    assert found["a/2.png"] == (folder / "a/2.png").read_bytes()


@pytest.mark.slow
def test_many_faults_end_the_run(remote, proxy, monkeypatch) -> None:
    monkeypatch.setattr(transfers, "FEW", 3)
    proxy.faults = {".png": ("500", 9999)}

    with pytest.raises(
        DatasetError,
        match="3 files cannot be fetched; of the last: its server failed",
    ):
        open_dataset(remote)


@pytest.mark.slow
def test_a_table_that_cannot_be_fetched_ends_the_run(remote, proxy) -> None:
    """Without metadata.csv the same folder would be read as another dataset."""
    put(proxy, "data/set/metadata.csv", b"file_name,label\na/0.png,x\n")
    proxy.faults = {"metadata.csv": ("500", 99)}

    with pytest.raises(
        DatasetError, match=r"s3://bucket/data/set/metadata\.csv: cannot be fetched"
    ):
        open_dataset(remote)


CUT = {
    "the next page is not named": lambda page: re.sub(
        rb"<NextContinuationToken>.*?</NextContinuationToken>", b"", page
    ),
    "an object is missing": lambda page: re.sub(rb"<Contents>.*?</Contents>", b"", page, count=1),
    "nothing says whether it is all": lambda page: re.sub(
        rb"<IsTruncated>.*?</IsTruncated>", b"", page
    ),
    "the page ends early": lambda page: page[: len(page) // 2],
}


@pytest.mark.parametrize("how", [next(iter(CUT)), *map(slow, [*CUT][1:])])
def test_a_listing_that_is_cut_is_no_dataset(remote, proxy, how) -> None:
    proxy.page, proxy.edit = 3, CUT[how]

    with pytest.raises(DatasetError, match=f"{SET}: cannot be listed: "):
        open_dataset(remote)


@pytest.mark.slow
def test_a_listing_of_several_pages(remote, folder, proxy) -> None:
    proxy.page = 2

    assert seen(open_dataset(remote)) == seen(open_dataset(folder))


@pytest.mark.slow
def test_a_page_that_is_missing_once_is_noticed(remote, proxy) -> None:
    """A listing that says it is whole, and another that holds more: no moment had what was read."""
    pages = [lambda page: re.sub(rb"<Contents>.*?</Contents>", b"", page, count=1).replace(
        b"<KeyCount>9", b"<KeyCount>8")]  # fmt: skip
    proxy.edit = lambda page: pages.pop()(page) if pages else page

    with pytest.raises(DatasetError, match="changed while it was read: 1 file was added"):
        open_dataset(remote)


@pytest.mark.slow
def test_a_second_run_fetches_only_what_is_new(remote, folder, proxy, tmp_path) -> None:
    """Nor what was damaged here meanwhile; the folder that was read is gone with its run."""
    open_dataset(remote)
    proxy.asked.clear()
    put(proxy, "data/set/a/2.png", png(77))
    kept = next(p for p in (tmp_path / "cache/remote/objects").rglob("*-*")
                if p.read_bytes() == (folder / "b/1.png").read_bytes())  # fmt: skip
    kept.unlink()
    kept.write_bytes(b"x" * len(png(1)))
    (folder / "a/2.png").write_bytes(png(77))

    assert seen(open_dataset(remote)) == seen(open_dataset(folder))
    assert {path for path in proxy.asked if path.endswith(".png")} == {
        f"/{BUCKET}/data/set/a/2.png", f"/{BUCKET}/data/set/b/1.png",
    }  # fmt: skip


@pytest.mark.slow
def test_the_cache_has_a_bound(remote, proxy, monkeypatch, tmp_path) -> None:
    sizes = sum(len(png(n)) for n in range(8)) + len("a set")
    monkeypatch.setenv("DERI_GATE_CACHE_SIZE", str(sizes - 1))
    with pytest.raises(DatasetError, match="DERI_GATE_CACHE_SIZE"):
        open_dataset(remote)

    monkeypatch.setenv("DERI_GATE_CACHE_SIZE", str(sizes))
    open_dataset(remote)
    put(proxy, "data/settings/d/10.png", png(10))
    open_dataset(f"s3://{BUCKET}/data/settings")
    kept = [p for p in (tmp_path / "cache/remote/objects").rglob("*-*") if p.is_file()]
    assert sum(p.stat().st_size for p in kept) <= sizes
    assert len(kept) > 2

    monkeypatch.setenv("DERI_GATE_CACHE_SIZE", "0")
    monkeypatch.setenv("DERI_GATE_CACHE", str(tmp_path / "other"))
    assert len(open_dataset(remote)) == 8
    assert not [*(tmp_path / "other").rglob("*-*.png")]


@pytest.mark.slow
@pytest.mark.parametrize(
    "key", ["a//1.png", "../1.png", "a/../../1.png", "a/2.png/x.png", "a/./1.png"]
)
def test_a_name_that_no_file_can_have_is_an_error(remote, proxy, key) -> None:
    """Left out, it would be an image that nobody has looked at."""
    put(proxy, f"data/set/{key}", png(1))

    with pytest.raises(DatasetError, match="an object"):
        open_dataset(remote)


@pytest.mark.slow
def test_an_empty_folder_is_told_as_it_is_here(remote, folder, proxy) -> None:
    """A console makes an object with a slash for it."""
    put(proxy, "data/set/c/", b"")
    put(proxy, "data/set/", b"")
    (folder / "c").mkdir()

    assert open_dataset(remote).findings == open_dataset(folder).findings != ()


@pytest.mark.slow
def test_excluded_files_are_counted_and_not_fetched(remote, folder, proxy) -> None:
    options = ReadOptions.of(exclude="b/1.png")
    here, there = (open_dataset(one, options=options) for one in (folder, remote))

    assert here.reading == there.reading
    assert f"/{BUCKET}/data/set/b/1.png" not in proxy.asked


@pytest.mark.slow
def test_nothing_there_and_no_bucket(proxy) -> None:
    with pytest.raises(DatasetError, match="there is nothing"):
        open_dataset(SET)
    with pytest.raises(DatasetError, match="cannot be listed: there is no such object"):
        open_dataset("s3://other-bucket/set")


@pytest.mark.slow
def test_no_secret_is_told(remote, proxy) -> None:
    proxy.faults = {f"/{BUCKET}": ("403", 99)}

    with pytest.raises(DatasetError, match="access is denied") as caught:
        open_dataset(remote.replace("s3://", f"s3://nobody:{SECRET}@"))
    assert SECRET not in str(caught.value)


def table(*rows: str) -> bytes:
    return "\n".join(("path,label", *rows, "")).encode()


@pytest.mark.slow
def test_a_manifest_in_a_bucket(remote, folder, proxy) -> None:
    """Only what it names is fetched; what is not there is an unreadable image."""
    rows = ("a/0.png,x", "b/1.png,y", "b/none.png,y")
    put(proxy, "data/set/list.csv", table(*rows))
    (folder / "list.csv").write_bytes(table(*rows))

    assert seen(open_dataset(f"{SET}/list.csv")) == seen(open_dataset(folder / "list.csv"))
    assert f"/{BUCKET}/data/set/a/2.png" not in proxy.asked


@pytest.mark.slow
def test_a_manifest_with_a_root_and_endings(remote, folder, proxy) -> None:
    put(proxy, "tables/list.csv", table("0,x", "1,y"))
    options = ReadOptions.of(root=f"{SET}/", suffix=".png", folder=["a", "b"])
    (folder.parent / "list.csv").write_bytes(table("0,x", "1,y"))
    own = ReadOptions.of(root=str(folder), suffix=".png", folder=["a", "b"])
    here = seen(open_dataset(folder.parent / "list.csv", options=own))

    assert seen(open_dataset(f"s3://{BUCKET}/tables/list.csv", options=options)) == here
    assert seen(open_dataset(folder.parent / "list.csv", options=options)) == here


def test_a_manifest_names_no_hosts_unless_allowed(remote, folder, proxy, tmp_path) -> None:
    rows = (f"{SET}/a/0.png,x", f"{SET}/b/1.png,y")
    path = tmp_path / "list.csv"
    path.write_bytes(table(*rows))
    put(proxy, "data/set/list.csv", table(*rows))
    for one in (path, f"{SET}/list.csv"):
        with pytest.raises(DatasetError, match="--allow-remote"):
            open_dataset(one)
    assert f"/{BUCKET}/data/set/a/0.png" not in proxy.asked


@pytest.mark.slow
def test_a_manifest_names_hosts_where_it_may(remote, folder, proxy, tmp_path) -> None:
    rows = (f"{SET}/a/0.png,x", f"{SET}/b/1.png,y", f"{SET}/b/none.png,y")
    path = tmp_path / "list.csv"
    path.write_bytes(table(*rows))
    put(proxy, "data/set/list.csv", table(*rows))
    options = ReadOptions.of(allow_remote=True)
    for one in (path, f"{SET}/list.csv"):
        found = seen(open_dataset(one, options=options))
        assert [name for name, *_ in found] == [
            f"{BUCKET}/data/set/{name}" for name in ("a/0.png", "b/1.png", "b/none.png")
        ]
        assert found[1][2] == (folder / "b/1.png").read_bytes()
        assert found[2][2] == "could not be fetched: there is no such object"


@pytest.mark.slow
def test_parquet_and_npz(proxy, tmp_path, monkeypatch) -> None:
    """Files that hold the images themselves, alone and as shards of a folder."""
    import numpy as np
    import pandas as pd

    frame = pd.DataFrame({"image": [png(i) for i in range(4)], "label": ["x", "y", "x", "y"]})
    images = np.arange(3 * 16, dtype=np.uint8).reshape(3, 4, 4)
    (tmp_path / "hub").mkdir()
    frame.to_parquet(tmp_path / "hub" / "train-00000-of-00002.parquet")
    frame.to_parquet(tmp_path / "hub" / "train-00001-of-00002.parquet")
    np.savez(tmp_path / "one.npz", train_images=images, train_labels=np.array([[0], [1], [0]]))
    put_folder(proxy, tmp_path / "hub", "hub")
    put(proxy, "one.npz", (tmp_path / "one.npz").read_bytes())
    for name in ("hub", "hub/train-00000-of-00002.parquet", "one.npz"):
        here, there = open_dataset(tmp_path / name), open_dataset(f"s3://{BUCKET}/{name}")
        assert (here.ids, here.labels, here.name) == (there.ids, there.labels, there.name)
        assert [here.source.load(i).key for i in range(len(here))] == [
            there.source.load(i).key for i in range(len(there))
        ]

    proxy.faults = {"train-00001-of-00002.parquet": ("500", 99)}
    monkeypatch.setenv("DERI_GATE_CACHE_SIZE", "0")
    with pytest.raises(DatasetError, match="cannot be fetched"):
        open_dataset(f"s3://{BUCKET}/hub")
