"""Plain English: sentences, help lines, docstrings and words are as the house's dictionary says."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.testing import CliRunner

from deri_gate.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
PAGES = (
    ROOT / "README.md",
    ROOT / "SECURITY.md",
    ROOT / ".github" / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").glob("*.md")),
)
MODULES = sorted((ROOT / "deri_gate").rglob("*.py"))
AVERAGE, AVERAGE_OF_A_PAGE, LONGEST = 15, 15.5, 35  # words of a sentence
WIDTH, SHORT_HELP = 80, 45  # characters
LABEL = 3  # a block of fewer words is a label, not a sentence

FENCE = re.compile(r"^\s*```")
SPAN = re.compile(r"(`+)(?:(?!\1).)+\1")  # inline code is one word, whatever is in it
LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
ITEM = re.compile(r"^\s*(?:[*+-]|\d+\.)\s+")
RULE = re.compile(r"^\s*\|?[\s:|-]+\|?\s*$")  # between the head of a table and its rows
END = re.compile(r"(?<=[.!?])[*_)\"']*\s+(?=[*_(\"']*[A-Z0-9])")
ABBREVIATIONS = re.compile(r"\b(?:e\.g|i\.e|et al|vs|cf|approx|No)\.", re.IGNORECASE)
WORD = re.compile(r"[^\W_]")

# A first line is an imperative or a noun phrase, which these never begin.
BEGINNINGS = re.compile(
    r"(?:What|Whether|How|Of|The same|Likewise|As|For|See|Where|When|Which|Who|Why|If|That|Those"
    r"|None|It|Its|This|These|And|But|Not|Nothing|All that|Nobody|Some)\b"
)
# An argument's text says what its value is, so it does not lean on its name or on another text.
LEANING = re.compile(r"^ {4,}\*{0,2}[a-z_]\w*: (?:Of|See|As|The same|Likewise)\b", re.MULTILINE)
FORBIDDEN = re.compile(  # in the order of the dictionary; what is said instead stands there
    r"\b(?:blam\w+|culprits?|offenders?|(?:own|other) sides|(?:the|own|its|this|new|old) bar"
    r"|deals?|dealt|dealing|aspects?(?! ratio)|doses?(?! grids?\b)|doubts?|strangers?|lessons?"
    r"|taught|succession|surely|corrected p\b|likewise)\b",
    re.IGNORECASE,
)

# The same words, and others that are fine in a sentence, in names of the code.
UNSAID = re.compile(
    r"blamed?|culprits?|offenders?|deals?|dealt|aspects|doses?|doubts|strangers?|lessons?|course"
    r"|taught|succession|forked|questions",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Sentence:
    """A sentence of a page.

    Attributes:
        text: Its words on one line; a span of code is `Code`.
        words: Their number.
        in_table: True for a cell. Cells are short by nature, and would flatter the average.
    """

    text: str
    words: int
    in_table: bool


@cache
def sentences(page: str) -> tuple[Sentence, ...]:
    """All sentences of a page, without headings and blocks of code."""
    found = [
        Sentence(text, sum(bool(WORD.search(word)) for word in text.split()), in_table)
        for block, in_table in _blocks(page)
        for text in _split(block)
    ]
    return tuple(one for one in found if one.words >= LABEL)


def _split(block: str) -> list[str]:
    """The sentences of a block; spans of code and abbreviations end none."""
    plain = LINK.sub(r"\1", SPAN.sub("Code", block))
    plain = ABBREVIATIONS.sub(lambda found: found.group().replace(".", ""), plain)
    return [text.strip() for text in END.split(plain) if text.strip()]


def _blocks(page: str) -> Iterator[tuple[str, bool]]:
    """Paragraphs, items of lists and cells, each with whether it is a cell."""
    lines: list[str] = []
    for line in [*_prose(page), ""]:
        in_table = line.lstrip().startswith("|")
        if lines and (in_table or not line.strip() or line.startswith("#") or ITEM.match(line)):
            yield " ".join(lines), False
            lines = []
        if in_table and not RULE.match(line):
            cells = line.replace("\\|", "/").strip().strip("|").split("|")
            yield from ((cell.strip(), True) for cell in cells)
        elif line.strip() and not in_table and not line.startswith("#"):
            lines.append(ITEM.sub("", line).strip())


def _prose(page: str) -> Iterator[str]:
    """The lines outside of fenced and indented code, which leaves a blank line."""
    fenced = code = in_list = False
    before = ""
    for line in page.splitlines():
        fence = bool(FENCE.match(line))
        fenced ^= fence
        indented = line.startswith("    ")
        code = indented and (code or not (in_list or before.strip()))
        if line.strip() and not line.startswith(" "):
            in_list = bool(ITEM.match(line))
        before = "" if fence or fenced or code else line
        yield before


def text_of(node: ast.AST) -> str | None:
    """The docstring of a module, class or function."""
    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return ast.get_docstring(node)
    return None


def printed_text(parts: list[ast.AST]) -> Iterator[str]:
    """Strings of several words that are no docstrings: errors, help, sentences of reports."""
    holders = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in parts
        if isinstance(node, holders) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in parts:
        if isinstance(node, ast.Constant) and id(node) not in docstrings:
            text = node.value
            if isinstance(text, str) and " " in text.strip():
                yield text


def commands() -> list[tuple[str, click.Command]]:
    """Every command by its words, groups included."""
    found: list[tuple[str, click.Command]] = [("", main)]
    for words, command in found:
        if isinstance(command, click.Group):
            for name in command.list_commands(click.Context(command)):
                known = command.get_command(click.Context(command), name)
                assert known is not None
                found.append((f"{words} {name}".strip(), known))
    return found


COMMANDS = commands()


def test_the_splitter_counts_as_a_person_does() -> None:
    """Code blocks, headings and rules are no sentences; cells, items and spans of code are."""
    page = (
        "# A title of four words\n\nOne two `three four` five. Six is\na number of it!\n\n"
        "    indented code is not counted here\n\n```\nnor is fenced code\n```\n"
        "* The first item has six words\n    and four more below it\n* Short one\n\n"
        "| head of it | x |\n|---|---|\n| a cell of words | y |\n\n"
        "See Smith et al. 2020 and [the long page](a.md). Then 3 more."
    )

    found = [(one.words, one.in_table) for one in sentences(page)]

    assert found == [
        (4, False), (6, False), (11, False), (3, True), (4, True), (9, False), (3, False),
    ]  # fmt: skip


def test_sentences_of_a_page_are_short() -> None:
    """On average 15.5 words at most, and none of more than 35, cells included."""
    averages, long = {}, []
    for page in PAGES:
        found = sentences(page.read_text("utf-8"))
        lengths = [one.words for one in found if not one.in_table]
        averages[page.name] = sum(lengths) / len(lengths)
        long += [f"{page.name}: {one.text}" for one in found if one.words > LONGEST]

    assert {name: mean for name, mean in averages.items() if mean > AVERAGE_OF_A_PAGE} == {}
    assert long == []


def test_sentences_are_short_on_average() -> None:
    """15 words at most, over README and all pages together."""
    lengths = [
        one.words
        for page in PAGES
        for one in sentences(page.read_text("utf-8"))
        if not one.in_table
    ]

    assert len(lengths) > 500  # the pages were found
    assert sum(lengths) / len(lengths) <= AVERAGE


def test_help_fits_the_terminal() -> None:
    """No line is longer than 80 characters, and no line of a list is cut."""
    for words, command in COMMANDS:
        shown = CliRunner().invoke(main, [*words.split(), "--help"], terminal_width=WIDTH).output

        assert shown.startswith("Usage:"), words
        assert [line for line in shown.splitlines() if len(line) > WIDTH] == [], words
        listed = command.commands.values() if isinstance(command, click.Group) else ()
        short = [one.get_short_help_str(limit=1_000) for one in listed]
        assert all(text and text in shown for text in short), words
        assert [text for text in short if len(text) > SHORT_HELP] == [], words


def test_help_begins_as_docstrings_do() -> None:
    """A command with an imperative, an option with what its value is."""
    for words, command in COMMANDS:
        options = [one for one in command.params if isinstance(one, click.Option)]
        first_lines = [command.help or "", *(one.help or "" for one in options)]

        assert [text for text in first_lines if BEGINNINGS.match(text)] == [], words
        assert [text for text in first_lines if FORBIDDEN.search(text)] == [], words


def test_a_page_has_no_word_of_our_own() -> None:
    """The dictionary has the field's word for each."""
    found = [
        f"{page.name}:{number}: {word.group()}"
        for page in PAGES
        for number, line in enumerate(page.read_text("utf-8").splitlines(), 1)
        for word in FORBIDDEN.finditer(line)
    ]

    assert found == []


