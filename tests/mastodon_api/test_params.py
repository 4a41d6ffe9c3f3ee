"""Requests to structs: every encoding and method, and every refusal."""

from typing import Any

import msgspec
import pytest
from litestar import Request
from msgspec import UNSET

from parley.kit.errors import NotFound, ParleyError
from parley.kit.ids import ID_MAX
from parley.mastodon_api.params import UploadedFile, path_id, read_params
from parley.mastodon_api.shapes import NO_ID, to_struct
from tests.mastodon_api.echo import BODY_MAX, Sample, app, client, given_only, read, send

METHODS = ["POST", "PUT", "PATCH", "DELETE"]

POLL = {"options": ["a", "b"], "expires_in": 300, "multiple": True}


@pytest.mark.parametrize("method", METHODS)
async def test_every_method_reads_every_encoding(method: str):
    pairs = [
        ("status", "Grüße & mehr\r\n+1"),
        ("media_ids[]", "12"),
        ("media_ids[]", "13"),
        ("poll[options][]", "a"),
        ("poll[options][]", "b"),
        ("poll[expires_in]", "300"),
        ("poll[multiple]", "on"),
        ("sensitive", "1"),
        ("utf8", "✓"),
    ]
    expected = given_only(status="Grüße & mehr\r\n+1", media_ids=[12, 13], poll=POLL, sensitive=True)
    for encoding in ["query", "form", "multipart"]:
        answer = await send(encoding, pairs, method)
        assert (answer.status_code, answer.json()) == (200, expected), encoding
    body = {
        "status": "Grüße & mehr\r\n+1",
        "media_ids": ["12", 13],
        "poll": POLL,
        "sensitive": True,
        "utf8": "✓",
    }
    answer = await client.request(method, "/echo", json=body)
    assert (answer.status_code, answer.json()) == (200, expected)


async def test_a_get_reads_its_query():
    answer = await client.get("/echo?limit=5&media_ids%5B%5D=7&status=a%20b&tags=x&tags=y")
    assert answer.json() == given_only(limit=5, media_ids=[7], status="a b", tags=["x", "y"])


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("tags=one", {"tags": ["one"]}),
        ("tags=one&tags=two", {"tags": ["one", "two"]}),
        ("tags=one&tags[]=two", {"tags": ["one", "two"]}),
        ("tags[]=two&tags=one", {"tags": ["two", "one"]}),
        ("tags[10]=c&tags[2]=b&tags[0]=a", {"tags": ["a", "b", "c"]}),
        ("tags[]=", {"tags": []}),
        ("status=first&status=last", {"status": "last"}),
        (
            "fields_attributes[1][name]=n1&fields_attributes[0][name]=n0&fields_attributes[0][value]=v0",
            {"fields_attributes": [{"name": "n0", "value": "v0"}, {"name": "n1", "value": ""}]},
        ),
        (
            "fields_attributes[][name]=a&fields_attributes[][value]=b&fields_attributes[][name]=c",
            {"fields_attributes": [{"name": "a", "value": "b"}, {"name": "c", "value": ""}]},
        ),
        (
            "subscription[endpoint]=e&subscription[keys][p256dh]=k",
            {"subscription": {"endpoint": "e", "keys": {"p256dh": "k"}}},
        ),
        ("alerts[mention]=true&alerts[follow]=0", {"alerts": {"mention": True, "follow": False}}),
        ("redirect_uris=one", {"redirect_uris": "one"}),
        ("redirect_uris[]=one&redirect_uris[]=two", {"redirect_uris": ["one", "two"]}),
        ("scheduled_at=2030-01-31T12:00:00", {"scheduled_at": "2030-01-31T12:00:00Z"}),
        ("scheduled_at=2030-01-31T12:00:00%2B02:00", {"scheduled_at": "2030-01-31T10:00:00Z"}),
        ("score=1.5", {"score": 1.5}),
        # A bracket that doesn't close, empty pieces, a name without a value: names nobody knows.
        ("tags[=a&&[]=b&tags]=c&=d&[x]=e&unknown[a][b]=f&&", {}),
        ("status", {"status": ""}),
    ],
)
async def test_brackets_repeats_and_conversions(query: str, expected: dict[str, Any]):
    for encoding in ["query", "form"]:
        url = "/echo?" + query if encoding == "query" else "/echo"
        headers = {"content-type": "application/x-www-form-urlencoded"}
        answer = await client.post(url, content=query if encoding == "form" else "", headers=headers)
        assert (answer.status_code, answer.json()) == (200, given_only(**expected)), encoding


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"fields_attributes": {"1": {"name": "b"}, "0": {"name": "a"}}}, [("a", ""), ("b", "")]),
        ({"fields_attributes": {}}, []),
        ({"fields_attributes": {"name": "a"}}, None),
    ],
)
async def test_an_index_map_is_a_list_in_json_too(body: Any, expected: list[tuple[str, str]] | None):
    answer = await client.post("/echo", json=body)
    if expected is None:
        assert answer.status_code == 422
    else:
        fields = [(field["name"], field["value"]) for field in answer.json()["fields_attributes"]]
        assert fields == expected


