"""Datasets on web servers: whole or not at all, and no host is asked that nobody named."""

from __future__ import annotations

import functools
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

import deri_gate
from deri_gate.data.readers import ReadOptions, open_dataset
from deri_gate.errors import DatasetError
from deri_gate.runtime.remote import deeds, mirror
from deri_gate.runtime.remote.guard import is_service
from deri_gate.runtime.remote.trees import LOCK, new_tree

pytestmark = pytest.mark.enable_socket
METADATA = "169.254.169.254"


class Handler(SimpleHTTPRequestHandler):
    """A folder, with what a test says of single paths instead."""

    instead: dict
    asked: list

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.asked.append(self.path)
        answer = self.instead.get(path)
        if answer is None:
            super().do_GET()
            return
        status, headers, body = answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Print no line for a request."""


@pytest.fixture
def web(folder, monkeypatch, tmp_path):
    """Handler class and address of a server of the folder's parent."""
    own = type("Own", (Handler,), {"instead": {}, "asked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(own, directory=folder.parent))
    server.daemon_threads = True
    threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
    ).start()
    monkeypatch.setattr(deeds, "PAUSE", 0.001)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("DERI_GATE_CACHE", str(tmp_path / "cache"))
    yield own, f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def contents(dataset) -> dict:
    return {
        name: dataset.source.load(int(row)).content
        for name, row in zip(dataset.ids, dataset.rows, strict=True)
    }


def reason(dataset, name: str) -> str:
    with pytest.raises(Exception, match="could not be fetched") as caught:
        dataset.source.load(int(dataset.rows[dataset.ids.index(name)]))
    return caught.value.what


def test_a_folder_by_the_pages_that_list_it(web, folder) -> None:
    """Names with what an address must encode, too."""
    (folder / "a" / "ü #1 %20.png").write_bytes((folder / "a/0.png").read_bytes())
    here, there = open_dataset(folder), open_dataset(f"{web[1]}/set")

    assert contents(here) == contents(there)
    assert (here.name, here.findings, here.reading) == (there.name, there.findings, there.reading)


def test_a_page_that_links_from_the_top_of_its_server(web, folder) -> None:
    """Or by whole addresses: such images were left out without a word."""
    here = open_dataset(folder)
    starts = ("", "./", "/set/a/", f"{web[1]}/set/a/")
    hrefs = [
        f"<a href='{starts[i % 4]}{path.name}'>x</a>"
        for i, path in enumerate(sorted((folder / "a").iterdir()))
    ]
    others = "".join(f"<a href='{at}'>x</a>" for at in ("../", "/", "?C=N", "http://x.y/set/a/z"))
    page = f"<html><title>Index of /set/a</title>{others}{''.join(hrefs)}</html>".encode()
    web[0].instead["/set/a/"] = (200, {"Content-Length": str(len(page))}, page)

    assert len(hrefs) > 3
    assert contents(open_dataset(f"{web[1]}/set")) == contents(here)


@pytest.mark.parametrize("other", ["a/0.PNG", "A/9.png", "a/e\u0301.png"])
def test_names_that_are_one_on_this_disk(web, folder, monkeypatch, other) -> None:
    """One image would overwrite the other, or two classes be one, without a word."""

    def tree_that_folds_case(remote: Path) -> Path:
        tree = new_tree(remote)
        (tree / LOCK.upper()).touch()  # on such a disk it is the lock itself
        return tree

    for name in (other, "a/\u00e9.png"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes((folder / "a/0.png").read_bytes())
    assert len(open_dataset(f"{web[1]}/set")) == len(open_dataset(folder))
    monkeypatch.setattr(mirror, "new_tree", tree_that_folds_case)

    with pytest.raises(DatasetError, match="at one place on this disk"):
        open_dataset(f"{web[1]}/set")


def test_tables_and_arrays(web, folder) -> None:
    """Images of a table are asked for one by one; one that is not there is unreadable."""
    (folder / "list.csv").write_text("path,label\na/0.png,x\nb/1.png,y\nb/none.png,y\n", "utf-8")
    images = np.arange(48, dtype=np.uint8).reshape(3, 4, 4)
    np.savez(folder / "one.npz", train_images=images, train_labels=np.array([[0], [1], [0]]))
    here, there = open_dataset(folder / "list.csv"), open_dataset(f"{web[1]}/set/list.csv?sig=k")

    assert here.ids == there.ids
    assert contents(here.select(np.arange(2))) == contents(there.select(np.arange(2)))
    with pytest.raises(Exception, match="there is no such file"):
        there.source.load(2)
    assert len(open_dataset(f"{web[1]}/set/one.npz")) == 3
    assert not [one for one in web[0].asked if "sig=" in one and "list.csv" not in one]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ((302, {"Location": "file:///etc/passwd"}, b""), "redirected"),
        ((302, {"Location": f"http://{METADATA}/latest/meta-data/"}, b""), "cloud services"),
        ((302, {"Location": "http://[fe80::1]/x"}, b""), "cloud services"),
        ((302, {"Location": "ftp://127.0.0.1/x"}, b""), "redirected"),
        ((200, {}, b"\x89PNG no length"), "does not say how long"),
        ((200, {"Content-Length": "999"}, b"\x89PNG cut"), "cut"),
        ((206, {"Content-Length": "3"}, b"abc"), "HTTP status 206"),
        ((500, {"Content-Length": "0"}, b""), "HTTP status 500"),
        ((403, {"Content-Length": "0"}, b""), "access is denied"),
        ((404, {"Content-Length": "0"}, b""), "no such object"),
    ],
)
def test_an_answer_that_is_none_is_an_unreadable_image(web, answer, why) -> None:
    web[0].instead["/set/a/2.png"] = answer

    assert why in reason(open_dataset(f"{web[1]}/set"), "a/2.png")


