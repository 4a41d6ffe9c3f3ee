"""Going out: only to public addresses, on known ports, with a limit on everything; against a server that cheats."""

import gzip
import ssl
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from parley.kit import http_client
from parley.kit.config import Settings
from parley.kit.http_client import (
    AddressRefused,
    AnswerRefused,
    HostUnreachable,
    Limits,
    OutgoingError,
    fetch,
    post,
)
from parley.kit.public_addresses import is_public
from tests.kit.hostile_server import HostileServer, forever, hostile_server, plain, redirect

HTML = ("text/html",)
LIMITS = Limits(seconds=5, body_bytes_max=10_000)

PRIVATE = [
    "127.0.0.1",
    "127.8.9.1",
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.127.0.1",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.1.1.1",
    "240.0.0.1",
    "255.255.255.255",
    "168.63.129.16",
    "::1",
    "::",
    "fe80::1",
    "febf::1",
    "fec0::1",
    "fc00::1",
    "fdff::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::a00:1",
    "64:ff9b:1::1",
    "2002:7f00:1::1",
    "2002:808:808::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:db8::1",
    "3fff::1",
    "100::1",
    "5f00::1",
    "4000::1",
]
PUBLIC = [
    "8.8.8.8",
    "1.1.1.1",
    "172.32.0.1",
    "100.128.0.1",
    "223.255.255.255",
    "2606:4700::1111",
    "2a00:1450::1",
    "64:ff9b::8.8.8.8",
]


@pytest.fixture
async def server() -> AsyncIterator[HostileServer]:
    async with hostile_server() as made:
        yield made


@pytest.fixture
def inside(server: HostileServer) -> Settings:
    """Of an operator who opened the test server's own address."""
    return Settings(
        url="https://parley.test",
        outgoing_ports=("80", "443", str(server.port)),
        outgoing_allowed_networks=("127.0.0.1/32",),
    )


@pytest.fixture
def outside(server: HostileServer) -> Settings:
    return Settings(url="https://parley.test", outgoing_ports=("80", "443", str(server.port)))


def names(*addresses: str):
    """A resolver that gives these, one set a call, the last for good."""
    calls: list[str] = []

    async def resolve(host: str, _port: int) -> Sequence[str]:
        calls.append(host)
        return addresses[min(len(calls), len(addresses)) - 1].split()

    resolve.calls = calls  # type: ignore[attr-defined]
    return resolve


def test_every_special_network_is_refused_and_all_else_is_public():
    assert [each for each in PRIVATE if is_public(ip_address(each))] == []
    assert [each for each in PUBLIC if not is_public(ip_address(each))] == []


async def test_the_name_is_asked_but_the_checked_address_is_connected(server, inside):
    url = server.answers("/page?a=b", plain(b"<p>hello</p>")).replace("127.0.0.1", "name.test")
    found = await fetch(inside, url + "#part", LIMITS, HTML, resolve=names("127.0.0.1"))
    assert (found.status, found.body, found.media_type, found.url) == (200, b"<p>hello</p>", "text/html", url)
    asked = server.asked[0]
    assert asked.line == "GET /page?a=b HTTP/1.1"
    assert asked.headers["host"] == f"name.test:{server.port}"
    assert asked.headers["user-agent"].endswith("(+https://parley.test/)")
    assert "cookie" not in asked.headers
    assert "authorization" not in asked.headers


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "127.0.0.1.",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "10.0.0.1",
        "169.254.169.254",
        "127.0.0.0x1",
        "%31%32%37.0.0.1",
        "１２７.0.0.1",
        "user@example.test",
        "user:secret@example.test",
        "[fe80::1%25lo]",
        "a..b",
    ],
)
async def test_no_spelling_of_a_private_address_gets_through(server, outside, host):
    resolve = names("127.0.0.1")
    with pytest.raises((AddressRefused, HostUnreachable)):
        await fetch(outside, f"http://{host}:{server.port}/", LIMITS, HTML, resolve=resolve)
    # Nor through the system's own resolver, which knows some of them.
    with pytest.raises((AddressRefused, HostUnreachable)):
        await fetch(outside, f"http://{host}:{server.port}/", LIMITS, HTML)
    assert server.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.test/",
        "file:///etc/passwd",
        "gopher://example.test/",
        "javascript:alert(1)",
        "//example.test/",
        "/path",
        "http://",
        "http://example.test:22/",
        "https://example.test:99999/",
        "http://[/",
        "http://exa\x00mple.test/",
        "http://example.test/" + "a" * 3000,
        "http://example.test/\r\nx: y",
        "",
    ],
)
async def test_other_schemes_ports_and_nonsense_are_refused(outside, url):
    with pytest.raises(AddressRefused):
        await fetch(outside, url, LIMITS, HTML, resolve=names("8.8.8.8"))


