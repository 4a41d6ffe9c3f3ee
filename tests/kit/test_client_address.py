"""Whom a request is counted against: the peer, or what a trusted proxy says of it and no more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.kit.client_address import UNKNOWN, address_group, client_address

PROXIES = ("10.0.0.0/8", "192.0.2.1", "fd00::/8")


def request(peer: str | None, *forwarded: str):
    headers = [(b"host", b"parley.test")]
    headers += [(b"x-forwarded-for", each.encode("latin-1")) for each in forwarded]
    return {"client": (peer, 1) if peer is not None else None, "headers": headers}


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.7", [], "203.0.113.7"),
        ("203.0.113.7", ["198.51.100.1"], "203.0.113.7"),
        ("10.1.2.3", ["198.51.100.1"], "198.51.100.1"),
        ("10.1.2.3", ["6.6.6.6, 198.51.100.1"], "198.51.100.1"),
        ("10.1.2.3", ["6.6.6.6, 198.51.100.1, 192.0.2.1"], "198.51.100.1"),
        ("10.1.2.3", ["6.6.6.6", "198.51.100.1", "10.9.9.9"], "198.51.100.1"),
        ("10.1.2.3", ["10.0.0.9, 10.0.0.8"], "10.0.0.9"),
        ("10.1.2.3", [], "10.1.2.3"),
        ("10.1.2.3", ["6.6.6.6, nonsense, 10.0.0.8"], "10.0.0.8"),
        ("10.1.2.3", ["198.51.100.1:5555"], "198.51.100.1"),
        ("10.1.2.3", ["[2001:db8::1]:5555"], "2001:db8::1"),
        ("fd00::1", ["2001:DB8:0::1"], "2001:db8::1"),
        ("::ffff:10.1.2.3", ["::ffff:198.51.100.1"], "198.51.100.1"),
        (None, ["198.51.100.1"], UNKNOWN),
        ("a socket", ["198.51.100.1"], UNKNOWN),
    ],
)
def test_client_address(peer, forwarded, expected):
    assert client_address(request(peer, *forwarded), PROXIES) == expected


def test_without_trusted_proxies_the_header_means_nothing():
    assert client_address(request("10.1.2.3", "198.51.100.1"), ()) == "10.1.2.3"


@given(st.lists(st.text(st.characters(max_codepoint=255), max_size=60), max_size=3))
def test_any_header_gives_an_address(forwarded):
    found = client_address(request("10.1.2.3", *forwarded), PROXIES)
    assert address_group(found)


def test_a_long_chain_is_read_only_near_its_end():
    chain = ", ".join(["198.51.100.1"] + ["10.0.0.1"] * 50)
    assert client_address(request("10.1.2.3", chain), PROXIES) == "10.0.0.1"


@pytest.mark.parametrize(
    ("address", "group"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        (UNKNOWN, UNKNOWN),
    ],
)
def test_address_group(address, group):
    assert address_group(address) == group
