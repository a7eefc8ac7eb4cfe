"""Hosts that no request may reach unless the user named them: services of a cloud itself."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

from deri_gate.runtime.remote.deeds import RefusedTransferError

_METADATA = frozenset({"metadata", "metadata.google.internal", "metadata.goog", "instance-data"})
_SERVICES = (
    ipaddress.ip_network("169.254.0.0/16"),
    ipaddress.ip_network("fe80::/10"),
    ipaddress.ip_network("fd00:ec2::/32"),
    ipaddress.ip_network("100.100.100.200/32"),
    ipaddress.ip_network("168.63.129.16/32"),
)
CONNECT, SILENCE = 10, 30  # seconds until a host answers, and between two of its packets
_REFUSED = "its address leads to this machine's own cloud services, which are never asked"


def host_name(netloc: str) -> str:
    """Host of an address without port, brackets and final dot."""
    netloc = netloc.rpartition("@")[2].lower()
    if netloc.startswith("["):
        return netloc[1:].partition("]")[0]
    return netloc.partition(":")[0].rstrip(".")


def _plain(host: str) -> str:
    """A host without a port, as a client has it, in the spelling of `host_name`."""
    return host.lower().strip("[]").rstrip(".")


def is_service(host: str) -> bool:
    """True for a name or number of a cloud's metadata service, or a link-local number."""
    if host in _METADATA:
        return True
    number = _number(host)
    if number is None:
        return False
    mapped = getattr(number, "ipv4_mapped", None) or number
    return any(mapped in network for network in _SERVICES if network.version == mapped.version)


def _number(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The number that a host is written as, in any spelling that a resolver takes."""
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        pass
    try:  # 0xa9fea9fe, 2852039166 and 169.254.43518 are the same host
        return ipaddress.ip_address(socket.inet_aton(host))
    except (OSError, ValueError):
        return None


def refuse_service(host: str, allowed: str) -> None:
    """Refuse a host that was not named by the user.

    Args:
        host: Host or number of a request or an answer of the name service.
        allowed: The host of the address that the user gave.

    Raises:
        RefusedTransferError: If it is a cloud's own service.
    """
    if host != allowed and is_service(host):
        raise RefusedTransferError(_REFUSED)


async def guarded_client(*, given: str, scheme: str, **settings: Any) -> Any:
    """A client of the web that asks no forbidden host, and follows no redirect to another scheme.

    Args:
        given: The host that the user named.
        scheme: Scheme of the address.
        **settings: Keywords of `aiohttp.ClientSession`.
    """
    import aiohttp  # noqa: PLC0415  # an extra
    from aiohttp.resolver import DefaultResolver  # noqa: PLC0415  # an extra

    class Guarded(DefaultResolver):  # type: ignore[misc,valid-type]  # of an extra
        """Name service whose answers are looked at."""

        async def resolve(self, host: str, *arguments: Any, **keywords: Any) -> Any:
            """Numbers of a host, none of them forbidden unless the host itself was named."""
            hosts = await super().resolve(host, *arguments, **keywords)
            if _plain(host) != given or not is_service(given):
                for one in hosts:
                    refuse_service(one["host"], "")
            return hosts

    async def before(_: Any, __: Any, request: Any) -> None:
        refuse_service(_plain(request.url.raw_host or ""), given)

    async def redirected(_: Any, __: Any, answer: Any) -> None:
        target = answer.response.url.join(_target(answer.response))
        if target.scheme not in {scheme, "https"}:
            raise RefusedTransferError(f"it is redirected from {scheme} to {target.scheme}")
        refuse_service(_plain(target.raw_host or ""), given)

    watch = aiohttp.TraceConfig()
    watch.on_request_start.append(before)
    watch.on_request_redirect.append(redirected)
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(resolver=Guarded(), limit=0),
        trace_configs=[watch],
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT, sock_read=SILENCE),
        headers={"Accept-Encoding": "identity"},
        trust_env=True,
        **settings,
    )


def _target(answer: Any) -> Any:
    import yarl  # noqa: PLC0415  # comes with aiohttp

    location = answer.headers.get("Location") or answer.headers.get("URI") or ""
    return yarl.URL(location, encoded=True)