async def test_a_name_that_changes_its_address_gains_nothing(server, outside):
    """It is looked up once, and what was looked up is what is connected to; each redirect is looked up anew."""
    resolve = names("127.0.0.1", "8.8.8.8")
    with pytest.raises(AddressRefused):
        await fetch(outside, f"http://rebinding.test:{server.port}/", LIMITS, HTML, resolve=resolve)
    assert resolve.calls == ["rebinding.test"]
    # One public and one private address: only the public one may be tried, and nobody answers there.
    only_private_answers = Settings(
        outgoing_ports=(str(server.port),), outgoing_allowed_networks=("127.0.0.2/32",)
    )
    with pytest.raises(HostUnreachable):
        await fetch(
            only_private_answers,
            f"http://both.test:{server.port}/",
            LIMITS,
            HTML,
            resolve=names("127.0.0.2 127.0.0.1"),
        )
    assert server.asked == []


async def test_redirects_are_followed_three_times_and_judged_each(server, inside, outside):
    end = server.answers("/end", plain(b"the end"))
    third = server.answers("/3", redirect("/end", "308 Permanent Redirect"))
    server.answers("/2", redirect(third, "301 Moved"))
    server.answers("/1", redirect("2"))
    server.answers("/0", redirect("/1"))
    found = await fetch(inside, f"{server.address}/1", LIMITS, HTML)
    assert (found.url, found.body) == (end, b"the end")
    with pytest.raises(AnswerRefused):
        await fetch(inside, f"{server.address}/0", LIMITS, HTML)
    for where in (
        "http://127.0.0.2/",
        "http://[::1]/",
        "http://10.1.1.1/",
        "file:///etc/passwd",
        "http://x.test:22/",
    ):
        url = server.answers("/away", redirect(where))
        with pytest.raises(AddressRefused):
            await fetch(inside, url, LIMITS, HTML, resolve=names("127.0.0.1"))
    # The second look-up of the same name may tell another address.
    turned = server.answers("/turn", redirect("/end")).replace("127.0.0.1", "turning.test")
    with pytest.raises(AddressRefused):
        await fetch(inside, turned, LIMITS, HTML, resolve=names("127.0.0.1", "127.0.0.3"))


async def test_endless_and_packed_bodies_end_at_the_limit(server, inside):
    async def endless(writer):
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n")
        await forever(writer, b"x" * 5000)

    url = server.answers("/endless", endless)
    with pytest.raises(AnswerRefused):
        await fetch(inside, url, LIMITS, HTML)
    cut = await fetch(inside, url, Limits(5, 10_000, cut=True), HTML)
    assert cut.body == b"x" * 10_000
    packed = gzip.compress(b"hello " * 1000)
    fine = await fetch(
        inside, server.answers("/packed", plain(packed, content_encoding="gzip")), LIMITS, HTML
    )
    assert fine.body == b"hello " * 1000
    bomb = server.answers("/bomb", plain(gzip.compress(b"\x00" * 50_000_000), content_encoding="gzip"))
    with pytest.raises(AnswerRefused):
        await fetch(inside, bomb, Limits(5, 1_000_000), HTML)
    for encoding in ("br", "gzip, gzip", "deflate"):
        with pytest.raises(AnswerRefused):
            await fetch(
                inside, server.answers("/odd", plain(packed, content_encoding=encoding)), LIMITS, HTML
            )
    broken = server.answers("/broken", plain(b"no gzip at all", content_encoding="gzip"))
    with pytest.raises(HostUnreachable):
        await fetch(inside, broken, LIMITS, HTML)


