"""Status and what stands in it, as structs, and as JSON spliced from kept fragments.

https://docs.joinmastodon.org/entities/Status/
"""

from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from parley.hydration.models import StatusView
from parley.identity import models
from parley.identity.addresses import account_url
from parley.identity.models import AccountCounts
from parley.identity.viewer import Viewer
from parley.mastodon_api.entities.account import Account, account_json, wire_time
from parley.mastodon_api.entities.poll import Poll, poll_json
from parley.publishing.addresses import status_uri, status_url, tag_url
from parley.publishing.models import NO_FLAGS, StatusCounts, StatusEdit, StatusSource, Visibility

FRAGMENTS_MAX = 20_000


class StatusMention(msgspec.Struct, frozen=True):
    id: str
    username: str
    url: str
    acct: str


class StatusTag(msgspec.Struct, frozen=True):
    name: str
    url: str


class StatusApplication(msgspec.Struct, frozen=True):
    name: str
    website: str | None


class QuoteApproval(msgspec.Struct, frozen=True):
    """Nobody may quote yet: clients then show no quote button."""

    automatic: tuple[()] = ()
    manual: tuple[()] = ()
    current_user: Literal["denied"] = "denied"


class StaticStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a Status that stays as it is until it is edited."""

    id: str
    created_at: str
    in_reply_to_id: str | None
    in_reply_to_account_id: str | None
    sensitive: bool
    spoiler_text: str
    visibility: str
    language: str | None
    uri: str
    url: str
    content: str
    edited_at: str | None
    # Pictures, custom emojis, quotes and link cards: there are none on this server.
    media_attachments: tuple[()] = ()
    emojis: tuple[()] = ()
    card: None = None
    quote: None = None
    quotes_count: int = 0
    quote_approval: QuoteApproval = QuoteApproval()
    mentions: tuple[StatusMention, ...]
    tags: tuple[StatusTag, ...]
    application: StatusApplication | None


class Status(StaticStatus, frozen=True, kw_only=True):
    """The whole. What the viewer did with it is there for members only, `pinned` on their own statuses."""

    replies_count: int
    reblogs_count: int
    favourites_count: int
    favourited: bool | UnsetType = UNSET
    reblogged: bool | UnsetType = UNSET
    muted: bool | UnsetType = UNSET
    bookmarked: bool | UnsetType = UNSET
    pinned: bool | UnsetType = UNSET
    filtered: tuple[()] | UnsetType = UNSET
    text: str | UnsetType = UNSET
    poll: Poll | None
    account: Account
    reblog: "Status | None"


class Source(msgspec.Struct, frozen=True):
    id: str
    text: str
    spoiler_text: str


class Edit(msgspec.Struct, frozen=True):
    content: str
    spoiler_text: str
    sensitive: bool
    created_at: str
    account: msgspec.Raw
    poll: "EditPoll | None" = None
    media_attachments: tuple[()] = ()
    emojis: tuple[()] = ()


class EditPollOption(msgspec.Struct, frozen=True):
    title: str


class EditPoll(msgspec.Struct, frozen=True):
    options: tuple[EditPollOption, ...]


class Context(msgspec.Struct, frozen=True):
    ancestors: list[msgspec.Raw]
    descendants: list[msgspec.Raw]


class _Whole(msgspec.Struct, frozen=True):
    """The JSON of a status as most members see it, who have done nothing with it; and what it was made of."""

    counts: StatusCounts
    account: models.Account
    account_counts: AccountCounts
    base_url: str
    json: bytes


# By status id: (version, version of what it boosts, base address, JSON of a StaticStatus without its closing brace).
_fragments: dict[int, tuple[int, int, str, bytes]] = {}
_wholes: dict[int, _Whole] = {}


def status_json(view: StatusView, base_url: str, viewer: Viewer, *, text: str | None = None) -> bytes:
    """Hot path: every status of every list, 0.5 µs when nothing about it changed, 2 µs when its fragment is kept.

    `text`: the source, for the answer to a deletion (clients offer to write it anew).
    """
    own = view.status.account_id == viewer.account_id
    if own or view.flags is not NO_FLAGS or viewer.account_id is None or view.poll or view.reblog or text:
        return _spliced(view, base_url, viewer, text)
    kept = _wholes.get(view.status.id)
    # What did not change is the very same object, as it is kept (kit/recent.py, identity/cache.py).
    if (
        kept is not None
        and kept.counts is view.counts
        and kept.account_counts is view.author.counts
        and kept.account is view.author.account
        and kept.base_url == base_url
    ):
        return kept.json
    made = _spliced(view, base_url, viewer, None)
    _make_room(_wholes)
    _wholes[view.status.id] = _Whole(view.counts, view.author.account, view.author.counts, base_url, made)
    return made


def _make_room(kept: dict[int, Any]) -> None:
    if len(kept) >= FRAGMENTS_MAX:
        for oldest in list(kept)[: FRAGMENTS_MAX // 10]:
            del kept[oldest]


def _spliced(view: StatusView, base_url: str, viewer: Viewer, text: str | None) -> bytes:
    counts = view.counts if view.reblog is None else view.reblog.counts
    poll = b"null" if view.poll is None else poll_json(view.poll, viewer)
    reblog = b"null" if view.reblog is None else status_json(view.reblog, base_url, viewer)
    more = b"" if text is None else b',"text":' + msgspec.json.encode(text)
    return (
        b'%b,"replies_count":%d,"reblogs_count":%d,"favourites_count":%d%b%b,"poll":%b,"account":%b,"reblog":%b}'
        % (
            _static_json(view, base_url),
            counts.replies_count,
            counts.reblogs_count,
            counts.favourites_count,
            _flags_json(view, viewer),
            more,
            poll,
            account_json(view.author, base_url),
            reblog,
        )
    )


def statuses_json(views: list[StatusView], base_url: str, viewer: Viewer) -> bytes:
    """Hot path: a list of them."""
    return b"[" + b",".join([status_json(view, base_url, viewer) for view in views]) + b"]"


def clear_fragments() -> None:
    _fragments.clear()
    _wholes.clear()


def forget_fragment(status_id: int) -> None:
    _fragments.pop(status_id, None)
    _wholes.pop(status_id, None)


def _static_json(view: StatusView, base_url: str) -> bytes:
    status = view.status
    # A boost tells the words of what it boosts, which may be edited.
    boosted_version = 0 if view.reblog is None else view.reblog.status.version
    kept = _fragments.get(status.id)
    if kept is not None and kept[0] == status.version and kept[1] == boosted_version and kept[2] == base_url:
        return kept[3]
    fragment = msgspec.json.encode(_to_static(view, base_url))[:-1]
    _make_room(_fragments)
    _fragments[status.id] = (status.version, boosted_version, base_url, fragment)
    return fragment


def _flags_json(view: StatusView, viewer: Viewer) -> bytes:
    if viewer.account_id is None:
        return b""
    flags = view.flags
    common = b',"favourited":%b,"reblogged":%b,"muted":%b,"bookmarked":%b,"filtered":[]' % (
        _JSON_BOOLEANS[flags.favourited],
        _JSON_BOOLEANS[flags.reblogged],
        _JSON_BOOLEANS[flags.muted],
        _JSON_BOOLEANS[flags.bookmarked],
    )
    if view.status.account_id == viewer.account_id and view.reblog is None:
        return common + b',"pinned":' + _JSON_BOOLEANS[flags.pinned]
    return common


_JSON_BOOLEANS = (b"false", b"true")


def _to_static(view: StatusView, base_url: str) -> StaticStatus:
    """A boost's words are those of what it boosts, as clients without boosts show them."""
    status = view.status
    shown = status if view.reblog is None else view.reblog.status
    mentions = view.mentions if view.reblog is None else view.reblog.mentions
    author = view.author.account
    return StaticStatus(
        id=str(status.id),
        created_at=wire_time(status.created_at) or "",
        in_reply_to_id=_text_or_none(shown.in_reply_to_id),
        in_reply_to_account_id=_text_or_none(shown.in_reply_to_account_id),
        sensitive=shown.sensitive,
        spoiler_text=shown.spoiler_text,
        visibility=Visibility(status.visibility).wire,
        language=shown.language,
        uri=status_uri(base_url, status, author),
        url=status_url(base_url, status, author),
        content=shown.content,
        edited_at=wire_time(shown.edited_at),
        mentions=tuple(
            StatusMention(str(each.id), each.username, account_url(base_url, each), each.acct)
            for each in mentions
        ),
        tags=tuple(StatusTag(tag, tag_url(base_url, tag)) for tag in shown.tags),
        application=StatusApplication(status.application_name, status.application_website)
        if status.application_name
        else None,
    )


def _text_or_none(value: int | None) -> str | None:
    return None if value is None else str(value)


def source_json(source: StatusSource) -> bytes:
    return msgspec.json.encode(Source(str(source.id), source.text, source.spoiler_text))


def edit_of(edit: StatusEdit, account: bytes) -> Edit:
    options = edit.poll_options
    poll = EditPoll(tuple(map(EditPollOption, options))) if options is not None else None
    return Edit(
        content=edit.content,
        spoiler_text=edit.spoiler_text,
        sensitive=edit.sensitive,
        created_at=wire_time(edit.created_at) or "",
        account=msgspec.Raw(account),
        poll=poll,
    )
