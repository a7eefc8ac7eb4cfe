"""The command line: exit status, one line for what was foreseen, files and formats."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from deri_gate.cli import exits
from deri_gate.gate.records import Status
from deri_gate.metrics.catalogue import METRICS
from deri_gate.metrics.profile import PROFILES
from deri_gate.runtime.resources import shipped
from tests.sweeps import sampled

pytestmark = pytest.mark.one_cache


@pytest.fixture
def photos(tmp_path) -> Path:
    """Two classes of crops of two real photographs."""
    return write_photos(tmp_path / "photos", 14)


def write_photos(folder: Path, count: int) -> Path:
    generator = np.random.default_rng(3)
    for name, picture in (("coins", data.coins()), ("camera", data.camera())):
        for i in range(count):
            y, x = generator.integers(0, np.array(picture.shape) - 64)
            path = folder / name / f"{i:02d}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture[y : y + 64, x : x + 64]).save(path)
    return folder


def assert_one_line(said: tuple[int, str, str], *words: str) -> None:
    """Exit status 2 and one line on standard error that says these words; no traceback."""
    status, _, error = said
    assert status == 2
    assert error.startswith("deri-gate: ")
    assert len(error.strip().splitlines()) == 1
    assert error.rstrip()[-1] in ".?"
    for word in words:
        assert word in error, error


def _raised_while_handling(first: Exception) -> Exception:
    """Error of a handler: what it handled is its context."""
    try:
        try:
            raise first
        except type(first):
            raise KeyError("half") from None
    except KeyError as error:
        return error


def npz(path: Path, **arrays: np.ndarray) -> Path:
    np.savez(path, **arrays)
    return path


PIXELS = np.zeros((6, 8, 8), np.uint8)
LABELS = np.arange(6).reshape(6, 1) % 2


class TestBadInput:
    """Each: exit status 2 and one line that says what, where and what to do."""

    def test_no_such_dataset(self, run) -> None:
        assert_one_line(run("check", "nowhere"), "nowhere", "A dataset is a folder")

    def test_an_empty_folder(self, run, tmp_path) -> None:
        (tmp_path / "empty").mkdir()

        assert_one_line(run("check", "empty"), "empty")

    def test_labels_missing_in_a_manifest(self, run, tmp_path) -> None:
        (tmp_path / "m.csv").write_text("path,label\na.png,cat\nb.png,\n")

        assert_one_line(run("check", "m.csv"), "m.csv", "label")

    def test_a_path_that_leaves_the_manifest(self, run, tmp_path) -> None:
        (tmp_path / "m.csv").write_text("path,label\n../secret.png,cat\nb.png,dog\n")

        assert_one_line(run("check", "m.csv"), "m.csv", "'..'", "line 2", "below the manifest")

    def test_an_npz_with_objects_is_never_unpickled(self, run, tmp_path) -> None:
        class Bomb:
            def __reduce__(self):
                return (Path.touch, (tmp_path / "exploded",))

        bomb = np.array([Bomb()], dtype=object)
        npz(tmp_path / "x.npz", train_images=bomb, train_labels=LABELS)

        assert_one_line(run("check", "x.npz"), "x.npz", "train_images")
        assert not (tmp_path / "exploded").exists()

    def test_an_npz_without_images(self, run, tmp_path) -> None:
        npz(tmp_path / "x.npz", train_labels=LABELS)

        assert_one_line(run("check", "x.npz"), "x.npz", "train_images")

    def test_lengths_that_differ(self, run, tmp_path) -> None:
        npz(tmp_path / "x.npz", train_images=PIXELS, train_labels=LABELS[:5])

        assert_one_line(run("check", "x.npz"), "x.npz", "6", "5")

    def test_an_unknown_metric(self, run, photos) -> None:
        assert_one_line(run("check", photos, "--metrics", "sharpnes"), "'sharpnes'", "'sharpness'?")

    def test_an_unknown_option(self, run) -> None:
        assert_one_line(run("check", "x", "--metric", "data"), "--metric", "--help")

    def test_a_pool_that_is_not_there(self, run, photos) -> None:
        assert_one_line(run("check", photos, "--pool", "gold"), "'gold'", "--pool", "standard")

    def test_a_pool_of_another_profile(self, run, tmp_path, photos) -> None:
        pool = json.loads((shipped("reference_pool") / "standard" / "pool.json").read_bytes())
        pool["profile"] = {"name": "standard", "hash": "0" * 16}
        (tmp_path / "pool.json").write_text(json.dumps(pool))
        pixels = ("--metrics", "sharpness", "--pool", "pool.json")

        assert_one_line(run("check", photos, *pixels), "pool.json", "profile", "calibrate")

    @pytest.mark.parametrize("profile", [name for name in PROFILES if name != "standard"])
    def test_the_standard_pool_with_a_profile_that_is_not_its_own(self, run, photos, profile):
        asked = ("--metrics", "sharpness", "--profile", profile, "--pool", "standard")
        said = run("check", photos, *asked)

        assert_one_line(said, "pool.json", f"the values with {profile} (", "calibrate")

    def test_a_profile_with_a_pool_of_its_own_is_told_of_it(self, run, photos):
        asked = ("--metrics", "sharpness", "--profile", "paper-small", "--pool", "standard")

        assert_one_line(run("check", photos, *asked), "--pool paper-small")

    def test_a_suite_that_is_not_there(self, run, photos) -> None:
        assert_one_line(run("check", photos, "--suite", "no.json"), "no.json", "--suite")

    def test_an_out_that_cannot_be_written(self, run, tmp_path, photos) -> None:
        (tmp_path / "file").write_text("in the way")

        assert_one_line(run("check", photos, "--out", "file/report"), "file/report", "--out")

    def test_only_unreadable_images(self, run, tmp_path) -> None:
        for name in ("a/1.png", "b/1.png"):
            path = tmp_path / "bad" / name
            path.parent.mkdir(parents=True)
            path.write_bytes(b"no picture")

        assert_one_line(run("check", "bad", "--metrics", "data"), "no image could be read")

    def test_no_cuda_device(self, run, photos) -> None:
        import torch

        if torch.cuda.is_available():
            pytest.skip("this machine has a CUDA device")
        assert_one_line(run("check", photos, "--device", "cuda"), "CUDA", "--device cpu")

    def test_metrics_json_that_is_none(self, run, tmp_path) -> None:
        (tmp_path / "m.json").write_text("{}")

        assert_one_line(run("score", "m.json"), "m.json", "deri-gate measure")

    def test_what_the_system_refuses_is_no_bug(self, run, photos, monkeypatch) -> None:
        long = f"{'e' * 300}.pt"
        assert_one_line(run("report", long), long, "File name too long", "another place")
        assert_one_line(run("check", photos, "--encoder", f"resnet18={long}"), long, "too long")

        def forbidden(*_, **__):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), "a/file")

        monkeypatch.setattr("deri_gate.commands.measure.measure_dataset", forbidden)
        assert_one_line(run("check", photos), "a/file: Permission denied", "another place")

    @pytest.mark.parametrize(
        ("error", "words"),
        [
            (MemoryError(), ("too little memory", "--workers")),
            (MemoryError("Unable to allocate 728. TiB"), ("memory: Unable to allocate 728. TiB",)),
            (OSError(errno.ENOMEM, os.strerror(errno.ENOMEM)), ("too little memory",)),
            (RuntimeError("DefaultCPUAllocator: can't allocate memory"), ("too little memory",)),
            (ImportError("a/libx.so: failed to map segment from shared object"), ("a/libx.so",)),
            (ImportError("liby.so: cannot map zero-fill pages"), ("liby.so: this library",)),
            (RuntimeError("std::bad_alloc"), ("too little memory",)),
            (RuntimeError("could not create a primitive"), ("too little memory",)),
            (SystemError("error return without exception set"), ("too little memory",)),
            (_raised_while_handling(MemoryError()), ("too little memory",)),
            (RuntimeError("can't start new thread"), ("thread", "--workers")),
            (BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN)), ("process", "--workers")),
            (OSError(errno.EFBIG, os.strerror(errno.EFBIG), "a/file"), ("a/file", "too large")),
        ],
        ids=lambda one: type(one).__name__ if isinstance(one, Exception) else "",
    )
    def test_a_machine_that_has_no_more_is_no_bug(self, run, photos, monkeypatch, error, words):
        """Under `ulimit -v` a user was asked to report a bug, with sixty lines of traceback."""

        def refused(*_, **__):
            raise error

        monkeypatch.setattr("deri_gate.commands.measure.measure_dataset", refused)

        assert_one_line(run("check", photos), *words)

    @pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are Linux's")
    @pytest.mark.parametrize(
        ("kind", "megabytes", "words"),
        [
            ("DATA", 900, ("0.90 GB", "1.2 GB")),
            ("DATA", 150, ("0.15 GB",)),
            ("AS", 850, ("0.85 GB",)),
        ],
    )
    def test_a_limit_of_memory_is_one_line(self, photos, kind, megabytes, words) -> None:
        """Native code that meets one while it loads may die, or ask again for ever."""
        limited = (
            "import resource; from deri_gate.cli.start import launch; "
            f"resource.setrlimit(resource.RLIMIT_{kind}, ({megabytes}_000_000,) * 2); launch()"
        )
        done = subprocess.run(
            [sys.executable, "-c", limited, "check", photos, "--metrics", "data", "--workers", "1"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip

        assert_one_line((done.returncode, done.stdout, done.stderr), *words)

    @pytest.mark.parametrize(
        ("before", "words"),
        [
            ("import sys; sys.modules['click'] = None", ("click", "Install it again")),
            ("import threading; threading.Thread.start = refuse", ("thread", "--workers")),
        ],
    )
    def test_what_stops_it_before_it_begins_is_no_failed_dataset(self, before, words) -> None:
        """Python ends with 1 on an error, which says that the gate failed."""
        program = (
            'def refuse(self): raise RuntimeError("can\'t start new thread")\n'
            f"{before}\nfrom deri_gate.cli.start import launch\nlaunch()"
        )
        done = subprocess.run(
            [sys.executable, "-c", program, "check", "photos"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip

        assert_one_line((done.returncode, done.stdout, done.stderr), *words)

    @pytest.mark.skipif(sys.platform == "win32", reason="a folder in use stays there")
    def test_a_working_directory_that_was_removed(self, tmp_path) -> None:
        """A shell stays in the folder of a checkout that was made anew."""
        gone = tmp_path / "gone"
        gone.mkdir()
        start = f"import os; os.chdir({str(gone)!r}); os.rmdir({str(gone)!r}); "
        program = start + "from deri_gate.cli.start import launch; launch()"
        done = subprocess.run(
            [sys.executable, "-c", program, "check", "photos"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip

        assert_one_line((done.returncode, done.stdout, done.stderr), "working directory", "Change")

    def test_a_bug_is_traced_and_is_no_failed_dataset(self, run, photos, monkeypatch) -> None:
        def broken(*_, **__):
            raise ZeroDivisionError

        monkeypatch.setattr("deri_gate.commands.measure.measure_dataset", broken)
        status, _, error = run("check", photos)

        assert status == 2
        assert "ZeroDivisionError" in error
        assert "bug" in error.splitlines()[-1]


class TestWhatCannotBeMeasured:
    """Null and a reason; unknown never passes."""

    def test_one_class(self, run, tmp_path) -> None:
        folder = write_photos(tmp_path / "photos", 12)
        for path in (folder / "coins").iterdir():
            path.unlink()
        (folder / "coins").rmdir()

        said = run("check", folder, "--metrics", "data")
        assert_one_line(said, "separation", "two classes")
        found = json.loads(Path("deri-report/metrics.json").read_bytes())["metrics"]
        assert found["separation"] == found["separation"] | {"value": None}
        assert "two classes" in found["separation"]["reason"]
        assert found["sharpness"]["value"] > 0

    @pytest.mark.sweep
    def test_fewer_images_than_neighbours(self, run, tmp_path) -> None:
        said = run("check", write_photos(tmp_path / "photos", 3), "--metrics", "data")

        assert_one_line(said, "label_noise", "too few")

    def test_a_metric_not_asked_for(self, run, photos) -> None:
        said = run("check", photos, "--metrics", "sharpness,exposure")

        assert_one_line(said, "not asked for", "--suite")

    @pytest.mark.sweep
    def test_a_class_with_one_image_is_a_finding(self, run, photos) -> None:
        Path(photos, "rare").mkdir()
        Path(photos, "coins", "00.png").rename(Path(photos, "rare", "00.png"))

        status, out, _ = run("check", photos, "--metrics", "data")
        assert status in (0, 1)
        assert "thin_class: rare" in out


class TestSingleBadImages:
    """Among good ones they are findings with path and reason."""

    @pytest.mark.parametrize(
        ("name", "content"),
        sampled([("zero.jpg", b""), ("text.png", b"hello"), ("cut.png", None)], 2),
    )
    def test_unreadable_images_are_found(self, run, photos, name, content) -> None:
        if content is None:
            content = Path(photos, "coins", "00.png").read_bytes()[:200]
        Path(photos, "coins", name).write_bytes(content)

        status, out, _ = run("check", photos, "--metrics", "data", "--format", "text")
        findings = json.loads(Path("deri-report/metrics.json").read_bytes())["findings"]
        assert status == 1  # one of 29 is more than 1 %
        assert [(f["kind"], f["path"]) for f in findings] == [("unreadable", f"coins/{name}")]
        assert findings[0]["detail"]
        assert f"coins/{name}" in out

    def test_hostile_names_stay_text(self, run, photos) -> None:
        name = "a|b<script>alert(1)</script>\n::error::\x1b[31m@here.png"
        try:
            Path(photos, "coins", name.replace("/", "")).write_bytes(b"no picture")
        except OSError:
            pytest.skip("this file system refuses such names")

        _, text, _ = run("check", photos, "--metrics", "data")
        _, github, _ = run("check", photos, "--metrics", "data", "--format", "github")
        summary = Path("deri-report/summary.md").read_text("utf-8")
        assert "\x1b" not in text + github + summary
        assert "<script>" not in summary
        assert "@here" not in summary
        assert not [line for line in github.splitlines() if line.startswith("::error::")]


class TestFormatsAndStatus:
    """The result goes to standard output, in the format asked for."""

    def test_json_is_scores_json(self, run, photos) -> None:
        _, out, _ = run("check", photos, "--metrics", "data", "--format", "json")

        assert out == Path("deri-report/scores.json").read_text("utf-8")
        assert set(json.loads(out)) >= {"U", "DERI1000", "interval", "weights", "verdict", "checks"}

    def test_markdown_is_the_summary(self, run, photos) -> None:
        _, out, _ = run("check", photos, "--metrics", "data", "--format", "markdown")

        assert out == Path("deri-report/summary.md").read_text("utf-8")

    @pytest.mark.parametrize(
        ("verdict", "fail_on", "status"),
        [
            ("pass", "warn", 0), ("warn", "fail", 0), ("warn", "warn", 1), ("fail", "fail", 1),
            ("fail", "never", 0), ("unknown", "never", 2), ("unknown", "fail", 2),
        ],
    )  # fmt: skip
    def test_exit_status(self, verdict, fail_on, status) -> None:
        assert exits.exit_status(Status(verdict), fail_on) == status

    def test_measure_and_score_give_what_check_gives(self, run, photos) -> None:
        run("check", photos, "--metrics", "data", "--out", "checked")
        status, _, _ = run("measure", photos, "--metrics", "data", "--out", "measured")
        assert status == 0
        run("score", "measured/metrics.json", "--out", "scored")

        for one, other in [
            ("checked/metrics.json", "measured/metrics.json"),
            ("checked/images.parquet", "measured/images.parquet"),
            ("checked/subscores.json", "scored/subscores.json"),
        ]:
            assert Path(one).read_bytes() == Path(other).read_bytes()
        checked, scored = (
            json.loads(Path(p, "scores.json").read_bytes()) for p in ("checked", "scored")
        )
        assert checked["DERI1000"] == scored["DERI1000"]
        assert checked["interval"] == scored["interval"]

    def test_score_replaces_no_file_of_another_hand(self, run, photos) -> None:
        """`--out .` wrote over a project's own `scores.json`."""
        run("measure", photos, "--metrics", "data", "--out", "measured")
        Path("mine").mkdir()
        Path("mine/scores.json").write_text("[1, 2]", "utf-8")
        assert_one_line(
            run("score", "measured/metrics.json", "--out", "mine"),
            "mine/scores.json: is no file of deri-gate",
            "Choose another folder",
        )
        assert [path.name for path in Path("mine").iterdir()] == ["scores.json"]

    def test_explain_shows_medians_and_spreads(self, run, photos) -> None:
        run("measure", photos, "--metrics", "data", "--out", "measured")
        status, out, _ = run("score", "measured/metrics.json", "--explain")

        assert status == 0
        assert "mu" in out
        assert "sigma" in out
        logarithmic = sum(m.scale == "log" for m in METRICS)
        assert len([line for line in out.splitlines() if " log " in line]) == logarithmic

    def test_another_seed_is_no_other_profile(self, run, photos) -> None:
        status, _, _ = run("check", photos, "--metrics", "data", "--seed", 7)

        assert status in (0, 1)
