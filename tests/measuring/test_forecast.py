"""Estimates of what a check costs, held against a check."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner

import deri_gate
from deri_gate.cli.main import main
from deri_gate.errors import SettingError
from deri_gate.features import near_duplicates
from deri_gate.measuring.duplicate_times import CellClock, DuplicateTimes, duplicate_times
from deri_gate.measuring.forecast import NeighbourTimes, _made, _thumbnails, memory_of
from deri_gate.runtime.sizes import as_span

IMAGES, SIDE = 150, 64


@pytest.fixture(scope="module")
def found():
    return deri_gate.estimate(IMAGES, size=SIDE, classes=2)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="times of children are not told there")
def test_it_is_what_a_check_takes(tmp_path) -> None:
    """Within half, start and all, of a check of images that are made as those of the estimate."""
    rng = np.random.default_rng(0)
    for i in range(IMAGES):
        (folder := tmp_path / "scans" / f"class_{i % 2}").mkdir(parents=True, exist_ok=True)
        (folder / f"{i}.jpg").write_bytes(_made(SIDE, rng).content)
    before = os.times()
    command = [sys.executable, "-m", "deri_gate.cli.main", "check", "scans", "--out", "report"]
    subprocess.run(command, cwd=tmp_path, check=False, capture_output=True)
    after = os.times()
    taken = sum(after[2:4]) - sum(before[2:4])

    assert 1 / 1.5 < deri_gate.estimate(IMAGES, size=SIDE, classes=2).seconds / taken < 1.5


@pytest.mark.parametrize(
    ("images", "megabytes"),
    [
        (480, 1249), (1_000, 1224), (3_500, 1393), (3_600, 1430), (5_000, 1695), (5_984, 1602),
        (25_000, 2145), (100_000, 3775),
    ],
)  # fmt: skip
def test_memory_is_what_whole_checks_took(images, megabytes) -> None:
    """Within a sixth of the most memory of a process, as the system told it of real sets."""
    assert memory_of(images) / 1e6 == pytest.approx(megabytes, rel=1 / 6)


@pytest.mark.slow
def test_steps_grow_as_they_say(found) -> None:
    """Ten times the images: each step ten times to its power, by other timings."""
    more = {step.name: step for step in deri_gate.estimate(10 * IMAGES, size=SIDE).steps}
    powers = {step.name: step.growth for step in found.steps}

    assert powers["neighbours"] == 2
    assert sum(power == 1 for power in powers.values()) == 7
    for step in found.steps[:-1]:  # the last one names how many images
        assert 0.2 < more[step.name].seconds / step.seconds / 10**step.growth < 5
    assert found.memory < deri_gate.estimate(10 * IMAGES, size=SIDE).memory


@pytest.mark.parametrize(
    ("asked", "fault"),
    [
        ({"images": 0}, "0 is less than 1"),
        ({"images": 9, "classes": 1}, "1 is less than 2"),
        ({"images": 9, "size": 10**6}, "1000000 is more than 2000"),
    ],
)
def test_what_cannot_be_estimated_is_refused(asked, fault) -> None:
    with pytest.raises(SettingError, match=fault):
        deri_gate.estimate(**asked)


@pytest.mark.parametrize(
    ("images", "seconds"),
    [
        (1_000, 10.0),  # 1e6 pairs of 1e-5 s
        (29_999, 8_999.4),
        (100_000, 2_000 + 10_000 + 10),  # 2e8 of the sample; 1e10 pairs of 1e-6 s; 1e5 of 1e-4 s
        (1_000_000, 20_000 + 128_000 + 100),  # 64 lists, which take the time of 128,000 for each
    ],
)
def test_time_of_neighbours_worked_by_hand(images, seconds) -> None:
    """Every pair below 30,000; a tenth of the cost for each pair above, and a bounded number."""
    times = NeighbourTimes(exact=1e-5, looked=1e-6, chosen=1e-4)

    assert times.seconds(images) == pytest.approx(seconds, rel=1e-6)


@pytest.mark.parametrize(
    ("images", "seconds"),
    [
        (20_000, 3.0),
        (80_000, 16.0),  # 2 s four times, and 1 s 8 times
        (2_000_000, 1_200.0),  # 2 s 100 times, and 1 s 1,000 times
    ],
)
def test_time_of_near_duplicates_worked_by_hand(images, seconds) -> None:
    """Four times the images, in twice as many cells of twice as many images."""
    times = DuplicateTimes(images=20_000, whole=3.0, in_cells=1.0)

    assert times.seconds(images) == pytest.approx(seconds)


def test_the_time_in_cells_is_a_part_of_that_of_the_search(monkeypatch) -> None:
    """Pictures that are compared in cells find the same pairs with the clock and without."""
    monkeypatch.setattr(near_duplicates, "EXACT", 200)
    rng = np.random.default_rng(0)
    shown = np.repeat(_thumbnails(150, rng), 2, axis=0)
    shown[1::2, 4:] //= 2
    grey = np.full((300, 2), np.nan)
    times = duplicate_times(shown, grey)
    plain = near_duplicates.near_duplicates(shown, grey)
    timed = near_duplicates.near_duplicates(shown, grey, CellClock())

    assert 0 < times.in_cells < times.whole
    assert len(plain.pairs)
    np.testing.assert_array_equal(timed.pairs, plain.pairs)


@pytest.mark.slow
def test_near_duplicates_of_a_large_set_are_timed_as_such_a_set_is() -> None:
    """A hundred thousand take less than five times what twenty thousand compared by pairs do."""
    large, small = (deri_gate.estimate(n, size=28).steps for n in (100_000, 20_000))
    seconds = [
        next(s.seconds for s in steps if s.name == "near duplicates") for steps in (large, small)
    ]

    assert seconds[0] < 5 * seconds[1]


@pytest.mark.slow
def test_the_command_ends_with_time_and_memory() -> None:
    done = CliRunner().invoke(main, ["estimate", "1000", "--size", "28"])

    *steps, total, clock, memory, left_out = done.output.splitlines()
    assert len(steps) == 10
    assert left_out.startswith("Not counted: ")
    assert total.startswith("processor time in all")
    assert clock.endswith("processors")
    assert memory.split()[0] == "memory"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (2.34, "2.3 s"),
        (59.6, "60 s"),
        (90, "1.5 min"),
        (5400, "1.5 h"),
        (2e5, "2.3 days"),
    ],
)
def test_spans_of_time(seconds, words) -> None:
    assert as_span(seconds) == words


@pytest.mark.parametrize("given", [["cells"], ["1e3"], []])
def test_the_command_asks_for_the_number_of_images(run, given: list[str]) -> None:
    """Whoever names a dataset, as for `check`, was told of no valid integer."""
    status, _, said = run("estimate", *given)

    assert status == 2
    assert "Give the number of images, as in `deri-gate estimate 5000`." in said
