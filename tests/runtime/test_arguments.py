"""Every public function refuses an argument of another kind, before it does anything."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING

import click
import numpy as np
import pandas as pd
import pytest

import deri_gate
from deri_gate.cli.main import main
from deri_gate.runtime.arguments import Between, checking_arguments
from tests.sweeps import sampled

if TYPE_CHECKING:
    from pathlib import Path

FUNCTIONS = {
    name: getattr(deri_gate, name)
    for name in deri_gate.__all__
    if inspect.isfunction(getattr(deri_gate, name))
}
NOTHING_FITS = object()  # but a dataset, which may be any object
ARGUMENTS = [
    (name, argument)
    for name, function in FUNCTIONS.items()
    for argument, parameter in inspect.signature(function).parameters.items()
    if "Given" not in parameter.annotation and parameter.kind != parameter.VAR_KEYWORD
]


def _with(name: str, argument: str, value: object) -> None:
    """Call a function with one argument of interest; what else it needs fits."""
    parameters = inspect.signature(FUNCTIONS[name]).parameters
    needed = {
        key: {"int": 100, "Seq": ["x"]}.get(parameter.annotation[:3], "x")
        for key, parameter in parameters.items()
        if parameter.default is parameter.empty and parameter.kind != parameter.VAR_KEYWORD
    }
    FUNCTIONS[name](**needed | {argument: value})


def test_all_are_looked_at() -> None:
    """One function of each kind is among them; a new one is without being named here."""
    assert {"check", "estimate", "limits", "pool_draw", "summary"} <= FUNCTIONS.keys()
    assert len(ARGUMENTS) > 100


def test_an_argument_of_another_kind_is_named() -> None:
    """And not met by an error of whatever library comes to it first."""
    said = {}
    for name, argument in ARGUMENTS:
        try:
            _with(name, argument, NOTHING_FITS)
        except deri_gate.DeriGateError as error:
            said[name, argument] = str(error)
        except Exception as error:  # noqa: BLE001 - of a library; told with its case
            said[name, argument] = f"not ours: {error!r}"

    named = r"{}: <object .* does not fit"
    right = {at for at, text in said.items() if re.match(named.format(at[1]), text)}
    assert set(ARGUMENTS) - right == set(), said


@pytest.mark.parametrize("key", ["profile", "encoder", "metrics", "split", "seed", "machine"])
def test_so_is_one_that_says_how_to_measure(key: str, tmp_path: Path) -> None:
    """These are keywords of `check`, `compare`, `measure` and `review` alike."""
    for function in (deri_gate.check, deri_gate.measure):
        with pytest.raises(deri_gate.DeriGateError, match=rf"^{key}: <object"):
            function(tmp_path, **{key: NOTHING_FITS})


PATHS = [
    (name, argument)
    for name, argument in ARGUMENTS
    for parameter in [inspect.signature(FUNCTIONS[name]).parameters[argument]]
    if "str | Path" in parameter.annotation
    and "Sequence" not in parameter.annotation
    and parameter.default != ""
]


@pytest.mark.parametrize("blank", sampled(["", " "]))
@pytest.mark.parametrize(("name", "argument"), PATHS)
def test_a_path_has_a_name(
    name: str, argument: str, blank: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty one was the working folder: `out=""` wrote a report or 45 datasets into it."""
    monkeypatch.chdir(tmp_path)

    with pytest.raises(deri_gate.DeriGateError, match=rf"^{argument}: '.*' does not fit. Name a"):
        _with(name, argument, blank)


def test_so_does_the_list_of_decisions(tmp_path: Path) -> None:
    """It is a keyword that several functions hand on."""
    with pytest.raises(deri_gate.DeriGateError, match=r"^review: '' does not fit. Name a"):
        deri_gate.measure(tmp_path, review="")


def _ranged() -> list[tuple[str, str, float]]:
    """Command, argument and a number that the command line refuses."""
    found = []
    for command, function in FUNCTIONS.items():
        known = main.get_command(click.Context(main), command)
        for option in known.params if known else ():
            taken = option.name in {*inspect.signature(function).parameters, "seed"}
            if option.name == "select":
                continue  # calibrate says how many there are as well, once it has read them
            if taken and isinstance(option.type, click.IntRange | click.FloatRange):
                least = option.type.min
                assert least is not None
                wrong = least if option.type.min_open else least - 1
                found.append((command, str(option.name), wrong))
    return found


@pytest.mark.parametrize(("command", "argument", "wrong"), _ranged())
def test_what_the_command_line_refuses_python_refuses(
    command: str, argument: str, wrong: float
) -> None:
    """The least of every range of an option is that of the argument of this name, too."""
    many = "Sequence" in str(inspect.signature(FUNCTIONS[command]).parameters.get(argument, ""))
    with pytest.raises(deri_gate.DeriGateError, match=r"does not fit|less than"):
        _with(command, argument, [wrong] if many else wrong)


@pytest.mark.parametrize("seed", [-1, 1.5, True, "7"])
def test_a_seed_is_a_whole_number_from_0(seed: object, tmp_path: Path) -> None:
    """Numpy's error about entropy says nothing to anybody."""
    with pytest.raises(deri_gate.DeriGateError, match=r"^seed: "):
        deri_gate.measure(tmp_path, seed=seed)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("field", "value"),
    [("workers", -1), ("workers", 1.5), ("device", "gpu"), ("engine", "Ray"), ("work", 3)],
)
def test_a_machine_that_there_is_not_is_refused_when_it_is_made(field: str, value: object) -> None:
    """As its options are; threads were asked for -1 of them, deep inside."""
    with pytest.raises(deri_gate.DeriGateError, match=rf"^{field}: .* does not fit. Give "):
        deri_gate.Machine(**{field: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("given", [np.zeros((2, 2)), pd.DataFrame({"image": ["a.png"]})])
def test_an_array_or_a_table_reaches_the_reader(given: object) -> None:
    """Compared with the default of the argument, neither is True or False: a ValueError."""
    with pytest.raises(deri_gate.DeriGateError, match=r"no column|not a pair"):
        deri_gate.measure(given)  # type: ignore[arg-type]


def test_numbers_of_numpy_and_lists_of_any_kind_fit() -> None:
    """Numbers of NumPy, whole shares, lists and tuples are taken; unknown names are not."""

    @checking_arguments(count=Between(0, 9))
    def function(count: int, share: float = 0.0, paths: tuple[str, ...] = ()) -> int:
        return count

    assert function(np.int64(3), np.float32(0.5)) == 3  # type: ignore[arg-type]
    assert function(3, 1) == 3
    assert function(3, paths=["a"]) == function(3, paths=("a",)) == 3  # type: ignore[arg-type]
    with pytest.raises(deri_gate.DeriGateError, match=r"^count: 10 .* Give 0 or more, 9 at most"):
        function(10)
    with pytest.raises(TypeError, match="unexpected keyword"):
        function(1, shares=2)  # type: ignore[call-arg]
