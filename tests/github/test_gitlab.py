"""Notes on a merge request, against a server on this machine that keeps them."""

from __future__ import annotations

import base64
from http.server import ThreadingHTTPServer
from urllib.parse import urlparse

import pytest

from deri_gate.github.comment import comment_marker
from tests.github.stand_in import StandIn, served

PROJECT, ME, SOMEBODY = "42", 7, 8
NOTES = f"/projects/{PROJECT}/merge_requests/5/notes"


class Api(ThreadingHTTPServer):
    """As much of GitLab's API as is asked for."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.notes: list[dict] = []
        self.params: str | None = "gate: {datasets: {scans: data, films: films}}"
        self.refs: list[str] = []


class Handler(StandIn):
    def do_GET(self) -> None:
        url = urlparse(self.path)
        assert self.headers["PRIVATE-TOKEN"] == "secret"
        if url.path == "/user":
            return self.answer({"id": ME})
        if url.path == f"/projects/{PROJECT}/repository/files/params.yaml":
            self.server.refs.append(self.asked["ref"])
            if self.server.params is None:
                return self.answer({}, 404)
            return self.answer({"content": base64.b64encode(self.server.params.encode()).decode()})
        assert url.path == NOTES
        return self.answer_page(self.server.notes)

    def do_POST(self) -> None:
        assert self.path == NOTES
        note = {"id": 100 + len(self.server.notes), "author": {"id": ME}, **self.body()}
        self.server.notes.append(note)
        self.answer(note, 201)

    def do_PUT(self) -> None:
        known = next(n for n in self.server.notes if self.path == f"{NOTES}/{n['id']}")
        known.update(self.body())
        self.answer(known)


@pytest.fixture
def api(monkeypatch):
    server = Api()
    for name, value in {
        "GITLAB_CI": "true",
        "GITLAB_TOKEN": "secret",
        "CI_API_V4_URL": f"http://127.0.0.1:{server.server_port}",
        "CI_PROJECT_ID": PROJECT,
        "CI_MERGE_REQUEST_IID": "5",
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": "b" * 40,
        "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": PROJECT,
    }.items():
        monkeypatch.setenv(name, value)
    server.pauses = []  # seconds that would have been waited
    monkeypatch.setattr("deri_gate.github.api.time.sleep", server.pauses.append)
    with served(server):
        yield server


@pytest.fixture
def reports(tmp_path):
    def make(**texts: str):
        for name, text in texts.items():
            folder = tmp_path / "reports" / name
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "summary.md").write_text(text, "utf-8")
            (folder / "report.txt").write_text(f"text of {text}", "utf-8")
        return tmp_path / "reports"

    return make


@pytest.mark.enable_socket
def test_one_note_a_dataset_edited_in_place(api, run, reports) -> None:
    """The second run edits, the third leaves it; the base's settings name the datasets."""
    for text, did in (("first", "written"), ("second", "edited"), ("second", "unchanged")):
        status, out, _ = run("ci", "comment", reports(scans=text, films=text, strange=text))
        assert status == 0
        assert out.count(f"note {did} on merge request 5") == 2

    assert [note["body"] for note in api.notes] == [
        "<!-- deri-gate: films -->\nsecond", "<!-- deri-gate: scans -->\nsecond",
    ]  # fmt: skip
    assert set(api.refs) == {"b" * 40}


@pytest.mark.enable_socket
def test_notes_of_others_are_left_alone(api, run, reports) -> None:
    """Even if they quote ours, on the first of several pages."""
    quoted = {"author": {"id": SOMEBODY}, "body": f"{comment_marker('scans')}\nhaha"}
    api.notes += [{"id": i, **quoted} for i in range(120)]

    run("ci", "comment", reports(scans="ours"))
    run("ci", "comment", reports(scans="ours again"))

    assert len(api.notes) == 121
    assert api.notes[-1]["body"].endswith("ours again")