@pytest.mark.parametrize("word", [True, 1, "true", "True", "1", "on", "ON"])
def test_words_for_true(word: Any):
    assert to_struct({"sensitive": word}, Sample).sensitive is True


@pytest.mark.parametrize("word", [False, 0, "false", "False", "0", "off"])
def test_words_for_false(word: Any):
    assert to_struct({"sensitive": word}, Sample).sensitive is False


def test_empty_text_clears_text_and_is_not_given_for_the_rest():
    absent = to_struct({}, Sample)
    assert absent.spoiler_text is None
    names = ["sensitive", "limit", "score", "in_reply_to_id", "visibility", "scheduled_at", "poll", "avatar"]
    emptied = to_struct(dict.fromkeys([*names, "spoiler_text", "tags"], ""), Sample)
    assert emptied == msgspec.structs.replace(absent, spoiler_text="")


def test_null_is_none_where_there_is_none_else_not_given():
    nulls: dict[str, Any] = dict.fromkeys(Sample.__struct_fields__)
    assert to_struct(nulls, Sample) == Sample()


def test_numbers_are_text_where_text_is_wanted():
    sample = to_struct({"status": 12, "spoiler_text": True, "limit": "5", "score": 3}, Sample)
    assert sample == Sample(status="12", spoiler_text="true", limit=5, score=3.0)


async def test_the_body_wins_over_the_query():
    answer = await client.post("/echo?status=query&limit=5", json={"status": "body"})
    assert answer.json() == given_only(status="body", limit=5)


@pytest.mark.parametrize(
    ("content_type", "content", "expected"),
    [
        ("application/json", b"", {}),
        ("application/json; charset=utf-8", b' {"status":"a"} ', {"status": "a"}),
        ("application/activity+json", b'{"status":"a"}', {"status": "a"}),
        ("Application/X-WWW-Form-URLEncoded", b"status=a", {"status": "a"}),
        ("application/x-www-form-urlencoded", "status=raw é".encode(), {"status": "raw é"}),
        ("multipart/form-data; boundary=x", b"", {}),
        ("multipart/form-data; boundary=x", b"--x--\r\n", {}),
        ("text/plain;charset=UTF-8", b'{"status":"a"}', {}),
        ("image/png", b"\x89PNG\xff\0", {}),
        (None, b"status=a", {"status": "a"}),
    ],
)
async def test_content_types(content_type: str | None, content: bytes, expected: dict[str, Any]):
    headers = {"content-type": content_type} if content_type else {}
    answer = await client.post("/echo", content=content, headers=headers)
    assert (answer.status_code, answer.json()) == (200, given_only(**expected))


async def test_a_file_comes_with_its_name_type_and_content():
    content = bytes(range(256)) * 200
    answer = await client.patch(
        "/echo", files={"avatar": ("me.png", content, "image/png")}, data={"status": "with a file"}
    )
    assert answer.json() == given_only(
        status="with a file", avatar=["me.png", "image/png", len(content), content.decode("latin-1")]
    )


