"""Plain text to HTML: what is found, how it is marked up, how it counts, and that nothing hostile gets through."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.kit.spans import Link, Mention, find_spans
from parley.kit.text import clean_text
from parley.publishing.text import (
    MentionTarget,
    count_length,
    find_hashtags,
    find_links,
    find_mentions,
    is_tag,
    normal_tag,
    render_field_value,
    render_note,
    render_status,
)

HERE = "social.test"
MENTIONS = {
    ("alice", None): MentionTarget("https://social.test/@Alice", "Alice", "Alice"),
    ("bob", "far.example"): MentionTarget("https://far.example/@bob?a&b", "bob", "bob@far.example"),
}
ALICE = (
    '<span class="h-card" translate="no"><a href="https://social.test/@Alice" class="u-url mention">'
    "@<span>Alice</span></a></span>"
)
BOB = (
    '<span class="h-card" translate="no"><a href="https://far.example/@bob?a&amp;b" class="u-url mention">'
    "@<span>bob</span></a></span>"
)

SHORT_LINK = (
    '<a href="https://example.com/ok" target="_blank" rel="nofollow noopener noreferrer" translate="no">'
    '<span class="invisible">https://</span><span class="">example.com/ok</span><span class="invisible"></span></a>'
)
LONG_LINK = (
    '<a href="https://www.example.com/a-long-path/that?goes=on&amp;on" target="_blank" '
    'rel="nofollow noopener noreferrer" translate="no"><span class="invisible">https://www.</span>'
    '<span class="ellipsis">example.com/a-long-path/that?g</span><span class="invisible">oes=on&amp;on</span></a>'
)


def tag_url(name: str) -> str:
    return f"https://social.test/tags/{name}"


def render(text: str) -> str:
    return render_status(text, MENTIONS, tag_url, HERE)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", ""),
        (" \n\t\r\n ", ""),
        ("one", "<p>one</p>"),
        ("a\nb", "<p>a<br />b</p>"),
        ("a\r\nb\r\n\r\nc", "<p>a<br />b</p><p>c</p>"),
        ("\n\na\n\n\n\n\nb\n", "<p>a</p><p>b</p>"),
        ("a\n \t\nb", "<p>a</p><p>b</p>"),
        ("<b>&amp; \"x\" 'y'", "<p>&lt;b&gt;&amp;amp; &quot;x&quot; &#39;y&#39;</p>"),
        ("Hi @alice!", f"<p>Hi {ALICE}!</p>"),
        ("@ALICE@Social.Test", f"<p>{ALICE}</p>"),
        ("@bob@far.example, hello", f"<p>{BOB}, hello</p>"),
        ("@nobody & @bob", "<p>@nobody &amp; @bob</p>"),
        (
            "#Über_uns",
            '<p><a href="https://social.test/tags/über_uns" class="mention hashtag" rel="tag">#<span>Über_uns</span></a></p>',
        ),
        ("https://example.com/ok", f"<p>{SHORT_LINK}</p>"),
        ("(https://www.example.com/a-long-path/that?goes=on&on).", f"<p>({LONG_LINK}).</p>"),
    ],
)  # fmt: skip
def test_markup(text, wanted):
    assert render(text) == wanted


def test_notes_are_marked_up_as_statuses_are():
    text = "I am @alice\n\n#me https://a.example"
    assert render_note(text, MENTIONS, tag_url, HERE) == render(text)


def test_field_values_stand_on_one_line_and_claim_their_links():
    value = render_field_value(" https://a.example/\n<x> @alice ", MENTIONS, tag_url, HERE)
    assert value.startswith(
        '<a href="https://a.example/" target="_blank" rel="me nofollow noopener noreferrer"'
    )
    assert value.endswith(f"</a> &lt;x&gt; {ALICE}")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("@alice @Alice @ALICE@social.test", [("alice", None)]),
        ("@bob @bob@far.example @Bob@FAR.example", [("bob", None), ("bob", "far.example")]),
        ("cc: @a.b-c_d. And (@x), .@y", [("a.b-c_d", None), ("x", None), ("y", None)]),
        ("@_under_ @a-", [("_under_", None), ("a", None)]),
        ("mail bob@far.example or bob+@far.example", []),
        ("https://far.example/@bob and far.example/@bob ?u=@bob", []),
        ("@bob@münchen.example", [("bob", "xn--mnchen-3ya.example")]),
        ("@bob@localhost:3000 @x@127.0.0.1:8001", [("bob", "localhost:3000"), ("x", "127.0.0.1:8001")]),
        ("@bob@far.example:30", [("bob", "far.example")]),
        ("@bob@far.example. @x@far.example's", [("bob", "far.example"), ("x", "far.example")]),
        ("@bob@far @bob@far..example @bob@1.2.3", []),
        ("@bob@ you", [("bob", None)]),
        ("@@alice @alice@@x", [("alice", None)]),
        ("@aliceさん @bob@far.exampleさん", [("alice", None), ("bob", "far.example")]),
        ("@aliceé @alice\u0301 @bob@far.exampleé é@alice さん@alice", []),
        (f"@{'a' * 30}", [("a" * 30, None)]),
        (f"@{'a' * 31} @{'a' * 31}@social.test", []),
        (f"@{'a' * 60}@far.example", [("a" * 60, "far.example")]),
        (f"@{'a' * 61}@far.example @a@{'a' * 64}.example @a@{'a.' * 130}example", []),
    ],
)
def test_mentions(text, wanted):
    assert find_mentions(text, HERE) == wanted


@pytest.mark.parametrize(
    "domain", ["localhost:3000", "127.0.0.1:8000", "parley.test:8080", "parley", "Münster.example"]
)
def test_own_domain_is_told_from_others(domain):
    assert find_mentions(f"@alice@{domain}, @alice@{domain.upper()}", domain) == [("alice", None)]
    assert find_mentions("@alice@far.example", domain) == [("alice", "far.example")]


def test_handle_is_kept_as_written():
    (mention,) = find_spans("@Bob@FAR.example", HERE)
    assert isinstance(mention, Mention)
    assert (mention.handle, mention.key) == ("Bob@FAR.example", ("bob", "far.example"))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("#Cats and #cats, #CATS", ["Cats"]),
        ("#café #cafe #CAFE\u0301", ["café", "cafe"]),
        ("#日本語、#한국어 #हिन्दी #ไทย #العربية", ["日本語", "한국어", "हिन्दी", "ไทย", "العربية"]),
        ("#1 #123 #١٢٣ #___ #_ # #!", []),
        ("#2024_11 #1a #三", ["2024_11", "1a", "三"]),
        ("#a·b #カ・ナ #a· #می\u200cخواهم", ["a·b", "カ・ナ", "a", "می\u200cخواهم"]),
        ("#ﬁne #fine ＃wide", ["ﬁne", "wide"]),
        ("x#a /#b )#c &#x27; =#d", []),
        ("(#a) ##b #c#d", ["a", "b", "c"]),
        ("https://a.example/#b https://a.example/?#c", []),
        ("#\ufe0f\u20e3 ❤\ufe0f#love", ["love"]),
        ("#" + "a" * 100, ["a" * 100]),
        ("#" + "a" * 101 + " #ﷺ", []),
    ],
)
def test_hashtags(text, wanted):
    assert find_hashtags(text) == wanted


@given(st.text(min_size=1) | st.text("aßIİıſﬁͅᾳ1_·\u0301", min_size=1))
def test_normal_tags_stay_normal_and_stay_tags(name):
    assert normal_tag(normal_tag(name)) == normal_tag(name)
    for found in find_hashtags(f"#{name}"):
        assert is_tag(normal_tag(found))
        assert find_hashtags(f"#{normal_tag(found)}") == [normal_tag(found)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("see https://a.example.", ["https://a.example"]),
        ("HTTP://A.example/x?y=1#z!", ["HTTP://A.example/x?y=1#z"]),
        ("https://a.example/(b) (https://a.example/c) https://a.example/d)e",
         ["https://a.example/(b)", "https://a.example/c", "https://a.example/d"]),
        ("https://a.example/b_(c_(d)) https://a.example/e(f", ["https://a.example/b_(c_(d))", "https://a.example/e"]),
        ("(see https://a.example/b_(c), [https://a.example/d])", ["https://a.example/b_(c)", "https://a.example/d"]),
        ("https://例え.テスト/パス https://пример.рф", ["https://例え.テスト/パス", "https://пример.рф"]),
        ("見てhttps://a.exampleを https://a.example/x、y", ["https://a.example", "https://a.example/x"]),
        ("https://a.example:8080/x http://localhost:3000 http://127.0.0.1 http://[::1]:80/",
         ["https://a.example:8080/x", "http://localhost:3000", "http://127.0.0.1", "http://[::1]:80/"]),
        ("https://archive.example/https://b.example/", ["https://archive.example/https://b.example/"]),
        ("https://a.example/@bob https://a.example/~c/", ["https://a.example/@bob", "https://a.example/~c/"]),
        ("https://a.example/हिन्दी", ["https://a.example/हिन्दी"]),
        ('"https://a.example/" <https://b.example/> **https://c.example/**',
         ["https://a.example/", "https://b.example/", "https://c.example/"]),
        ("https://a.example https://a.example", ["https://a.example"]),
        ("javascript:alert(1) data:x ftp://a.example //a.example a.example file:///etc/passwd", []),
        ("https:// https://x https://. https://1.2.3 https://999.1.1.1 https://a.exampleé xhttps://a.example", []),
        ("https://bank.example@evil.example/ https://bank.example:80@evil.example https://u:p@evil.example", []),
        (f"https://a.example/{'x' * 2030}", [f"https://a.example/{'x' * 2030}"]),
        (f"https://a.example/{'x' * 2031} https://{'a' * 64}.example", []),
    ],
)  # fmt: skip
def test_links(text, wanted):
    assert find_links(text) == wanted


@pytest.mark.parametrize(
    ("text", "spoiler_text", "count"),
    [
        ("", "", 0),
        ("héllo\r\nyou", "", 9),
        ("text", "cw", 6),
        ("https://a.example/" + "x" * 500, "", 23),
        ("see https://a.b.c.", "", 28),
        ("@bob@far.example hi", "", 7),
        ("@alice hi", "@bob@far.example", 25),
        ("@bob@far hi", "", 11),
        ("👩\u200d🚀🇩🇪e\u0301", "", 3),
        ("@a@x" + "\ufe00" * 250 + ".example", "", 4 + 14 + 8),
    ],
)
def test_length(text, spoiler_text, count):
    assert count_length(text, spoiler_text) == count


ALLOWED = {
    "p": set(),
    "br": set(),
    "span": {"class", "translate"},
    "a": {"href", "class", "target", "rel", "translate"},
}


class Page(HTMLParser):
    """Reads our HTML strictly: every tag allowed and closed in order, the text as a browser's textContent has it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.hrefs: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        assert {name for name, _ in attrs} <= ALLOWED[tag]
        self.hrefs += [value for name, value in attrs if name == "href"]
        if tag != "br":
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        assert (tag, attrs) == ("br", [])
        self.text += "\n"

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        if tag == "p":
            self.text += "\n"

    def handle_data(self, data):
        self.text += data

    def handle_comment(self, data):
        raise AssertionError(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


PIECES = st.sampled_from(
    ["@alice", "@bob@far.example", "@", "#", "#tag", "＃", "https://", "http://a.example", "example.org", "/", "(", ")",
     "[", "]", ".", ":80", "?", "&", "&amp;", "<", ">", '"', "'", "<script>", "javascript:", "\n", "\n\n", " ", "é", "語",
     "\u0301", "\u200c", "·", "_", "-", "1", "a", "\ufe0f", "\u202e", "\u202c", "%3C", "www."]
)  # fmt: skip
typed = (st.lists(PIECES, max_size=25).map("".join) | st.text(st.characters(exclude_categories=["Cs"]))).map(
    lambda text: clean_text(text.replace("\x00", ""))
)


def lines_of(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.strip()]


@given(typed)
def test_html_says_what_was_typed_and_nothing_else(text):
    page = Page(render_status(text, {}, tag_url, HERE))
    assert lines_of(page.text.replace("＃", "#")) == lines_of(text.replace("＃", "#"))
    for href in page.hrefs:
        assert href.lower().startswith(("http://", "https://"))


@given(typed)
def test_every_mention_known_or_not_leaves_sound_html(text):
    page = Page(render(text))
    known = [
        span.key for span in find_spans(text, HERE) if isinstance(span, Mention) and span.key in MENTIONS
    ]
    assert [href for href in page.hrefs if href in {target.url for target in MENTIONS.values()}] == [
        MENTIONS[key].url for key in known
    ]


@given(typed)
def test_spans_lie_apart_and_links_are_balanced(text):
    end = 0
    for span in find_spans(text, HERE):
        assert end <= span.start < span.end <= len(text)
        end = span.end
        if isinstance(span, Link):
            assert span.url.count("(") == span.url.count(")")
            assert find_links(span.url) == [span.url]


@given(typed)
def test_length_bounds_the_code_points(text):
    assert len(text) <= 150 * count_length(text)


HOSTILE = [
    "(", ")", "@", "#", "http://", "http://a", "https://a.bc/(", "(https://a.bc/", "https://a.bc/()(", "https://a.bc/((x)",
    "@a", "@a@", "@a.", "@a@b.", "@a@b.c:1", "a.", "a-", "_", "#a", "#a·", "·", "#\u0301", "\u0301", "&", "<", "\n", "a\n",
    "@a@" + "b-" * 99, "https://" + "a." * 200, "https://a.bc/" + "x" * 3000 + " ", "[", "https://[", "é@", "\u200d", "🇩",
    "👩\u200d", "\u202e", "\u2066\u202e", "\u2069", "\u1100", "１", "http://١.", "https://a.bc:8",
]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_long_hostile_text_is_worked_through(piece):
    """What is worse than linear shows in bench/text_growth.py, which takes these at 100,000 characters."""
    text = clean_text((piece * (20_000 // len(piece) + 1))[:20_000])
    assert lines_of(Page(render_status(text, {}, tag_url, HERE)).text) == lines_of(text)
    assert count_length(text) <= 2 * len(text)
