"""Finds links, mentions and hashtags in plain text, in one pass whose time grows with the text's length alone."""

import re
import unicodedata

import idna
import msgspec

from parley.kit.characters import MARKS

LINK_LENGTH_MAX = 2048
TAG_LENGTH_MAX = 100
LOCAL_USERNAME_LENGTH_MAX = 30
REMOTE_USERNAME_LENGTH_MAX = 60
_HOST_LENGTH_MAX = 253
_LABEL_LENGTH_MAX = 63
_DOMAIN_LENGTH_MAX = 253
_DOMAIN = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*(:[0-9]{1,5})?")


class Link(msgspec.Struct, frozen=True):
    start: int
    end: int
    url: str


class Mention(msgspec.Struct, frozen=True):
    """`handle` and `username` as written; `domain` lower-cased, in its ASCII form, None for our own."""

    start: int
    end: int
    handle: str
    username: str
    domain: str | None

    @property
    def key(self) -> tuple[str, str | None]:
        """The same for every spelling of one account's name."""
        return self.username.lower(), self.domain


class Hashtag(msgspec.Struct, frozen=True):
    """`name` as written, without its sign; `normal` the same for every spelling."""

    start: int
    end: int
    name: str
    normal: str


Span = Link | Mention | Hashtag

# What may begin a span (\uff03 and \uff20 are the full-width # and @). One class of characters stands first, which `re`
# seeks quickly; the conditions on the character before follow, so that runs of signs are passed over. An @ after `/` or
# `=` is part of some address; after `+` or `-` only if a word goes before: x+@example.org.
_SIGN = re.compile(
    r"[Hh@#\uff03](?:"
    r"(?P<link>(?<=[Hh])(?<![A-Za-z0-9_@\uff20$#\uff03].)[Tt][Tt][Pp][Ss]?://)"
    rf"|(?P<mention>(?<=@)(?<![\w{MARKS}=/@].)(?<!\w[+-].)(?=[A-Za-z0-9_]))"
    rf"|(?P<hashtag>(?<=[#\uff03])(?<![\w{MARKS}=/)&].)(?=\w)))"
)

_WORD = rf"[\w{MARKS}]"
_HOST = re.compile(rf"\w(?:[\w{MARKS}-]*{_WORD})?(?:\.\w(?:[\w{MARKS}-]*{_WORD})?)*")
_ASCII_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?")
_BRACKETED_HOST = re.compile(r"\[[0-9A-Fa-f:.]{2,45}\]")
_PORT = re.compile(r":[0-9]{1,5}(?!\w)")
_PATH_BUT_PARENTHESES = rf"[\w{MARKS}!$%&'*+,./:;=?@~#|\[\]-]"
_PATH_PIECE = re.compile(f"{_PATH_BUT_PARENTHESES}*")
_TRAILING = ".,:;!?'*|@[]"
_PARENTHESIS_OR_GAP = re.compile(f"[()]|(?!{_PATH_BUT_PARENTHESES}).", re.DOTALL)

_USERNAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?")

# The middle dots and the joiner of Persian compounds hold words together, as the underscore does.
_SEPARATORS = "_\u00b7\u30fb\u200c"
_TAG = re.compile(rf"\w(?:[\w{MARKS}{_SEPARATORS}]*{_WORD})?")

_CONTINUATION = re.compile(f"[A-Za-z0-9_{MARKS}]")
_DOMAIN_START = re.compile(r"@\w")

Parentheses = dict[int, int]


def find_spans(text: str, local_domain: str | None = None) -> list[Span]:
    """All links, mentions and hashtags, in order, none overlapping another."""
    parentheses = _pair_parentheses(text)
    local = normal_domain(local_domain) if local_domain else None
    spans: list[Span] = []
    position = 0
    while sign := _SIGN.search(text, position):
        span: Span | None
        if sign.lastgroup == "link":
            span, position = _read_link(text, sign, parentheses)
        elif sign.lastgroup == "mention":
            span, position = _read_mention(text, sign, local)
        else:
            span, position = _read_hashtag(text, sign)
        if span is not None:
            spans.append(span)
    return spans


