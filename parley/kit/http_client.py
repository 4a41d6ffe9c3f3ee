"""The only way out over HTTP: addresses are looked up and judged here, and the connection goes to just that address.

Whom members name in links and push endpoints decides whom this server asks, so every step has a limit: which addresses
and ports, how long in all, how many redirects, how large the headers and the body, packed and unpacked.
"""

import asyncio
import functools
import socket
import ssl
import zlib
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from urllib.parse import urljoin

import httpx
import msgspec

from parley import __version__
from parley.kit.config import Settings
from parley.kit.public_addresses import Address, is_allowed, may_be_reached, parse_address

URL_LENGTH_MAX = 2048
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_DEFAULT_PORTS = {"http": 80, "https": 443}
# A name with more addresses is asked at the first of them.
_ADDRESSES_TRIED_MAX = 2
_CONNECT_SECONDS = 4.0
_HEADER_BYTES_MAX = 32_768
_UNPACKED_AT_ONCE_BYTES = 65_536
# The same for names that nobody bears: which of them are known inside the operator's network is told to no member.
_LEADS_NOWHERE = "it leads to no public address"

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


class OutgoingError(Exception):
    """A request to another host that brought nothing."""


class AddressRefused(OutgoingError):
    """Not an address that this server asks: its form, its scheme, its port, or where it leads."""


class AnswerRefused(OutgoingError):
    """The other host answers, but with what nobody wants: too much of it, of the wrong kind, too many redirects."""


class HostUnreachable(OutgoingError):
    """No answer, or a broken one: it may go better later."""


class Limits(msgspec.Struct, frozen=True):
    """`seconds` is for everything together. With `cut`, a longer body is cut off rather than refused."""

    seconds: float = 8.0
    body_bytes_max: int = 1_048_576
    redirects_max: int = 3
    cut: bool = False


class Fetched(msgspec.Struct, frozen=True):
    """`url` is where the redirects led. Names of headers are in small letters."""

    status: int
    url: str
    headers: dict[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class _Hop(msgspec.Struct, frozen=True):
    """A checked address: the URL as written, and where it leads."""

    url: httpx.URL
    addresses: tuple[Address, ...]


async def look_up(host: str, port: int) -> list[str]:
    """The system's own resolver."""
    found = await asyncio.get_running_loop().getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
    )
    return list(dict.fromkeys(str(each[4][0]) for each in found))


async def fetch(
    settings: Settings,
    url: str,
    limits: Limits,
    media_types: Sequence[str],
    *,
    resolve: Resolve = look_up,
) -> Fetched:
    """GET, following redirects by hand, each judged as the first. Raises OutgoingError.

    An answer of success must be of one of `media_types`; other answers come without their body.
    """
    headers = {"accept": ", ".join(media_types)}
    try:
        async with asyncio.timeout(limits.seconds):
            for _ in range(limits.redirects_max + 1):
                hop = await _check(settings, url, resolve)
                answer = await _ask(settings, hop, "GET", headers, None, limits, media_types)
                location = answer.headers.get("location")
                if answer.status not in _REDIRECTS or location is None:
                    return answer
                url = _joined(str(hop.url), location)
    except TimeoutError:
        raise HostUnreachable(f"no whole answer within {limits.seconds:g} seconds") from None
    raise AnswerRefused(f"more than {limits.redirects_max} redirects")


async def post(
    settings: Settings, url: str, headers: Mapping[str, str], body: bytes, limits: Limits
) -> Fetched:
    """Sends a body to exactly this address; a redirect is an answer like any other. Raises OutgoingError."""
    try:
        async with asyncio.timeout(limits.seconds):
            hop = await _check(settings, url, look_up)
            return await _ask(settings, hop, "POST", headers, body, limits, None)
    except TimeoutError:
        raise HostUnreachable(f"no whole answer within {limits.seconds:g} seconds") from None


async def require_reachable(
    settings: Settings, url: str, *, secure: bool = False, resolve: Resolve = look_up
) -> None:
    """Raises OutgoingError for what could not be asked. `secure`: plain http only inside networks of the operator."""
    try:
        async with asyncio.timeout(_CONNECT_SECONDS):
            hop = await _check(settings, url, resolve)
    except TimeoutError:
        raise HostUnreachable(_LEADS_NOWHERE) from None
    if secure and hop.url.scheme != "https" and not _all_inside(settings, hop):
        raise AddressRefused("it must begin with https://")


def _all_inside(settings: Settings, hop: _Hop) -> bool:
    return all(is_allowed(each, settings.outgoing_allowed_networks) for each in hop.addresses)


async def _check(settings: Settings, text: str, resolve: Resolve) -> _Hop:
    """The one gate: form, scheme, port and every address that the name leads to."""
    url = _parse(text)
    if url.scheme not in _DEFAULT_PORTS:
        raise AddressRefused("only http and https are asked")
    if url.userinfo:
        raise AddressRefused("it holds a name or a password")
    port = url.port or _DEFAULT_PORTS[url.scheme]
    if str(port) not in settings.outgoing_ports:
        raise AddressRefused("its port is not asked")
    reachable = tuple(
        address
        for address in await _addresses(url.host, port, resolve)
        if may_be_reached(address, settings.outgoing_allowed_networks)
    )
    if not reachable:
        raise AddressRefused(_LEADS_NOWHERE)
    return _Hop(url, reachable[:_ADDRESSES_TRIED_MAX])


