"""Status and what stands in it, as structs, and as JSON spliced from kept fragments.

https://docs.joinmastodon.org/entities/Status/
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from parley.hydration.models import MediaView, QuoteView, StatusView
from parley.identity import models
from parley.identity.addresses import account_url
from parley.identity.models import AccountCounts
from parley.identity.viewer import Viewer
from parley.mastodon_api.entities.account import Account, account_json, wire_time
from parley.mastodon_api.entities.card import PreviewCard, card_json
from parley.mastodon_api.entities.emoji import CustomEmoji, emojis_of
from parley.mastodon_api.entities.filter import FilterResult, filter_results_json
from parley.mastodon_api.entities.media import MediaAttachment, attachments_json, to_media_attachment
from parley.mastodon_api.entities.poll import Poll, poll_json
from parley.media.emojis import on_emojis_changed
from parley.publishing.addresses import status_uri, status_url, tag_url
from parley.publishing.consent import ALL_PERMISSIONS, Permissions, quote_policy_of
from parley.publishing.models import (
    NO_FLAGS,
    QuotePolicy,
    ReplyPolicy,
    StatusCounts,
    StatusEdit,
    StatusSource,
    Visibility,
)
from parley.publishing.text import with_quote_link

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
    """Who may quote, and whether the viewer may. Nobody's quotes wait for a yes here."""

    automatic: tuple[str, ...]
    current_user: Literal["automatic", "denied"]
    manual: tuple[()] = ()


class Quote(msgspec.Struct, frozen=True):
    """Quote and ShallowQuote in one: in a status that is quoted itself, `quoted_status_id` stands for the other."""

    state: str
    quoted_status: "Status | UnsetType | None" = UNSET
    quoted_status_id: str | UnsetType | None = UNSET


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
    emojis: tuple[CustomEmoji, ...]
    mentions: tuple[StatusMention, ...]
    tags: tuple[StatusTag, ...]
    application: StatusApplication | None


class Status(StaticStatus, frozen=True, kw_only=True):
    """The whole. What the viewer did with it is there for members only, `pinned` on their own statuses.

    `reply_policy` (everybody, followers, mentioned, nobody) and `may_reply` are an extension.
    """

    replies_count: int
    reblogs_count: int
    favourites_count: int
    quotes_count: int
    quote_approval: QuoteApproval
    reply_policy: str
    may_reply: bool
    favourited: bool | UnsetType = UNSET
    reblogged: bool | UnsetType = UNSET
    muted: bool | UnsetType = UNSET
    bookmarked: bool | UnsetType = UNSET
    pinned: bool | UnsetType = UNSET
    filtered: tuple[FilterResult, ...] | UnsetType = UNSET
    text: str | UnsetType = UNSET
    media_attachments: tuple[MediaAttachment, ...]
    poll: Poll | None
    card: PreviewCard | None
    quote: Quote | None
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
    quote: msgspec.Raw | None = None
    media_attachments: tuple[MediaAttachment, ...] = ()
    emojis: tuple[CustomEmoji, ...] = ()


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
    permissions: Permissions
    base_url: str
    json: bytes


# By status id: (version, version of what it boosts, what its words point to as quoted, base address, JSON of a
# StaticStatus without its closing brace).
_fragments: dict[int, tuple[int, int, int, str, bool, bytes]] = {}
_wholes: dict[int, _Whole] = {}


def status_json(
    view: StatusView, base_url: str, viewer: Viewer, *, text: str | None = None, quoted: bool = False
) -> bytes:
    """Hot path: every status of every list, 0.5 µs when nothing about it changed, 2 µs when its fragment is kept.

    `text`: the source, for the answer to a deletion (clients offer to write it anew). `quoted`: it stands in another.
    """
    if (
        view.status.account_id == viewer.account_id
        or view.flags is not NO_FLAGS
        or viewer.account_id is None
        or view.poll
        or view.reblog
        or view.quote
        or view.card
        or view.media
        or view.filtered
        or text
    ):
        return _spliced(view, base_url, viewer, text, quoted=quoted)
    kept = _wholes.get(view.status.id)
    # What did not change is the very same object, as it is kept (kit/recent.py, identity/cache.py).
    if (
        kept is not None
        and kept.counts is view.counts
        and kept.account_counts is view.author.counts
        and kept.account is view.author.account
        and kept.permissions is view.permissions
        and kept.base_url == base_url
    ):
        return kept.json
    made = _spliced(view, base_url, viewer, None, quoted=quoted)
    _make_room(_wholes)
    _wholes[view.status.id] = _Whole(
        view.counts, view.author.account, view.author.counts, view.permissions, base_url, made
    )
    return made