def find_links(text: str) -> list[str]:
    """Distinct http and https addresses, in order."""
    return list(dict.fromkeys(span.url for span in find_spans(text) if isinstance(span, Link)))


def find_mentions(text: str, local_domain: str) -> list[tuple[str, str | None]]:
    """Distinct (username as first written, domain or None for ours), in order."""
    found: dict[tuple[str, str | None], tuple[str, str | None]] = {}
    for span in find_spans(text, local_domain):
        if isinstance(span, Mention):
            found.setdefault(span.key, (span.username, span.domain))
    return list(found.values())


def find_hashtags(text: str) -> list[str]:
    """Names distinct by their normal form, as first written, in order."""
    found: dict[str, str] = {}
    for span in find_spans(text):
        if isinstance(span, Hashtag):
            found.setdefault(span.normal, span.name)
    return list(found.values())


def normal_tag(name: str) -> str:
    """One form for all spellings of a tag: case and compatibility forms folded (NFKC), accents kept.

    Folding can undo normalising and the other way round, so each happens twice; the result is then a fixed point.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFD", name).casefold())
    return unicodedata.normalize("NFKC", folded.casefold())


def is_tag(name: str) -> bool:
    """Whether `#name` would be a hashtag. Digits alone are none: they number issues and places."""
    return (
        len(name) <= TAG_LENGTH_MAX
        and _TAG.fullmatch(name) is not None
        and any(character.isalnum() for character in name)
        and any(character.isalpha() or character in _SEPARATORS for character in name)
    )


def normal_domain(domain: str) -> str | None:
    """Lower case, international names in their ASCII form; None if it can't be a name of the domain system."""
    if domain.isascii():
        return domain.lower()
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return None


def read_domain(text: str) -> str | None:
    """A domain as somebody typed it, perhaps with a port, in normal form; None for what can't be one."""
    text = text.strip().removeprefix("@").rstrip(".")
    domain = normal_domain(text) if text and len(text) <= _DOMAIN_LENGTH_MAX else None
    if domain is None or len(domain) > _DOMAIN_LENGTH_MAX or not _DOMAIN.fullmatch(domain):
        return None
    return domain


def _read_hashtag(text: str, sign: re.Match[str]) -> tuple[Hashtag | None, int]:
    match = _TAG.match(text, sign.end())
    if match is None:
        return None, sign.end()
    name = match.group()
    if not is_tag(name):
        return None, match.end()
    normal = normal_tag(name)
    # Some ligatures unfold into several words, which no tag can be.
    if not is_tag(normal):
        return None, match.end()
    return Hashtag(sign.start(), match.end(), name, normal), match.end()


def _read_mention(text: str, sign: re.Match[str], local: str | None) -> tuple[Mention | None, int]:
    match = _USERNAME.match(text, sign.end())
    if match is None:
        return None, sign.end()
    end = match.end()
    domain: str | None = None
    if _DOMAIN_START.match(text, end):
        end, domain = _read_domain(text, end + 1, local)
        if domain is None:
            return None, end
    elif _goes_on(text, end):
        return None, end
    remote = domain is not None and domain != local
    if len(match.group()) > (REMOTE_USERNAME_LENGTH_MAX if remote else LOCAL_USERNAME_LENGTH_MAX):
        return None, end
    handle = text[sign.end() : end]
    return Mention(sign.start(), end, handle, match.group(), domain if remote else None), end


