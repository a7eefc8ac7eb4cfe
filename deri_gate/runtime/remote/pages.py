"""All pages of a listing of S3, none missing and none cut."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from deri_gate.runtime.remote.deeds import FaultyTransferError, tried

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

EXPRESS = "--x-s3"  # end of a bucket's name whose objects have no order, and no MD5 as ETag


def s3_objects(call: Callable[..., Any], bucket: str, prefix: str) -> list[dict[str, Any]]:
    """All objects below a prefix.

    A client follows pages until one names no next. A page that lost its end would stop it early,
    and the objects after that would be missing without a word. So every page must say whether it
    is the last, hold as many objects as it says, and go on in order.

    Args:
        call: Makes a request of S3 by its name and keywords.
        bucket: Name of the bucket.
        prefix: Beginning of the keys.

    Raises:
        FaultyTransferError: If a page is not whole.
    """
    listed, token, tokens = list[dict[str, Any]](), "", set[str]()
    while True:
        more = {"ContinuationToken": token} if token else {}
        page = tried(lambda more=more: _page(call, bucket, prefix, more))  # type: ignore[misc]
        objects = page.get("Contents", [])
        last = listed[-1]["Key"] if listed else ""
        _refuse_disorder([last, *(entry["Key"] for entry in objects)], bucket)
        listed += [
            {**entry, "name": f"{bucket}/{entry['Key']}", "size": entry["Size"]}
            for entry in objects
        ]
        if not page["IsTruncated"]:
            return listed
        token = page["NextContinuationToken"]
        if token in tokens:
            raise FaultyTransferError("its listing goes round in a circle")
        tokens.add(token)


def _page(
    call: Callable[..., Any], bucket: str, prefix: str, more: Mapping[str, str]
) -> Mapping[str, Any]:
    """One page.

    Raises:
        FaultyTransferError: If it does not hold what it says, or does not say what comes next.
    """
    page: Mapping[str, Any] = call("list_objects_v2", Bucket=bucket, Prefix=prefix, **more)
    objects = page.get("Contents", [])
    if not isinstance(page.get("IsTruncated"), bool):
        raise FaultyTransferError("a page of its listing does not say whether it is the last")
    if page["IsTruncated"] and not page.get("NextContinuationToken"):
        raise FaultyTransferError("a page of its listing does not say where the next begins")
    if page.get("KeyCount", len(objects) or None) != len(objects):  # none is said, never left out
        raise FaultyTransferError("a page of its listing holds less than it says")
    if not all(entry["Key"].startswith(prefix) and "Size" in entry for entry in objects):
        raise FaultyTransferError("a page of its listing is of another folder")
    return page


def _refuse_disorder(keys: list[str], bucket: str) -> None:
    if bucket.endswith(EXPRESS):
        return
    raw = [key.encode() for key in keys if key]
    if any(first >= second for first, second in pairwise(raw)):
        raise FaultyTransferError("its listing is in no order")
