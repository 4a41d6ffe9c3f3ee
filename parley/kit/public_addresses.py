"""Which addresses of the internet a server may reach on behalf of others: only those that anybody could reach."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# The registries of special addresses at IANA, written out: what the standard library thinks of them changes with its
# version.
_SPECIAL_V4 = tuple(
    IPv4Network(each)
    for each in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
        # A cloud's own service, which answers whatever runs inside it.
        "168.63.129.16/32",
    )
)  # fmt: skip
_GLOBAL_V6 = IPv6Network("2000::/3")
# Protocol assignments with Teredo, documentation, 6to4: the tunnels among them would lead to any IPv4 address.
_SPECIAL_V6 = tuple(
    IPv6Network(each)
    for each in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "2620:4f:8000::/48")
)
_NAT64 = IPv6Network("64:ff9b::/96")


def parse_address(text: str) -> Address | None:
    """An address in its usual spelling, without a zone; None for anything else."""
    if "%" in text:
        return None
    try:
        return ip_address(text)
    except ValueError:
        return None


def may_be_reached(address: Address, allowed_networks: Sequence[str] = ()) -> bool:
    """Whether an address is public, or lies in a network that the operator opened."""
    return is_public(address) or is_allowed(address, allowed_networks)


def is_public(address: Address) -> bool:
    """Global unicast; an IPv6 address that stands for an IPv4 one is judged as that one."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _SPECIAL_V4)
    inner = _inner(address)
    if inner is not None:
        return is_public(inner)
    return address in _GLOBAL_V6 and not any(address in network for network in _SPECIAL_V6)


def is_allowed(address: Address, networks: Sequence[str]) -> bool:
    inner = _inner(address) if isinstance(address, IPv6Address) else None
    shown = address if inner is None else inner
    return any(shown in each for each in _parsed(tuple(networks)) if each.version == shown.version)


def _inner(address: IPv6Address) -> IPv4Address | None:
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None


@lru_cache(maxsize=16)
def _parsed(networks: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ip_network(each, strict=False) for each in networks)
