"""What the tests of the report share: a report of any content, made without measuring."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest

from deri_gate.gate.records import Check, Judgement, Status, Waiver
from deri_gate.measuring.leakage import LeakedGroup, LeakedImage, Leaks
from deri_gate.measuring.shares import Share
from deri_gate.metrics.catalogue import METRICS
from deri_gate.metrics.profile import STANDARD
from deri_gate.reports.exhibits.records import Exhibit, Exhibits, ImageRef, Tile, TileRow
from deri_gate.reports.report import Report, RunInfo
from deri_gate.schemas.base import ProfileInfo
from deri_gate.schemas.metrics import (
    DatasetInfo,
    FindingInfo,
    GapInfo,
    MetricsDocument,
    MetricValue,
    SlicesInfo,
    SliceValue,
)
from deri_gate.schemas.validation import ValidationDocument, ValidationStatistics
from deri_gate.scoring.pool import find_pool, read_pool
from deri_gate.scoring.score import Scored

HOSTILE = (
    "a b.png",
    'it\'s "quoted".png',
    "a|b|c.png",
    "line\nbreak\r\n::error::injected.png",
    "fox 🦊 naïve 漢字.png",
    "<script>document.title='owned'</script>.png",
    "</code></details><img src=x onerror=alert(1)>.png",
    "[click](http://evil.example) www.evil.example.png",
    "@everyone #1 `code` **bold** ~~x~~ $x$ &lt;.png",
    "\x00\x1b[31m\u202egnp.\ufffe.png",
    "%0A::warning::percent.png",
    "]]>.png",
    "long" * 100 + ".png",
)


def check(status="pass", *, metric="sharpness", name=None, **more) -> Check:
    """A check of a limit of 50."""
    severity = "critical" if status in ("pass", "fail") else "warning"
    known = {
        "name": name or f"{metric} at least 50",
        "metric": metric,
        "severity": severity,
        "observed": None if status == "unknown" else 42.0,
        "limit": 50.0,
        "status": Status(status),
        "column": "raw",
        "bound": "at_least",
        "reason": "Because of the reference pool.",
    }
    return Check(**(known | more))


def waived(until=date(2099, 1, 1)) -> Check:
    """A check that an active waiver keeps from failing."""
    waiver = Waiver(reason="Scanner B is being replaced.", until=until)
    said = f"waived for everyone until {until}: {waiver.reason}"
    return check("warn", metric="exposure", waiver=waiver, waived=True, detail=said)


@pytest.fixture(scope="session")
def check_of():
    return check


@pytest.fixture(scope="session")
def waived_check():
    return waived


@pytest.fixture(scope="session")
def hostile():
    return HOSTILE


@pytest.fixture(scope="session")
def report_of():
    """A report with these checks, names of images by metric, findings and so on."""

    def make(
        checks=(), *, name="scans", worst=None, findings=(), verdict=None, suspects=None, slices=None,
        classes=("benign", "melanoma"), **more,
    ) -> Report:  # fmt: skip
        worst = worst or {}
        order = ("unknown", "fail", "warn")
        said = {one.status for one in checks}
        subscores = {m.name: 50.0 + 4 * i for i, m in enumerate(METRICS)}
        weights = dict.fromkeys(subscores, 1 / len(subscores))
        return Report(
            profile=STANDARD,
            metrics=MetricsDocument(
                schema_version=1,
                dataset=DatasetInfo(
                    name=name, fingerprint="f" * 64, split=None, images=100, unreadable=2,
                    classes=len(classes), class_counts=dict.fromkeys(classes, 50),
                ),
                profile=ProfileInfo(name=STANDARD.name, hash=STANDARD.hash),
                metrics={
                    m.name: MetricValue(
                        value=0.5, interval=(0.4, 0.6),
                        suspects=(suspects or {}).get(m.name, len(worst.get(m.name, ()))),
                        slices=(slices or {}).get(m.name),
                    )
                    for m in METRICS
                },
                findings=tuple(
                    FindingInfo(kind="unreadable", path=path, detail=f"holds {path}")
                    for path in findings
                ),
            ),
            pool=read_pool(find_pool("standard")),
            scored=Scored(
                subscores=subscores, weights=weights, u=70.0, deri1000=1013.4,
                interval=(990.2, 1036.1), image_interval=(1000.1, 1026.0), pool_interval=(900.0, 1100.0), typical={}, mu=65.0,
                sigma=10.0,
            ),
            judgement=Judgement(
                verdict=Status(verdict or next((s for s in order if s in said), "pass")),
                checks=tuple(checks), validation=ValidationDocument(
                    suite_name="made", success=True, results=(),
                    statistics=ValidationStatistics(
                        declared_expectations=0, loaded_expectations=0, evaluated_expectations=0,
                        successful_expectations=0,
                    ),
                ),
            ),
            table=pa.table({"path": ["a.png"]}),
            worst={metric: tuple(names) for metric, names in worst.items()},
            run=RunInfo(
                started=datetime(2026, 11, 22, 12, 30, 5, tzinfo=UTC), seconds={"measure": 1.5},
                decoded=1, embedded=1, peak_memory_mib=1.0, machine={}, versions={"numpy": "2.0"},
            ),
            **more,
        )  # fmt: skip

    return make


def exhibits_with(names) -> Exhibits:
    """A grid and rows of images of these names."""
    tiles = tuple(Tile(image=ImageRef(id=name), facts=(name, name), role=name) for name in names)
    grid = Exhibit(
        name="suspects.sharpness", about=("sharpness",), title=names[5], sentence=names[6],
        advice=names[7], count=len(names), rows=(TileRow(tiles=tiles),), others=tuple(names),
    )  # fmt: skip
    rows = tuple(
        TileRow(tiles=(tile, tile), caption=name) for tile, name in zip(tiles, names, strict=True)
    )
    beside = Exhibit(
        name=f"changes.{names[5]}", about=tuple(names), title=names[6], count=len(rows),
        rows=rows, placing="rows", changed=True,
    )  # fmt: skip
    return Exhibits(items=(grid, beside))


@pytest.fixture(scope="session")
def hostile_report(report_of, hostile, change_of, tested, leaks_with):
    """Hostile names wherever a dataset's or a suite's author can put one."""
    checks = [
        check("fail", name=f"{name} at least 50", detail=name, reason=name) for name in hostile
    ]
    classes = tuple(
        SliceValue(name=name, images=30, value=1.0, interval=(1.0, 1.0)) for name in hostile
    )
    gap = GapInfo(value=1.0, interval=(0.5, 1.5), best=hostile[5], worst=hostile[6], column=None)
    judged = SlicesInfo(kind="class", gap=gap, worst=classes, judged=len(classes), thin=2)
    return report_of(
        [*checks, check("unknown", metric="resolution"), waived()],
        name=hostile[5],
        worst={"sharpness": hostile, "label_noise": hostile},
        findings=hostile,
        classes=hostile,
        slices={"sharpness": (judged,)},
        leaks=leaks_with(hostile),
        exhibits=exhibits_with(hostile),
        change=change_of(
            [tested(hostile, about=name, sentence=name) for name in hostile],
            base_name=hostile[4],
            added=hostile,
            classes_added=hostile,
            classes_renamed=tuple((name, name) for name in hostile),
        ),
    )


@pytest.fixture(scope="session")
def change_of():
    """A change against a base, with these tests."""
    from deri_gate.changes.records import Change, Difference, Matching

    def make(tests=(), *, base_name="git:main:scans", score=(1121.0, 1013.4), **matching) -> Change:
        def moved(before: float, after: float, spread: float, **more) -> Difference:
            between = (after - before - spread, after - before + spread)
            return Difference(
                base=before, head=after, difference=after - before, interval=between, **more
            )

        return Change(
            base_name=base_name,
            base_fingerprint="b" * 64,
            base_images=90,
            matching=Matching(
                **({"added": ("new/1.png", "new/2.png"), "unchanged": 90} | matching)
            ),
            differences={
                m.name: moved(0.6, 0.5, 0.02, subscore_base=60.0, subscore_head=50.0 + 4 * i)
                for i, m in enumerate(METRICS)
            },
            deri1000=moved(*score, 20.0),
            u=moved(75.0, 70.0, 1.0),
            shares={},
            tests=tuple(tests),
            untested={},
        )

    return make


@pytest.fixture(scope="session")
def tested():
    """A test of changed images."""
    from deri_gate.changes.records import ChangeTest

    def make(images=("new/1.png",), *, p=0.001, about="sharpness", sentence=None) -> ChangeTest:
        return ChangeTest(
            name=f"added.{about}", title=f"New images: {about}", kind="added", about=about,
            direction="worse", count=40, effect=0.8, p=p / 10, adjusted_p=p, images=tuple(images),
            sentence=sentence or f"The 40 new images are worse in {about} than the old ones.",
        )  # fmt: skip

    return make


@pytest.fixture(scope="session")
def leaks_with():
    """Leaks between splits, of images and groups of these names."""

    def make(names) -> Leaks:
        return Leaks(
            splits=("train", "test"),
            pairs=tuple(
                LeakedImage(image=name, split="test", other=name, other_split="train", exact=True)
                for name in names
            ),
            groups=tuple(
                LeakedGroup(group=name, images=(("train", 3), ("test", 1))) for name in names
            ),
            images_share=Share(value=0.1),
            groups_share=Share(value=0.1),
        )

    return make