def test_a_page_that_is_no_list_or_is_cut(web) -> None:
    page = b"<html><title>Index of /set</title><a href='a/'>a</a>"
    for body, why in ((b"<html><p>hello</p></html>", "is no list of files"), (page, "was cut")):
        web[0].instead["/set/"] = (200, {"Content-Length": str(len(body))}, body)
        with pytest.raises(DatasetError, match=why):
            open_dataset(f"{web[1]}/set")


def test_a_table_sends_nobody_to_a_service_of_the_cloud(web, tmp_path) -> None:
    """Not even where it may name hosts."""
    path = tmp_path / "list.csv"
    path.write_text(f"path,label\nhttp://{METADATA}/a.png,x\n{web[1]}/set/b/1.png,y\n", "utf-8")
    found = open_dataset(path, options=ReadOptions.of(allow_remote=True))

    assert "cloud services" in reason(found, f"{METADATA}/a.png")
    assert found.source.load(int(found.rows[0])).content


@pytest.mark.parametrize(
    ("host", "expected"),
    [(METADATA, True), ("2852039166", True), ("0xa9fea9fe", True), ("169.254.43518", True),
     ("::ffff:169.254.169.254", True), ("fe80::1%eth0", True), ("fd00:ec2::254", True),
     ("metadata.google.internal", True), ("100.100.100.200", True),
     ("127.0.0.1", False), ("10.0.0.1", False), ("example.org", False), ("::1", False)],
)  # fmt: skip
def test_hosts_of_a_cloud_in_any_spelling(host, expected) -> None:
    assert is_service(host) is expected


def test_what_a_server_says_is_the_same_is_not_fetched_again(web, folder) -> None:
    """A strong ETag alone says so; a damaged copy does not count."""
    body = (folder / "a/0.png").read_bytes()
    headers = {"Content-Length": str(len(body)), "ETag": '"v1"'}
    web[0].instead["/set/a/0.png"] = (200, headers, body)
    open_dataset(f"{web[1]}/set")
    other = bytes(len(body))
    web[0].instead["/set/a/0.png"] = (200, headers, other)
    assert contents(open_dataset(f"{web[1]}/set"))["a/0.png"] == body

    web[0].instead["/set/a/0.png"] = (200, {**headers, "ETag": '"v2"'}, other)
    assert contents(open_dataset(f"{web[1]}/set"))["a/0.png"] == other


def test_secrets_of_an_address_are_not_told(web) -> None:
    port = web[1].rpartition(":")[2]
    with pytest.raises(DatasetError) as caught:
        open_dataset(f"http://me:pass-word@127.0.0.1:{port}/none.npz?X-Amz-Signature=abcdef")

    assert "no such object" in str(caught.value)
    assert "pass-word" not in str(caught.value)
    assert "abcdef" not in str(caught.value)


def test_the_cache_is_looked_at_and_cleared(web, tmp_path) -> None:
    """With the rest of what is kept, and nothing else that lies there."""
    body = b"x" * 500
    web[0].instead["/set/a/0.png"] = (200, {"Content-Length": "500", "ETag": '"v1"'}, body)
    open_dataset(f"{web[1]}/set")

    assert deri_gate.cache().remote == 500
    assert "500 B of remote files" in str(deri_gate.cache("clear"))
    assert deri_gate.cache().remote == 0


def test_a_path_is_no_address(web) -> None:
    """Of a path in a file that somebody else wrote, one slash is left: no host is asked."""
    with pytest.raises(DatasetError, match="taken for a path"):
        open_dataset(Path(f"{web[1]}/set"))
    with pytest.raises(DatasetError, match="taken for a path"):
        open_dataset(str(Path(f"{web[1]}/set")))
    assert not web[0].asked
