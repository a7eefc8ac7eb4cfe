"""The commands of a repository that guards its datasets: `init`, and `ci` for its workflows."""

from __future__ import annotations

import os
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from deri_gate.cli.options import (
    READING,
    machine_options,
    out_option,
    reading_options,
    repo_option,
    together,
    with_machine,
)
from deri_gate.gate import loaded_ahead
from deri_gate.runtime.output import annotate

if TYPE_CHECKING:
    from deri_gate.commands.ci import JudgedDataset
    from deri_gate.github.settings import GateSettings
    from deri_gate.isolation.cell import Kind

PASSED, FAILED, NOT_JUDGED = 0, 1, 2

base_option = together(
    click.option(
        "--base",
        required=True,
        metavar="REVISION",
        help="What the pull request is to be merged into, such as origin/main.",
    ),
    repo_option,
)
given_options = together(
    click.option("--dataset", metavar="PATH", help="One dataset, instead of those in params.yaml."),
    click.option("--suite", metavar="PATH", help="With --dataset: limits, in the repository."),
    click.option("--change-suite", metavar="PATH", help="With --dataset: limits on the change."),
    click.option("--pool", default="standard", help="With --dataset: reference pool."),
    click.option("--metrics", default="all", help="With --dataset: all, data or names."),
    reading_options,
)


isolate_options = together(
    click.option(
        "--isolate",
        type=click.Choice(["auto", "docker", "bwrap", "none"]),
        default="none",
        show_default=True,
        help="Judge without network and secrets; auto takes what is there, and says what.",
    ),
    click.option("--image", default="", help="With Docker: the image, instead of our own."),
)


def _given(settings: dict[str, Any]) -> GateSettings | None:
    """Settings from options, None when params.yaml has them."""
    from pydantic import ValidationError  # noqa: PLC0415

    from deri_gate.data.readers.options import ReadOptions  # noqa: PLC0415
    from deri_gate.errors import SettingError, first_fault  # noqa: PLC0415
    from deri_gate.github.settings import GateSettings  # noqa: PLC0415

    names = ("suite", "change_suite", "pool", "metrics")
    own = {name: settings.pop(name) or None for name in names}
    reading = {name: settings.pop(name) for name in READING}
    dataset = settings.pop("dataset")
    if not dataset:
        return None
    name = "".join(c if c.isalnum() and c.isascii() else "-" for c in Path(dataset).name).strip("-")
    try:
        return GateSettings(
            datasets={name or "dataset": dataset},
            reading={name or "dataset": ReadOptions.of(**reading)},
            **{key: value for key, value in own.items() if value is not None},
        )
    except ValidationError as error:
        what = first_fault(error)
        raise SettingError(what, "--dataset", "Name a path in the repository.") from error


@click.group()
def ci() -> None:
    """The steps of the workflow on a pull request; see docs/pull-requests.md."""


@ci.command("changed")
@base_option
@given_options
def ci_changed_command(base: str, **settings: Any) -> None:
    """Say which datasets a pull request touches; hand it on in $GITHUB_OUTPUT."""
    from deri_gate.commands.ci import append, as_outputs  # noqa: PLC0415
    from deri_gate.commands.ci import changed_datasets as look  # noqa: PLC0415
    from deri_gate.github.changed import NoGateError  # noqa: PLC0415

    try:
        found = look(base, given=_given(settings))
    except NoGateError as error:
        click.echo(f"nothing is guarded here: {error}", err=True)
        found = None
    outputs = as_outputs(found)
    text = "".join(f"{name}={value}\n" for name, value in outputs.items())
    append("GITHUB_OUTPUT", text)
    click.echo(text, nl=False)


@ci.command("bar")
@base_option
@out_option
@given_options
def ci_bar_command(base: str, *, out: Path, **settings: Any) -> None:
    """Lay out suite and pool as the base has them, in --out/bar; say if they are changed."""
    from deri_gate.commands.ci import lay_out_policy as lay_out  # noqa: PLC0415

    _, laid = lay_out(base, out=out, given=_given(settings))
    click.echo(f"suite: {laid.suite or 'shipped'}")
    click.echo(f"limits on changes: {laid.change_suite or 'shipped'}")
    click.echo(f"pool: {laid.pool}")
    if laid.note:
        click.echo(laid.note)


@ci.command("fetch")
@click.argument("names", nargs=-1)
@base_option
@given_options
def ci_fetch_command(names: tuple[str, ...], *, base: str, **settings: Any) -> None:
    """Get what DVC tracks of the datasets NAMES: the head's files, and the base's."""
    from deri_gate.commands.ci_fetch import fetch as get  # noqa: PLC0415

    for line in get(names, base, given=_given(settings)):
        click.echo(line)


@ci.command("check")
@click.argument("names", nargs=-1)
@base_option
@out_option
@given_options
@machine_options
@isolate_options
def ci_check_command(
    names: tuple[str, ...], *, base: str, out: Path, isolate: str, image: str, **settings: Any
) -> None:
    """Judge the datasets NAMES, or those touched, against the base and by its bar."""
    from deri_gate.isolation.cell import IMAGE, chosen  # noqa: PLC0415

    kind, said = chosen(isolate, image or IMAGE)
    if said:
        click.echo(said, err=True)
    judge = {"base": base, "out": out, "names": names, "given": _given(settings)}
    with loaded_ahead() if kind == "none" else nullcontext():
        done = _judged(kind, image or IMAGE, **judge, **with_machine(settings))
    if not done:
        click.echo("no dataset was touched")
    _say_and_stop(done)


