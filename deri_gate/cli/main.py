"""The command line: parse, one call, print, status. A command is a library function."""

from __future__ import annotations

import os
import sys
import traceback

import click

from deri_gate import __version__
from deri_gate.cli.exits import NOT_JUDGED
from deri_gate.cli.lazy import LazyGroup, ListedCommand
from deri_gate.cli.refusals import machine_refusal
from deri_gate.errors import DeriGateError
from deri_gate.runtime.interrupts import interrupted_status, prompt_interrupts
from deri_gate.runtime.kept_words import forget_notes, kept_words
from deri_gate.runtime.output import guarded_output
from deri_gate.runtime.process import settle_in

PROGRAM, COMPLETION = "deri-gate", "_DERI_GATE_COMPLETE"
JUDGE, CALIBRATE, REPOSITORY = "Judge", "Calibrate", "Pull requests"
COMMANDS = (
    ListedCommand("check", "Measure, score and judge a dataset.", JUDGE),
    ListedCommand("compare", "Compare a batch with a baseline: drift.", JUDGE),
    ListedCommand("measure", "Measure a dataset: raw values only.", JUDGE),
    ListedCommand("review", "List suspects to decide on; apply decisions.", JUDGE),
    ListedCommand("report", "Render a report again from its files.", JUDGE),
    ListedCommand("score", "Score raw values against a pool.", JUDGE),
    ListedCommand("estimate", "Estimate time and memory of a check.", JUDGE),
    ListedCommand("cache", "Show or delete cached results.", JUDGE),
    ListedCommand("plugins", "List metrics, readers and formats.", JUDGE),
    ListedCommand("init", "Set up the gate in a repository.", REPOSITORY),
    ListedCommand("ci", "Run the steps of the workflow.", REPOSITORY),
    ListedCommand("candidates", "Look at the candidates for a pool.", CALIBRATE),
    ListedCommand("variants", "Write damaged variants of a dataset.", CALIBRATE),
    ListedCommand("probe", "Train probes on a dataset and its variants.", CALIBRATE),
    ListedCommand("impact", "Derive weights from results of probes.", CALIBRATE),
    ListedCommand("calibrate", "Make a reference pool of measured datasets.", CALIBRATE),
    ListedCommand("pool", "Look at reference pools, and compare two.", CALIBRATE),
    ListedCommand("limits", "Propose the limits that go with a pool.", CALIBRATE),
    ListedCommand("sensitivity", "Measure how subscores follow damage.", CALIBRATE),
    ListedCommand("properties", "Measure what the number must do.", CALIBRATE),
    ListedCommand("detection", "Measure what `check --base` detects.", CALIBRATE),
    ListedCommand("summary", "Summarise a pool and its study.", CALIBRATE),
)


@click.group(
    cls=LazyGroup,
    package="deri_gate.cli",
    entries=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name=PROGRAM)
def main() -> None:
    """A quality gate for image-classification datasets.

    DATASET is a folder <class>/<image> or <split>/<class>/<image>, a manifest (.csv, .tsv,
    .jsonl, .parquet), a folder or file as the Hugging Face hub has it, tar shards, a MedMNIST
    file (.npz), or medmnist:NAME[@size]. git:REVISION:PATH is one at another git revision, and
    an address (s3://, gs://, az://, https://) is one elsewhere.

    Exit status: 0 passed, 1 the gate failed, 2 it could not judge.
    """


def run() -> None:
    """Entry point: what was foreseen is one line, a bug is traced; 1 means the dataset failed."""
    if os.environ.get(COMPLETION):
        main(prog_name=PROGRAM)  # bytes for the shell: our own words, and what was typed
    settle_in()
    forget_notes()
    try:
        with guarded_output(), prompt_interrupts(say_interrupted):
            _run()
    except KeyboardInterrupt as stop:  # between the steps of the two, before or after the command
        say_interrupted()
        sys.exit(interrupted_status(stop))
    except Exception as error:  # noqa: BLE001  # of the two: Python would end with 1
        _say_unforeseen(error)


def _run() -> None:
    try:
        status = main(prog_name=PROGRAM, standalone_mode=False)
        sys.stdout.flush()
        if status:  # of `ctx.exit`; a command returns nothing
            sys.exit(status)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except (click.Abort, KeyboardInterrupt) as stop:
        say_interrupted()
        sys.exit(interrupted_status(stop))
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        fix = f"Run `{context.command_path} --help`." if context else ""
        _say(f"{_ended(error.format_message())} {fix}")
    except DeriGateError as error:
        _say(error.told)
    except Exception as error:  # noqa: BLE001  # not the dataset's failure
        _say_unforeseen(error)


def _say_unforeseen(error: Exception) -> None:
    """Say what the system refuses, where, and what to do; or trace a bug of ours."""
    told = machine_refusal(error)
    if told:
        _say(told)
    traceback.print_exc()  # standard error is guarded: a stranger's name in it is text
    _say("this is a bug in deri-gate. Please report it with the lines above.")


def _ended(text: str) -> str:
    """The text with one stop, or the question mark that it has."""
    text = text.rstrip(".")
    return text if text.endswith(("?", "!")) else f"{text}."


def say_interrupted() -> None:
    """Say that there is no verdict, and what is kept."""
    click.echo(f"deri-gate: interrupted. No verdict was reached. {kept_words()}", err=True)


def _say(line: str) -> None:
    click.echo(f"deri-gate: {' '.join(line.split())}", err=True)
    sys.exit(NOT_JUDGED)


if __name__ == "__main__":
    run()
