"""HTML from others: what stays, what goes, what becomes of attacks; and reading HTML as text."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.kit.errors import Invalid
from parley.kit.html import escape, plain_excerpt, plain_text, sanitise

ALLOWED = {
    "p": {"class"},
    "span": {"class", "translate"},
    "br": set(),
    "a": {"href", "rel", "target", "class", "translate"},
    "ol": {"start", "reversed"},
    "li": {"value"},
} | {
    tag: set() for tag in ("del", "s", "pre", "code", "em", "strong", "b", "i", "u", "ul", "blockquote")
}  # fmt: skip


class Inventory(HTMLParser):
    """Asserts of every tag and attribute that it is allowed."""

    def handle_starttag(self, tag, attrs):
        assert tag in ALLOWED, tag
        for name, value in attrs:
            assert name in ALLOWED[tag], (tag, name)
            if name == "href":
                assert re.match(r"https?://", value or ""), value
            if name == "class":
                assert all(
                    re.match(r"(h|p|u|dt|e)-|mention$|hashtag$|ellipsis$|invisible$|quote-inline$", part)
                    for part in value.split()
                )

    def handle_comment(self, data):
        raise AssertionError(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


def assert_harmless(html: str) -> None:
    Inventory().feed(html)


LINK_ATTRIBUTES = 'target="_blank" rel="nofollow noopener noreferrer"'


def same_tags(html: str) -> str:
    """Attributes sorted, as their order means nothing."""

    def tag(match: re.Match[str]) -> str:
        parts = re.findall(r'[a-z-]+="[^"]*"', match.group(2))
        return f"<{match.group(1)}{''.join(' ' + part for part in sorted(parts))}>"

    return re.sub(r"<([a-z0-9]+)((?: [^<>]*)?)>", tag, html)


@pytest.mark.parametrize(
    ("given_html", "wanted"),
    [
        ("<p>one<br />two</p>", "<p>one<br>two</p>"),
        ("<h2>News</h2><p>text</p>", "<p><strong>News</strong></p><p>text</p>"),
        ("<ul><li><h3>x</h3></li></ul>", "<ul><li><p><strong>x</strong></p></li></ul>"),
        (
            "<blockquote><pre><code>a &lt; b</code></pre></blockquote>",
            "<blockquote><pre><code>a &lt; b</code></pre></blockquote>",
        ),
        ('<ol start="3" reversed><li value="7">x</li></ol>', '<ol start="3" reversed=""><li value="7">x</li></ol>'),
        ('<ol start="x"><li>x</li></ol>', "<ol><li>x</li></ol>"),
        ("<div><section>text</section></div>", "text"),
        ('<span class="h-card evil mention" translate="no">x</span>', '<span class="h-card mention" translate="no">x</span>'),
        ('<span class="evil" style="position:fixed" id="a">x</span>', "<span>x</span>"),
        ('<p class="quote-inline">RE: x</p>', '<p class="quote-inline">RE: x</p>'),
        (
            '<a href="https://a.example/?x=1&amp;y=2" rel="me" target="_top" onclick="x()">t</a>',
            f'<a href="https://a.example/?x=1&amp;y=2" {LINK_ATTRIBUTES}>t</a>',
        ),
        ('<a href="/local">t</a>', f"<a {LINK_ATTRIBUTES}>t</a>"),
        ("<a href='//a.example'>t</a>", f"<a {LINK_ATTRIBUTES}>t</a>"),
        ("a & b < c", "a &amp; b &lt; c"),
        ("a\x00b", "ab"),
        ("a\ud800b", "a?b"),
        ("", ""),
    ],
)  # fmt: skip
def test_what_stays(given_html, wanted):
    assert same_tags(sanitise(given_html)) == same_tags(wanted)


@pytest.mark.parametrize(
    ("hostile", "forbidden"),
    [
        ("<script>alert(1)</script>", "alert"),
        ("<style>p{color:red}</style>", "color"),
        ("<img src=x onerror=alert(1)>", "alert"),
        ("<svg><script>alert(1)</script></svg>", "alert"),
        ("<svg/onload=alert(1)>", "alert"),
        ('<a href="javascript:alert(1)">x</a>', "alert"),
        ('<a href="java&#10;script:alert(1)">x</a>', "alert"),
        ('<a href=" &#14; javascript:alert(1)">x</a>', "alert"),
        ('<a href="data:text/html,alert">x</a>', "data:"),
        ('<a href="vbscript:alert(1)">x</a>', "alert"),
        ("<iframe src=https://evil.example></iframe>", "evil"),
        ("<form action=https://evil.example><input name=x></form>", "evil"),
        ("<meta http-equiv=refresh content=0;url=https://evil.example>", "evil"),
        ("<base href=https://evil.example>", "evil"),
        ("<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>", "onerror="),
        ("<noscript><p title='</noscript><img src=x onerror=alert(1)>'>", "onerror="),
        ("<!--><img src=x onerror=alert(1)>-->", "onerror="),
        ("<p style=background:url(https://evil.example)>x", "evil"),
        ("<h1 onclick=alert(1) class=u-url>x</h1>", "alert"),
        ("<a href='https://a.example/<h1>&quot; onclick=alert&#10;'>x<h1>y</h1></a>", '" onclick='),
        ("<scr<script>ipt>alert(1)</scr</script>ipt>", "<script"),
        ("<![CDATA[<img src=x onerror=alert(1)>]]>", "<img"),
        ("<?php echo 1 ?>", "php"),
    ],
)  # fmt: skip
def test_attacks_come_to_nothing(hostile, forbidden):
    clean = sanitise(hostile)
    assert forbidden not in clean
    assert_harmless(clean)
    assert sanitise(clean) == clean


HTML_PIECES = st.sampled_from(
    ["<", ">", '"', "'", "&", "&lt;", "&#x6a;", "<p>", "</p>", "<h1>", "</h3>", "<a href=", "javascript:", "https://a.b/",
     "<svg>", "<math>", "<script>", "</script>", "<style>", "<!--", "-->", "<![CDATA[", "]]>", "<template>", "<table>",
     "<td>", "class=", "mention", "onclick=x", " ", "/", "x", "\x00", "<li>", "<pre>", "</a>", "<br/>", "<span class='"]
)  # fmt: skip


@given(st.lists(HTML_PIECES | st.text(max_size=3), max_size=30).map("".join))
def test_nothing_unallowed_gets_through(hostile):
    clean = sanitise(hostile)
    assert_harmless(clean)
    plain_text(clean)


@pytest.mark.parametrize("hostile", ["x" * 200_001, "<b>" * 4_001])
def test_too_much_is_refused(hostile):
    with pytest.raises(Invalid):
        sanitise(hostile)
    with pytest.raises(Invalid):
        plain_text(hostile)


@pytest.mark.parametrize(
    "piece", ["<blockquote>", "<b><p>", "<a href=https://a.b>", "<table><td>", "<h1>", "<!--"]
)
def test_deep_nesting_is_survived(piece):
    count = 4_000 // piece.count("<")
    assert_harmless(sanitise(piece * count + "x"))


@given(st.text())
def test_escaped_once_and_read_back(text):
    class Text(HTMLParser):
        read = ""

        def handle_starttag(self, _, attrs):
            self.read = attrs[0][1] if attrs else ""

        def handle_data(self, data):
            self.read += data

    inside, quoted = Text(), Text()
    for parser, html in ((inside, escape(text)), (quoted, f'<i title="{escape(text)}">'), (quoted, "")):
        parser.feed(html)
        parser.close()
    assert inside.read == text
    assert quoted.read == text


def test_plain_text_puts_blocks_on_lines():
    html = "<p>one &amp; two<br>three</p><ul><li>four</li></ul><p>a<span>b</span> &lt;i&gt;</p><script>x</script>"
    assert plain_text(html) == "one & two\nthree\nfour\nab <i>"


def test_excerpt_is_one_line_cut_between_words():
    html = "<p>Hello there,</p><p>general audience</p>"
    assert plain_excerpt(html, 100) == "Hello there, general audience"
    assert plain_excerpt(html, 20) == "Hello there,…"
    assert plain_excerpt(html, 21) == "Hello there, general…"