async def test_a_large_file_moves_to_disk_and_is_read_back():
    content = b"0123456789" * 60_000

    async def receive() -> Any:
        body = b'--x\r\nContent-Disposition: form-data; name="avatar"; filename="a\0b"\r\n\r\n' + content
        return {"type": "http.request", "body": body + b"\r\n--x--\r\n", "more_body": False}

    scope: Any = {
        "type": "http",
        "method": "PUT",
        "headers": [(b"content-type", b"multipart/form-data; boundary=x")],
        "litestar_app": app,
    }
    sample = await read_params(Request(scope, receive), Sample, size_bytes_max=1_000_000)
    assert isinstance(sample.avatar, UploadedFile)
    assert (sample.avatar.filename, sample.avatar.read()) == ("ab", content)
    sample.avatar.close()


async def test_an_empty_file_field_is_not_given():
    answer = await client.patch("/echo", files={"avatar": ("", b"", "application/octet-stream")})
    # httpx leaves an empty name out, browsers send it.
    browser = b'--x\r\nContent-Disposition: form-data; name="avatar"; filename=""\r\n\r\n\r\n--x--\r\n'
    sample = await read(browser, "multipart/form-data; boundary=x")
    assert answer.json() == given_only()
    assert sample.avatar is UNSET


# What is refused

NUL = "Validation failed: status must not contain NUL characters"


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        (b'{"status": ', 400, "The JSON body is malformed"),
        (b"{'status': 'a'}", 400, "The JSON body is malformed"),
        (b'{"score": NaN}', 400, "The JSON body is malformed"),
        (b'{"status": "a"} x', 400, "The JSON body is malformed"),
        (b'{"status": "\\ud800" ', 400, "The JSON body is malformed"),
        (b"[1]", 400, "The JSON body must be an object"),
        (b'"a"', 400, "The JSON body must be an object"),
        (b"null", 400, "The JSON body must be an object"),
        (b'{"status": "\\ud800"}', 422, "Validation failed: the JSON body is not valid Unicode text"),
        (b'{"status": "\\udc00 more"}', 422, "Validation failed: the JSON body is not valid Unicode text"),
        (b'{"\\ud800": "a"}', 422, "Validation failed: the JSON body is not valid Unicode text"),
        (b'{"status": "\xff"}', 422, "Validation failed: the JSON body is not valid UTF-8 text"),
        (b'{"status": "\xed\xa0\x80"}', 422, "Validation failed: the JSON body is not valid UTF-8 text"),
        (b'{"status": "a\\u0000b"}', 422, NUL),
        (b'{"status": ["a"]}', 422, "Validation failed: status must be text"),
        (b'{"limit": "many"}', 422, "Validation failed: limit must be a whole number"),
        (b'{"limit": 1.5}', 422, "Validation failed: limit must be a whole number"),
        (b'{"limit": true}', 422, "Validation failed: limit must be a whole number"),
        (b'{"limit": 99999999999999999999999}', 422, "Validation failed: limit is out of range"),
        (b'{"limit": -2147483648}', 422, "Validation failed: limit is out of range"),
        (
            b'{"limit": 1' + b"0" * 6000 + b"}",
            422,
            "Validation failed: the JSON body holds a number out of range",
        ),
        (b'{"score": 1e999}', 422, "Validation failed: the JSON body holds a number out of range"),
        (b'{"score": "nan"}', 422, "Validation failed: score must be a number"),
        (b'{"sensitive": "maybe"}', 422, "Validation failed: sensitive must be true or false"),
        (b'{"sensitive": 2}', 422, "Validation failed: sensitive must be true or false"),
        (b'{"in_reply_to_id": ["1"]}', 422, "Validation failed: in_reply_to_id must be an id"),
        (b'{"media_ids": [{"a": 1}]}', 422, "Validation failed: media_ids must be an id"),
        (b'{"media_ids": ["1\\u0000"]}', 422, "Validation failed: media_ids must not contain NUL characters"),
        (b'{"visibility": "secret"}', 422, "Validation failed: visibility is not included in the list"),
        (b'{"poll": "yes"}', 422, "Validation failed: poll must have named parts"),
        (b'{"poll": {"options": ["a"]}}', 422, "Validation failed: poll[expires_in] can't be blank"),
        (
            b'{"poll": {"options": ["a"], "expires_in": "soon"}}',
            422,
            "Validation failed: poll[expires_in] must be a whole number",
        ),
        (b'{"alerts": {"a": "?"}}', 422, "Validation failed: alerts[a] must be true or false"),
        (b'{"alerts": {"a\\u0000": true}}', 422, "Validation failed: alerts must not contain NUL characters"),
        (b'{"avatar": "data:image/png"}', 422, "Validation failed: avatar must be a file"),
        (
            b'{"scheduled_at": "soon"}',
            422,
            "Validation failed: scheduled_at must be a date and time such as 2030-01-31T12:00:00Z",
        ),
        (
            b'{"scheduled_at": "0001-01-01T00:00:00+14:00"}',
            422,
            "Validation failed: scheduled_at must be a date and time such as 2030-01-31T12:00:00Z",
        ),
    ],
)
async def test_json_that_is_refused(body: bytes, status: int, text: str):
    answer = await client.post("/echo", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()) == (status, {"error": text})


