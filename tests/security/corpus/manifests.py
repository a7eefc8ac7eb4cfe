"""Tables that lead out, that are damaged, or that are no tables."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
from case import Case, Outcome, good_set

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HEAD = "path,label\nset/cat/0.png,cat\nset/cat/1.png,cat\nset/dog/0.png,dog\nset/dog/1.png,dog\n"
ROWS = {"path": ["set/cat/0.png", "set/cat/1.png", "set/dog/0.png", "set/dog/1.png"]}
LABELS = ["cat", "cat", "dog", "dog"]


def table(name: str, content: bytes | str, outcome: Outcome = "refused", *, ending: str = "csv",
          **more: object) -> Case:  # fmt: skip
    """A case of one manifest beside a sound set."""

    def make(folder: Path) -> None:
        good_set(folder / "set")
        data = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
        (folder / f"m.{ending}").write_bytes(data)

    argv = ("measure", f"m.{ending}", "--metrics", "sharpness", "--out", "out")
    return Case(name=f"manifest/{name}", make=make, argv=argv, outcome=outcome, **more)  # type: ignore[arg-type]


def escapes() -> Iterator[Case]:
    """Paths that leave the folder."""
    for path in ("/etc/passwd", "../secret.png", "set/../../x.png", "..\\..\\x.png", "C:\\x.png",
                 "\\\\host\\share\\x.png", "//host/share/x.png", "file:///etc/passwd",
                 "https://example.org/x.png", "s3://bucket/x.png", "set/cat/0.png\0.txt",
                 "~/x.png", "/dev/zero", "/proc/self/mem"):  # fmt: skip
        yield table(f"path {path!r}", f"{HEAD}{path},cat\n", "named")
        yield table(f"mask {path!r}",
                    HEAD.replace("label\n", "label,mask\n").replace("cat\n", "cat,\n")
                    .replace("dog\n", "dog,\n") + f"set/cat/2.png,cat,{path}\n", "bounded")  # fmt: skip


def malformed() -> Iterator[Case]:
    """What is no table, or not this one."""
    yield table("empty", "")
    yield table("header alone", "path,label\n")
    yield table("no column path", HEAD.replace("path", "file_that_it_is"))
    yield table("no column label", HEAD.replace("label", "what_it_is"))
    yield table("two columns path", "path,path,label\na,b,c\n")
    yield table("random bytes", os.urandom(4096))
    yield table("no UTF-8", HEAD.encode() + b"set/cat/\xff.png,cat\n")
    yield table("UTF-16 without a mark", HEAD.encode("utf-16-le"))
    yield table("an open quote", HEAD + '"set/cat/2.png,cat\n')
    yield table("a row with too many cells", HEAD + "set/cat/2.png,cat,x,y\n")
    yield table("a row with too few cells", HEAD + "set/cat/2.png\n")
    yield table("a cell of 10 MB", HEAD + "set/cat/2.png," + "x" * 10_000_000 + "\n", "bounded")
    yield table("100,000 columns", "path,label," + ",".join(f"c{i}" for i in range(100_000)) + "\n",
                "refused")  # fmt: skip
    yield table("NUL bytes", HEAD + "\0\0\0\n", "bounded")
    yield table("an empty label", HEAD + "set/cat/2.png,\n", "bounded")
    yield table("a split that is missing", "path,label,split\nset/cat/0.png,cat,train\n"
                "set/dog/0.png,dog,\n")  # fmt: skip
    yield table("zip named csv", b"PK\x03\x04" + bytes(100))
    yield table("html", "<html><table><tr><td>path</td></tr></table></html>")


def contents() -> Iterator[Case]:
    """Sound tables with hostile cells: inert wherever they are printed."""
    hostile = ("##[error]boo", "::error::boo", "=cmd|' !A0", "<script>alert(1)</script>",
               "\x1b[31mred", "a\u202eb", "$(touch PWNED)", "../../etc", "__proto__", "a|b",
               "x" * 5000, "{{7*7}}", "%s%n%d")  # fmt: skip
    for label in hostile:
        quoted = '"' + label.replace('"', '""') + '"'
        text = HEAD + f"set/cat/2.png,{quoted}\nset/dog/2.png,{quoted}\n"
        yield table(f"label {label[:20]!r}", text, "read")
    yield table(
        "missing files", HEAD + "set/cat/none.png,cat\n", "finding", path="set/cat/none.png"
    )
    yield table("a folder as an image", HEAD + "set/cat,cat\n", "finding", path="set/cat")
    yield table("one file a thousand times", HEAD + "set/cat/0.png,cat\n" * 1000, "read")


def parquet() -> Iterator[Case]:
    """Parquet files that are damaged or odd."""

    def written(**columns: pa.Array | list[object]) -> bytes:
        sink = pa.BufferOutputStream()
        pq.write_table(pa.table(columns), sink)
        return sink.getvalue().to_pybytes()

    sound = written(**ROWS, label=LABELS)
    yield table("parquet: sound", sound, "read", ending="parquet")
    yield table("parquet: cut", sound[: len(sound) // 2], ending="parquet")
    yield table("parquet: magic alone", b"PAR1PAR1", ending="parquet")
    yield table("parquet: text", HEAD, ending="parquet")
    yield table("parquet: flipped footer", sound[:-40] + bytes(20) + sound[-20:], "bounded",
                ending="parquet")  # fmt: skip
    yield table("parquet: nested labels", written(**ROWS, label=[["a"], ["b"], ["c"], ["d"]]),
                "bounded", ending="parquet")  # fmt: skip
    yield table("parquet: floats as labels", written(**ROWS, label=[0.5, 1.5, 0.5, 1.5]), "bounded",
                ending="parquet")  # fmt: skip
    yield table("parquet: bytes as paths", written(path=[b"a", b"b", b"c", b"d"], label=LABELS),
                "bounded", ending="parquet")  # fmt: skip
    big = pa.DictionaryArray.from_arrays(pa.array([0] * 4000, pa.int32()), ["x" * 1_000_000])
    yield table("parquet: 4,000 labels of 1 MB, kept once",
                written(path=[f"set/cat/{i}.png" for i in range(4000)], label=big), "bounded",
                ending="parquet", mib=2000)  # fmt: skip


def cases() -> list[Case]:
    """The whole family."""
    return [c for maker in (escapes, malformed, contents, parquet) for c in maker()]
