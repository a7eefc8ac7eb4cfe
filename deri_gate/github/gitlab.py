"""Notes on a merge request, by GitLab's REST API: one a dataset, edited in place."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from deri_gate.github.api import (
    A_PAGE,
    MOST_PAGES,
    HostingError,
    answer_to,
    file_content,
    list_in,
    refuse_insecure,
)
from deri_gate.github.comment import comment_marker
from deri_gate.github.settings import PARAMS, settings_in

if TYPE_CHECKING:
    from collections.abc import Mapping

NEEDED = ("CI_API_V4_URL", "CI_PROJECT_ID", "CI_MERGE_REQUEST_IID", "GITLAB_TOKEN")
ADVICE = "Give GITLAB_TOKEN, a project access token with the scope `api` and the role Reporter."


def in_gitlab() -> bool:
    """True in a job of GitLab."""
    return bool(os.environ.get("GITLAB_CI"))


@dataclass(frozen=True, kw_only=True)
class MergeRequest:
    """A merge request of a project.

    Attributes:
        project: Address of the project in the API, https unless it is this machine.
        number: Number of the merge request in it.
        base: Commit that it is compared with.
        trusted: Whether the project's own branch was judged, and not a fork's.
        token: Allows what is asked; never shown.
    """

    project: str
    number: int
    base: str
    trusted: bool
    token: str = field(repr=False)

    @classmethod
    def from_environment(cls) -> MergeRequest:
        """Read the merge request of a job from its environment.

        Raises:
            HostingError: If a variable is missing.
        """
        for name in NEEDED:
            if not os.environ.get(name):
                fix = ADVICE if name == "GITLAB_TOKEN" else "Run this in a merge request pipeline."
                raise HostingError(f"{name} is not set", "", fix)
        api = refuse_insecure(os.environ["CI_API_V4_URL"].rstrip("/"), "CI_API_V4_URL")
        project = os.environ["CI_PROJECT_ID"]
        return cls(
            project=f"{api}/projects/{quote(project, safe='')}",
            number=int(os.environ["CI_MERGE_REQUEST_IID"]),
            base=os.environ.get("CI_MERGE_REQUEST_DIFF_BASE_SHA", "HEAD"),
            trusted=os.environ.get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID") == project,
            token=os.environ["GITLAB_TOKEN"],
        )

    def datasets(self) -> tuple[str, ...]:
        """Names of the datasets in the settings of the base."""
        file = quote(PARAMS, safe="")
        try:
            answer = self._ask("GET", f"repository/files/{file}?ref={quote(self.base, safe='')}")
        except HostingError as error:
            if error.code == HTTPStatus.NOT_FOUND:
                return ()
            raise
        settings = settings_in(file_content(answer), PARAMS)
        return () if settings is None else tuple(settings.datasets)

    def post(self, texts: Mapping[str, str]) -> list[str]:
        """Write each note, over the one of an earlier run where there is one.

        Returns:
            A line a note on what was done.
        """
        there = self._notes() if texts else []
        return [self._write(name, text, there) for name, text in texts.items()]

    def _write(self, name: str, text: str, there: list[dict[str, Any]]) -> str:
        notes = f"merge_requests/{self.number}/notes"
        known = next((n for n in there if n["body"].startswith(comment_marker(name))), None)
        if known is None:
            self._ask("POST", notes, {"body": text})
        elif known["body"] != text:
            self._ask("PUT", f"{notes}/{known['id']}", {"body": text})
        did = "written" if known is None else "edited" if known["body"] != text else "unchanged"
        return f"{name}: note {did} on merge request {self.number}"

    def _notes(self) -> list[dict[str, Any]]:
        """Notes of the token's own user: what another wrote is not ours to edit."""
        me = answer_to("GET", f"{self.project.partition('/projects/')[0]}/user", self._headers)
        own_notes: list[dict[str, Any]] = []
        for page in range(1, MOST_PAGES + 1):
            path = f"merge_requests/{self.number}/notes?per_page={A_PAGE}&page={page}"
            notes = list_in(self._ask("GET", path))
            own_notes += [note for note in notes if _is_by(note, me)]
            if len(notes) < A_PAGE:
                break
        return own_notes

    @property
    def _headers(self) -> dict[str, str]:
        return {"PRIVATE-TOKEN": self.token}

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        return answer_to(method, f"{self.project}/{path}", self._headers, body, advice=ADVICE)


def _is_by(note: dict[str, Any], user: Any) -> bool:
    """True if the user wrote the note, and it is whole."""
    author = note.get("author")
    if not isinstance(author, dict) or not isinstance(user, dict) or "id" not in user:
        return False
    whole = isinstance(note.get("body"), str) and "id" in note
    return whole and bool(author.get("id") == user["id"])
