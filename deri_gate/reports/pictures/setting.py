"""Setting: whether a report holds pictures of the dataset."""

from __future__ import annotations

import os
from typing import Literal, get_args

from deri_gate.errors import SettingError, did_you_mean

Pictures = Literal["thumbnails", "none"]
VARIABLE = "DERI_GATE_PICTURES"
CI = "CI"  # set by GitHub, GitLab and others, whose artifacts many people can read


def pictures_setting(given: str | None, *, usual: Pictures | None = None) -> Pictures:
    """Decide whether to show pictures: as given, as the environment says, or as is usual.

    Args:
        given: Value of the option; None for none.
        usual: Value where nothing is said. None: pictures on a person's machine, none in a
            workflow.

    Raises:
        SettingError: If a value does not exist.
    """
    for value, where in ((given, "pictures"), (os.environ.get(VARIABLE), VARIABLE)):
        if value:
            return _known(value, where)
    return usual or ("none" if os.environ.get(CI, "").lower() in ("1", "true") else "thumbnails")


def _known(value: str, where: str) -> Pictures:
    for choice in get_args(Pictures):
        if value == choice:
            pictures: Pictures = choice
            return pictures
    hint = did_you_mean(value, get_args(Pictures))
    raise SettingError(f"there is no setting {value!r}", where, hint or "Give thumbnails or none.")
