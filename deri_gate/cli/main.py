"""The command line: parse, one call, print, status. A command is a library function."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from deri_gate import __version__
from deri_gate.cli.ci import ci, init_command
from deri_gate.cli.options import (
    fail_on_option,
    format_option,
    measuring_options,
    out_option,
    pool_option,
    suite_writing_options,
    with_machine,
)
from deri_gate.cli.study import (
    calibrate_command,
    detection_command,
    impact_command,
    probe_command,
    sensitivity_command,
    variants_command,
)
from deri_gate.errors import DeriGateError
from deri_gate.gate import loaded_ahead
from deri_gate.runtime.output import annotate, guarded_output
from deri_gate.runtime.process import settle_in

if TYPE_CHECKING:
    from deri_gate.gate.records import Status

PASSED, FAILED, NOT_JUDGED = 0, 1, 2
FailOn = Literal["fail", "warn", "never"]


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="deri-gate")
def main() -> None:
    """A quality gate for image-classification datasets.

    DATASET is a folder <class>/<image> or <split>/<class>/<image>, a manifest (.csv, .tsv,
    .jsonl, .parquet), a folder or file as the Hugging Face hub has it, a MedMNIST file (.npz),
    medmnist:NAME[@size], or git:REVISION:PATH of one in files.

    Exit status: 0 passed, 1 the gate failed, 2 it could not judge.
    """


@main.command("check")
@click.argument("dataset")
@click.option(
    "--base",
    metavar="DATASET",
    help="An earlier state to judge the change against, such as git:main:PATH.",
)
@out_option
@pool_option
@click.option(
    "--change-suite",
    metavar="SUITE",
    help="Limits on the change, used beside the others with --base; the shipped ones unless given.",
)
@click.option(
    "--suite",
    metavar="SUITE",
    help="Limits: a shipped suite's name, or a file; the shipped ones unless given.",
)
@measuring_options
@fail_on_option
@format_option
@suite_writing_options
def check_command(
    dataset: str,
    *,
    fail_on: FailOn,
    form: str,
    write_suite: Path | None,
    false_alarms: float,
    force: bool,
    **settings: Any,
) -> None:
    """Measure, score and judge DATASET; write the report to --out."""
    with loaded_ahead():
        from deri_gate.commands.check import check as check_dataset  # noqa: PLC0415

        report = check_dataset(dataset, **with_machine(settings))
        _show(report, form, dataset, settings["suite"])
        if write_suite is not None:
            from deri_gate.reports.suite_file import write_suite as write  # noqa: PLC0415

            path = write(report, write_suite, false_alarms=false_alarms, force=force)
            click.echo(f"wrote {path}", err=True)
    if report.verdict == "unknown":
        click.echo(f"deri-gate: {_why_unknown(report, dataset)}", err=True)
    raise SystemExit(exit_status(report.verdict, fail_on))


@main.command("compare", context_settings={"default_map": {"metrics": "data"}})
@click.argument("batch")
@click.option(
    "--baseline",
    metavar="DATASET",
    required=True,
    help="Images that are known to be good, which the batch is compared with.",
)
@click.option(
    "--history",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Table to which the comparison is added; history.csv in --out unless given.",
)
@out_option
@pool_option
@click.option(
    "--suite",
    metavar="SUITE",
    help="Limits: a shipped suite's name, or a file; the shipped drift unless given.",
)
@measuring_options
@fail_on_option
@format_option
def compare_command(batch: str, *, fail_on: FailOn, form: str, **settings: Any) -> None:
    """Judge whether BATCH still comes from the same source as the baseline.

    The images of BATCH may lack labels. Drift is told when it starts and when it ends.
    """
    with loaded_ahead():
        from deri_gate.commands.compare import compare as compare_batch  # noqa: PLC0415

        report = compare_batch(batch, **with_machine(settings))
    _show(report, form, batch, settings["suite"])
    if report.verdict == "unknown":
        click.echo(f"deri-gate: {_why_unknown(report, batch)}", err=True)
    raise SystemExit(exit_status(report.verdict, fail_on))


@main.command("measure")
@click.argument("dataset")
@out_option
@measuring_options
def measure_command(dataset: str, *, out: Path, **settings: Any) -> None:
    """Measure DATASET: raw values only, as metrics.json and images.parquet in --out."""
    from deri_gate.commands.measure import measure as measure_dataset  # noqa: PLC0415
    from deri_gate.reports.documents import as_json, metrics_document  # noqa: PLC0415
    from deri_gate.reports.explained import as_values  # noqa: PLC0415
    from deri_gate.reports.images_table import images_table  # noqa: PLC0415
    from deri_gate.runtime.files import ready_folder, write_table, write_text  # noqa: PLC0415

    folder = ready_folder(out)
    measured = measure_dataset(dataset, **with_machine(settings))
    document = metrics_document(measured)
    write_table(images_table(measured), folder / "images.parquet")
    write_text(as_json(document), folder / "metrics.json")
    click.echo(as_values(document), nl=False)
    if not measured.answers:
        raise DeriGateError("no metric could be measured", dataset, "See the reasons above.")


@main.command("score")
@click.argument("metrics_json", type=click.Path(path_type=Path))
@pool_option
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the two files; none.")
@click.option("--explain", is_flag=True, help="Show medians, spreads, mu and sigma as well.")
def score_command(metrics_json: Path, *, pool: str, out: Path | None, explain: bool) -> None:
    """Subscores, U and DERI1000 from METRICS_JSON and a pool."""
    from deri_gate.commands.score import score as score_metrics  # noqa: PLC0415
    from deri_gate.reports.documents import as_json, scores_document, subscores_document  # noqa: PLC0415
    from deri_gate.reports.explained import as_explained  # noqa: PLC0415
    from deri_gate.runtime.files import ready_folder, write_text  # noqa: PLC0415

    result = score_metrics(metrics_json, pool=pool)
    subscores = as_json(subscores_document(result.scored, result.pool))
    scores = as_json(scores_document(result.scored, None))
    if out is not None:
        folder = ready_folder(out)
        write_text(subscores, folder / "subscores.json")
        write_text(scores, folder / "scores.json")
    click.echo(as_explained(result) if explain else scores, nl=False)


@main.command("cache")
@click.argument("action", type=click.Choice(["info", "clear"]))
def cache_command(action: Literal["info", "clear"]) -> None:
    """Look at what is kept of earlier runs, or delete it."""
    from deri_gate.commands.cache import cache as look_at  # noqa: PLC0415

    found = look_at(action)
    click.echo(f"deleted, {found}" if action == "clear" else str(found))


for command in (
    variants_command,
    probe_command,
    impact_command,
    calibrate_command,
    sensitivity_command,
    detection_command,
    init_command,
    ci,
):
    main.add_command(command)


def _show(report: Any, form: str, dataset: str, suite: str | None) -> None:
    """Print a report in the form that was asked for."""
    from deri_gate.github.annotation_file import anchor_here  # noqa: PLC0415
    from deri_gate.reports import documents, github, markdown, terminal  # noqa: PLC0415

    if form == "json":
        document = documents.scores_document(report.scored, report.judgement)
        click.echo(documents.as_json(document), nl=False)
        return
    if form == "github":
        annotate(github.commands_of(report, file=anchor_here(dataset, suite)))
    text = terminal.as_text if form == "text" else markdown.as_markdown
    click.echo(text(report), nl=False)


def _why_unknown(report: Any, dataset: str) -> str:
    """What kept the gate from judging, where, and what to do."""
    from deri_gate.reports.text import printable  # noqa: PLC0415

    check = next(check for check in report.checks if check.status == "unknown")
    found = report.metrics.metrics.get(check.metric)
    why = found.reason if found and found.reason else check.detail or "it was not measured"
    return (
        f"{printable(dataset)}: could not judge {check.name!r}: {why}. Mend the dataset, or use a "
        "suite that does not ask for it (--metrics data, --suite FILE)."
    )


def exit_status(verdict: Status, fail_on: FailOn) -> int:
    """0 passed, 1 failed, 2 could not be judged, whatever --fail-on says of that."""
    if verdict == "unknown":
        return NOT_JUDGED
    fails = {"fail": ("fail",), "warn": ("fail", "warn"), "never": ()}[fail_on]
    return FAILED if verdict in fails else PASSED


def run() -> None:
    """Entry point: what was foreseen is one line, a bug is traced; 1 means the dataset failed."""
    settle_in()
    with guarded_output():
        _run()


def _run() -> None:
    try:
        main(standalone_mode=False)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.Abort:
        _say("interrupted")
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        fix = f"Run `{context.command_path} --help`." if context else ""
        _say(f"{error.format_message().rstrip('.')}. {fix}")
    except DeriGateError as error:
        _say(str(error))
    except Exception:  # noqa: BLE001  # a bug of ours, and not the dataset's failure
        traceback.print_exc()  # standard error is guarded: a stranger's name in it is text
        _say("this is a bug in deri-gate. Please report it with the lines above.")


def _say(line: str) -> None:
    click.echo(f"deri-gate: {' '.join(line.split())}", err=True)
    sys.exit(NOT_JUDGED)


if __name__ == "__main__":
    run()
