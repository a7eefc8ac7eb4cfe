"""`deri-gate init`: a repository that guards its dataset, made in one go."""

import json
import subprocess
import sys
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

import deri_gate
from deri_gate.errors import SettingError
from deri_gate.github.settings import settings_at, settings_in
from deri_gate.metrics.profile import PROFILES
from tests.sweeps import sampled

from .conftest import METRICS, limit, pool_for_tests, suite, write_digits

ROOT = Path(__file__).parents[2]
WRITTEN = {
    "dvc.yaml", "params.yaml", "expectations/dataset_gate.json", "expectations/data_only.json",
    "expectations/pull_request.json", ".github/workflows/dataset-gate.yml",
    ".github/workflows/dataset-gate-comment.yml", ".github/workflows/drift.yml",
    ".github/CODEOWNERS", ".gitignore", "reference_pool/standard/pool.json", "review/README.md",
}  # fmt: skip


def test_what_it_writes(tmp_path) -> None:
    done = deri_gate.init(tmp_path, dataset="data/scans")

    assert set(done.written) >= WRITTEN
    assert done.left == ()
    assert {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()} == set(
        done.written
    )
    settings = settings_in((tmp_path / "params.yaml").read_bytes(), "params.yaml")
    assert settings.datasets == {"scans": "data/scans"}
    assert all((tmp_path / path).is_file() for path in (settings.suite, settings.change_suite))


def test_it_overwrites_nothing_and_says_so(tmp_path, run) -> None:
    """Not even what differs by a byte; owners are looked for wherever GitHub does."""
    (tmp_path / "dvc.yaml").write_text("stages: {}\n")
    (tmp_path / "CODEOWNERS").write_text("* @us\n")
    status, out, _ = run("init")

    assert status == 0
    assert (tmp_path / "dvc.yaml").read_text() == "stages: {}\n"
    assert "left as it is: dvc.yaml" in out
    assert "left as it is: .github/CODEOWNERS" in out
    assert not (tmp_path / ".github" / "CODEOWNERS").exists()
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    _, out, _ = run("init")
    assert "wrote" not in out
    assert before == {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}


def test_files_of_other_hands_that_judge_nothing_are_named(tmp_path) -> None:
    """A repository with a pipeline of its own looked guarded; what is ours is not named."""
    theirs = ("dvc.yaml", "params.yaml", ".github/workflows/dataset-gate.yml")
    (tmp_path / ".github" / "workflows").mkdir(parents=True)
    for place in theirs:
        (tmp_path / place).write_text("gate:\n  datasets: {other: other}\n")
    first = deri_gate.init(tmp_path, dataset="scans")
    (tmp_path / "params.yaml").write_text("gate:\n  datasets: {scans: scans}\n")
    for place in (theirs[0], theirs[2]):
        (tmp_path / place).write_text("run: deri-gate check scans\n")
    second = deri_gate.init(tmp_path, dataset="scans")

    assert [note.split()[0] for note in first.notes if " was here" in note] == [*theirs]
    assert not [note for note in second.notes if " was here" in note]


def test_a_second_init_that_names_no_dataset_finds_the_one_that_is_guarded(tmp_path) -> None:
    """Among several folders; the files of the first stay, and all is judged."""
    for one in ("first", "second"):
        (tmp_path / one / "a").mkdir(parents=True)
    deri_gate.init(tmp_path, dataset="second")

    assert not [note for note in deri_gate.init(tmp_path).notes if " was here" in note]
    told = deri_gate.init(tmp_path, dataset="first").notes
    assert [note.split(":")[0] for note in told if " was here" in note] == [
        "params.yaml was here, and its section `gate` names no first"
    ]


@pytest.mark.parametrize("dataset", ["/etc", "../x", ""])
def test_a_dataset_outside_is_an_error(tmp_path, dataset) -> None:
    with pytest.raises(SettingError, match="leads out"):
        deri_gate.init(tmp_path, dataset=dataset)


