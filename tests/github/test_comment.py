"""Comments by the REST API, against a real server on this machine that keeps them."""

import base64
import json
import re
import shutil
from http.server import ThreadingHTTPServer
from urllib.parse import urlparse

import pytest

from deri_gate.errors import DeriGateError
from deri_gate.github.api import Hosting
from deri_gate.github.comment import MOST, comment_marker, comments_in, target_of
from tests.github.stand_in import StandIn, github_at, served

pytestmark = [pytest.mark.enable_socket, pytest.mark.usefixtures("api")]
OWN = {"full_name": "o/r", "owner": {"login": "o"}}
BASE = {"sha": "b" * 40}
FORK = {"full_name": "mallory/r", "owner": {"login": "mallory"}}


class Api(ThreadingHTTPServer):
    """As much of GitHub's API as is asked for."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.comments: list[dict] = []
        self.pulls: list[dict] = []
        self.asked: list[str] = []
        self.refuse = 0  # a status to answer everything with
        self.params = "gate: {datasets: {scans: data, films: films, a: a}}"  # the base's


class Handler(StandIn):
    def do_GET(self) -> None:
        url = urlparse(self.path)
        self.server.asked.append(f"GET {url.path}")
        if self.server.refuse:
            return self.answer({}, self.server.refuse)
        assert self.headers["Authorization"] == "Bearer secret"
        if url.path.endswith("/contents/params.yaml"):
            assert self.asked == {"ref": BASE["sha"]}
            content = base64.encodebytes(self.server.params.encode()).decode()
            return self.answer({"content": content}, 200 if self.server.params else 404)
        items = self.server.comments if url.path.endswith("/comments") else [
            pull for pull in self.server.pulls if pull["at"] == self.asked["head"]
        ]  # fmt: skip
        return self.answer_page(items)

    def do_POST(self) -> None:
        self.server.asked.append(f"POST {self.path}")
        body = self.body()
        if self.path.endswith("/comments"):
            self.server.comments.append(
                {"id": 100 + len(self.server.comments), "user": {"type": "Bot"}, **body}
            )
        self.answer({"number": 7}, 201)

    def do_PATCH(self) -> None:
        self.server.asked.append(f"PATCH {self.path}")
        known = next(c for c in self.server.comments if self.path.endswith(f"/{c['id']}"))
        known.update(self.body())
        self.answer(known)


@pytest.fixture
def api(monkeypatch):
    server = Api()
    for name, value in github_at(server).items():
        monkeypatch.setenv(name, value)
    with served(server):
        yield server


@pytest.fixture
def reports(tmp_path):
    """A folder with the reports of these datasets."""

    def make(**texts: str):
        for name, text in texts.items():
            folder = tmp_path / "reports" / name
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "summary.md").write_text(text, "utf-8")
            (folder / "report.txt").write_text(text, "utf-8")
        return tmp_path / "reports"

    return make


@pytest.fixture
def event(tmp_path):
    """The file of an event."""

    def make(content: dict):
        path = tmp_path / "event.json"
        path.write_text(json.dumps(content))
        return path

    return make


def pull_event(repo=OWN) -> dict:
    return {"repository": OWN, "pull_request": {"number": 5, "base": BASE, "head": {"repo": repo}}}


def run_event(repo=FORK, sha="abc", branch="main", conclusion="success") -> dict:
    run = {"event": "pull_request", "head_repository": repo, "head_branch": branch,
           "head_sha": sha, "conclusion": conclusion}  # fmt: skip
    return {"repository": OWN, "workflow_run": run}


def test_one_comment_a_dataset_edited_in_place(api, run, reports, event) -> None:
    """The second run edits, the third leaves it."""
    path = event(pull_event())
    for text, did in (("first", "written"), ("second", "edited"), ("second", "unchanged")):
        status, out, _ = run("ci", "comment", reports(scans=text, films=text), "--event", path)
        assert status == 0
        assert out.count(f"comment {did} on pull request 5") == 2

    assert [c["body"] for c in api.comments] == [
        "<!-- deri-gate: films -->\nsecond", "<!-- deri-gate: scans -->\nsecond",
    ]  # fmt: skip


@pytest.mark.parametrize("left", [{}, {"films": "passed"}], ids=["nothing", "one"])
def test_a_judged_dataset_without_a_report_is_not_left_as_passed(
    api, run, reports, event, left
) -> None:
    """The judge was killed, and the comment on an earlier commit still said passed."""
    content = pull_event()
    path = event(content)
    folder = reports(scans="passed")
    assert run("ci", "comment", folder, "--event", path)[0] == 0
    shutil.rmtree(folder)
    reports(**left)
    content["pull_request"]["head"]["sha"] = "ab" * 20

    given = json.dumps(["scans", "films"])
    status, _, _ = run("ci", "comment", folder, "--event", event(content), "--datasets", given)

    assert status == 0
    bodies = {c["body"].split("\n")[0]: c["body"] for c in api.comments}
    scans, films = (bodies[comment_marker(name)] for name in ("scans", "films"))
    assert "passed" not in scans
    assert "left no report" in scans
    assert ("left no report" in films) is not bool(left)
    assert scans.endswith("Judged: abababababab\n")
    assert films.endswith("Judged: abababababab\n")


def test_comments_of_people_are_left_alone(api, run, reports, event) -> None:
    """Even if they quote ours; and ours is found on a later page."""
    api.comments += [
        {"id": i, "user": {"type": "User"}, "body": comment_marker("scans")} for i in range(150)
    ]
    api.comments.append(
        {"id": 999, "user": {"type": "Bot"}, "body": comment_marker("scans") + "\nold"}
    )
    run("ci", "comment", reports(scans="new"), "--event", event(pull_event()))

    assert api.comments[-1] == {
        "id": 999,
        "user": {"type": "Bot"},
        "body": comment_marker("scans") + "\nnew",
    }
    assert len(api.comments) == 151
    assert {c["body"] for c in api.comments[:150]} == {comment_marker("scans")}


def test_what_comes_from_a_fork_is_shown_as_text(api, run, reports, event) -> None:
    """In one block that it cannot leave, found by branch and commit, not by what it says."""
    api.pulls.append({"number": 9, "base": BASE, "head": {"sha": "abc"}, "at": "mallory:main"})
    evil = "fine\n~~~\n# passed\n~~~~~\n@everyone [x](http://evil.example)\x1b[31m"
    status, out, _ = run("ci", "comment", reports(scans=evil), "--event", event(run_event()))

    assert (status, "pull request 9" in out) == (0, True)
    body = api.comments[0]["body"]
    fences = [line for line in body.splitlines() if re.match(r"\s{0,3}~~~", line)]
    assert fences == ["~~~text", "~~~"]
    assert body.rstrip().endswith("~~~")
    assert "\x1b" not in body
    assert "From a fork" in body


@pytest.mark.parametrize(
    "left_by",
    [("failure", {}), ("failure", {"films": "passed"}), ("cancelled", {}), ("timed_out", {})],
    ids=str,
)
def test_a_fork_whose_run_did_not_pass_keeps_no_pass(api, run, reports, event, left_by) -> None:
    """Its judge was killed, so no report tells; nothing is said where nothing was said before."""
    conclusion, left = left_by
    api.pulls.append({"number": 9, "base": BASE, "head": {"sha": "abc"}, "at": "mallory:main"})
    folder = reports(scans="passed")
    assert run("ci", "comment", folder, "--event", event(run_event()))[0] == 0
    shutil.rmtree(folder)
    reports(**left)
    ended = event(run_event(conclusion=conclusion))

    status, _, err = run("ci", "comment", folder, "--event", ended)

    assert status == 0, err
    scans, *others = (c["body"] for c in api.comments)
    assert "passed" not in scans
    assert "left no report" in scans
    assert len(others) == len(left)


@pytest.mark.parametrize("sha", ["other", ""])
def test_a_run_of_no_open_pull_request_says_so(api, run, reports, event, sha) -> None:
    """The branch moved on, or the pull request was closed."""
    api.pulls.append({"number": 9, "base": BASE, "head": {"sha": "abc"}, "at": "mallory:main"})
    status, out, _ = run("ci", "comment", reports(a="x"), "--event", event(run_event(sha=sha)))

    assert status == 0
    assert "no open pull request" in out
    assert api.comments == []


def test_branches_with_odd_names_are_asked_for_as_they_are(api) -> None:
    """& and # would end the question."""
    api.pulls.append(
        {"number": 3, "base": BASE, "head": {"sha": "abc"}, "at": "mallory:a&state=all#b c"}
    )
    target = target_of(run_event(branch="a&state=all#b c"), Hosting.from_environment())

    assert (target.number, target.trusted) == (3, False)


