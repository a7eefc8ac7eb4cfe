"""DVC's command with a parser of YAML in C, and without locks against another run beside it.

DVC reads and writes its whole lock at each stage, in pure Python, to keep comments that a lock
does not have: that takes more than half of the time of a pipeline whose stages do nothing. A file
of what it just reads and writes is written 36 times a stage.
"""

from __future__ import annotations

import sys
from collections import OrderedDict
from contextlib import nullcontext
from typing import Any, TextIO

import yaml
from dvc import rwlock
from dvc.utils import strictyaml
from dvc.utils.serialize import _yaml


class Dumper(yaml.CSafeDumper):
    """A writer that takes ordered dictionaries for what they are."""


Dumper.add_representer(OrderedDict, Dumper.represent_dict)


def parse(text: str, path: str, typ: str = "safe") -> Any:  # as DVC calls it
    """Read a document, with or without comments to keep."""
    return yaml.load(text, Loader=yaml.CSafeLoader) or {}


def dump(data: Any, stream: TextIO) -> None:
    """Write a document, each value on one line."""
    yaml.dump(data, stream, Dumper, default_flow_style=False, sort_keys=False, width=10_000)


if __name__ == "__main__":
    _yaml.parse_yaml = strictyaml.parse_yaml = parse
    _yaml._dump = dump
    rwlock.rwlock = lambda *_: nullcontext()
    from dvc.cli import main

    sys.exit(main())
