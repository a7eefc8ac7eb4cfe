"""Shards in a real S3 server, whatever the network does to them."""

from __future__ import annotations

import pytest

from deri_gate.data.readers import open_dataset
from deri_gate.errors import SettingError
from deri_gate.features.shard_file import ShardForm
from deri_gate.features.shard_scan import ShardScan
from deri_gate.metrics.profile import STANDARD
from deri_gate.runtime.work_folder import WorkFolder

from .conftest import BUCKET, SECRET

pytestmark = pytest.mark.enable_socket
PLACE = f"s3://{BUCKET}/some/work"


@pytest.fixture
def scan(proxy, folder) -> ShardScan:
    """The scan of the folder's eight pictures into the bucket."""
    form = ShardForm(profile=STANDARD, embed=False)
    work = WorkFolder.of(PLACE, 2**28)
    work.make_ready()
    return ShardScan(source=open_dataset(folder).source, form=form, work=work, workers=1)


def test_a_shard_in_a_bucket_is_not_looked_at_again(scan, proxy) -> None:
    """It is one object, under the name that its content gives it."""
    first, second = scan(range(8)), scan(range(8))
    listed = proxy.client.list_objects_v2(Bucket=BUCKET, Prefix="some/work/")["Contents"]

    assert (first.decoded, second.decoded, second.name) == (8, 0, first.name)
    assert first.name in {entry["Key"].removeprefix("some/work/") for entry in listed}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["500", "cut", "flipped"])
def test_a_fault_that_passes_makes_no_other_result(scan, proxy, kind) -> None:
    """Asked again, or looked at again: the seal says whether it is the shard."""
    name = scan(range(8)).name
    whole = scan.work.read(name)
    proxy.faults[name] = (kind, 1)
    again = scan(range(8))

    assert again.name == name
    assert scan.work.read(name) == whole


@pytest.mark.slow
def test_a_bucket_that_does_not_answer_is_told(scan, proxy) -> None:
    """Which shard, and what to do; no secret."""
    name = scan(range(8)).name
    proxy.faults[name] = ("500", 99)

    with pytest.raises(
        SettingError, match=rf"the shard {name} cannot be read by .*HTTP|failed"
    ) as caught:
        scan(range(8))
    assert caught.value.where == f"--work {PLACE}"
    assert SECRET not in str(caught.value)


def test_a_bucket_that_is_not_there_is_told_before_anything_is_looked_at(proxy) -> None:
    """No image is decoded for nothing."""
    with pytest.raises(SettingError, match="cannot be written by"):
        WorkFolder.of("s3://no-such-bucket/work", 1).make_ready()
