"""The isolated judge: no network, no secret, nothing to write to; and the gate works in it."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image, ImageFilter

from deri_gate.errors import DeriGateError, SettingError
from deri_gate.isolation import cell as cells
from deri_gate.isolation.cell import IsolatedCell, chosen, environment_outside
from deri_gate.isolation.image import DOCKERFILE, build_image
from deri_gate.isolation.judging import _read, _taken
from deri_gate.isolation.order import SCRATCH, Answers
from deri_gate.isolation.running import run_cell
from deri_gate.runtime.system import limit_process

ROOT = Path(__file__).parents[2]


def has_bwrap() -> bool:
    try:
        return chosen("bwrap", "")[0] == "bwrap"
    except SettingError:
        return False


needs_bwrap = pytest.mark.skipif(
    not has_bwrap(), reason="bubblewrap or user namespaces are not to be had here"
)


@pytest.fixture
def cell(tmp_path) -> IsolatedCell:
    """One with a folder to read and a folder to write."""
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "seen").write_text("seen")
    (tmp_path / "scratch").mkdir()
    return IsolatedCell(
        readable=(tmp_path / "tree",), working=tmp_path / "tree",
        scratch=tmp_path / "scratch", gpu=False,
    )  # fmt: skip


def inside(cell: IsolatedCell, program: str) -> subprocess.CompletedProcess[str]:
    """Run a program where the judge would run."""
    command = cell.bwrap()
    start = command.index("--") + 2
    return subprocess.run(
        [*command[:start], "-P", "-c", program],
        capture_output=True,
        text=True,
        check=False,
        env=environment_outside("bwrap"),
    )


@needs_bwrap
class TestBubblewrap:
    def test_it_reads_the_tree_and_writes_its_scratch(self, cell) -> None:
        done = inside(cell, f"print(open('seen').read()); open('{SCRATCH}/x', 'w').write('x')")

        assert (done.returncode, done.stdout) == (0, "seen\n"), done.stderr
        assert (cell.scratch / "x").read_text() == "x"

    @pytest.mark.parametrize("to", ["('127.0.0.1', PORT)", "('192.0.2.1', 80)", "('::1', PORT)"])
    @pytest.mark.enable_socket
    def test_there_is_no_network(self, cell, to) -> None:
        """Not even this machine's own, where a server listens."""
        import socket

        with socket.socket() as server:
            server.bind(("127.0.0.1", 0))
            server.listen()
            address = to.replace("PORT", str(server.getsockname()[1]))
            done = inside(cell, f"import socket; socket.create_connection({address}, timeout=3)")

        assert done.returncode == 1
        assert "Error" in done.stderr

    def test_no_name_is_resolved(self, cell) -> None:
        done = inside(cell, "import socket; socket.getaddrinfo('example.org', 80)")

        assert "gaierror" in done.stderr

    @pytest.mark.parametrize(
        "place",
        ["TREE/new", "TREE/seen", "/usr/new", "PREFIX/new", "/etc/new", "/new", "/proc/new"],
    )
    def test_nothing_else_can_be_written(self, cell, place) -> None:
        path = place.replace("TREE", str(cell.readable[0])).replace("PREFIX", sys.prefix)
        done = inside(cell, f"open({path!r}, 'w')")

        assert done.returncode == 1, path
        assert not Path(path).exists() or (cell.readable[0] / "seen").read_text() == "seen"

    def test_what_it_leaves_in_tmp_is_gone(self, cell) -> None:
        name = f"deri-gate-{os.getpid()}"
        done = inside(cell, f"open('/tmp/{name}', 'w')")

        assert done.returncode == 0
        assert not Path("/tmp", name).exists()

    def test_no_secret_of_the_environment_is_there(self, cell, monkeypatch) -> None:
        monkeypatch.setenv("GITHUB_TOKEN", "hidden-value")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hidden-value")
        done = inside(
            cell, "import os; print(dict(os.environ)); print(open('/proc/1/environ').read())"
        )

        assert done.returncode == 0
        assert "hidden-value" not in done.stdout
        assert "GITHUB" not in done.stdout

    def test_no_file_of_the_user_is_there(self, cell, tmp_path) -> None:
        """Keys and tokens lie in homes and in folders beside the checkout."""
        (tmp_path / "key").write_text("secret")
        done = inside(
            cell,
            f"import os; print(os.path.exists({str(tmp_path / 'key')!r}), os.path.exists('/etc/shadow'),"
            f" os.path.exists({str(Path.home() / '.ssh')!r}), os.listdir(os.environ['HOME'])"
            " if os.path.exists(os.environ['HOME']) else [])",
        )

        assert done.stdout == "False False False []\n", done.stderr

    def test_no_home_is_there_though_the_program_began_in_it(
        self, cell, tmp_path, monkeypatch
    ) -> None:
        """`python -m` puts the working directory first among the folders of modules."""
        (tmp_path / "home" / ".ssh").mkdir(parents=True)
        monkeypatch.setenv("HOME", str(tmp_path / "home"))
        for folder in (tmp_path / "home", tmp_path):
            monkeypatch.setattr(sys, "path", [str(folder), *sys.path])
        done = inside(cell, f"import os; print(os.path.exists({str(tmp_path / 'home')!r}))")

        assert done.stdout == "False\n", done.stderr

    def test_no_other_process_is_seen(self, cell) -> None:
        done = inside(cell, "import os; print([p for p in os.listdir('/proc') if p.isdigit()])")

        assert len(json.loads(done.stdout.replace("'", '"'))) <= 3

    def test_it_is_nobody_in_particular(self, cell) -> None:
        done = inside(
            cell,
            "import os; print(os.getuid(), os.getgid()); print(open('/proc/self/status').read())",
        )
        lines = done.stdout.splitlines()

        assert lines[0] == f"{cells.USER} {cells.USER}"
        assert [line.split()[1] for line in lines if line.startswith("CapEff")] == ["0" * 16]

    def test_devices_are_the_harmless_ones(self, cell) -> None:
        done = inside(cell, "import os; print(*sorted(os.listdir('/dev')))")

        assert not {"sda", "mem", "kmsg", "kvm", "fuse"} & set(done.stdout.split())

    def test_the_gate_works_in_it(self, run, guarded, monkeypatch, tmp_path) -> None:
        """The same answer as without, from a checkout with git and DVC, and its reports."""
        guarded.branch("careless")
        for path in sorted((guarded.folder / "data").glob("*/*.png"))[:24]:
            Image.open(path).filter(ImageFilter.GaussianBlur(3)).save(path)
        guarded.dvc("add", "--quiet", "data")
        guarded.commit("blurred")
        monkeypatch.chdir(guarded.folder)
        monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "step.md"))
        words = ("ci", "check", "--base", "main", "--device", "cpu")
        status, out, err = run(*words, "--isolate", "bwrap", "--out", "isolated")

        assert status == 1, out + err
        assert "bubblewrap" in err
        assert "::error file=data.dvc," in out
        files = {path.name for path in Path("isolated/digits").iterdir()}
        assert files >= {"report.html", "scores.json", "summary.md", "images.parquet"}
        assert "failed" in (tmp_path / "step.md").read_text("utf-8")
        plain = run(*words, "--out", "plain")
        assert (plain[0], plain[1].replace("plain/", "isolated/")) == (status, out)
        for name in ("scores.json", "metrics.json", "images.parquet"):
            assert (
                Path("plain/digits", name).read_bytes()
                == Path("isolated/digits", name).read_bytes()
            )

    def test_what_cannot_be_judged_is_said(self, run, guarded, monkeypatch, tmp_path) -> None:
        """Also of a repository elsewhere, which is named."""
        guarded.branch("gone")
        guarded.run("git", "rm", "--quiet", "data.dvc")
        shutil.rmtree(guarded.folder / "data")
        guarded.commit("no data")
        monkeypatch.chdir(tmp_path)
        words = ("--base", "main", "--isolate", "bwrap", "--repo", guarded.folder)
        status, out, err = run("ci", "check", *words)

        assert status == 2, err
        assert "COULD NOT JUDGE digits" in out

    @pytest.mark.sweep
    def test_a_repository_that_is_named_is_judged_from_anywhere(
        self, run, guarded, monkeypatch, tmp_path
    ) -> None:
        guarded.branch("prose")
        guarded.write("data/digit 0/broken.png", "no picture")
        guarded.dvc("add", "--quiet", "data")
        guarded.commit("one more")
        monkeypatch.chdir(tmp_path)
        words = ("--base", "main", "--isolate", "bwrap", "--repo", guarded.folder, "--out", "out")
        status, out, err = run("ci", "check", *words)

        assert status in {0, 1}, out + err
        assert (tmp_path / "out" / "digits" / "scores.json").is_file()

    def test_memory_is_bounded(self, cell, monkeypatch) -> None:
        monkeypatch.setattr("deri_gate.isolation.running.cell_memory", lambda: 2**30)

        assert ends(cell, "bytearray(2**31)") == 1
        assert ends(cell, "bytearray(2**28)") == 0

    def test_processes_are_bounded(self, cell) -> None:
        """The bound is there, inside, and cannot be raised."""
        program = (
            "import resource as r; found = r.getrlimit(r.RLIMIT_NPROC)\n"
            f"assert found == ({cells.PROCESSES},) * 2, found\n"
            "try: r.setrlimit(r.RLIMIT_NPROC, (-1, -1))\n"
            "except ValueError: raise SystemExit(7)"
        )

        assert ends(cell, program) == 7

    def test_temporary_files_are_bounded(self, cell, monkeypatch) -> None:
        """They are memory of the machine's, and count for no process."""
        monkeypatch.setattr(cells, "tmp_size", lambda: 2**20)
        if not cells._bounds_tmp():
            pytest.skip("this bubblewrap knows no sizes")
        for folder in ("/tmp", "/var/tmp"):
            done = inside(cell, f"open('{folder}/x', 'wb').write(bytes(2**21))")

            assert "No space left" in done.stderr

    def test_a_file_is_bounded(self, cell, monkeypatch) -> None:
        """In the scratch folder, which is the machine's disk."""
        monkeypatch.setattr("deri_gate.isolation.running.MOST_FILE", 2**18)
        program = f"open('{SCRATCH}/x', 'wb').write(bytes(2**21))"

        assert ends(cell, program) != 0
        assert (cell.scratch / "x").stat().st_size <= 2**20

    def test_a_disk_is_not_filled(self, cell, monkeypatch, capsys) -> None:
        """However many files: it is ended, and that is no pass."""
        spaces = iter([(2**30, 1000), (2**29, 1000), (2**20, 1000)])
        monkeypatch.setattr("deri_gate.isolation.running.free_space", lambda _: next(spaces))
        monkeypatch.setattr("deri_gate.isolation.running.EVERY", 0.1)

        assert ends(cell, "import time; time.sleep(60)") != 0
        assert "filled the disk" in capsys.readouterr().err


