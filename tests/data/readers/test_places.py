"""Where a manifest's images lie: roots, endings, folders, and what an error offers."""

import pytest

from deri_gate.data.readers import ReadOptions, open_dataset
from deri_gate.errors import DatasetError, SettingError


def read(path, **said):
    return open_dataset(path, options=ReadOptions.of(**said))


@pytest.fixture
def shop(tmp_path, draw, monkeypatch):
    """Twelve images in shop/data/img/ab/, six of them .jpg; the working folder is shop."""
    root = tmp_path / "shop"
    for i in range(12):
        draw(root / "data" / "img" / "ab" / f"{i}.{'jpg' if i % 2 else 'png'}", 10 * i)
    monkeypatch.chdir(root)
    return root


def write(path, form, count=12):
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = "".join(f"{form.format(i=i, e='jpg' if i % 2 else 'png')},{'xy'[i % 2]}\n"
                   for i in range(count))  # fmt: skip
    path.write_text(f"path,label\n{rows}")
    return path


def answers(dataset):
    """By class the grey levels of its images: each image is the right one."""
    return {
        label: sorted(
            round(int(dataset.source.load(int(row)).decode()[0, 0]) / 10)
            for row, own in zip(dataset.rows, dataset.labels, strict=True)
            if dataset.classes[own[0]] == label
        )
        for label in dataset.classes
    }


RIGHT = {"x": [0, 2, 4, 6, 8, 10], "y": [1, 3, 5, 7, 9, 11]}


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("img/ab/{i}.{e}", {}),
        ("./img//ab/{i}.{e}", {}),
        ("img\\ab\\{i}.{e}", {}),
        ("data/img/ab/{i}.{e}", {"root": "."}),
        ("data\\img\\ab\\{i}.{e}", {"root": "."}),
        ("../data/img/ab/{i}.{e}", {"root": "."}),
        ("{i}.{e}", {"root": "data/img/ab"}),
        ("{i}.{e}", {"folder": "img/*"}),
        ("{i}", {"folder": ["none", "img/*"], "suffix": [".png", ".jpg"]}),
        ("img/ab/{i}", {"suffix": [".png", ".jpg"]}),
        ("img/ab/{i}.{e}", {"suffix": [".png", ".jpg"]}),
        ("/mnt/x/old/ab/{i}.{e}", {"root": "data/img", "strip": "/mnt/x/old/"}),
        ("C:\\scans\\ab\\{i}.{e}", {"root": "data/img", "strip": "C:/scans"}),
        ("C:\\scans\\ab\\{i}.{e}", {"root": "data/img", "strip": "C:\\scans"}),
        ("C:\\scans\\ab\\{i}.{e}", {"root": "data/img", "strip": "C:\\scans\\"}),
    ],
)
def test_the_right_images_are_found(shop, form, said) -> None:
    """By paths as they come, with the options that an error would offer."""
    path = write(shop / "data" / "x.csv", form)

    assert answers(read(path, **said)) == RIGHT


def test_absolute_paths_below_the_root(shop) -> None:
    """Taken where they lie inside, by their spelling; ids are relative all the same."""
    path = write(shop / "data" / "x.csv", f"{shop}/data/img/ab/{{i}}.{{e}}")

    assert read(path).ids[0] == "img/ab/0.png"
    assert read(path, root=str(shop)).ids[0] == "data/img/ab/0.png"
    (shop / "other").mkdir()
    with pytest.raises(DatasetError, match="has an absolute path in the column 'path'"):
        read(path, root="other")


@pytest.mark.parametrize(
    ("form", "offer"),
    [
        ("data/img/ab/{i}.{e}", "`--root .` finds 12 of 12"),
        ("shop/data/img/ab/{i}.{e}", "`--root ..` finds 12 of 12"),
        ("ab/{i}.{e}", "`--root data/img` finds 12 of 12"),
        ("{i}.{e}", "`--root data/img/ab` finds 12 of 12"),
        ("img/ab/{i}", "finds 6 of 12"),
        ("elsewhere/ab/{i}.{e}", "`--root data/img --strip elsewhere/` finds 12 of 12"),
    ],
)
def test_an_error_offers_the_rule_that_finds_them(shop, form, offer) -> None:
    """With the number of rows that it finds; and where the first was looked for."""
    path = write(shop / "data" / "x.csv", form)

    with pytest.raises(DatasetError) as caught:
        read(path)
    assert "none of the 12 files it names is there" in str(caught.value)
    assert offer in str(caught.value)
    assert "in data lie 'img', 'x.csv'" in str(caught.value) or "in data/img" in str(caught.value)