def names_in(parts: list[ast.AST]) -> Iterator[str]:
    """Names that the code gives to functions, classes, arguments and variables."""
    for node in parts:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def test_no_name_in_the_code_has_a_word_of_our_own(parts) -> None:
    """Nor has code, where a reader meets `label_evidence` and not `doubts`."""
    names = {name for path in MODULES for name in names_in(parts[path])}
    words = {name: re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", name).split() for name in names}

    assert len(names) > 3_000  # they were found
    assert [n for n in sorted(names) if any(map(UNSAID.fullmatch, words[n]))] == []


def test_nothing_printed_has_a_word_of_our_own(parts) -> None:
    """Errors, help and sentences of reports, templates and limits included."""
    texts = [(path, text) for path in MODULES for text in printed_text(parts[path])]
    others = [*(ROOT / "deri_gate").rglob("*.jinja"), *(ROOT / "expectations").glob("*.json")]
    texts += [(path, line) for path in others for line in path.read_text("utf-8").splitlines()]

    assert len(texts) > 1_000  # they were found
    assert [(path.name, text) for path, text in texts if FORBIDDEN.search(text)] == []


def test_docstrings_begin_with_a_deed_or_a_thing(parts) -> None:
    """An imperative or a noun phrase that says what comes out."""
    first_lines = [
        (f"{path.relative_to(ROOT)}:{getattr(node, 'name', '')}", text.splitlines()[0])
        for path in MODULES
        for node in parts[path]
        if (text := text_of(node))
    ]

    assert len(first_lines) > 2_000  # they were found
    assert [(place, text) for place, text in first_lines if BEGINNINGS.match(text)] == []


def test_arguments_and_fields_say_what_they_are(parts) -> None:
    """Not "Of ...", "See ...", "As above" or "The same", which lean on something else."""
    docstrings = [
        (path.relative_to(ROOT).as_posix(), text)
        for path in MODULES
        for node in parts[path]
        if (text := text_of(node)) and re.search(r"^(?:Args|Attributes):$", text, re.MULTILINE)
    ]

    assert len(docstrings) > 300  # they were found
    assert [(path, found) for path, text in docstrings for found in LEANING.findall(text)] == []


def test_errors_say_what_to_do(parts) -> None:
    """A text of three parts: what is wrong, where, and what to do; the third is never left out."""
    kinds = {"SettingError", "DatasetError", "PoolError", "HostingError"}
    silent = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in MODULES
        for call in parts[path]
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") in kinds
        if not [*call.args[2:], *(word for word in call.keywords if word.arg == "fix")]
    ]

    assert silent == []
