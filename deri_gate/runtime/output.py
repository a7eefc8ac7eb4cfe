"""Safe printing: whatever a name holds, no line of ours is a command to a log reader.

A runner of workflows reads what a step prints. GitHub takes `::command::` at the start of a line
and `##[command]` anywhere in it for its own, Azure and TeamCity `##word[`. A file's name may hold
these, and codes that move a terminal's cursor or turn the direction of writing.
"""

from __future__ import annotations

import errno
import os
import re
import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from deri_gate.errors import SettingError, words_of_error

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TextIO

BRACKET = re.compile(r"##[A-Za-z]*$")  # what makes a command of a bracket after it
OURS = re.compile(r"::(?:error|warning|notice) [^\r\n]*")  # annotations; they start nothing else
MOVES = re.compile(r"(?:\x1b\[A)+")  # up a line, as a progress bar below another has it
STYLES = re.compile(r"(\x1b\[[0-9;]*m|\x1b\]8;[\w=.-]*;(?:file://[!-~]*)?\x1b\\)")  # colour, link
LINE_END, TAB = "\n", "\t"
KEPT = 80  # characters of a begun line that are remembered: no command's word is longer
NO_READER = (errno.EPIPE, errno.EINVAL)  # the latter on Windows


def defused(text: str, begun: str = "") -> str:
    r"""Text that is no command in a log, and that shows on a terminal as it stands.

    What cannot be printed becomes an escape such as ``\x1b``; a space breaks what would be a
    command. Line breaks stay.

    Args:
        text: Any text.
        begun: What stands on its first line before it.
    """
    lines = text.split(LINE_END)
    first = _defused_line(lines[0], begun)
    return LINE_END.join([first, *(_defused_line(line, "") for line in lines[1:])])


def _defused_line(line: str, begun: str) -> str:
    if not line.isprintable():
        line = "".join(c if c.isprintable() or c == TAB else escape(c) for c in line)
    if "[" in line and "#" in begun + line:
        line = _without_brackets(line, begun)
    start = (begun + line).lstrip()
    if start.startswith("::") and not begun.lstrip().startswith("::"):
        colons = line.index(":") + (0 if begun.lstrip().startswith(":") else 1)
        line = f"{line[:colons]} {line[colons:]}"
    return line


def _without_brackets(line: str, begun: str) -> str:
    done = ""
    for part in re.split(r"(\[)", line):
        breaks = part == "[" and BRACKET.search((begun + done)[-KEPT:])
        done += f" {part}" if breaks else part
    return done


def escape(character: str) -> str:
    r"""A character that cannot be printed, as people read it: ``\x1b``."""
    return f"\\x{ord(character):02x}"


def defused_json(text: str) -> str:
    """JSON of the same value in characters that can be printed, and no command in it.

    Args:
        text: A document; outside of its strings there are brackets, but no signs before them.
    """
    text = text.replace("##", "#\\u0023")
    return LINE_END.join(map(_escaped_json, text.split(LINE_END)))


def _escaped_json(line: str) -> str:
    if line.isprintable():
        return line
    return "".join(c if c.isprintable() else _unicode_escape(c) for c in line)


def _unicode_escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2))


class GuardedStream:
    """A text stream through which nothing passes but what is no command.

    Everything that Python code prints comes by, that of libraries and warnings too. It has no
    `buffer`: bytes would go past it.
    """

    def __init__(self, stream: TextIO, *, progress: bool) -> None:
        self._stream = stream
        self._progress = progress  # whether bars are drawn: a return to the line's start is theirs
        self._begun = ""

    def write(self, text: str) -> int:
        """Write it defused.

        Raises:
            TypeError: If it is no text.
        """
        if not isinstance(text, str):
            raise TypeError(f"a string is needed, not {type(text).__name__}")
        if self._progress and MOVES.fullmatch(text):
            self._put(text)
            return len(text)
        if self._progress and text.startswith("\r"):
            self._begun = ""
            self._put("\r")
            text = text[1:]
        safe = defused(text, self._begun)
        self._put(safe)
        self._begun = (self._begun + safe).rpartition(LINE_END)[2]
        if len(self._begun) > 2 * KEPT:
            self._begun = f"{self._begun.lstrip()[:KEPT]}{self._begun[-KEPT:]}"
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write each."""
        for line in lines:
            self.write(line)

    def annotate(self, command: str) -> None:
        """Write an annotation of ours, a command for the runner; anything else is text."""
        if OURS.fullmatch(command):
            self.write("" if not self._begun else LINE_END)
            self._put(command + LINE_END)
        else:
            self.write(command + LINE_END)

    def paint(self, text: str) -> None:
        """Write text with colours and links to files of ours; all else in it is defused."""
        for part in STYLES.split(text):
            if STYLES.fullmatch(part):
                self._put(part)
            else:
                self.write(part)

    def flush(self) -> None:
        """Hand on what waits.

        Raises:
            SettingError: As `_put`.
        """
        try:
            self._stream.flush()
        except OSError as error:
            self._drop(error)

    def _put(self, text: str) -> None:
        if not text:  # click tries a stream by writing nothing, and keeps a full disk to itself
            return
        try:
            self._stream.write(text)
        except UnicodeEncodeError:
            code = getattr(self._stream, "encoding", None) or "ascii"
            self._stream.write(text.encode(code, "backslashreplace").decode(code))
        except OSError as error:
            self._drop(error)

    def _drop(self, error: OSError) -> None:
        """Let all else that is printed go nowhere: the verdict is the exit status, too.

        Raises:
            SettingError: If it is the result that cannot be written, and not for want of a reader.
        """
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)
        if not (self._progress or error.errno in NO_READER):
            what = f"cannot be written ({words_of_error(error)})"
            raise SettingError(what, "standard output", "Make room, or print elsewhere.") from error

    def __getattr__(self, name: str) -> Any:
        if name == "buffer":
            raise AttributeError(name)
        return getattr(self._stream, name)


@contextmanager
def guarded_output() -> Iterator[None]:
    """Let all that is printed meanwhile go through the guard."""
    streams = sys.stdout, sys.stderr
    with ExitStack() as opened:
        out, err = (one or opened.enter_context(_nowhere()) for one in streams)
        sys.stdout = GuardedStream(out, progress=False)
        sys.stderr = GuardedStream(err, progress=True)
        try:
            yield
        finally:
            sys.stdout, sys.stderr = streams


def _nowhere() -> TextIO:
    """Stream for one that was closed before the program began: Python has None there."""
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123  # a device


def annotate(commands: Iterable[str]) -> None:
    """Print annotations of ours, the only commands that a log of ours holds."""
    out = sys.stdout
    for command in commands:
        if isinstance(out, GuardedStream):
            out.annotate(command)
        else:
            out.write(defused(command) if not OURS.fullmatch(command) else command)
            out.write(LINE_END)


def paint(text: str) -> None:
    """Print text whose colours and links are ours."""
    out = sys.stdout
    if isinstance(out, GuardedStream):
        out.paint(text)
    else:
        out.write(text)