def _make_room(kept: dict[int, Any]) -> None:
    if len(kept) >= FRAGMENTS_MAX:
        for oldest in list(kept)[: FRAGMENTS_MAX // 10]:
            del kept[oldest]


def _spliced(view: StatusView, base_url: str, viewer: Viewer, text: str | None, *, quoted: bool) -> bytes:
    shown = view.reblog or view
    counts = shown.counts
    poll = b"null" if view.poll is None else poll_json(view.poll, base_url, viewer)
    quote = b"null" if view.quote is None else _quote_json(view.quote, base_url, viewer, whole=not quoted)
    reblog = b"null" if view.reblog is None else status_json(view.reblog, base_url, viewer)
    more = b"" if text is None else b',"text":' + msgspec.json.encode(text)
    return (
        b'%b,"replies_count":%d,"reblogs_count":%d,"favourites_count":%d,"quotes_count":%d%b%b%b,"media_attachments":%b,"poll":%b,"card":%b,"quote":%b,"account":%b,"reblog":%b}'
        % (
            _static_json(view, base_url),
            counts.replies_count,
            counts.reblogs_count,
            counts.favourites_count,
            counts.quotes_count,
            _terms_json(shown),
            _flags_json(view, viewer),
            more,
            attachments_json(shown.media, base_url) if shown.media else b"[]",
            poll,
            b"null" if shown.card is None else card_json(shown.card, base_url),
            quote,
            account_json(view.author, base_url),
            reblog,
        )
    )


def _quote_json(quote: QuoteView, base_url: str, viewer: Viewer, *, whole: bool) -> bytes:
    """Within a quote there is only the id of what that quotes."""
    if whole:
        name, what = b"quoted_status", b"null"
        if quote.quoted is not None:
            what = status_json(quote.quoted, base_url, viewer, quoted=True)
    else:
        name, what = b"quoted_status_id", msgspec.json.encode(_text_or_none(quote.quoted_id))
    return b'{"state":"%b","%b":%b}' % (quote.state.wire.encode(), name, what)


def _terms_json(view: StatusView) -> bytes:
    """Who may quote and reply, and whether the viewer may."""
    status = view.status
    policy = quote_policy_of(status.visibility, status.quote_policy)
    return _TERMS[policy, ReplyPolicy(status.reply_policy), view.permissions]


def _encoded_terms(policy: QuotePolicy, reply_policy: ReplyPolicy, permissions: Permissions) -> bytes:
    automatic = () if policy == QuotePolicy.NOBODY else (policy.wire,)
    approval = QuoteApproval(automatic, "automatic" if permissions.quote else "denied")
    return b',"quote_approval":%b,"reply_policy":"%b","may_reply":%b' % (
        msgspec.json.encode(approval),
        reply_policy.wire.encode(),
        msgspec.json.encode(permissions.reply),
    )


_TERMS = {
    (policy, reply_policy, permissions): _encoded_terms(policy, reply_policy, permissions)
    for policy in QuotePolicy
    for reply_policy in ReplyPolicy
    for permissions in ALL_PERMISSIONS
}


def statuses_json(views: list[StatusView], base_url: str, viewer: Viewer) -> bytes:
    """Hot path: a list of them."""
    return b"[" + b",".join([status_json(view, base_url, viewer) for view in views]) + b"]"


def clear_fragments() -> None:
    _fragments.clear()
    _wholes.clear()


on_emojis_changed(clear_fragments)


def forget_fragment(status_id: int) -> None:
    _fragments.pop(status_id, None)
    _wholes.pop(status_id, None)


def _static_json(view: StatusView, base_url: str) -> bytes:
    status = view.status
    # A boost tells the words of what it boosts, which may be edited.
    boosted_version = 0 if view.reblog is None else view.reblog.status.version
    quoted = _shown_quote(view)
    quoted_id = 0 if quoted is None else quoted.status.id
    sensitized = (view.reblog or view).author.account.sensitized_at is not None
    kept = _fragments.get(status.id)
    if (
        kept is not None
        and kept[0] == status.version
        and kept[1] == boosted_version
        and kept[2] == quoted_id
        and kept[3] == base_url
        and kept[4] == sensitized
    ):
        return kept[5]
    fragment = msgspec.json.encode(_to_static(view, base_url, quoted))[:-1]
    _make_room(_fragments)
    _fragments[status.id] = (status.version, boosted_version, quoted_id, base_url, sensitized, fragment)
    return fragment


def _shown_quote(view: StatusView) -> StatusView | None:
    quote = view.quote if view.reblog is None else view.reblog.quote
    return None if quote is None else quote.quoted


def _flags_json(view: StatusView, viewer: Viewer) -> bytes:
    if viewer.account_id is None:
        return b""
    flags = view.flags
    common = b',"favourited":%b,"reblogged":%b,"muted":%b,"bookmarked":%b,"filtered":%b' % (
        _JSON_BOOLEANS[flags.favourited],
        _JSON_BOOLEANS[flags.reblogged],
        _JSON_BOOLEANS[flags.muted],
        _JSON_BOOLEANS[flags.bookmarked],
        filter_results_json(view.filtered) if view.filtered else b"[]",
    )
    if view.status.account_id == viewer.account_id and view.reblog is None:
        return common + b',"pinned":' + _JSON_BOOLEANS[flags.pinned]
    return common


_JSON_BOOLEANS = (b"false", b"true")


def _to_static(view: StatusView, base_url: str, quoted: StatusView | None) -> StaticStatus:
    """A boost's words are those of what it boosts, as clients without boosts show them; likewise with quotes."""
    status = view.status
    shown = status if view.reblog is None else view.reblog.status
    mentions = view.mentions if view.reblog is None else view.reblog.mentions
    poll = (view.reblog or view).poll
    options = () if poll is None else poll.poll.options
    author = view.author.account
    shown_author = (view.reblog or view).author.account
    return StaticStatus(
        id=str(status.id),
        created_at=wire_time(status.created_at) or "",
        in_reply_to_id=_text_or_none(shown.in_reply_to_id),
        in_reply_to_account_id=_text_or_none(shown.in_reply_to_account_id),
        # Also of whoever staff have sensitised, whatever they say themselves.
        sensitive=shown.sensitive or shown_author.sensitized_at is not None,
        spoiler_text=shown.spoiler_text,
        visibility=Visibility(status.visibility).wire,
        language=shown.language,
        uri=status_uri(base_url, status, author),
        url=status_url(base_url, status, author),
        content=shown.content if quoted is None else _content_with_link(shown.content, quoted, base_url),
        edited_at=wire_time(shown.edited_at),
        emojis=emojis_of(base_url, html=(shown.content,), texts=(shown.spoiler_text, *options)),
        mentions=tuple(
            StatusMention(str(each.id), each.username, account_url(base_url, each), each.acct)
            for each in mentions
        ),
        tags=tuple(StatusTag(tag, tag_url(base_url, tag)) for tag in shown.tags),
        application=StatusApplication(status.application_name, status.application_website)
        if status.application_name
        else None,
    )


def _content_with_link(content: str, quoted: StatusView, base_url: str) -> str:
    return with_quote_link(content, status_url(base_url, quoted.status, quoted.author.account))


def _text_or_none(value: int | None) -> str | None:
    return None if value is None else str(value)


def source_json(source: StatusSource) -> bytes:
    return msgspec.json.encode(Source(str(source.id), source.text, source.spoiler_text))


def edits_of(
    view: StatusView,
    edits: Sequence[StatusEdit],
    media: Mapping[int, MediaView],
    base_url: str,
    viewer: Viewer,
) -> list[Edit]:
    """What a status quotes stays, through all its edits; its files show as they were described then."""
    account = account_json(view.author, base_url)
    quote = None if view.quote is None else _quote_json(view.quote, base_url, viewer, whole=True)
    shown = [_edit_of(each, base_url, account, quote) for each in edits]
    return [
        msgspec.structs.replace(shape, media_attachments=_media_of(edit, media, base_url))
        for edit, shape in zip(edits, shown, strict=True)
    ]


def _media_of(edit: StatusEdit, media: Mapping[int, MediaView], base_url: str) -> tuple[MediaAttachment, ...]:
    shown = [(each, to_media_attachment(media[each.id], base_url)) for each in edit.media if each.id in media]
    return tuple(
        msgspec.structs.replace(shape, description=each.description or None) for each, shape in shown
    )


def _edit_of(edit: StatusEdit, base_url: str, account: bytes, quote: bytes | None) -> Edit:
    options = edit.poll_options
    poll = EditPoll(tuple(map(EditPollOption, options))) if options is not None else None
    return Edit(
        content=edit.content,
        spoiler_text=edit.spoiler_text,
        sensitive=edit.sensitive,
        created_at=wire_time(edit.created_at) or "",
        account=msgspec.Raw(account),
        poll=poll,
        emojis=emojis_of(base_url, html=(edit.content,), texts=(edit.spoiler_text, *(options or ()))),
        quote=None if quote is None or edit.quote_of_id is None else msgspec.Raw(quote),
    )
