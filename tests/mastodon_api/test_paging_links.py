"""Paging parameters to pages, and the Link headers that clients follow."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from litestar import Request

from parley.kit.ids import ID_MAX
from parley.kit.paging import Page
from parley.mastodon_api.paging import (
    OFFSET_MAX,
    OffsetPage,
    PageParams,
    link_header,
    offset_link_header,
    offset_page,
    page_from,
)
from parley.mastodon_api.params import read_query

BASE = "https://social.test"
HOME = "/api/v1/timelines/home"


class LocalParams(PageParams, frozen=True, kw_only=True):
    local: bool = False


def asking(query: bytes) -> Request[Any, Any, Any]:
    scope: Any = {"type": "http", "method": "GET", "headers": [], "query_string": query}
    return Request(scope)


@pytest.mark.parametrize(
    ("query", "page"),
    [
        (b"", Page(limit=20)),
        (b"limit=5&max_id=9&since_id=3&min_id=4", Page(limit=5, max_id=9, since_id=3, min_id=4)),
        (b"limit=41", Page(limit=40)),
        (b"limit=" + b"9" * 5000, Page(limit=40)),
        (b"limit=0", Page(limit=20)),
        (b"limit=-1", Page(limit=20)),
        (b"limit=many", Page(limit=20)),
        (b"limit=", Page(limit=20)),
        (b"limit[]=5&max_id[a]=1", Page(limit=20)),
        (b"limit=%D9%A5&max_id=%D9%A5", Page(limit=20)),
        (b"max_id=abc&since_id=-1&min_id=1.5", Page(limit=20)),
        (b"max_id=%00&since_id=1%00", Page(limit=20)),
        (b"max_id=&min_id=", Page(limit=20)),
        (b"min_id=0&max_id=0", Page(limit=20, max_id=0, min_id=0)),
        (b"max_id=99999999999999999999", Page(limit=20, max_id=ID_MAX)),
        (b"max_id=9223372036854775808", Page(limit=20, max_id=ID_MAX)),
        (b"max_id=1&max_id=2", Page(limit=20, max_id=2)),
    ],
)
def test_what_page_is_asked_for(query: bytes, page: Page):
    assert page_from(asking(query), 20, 40) == page


def test_the_oldest_page_is_read_upwards():
    assert page_from(asking(b"min_id=0"), 20, 40).ascending


def test_a_list_with_parameters_of_its_own_is_read_once():
    params = read_query(asking(b"local=true&limit=3&max_id=8"), LocalParams)
    assert params.local
    assert page_from(params, 20, 40) == Page(limit=3, max_id=8)


@pytest.mark.parametrize(
    ("query", "page"),
    [
        (b"", OffsetPage(offset=0, limit=10)),
        (b"offset=30&limit=15", OffsetPage(offset=30, limit=15)),
        (b"offset=-5&limit=x", OffsetPage(offset=0, limit=10)),
        (b"offset=999999999999&limit=999", OffsetPage(offset=OFFSET_MAX, limit=20)),
    ],
)
def test_what_offset_is_asked_for(query: bytes, page: OffsetPage):
    assert offset_page(asking(query), 10, 20) == page


def test_a_full_page_leads_on_and_back():
    assert link_header(BASE, HOME, "limit=2&max_id=9&since_id=1&min_id=2", 5, 7, full=True) == (
        '<https://social.test/api/v1/timelines/home?limit=2&max_id=5>; rel="next", '
        '<https://social.test/api/v1/timelines/home?limit=2&min_id=7>; rel="prev"'
    )


def test_the_last_page_leads_only_back():
    assert link_header(BASE, HOME, "", 5, 7, full=False) == (
        '<https://social.test/api/v1/timelines/home?min_id=7>; rel="prev"'
    )


@pytest.mark.parametrize("full", [True, False])
def test_an_empty_page_leads_nowhere(full: bool):
    assert link_header(BASE, HOME, "limit=2", None, None, full) is None


def test_other_parameters_are_kept_as_they_were_sent():
    query = "types%5B%5D=mention&types[]=follow&max_id=1&q=a+b%20c"
    assert link_header(BASE, HOME, query, 5, 7, full=False) == (
        f'<{BASE}{HOME}?types%5B%5D=mention&types[]=follow&q=a+b%20c&min_id=7>; rel="prev"'
    )


def test_a_tag_in_another_script_is_encoded():
    link = link_header(BASE, "/api/v1/timelines/tag/日本 語", "", 5, 7, full=False)
    assert link == f'<{BASE}/api/v1/timelines/tag/%E6%97%A5%E6%9C%AC%20%E8%AA%9E?min_id=7>; rel="prev"'


@given(st.text(st.characters(codec="utf-8"), max_size=20), st.binary(max_size=30))
@example(path='a">, <evil>', query=b'x=">,<evil>; rel="next"\r\nX: y&max%5Fid=3')
def test_nothing_breaks_out_of_an_address(path: str, query: bytes):
    link = link_header(BASE, "/" + path, query.decode("latin-1"), 5, 7, full=True)
    assert link is not None
    assert link.isascii()
    assert link.isprintable()
    following, previous = (part.partition(">; rel=") for part in link.split(", <"))
    assert (following[2], previous[2]) == ('"next"', '"prev"')
    for address, name, value in [(following[0][1:], "max_id", "5"), (previous[0], "min_id", "7")]:
        assert not set(address) & set('<>" ')
        # The last of a name counts, whichever spelling of it was kept.
        assert parse_qs(urlsplit(address).query)[name][-1] == value


def test_offsets_lead_on_while_pages_are_full_and_back_to_the_start():
    page = OffsetPage(offset=10, limit=20)
    assert offset_link_header(BASE, "/t", "offset=10&limit=20", page, full=True) == (
        f'<{BASE}/t?limit=20&offset=30>; rel="next", <{BASE}/t?limit=20&offset=0>; rel="prev"'
    )
    assert offset_link_header(BASE, "/t", "", OffsetPage(offset=0, limit=20), full=False) is None
    last = offset_link_header(BASE, "/t", "", OffsetPage(offset=OFFSET_MAX, limit=20), full=True)
    assert last == f'<{BASE}/t?offset={OFFSET_MAX - 20}>; rel="prev"'