def test_a_fork_is_told_from_the_repository(api) -> None:
    """By the full name; a deleted fork is none of ours."""
    hosting = Hosting.from_environment()

    assert target_of(pull_event(), hosting).trusted
    assert not target_of(pull_event(FORK), hosting).trusted
    assert not target_of(pull_event(None), hosting).trusted
    assert target_of({"repository": OWN, "schedule": "x"}, hosting) is None


def test_long_reports_fit(reports) -> None:
    """A comment of more is refused by the platform."""
    folder = reports(scans="🦊~~~" * 60_000)

    for trusted in (True, False):
        (body,) = comments_in(folder, ["scans"], trusted=trusted).values()
        assert len(body) <= MOST
    assert body.endswith("~~~\n")


def test_only_folders_of_datasets_count(reports, tmp_path) -> None:
    """Not what else an artifact may hold."""
    folder = reports(scans="x")
    (folder / "-->").mkdir()
    (folder / "-->" / "summary.md").write_text("x")
    (folder / "link").mkdir()
    (folder / "link" / "summary.md").symlink_to("/etc/hostname")

    assert list(comments_in(folder, ["scans", "-->", "link"], trusted=True)) == ["scans"]


@pytest.mark.parametrize("refusal", [(403, "pull-requests: write"), (500, "again")])
def test_a_refusal_says_what_to_do_and_not_the_token(api, run, reports, event, refusal) -> None:
    api.refuse, advice = refusal
    code, _, error = run("ci", "comment", reports(scans="x"), "--event", event(pull_event()))

    assert code == 2
    assert advice in error
    assert "secret" not in error


