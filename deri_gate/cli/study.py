"""The commands behind weights and pools: damage, probes, impact, calibration, sensitivity."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from deri_gate.cli.options import (
    machine_options,
    mapping_options,
    name_option,
    out_option,
    pool_option,
    profile_options,
    reading_options,
    seed_option,
    together,
    with_machine,
)
from deri_gate.errors import DeriGateError

LEVELS = ("mild", "medium", "strong")

group_option = click.option(
    "--group",
    "groups",
    multiple=True,
    metavar="GROUP",
    help="Group of damage, such as label_noise; may be repeated; all unless given.",
)
images_option = click.option(
    "--images",
    type=click.IntRange(min=20),
    default=400,
    show_default=True,
    help="Of each dataset at most, its classes in proportion.",
)
damaging = together(
    group_option,
    click.option(
        "--level",
        "levels",
        multiple=True,
        type=click.Choice(LEVELS),
        help="Level of damage; may be repeated; all unless given.",
    ),
)


@click.command("variants")
@click.argument("dataset")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="Where the variants go."
)
@damaging
@reading_options
@name_option
@seed_option
def variants_command(
    dataset: str, *, groups: tuple[str, ...], levels: tuple[str, ...], **settings: Any
) -> None:
    """Write the degraded variants of DATASET, each to --out/GROUP/LEVEL."""
    from deri_gate.commands.variants import variants as write  # noqa: PLC0415

    written = write(dataset, groups=groups or None, levels=levels or None, **settings)
    for folder in written.folders:
        click.echo(folder)
    for one in written.left_out:
        click.echo(f"left out: {one.group} {one.level}: {one.reason}", err=True)
    if not written.folders:
        raise DeriGateError("no variant could be made", dataset, "See the reasons above.")


@click.command("probe")
@click.argument("dataset")
@out_option
@click.option(
    "--preset",
    type=click.Choice(["smoke", "small", "paper"]),
    default="small",
    show_default=True,
    help="Budget: minutes, about an hour for ten datasets, or the published protocol.",
)
@damaging
@click.option(
    "--architecture",
    "architectures",
    multiple=True,
    metavar="NAME",
    help="Architecture instead of the preset's; may be repeated.",
)
@click.option("--images", type=click.IntRange(min=1), help="Training images at most.")
@click.option("--epochs", type=click.IntRange(min=1), help="Epochs instead of the preset's.")
@mapping_options
@name_option
@seed_option
@profile_options
@machine_options
def probe_command(dataset: str, **settings: Any) -> None:
    """Train probes on DATASET and its variants; write results.parquet to --out."""
    from deri_gate.commands.probe import probe as train  # noqa: PLC0415

    settings = with_machine(settings)
    for key in ("groups", "levels", "architectures"):
        settings[key] = settings[key] or None
    done = train(
        dataset, announce=lambda guess: click.echo(f"estimate: {guess}", err=True), **settings
    )
    click.echo(
        f"{done.path}: {done.runs} runs, {done.known} known from before, "
        f"{done.without_answer} without an answer"
    )


@click.command("impact")
@click.argument("results", nargs=-1, required=True, type=click.Path(path_type=Path))
@out_option
@click.option(
    "--subscores",
    type=click.Path(path_type=Path),
    help="subscores.parquet of `deri-gate sensitivity`: how does U go with balanced accuracy?",
)
@click.option(
    "--floor",
    type=click.FloatRange(min=0, max=1, max_open=True),
    default=0.0414,
    show_default=True,
    help="Least weight of duplicates, which raise accuracy.",
)
@click.option(
    "--resamples",
    type=click.IntRange(min=1),
    default=400,
    show_default=True,
    help="Of the bootstrap.",
)
@seed_option
def impact_command(results: tuple[Path, ...], **settings: Any) -> None:
    """Weigh the metrics by what their damage costs the probes of RESULTS; write impact.json."""
    from deri_gate.commands.impact import impact as weigh  # noqa: PLC0415

    found = weigh(results, **settings)
    for metric, group in found.groups.items():
        between = "" if group.interval is None else "  {:.4f} to {:.4f}".format(*group.interval)
        click.echo(
            f"{metric:16} delta {group.delta_balanced_accuracy:+.4f}  weight {group.weight:.4f}"
            f"{between}  published {group.published_weight}"
        )
    for name, ranks in getattr(found.agreement, "spearman", {}).items():
        said = ", ".join(f"{k} {v:+.3f}" for k, v in ranks if v is not None)
        click.echo(f"Spearman of U with balanced accuracy, {name} weights: {said or 'none'}")


@click.command("calibrate")
@click.argument("metrics_json", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="The pool's folder and name."
)
@click.option(
    "--sources",
    type=click.Path(path_type=Path),
    required=True,
    help="Each dataset's version, licence and source: a JSON list, or a params.yaml.",
)
@click.option(
    "--results",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Table of `deri-gate probe`, for choosing the most typical datasets; may be repeated.",
)
@click.option(
    "--select",
    type=click.IntRange(min=3),
    default=10,
    show_default=True,
    help="How many of the datasets form the pool, with --results.",
)
@click.option(
    "--weights",
    default="published",
    show_default=True,
    metavar="published|FILE",
    help="Of the metrics in U: the published ones, or those of an impact.json.",
)
def calibrate_command(metrics_json: tuple[Path, ...], **settings: Any) -> None:
    """Make a reference pool of METRICS_JSON, one file a dataset."""
    from deri_gate.commands.calibrate import calibrate as make_pool  # noqa: PLC0415

    pool = make_pool(metrics_json, announce=_say_ranking, **settings)
    click.echo(f"pool {pool.name} {pool.hash}: {len(pool.datasets)} datasets")


def _say_ranking(candidates: Any) -> None:
    for rank, one in enumerate(candidates, start=1):
        distance = "unknown" if one.distance is None else f"{one.distance:.2f} spreads"
        chosen = "" if one.chosen else "  not chosen"
        click.echo(f"{rank:3}  {one.name:24} {distance} from the median{chosen}")


@click.command("sensitivity")
@click.argument("datasets", nargs=-1, required=True)
@out_option
@pool_option
@click.option(
    "--metrics",
    default="all",
    show_default=True,
    metavar="all|data|NAME,...",
    help="What to measure; `data` is all without explanations.",
)
@damaging
@images_option
@click.option(
    "--resamples",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    help="Parts of every undamaged dataset, for the rate of false alarms.",
)
@click.option(
    "--explained",
    type=click.IntRange(min=1),
    help="Images to explain in each variant at most; the profile's number unless given.",
)
@reading_options
@seed_option
@machine_options
def sensitivity_command(datasets: tuple[str, ...], **settings: Any) -> None:
    """Does a subscore fall when DATASETS get worse? Give NAME=DATASET to call one otherwise."""
    from deri_gate.commands.sensitivity import sensitivity as sense  # noqa: PLC0415
    from deri_gate.study.sensitivity.document import sensitivity_document  # noqa: PLC0415

    settings = with_machine(settings)
    for key in ("groups", "levels"):
        settings[key] = settings[key] or None
    out = settings["out"]
    document = sensitivity_document(sense(datasets, **settings))
    for group, levels in document["groups"].items():
        said = ", ".join(
            f"{level} {found['falls']:.0%} of {found['pairs']}"
            for level, found in levels.items()
            if found["falls"] is not None
        )
        click.echo(f"{group:24} falls on {said or 'no dataset, as none allows it'}")
    click.echo(f"false alarms {document['false_alarms']}   {out / 'sensitivity.json'}")


@click.command("detection")
@click.argument("datasets", nargs=-1, required=True)
@out_option
@group_option
@images_option
@click.option(
    "--seeds",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Of each dataset so many held-out parts and draws of damage.",
)
@click.option(
    "--whole",
    is_flag=True,
    help="Judge scores too, by every metric; without it the changed images alone.",
)
@pool_option
@click.option(
    "--explained",
    type=click.IntRange(min=1),
    default=16,
    show_default=True,
    help="Images to explain of each head at most, with --whole.",
)
@reading_options
@seed_option
@machine_options
def detection_command(datasets: tuple[str, ...], **settings: Any) -> None:
    """Is damage of a tenth of DATASETS seen against the base, and nothing else taken for it?"""
    from deri_gate.commands.detection import detection as detect  # noqa: PLC0415
    from deri_gate.study.detection.rates import detection_document  # noqa: PLC0415

    settings = with_machine(settings)
    settings["groups"] = settings["groups"] or None
    out = settings["out"]
    found = detection_document(detect(datasets, **settings))["against_base"]
    for group, ways in found["detection"].items():
        said = ", ".join(f"{way} {one['failed']} of {one['cases']}" for way, one in ways.items())
        click.echo(f"{group:24} detected {said}")
    for title, key in (("detected", "detected"), ("false alarms", "false_alarm")):
        click.echo(f"{title} {found[key]['failed']} of {found[key]['cases']}")
    click.echo(out / "detection.json")
