"""Plain text to the HTML that clients know: paragraphs, links, mentions, hashtags, everything else escaped."""

import re
from collections.abc import Callable, Iterator, Mapping

import msgspec

from parley.kit.html import escape
from parley.kit.spans import Hashtag, Link, Mention, Span, find_spans
from parley.kit.text import normalise_newlines, one_line

# Clients shorten links by these two spans' classes; the whole address stays in the text for whoever copies it.
_SHOWN_LENGTH_MAX = 30
_HIDDEN_PREFIX = re.compile(r"https?://(?:www\.)?", re.IGNORECASE)

_LINK_REL = "nofollow noopener noreferrer"
_OWN_LINK_REL = "me nofollow noopener noreferrer"


class MentionTarget(msgspec.Struct, frozen=True):
    """Whom a mention means. `url` must equal that of the status's `mentions`, as clients compare the two."""

    url: str
    username: str
    acct: str


Mentions = Mapping[tuple[str, str | None], MentionTarget]
TagUrl = Callable[[str], str]


class _Markup(msgspec.Struct, frozen=True):
    mentions: Mentions
    tag_url: TagUrl
    local_domain: str
    link_rel: str = _LINK_REL


def render_paragraphs(text: str, mentions: Mentions, tag_url: TagUrl, local_domain: str) -> str:
    """Blank lines part paragraphs, however many they are; a single newline is a line break.

    `mentions` is keyed by Mention.key: lower-case username and domain, None for ours; who is missing in it stays
    plain text. `tag_url` is given a tag's normal form.
    """
    markup = _Markup(mentions, tag_url, local_domain)
    return "".join(
        f"<p>{'<br />'.join(_render_line(line, markup) for line in lines)}</p>" for lines in _paragraphs(text)
    )


def render_note(text: str, mentions: Mentions, tag_url: TagUrl, local_domain: str) -> str:
    """What an account says of itself, marked up as a status."""
    return render_paragraphs(text, mentions, tag_url, local_domain)


def render_field_value(text: str, mentions: Mentions, tag_url: TagUrl, local_domain: str) -> str:
    """The value of a profile's field: one line, whose links claim the other page as the member's own."""
    return _render_line(one_line(text), _Markup(mentions, tag_url, local_domain, link_rel=_OWN_LINK_REL))


def _paragraphs(text: str) -> Iterator[list[str]]:
    lines: list[str] = []
    for line in normalise_newlines(text).split("\n"):
        if line.strip():
            lines.append(line)
        elif lines:
            yield lines
            lines = []
    if lines:
        yield lines


def _render_line(line: str, markup: _Markup) -> str:
    pieces = []
    start = 0
    for span in find_spans(line, markup.local_domain):
        pieces.append(escape(line[start : span.start]))
        pieces.append(_render_span(line, span, markup))
        start = span.end
    pieces.append(escape(line[start:]))
    return "".join(pieces)


def _render_span(line: str, span: Span, markup: _Markup) -> str:
    if isinstance(span, Link):
        return _render_link(span.url, markup.link_rel)
    if isinstance(span, Hashtag):
        return _render_hashtag(span, markup.tag_url)
    return _render_mention(span, markup.mentions) or escape(line[span.start : span.end])


def _render_link(url: str, rel: str) -> str:
    match = _HIDDEN_PREFIX.match(url)
    prefix = match.group() if match else ""
    shown = url[len(prefix) :][:_SHOWN_LENGTH_MAX]
    rest = url[len(prefix) + len(shown) :]
    return (
        f'<a href="{escape(url)}" target="_blank" rel="{rel}" translate="no">'
        f'<span class="invisible">{escape(prefix)}</span>'
        f'<span class="{"ellipsis" if rest else ""}">{escape(shown)}</span>'
        f'<span class="invisible">{escape(rest)}</span></a>'
    )


def _render_hashtag(tag: Hashtag, tag_url: TagUrl) -> str:
    url = escape(tag_url(tag.normal))
    return f'<a href="{url}" class="mention hashtag" rel="tag">#<span>{escape(tag.name)}</span></a>'


def _render_mention(mention: Mention, mentions: Mentions) -> str | None:
    target = mentions.get(mention.key)
    if target is None:
        return None
    return (
        f'<span class="h-card" translate="no">{_opening_of_mention(target.url)}'
        f"@<span>{escape(target.username)}</span></a></span>"
    )


def _opening_of_mention(url: str) -> str:
    return f'<a href="{escape(url)}" class="u-url mention">'


def is_mentioned(html: str, url: str) -> bool:
    """Whether HTML that was made here mentions whom this address means."""
    return _opening_of_mention(url) in html
