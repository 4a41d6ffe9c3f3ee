"""client_address(scope, trusted_proxies): who really asked, through the proxies that the operator trusts; and what lies around."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

UNKNOWN = "unknown"
_HOPS_MAX = 20
_IPV6_PREFIX = 64

Address = IPv4Address | IPv6Address


def client_address(scope: Any, trusted_proxies: tuple[str, ...]) -> str:
    """The peer's address or, when the peer is a trusted proxy, the rightmost forwarded one that is not.

    Everything left of that entry was written by somebody we have no reason to believe.
    """
    client = scope.get("client")
    peer = _parsed(client[0]) if client else None
    if peer is None:
        return UNKNOWN
    if not trusted_proxies or not _is_trusted(peer, trusted_proxies):
        return str(peer)
    nearest = peer
    for entry in _forwarded(scope):
        address = _parsed(entry)
        if address is None:
            break
        nearest = address
        if not _is_trusted(address, trusted_proxies):
            break
    return str(nearest)


def address_group(address: str) -> str:
    """What counts as one visitor: an IPv4 address whole, an IPv6 address by its /64, which one home gets."""
    parsed = _parsed(address)
    if isinstance(parsed, IPv6Address):
        return str(IPv6Network((parsed, _IPV6_PREFIX), strict=False))
    return address


@lru_cache(maxsize=4096)
def blocks_around(address: str) -> tuple[str, str]:
    """The block that one customer mostly has, and the network that one operator mostly has, in place of its AS."""
    parsed = _parsed(address)
    if parsed is None:
        return UNKNOWN, UNKNOWN
    sizes = (24, 16) if isinstance(parsed, IPv4Address) else (48, 32)
    block, network = (str(ip_network((parsed, size), strict=False)) for size in sizes)
    return block, network


def _forwarded(scope: Any) -> list[str]:
    """The entries of X-Forwarded-For, nearest proxy first."""
    values = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
    return ",".join(values).split(",")[: -_HOPS_MAX - 1 : -1] if values else []


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Address | None:
    """An address as proxies write it: with spaces, brackets or a port around it; IPv4 inside IPv6 unwrapped."""
    bare = text.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


@lru_cache(maxsize=4096)
def _is_trusted(address: Address, trusted_proxies: tuple[str, ...]) -> bool:
    return any(address in ip_network(each, strict=False) for each in trusted_proxies)
