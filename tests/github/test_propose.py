"""`deri-gate ci propose` and the branch of histories, against a stand-in API and a bare remote."""

from __future__ import annotations

import json
import shutil
from http.server import ThreadingHTTPServer

import pytest

from deri_gate.github.api import Hosting, HostingError
from deri_gate.github.history_branch import fetch_histories, keep_histories
from deri_gate.github.open_pull_request import propose_change
from deri_gate.runtime.resources import shipped
from tests.github.stand_in import StandIn, github_at, served

pytestmark = pytest.mark.enable_socket
TITLE = "Recalibrate the reference pool"
FORBIDDEN = {"message": "GitHub Actions is not permitted to create or approve pull requests."}
INVALID = {"message": "Validation Failed", "errors": [{"message": "No commits\x1b[31m between main and x"}]}  # fmt: skip


class Handler(StandIn):
    def do_GET(self) -> None:
        head = self.asked.get("head", "").partition(":")[2]
        pulls = [p for p in self.server.pulls if not head or p["head"]["ref"] == head]
        if self.asked["state"] == "open":
            pulls = [pull for pull in pulls if pull["state"] == "open"]
        self.answer(pulls if self.asked["page"] == "1" else [])

    def do_POST(self) -> None:
        body = self.body()
        if self.server.refusal:
            return self.answer(self.server.refusal[1], self.server.refusal[0])
        if self.path.endswith("/pulls"):
            number = 1 + len(self.server.pulls)
            head = {"ref": body["head"], "repo": {"full_name": "o/r"}}
            self.server.pulls.append({**body, "number": number, "state": "open", "head": head})
            return self.answer({"number": number}, 201)
        self.server.comments.append(body["body"])
        return self.answer({}, 201)

    def do_PATCH(self) -> None:
        body = self.body()
        number = int(self.path.rpartition("/")[2])
        self.server.pulls[number - 1] |= body
        self.answer({})


@pytest.fixture
def api(monkeypatch):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.pulls, server.comments, server.refusal = [], [], None
    for name, value in github_at(server).items():
        monkeypatch.setenv(name, value)
    with served(server):
        yield server
    server.server_close()


@pytest.fixture
def cloned(repository, tmp_path, api):
    """A repository with a pool and a remote."""
    repository.write("reference_pool/mine/pool.json", shipped_pool("smoke"))
    repository.write(".github/CODEOWNERS", "* @all\n/reference_pool/ @org/owners\n")
    repository.commit("first")
    repository.run("git", "clone", "--quiet", "--bare", ".", str(tmp_path / "remote.git"))
    repository.run("git", "remote", "add", "origin", str(tmp_path / "remote.git"))
    return repository


def shipped_pool(name: str) -> str:
    return (shipped("reference_pool") / name / "pool.json").read_text("utf-8")


def propose(repository, body="") -> str:
    return propose_change(
        ["reference_pool"], title=TITLE, body=body, base="main", root=repository.folder,
        hosting=Hosting.from_environment(),
    )  # fmt: skip


def test_a_change_is_proposed_once(cloned, api) -> None:
    """Whatever else has changed on main meanwhile; a closed proposal stays closed."""
    assert "nothing changed" in propose(cloned)
    cloned.write("reference_pool/mine/pool.json", shipped_pool("standard"))
    assert "proposed as pull request 1" in propose(cloned)
    assert "proposed already" in propose(cloned)
    branch = api.pulls[0]["head"]["ref"]
    changed = cloned.run("git", "ls-remote", "origin", branch).split()
    assert changed[1] == f"refs/heads/{branch}"

    api.pulls[0]["state"] = "closed"
    cloned.run("git", "reset", "--quiet")
    pool = (cloned.folder / "reference_pool/mine/pool.json").read_text("utf-8")
    cloned.run("git", "checkout", "--quiet", "--", ".")
    cloned.write("other.txt", "work goes on\n")
    cloned.commit("meanwhile")
    cloned.write("reference_pool/mine/pool.json", pool)
    assert "not opened again" in propose(cloned)
    assert len(api.pulls) == 1


