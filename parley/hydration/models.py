"""Complete views for one viewer: StatusView with what hangs on it, ConversationView, NotificationView."""

from datetime import datetime

import msgspec

from parley.conversations.models import ConversationId
from parley.graph.models import Filter
from parley.identity.models import Account, AccountView
from parley.kit.ids import NotificationId, PollId, StatusId, moment_of
from parley.media.models import MediaFile
from parley.moderation.models import AccountWarning, Report
from parley.publishing.card_models import PreviewCard
from parley.publishing.consent import NOTHING, Permissions
from parley.publishing.models import Poll, QuoteState, Status, StatusCounts, StatusFlags


class PollView(msgspec.Struct, frozen=True):
    """`own_votes` is None for an anonymous viewer or one who has not voted."""

    poll: Poll
    own_votes: tuple[int, ...] | None
    own: bool
    expired: bool

    @property
    def id(self) -> PollId:
        return self.poll.id


class QuoteView(msgspec.Struct, frozen=True):
    """What a status quotes. Both are None unless the viewer may see it; in a quote there is only the id."""

    state: QuoteState
    quoted_id: StatusId | None = None
    quoted: "StatusView | None" = None


class CardView(msgspec.Struct, frozen=True):
    """`author`: a member whom the page names, and who names the page."""

    card: PreviewCard
    author: AccountView | None


class FilterMatch(msgspec.Struct, frozen=True):
    """A filter of the viewer's that a status meets: by which of its keywords, by which of its statuses.

    `here`: whether the filter is for the list in which the status is shown.
    """

    filter: Filter
    keywords: tuple[str, ...]
    status_ids: tuple[StatusId, ...]
    here: bool


class MediaView(msgspec.Struct, frozen=True):
    """`paths`: path and query of each variant, by its name; sealed where not everybody may see it."""

    media: MediaFile
    paths: dict[str, str]

    def described(self, description: str) -> "MediaView":
        return MediaView(msgspec.structs.replace(self.media, description=description), self.paths)

    def focused(self, focus: tuple[float, float] | None) -> "MediaView":
        x, y = focus or (None, None)
        return MediaView(msgspec.structs.replace(self.media, focus_x=x, focus_y=y), self.paths)


class StatusView(msgspec.Struct, frozen=True):
    """A status as its viewer may see it. `mentions` are the accounts that still exist."""

    status: Status
    counts: StatusCounts
    author: AccountView
    flags: StatusFlags
    mentions: tuple[Account, ...]
    poll: PollView | None
    reblog: "StatusView | None"
    quote: QuoteView | None = None
    permissions: Permissions = NOTHING
    card: CardView | None = None
    filtered: tuple[FilterMatch, ...] = ()
    media: tuple[MediaView, ...] = ()


class ConversationView(msgspec.Struct, frozen=True):
    """One member's conversation. `accounts`: who else takes part. `waiting`: its owner has not consented yet."""

    id: ConversationId
    unread: bool
    waiting: bool
    accounts: list[AccountView]
    last_status: StatusView


class Subject(msgspec.Struct, frozen=True):
    """What a notification speaks of when it is no status; whom that is about."""

    target: AccountView
    report: Report | None
    warning: AccountWarning | None


class NotificationView(msgspec.Struct, frozen=True):
    id: NotificationId
    type: str
    account: AccountView
    status: StatusView | None
    subject: Subject | None = None

    @property
    def created_at(self) -> datetime:
        return moment_of(self.id)

    @property
    def status_id(self) -> StatusId | None:
        return None if self.status is None else self.status.status.id