def ends(cell: IsolatedCell, program: str) -> int:
    """Exit status of a program where the judge would run, with the judge's bounds."""
    command = cell.bwrap()
    start = command.index("--") + 2
    words = [*command[:start], "-P", "-c", program]
    return run_cell(words, environment_outside("bwrap"), cell.scratch)


@pytest.mark.skipif(os.name != "posix", reason="a bound of POSIX")
def test_a_bound_on_processes_holds_for_a_user() -> None:
    """For all but the system's own."""
    user = {"user": 65533} if os.getuid() == 0 else {}
    counted = 0 if user else sum(one.name.isdigit() for one in Path("/proc").iterdir())
    most = 10 + 8 * counted
    done = subprocess.run(
        ["/bin/sh", "-c", f"for i in $(seq {most + 50}); do sleep 5 >&- 2>&- & done; wait"],
        preexec_fn=lambda: limit_process(file=2**20, memory=2**30, processes=most),
        capture_output=True,
        text=True,
        check=False,
        **user,
    )

    assert done.returncode != 0
    assert "fork" in done.stderr.lower()


class TestAnswers:
    """What comes out is a stranger's, who may have taken the judge over."""

    def answer(self, **more) -> Answers:
        one = {"name": "digits", "status": "pass", "text": "x", "annotations": (), **more}
        return Answers.model_validate({"judged": (one,)})

    @pytest.mark.parametrize("status", [1, 139, -9])
    def test_an_end_without_an_answer_is_no_pass(self, tmp_path, status) -> None:
        (tmp_path / "answer.json").write_text(self.answer().model_dump_json())
        with pytest.raises(DeriGateError, match="without an answer"):
            _read(tmp_path, status)

    @pytest.mark.parametrize(
        "text", ["", "{}x", "[]", '{"judged": [{"name": "a"}]}', '{"judged": 1}', '{"x": 1}']
    )
    def test_an_odd_answer_is_no_pass(self, tmp_path, text) -> None:
        (tmp_path / "answer.json").write_text(text)
        with pytest.raises(DeriGateError, match="answer"):
            _read(tmp_path, 0)

    def test_an_answer_that_is_a_link_or_a_pipe_is_none(self, tmp_path) -> None:
        (tmp_path / "elsewhere").write_text(self.answer().model_dump_json())
        (tmp_path / "answer.json").symlink_to(tmp_path / "elsewhere")
        with pytest.raises(DeriGateError, match="without an answer"):
            _read(tmp_path, 0)
        (tmp_path / "answer.json").unlink()
        os.mkfifo(tmp_path / "answer.json")
        with pytest.raises(DeriGateError, match="without an answer"):
            _read(tmp_path, 0)

    def test_a_dataset_without_an_answer_is_no_pass(self, tmp_path) -> None:
        (tmp_path / "report").mkdir()
        judged = _taken("films", self.answer(), tmp_path / "report", tmp_path / "films")

        assert judged.status == "unknown"

    def test_links_and_other_files_of_its_report_stay_behind(self, tmp_path) -> None:
        (tmp_path / "report" / "digits").mkdir(parents=True)
        (tmp_path / "report" / "digits" / "summary.md").symlink_to("/etc/hostname")
        (tmp_path / "report" / "digits" / "run.sh").write_text("x")
        (tmp_path / "report" / "digits" / "scores.json").write_text("{}")
        _taken("digits", self.answer(), tmp_path / "report", tmp_path / "digits")

        assert [path.name for path in (tmp_path / "digits").iterdir()] == ["scores.json"]

    def test_only_annotations_are_taken_for_commands(self, tmp_path) -> None:
        lines = ("::error ::x", "::add-mask::x", "##[error]x", "::error ::x\n::add-mask::y")
        (tmp_path / "report").mkdir()
        judged = _taken(
            "digits", self.answer(annotations=lines), tmp_path / "report", tmp_path / "digits"
        )

        assert judged.annotations == ("::error ::x",)