@pytest.mark.enable_socket
def test_a_fork_is_shown_as_text(api, run, reports, monkeypatch) -> None:
    monkeypatch.setenv("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "666")
    run("ci", "comment", reports(scans="**bold**"))

    assert "~~~text\ntext of **bold**\n~~~" in api.notes[0]["body"]


@pytest.mark.enable_socket
def test_a_base_without_settings(api, run, reports) -> None:
    api.params = None

    assert "there is nothing to comment on" in run("ci", "comment", reports(scans="x"))[1]


@pytest.mark.enable_socket
@pytest.mark.parametrize(
    ("refusals", "waited"),
    [
        ([(503, {})], [1.0]),
        ([(502, {}), (504, {})], [1.0, 5.0]),
        ([(429, {})], [1.0]),
        ([(429, {"Retry-After": "7"})], [7.0]),
        ([(403, {"Retry-After": "3"})], [3.0]),  # GitHub's secondary limit
        ([(429, {"RateLimit-Remaining": "0", "RateLimit-Reset": "1"})], [0.0]),  # long past
    ],
)
def test_a_server_that_is_busy_is_asked_again(api, run, reports, refusals, waited) -> None:
    api.refusals = [*refusals]

    assert run("ci", "comment", reports(scans="x"))[0] == 0
    assert len(api.notes) == 1
    assert api.pauses == waited


@pytest.mark.enable_socket
@pytest.mark.parametrize(
    "case",
    [
        ((401, {}), ("401", "GITLAB_TOKEN", "scope `api`"), 1),
        ((403, {}), ("403", "GITLAB_TOKEN"), 1),
        ((422, {}), ("422", "Run the job again."), 1),
        ((500, {}), ("500", "Run the job again."), 1),
        ((503, {}), ("503", "Run the job again."), 4),
        ((429, {"Retry-After": "600"}), ("429", "again in 11 minutes"), 1),
        ((429, {}), ("429", "again in a few minutes"), 4),
    ],
)
def test_a_no_says_what_to_do(api, run, reports, case) -> None:
    """In one line with status 2, never the token; and a job does not wait for ever."""
    refusal, words, asked = case
    api.refusals = [refusal] * 9
    status, _, error = run("ci", "comment", reports(scans="x"))

    assert (status, api.notes) == (2, [])
    assert all(word in error for word in words), error
    assert "secret" not in error
    assert "Traceback" not in error
    assert 9 - len(api.refusals) == asked


@pytest.mark.enable_socket
def test_a_note_is_not_written_twice_where_the_answer_is_lost(api, run, reports) -> None:
    """A gateway that gives up may have passed the note on."""
    original = Handler.do_POST

    def lost(handler) -> None:
        handler.server.notes.append({"id": 1, "author": {"id": ME}, **handler.body()})
        handler.answer({}, 504)

    Handler.do_POST = lost
    try:
        status, _, error = run("ci", "comment", reports(scans="x"))
    finally:
        Handler.do_POST = original

    assert (status, len(api.notes)) == (2, 1)
    assert "Run the job again" in error
    assert run("ci", "comment", reports(scans="x"))[1].count("note unchanged") == 1


@pytest.mark.enable_socket
@pytest.mark.parametrize("body", [{"message": "odd"}, ["odd"], None])
def test_an_answer_of_another_form_is_no_bug_of_ours(api, run, reports, monkeypatch, body) -> None:
    monkeypatch.setattr(Handler, "answer_page", lambda handler, _: handler.answer(body))
    status, _, error = run("ci", "comment", reports(scans="x"))

    assert status == 2
    assert "is no list of objects" in error
    assert "Traceback" not in error


@pytest.mark.enable_socket
def test_notes_that_are_not_whole_are_left_alone(api, run, reports) -> None:
    """A system note has no author that is ours, and a deleted one may have none."""
    marked = f"{comment_marker('scans')}\nold"
    api.notes += [{"id": 1, "author": None, "body": marked}, {"author": {"id": ME}, "body": marked}]

    assert run("ci", "comment", reports(scans="x"))[0] == 0
    assert len(api.notes) == 3


@pytest.mark.parametrize("name", ["GITLAB_TOKEN", "CI_MERGE_REQUEST_IID"])
def test_a_missing_variable_is_named(run, reports, monkeypatch, name) -> None:
    for one in ("CI_API_V4_URL", "CI_PROJECT_ID", "CI_MERGE_REQUEST_IID", "GITLAB_TOKEN"):
        monkeypatch.setenv(one, "1")
    monkeypatch.setenv("GITLAB_CI", "true")
    monkeypatch.delenv(name)
    status, _, error = run("ci", "comment", reports(scans="x"))

    assert status == 2
    assert f"{name} is not set" in error


def test_a_token_is_not_sent_over_http(run, reports, monkeypatch) -> None:
    for one in ("CI_PROJECT_ID", "CI_MERGE_REQUEST_IID", "GITLAB_TOKEN", "GITLAB_CI"):
        monkeypatch.setenv(one, "1")
    monkeypatch.setenv("CI_API_V4_URL", "http://gitlab.example/api/v4")

    assert "is no https address" in run("ci", "comment", reports(scans="x"))[2]


@pytest.mark.parametrize("where", ["GITLAB_CI", "GITHUB_ACTIONS", "HOME_ALONE"])
def test_a_dry_run_prints_and_asks_nobody(run, reports, monkeypatch, where) -> None:
    """Without a token, a variable or a network: tests have none."""
    for one in ("GITHUB_REPOSITORY", "GITHUB_TOKEN", "GITLAB_TOKEN", "GITLAB_CI"):
        monkeypatch.delenv(one, raising=False)
    monkeypatch.setenv(where, "true")
    status, out, _ = run("ci", "comment", reports(scans="of scans", films="of films"), "--dry-run")
    assert (status, out.count("<!-- deri-gate: ")) == (0, 2)
    assert "of scans" in out

    _, out, _ = run("ci", "comment", reports(), "--dry-run", "--datasets", '["films"]')
    assert "of films" in out
    assert "of scans" not in out
