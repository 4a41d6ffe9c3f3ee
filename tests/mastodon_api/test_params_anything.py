"""Whatever a client sends, in whatever encoding: the same struct or a refusal, never an accident."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from parley.kit.errors import ParleyError
from parley.kit.ids import ID_MAX
from parley.mastodon_api.params import Id
from tests.mastodon_api.echo import (
    FieldParams,
    KeyParams,
    PollParams,
    Sample,
    SubscriptionParams,
    read,
)

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20)
ids = st.integers(1, ID_MAX).map(Id)
moments = st.integers(0, 2**32).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
samples = st.builds(
    Sample,
    status=texts,
    spoiler_text=texts,
    sensitive=st.booleans() | st.just(UNSET),
    limit=st.integers(-(2**31) + 1, 2**31 - 1),
    media_ids=st.lists(ids, max_size=3),
    tags=st.lists(words, max_size=3),
    in_reply_to_id=st.none() | ids,
    visibility=st.sampled_from([None, "public", "private"]),
    scheduled_at=st.none() | moments,
    poll=st.none()
    | st.builds(
        PollParams,
        options=st.lists(words, min_size=1, max_size=4),
        expires_in=st.integers(0, 10**6),
        multiple=st.booleans(),
    ),
    fields_attributes=st.lists(st.builds(FieldParams, name=texts, value=texts), max_size=3),
    subscription=st.none()
    | st.builds(SubscriptionParams, endpoint=texts, keys=st.builds(KeyParams, p256dh=texts)),
    redirect_uris=words | st.lists(words, min_size=1, max_size=3),
)


def bracketed(value: Any, name: str, indexed: bool) -> list[tuple[str, str]]:
    """Builtins to pairs, as a Rails-minded client writes them; lists by index or by empty brackets."""
    if isinstance(value, dict):
        parts = [bracketed(one, f"{name}[{key}]" if name else key, indexed) for key, one in value.items()]
    elif isinstance(value, list):
        parts = [bracketed(one, f"{name}[{n if indexed else ''}]", indexed) for n, one in enumerate(value)]
    elif value is None:
        parts = []
    else:
        parts = [[(name, value if isinstance(value, str) else json.dumps(value))]]
    return [pair for part in parts for pair in part]


def as_multipart(pairs: list[tuple[str, str]]) -> bytes:
    parts = [
        f'--b0undary\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in pairs
    ]
    return "".join([*parts, "--b0undary--\r\n"]).encode()


@settings(max_examples=40, deadline=None)
@given(samples, st.booleans())
async def test_the_same_struct_comes_of_every_encoding(sample: Sample, indexed: bool):
    builtins = {key: value for key, value in msgspec.to_builtins(sample).items() if key != "avatar"}
    pairs = bracketed(builtins, "", indexed)
    form = urlencode(pairs).encode()
    assert await read(json.dumps(builtins).encode(), "application/json") == sample
    assert await read(form, "application/x-www-form-urlencoded") == sample
    assert await read(b"", "application/json", query=form) == sample
    assert await read(as_multipart(pairs), "multipart/form-data; boundary=b0undary") == sample


names = st.sampled_from([*Sample.__struct_fields__, "keys", "name", "options", "expires_in", "0", "1", "x"])
loose_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)


async def read_or_refuse(body: bytes, content_type: str, query: bytes = b"") -> None:
    """Anything else than a struct that can be stored or a refusal in 4xx fails the test."""
    outcome = await struct_or_refusal(body, content_type, query)
    if isinstance(outcome, ParleyError):
        assert 400 <= outcome.status < 500
        assert outcome.shown.encode()
    else:
        # Lone surrogates can't be encoded.
        assert b"\\u0000" not in msgspec.json.encode(outcome, enc_hook=lambda _: None)


async def struct_or_refusal(body: bytes, content_type: str, query: bytes) -> Sample | ParleyError:
    try:
        return await read(body, content_type, query)
    except ParleyError as refusal:
        return refusal


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(names, loose_json, max_size=4))
@example({"limit": 10**4299})
@example({"status": 10**4300 - 1, "media_ids": [10**4299]})
async def test_no_json_is_an_accident(body: Any):
    await read_or_refuse(json.dumps(body).encode(), "application/json")


bracket_names = st.lists(
    st.sampled_from(["[", "]", "[]", "[0]", "[name]", "[options]", "%5B", "x", "\0"]), max_size=6
)
bracket_pairs = st.tuples(
    names, bracket_names.map("".join), st.text(max_size=5) | st.sampled_from(["1", "on"])
)


@settings(max_examples=100, deadline=None)
@given(st.lists(bracket_pairs, max_size=6))
async def test_no_bracketed_name_is_an_accident(pairs: list[tuple[str, str, str]]):
    encoded = "&".join(
        f"{name}{rest}={quote(value, errors='replace')}" for name, rest, value in pairs
    ).encode()
    await read_or_refuse(encoded, "application/x-www-form-urlencoded", query=encoded)
    multipart = as_multipart([(name + rest, value) for name, rest, value in pairs if value.isascii()])
    await read_or_refuse(multipart, "multipart/form-data; boundary=b0undary")


PIECES = [b"--x", b"--x--", b"\r\n", b"\n", b'Content-Disposition: form-data; name="status"', b"; filename=f"]
PIECES += [
    b"Content-Length: 3",
    b"Content-Disposition: form-data",
    b"abc",
    b"\xff",
    b"\0",
    b"name*=utf-8''%FF\"",
]


@settings(max_examples=100, deadline=None)
@given(
    st.binary(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join),
    st.sampled_from(
        [
            "application/json",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "multipart/form-data; boundary=",
            'multipart/form-data; boundary="\xe9',
            "",
        ]
    ),
)
async def test_no_bytes_are_an_accident(body: bytes, content_type: str):
    await read_or_refuse(body, content_type, query=body)
