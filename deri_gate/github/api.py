"""GitHub's REST API, as far as a comment and a pull request need it."""

from __future__ import annotations

import base64
import json
import os
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from deri_gate.errors import DeriGateError
from deri_gate.reports.text import printable

if TYPE_CHECKING:
    from email.message import Message

SECONDS = 30.0  # that an answer may take
PAUSES = (1.0, 5.0, 20.0)  # seconds before a request is made once more
LONGEST_PAUSE = 60.0  # seconds that a job waits where the API says how long
A_PAGE = 100  # most that a page holds
MOST_PAGES = 50
MOST_WORDS = 65_536  # bytes of an answer that says no
FORBIDDEN = "not permitted to create or approve pull requests"  # GitHub's words
NO_BOTS = (
    "Turn on `Allow GitHub Actions to create and approve pull requests` under Settings, "
    "Actions, General, of the repository and of its organisation, or give another token."
)
BUSY = (HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT)
REPEATABLE = ("GET", "PUT", "PATCH")  # methods that do the same twice as once
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
        limited: Whether too much was asked for; nothing was done then.
        after: Seconds until the API answers again, as it says; None where it does not.
    """

    code = 0
    limited = False
    after: float | None = None


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
        listed: list[dict[str, Any]] = []
        joint = "&" if "?" in path else "?"
        for page in range(1, MOST_PAGES + 1):
            items = list_in(self.ask("GET", f"{path}{joint}per_page={A_PAGE}&page={page}"))
            listed += items
            if len(items) < A_PAGE:
                break
        return listed


def file_content(said: Any) -> bytes:
    """Content of a file in an API's answer.

    Raises:
        HostingError: If it is no file.
    """
    try:
        return base64.b64decode(said["content"], validate=False)
    except (KeyError, TypeError, ValueError) as error:
        raise HostingError("is no file there", "the answer", AGAIN) from error


def list_in(said: Any) -> list[dict[str, Any]]:
    """The items of an API's answer.

    Raises:
        HostingError: If it is no list of objects.
    """
    if not isinstance(said, list) or not all(isinstance(item, dict) for item in said):
        raise HostingError("is no list of objects", "the answer", AGAIN)
    return said


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
    """The answer of an API to one request, made again where the API is busy for a moment.

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
    for pause in PAUSES:
        try:
            return _answer(request, advice)
        except HostingError as error:
            if error.limited:
                pause = pause if error.after is None else error.after  # noqa: PLW2901
            elif error.code not in BUSY or method not in REPEATABLE:
                raise
            if pause > LONGEST_PAUSE:
                raise
        time.sleep(pause)
    return _answer(request, advice)


def _answer(request: urllib.request.Request, advice: str) -> Any:
    """The answer to one request, made once."""
    asked = f"{request.get_method()} {request.full_url.partition('?')[0]}"
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
            return json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        with error:
            raise _refusal(error, asked, advice) from error
    except (OSError, ValueError) as error:
        raise HostingError(str(error), asked, AGAIN) from error


def _refusal(error: urllib.error.HTTPError, asked: str, advice: str) -> HostingError:
    """Error for an API's no, with what to do about it."""
    words, after = _words_of(error), _seconds_left(error.headers)
    limited = error.code == HTTPStatus.TOO_MANY_REQUESTS or (
        error.code == HTTPStatus.FORBIDDEN and after is not None
    )
    fix = advice if error.code in REFUSED else AGAIN
    fix = NO_BOTS if FORBIDDEN in words else fix
    if limited:
        minutes = "a few" if after is None else f"{after / 60 + 1:.0f}"
        fix = f"Too much was asked for. Run the job again in {minutes} minutes."
    said = f"{error.code} {error.reason}{f': {words}' if words else ''}"
    refusal = HostingError(said.rstrip("."), asked, fix)
    refusal.code, refusal.limited, refusal.after = error.code, limited, after
    return refusal


def _seconds_left(headers: Message) -> float | None:
    """Seconds until an API answers again; None where it does not say that too much was asked."""
    if (wait := headers.get("Retry-After", "")).isdecimal():
        return float(wait)
    for prefix in ("X-RateLimit", "RateLimit"):  # of GitHub, and of GitLab
        reset = headers.get(f"{prefix}-Reset", "")
        if headers.get(f"{prefix}-Remaining") == "0" and reset.isdecimal():
            return max(0.0, float(reset) - time.time())
    return None


def _words_of(error: urllib.error.HTTPError) -> str:
    """The API's own words on a refusal, "" where it has none."""
    try:
        answer = json.loads(error.read(MOST_WORDS))
    except (OSError, ValueError):
        return ""
    message = answer.get("message") if isinstance(answer, dict) else None
    if not isinstance(message, str):
        return ""
    listed = answer.get("errors")
    more = [one.get("message") for one in listed or () if isinstance(one, dict)]
    return printable("; ".join([message, *(one for one in more if isinstance(one, str))]))
