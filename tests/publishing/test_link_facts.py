"""What pages say of themselves: in every encoding, by several vocabularies, truthful or hostile."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.kit.web_page import decode_page, read_head
from parley.publishing.link_facts import LinkFacts, facts_of_page, with_oembed
from parley.publishing.links import first_link, normal_url

URL = "https://www.example.test/a/page?x=1"


def facts(html: str) -> LinkFacts:
    return facts_of_page(read_head(html), URL)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("<title>Größe – ✓</title>".encode(), "text/html"),
        ("<title>Größe – ✓</title>".encode(), "text/html; charset=UTF-8"),
        ("<title>Größe – ✓</title>".encode("utf-8-sig"), "text/html; charset=latin-1"),
        ("\ufeff<title>Größe – ✓</title>".encode("utf-16-le"), "text/html"),
        ("<title>Größe – ✓</title>".encode() + "ß".encode()[:1], "text/html"),
    ],
)
def test_encodings(body, content_type):
    assert read_head(decode_page(body, content_type)).title == "Größe – ✓"


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("iso-8859-1", "Größe"),
        ("windows-1251", "Чай"),
        ("shift_jis", "お茶"),
        ("gb2312", "茶叶"),
        ("koi8-r", "Чай"),
    ],
)
def test_encodings_that_are_named(encoding, words):
    named = f'<meta charset="{encoding}"><title>{words}</title>'.encode(encoding)
    assert read_head(decode_page(named, "text/html")).title == words
    assert (
        read_head(
            decode_page(f"<title>{words}</title>".encode(encoding), f"text/html; charset={encoding}")
        ).title
        == words
    )


@pytest.mark.parametrize(
    "label", ["zip", "base64", "idna", "punycode", "unicode_escape", "x-none", "undefined"]
)
def test_what_is_no_encoding_of_pages_is_not_used(label):
    assert (
        read_head(decode_page(b"<title>\xc3\xa9 \\u0041</title>", f"text/html; charset={label}")).title
        == "é \\u0041"
    )


def test_the_vocabularies_stand_in_for_each_other():
    assert facts("<TITLE>Only &lt;title&gt;</TITLE>").title == "Only <title>"
    assert facts('<title>t</title><meta name="twitter:title" content="tweet">').title == "tweet"
    assert facts("<title>t</title><meta content='og' property=og:title>").title == "og"
    article = """<script type="application/ld+json">{"@graph": [{"@type": "Organization", "name": "no"},
        {"@type": ["NewsArticle"], "headline": "Headline", "description": "About", "inLanguage": "fr-FR",
         "author": [{"name": "Ada", "url": "/ada"}], "publisher": {"name": "Daily"}, "datePublished": "2026-01-02"}]}
        </script><title>t</title>"""
    found = facts(article)
    assert (found.title, found.description, found.language) == ("Headline", "About", "fr")
    assert (found.author_name, found.author_url) == ("Ada", "https://www.example.test/ada")
    assert (found.provider_name, found.provider_url) == ("Daily", "https://www.example.test")
    assert found.published_at is not None
    assert found.published_at.isoformat() == "2026-01-02T00:00:00+00:00"
    bare = facts("<html lang=de><title>t</title>")
    assert (bare.provider_name, bare.language, bare.published_at) == ("www.example.test", "de", None)


def test_comments_scripts_and_later_tags_say_nothing():
    html = """<!-- <meta property="og:title" content="comment"> --><script>'<meta property="og:title" content="script">'
        </script><style><title>style</title></style><meta property="og:title" content="first > 'second'">
        <meta property="og:title" content="third"><title>t</title><svg><title>icon</title></svg>"""
    assert facts(html).title == "first > 'second'"


def test_addresses_are_http_and_whole():
    def image(address: str) -> str | None:
        return facts(f'<meta property="og:image" content="{address}">').image_url

    assert image("/x.png") == "https://www.example.test/x.png"
    assert image("//cdn.test/x.png") == "https://cdn.test/x.png"
    for address in (
        "javascript:alert(1)",
        "data:image/png;base64,x",
        "https://user@x.test/",
        "http://[",
    ):
        assert image(address) is None, address
    assert image("https://x.test/" + "a" * 3000) is None


def test_texts_are_short_plain_and_turn_nothing_around():
    found = facts(
        f"<title>a\x00\u202eb\x1b \u200b{'word ' * 200}</title><meta name=description content='{'x' * 9000}'>"
    )
    assert found.title.startswith("ab word")
    assert len(found.title) <= 300
    assert len(found.description) <= 1000


def test_oembed_adds_and_is_not_believed_blindly():
    plain = LinkFacts(title="Page")
    assert with_oembed(plain, b'{"type":"video","title":"Film","html":"<b>"}', URL).type == "video"
    assert with_oembed(plain, b'{"type":"video","title":"Film"}', URL).title == "Page"
    for body in (b"", b"[1]", b"\xff", b'{"type":"evil"}', b'{"type":["video"]}', b"[" * 5000):
        assert with_oembed(plain, body, URL) == plain
    assert (
        with_oembed(plain, b'{"type":"rich","author_url":"javascript:1","author_name":7}', URL).author_url
        == ""
    )


@given(st.text(alphabet="<>/=\"'! -metacontnpryg:il\n", max_size=400))
def test_no_page_breaks_the_reader(html):
    read_head(html)
    first_link(f'<a target="_blank" {html}')


@pytest.mark.parametrize(
    "piece", ["<", "<meta ", "<a b='", '<a b="', "<!--", "<title>", "<script>", "<a " + "b " * 9, "=\"'"]
)
def test_a_megabyte_of_anything_is_read_to_its_end(piece):
    """With a search that starts anew at each sign this would take minutes."""
    read_head(piece * (1_000_000 // len(piece)))


def test_links_that_are_the_same_and_those_that_are_none():
    same = {
        normal_url(each)
        for each in ("HTTP://Example.Test", "http://example.test:80/", "http://example.test/#x")
    }
    assert same == {"http://example.test/"}
    assert normal_url("https://example.test:8443/A?b#c") == "https://example.test:8443/A?b"
    assert {normal_url(each) for each in ("", "ftp://x/", "http://", "http://x:99999/", "http://[", "x")} == {
        None
    }
    html = (
        '<p><a href="https://parley.test/@bob" class="u-url mention">@bob</a> <a href="https://parley.test/tags/x" '
        'class="mention hashtag" rel="tag">#x</a> <a href="https://one.test/?a=1&amp;b=2" target="_blank">1</a> '
        '<a href="https://two.test/" target="_blank">2</a></p>'
    )
    assert first_link(html) == "https://one.test/?a=1&b=2"
    assert first_link(html.split("https://one", maxsplit=1)[0]) is None