TOO_DEEP = "Validation failed: the parameters are nested too deeply (maximum is 5 levels)"
TOO_MANY = "Validation failed: there are too many parameters (maximum is 1000)"
TOO_LONG = "Validation failed: tags is too long (maximum is 500 items)"
NOT_UTF8 = "Validation failed: the parameters are not valid UTF-8 text"


@pytest.mark.parametrize(
    ("query", "status", "text"),
    [
        ("status=a%00b", 422, NUL),
        ("status=%FF", 422, NOT_UTF8),
        ("unknown=%C3", 422, NOT_UTF8),
        ("status=%ED%A0%80", 422, NOT_UTF8),
        ("status[]=a", 422, "Validation failed: status must be text"),
        ("status[a]=a", 422, "Validation failed: status must be text"),
        ("a[b]=1&a[]=2", 400, "The parameter a is given in two forms that don't fit together"),
        ("a[b]=1&a=2", 400, "The parameter a is given in two forms that don't fit together"),
        ("a=1&a[b]=2", 400, "The parameter a is given in two forms that don't fit together"),
        ("a[b][c][d][e][f]=1", 422, TOO_DEEP),
        ("a" + "[b]" * 5000 + "=1", 422, TOO_DEEP),
        ("&".join(["a=1"] * 1001), 422, TOO_MANY),
        ("&".join(["tags[]=1"] * 501), 422, TOO_LONG),
        ("&".join(f"tags[{n}]=1" for n in range(501)), 422, TOO_LONG),
    ],
)
async def test_forms_and_queries_that_are_refused(query: str, status: int, text: str):
    headers = {"content-type": "application/x-www-form-urlencoded"}
    for answer in [
        await client.get("/echo?" + query),
        await client.put("/echo", content=query, headers=headers),
    ]:
        assert (answer.status_code, answer.json()) == (status, {"error": text})


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"a": {"b": {"c": {"d": {"e": {"f": 1}}}}}}, TOO_DEEP),
        ({"a": {str(n): 1 for n in range(1001)}}, TOO_MANY),
        ({"a": [[]] * 1001}, TOO_MANY),
        ({"tags": ["a"] * 501}, TOO_LONG),
    ],
)
async def test_json_beyond_the_limits(body: Any, text: str):
    answer = await client.post("/echo", json=body)
    assert (answer.status_code, answer.json()) == (422, {"error": text})


async def test_json_nested_without_end_is_refused():
    for body in [b"[" * 60_000, b'{"a":' * 12_000]:
        answer = await client.post("/echo", content=body, headers={"content-type": "application/json"})
        assert (answer.status_code, answer.json()) == (422, {"error": TOO_DEEP})


async def test_what_is_just_within_the_limits_is_read():
    answer = await client.post("/echo", json={"a": {"b": {"c": {"d": {"e": 1}}}}, "tags": ["a"] * 500})
    assert answer.json() == given_only(tags=["a"] * 500)
    answer = await client.get("/echo?a[b][c][d][e]=1&" + "&".join(["tags[]=a"] * 500 + ["x=1"] * 499))
    assert answer.json() == given_only(tags=["a"] * 500)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"--x\r\n", 400),
        (b"not multipart", 400),
        (b'--x\r\nContent-Disposition: form-data; name="status"\r\n\r\ncut off', 400),
        (b"--x\r\nContent-Type: text/plain\r\n\r\na\r\n--x--\r\n", 400),
        (b'--x\r\nContent-Disposition: form-data; name="status"\r\n\r\n\xff\r\n--x--\r\n', 422),
        (b'--x\r\nContent-Disposition: form-data; name="status"\r\n\r\na\0\r\n--x--\r\n', 422),
        (b'--x\r\nContent-Disposition: form-data; name="status"; filename="f"\r\n\r\na\r\n--x--\r\n', 422),
        (b"--x\r\nX: " + b"y" * 5000 + b"\r\n\r\na\r\n--x--\r\n", 422),
        (b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n' * 1001 + b"--x--\r\n", 422),
        (
            b'--x\r\nContent-Disposition: form-data; name="avatar"; filename="f"\r\n\r\n1\r\n' * 17
            + b"--x--\r\n",
            422,
        ),
    ],
)
async def test_multipart_that_is_refused(body: bytes, status: int):
    headers = {"content-type": "multipart/form-data; boundary=x"}
    answer = await client.post("/echo", content=body, headers=headers)
    assert (answer.status_code, list(answer.json())) == (status, ["error"])