@pytest.mark.parametrize("name", ["GITHUB_TOKEN", "GITHUB_REPOSITORY"])
def test_what_the_environment_lacks_is_named(api, monkeypatch, name) -> None:
    monkeypatch.delenv(name)

    with pytest.raises(DeriGateError, match=name):
        Hosting.from_environment()


def test_the_token_goes_nowhere_unencrypted(api, monkeypatch) -> None:
    monkeypatch.setenv("GITHUB_API_URL", "http://api.example.org")

    with pytest.raises(DeriGateError, match="no https address"):
        Hosting.from_environment()


class TestPropose:
    """A pull request of ours, from a clone with a bare remote."""

    @pytest.fixture
    def clone(self, repository, tmp_path):
        repository.write("reference_pool/pool.json", "old")
        repository.commit()
        repository.run("git", "init", "--quiet", "--bare", str(tmp_path / "remote.git"))
        repository.run("git", "remote", "add", "origin", str(tmp_path / "remote.git"))
        repository.run("git", "push", "--quiet", "origin", "main")
        return repository

    def propose(self, run):
        return run("ci", "propose", "reference_pool", "--title", "New pool", "--into", "main")

    def test_what_changed_is_pushed_and_proposed(self, clone, monkeypatch, run) -> None:
        monkeypatch.chdir(clone.folder)
        clone.write("reference_pool/pool.json", "new")
        clone.write("other.txt", "not asked for")
        said = self.run_in(clone, run, monkeypatch)
        branch = said[1].split()[0]

        assert said[0] == 0
        assert "proposed as pull request 7" in said[1]
        assert clone.run(
            "git", "show", "--format=%s%n%an", "--name-only", f"origin/{branch}"
        ).split("\n")[:4] == ["New pool", "github-actions[bot]", "", "reference_pool/pool.json"]
        assert clone.run("git", "rev-parse", "--abbrev-ref", "HEAD").strip() == "main"

    def test_nothing_new_is_no_pull_request(self, clone, api, monkeypatch, run) -> None:
        status, out, _ = self.run_in(clone, run, monkeypatch)

        assert status == 0
        assert "nothing changed" in out
        assert not [asked for asked in api.asked if asked.startswith("POST")]

    def test_the_same_twice_is_one(self, clone, api, monkeypatch, run) -> None:
        clone.write("reference_pool/pool.json", "new")
        _, out, _ = self.run_in(clone, run, monkeypatch)
        api.pulls.append({"at": f"o:{out.split()[0]}"})
        _, out, _ = self.run_in(clone, run, monkeypatch)

        assert "proposed already" in out
        assert len([asked for asked in api.asked if asked.startswith("POST")]) == 1

    def run_in(self, clone, run, monkeypatch):
        monkeypatch.chdir(clone.folder)
        return self.propose(run)
