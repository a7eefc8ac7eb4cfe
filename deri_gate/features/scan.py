"""Dataset -> what is known of each image, in a single pass over the pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.features.chunk_scan import ChunkScan
from deri_gate.features.image_table import Gathering, Scan
from deri_gate.features.looking import look_at
from deri_gate.features.shard_file import ShardForm
from deri_gate.features.shards import Shards

if TYPE_CHECKING:
    from collections.abc import Callable

    from deri_gate.data.dataset import Dataset
    from deri_gate.features.encoder import Encoder
    from deri_gate.metrics.context import Context


def scan(
    dataset: Dataset,
    *,
    context: Context,
    encoder: Callable[[], Encoder] | None,
    keep: frozenset[int],
) -> Scan:
    """Look at every image once; what is known from before is not looked at again.

    Args:
        dataset: What to look at.
        context: By which definitions, and where results are kept: each chunk as it comes, so
            that a killed run goes on where it was.
        encoder: Makes the network, when first needed; None when no embedding is wanted.
        keep: Positions whose prepared picture is wanted, to be explained.
    """
    machine, embeds = context.machine, encoder is not None
    gathering = Gathering(dataset, context.profile, embedded=embeds)
    with machine.bar(len(dataset), "looking at images") as bar:
        if machine.engine == "ray":
            form = ShardForm(profile=context.profile, embed=embeds)
            shards = Shards(dataset=dataset, context=context, form=form, keep=keep)
            for shard, seen in shards.looked_at(bar.update):
                gathering.count(decoded=shard.decoded, embedded=shard.embedded)
                gathering.add(seen)
            return gathering.finished()
        scan_chunk = ChunkScan(
            source=dataset.source, profile=context.profile, store=context.store, embed=embeds
        )
        images = [(int(row), position in keep) for position, row in enumerate(dataset.rows)]
        for some in look_at(images, scan_chunk, encoder=encoder, workers=machine.workers):
            gathering.add(some)
            bar.update(len(some))
    return gathering.finished()
