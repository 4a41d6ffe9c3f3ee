"""A whole page: a template with what every page shows around it; and where things live on this site."""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
from litestar import Response

from parley.conversations.read import counts_of
from parley.graph.follow import count_requests
from parley.hydration.accounts import account_views
from parley.identity.addresses import avatar_url, header_url, tag_url
from parley.identity.models import Account, AccountView
from parley.kit import templates
from parley.kit.html import plain_excerpt
from parley.media.addresses import file_path
from parley.media.origins import files_url
from parley.moderation.letters import WARNING_SENTENCES
from parley.notifications.read import unread_count
from parley.publishing.card_models import CardPicture
from parley.publishing.models import Status
from parley.web import emojis, focus, wording
from parley.web.desk import ACTION_NAMES, act_words, desk_links
from parley.web.session import PageCall

# Importing them gives their words to templates.
WORDS = (emojis, focus)
HTML = "text/html"
_UNREAD_COUNTED_MAX = 100
_STATIC = Path(__file__).parent.parent / "static"


class Surroundings(msgspec.Struct, frozen=True):
    """What the frame of a page tells the member; empty for visitors."""

    me: AccountView | None = None
    unread: int = 0
    unread_messages: int = 0
    requests: int = 0
    notice: str = ""


async def page(call: PageCall, template: str, /, *, status: int = 200, **values: Any) -> Response[bytes]:
    """Not to be called inside a transaction: it opens one of its own."""
    around = await _surroundings(call)
    html = templates.render(
        f"pages/{template}.html", call=call, settings=call.settings, around=around, **values
    )
    return Response(html.encode(), status_code=status, media_type=HTML)


async def _surroundings(call: PageCall) -> Surroundings:
    notice = wording.NOTICES.get(call.take_notice(), "")
    account_id = call.viewer.account_id
    if account_id is None:
        return Surroundings(notice=notice)
    async with call.database.reading() as conn:
        me = (await account_views(conn, [account_id])).get(account_id)
        unread = await unread_count(conn, account_id, _UNREAD_COUNTED_MAX)
        messages = (await counts_of(conn, call.viewer)).unread
        waiting = await count_requests(conn, account_id) if me is not None and me.account.locked else 0
    return Surroundings(me, unread, messages, waiting, notice)


# Where things live. Paths, so that whoever opened the site by another name of it stays there.


def account_path(account: Account) -> str:
    return f"/@{account.acct}"


def status_path(status: Status, author: Account) -> str:
    return f"/@{author.acct}/{status.id}"


def tag_path(name: str) -> str:
    return tag_url("", name)


def avatar_path(account: Account, *, still: bool = False) -> str:
    return avatar_url("", account, static=still)


def header_path(account: Account, *, still: bool = False) -> str:
    return header_url("", account, static=still)


def name_of(account: Account) -> str:
    return account.display_name or account.username


def file_origin(base_url: str = "") -> str:
    """Before the path of a file; empty where they come from this server's own address."""
    return files_url(base_url)


def card_picture_path(picture: CardPicture) -> str:
    return file_origin() + file_path(picture.media_id, picture.file)


_BASE83 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"


def hue_of(blurhash: str | None) -> str:
    """The mean colour that a blurhash holds in its third to sixth signs, as `#rrggbb`; empty for none."""
    if not blurhash or len(blurhash) < 6:
        return ""
    value = 0
    for sign in blurhash[2:6]:
        value = value * 83 + _BASE83.index(sign)
    return f"#{value:06x}"


def style_path() -> str:
    return _static_path("parley.css")


def script_path() -> str:
    return _static_path("parley.js")


@lru_cache(maxsize=2)
def _static_path(name: str) -> str:
    """With a mark of its content, so that a browser may keep it until it changes."""
    return f"/static/{name}?v={hashlib.sha256((_STATIC / name).read_bytes()).hexdigest()[:12]}"


templates.add_words(
    desk_links=desk_links,
    act_words=act_words,
    action_names=ACTION_NAMES,
    warning_sentences=WARNING_SENTENCES,
    account_path=account_path,
    status_path=status_path,
    tag_path=tag_path,
    avatar_path=avatar_path,
    header_path=header_path,
    name_of=name_of,
    style_path=style_path,
    script_path=script_path,
    file_origin=file_origin,
    card_picture_path=card_picture_path,
    hue_of=hue_of,
    ago=wording.ago,
    until=wording.until,
    full_time=wording.full_time,
    day=wording.day,
    host_of=wording.host_of,
    short_number=wording.short_number,
    megabytes=wording.megabytes,
    count_of=wording.count_of,
    visibility_name=wording.visibility_name,
    visibility_sentence=wording.visibility_sentence,
    visibilities=wording.VISIBILITIES,
    reply_policies=wording.REPLY_POLICIES,
    quote_policies=wording.QUOTE_POLICIES,
    reply_policy_sentence=wording.reply_policy_sentence,
    quote_sentence=wording.quote_sentence,
    poll_lengths=wording.POLL_LENGTHS,
    language_choices=wording.language_choices,
    excerpt=plain_excerpt,
    span_of=wording.span_of,
    titles_of_filters=wording.titles_of_filters,
    is_hidden=wording.is_hidden,
    has_many_lines=wording.has_many_lines,
    suggestion_reason=wording.suggestion_reason,
)