class TestDocker:
    """The words of its command line; no image can be had in these tests."""

    @pytest.fixture
    def docker(self, tmp_path, monkeypatch):
        """A program called docker, which writes down how it was called."""
        folder = tmp_path / "bin"
        folder.mkdir()
        program = folder / "docker"
        program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/words\nexit 0\n')
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
        return tmp_path / "words"

    def test_it_can_reach_and_keep_nothing(self, cell) -> None:
        words = cell.docker("deri-gate:x")

        for word in ("--network=none", "--read-only", "--cap-drop=ALL", "--pull=never",
                     "--security-opt=no-new-privileges", "--rm"):  # fmt: skip
            assert word in words
        assert not {"--privileged", "--env-file", "--pid=host", "--network=host"} & {*words}
        mounts = [word for word in words if word.startswith("--mount=")]
        writable = [word for word in mounts if "readonly" not in word]
        assert writable == [f"--mount=type=bind,src={cell.scratch},dst={SCRATCH}"]
        assert words[words.index("deri-gate:x") + 1] == "-P"
        (user,) = [word for word in words if word.startswith("--user=")]
        assert not user.startswith("--user=0")

    def test_no_secret_is_handed_on(self, cell, monkeypatch) -> None:
        monkeypatch.setenv("GITHUB_TOKEN", "hidden-value")

        assert "hidden-value" not in " ".join(cell.docker("x"))

    def test_an_odd_path_is_no_option_of_a_mount(self, cell, tmp_path) -> None:
        (tmp_path / "a,readonly=false").mkdir()
        odd = IsolatedCell(readable=(tmp_path / "a,readonly=false",), working=tmp_path,
                   scratch=cell.scratch, gpu=False)  # fmt: skip
        with pytest.raises(SettingError, match="plainer path"):
            odd.docker("x")

    def test_auto_takes_docker_where_its_image_is(self, docker) -> None:
        assert chosen("auto", "deri-gate:x")[0] == "docker"
        assert docker.read_text().split() == ["image", "inspect", "deri-gate:x"]

    def test_auto_says_so_where_there_is_nothing(self, monkeypatch, tmp_path) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        kind, said = chosen("auto", "x")

        assert kind == "none"
        assert "WITHOUT isolation" in said
        for wanted in ("docker", "bwrap"):
            with pytest.raises(SettingError, match="cannot be used here"):
                chosen(wanted, "x")

    def test_the_image_is_built_from_nothing_of_a_checkout(
        self, docker, monkeypatch, tmp_path
    ) -> None:
        """The Dockerfile is ours; the context is an empty folder."""
        (tmp_path / "Dockerfile").write_text("FROM evil")
        monkeypatch.chdir(tmp_path)
        assert build_image("deri-gate==1", image="deri-gate:x") == "deri-gate:x"
        words = docker.read_text().splitlines()

        assert words[words.index("--file") + 1] == str(DOCKERFILE)
        assert "REQUIREMENT=deri-gate==1" in words
        assert not Path(words[-1]).exists()

    def test_a_wheel_of_this_machine_is_in_the_context(self, docker, tmp_path) -> None:
        """Docker sees nothing of the machine but the context; the name may be escaped."""
        wheel = tmp_path / "my wheels" / "deri_gate-1-py3-none-any.whl"
        wheel.parent.mkdir()
        wheel.write_bytes(b"the wheel")
        program = tmp_path / "bin" / "docker"
        keep = f'for last; do :; done; cp -r "$last" {tmp_path}/context'
        program.write_text(f"{program.read_text().replace('exit 0', keep)}\n")
        build_image(f"deri-gate[dvc] @ {wheel.as_uri()}", image="x", torch_index="https://e/cpu")
        words = docker.read_text().splitlines()

        assert f"REQUIREMENT=/wheels/{wheel.name}[dvc]" in words
        assert "TORCH_INDEX=https://e/cpu" in words
        assert [one.read_bytes() for one in (tmp_path / "context").iterdir()] == [b"the wheel"]
        wheel.unlink()
        with pytest.raises(DeriGateError, match="no such wheel"):
            build_image(f"deri-gate @ {wheel.as_uri()}")

    @pytest.mark.usefixtures("docker")
    def test_a_build_that_does_not_end_is_ended(self, monkeypatch, tmp_path) -> None:
        """With what it started, which holds its output open and would be waited for."""
        program = tmp_path / "bin" / "docker"
        child = f"sleep 600 &\necho $! > {tmp_path}/child\nwait\n"
        program.write_text(program.read_text().replace("exit 0", child))
        monkeypatch.setattr("deri_gate.isolation.image.SECONDS", 1.0)
        with pytest.raises(DeriGateError, match="took more than 1 s"):
            build_image("deri-gate==1")

        state = Path("/proc", (tmp_path / "child").read_text().strip(), "stat")
        for _ in range(100):  # the signal is on its way
            if not state.exists() or state.read_text().rpartition(") ")[2][0] == "Z":
                return
            time.sleep(0.05)
        pytest.fail("what the build started goes on")

    @pytest.mark.usefixtures("docker")
    @pytest.mark.parametrize(
        ("printed", "told", "fix"),
        [
            (
                ("#6 61.2 WARNING: Retrying (Retry(total=0, ...\n"
                "#6 81.5 ERROR: No matching distribution found for torch\n"
                '#6 ERROR: process "/bin/sh -c pip" did not complete successfully: exit code: 1\n'
                "Dockerfile:18\n"
                "ERROR: failed to solve: process did not complete successfully: exit code: 1\n"),
                "No matching distribution found for torch", "Docker reaches https://e/cpu",
            ),
            (
                "#3 ERROR: no such host\nERROR: failed to solve: python:3.12-slim: no such host\n",
                "python:3.12-slim: no such host", "docker info",
            ),
            (
                ("ERROR: No matching distribution found for deri-gate==1\n"
                'Error: building at STEP "RUN pip": while running runtime: exit status 1\n'),
                "found for deri-gate==1", "docker info",
            ),
            (
                'sh: pip: not found\nsubprocess exited with status 127\nError: building at STEP "RUN pip": exit status 127\n',
                "failed: sh: pip: not found",
                "docker info",
            ),
            ("Cannot connect to the Docker daemon\n", "Cannot connect", "docker info"),
            ("", "no word", "docker info"),
        ],
        ids=["torch", "base", "podman", "no pip", "daemon", "silent"],
    )  # fmt: skip
    def test_what_failed_is_told_not_which_step(self, tmp_path, printed, told, fix) -> None:
        """As BuildKit and Podman print it; an index that cannot be reached is named."""
        (tmp_path / "printed").write_text(printed)
        program = tmp_path / "bin" / "docker"
        program.write_text(
            program.read_text().replace("exit 0", f"cat {tmp_path}/printed >&2\nexit 1")
        )
        with pytest.raises(DeriGateError) as caught:
            build_image("deri-gate==1", torch_index="https://e/cpu")

        assert told in str(caught.value)
        assert fix in str(caught.value)

    @pytest.mark.parametrize(
        ("index", "works", "calls"),
        [
            ("", 1, ["deri-gate==1"]),
            ("https://e/cpu", 1, ["torch", "deri-gate==1"]),
            ("https://e/cpu", 0, ["torch"]),
        ],
    )
    def test_without_torch_nothing_else_is_installed(self, tmp_path, index, works, calls) -> None:
        """The step of the Dockerfile in a shell, with a pip that only takes notes."""
        step = (
            DOCKERFILE.read_text("utf-8").partition("target=/wheels \\\n")[2].partition("\n\n")[0]
        )
        notes, pip = tmp_path / "notes", tmp_path / "pip"
        pip.write_text(
            f'#!/bin/sh\necho "$*" >> {notes}\ncase $* in *" torch "*) exit {1 - works};; esac\n'
        )
        pip.chmod(0o755)
        environment = {
            "PATH": f"{tmp_path}:/usr/bin:/bin",
            "TORCH_INDEX": index,
            "REQUIREMENT": "deri-gate==1",
        }
        done = subprocess.run(["sh", "-c", step], env=environment, check=False)

        installed = notes.read_text().splitlines()
        assert (done.returncode == 0) == bool(works)
        assert len(installed) == len(calls)
        assert all(f" {name}" in line for name, line in zip(calls, installed, strict=True))
        assert (f"--index-url {index}" in installed[0]) == bool(index)

    def test_the_dockerfile_is_the_one_we_show(self) -> None:
        text = DOCKERFILE.read_text("utf-8")

        assert (ROOT / "docker" / "Dockerfile").read_text("utf-8") == text
        assert "\nUSER 1000" in text
        assert "ADD " not in text


def test_the_isolated_judge_is_used_by_the_workflows() -> None:
    for path in (ROOT / "deri_gate/github/scaffold/dataset-gate.yml", ROOT / "action.yml"):
        text = path.read_text("utf-8")
        assert "--isolate auto" in text, path
