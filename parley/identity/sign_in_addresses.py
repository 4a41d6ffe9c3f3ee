"""From where members signed in, for administrators and some days: under each account's key, found by keyed hashes.

Hashes of the address and of the networks around it, so that staff find who came from a network, and a copy of the
database tells neither.
"""

import hashlib
import hmac
from collections.abc import Collection
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

import msgspec

from parley.identity import admission_queries as queries
from parley.identity.models import LoginAddress
from parley.kit.db import Connection
from parley.kit.errors import Invalid
from parley.kit.ids import AccountId
from parley.kit.owners_keys import OwnerErased, Piece, lasting_key, open_all, seal
from parley.kit.server_secrets import server_secret

# Sizes of networks of which hashes are kept; others are looked for by those inside them.
_SIZES = {4: (32, 24, 16), 6: (128, 64, 48, 32)}
_INSIDE_MAX = 256
_HASH_BYTES = 16
_SEALED_AT_ONCE = 200


class SealOlderAddresses(msgspec.Struct, frozen=True):
    """The payload of the job that seals what is older."""


async def keep_address(conn: Connection, account_id: AccountId, address: str, at: datetime) -> None:
    hashes = await _hashes_around(conn, address)
    if not hashes:
        return
    sealed = seal(await lasting_key(conn, account_id), _place(account_id), address)
    await queries.put_sign_in_address(conn, account_id, hashes, sealed, at)


async def addresses_of(conn: Connection, ids: Collection[AccountId]) -> list[LoginAddress]:
    """The latest first, without what can't be opened; two statements at most."""
    rows = await queries.sign_in_addresses_of(conn, ids)
    pieces = [Piece(_place(each.account_id), each.sealed) for each in rows if each.sealed is not None]
    opened = iter(await open_all(conn, pieces, str) if pieces else [])
    found = [(row, row.open_address if row.sealed is None else next(opened)) for row in rows]
    return [LoginAddress(row.account_id, text, row.used_at) for row, text in found if text is not None]


async def hashes_of_network(conn: Connection, text: str) -> list[bytes]:
    """Those that an address of the network has one of. Raises Invalid for a network too wide to be looked for."""
    network = ip_network(text)
    size = min((each for each in _SIZES[network.version] if each >= network.prefixlen), default=0)
    if 2 ** (size - network.prefixlen) > _INSIDE_MAX:
        raise Invalid("Validation failed: Ip is too wide a network to look for")
    secret = await _secret(conn)
    return [_hash(secret, each) for each in network.subnets(new_prefix=size)]


async def seal_some_older(conn: Connection) -> bool:
    """Of the addresses from before they were sealed; whether there may be more."""
    older = await queries.take_login_addresses(conn, _SEALED_AT_ONCE)
    for each in older:
        try:
            await keep_address(conn, each.account_id, each.address, each.used_at)
        except OwnerErased:
            # Gone since, and with them what was known of them.
            continue
    return len(older) == _SEALED_AT_ONCE


async def _hashes_around(conn: Connection, address: str) -> list[bytes]:
    """The address's own first. None for what is no address."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return []
    secret = await _secret(conn)
    sizes = _SIZES[parsed.version]
    return [_hash(secret, ip_network((parsed, size), strict=False)) for size in sizes]


def _hash(secret: bytes, network: IPv4Network | IPv6Network) -> bytes:
    return hmac.new(secret, str(network).encode(), hashlib.sha256).digest()[:_HASH_BYTES]


async def _secret(conn: Connection) -> bytes:
    return await server_secret(conn, "sign-in addresses")


def _place(account_id: AccountId) -> str:
    return f"sign-in address {account_id}"