@pytest.mark.parametrize(
    ("form", "offer"),
    [
        ("/mnt/old/img/ab/{i}.{e}", "`--strip /mnt/old/` finds 12 of 12"),
        ("C:\\old\\img\\ab\\{i}.{e}", "`--strip C:/old/` finds 12 of 12"),
        ("../other/ab/{i}.{e}", "--strip ../other/` finds 12 of 12"),
    ],
)
def test_paths_that_lead_out_are_refused_with_an_offer(shop, form, offer) -> None:
    """Never followed; what is offered stays inside."""
    path = write(shop / "data" / "x.csv", form)

    with pytest.raises(DatasetError) as caught:
        read(path)
    assert offer in str(caught.value)


def test_what_is_offered_works(shop) -> None:
    """The words of the error, taken as they are."""
    path = write(shop / "data" / "x.csv", "elsewhere/ab/{i}.{e}")

    assert answers(read(path, root="data/img", strip="elsewhere/")) == RIGHT


def test_a_file_in_two_folders(shop, draw) -> None:
    """Which one is meant is asked, not guessed."""
    draw(shop / "data" / "img" / "cd" / "3.jpg")
    path = write(shop / "data" / "x.csv", "{i}.{e}")

    with pytest.raises(DatasetError, match=r"'3\.jpg', which lies in img/ab and in img/cd"):
        read(path, folder="img/*")


def test_a_folder_that_leads_out(shop, tmp_path, draw) -> None:
    """By a link, whether a folder that a pattern names or one below it."""
    draw(tmp_path / "secret" / "deep" / "1.jpg")
    (shop / "data" / "link").symlink_to(tmp_path / "secret")
    path = write(shop / "data" / "x.csv", "deep/1.jpg", count=1)

    with pytest.raises(DatasetError, match="the file it names is not there"):
        read(path, folder="link")
    (shop / "data" / "deep").symlink_to(tmp_path / "secret" / "deep")
    with pytest.raises(DatasetError, match="leaves the folder by a symbolic link"):
        read(path, folder=["link", "."])


@pytest.mark.parametrize("folder", ["../x", "/etc", "a/**", "a\\b"])
def test_folders_lie_below_the_root(folder) -> None:
    """A pattern that may lead elsewhere is no setting."""
    with pytest.raises(SettingError, match="is no folder below the root"):
        ReadOptions.of(folder=folder)


def test_a_root_that_is_not_there(shop) -> None:
    """Said before anything is looked for."""
    path = write(shop / "data" / "x.csv", "{i}.{e}")

    with pytest.raises(SettingError, match="there is no folder 'nowhere'"):
        read(path, root="nowhere")


def test_some_files_that_are_missing(shop) -> None:
    """They are findings when read; where most are, the rule that finds them is noted."""
    path = write(shop / "data" / "x.csv", "img/ab/{i}.{e}", count=20)
    assert read(path).reading.notes == ()

    path.write_text(path.read_text().replace(".jpg", ".JPG"))
    assert len(read(path)) == 20
    path.write_text("path,label\nimg/ab/0.png,x\nimg/ab/1,y\nimg/ab/3,y\n")
    assert read(path).reading.notes[:1] == (
        "of the files that are not there, `--suffix .jpg` finds 2 of 2.",
    )


def test_a_folder_that_dvc_has_not_pulled(shop) -> None:
    """The one command that helps."""
    (shop / "data" / "scans.dvc").write_text("outs: []\n")
    path = write(shop / "data" / "x.csv", "scans/{i}.{e}")

    with pytest.raises(DatasetError, match=r"Run `dvc pull data/scans`\."):
        read(path)


def test_names_are_shown_escaped(shop) -> None:
    """No line break and no escape sequence of a table reaches a terminal."""
    path = shop / "data" / "x.csv"
    path.write_text('"a\x1b[31m","b\nc"\n1,2\n')

    with pytest.raises(DatasetError) as caught:
        read(path)
    assert "\x1b" not in str(caught.value)
    assert "\n" not in str(caught.value)

    path.write_text('path,label\n"a\x1b[31m\nb",x\n')
    with pytest.raises(DatasetError) as caught:
        read(path)
    assert "\x1b" not in str(caught.value)


def test_a_drive_or_a_stream_leads_out_on_windows(tmp_path, monkeypatch, draw) -> None:
    """`C:a.png` is a file of the folder that drive is in; elsewhere a colon is part of a name."""
    draw(tmp_path / "c:a.png", 10)
    (tmp_path / "m.csv").write_text("path,label\nc:a.png,x\n", "utf-8")
    assert open_dataset(tmp_path / "m.csv").ids == ("c:a.png",)

    monkeypatch.setattr("deri_gate.data.readers.places.on_windows", lambda: True)
    with pytest.raises(DatasetError, match="a drive or a stream"):
        open_dataset(tmp_path / "m.csv")
