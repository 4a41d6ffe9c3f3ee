"""What staff type for the site's texts to HTML: paragraphs, headings after #, lists after -, links; all else escaped."""

from collections.abc import Iterator

from parley.kit.html import escape
from parley.kit.spans import Link, find_spans
from parley.kit.text import normalise_newlines

_HEADINGS = (("### ", "h4"), ("## ", "h3"), ("# ", "h2"))


def to_html(text: str) -> str:
    return "".join(_block(lines) for lines in _blocks(text))


def _blocks(text: str) -> Iterator[list[str]]:
    """A heading and an item stand alone or among their like, whether or not blank lines part them from the rest."""
    block: list[str] = []
    kind = ""
    for line in [*normalise_newlines(text).split("\n"), ""]:
        stripped = line.strip()
        now = _kind(stripped)
        if block and (now != kind or kind == "heading"):
            yield block
            block = []
        kind = now
        if stripped:
            block.append(stripped)


def _kind(line: str) -> str:
    if line.startswith(tuple(mark for mark, _ in _HEADINGS)):
        return "heading"
    return "item" if line.startswith("- ") else "text" if line else ""


def _block(lines: list[str]) -> str:
    for mark, tag in _HEADINGS:
        if lines[0].startswith(mark):
            return f"<{tag}>{_line(lines[0].removeprefix(mark))}</{tag}>"
    if lines[0].startswith("- "):
        return "<ul>" + "".join(f"<li>{_line(line.removeprefix('- '))}</li>" for line in lines) + "</ul>"
    return f"<p>{'<br />'.join(_line(line) for line in lines)}</p>"


def _line(line: str) -> str:
    pieces = []
    start = 0
    for span in find_spans(line, ""):
        if isinstance(span, Link):
            url = escape(span.url)
            pieces += [
                escape(line[start : span.start]),
                f'<a href="{url}" rel="noopener noreferrer">{url}</a>',
            ]
            start = span.end
    return "".join([*pieces, escape(line[start:])])
