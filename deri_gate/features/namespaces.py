"""Names under which the store keeps what comes of a picture: by all that decides it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from deri_gate.data.limits import VERSION
from deri_gate.features.neighbours import VERSION as NEIGHBOURS
from deri_gate.features.picture_record import VERSION as RECORD
from deri_gate.runtime.hashing import json_digest

if TYPE_CHECKING:
    import numpy as np

    from deri_gate.metrics.profile import Profile


def picture_kind(profile: Profile, layout: np.dtype[np.void]) -> str:
    """Namespace of a picture's record, by decoder, definitions of its values, and layout."""
    versions = tuple((m.name, m.version) for m in profile.metrics if m.of_image is not None)
    return _picture_kind(profile.definitions, versions, layout)


@lru_cache(maxsize=8)
def _picture_kind(
    definitions: str, versions: tuple[tuple[str, int], ...], layout: np.dtype[np.void]
) -> str:
    """Asked for each few images."""
    digest = json_digest([definitions, versions, layout.descr])
    return f"picture-{VERSION}.{RECORD}-{digest[:16]}"


def embedding_kind(profile: Profile) -> str:
    """Namespace of an embedding, by decoder, network and input size."""
    return f"embedding-{VERSION}-{profile.network_hash}"


def input_kind(profile: Profile) -> str:
    """Namespace of a prepared picture, by decoder and size."""
    return f"input-{VERSION}-{profile.input_size}"


def neighbours_kind(profile: Profile, *, which: str = "neighbours") -> str:
    """Namespace of the nearest neighbours of all images, or of those in other groups."""
    return f"{which}-{NEIGHBOURS}-{profile.neighbours}-{profile.network_hash}"