async def test_multipart_without_a_boundary_is_refused():
    answer = await client.post("/echo", content=b"--x--", headers={"content-type": "multipart/form-data"})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"],
)
async def test_a_body_over_the_limit_is_refused_announced_or_not(content_type: str):
    headers = {"content-type": content_type}
    sent = 0

    async def pieces() -> Any:
        nonlocal sent
        yield b'--x\r\nContent-Disposition: form-data; name="avatar"; filename="f"\r\n\r\n'
        while sent < 4 * BODY_MAX:
            sent += 4096
            yield b"a" * 4096

    announced = await client.post("/echo", content=b"a" * (BODY_MAX + 1), headers=headers)
    streamed = await client.post("/echo", content=pieces(), headers=headers)
    assert (announced.status_code, streamed.status_code) == (413, 413)
    assert sent <= BODY_MAX + 4096


async def test_a_body_announced_as_too_large_is_not_even_read():
    async def receive() -> Any:
        raise AssertionError

    for announced in [str(BODY_MAX + 1), "9" * 5000]:
        scope: Any = {
            "type": "http",
            "method": "POST",
            "headers": [(b"content-length", announced.encode())],
            "litestar_app": app,
        }
        with pytest.raises(ParleyError) as refusal:
            await read_params(Request(scope, receive), Sample)
        assert refusal.value.status == 413


async def test_texts_of_a_form_stay_within_the_setting_where_files_may_be_larger():
    async def receive() -> Any:
        part = b'--x\r\nContent-Disposition: form-data; name="status"\r\n\r\n'
        body = part + b"a" * (BODY_MAX + 1) + b"\r\n--x--\r\n"
        return {"type": "http.request", "body": body, "more_body": False}

    scope: Any = {
        "type": "http",
        "method": "POST",
        "headers": [(b"content-type", b"multipart/form-data; boundary=x")],
        "litestar_app": app,
    }
    with pytest.raises(ParleyError) as refusal:
        await read_params(Request(scope, receive), Sample, size_bytes_max=10 * BODY_MAX)
    assert refusal.value.status == 413


async def test_a_sender_who_leaves_is_no_accident():
    async def receive() -> Any:
        return {"type": "http.disconnect"}

    scope: Any = {"type": "http", "method": "POST", "headers": [], "litestar_app": app}
    with pytest.raises(ParleyError) as refusal:
        await read_params(Request(scope, receive), Sample)
    assert refusal.value.status == 400


# Ids


@pytest.mark.parametrize(
    "text", ["", "abc", "-1", "0", "1.0", "１", str(ID_MAX + 1), "9" * 5000, "1\0", "%31"]
)
def test_a_path_without_an_id_leads_nowhere(text: str):
    with pytest.raises(NotFound):
        path_id(text)


def test_ids_are_read_from_text_and_numbers():
    assert path_id("17") == 17
    known = ["1", 2, str(ID_MAX), ID_MAX]
    assert to_struct({"media_ids": known}, Sample).media_ids == [1, 2, ID_MAX, ID_MAX]
    unknown = [ID_MAX + 1, str(ID_MAX + 1), "x", -5, "-5", "１", 10**40, "9" * 5000]
    assert to_struct({"media_ids": [*unknown, ""]}, Sample).media_ids == [NO_ID] * len(unknown)
    assert to_struct({"in_reply_to_id": "no id"}, Sample).in_reply_to_id == NO_ID
