"""Print a line for each dataset that params.yaml names, for commands that take all of them.

    python reference_pool/each.py 'build/study/smoke/probes/{name}/results.parquet'

`{name}` is the dataset's key, `{path}` where it lies. A pattern with `*` would also find what
is left of datasets that are no longer named.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ruamel.yaml import YAML

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("pattern")
options = parser.parse_args()
datasets = YAML(typ="safe").load(Path("params.yaml"))["datasets"]
for name, about in datasets.items():
    print(options.pattern.format(name=name, path=about["path"]))