async def test_slow_and_huge_headers_and_wrong_answers_end_the_request(server, inside):
    async def slow(writer):
        writer.write(b"HTTP/1.1 200 OK\r\n")
        await forever(writer, b"x-more: y\r\n", 0.05)

    async def huge(writer):
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n")
        await forever(writer, b"x-more: " + b"y" * 5000 + b"\r\n")

    async def closes(writer):
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\ncontent-type: text/html\r\n\r\nonly this")

    for script, refusal in ((slow, HostUnreachable), (huge, HostUnreachable), (closes, HostUnreachable)):
        with pytest.raises(refusal):
            await fetch(inside, server.answers("/trick", script), Limits(1, 10_000), HTML)
    large = server.answers("/large", plain(b"", x_more="y" * 40_000))
    for url in (large, server.answers("/zip", plain(b"PK", kind="application/zip"))):
        with pytest.raises(AnswerRefused):
            await fetch(inside, url, LIMITS, HTML)
    with pytest.raises(HostUnreachable):
        await fetch(inside, server.answers("/nonsense", b"what?\r\n\r\n"), LIMITS, HTML)
    missing = await fetch(inside, f"{server.address}/missing", LIMITS, HTML)
    assert (missing.status, missing.body) == (404, b"")


async def test_a_certificate_must_be_for_the_name(tmp_path, monkeypatch):
    """The name's own, not the address's, and of somebody who is trusted."""
    certificate = tmp_path / "certificate.pem"
    certificate.write_bytes(self_signed("name.test"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    async with hostile_server(context) as server:
        server.answers("/", plain(b"secure"))
        settings = Settings(outgoing_ports=(str(server.port),), outgoing_allowed_networks=("127.0.0.1",))

        async def ask(host: str):
            url = f"https://{host}:{server.port}/"
            return await fetch(settings, url, LIMITS, HTML, resolve=names("127.0.0.1"))

        with pytest.raises(HostUnreachable):
            await ask("name.test")
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        http_client._trusted.cache_clear()
        try:
            assert (await ask("name.test")).body == b"secure"
            for other in ("other.test", "127.0.0.1"):
                with pytest.raises(HostUnreachable):
                    await ask(other)
        finally:
            http_client._trusted.cache_clear()


def self_signed(name: str) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private + made.public_bytes(Encoding.PEM)


async def test_the_environments_proxies_are_not_asked(server, inside, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.9:9/")
    found = await fetch(inside, server.answers("/direct", plain(b"here")), LIMITS, HTML)
    assert found.body == b"here"


async def test_what_is_posted_goes_to_one_address_and_no_further(server, inside):
    url = server.answers("/push", redirect("/elsewhere", "307 Temporary Redirect"))
    answer = await post(inside, url, {"ttl": "60"}, b"\x01\x02", LIMITS)
    assert answer.status == 307
    assert [(each.line, each.body) for each in server.asked] == [("POST /push HTTP/1.1", b"\x01\x02")]
    assert server.asked[0].headers["ttl"] == "60"


async def test_endpoints_must_be_secure_outside_of_the_operators_networks(server, inside, outside):
    await http_client.require_reachable(inside, server.address, secure=True)
    await http_client.require_reachable(outside, "https://push.test/x", secure=True, resolve=names("8.8.8.8"))
    for settings, url in (
        (outside, server.address),
        (outside, "http://push.test/"),
        (inside, "http://push.test/"),
    ):
        with pytest.raises(AddressRefused):
            await http_client.require_reachable(settings, url, secure=True, resolve=names("8.8.8.8"))


async def test_nobody_is_told_which_names_are_known_inside(outside):
    async def unknown(_host: str, _port: int) -> Sequence[str]:
        raise OSError

    told = set()
    for resolve in (names("10.0.0.1"), unknown, names("")):
        with pytest.raises(OutgoingError) as refusal:
            await http_client.require_reachable(outside, "https://database.internal/", resolve=resolve)
        told.add(str(refusal.value))
    assert told == {"it leads to no public address"}