ODD = [
    "my scans", "it's", "a: b", "-", "é", "2024", "data/2024", "123", "data/100%", "null", "true",
    "no", "1e3", "0x10", "0o17", "1_000", "~", "#x", "data/#2", "'quoted'", "漢字",
    "data/漢字 2024", "-data", "--help", "*star", "&anchor", "!tag", "{a: b}", "[1, 2]", "a,b",
    "2024-01-01", "12:30:45", ".inf", ".nan", "x" * 200, "<<NAME>>", "<<VERSION>>", "%YAML",
    "🦊", "a | b", "> folded", "? key", "data.d", "___",
]  # fmt: skip


@pytest.mark.parametrize("dataset", sampled(ODD, 0, 8, 16, 24, 32, 40))
def test_odd_names_stay_yaml(tmp_path, dataset) -> None:
    """The program reads what it wrote, and so do DVC and any other reader of YAML."""
    deri_gate.init(tmp_path, dataset=dataset)
    content = (tmp_path / "params.yaml").read_bytes()

    ((name, path),) = settings_in(content, "params.yaml").datasets.items()
    assert path == dataset
    described = YAML(typ="safe").load(content)["gate"]["datasets"]
    assert described == {name: {"path": dataset, "watch": dataset}}
    assert settings_at(None, tmp_path).datasets == {name: dataset}


@given(st.text(min_size=1, max_size=30))
def test_any_name_is_written_and_read_or_refused(name) -> None:
    """Whatever a folder may be called; what cannot be written leaves nothing behind."""
    with TemporaryDirectory() as folder:
        try:
            deri_gate.init(folder, dataset=name)
        except SettingError:
            assert list(Path(folder).iterdir()) == []
            return
        (path,) = settings_at(None, Path(folder)).datasets.values()
        assert path == PurePosixPath(name).as_posix()


@pytest.mark.sweep
def test_its_pipeline_runs(repository) -> None:
    """`dvc repro` judges the dataset; a second time there is nothing to do."""
    write_digits(repository.folder / "data", range(60))
    repository.run("deri-gate", "init", ".")
    repository.dvc("init", "--quiet")
    repository.dvc("add", "--quiet", "data")
    params = repository.folder / "params.yaml"
    text = params.read_text().replace("metrics: all", f"metrics: {METRICS}")
    params.write_text(text.replace("reference_pool/standard/pool.json", "pools/own/pool.json"))
    repository.write("pools/own/pool.json", pool_for_tests())
    repository.write("expectations/dataset_gate.json", suite(limit("imbalance", 0.3)))

    out = repository.run(sys.executable, "-m", "dvc", "repro")
    assert "Running stage 'gate@data'" in out
    assert (repository.folder / "gate/data/scores.json").is_file()
    assert (repository.folder / "gate/data/report.html").is_file()
    out = repository.run(sys.executable, "-m", "dvc", "repro")
    assert "Running stage" not in out
    shown = json.loads(repository.run(sys.executable, "-m", "dvc", "plots", "show", "--json"))
    pictures = {name for name in shown["data"] if name.endswith(".png")}
    plot, *_ = shown["data"]["gate/data/subscores.csv"]
    assert {"gate/data/plots/png/score.png", "gate/data/plots/png/classes.png"} <= pictures
    repository.commit("what init says to commit")
    tracked = repository.run("git", "ls-files").splitlines()
    assert "gate/data/scores.json" in tracked
    assert [path for path in tracked if path.endswith((".html", ".parquet", "/0000.png"))] == []
    repository.branch("topic")
    repository.write("notes.md", "a commit of its own")
    repository.commit()
    repository.run("deri-gate", "ci", "check", "--base", "main", "--out", "deri-report")
    assert {row["metric"] for row in plot["content"]["data"]["values"]} >= {
        "sharpness",
        "imbalance",
    }


def workflows() -> list[Path]:
    return [
        *sorted((ROOT / ".github" / "workflows").glob("*.yml")),
        *sorted((ROOT / "deri_gate" / "github" / "scaffold").glob("*.yml")),
    ]


def test_our_own_workflow_is_the_one_we_give_away(tmp_path) -> None:
    """But for which deri-gate it installs."""
    deri_gate.init(tmp_path, runner="self-hosted,gpu")
    for name in ("dataset-gate.yml", "dataset-gate-comment.yml"):
        texts = [
            (folder / ".github/workflows" / name).read_text("utf-8").splitlines()
            for folder in (ROOT, tmp_path)
        ]
        own, given = (
            [
                line
                for line in text
                if "DERI_GATE:" not in line and "This project judges" not in line
            ]
            for text in texts
        )
        assert own == given


