"""Lists of params.yaml, in whichever way DVC hands them to a command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

PIPELINE = "--candidates"  # the option by which a stage of the pipeline is known


def spread(command: click.Command, words: Sequence[str]) -> list[str]:
    """Words of a stage with an option before each value: `--level a b` is `--level a --level b`.

    DVC writes the first form unless `parsing.list` is `append`, which a new repository does not
    have. Elsewhere `b` would be an argument. A stage names its arguments before its options, so
    that both forms mean the same there. Words of any other command stay as they are.

    Args:
        command: The command, whose repeatable options are known.
        words: What follows its name.
    """
    if PIPELINE not in words:
        return list(words)
    repeatable = {
        name
        for option in command.params
        if isinstance(option, click.Option) and option.multiple
        for name in option.opts
    }
    made: list[str] = []
    option = ""  # the repeatable one to which values belong
    for word in words:
        if word.startswith("-"):
            option = word if word in repeatable else ""
        elif option and made[-1] != option:
            made.append(option)
        made.append(word)
    return made