def _read_domain(text: str, start: int, local: str | None) -> tuple[int, str | None]:
    """Where the domain of a mention ends, and its normal form, or None if it is none.

    Our own domain may hold a port, as may a server under development: localhost and plain addresses.
    """
    end = _end_of_host(text, start)
    if end is None:
        match = _HOST.match(text, start)
        return (match.end() if match else start), None
    port = _PORT.match(text, end)
    with_port = normal_domain(text[start : port.end()]) if port else None
    if port and with_port is not None and (with_port == local or _is_nearby(text[start:end])):
        return port.end(), with_port
    # Measured as written too: normalising can drop characters, and a limit on texts relies on this one.
    if end - start > _HOST_LENGTH_MAX:
        return end, None
    domain = normal_domain(text[start:end])
    return end, domain if domain is not None and (domain == local or _is_host(domain)) else None


def _read_link(text: str, sign: re.Match[str], parentheses: Parentheses) -> tuple[Link | None, int]:
    bracketed = _BRACKETED_HOST.match(text, sign.end())
    end = bracketed.end() if bracketed else _end_of_host(text, sign.end())
    if end is None or not (bracketed or _is_host(text[sign.end() : end])):
        return None, sign.end()
    port = _PORT.match(text, end)
    end = port.end() if port else end
    if text[end : end + 1] == "@":
        # What looks like the host is a user's name there: https://bank.example@evil.example.
        return None, end
    if end < len(text) and text[end] in "/?#":
        end = _end_of_path(text, sign.start(), end, parentheses)
    if end - sign.start() > LINK_LENGTH_MAX:
        return None, end
    return Link(sign.start(), end, text[sign.start() : end]), end


def _end_of_path(text: str, link_start: int, path_start: int, parentheses: Parentheses) -> int:
    """Before the first parenthesis without a partner in this link, and before punctuation of the sentence around."""
    end = path_start
    while piece := _PATH_PIECE.match(text, end):
        end = piece.end()
        if parentheses.get(end, -1) < link_start:
            break
        end += 1
    while text[end - 1] in _TRAILING and end > path_start:
        end -= 1
    return end


def _pair_parentheses(text: str) -> Parentheses:
    """Each parenthesis to its partner's position, within runs of characters that addresses may hold.

    Known beforehand, a lone one ends a link where it stands: no link reads ahead in vain, which would add up.
    """
    pairs: Parentheses = {}
    if "(" not in text or "://" not in text:
        return pairs
    opened: list[int] = []
    for match in _PARENTHESIS_OR_GAP.finditer(text):
        if match.group() == "(":
            opened.append(match.start())
        elif match.group() != ")":
            opened.clear()
        elif opened:
            start = opened.pop()
            pairs[start], pairs[match.start()] = match.start(), start
    return pairs


def _end_of_host(text: str, start: int) -> int | None:
    """Where a host's name ends, or None if its end is no boundary of a word.

    A last label that begins in ASCII ends with it, as no top-level domain mixes scripts: a name can be followed at
    once by words of a script that puts no spaces between them.
    """
    match = _HOST.match(text, start)
    if match is None:
        return None
    last_label = text.rfind(".", start, match.end()) + 1 or start
    ascii_label = _ASCII_LABEL.match(text, last_label, match.end())
    end = ascii_label.end() if ascii_label else match.end()
    return None if _goes_on(text, end) else end


def _goes_on(text: str, end: int) -> bool:
    """Whether the word before `end` continues behind it with a letter of an alphabet or an accent.

    Scripts without upper and lower case often follow a name without a space.
    """
    following = text[end : end + 1]
    return following.lower() != following.upper() or _CONTINUATION.match(following) is not None


def _is_host(host: str) -> bool:
    labels = host.split(".")
    if len(host) > _HOST_LENGTH_MAX or any(len(label) > _LABEL_LENGTH_MAX for label in labels):
        return False
    if labels[-1].isdecimal():
        return _is_address(labels)
    return len(labels) > 1 or host.lower() == "localhost"


def _is_nearby(host: str) -> bool:
    return host.lower() == "localhost" or _is_address(host.split("."))


def _is_address(labels: list[str]) -> bool:
    return len(labels) == 4 and all(
        label.isascii() and label.isdecimal() and len(label) <= 3 and int(label) <= 255 for label in labels
    )
