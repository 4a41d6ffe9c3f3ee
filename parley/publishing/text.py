"""A status's text: to HTML, and its length; what is found in it. The syntax itself is in kit, as profiles share it."""

from html import escape

from parley.kit.markup import (
    Mentions,
    MentionTarget,
    TagUrl,
    render_field_value,
    render_note,
    render_paragraphs,
)
from parley.kit.spans import (
    Link,
    Mention,
    find_hashtags,
    find_links,
    find_mentions,
    find_spans,
    is_tag,
    normal_tag,
)
from parley.kit.text import clean_line, clean_text, count_characters, normalise_newlines

__all__ = [
    "CHARACTERS_PER_LINK",
    "Mention",
    "MentionTarget",
    "Mentions",
    "TagUrl",
    "clean_line",
    "clean_text",
    "count_length",
    "find_hashtags",
    "find_links",
    "find_mentions",
    "is_tag",
    "normal_tag",
    "render_field_value",
    "render_note",
    "render_status",
    "with_quote_link",
]

CHARACTERS_PER_LINK = 23


def render_status(text: str, mentions: Mentions, tag_url: TagUrl, local_domain: str) -> str:
    """The HTML of a status, "" for a text of nothing but white space. See render_paragraphs for the arguments."""
    return render_paragraphs(text, mentions, tag_url, local_domain)


def with_quote_link(content: str, url: str) -> str:
    """For clients that know no quotes: a line that leads to what is quoted, unless the words do. Others leave it out."""
    address = escape(url)
    if f'href="{address}"' in content:
        return content
    link = (
        f'<a href="{address}" target="_blank" rel="nofollow noopener noreferrer" translate="no">{address}</a>'
    )
    return f'<p class="quote-inline">RE: {link}</p>{content}'


def count_length(text: str, spoiler_text: str = "") -> int:
    """The length that limits apply to, counted as clients do beside their compose boxes.

    The warning counts; a link counts as 23 characters whatever its length, a mention without its domain. A character
    is what a reader takes for one (a grapheme cluster: an accented letter, a family emoji, a flag), as in Mastodon's
    server and the counters of its clients. As links and domains have limits of their own, and so do clusters, a text
    within a limit of n characters has fewer than 150 n code points.
    """
    normal = normalise_newlines(text)
    pieces = []
    start = 0
    for span in find_spans(normal):
        if isinstance(span, Link):
            pieces += [normal[start : span.start], "x" * CHARACTERS_PER_LINK]
            start = span.end
        elif isinstance(span, Mention):
            pieces += [normal[start : span.start], "@", span.username]
            start = span.end
    pieces.append(normal[start:])
    return count_characters(normalise_newlines(spoiler_text)) + count_characters("".join(pieces))
