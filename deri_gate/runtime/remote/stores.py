"""The store at an address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.runtime.remote.buckets import BucketStore
from deri_gate.runtime.remote.web import WebStore

if TYPE_CHECKING:
    from deri_gate.runtime.remote.address import Address
    from deri_gate.runtime.remote.records import RemoteStore


def store_of(folder: Address, *, by_user: bool = True) -> RemoteStore:
    """The store with the files below a folder.

    Args:
        folder: Its address.
        by_user: Whether the user named the host, rather than a table.

    Raises:
        SettingError: If the extra for it is missing.
        DatasetError: If it does not answer.
    """
    return WebStore.of(folder, by_user=by_user) if folder.on_web else BucketStore.of(folder)