def test_a_newer_proposal_takes_the_place_of_the_older(cloned, api) -> None:
    """Of this title and this repository alone."""
    api.pulls.append({"number": 1, "state": "open", "title": TITLE,
                      "head": {"ref": "deri-gate/of-a-fork", "repo": {"full_name": "mallory/r"}}})  # fmt: skip
    for name in ("standard", "paper-small"):
        cloned.write("reference_pool/mine/pool.json", shipped_pool(name))
        said = propose(cloned)

    assert "in place of #2" in said
    assert [pull["state"] for pull in api.pulls] == ["open", "closed", "open"]
    assert "Replaced by #3" in api.comments[0]


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (
            403,
            FORBIDDEN,
            "not permitted to create or approve pull requests. Turn on `Allow GitHub Actions",
        ),
        (422, INVALID, "Validation Failed; No commits"),
        (403, ["x"], "403 Forbidden. Give the job"),
    ],
)
def test_what_github_says_is_repeated(cloned, api, status, body, said) -> None:
    """And what to do about it; nothing in it reaches the terminal but text."""
    cloned.write("reference_pool/mine/pool.json", shipped_pool("standard"))
    api.refusal = (status, body)
    with pytest.raises(HostingError) as caught:
        propose(cloned)

    assert said in str(caught.value)
    assert "\x1b" not in str(caught.value)


def test_the_text_says_what_changed_and_who_has_to_approve(cloned, api, run, monkeypatch) -> None:
    """Members, scores, shares before and now, limits that moved, owners, the token."""
    pool = json.loads(shipped_pool("standard"))
    pool["left_out"] = {"lungtwin": "100% of its images | are those of 'lung'"}
    cloned.write("reference_pool/mine/pool.json", json.dumps(pool))
    folder = shipped("reference_pool") / "standard"
    shutil.copyfile(folder / "summary.json", cloned.folder / "reference_pool/mine/summary.json")
    cloned.write(
        "reference_pool/mine/expectations/limits.csv",
        "suite,metric,kind,severity,old,new,reason,crossed_by\n"
        "dataset_gate,sharpness,k,warning,50.0,38.2,r,\ndataset_gate,U,k,warning,1,1,r,\n",
    )
    monkeypatch.setenv("OWN_TOKEN", "false")
    monkeypatch.chdir(cloned.folder)
    status, _, err = run(
        "ci", "propose", "reference_pool", "--title", TITLE, "--pools", "reference_pool"
    )
    assert status == 0, err
    text = api.pulls[0]["body"]

    assert "brain" in text
    assert "lungtwin" in text
    assert "| sharpness | warning | 50.0 | 38.2 |" in text
    assert "| U |" not in text
    assert "| falls | none |" in text
    assert "@⁠" in text or "&#64;" in text  # nobody is called, and the owner is readable
    assert "org/owners" in text
    assert "@all" not in text
    assert "starts no checks" in text


def test_histories_live_on_a_branch_of_their_own(cloned, tmp_path) -> None:
    """Kept, fetched in another clone, and added to; main is not touched."""
    hosting, root = Hosting.from_environment(), cloned.folder
    out, other = tmp_path / "one", tmp_path / "other"
    assert fetch_histories("deri-gate/h", ["a"], out, root, hosting) is None
    (out / "a").mkdir(parents=True)
    (out / "a" / "history.csv").write_text("date\n1\n")
    assert keep_histories("deri-gate/h", out, root, hosting, parent=None)
    tip = fetch_histories("deri-gate/h", ["a", "b"], other, root, hosting)

    assert (other / "a" / "history.csv").read_text() == "date\n1\n"
    assert not (other / "b").exists()
    assert not keep_histories("deri-gate/h", other, root, hosting, parent=tip)
    (other / "b").mkdir()
    (other / "b" / "history.csv").write_text("date\n2\n")
    assert keep_histories("deri-gate/h", other, root, hosting, parent=tip)
    last = tmp_path / "last"
    fetch_histories("deri-gate/h", ["a", "b"], last, root, hosting)
    assert [(last / n / "history.csv").read_text() for n in "ab"] == ["date\n1\n", "date\n2\n"]
    assert cloned.run("git", "status", "--porcelain") == ""
