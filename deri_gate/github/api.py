"""GitHub's REST API, as far as a comment and a pull request need it."""

from __future__ import annotations

import base64
import json
import os
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from deri_gate.errors import DeriGateError
from deri_gate.reports.text import printable

SECONDS = 30.0  # that an answer may take
A_PAGE = 100  # most that a page holds
MOST_PAGES = 50
MOST_WORDS = 65_536  # bytes of an answer that says no
FORBIDDEN = "not permitted to create or approve pull requests"  # GitHub's words
NO_BOTS = (
    "Turn on `Allow GitHub Actions to create and approve pull requests` under Settings, "
    "Actions, General, of the repository and of its organisation, or give another token."
)
REFUSED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)
AGAIN = "Run the job again."
ADVICE = "Give the job the permission `pull-requests: write`, and the token of this run."
HOW_TO_SET = {
    "GITHUB_REPOSITORY": "Every workflow has it. Elsewhere, see the comment with --dry-run.",
    "GITHUB_TOKEN": "Set it in the step's env: GITHUB_TOKEN: ${{ github.token }}.",
}


class HostingError(DeriGateError):
    """The API cannot be reached, or says no.

    Attributes:
        code: HTTP's, 0 where there was no answer.
    """

    code = 0


@dataclass(frozen=True, kw_only=True)
class Hosting:
    """One repository at one API.

    Attributes:
        api: The API's address, https unless it is this machine.
        repository: owner/name.
        token: Allows what is asked; never shown.
    """

    api: str
    repository: str
    token: str = field(repr=False)

    @classmethod
    def from_environment(cls) -> Hosting:
        """Read the access of a workflow from its environment.

        Raises:
            HostingError: If a variable is missing.
        """
        for name in ("GITHUB_REPOSITORY", "GITHUB_TOKEN"):
            if not os.environ.get(name):
                raise HostingError(f"{name} is not set", "", HOW_TO_SET[name])
        api = os.environ.get("GITHUB_API_URL", "https://api.github.com").rstrip("/")
        refuse_insecure(api, "GITHUB_API_URL")
        return cls(
            api=api,
            repository=os.environ["GITHUB_REPOSITORY"],
            token=os.environ["GITHUB_TOKEN"],
        )

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """The answer to one request, below the repository's address.

        Raises:
            HostingError: If there is none, or it is no.
        """
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        return answer_to(method, f"{self.api}/repos/{self.repository}/{path}", headers, body)

    def file(self, path: str, ref: str) -> bytes | None:
        """Content of a file at a revision; None where there is no such file.

        Raises:
            HostingError: If the answer is another no, or no file.
        """
        try:
            said = self.ask("GET", f"contents/{quote(path)}?ref={quote(ref, safe='')}")
        except HostingError as error:
            if error.code == HTTPStatus.NOT_FOUND:
                return None
            raise
        return file_content(said)

    def listed(self, path: str) -> list[dict[str, Any]]:
        """All items of a list, page by page."""
        found: list[dict[str, Any]] = []
        joint = "&" if "?" in path else "?"
        for page in range(1, MOST_PAGES + 1):
            items = self.ask("GET", f"{path}{joint}per_page={A_PAGE}&page={page}")
            found += items
            if len(items) < A_PAGE:
                break
        return found


def file_content(said: Any) -> bytes:
    """Content of a file in an API's answer.

    Raises:
        HostingError: If it is no file.
    """
    try:
        return base64.b64decode(said["content"], validate=False)
    except (KeyError, TypeError, ValueError) as error:
        raise HostingError("is no file there", "the answer", AGAIN) from error


def refuse_insecure(address: str, variable: str) -> str:
    """The address of an API, if it is one to which a token may be sent.

    Raises:
        HostingError: If it is not https, and not this machine.
    """
    if not address.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
        raise HostingError("is no https address", address, f"Correct {variable}.")
    return address


def answer_to(
    method: str,
    address: str,
    headers: dict[str, str],
    body: dict[str, Any] | None = None,
    *,
    advice: str = ADVICE,
) -> Any:
    """The answer of an API to one request.

    Args:
        method: HTTP's.
        address: Address whose scheme was looked at.
        headers: With the token.
        body: Content to send as JSON, if any.
        advice: Sentence on what to do where the token is not enough.

    Raises:
        HostingError: If there is no answer, or it is no.
    """
    request = urllib.request.Request(  # noqa: S310  # the scheme was looked at
        address,
        data=None if body is None else json.dumps(body).encode(),
        method=method,
        headers={"User-Agent": "deri-gate", "Content-Type": "application/json", **headers},
    )
    asked = f"{method} {address.partition('?')[0]}"
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
            return json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        with error:
            words = _words_of(error)
        fix = advice if error.code in REFUSED else AGAIN
        said = f"{error.code} {error.reason}{f': {words}' if words else ''}"
        refusal = HostingError(said.rstrip("."), asked, NO_BOTS if FORBIDDEN in words else fix)
        refusal.code = error.code
        raise refusal from error
    except (OSError, ValueError) as error:
        raise HostingError(str(error), asked, AGAIN) from error


def _words_of(error: urllib.error.HTTPError) -> str:
    """The API's own words on a refusal, "" where it has none."""
    try:
        found = json.loads(error.read(MOST_WORDS))
    except (OSError, ValueError):
        return ""
    message = found.get("message") if isinstance(found, dict) else None
    if not isinstance(message, str):
        return ""
    listed = found.get("errors")
    more = [one.get("message") for one in listed or () if isinstance(one, dict)]
    return printable("; ".join([message, *(one for one in more if isinstance(one, str))]))
