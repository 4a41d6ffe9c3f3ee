"""Instance (v2), V1Instance and what stands in them; Activity, Language, ExtendedDescription; NodeInfo.

What this server can't do yet it says: no media types.
https://docs.joinmastodon.org/entities/Instance/
"""

from typing import Any, Literal

import msgspec

from parley import __version__
from parley.identity.models import SiteCounts
from parley.identity.profile import DISPLAY_NAME_LENGTH_MAX, FIELD_LENGTH_MAX, FIELDS_MAX, NOTE_LENGTH_MAX
from parley.kit.config import Settings
from parley.kit.html import escape
from parley.publishing.bookmark import PINS_MAX
from parley.publishing.poll import EXPIRES_IN_SECONDS_MAX, EXPIRES_IN_SECONDS_MIN, OPTION_LENGTH_MAX
from parley.publishing.text import CHARACTERS_PER_LINK

# What clients compare with the releases of Mastodon whose methods they know.
API_VERSION = f"4.5.0 (compatible; Parley {__version__})"
# The numbers stand for features: 2 for grouped notifications; 7 would claim quotes.
API_VERSIONS = {"mastodon": 2}
LANGUAGES = ("en",)


class AccountLimits(msgspec.Struct, frozen=True):
    max_featured_tags: int = 0
    max_pinned_statuses: int = PINS_MAX
    max_display_name_length: int = DISPLAY_NAME_LENGTH_MAX
    max_note_length: int = NOTE_LENGTH_MAX
    max_avatar_description_length: int = 0
    max_header_description_length: int = 0
    max_profile_fields: int = FIELDS_MAX
    profile_field_name_limit: int = FIELD_LENGTH_MAX
    profile_field_value_limit: int = FIELD_LENGTH_MAX


class StatusLimits(msgspec.Struct, frozen=True):
    max_characters: int
    max_media_attachments: int = 0
    characters_reserved_per_url: int = CHARACTERS_PER_LINK
    supported_mime_types: tuple[str, ...] = ("text/plain",)


class MediaLimits(msgspec.Struct, frozen=True):
    supported_mime_types: tuple[str, ...] = ()
    description_limit: int = 0
    image_size_limit: int = 0
    image_matrix_limit: int = 0
    video_size_limit: int = 0
    video_frame_rate_limit: int = 0
    video_matrix_limit: int = 0


class PollLimits(msgspec.Struct, frozen=True):
    max_options: int
    max_characters_per_option: int = OPTION_LENGTH_MAX
    min_expiration: int = EXPIRES_IN_SECONDS_MIN
    max_expiration: int = EXPIRES_IN_SECONDS_MAX


class Urls(msgspec.Struct, frozen=True):
    streaming: str
    about: str
    status: str | None = None
    privacy_policy: str | None = None
    terms_of_service: str | None = None


class Vapid(msgspec.Struct, frozen=True):
    public_key: str = ""


class Translation(msgspec.Struct, frozen=True):
    enabled: bool = False


class FeedAccess(msgspec.Struct, frozen=True):
    local: Literal["public"] = "public"
    remote: Literal["public"] = "public"


class TimelinesAccess(msgspec.Struct, frozen=True):
    live_feeds: FeedAccess = FeedAccess()
    hashtag_feeds: FeedAccess = FeedAccess()
    trending_link_feeds: FeedAccess = FeedAccess()


class V1Configuration(msgspec.Struct, frozen=True, kw_only=True):
    accounts: AccountLimits = AccountLimits()
    statuses: StatusLimits
    media_attachments: MediaLimits = MediaLimits()
    polls: PollLimits


class Configuration(V1Configuration, frozen=True, kw_only=True):
    urls: Urls
    vapid: Vapid = Vapid()
    translation: Translation = Translation()
    timelines_access: TimelinesAccess = TimelinesAccess()
    limited_federation: bool = False


class Users(msgspec.Struct, frozen=True):
    active_month: int


class Usage(msgspec.Struct, frozen=True):
    users: Users


class Thumbnail(msgspec.Struct, frozen=True):
    url: str
    versions: dict[str, str]
    blurhash: str | None = None
    description: str = ""


class Registrations(msgspec.Struct, frozen=True):
    enabled: bool
    approval_required: bool
    reason_required: bool = False
    message: str | None = None
    min_age: int | None = None
    url: str | None = None