def _parse(text: str) -> httpx.URL:
    if len(text) > URL_LENGTH_MAX or not text.isprintable():
        raise AddressRefused("it is too long, or can't be read")
    try:
        url = httpx.URL(text).copy_with(fragment=None)
    except (httpx.InvalidURL, ValueError, TypeError):
        raise AddressRefused("it can't be read") from None
    host = url.host
    if not host or host != host.strip() or any(character in host for character in "%\\ "):
        raise AddressRefused("it names no host")
    return url


async def _addresses(host: str, port: int, resolve: Resolve) -> list[Address]:
    literal = parse_address(host)
    if literal is not None:
        return [literal]
    # A last part of digits makes it an address in some odd spelling (2130706433, 127.1, 0x7f.1), never a name.
    last = host.rstrip(".").rpartition(".")[2]
    if not last or last[0].isdigit() or ":" in host:
        raise AddressRefused("it names no host")
    try:
        # In the form that the domain system knows; what that form can't hold is no name.
        found = await resolve(httpx.URL(scheme="http", host=host).raw_host.decode("ascii"), port)
    except (OSError, UnicodeError):
        raise HostUnreachable(_LEADS_NOWHERE) from None
    return [address for address in map(parse_address, found) if address is not None]


async def _ask(
    settings: Settings,
    hop: _Hop,
    method: str,
    headers: Mapping[str, str],
    body: bytes | None,
    limits: Limits,
    media_types: Sequence[str] | None,
) -> Fetched:
    failure: Exception | None = None
    for address in hop.addresses:
        request = _request(settings, hop.url, address, method, headers, body)
        try:
            return await _exchange(request, hop.url, limits, media_types)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            failure = error
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, OSError) as error:
            raise HostUnreachable(f"{type(error).__name__}: {error}") from None
    raise HostUnreachable(f"no connection: {failure}")


def _request(
    settings: Settings,
    url: httpx.URL,
    address: Address,
    method: str,
    headers: Mapping[str, str],
    body: bytes | None,
) -> httpx.Request:
    """To the address itself; the name stands in the Host header, and is what the certificate must be for."""
    sent = {
        "host": url.netloc.decode("ascii"),
        "user-agent": f"Parley/{__version__} (+{settings.base_url}/)",
        "accept-encoding": "gzip",
        **headers,
    }
    extensions: dict[str, object] = {
        "sni_hostname": url.raw_host.decode("ascii"),
        "timeout": httpx.Timeout(None, connect=_CONNECT_SECONDS).as_dict(),
    }
    return httpx.Request(
        method, url.copy_with(host=str(address)), headers=sent, content=body, extensions=extensions
    )


async def _exchange(
    request: httpx.Request, url: httpx.URL, limits: Limits, media_types: Sequence[str] | None
) -> Fetched:
    # A connection of its own for each request: one that is kept belongs to an address, and several names may share
    # that, each with its own certificate.
    connection = httpx.AsyncHTTPTransport(
        verify=_trusted(), trust_env=False, limits=httpx.Limits(max_keepalive_connections=0)
    )
    async with connection:
        response = await connection.handle_async_request(request)
        try:
            return await _read(response, url, limits, media_types)
        finally:
            await response.aclose()


@functools.lru_cache(maxsize=1)
def _trusted() -> ssl.SSLContext:
    """Loading the certificates takes longer than most requests."""
    return httpx.create_ssl_context()


async def _read(
    response: httpx.Response, url: httpx.URL, limits: Limits, media_types: Sequence[str] | None
) -> Fetched:
    headers = _headers(response)
    bare = Fetched(response.status_code, str(url), headers, b"")
    if not response.is_success or response.status_code == 204:
        return bare
    if media_types is not None and bare.media_type not in media_types:
        raise AnswerRefused(f"it is of the kind {bare.media_type[:100] or 'unknown'}")
    body = await _body(response, headers.get("content-encoding", ""), limits)
    return msgspec.structs.replace(bare, body=body)


def _headers(response: httpx.Response) -> dict[str, str]:
    if sum(len(name) + len(value) for name, value in response.headers.raw) > _HEADER_BYTES_MAX:
        raise AnswerRefused("its headers are too large")
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers.raw}


async def _body(response: httpx.Response, encoding: str, limits: Limits) -> bytes:
    unpack = _unpacking(encoding)
    whole = bytearray()
    received = 0
    assert isinstance(response.stream, httpx.AsyncByteStream)  # noqa: S101 - what an asynchronous transport gives
    async for packed in response.stream:
        received += len(packed)
        for piece in unpack(packed):
            whole += piece
            if len(whole) > limits.body_bytes_max:
                break
        if len(whole) > limits.body_bytes_max or received > limits.body_bytes_max:
            if limits.cut:
                return bytes(whole[: limits.body_bytes_max])
            raise AnswerRefused("it is too large")
    return bytes(whole)


def _unpacking(encoding: str) -> Callable[[bytes], Iterable[bytes]]:
    if encoding.strip().lower() in {"", "identity"}:
        return lambda packed: (packed,)
    if encoding.strip().lower() not in {"gzip", "x-gzip"}:
        raise AnswerRefused("it is packed in a way nobody asked for")
    return functools.partial(_unpacked, zlib.decompressobj(wbits=31))


def _unpacked(inflater: "zlib._Decompress", packed: bytes) -> Iterator[bytes]:
    """A little at a time, as it may be a thousand times as large as it came."""
    while packed:
        try:
            yield inflater.decompress(packed, _UNPACKED_AT_ONCE_BYTES)
        except zlib.error:
            raise HostUnreachable("its packed body is broken") from None
        packed = inflater.unconsumed_tail


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        raise AddressRefused("it redirects to nowhere") from None
