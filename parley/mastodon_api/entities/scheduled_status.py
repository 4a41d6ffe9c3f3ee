"""ScheduledStatus: a status that waits, with the parameters that it was scheduled with.

https://docs.joinmastodon.org/entities/ScheduledStatus/
"""

from collections.abc import Mapping

import msgspec

from parley.hydration.models import MediaView
from parley.kit.ids import parse_id
from parley.mastodon_api.entities.account import wire_time
from parley.mastodon_api.entities.media import MediaAttachment, to_media_attachment
from parley.publishing.models import QuotePolicy
from parley.publishing.schedule import Waiting


class ScheduledPoll(msgspec.Struct, frozen=True):
    options: list[str]
    expires_in: int | None
    multiple: bool
    hide_totals: bool


class ScheduledParams(msgspec.Struct, frozen=True):
    """`scheduled_at`, `idempotency` and `with_rate_limit` say nothing any more; `reply_policy` is an extension."""

    text: str
    spoiler_text: str | None
    visibility: str
    language: str | None
    sensitive: bool | None
    media_ids: list[str] | None
    poll: ScheduledPoll | None
    in_reply_to_id: str | None
    quoted_status_id: str | None
    quote_approval_policy: str
    reply_policy: str
    application_id: str
    scheduled_at: None = None
    idempotency: None = None
    with_rate_limit: bool = False


class ScheduledStatus(msgspec.Struct, frozen=True):
    id: str
    scheduled_at: str
    params: ScheduledParams
    media_attachments: tuple[MediaAttachment, ...] = ()


def to_scheduled_status(waiting: Waiting, media: Mapping[int, MediaView], base_url: str) -> ScheduledStatus:
    attached = (media.get(parse_id(each) or 0) for each in waiting.draft.media_ids)
    return ScheduledStatus(
        id=str(waiting.scheduled.id),
        scheduled_at=wire_time(waiting.scheduled.scheduled_at) or "",
        params=_to_params(waiting),
        media_attachments=tuple(to_media_attachment(each, base_url) for each in attached if each is not None),
    )


def _to_params(waiting: Waiting) -> ScheduledParams:
    draft = waiting.draft
    poll = draft.poll
    return ScheduledParams(
        text=draft.text,
        spoiler_text=draft.spoiler_text or None,
        visibility="" if draft.visibility is None else draft.visibility.wire,
        language=draft.language,
        sensitive=draft.sensitive,
        media_ids=draft.media_ids or None,
        poll=None
        if poll is None
        else ScheduledPoll(poll.options, poll.expires_in, poll.multiple, poll.hide_totals),
        in_reply_to_id=_text_or_none(draft.in_reply_to_id),
        quoted_status_id=_text_or_none(draft.quoted_status_id),
        quote_approval_policy=(draft.quote_policy or QuotePolicy.PUBLIC).wire,
        reply_policy=draft.reply_policy.wire,
        application_id=str(waiting.scheduled.application_id or 0),
    )


def _text_or_none(value: int | None) -> str | None:
    return None if value is None else str(value)