class Contact(msgspec.Struct, frozen=True):
    """No account: who moderates is nobody's business."""

    email: str
    account: None = None


class Instance(msgspec.Struct, frozen=True, kw_only=True):
    domain: str
    title: str
    version: str = API_VERSION
    source_url: str
    description: str
    usage: Usage
    thumbnail: Thumbnail
    icon: tuple[()] = ()
    languages: tuple[str, ...] = LANGUAGES
    configuration: Configuration
    registrations: Registrations
    api_versions: dict[str, int]
    contact: Contact
    rules: tuple[()] = ()


class V1Urls(msgspec.Struct, frozen=True):
    streaming_api: str


class Stats(msgspec.Struct, frozen=True):
    user_count: int
    status_count: int
    # Of other servers, this one knows none yet.
    domain_count: int = 0


class V1Instance(msgspec.Struct, frozen=True, kw_only=True):
    uri: str
    title: str
    short_description: str
    description: str
    email: str
    version: str = API_VERSION
    urls: V1Urls
    stats: Stats
    thumbnail: str
    languages: tuple[str, ...] = LANGUAGES
    registrations: bool
    approval_required: bool
    invites_enabled: bool = False
    configuration: V1Configuration
    contact_account: None = None
    rules: tuple[()] = ()


class Activity(msgspec.Struct, frozen=True):
    """Numbers are texts here; `week` is the second at which it began."""

    week: str
    statuses: str
    logins: str
    registrations: str


class Language(msgspec.Struct, frozen=True):
    code: str
    name: str


class ExtendedDescription(msgspec.Struct, frozen=True):
    content: str
    updated_at: str | None = None


def to_instance(settings: Settings, counts: SiteCounts, push_key: str = "") -> Instance:
    picture = f"{settings.base_url}/static/header.png"
    return Instance(
        domain=settings.domain,
        title=settings.title,
        source_url=settings.base_url,
        description=settings.description,
        usage=Usage(Users(counts.active_month)),
        thumbnail=Thumbnail(picture, {"@1x": picture, "@2x": picture}),
        configuration=Configuration(
            statuses=StatusLimits(settings.status_length_max),
            polls=PollLimits(settings.poll_options_max),
            urls=Urls(streaming=_streaming_url(settings), about=f"{settings.base_url}/about"),
            vapid=Vapid(push_key),
        ),
        registrations=Registrations(
            enabled=settings.registrations != "closed",
            approval_required=settings.registrations == "approval",
        ),
        api_versions=API_VERSIONS,
        contact=Contact(settings.contact_email),
    )


def to_v1_instance(settings: Settings, counts: SiteCounts) -> V1Instance:
    return V1Instance(
        uri=settings.domain,
        title=settings.title,
        short_description=settings.description,
        description=settings.description,
        email=settings.contact_email,
        urls=V1Urls(_streaming_url(settings)),
        stats=Stats(user_count=counts.members, status_count=counts.statuses),
        thumbnail=f"{settings.base_url}/static/header.png",
        registrations=settings.registrations != "closed",
        approval_required=settings.registrations == "approval",
        configuration=V1Configuration(
            statuses=StatusLimits(settings.status_length_max), polls=PollLimits(settings.poll_options_max)
        ),
    )


def to_extended_description(settings: Settings) -> ExtendedDescription:
    return ExtendedDescription(f"<p>{escape(settings.description)}</p>")


def _streaming_url(settings: Settings) -> str:
    return f"{'wss' if settings.secure else 'ws'}://{settings.domain}"


def nodeinfo(settings: Settings, counts: SiteCounts, version: Literal["2.0", "2.1"]) -> dict[str, Any]:
    """http://nodeinfo.diaspora.software/schema.html. It speaks no protocol of other servers yet."""
    software = {"name": "parley", "version": __version__}
    return {
        "version": version,
        "software": software if version == "2.0" else software | {"homepage": settings.base_url},
        "protocols": [],
        "services": {"inbound": [], "outbound": []},
        "openRegistrations": settings.registrations != "closed",
        "usage": {
            "users": {
                "total": counts.members,
                "activeMonth": counts.active_month,
                "activeHalfyear": counts.active_half_year,
            },
            "localPosts": counts.statuses,
        },
        "metadata": {"nodeName": settings.title, "nodeDescription": settings.description},
    }