OF_THE_CODE = {"ci.yml", "release.yml"}


@pytest.mark.parametrize("path", workflows(), ids=lambda p: f"{p.parent.name}/{p.name}")
def test_workflows_hold_no_program(path) -> None:
    """A step is one command of ours, an install, or dvc: what it does is tested elsewhere."""
    for name, job in YAML(typ="safe").load(path)["jobs"].items():
        assert job["permissions"] is not None, name
        assert job["timeout-minutes"] <= 720
        for step in job["steps"]:
            words = step.get("run", "pip").split()
            if path.name not in OF_THE_CODE:  # our own tests and releases, which nobody copies
                assert words[0] in {"deri-gate", "pip", "dvc"}
            assert "${{" not in step.get("run", "")  # what an event says is no part of a program
            assert "@" not in step.get("uses", "") or len(step["uses"].partition("@")[2]) == 40


@pytest.mark.parametrize(
    ("schema", "paths"),
    [
        ("vendor.github-workflows", workflows()),
        ("vendor.github-actions", [ROOT / "action.yml"]),
    ],
)
def test_workflows_are_valid(schema, paths) -> None:
    """Against the schemas that the linter carries, where it is installed."""
    pytest.importorskip("check_jsonschema")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema]
    done = subprocess.run([*command, *map(str, paths)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", PROFILES)
def test_every_profile_can_be_chosen(name) -> None:
    settings = settings_in(f"gate: {{datasets: {{a: b}}, profile: {name}}}".encode(), "params.yaml")

    assert settings.profile == name


def test_a_profile_there_is_not_is_a_clear_error() -> None:
    with pytest.raises(
        SettingError,
        match=r"gate\.profile: there is no profile 'papr', only standard, paper, paper-",
    ):
        settings_in(b"gate: {datasets: {a: b}, profile: papr}", "params.yaml")


def test_the_light_steps_load_nothing_heavy() -> None:
    """They run on hosted runners, installed without torch and the rest."""
    code = (
        "import sys; before = {*sys.modules}; import deri_gate.cli.main, deri_gate.commands.ci, deri_gate.github.comment,"
        " deri_gate.github.api, deri_gate.github.settings, ruamel.yaml;"
        "new = {m.partition('.')[0] for m in sys.modules if m not in before};"
        "print(*new - set(sys.stdlib_module_names))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "deri_gate" in done.stdout.split()
    allowed = {"click", "lazy_loader", "pydantic", "pydantic_core", "ruamel", "annotated_types", "deri_gate",
               "typing_extensions", "typing_inspection", "__editables__"}  # fmt: skip

    assert {name for name in done.stdout.split() if not name.startswith("_")} <= allowed


@pytest.mark.parametrize("folder", ["data/aux", "CON", "data/nul.csv", "lpt1"])
def test_a_device_of_windows_is_no_name_of_a_folder(tmp_path, folder) -> None:
    """Reports lie in folders that are called like the datasets."""
    deri_gate.init(tmp_path, dataset=folder)
    settings = settings_in((tmp_path / "params.yaml").read_bytes(), "params.yaml")

    assert settings is not None
    assert [name.rpartition("-")[2] for name in settings.datasets] == ["images"]


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["aux"], "no name of a file on every system"),
        (["scans "], "no name of a file on every system"),
        (["Scans", "scans"], "differ in case alone"),
    ],
)
def test_names_under_which_reports_cannot_lie_side_by_side(names, said) -> None:
    text = "gate:\n  datasets:\n" + "".join(
        f"    '{name}': data/{i}\n" for i, name in enumerate(names)
    )

    with pytest.raises(SettingError, match=said):
        settings_in(text.encode(), "params.yaml")


def test_candidates_may_have_names_that_yaml_reads_as_something_else(tmp_path) -> None:
    """A folder `0` was refused by a params.yaml that was not written yet."""
    names = ["0", "1e3", "2024", "no", "null", "scans", "yes"]
    for name in names:
        (tmp_path / "sets" / name).mkdir(parents=True)
    deri_gate.init(tmp_path, dataset="sets", pool="mine")

    assert list(YAML(typ="safe").load(tmp_path / "params.yaml")["datasets"]) == names