@ci.command()
@click.option("--requirement", default="", help="What pip installs in it; this version if empty.")
@click.option("--image", default="", help="Its name, instead of our own.")
def image(requirement: str, image: str) -> None:
    """Build the image for `ci check --isolate docker`, where there is Docker."""
    from deri_gate.isolation.image import build_image  # noqa: PLC0415

    words = {"requirement": requirement, "image": image}
    built = build_image(**{name: value for name, value in words.items() if value})
    click.echo(f"built {built}" if built else "there is no Docker here: nothing was built")


@ci.command()
@click.argument("reports", type=click.Path(path_type=Path))
@click.option(
    "--event",
    type=click.Path(path_type=Path),
    default=lambda: os.environ.get("GITHUB_EVENT_PATH", "event.json"),
    help="The event that started the workflow; $GITHUB_EVENT_PATH unless given.",
)
@click.option(
    "--datasets",
    help="Names that the job `changed` handed on; those of the base's settings unless given.",
)
def comment(reports: Path, event: Path, datasets: str | None) -> None:
    """Write the reports in REPORTS to the pull request, a comment a dataset, edited in place."""
    from deri_gate.github.api import Hosting  # noqa: PLC0415
    from deri_gate.github.comment import comments_in, datasets_of, post, read_event, target_of  # noqa: PLC0415

    hosting = Hosting.from_environment()
    target = target_of(read_event(event), hosting)
    if target is None:
        click.echo("there is no open pull request that this is about")
        return
    names = datasets_of(target, datasets, hosting)
    if not names:
        click.echo("the base's settings name no dataset: there is nothing to comment on")
    texts = comments_in(reports, names, trusted=target.trusted)
    for line in post(texts, target.number, hosting):
        click.echo(line)


@ci.command("verdict")
@click.option("--changed", "changed_result", required=True, help="Result of the job `changed`.")
@click.option("--datasets", required=True, help="Its output `datasets`: [] or a list of names.")
@click.option("--judged", "judged_result", required=True, help="Result of the job that judges.")
def ci_verdict_command(changed_result: str, datasets: str, judged_result: str) -> None:
    """The required check: passes when no dataset was touched, or all that were pass."""
    from deri_gate.github.verdict import verdict as conclude  # noqa: PLC0415

    passed, why = conclude(changed_result, datasets, judged_result)
    click.echo(why)
    raise SystemExit(PASSED if passed else FAILED)


@ci.command("propose")
@click.argument("paths", nargs=-1, required=True)
@click.option("--title", required=True, help="Of the pull request.")
@click.option("--body", default="", help="Of the pull request.")
@click.option("--into", default="main", show_default=True, help="The branch to merge into.")
def ci_propose_command(paths: tuple[str, ...], *, title: str, body: str, into: str) -> None:
    """Open a pull request with what changed at PATHS."""
    from deri_gate.github.api import Hosting  # noqa: PLC0415
    from deri_gate.github.commits import repo_root  # noqa: PLC0415
    from deri_gate.github.open_pull_request import propose_change  # noqa: PLC0415

    click.echo(
        propose_change(
            paths,
            title=title,
            body=body,
            base=into,
            root=repo_root(),
            hosting=Hosting.from_environment(),
        )
    )


@ci.command()
@out_option
@repo_option
@machine_options
def drift(out: Path, **settings: Any) -> None:
    """Compare what comes in now with the dataset it is to join, as `gate.drift` names them."""
    with loaded_ahead():
        from deri_gate.commands.drift import drift_all  # noqa: PLC0415

        done = drift_all(out=out, **with_machine(settings))
    if not done:
        click.echo("params.yaml names nothing under gate.drift")
    _say_and_stop(done)


def _judged(kind: Kind, image: str, **order: Any) -> list[JudgedDataset]:
    """Judge here, or in a cell."""
    if kind == "none":
        from deri_gate.commands.ci import check_all  # noqa: PLC0415

        return check_all(**order)
    from deri_gate.isolation.judging import check_isolated  # noqa: PLC0415

    return check_isolated(**order, kind=kind, image=image)


def _say_and_stop(done: list[JudgedDataset]) -> None:
    """Annotations and reports, then the status of the worst."""
    for one in done:
        annotate(one.annotations)
        click.echo(one.text)
    statuses = {one.status for one in done}
    failed = FAILED if "fail" in statuses else PASSED
    raise SystemExit(NOT_JUDGED if "unknown" in statuses else failed)


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path), default=".")
@click.option("--dataset", metavar="PATH", default="data", show_default=True, help="Where it lies.")
def init_command(folder: Path, dataset: str) -> None:
    """Put pipeline, parameters, limits and workflow into the repository FOLDER.

    What is there already stays as it is.
    """
    from deri_gate.commands.init import init as scaffold  # noqa: PLC0415

    done = scaffold(folder, dataset=dataset)
    for path in done.written:
        click.echo(f"wrote {path}")
    for path in done.left:
        click.echo(f"left as it is: {path}")
    click.echo(done.next_steps)
