"""Pages of a listing of S3, as a store may answer: what is not said is never taken for nothing."""

import pytest

from deri_gate.runtime.remote.deeds import FaultyTransferError
from deri_gate.runtime.remote.pages import s3_objects

FIRST = {
    "IsTruncated": True, "NextContinuationToken": "t", "KeyCount": 1,
    "Contents": [{"Key": "set/0.png", "Size": 3}],
}  # fmt: skip


@pytest.fixture
def listed(monkeypatch):
    """Lists a store whose second page is the given one."""
    monkeypatch.setattr("deri_gate.runtime.remote.deeds.PAUSE", 0)

    def answer(last):
        def call(_method, **asked):
            return last if "ContinuationToken" in asked else FIRST

        return [one["name"] for one in s3_objects(call, "bucket", "set/")]

    return answer


def test_a_page_that_says_it_has_none_ends_the_listing(listed) -> None:
    assert listed({"IsTruncated": False, "KeyCount": 0}) == ["bucket/set/0.png"]


def test_a_page_that_lost_objects_and_their_number_is_refused(listed) -> None:
    """Without both it would read as the empty end of a shorter listing."""
    with pytest.raises(FaultyTransferError, match="less than it says"):
        listed({"IsTruncated": False})
