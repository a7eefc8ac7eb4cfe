"""A look at the candidates for a pool: who cannot take part is said by name, and stops no other."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from PIL import Image
from ruamel.yaml import YAML

from deri_gate.commands.candidates import candidates
from deri_gate.errors import DatasetError, PoolError, SettingError
from deri_gate.networks.fitness import SKETCH, look, shared
from deri_gate.schemas.candidates import CandidateLook
from deri_gate.schemas.params import read_candidates, taking_part

ORIGIN = {"version": "1", "licence": "CC0", "source": "made"}


def write_images(folder, seed, *, classes=2, each=8, side=12):
    generator = np.random.default_rng(seed)
    for k in range(classes):
        for i in range(each):
            path = folder / f"class {k}" / f"{i:03d}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            pixels = generator.integers(0, 255, (side, side), dtype=np.uint8)
            Image.fromarray(pixels).save(path)


@pytest.fixture
def sets(tmp_path):
    """A params.yaml with three good candidates, and room for others."""

    class Sets:
        root = tmp_path / "data"
        params = tmp_path / "params.yaml"
        out = tmp_path / "out"

        def __init__(self):
            for seed, name in enumerate(("first", "second", "third one")):
                write_images(self.root / name, seed)
            self.named = {
                name.replace(" ", "-"): {"path": name, **ORIGIN}
                for name in ("first", "second", "third one")
            }

        def write(self, **more):
            content = {"folder": str(self.root), "datasets": self.named, **more}
            YAML().dump(content, self.params)
            return self.params

        def add(self, name, path=None, **about):
            known = {"path": path or name, **ORIGIN, **about}
            self.named[name] = {k: v for k, v in known.items() if v is not None}

        def looked(self, **more):
            return candidates(self.write(**more), out=self.out)

    return Sets()


def one_class(sets):
    write_images(sets.root / "bad", 9, classes=1)
    sets.add("bad")


def too_few(sets):
    write_images(sets.root / "bad", 9, each=1)
    sets.add("bad")


def broken(sets):
    for i in range(12):
        path = sets.root / "bad" / f"class {i % 2}" / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\x89PNG\r\n\x1a\nno picture" + bytes([i]))
    sets.add("bad")


def no_dataset(sets):
    (sets.root / "bad").mkdir()
    (sets.root / "bad" / "readme.txt").write_text("nothing here")
    sets.add("bad")


def twin(sets):
    shutil.copytree(sets.root / "first", sets.root / "bad")
    sets.add("bad")


def half_a_twin(sets):
    shutil.copytree(sets.root / "first", sets.root / "bad")
    write_images(sets.root / "more", 9)
    for folder in sorted((sets.root / "more").iterdir()):
        folder.rename(sets.root / "bad" / f"more of {folder.name}")
    sets.add("bad")


def bare_table(sets):
    write_images(sets.root / "bad", 9)
    (sets.root / "bad" / "all.csv").write_text("path,label\nclass 0/000.png,a\n")
    sets.add("bad", path="bad/all.csv")


def behind_a_link(sets):
    write_images(sets.root / "bad" / "real", 9)
    (sets.root / "elsewhere").mkdir()
    write_images(sets.root / "elsewhere", 10)
    (sets.root / "bad" / "linked").symlink_to(sets.root / "elsewhere")
    rows = [f"linked/class {k}/{i:03d}.png,{k}" for k in range(2) for i in range(8)]
    (sets.root / "bad" / "all.csv").write_text("path,label\n" + "\n".join(rows) + "\n")
    sets.add("bad", manifest="all.csv")


def with_origin(**facts):
    def make(sets):
        write_images(sets.root / "bad", 9)
        sets.add("bad", **facts)

    return make


BAD = {
    "one class": (one_class, "of one class, 'class 0'"),
    "too few": (too_few, "too few images for probes"),
    "broken": (broken, "can be read"),
    "no dataset": (no_dataset, "no images"),
    "twin": (twin, "100% of its images or of those of 'first'"),
    "half a twin": (half_a_twin, "are the same"),
    "images beside a table": (bare_table, "write `path: bad` and `manifest: all.csv`"),
    "behind a link": (behind_a_link, "link"),
    "blank licence": (with_origin(licence="  "), "its licence is blank"),
    "no version": (with_origin(version=None), "its version is missing"),
    "no source": (with_origin(source=None), "its source is missing"),
    "a list": (with_origin(source=["x"]), "its source is no text"),
    "misspelt": (with_origin(colums="a=b"), "there is no setting 'colums'"),
    "out of the folder": (with_origin(manifest="../x.csv"), "no path below"),
}


@pytest.mark.parametrize("kind", BAD)
def test_one_that_cannot_take_part_stops_no_other(sets, kind) -> None:
    """By name, with the reason; the three others take part."""
    make, said = BAD[kind]
    make(sets)
    found = sets.looked()
    written = json.loads((sets.out / "left_out.json").read_text())

    assert set(found.left_out) == {"bad"}
    assert said in found.left_out["bad"]
    assert str(sets.root.parent) not in json.dumps(written).replace(str(sets.root / "bad"), "")
    assert written["left_out"] == found.left_out
    assert (sets.out / "taking_part.txt").read_text().split() == ["first", "second", "third-one"]
    names = [one.name for one in taking_part(sets.params, sets.out / "left_out.json")]
    assert names == ["first", "second", "third-one"]


def test_several_labels_are_no_fault(sets) -> None:
    """Two labels by a bar, in a manifest of its own folder."""
    write_images(sets.root / "multi", 9)
    rows = [f"class {k}/{i:03d}.png,{'a|b' if i % 2 else 'a'}" for k in range(2) for i in range(8)]
    (sets.root / "multi" / "all.csv").write_text("path,label\n" + "\n".join(rows) + "\n")
    sets.add("multi", manifest="all.csv")
    found = sets.looked()

    assert found.left_out == {}
    assert [one.multilabel for one in found.looks if one.name == "multi"] == [True]


def test_a_look_says_where_nothing_lies_on_this_machine(sets, tmp_path) -> None:
    """Equal bytes for a colleague with another path; other bytes for one changed pixel."""
    sets.looked()
    candidates(sets.params, out=sets.out, names=["first"])
    before = (sets.out / "looks" / "first.json").read_bytes()
    moved = shutil.move(sets.root, tmp_path / "moved")
    sets.root = moved
    candidates(sets.write(), out=sets.out, names=["first"])
    assert (sets.out / "looks" / "first.json").read_bytes() == before

    image = moved / "first" / "class 0" / "000.png"
    Image.fromarray(255 - np.array(Image.open(image))).save(image)
    candidates(sets.params, out=sets.out, names=["first"])
    assert (sets.out / "looks" / "first.json").read_bytes() != before


def test_a_look_that_cannot_be_read_is_told(sets) -> None:
    """A folder of its name ended in a traceback."""
    (sets.out / "looks" / "first.json").mkdir(parents=True)
    with pytest.raises(SettingError, match=r"first\.json: is no look at a candidate \("):
        sets.looked()


def test_images_that_are_not_here_are_no_fault_of_the_dataset(sets) -> None:
    """Nothing is judged and nothing written: a run without the images changes no pool."""
    sets.looked()
    before = (sets.out / "left_out.json").read_bytes()
    shutil.rmtree(sets.root / "second")
    with pytest.raises(DatasetError, match=r"'second'.*--allow-missing"):
        sets.looked()
    assert (sets.out / "left_out.json").read_bytes() == before


def test_too_few_are_said_before_minutes_are_spent(sets) -> None:
    """With who is left out and why; a pool that fills up makes one enough."""
    sets.named["first"]["licence"] = ""
    with pytest.raises(PoolError, match=r"2 candidates are too few.*first: its licence is blank"):
        sets.looked()
    assert set(sets.looked(calibrate={"fill": "standard"}).left_out) == {"first"}


def test_another_version_is_said(sets) -> None:
    """The numbers of two versions need not compare."""
    with pytest.raises(SettingError, match=r"version is 0\.0\.1"):
        sets.looked(version="0.0.1")


@pytest.mark.parametrize("name", ["a/b", "..", "", "a b", "-x", "é", "x\ny", "a" * 200])
def test_a_name_is_that_of_a_folder(sets, name) -> None:
    sets.named[name] = {"path": "first", **ORIGIN}
    with pytest.raises(SettingError):
        read_candidates(sets.write())


def sketched(keys) -> CandidateLook:
    keys = sorted(set(keys))
    return CandidateLook(
        schema_version=1, name="x", reading="", reason="", images=len(keys), classes=2,
        multilabel=False, contents="", distinct=len(keys), sketch=tuple(keys[:SKETCH]),
    )  # fmt: skip


@pytest.mark.parametrize(("one", "other", "both"), [(500, 500, 250), (30_000, 9_000, 4_500),
                                                    (30_000, 400, 400), (20_000, 20_000, 0)])  # fmt: skip
def test_the_share_of_common_contents(one, other, both) -> None:
    """Against a count over all of them; exact for small sets, within 0.1 for large ones."""
    generator = np.random.default_rng(0)
    keys = [f"{n:016x}" for n in generator.integers(0, 2**63, one + other - both)]
    first, second = keys[:one], keys[one - both :]
    share = len(set(first) & set(second)) / min(one, other)

    assert shared(sketched(first), sketched(second)) == pytest.approx(share, abs=0.1)
    assert shared(sketched(second), sketched(first)) == shared(sketched(first), sketched(second))


def test_masks_are_a_part_of_what_is_looked_at(sets) -> None:
    """Another mask is another look."""
    write_images(sets.root / "masked", 9)
    rows = []
    for k in range(2):
        for i in range(8):
            mask = sets.root / "masked" / "masks" / f"{k}-{i}.png"
            mask.parent.mkdir(exist_ok=True)
            Image.fromarray(np.eye(12, dtype=np.uint8) * 255).save(mask)
            rows.append(f"class {k}/{i:03d}.png,{k},masks/{k}-{i}.png")
    (sets.root / "masked" / "all.csv").write_text("path,label,mask\n" + "\n".join(rows) + "\n")
    sets.add("masked", manifest="all.csv")
    sets.write()
    candidate = read_candidates(sets.params)[-1]
    before = look(candidate)
    Image.fromarray(np.full((12, 12), 255, np.uint8)).save(sets.root / "masked/masks/0-0.png")

    assert before.reason == ""
    assert look(candidate).contents != before.contents
