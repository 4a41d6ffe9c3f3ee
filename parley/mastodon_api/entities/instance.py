"""Instance (v2), V1Instance and what stands in them; Activity, Language, ExtendedDescription; NodeInfo.

https://docs.joinmastodon.org/entities/Instance/
"""

from typing import Any, Literal

import msgspec

from parley import __version__
from parley.discovery.featured_tags import FEATURED_TAGS_MAX
from parley.identity.models import AccountView, SiteCounts
from parley.identity.profile import (
    DESCRIPTION_LENGTH_MAX,
    DISPLAY_NAME_LENGTH_MAX,
    FIELD_LENGTH_MAX,
    FIELDS_MAX,
    NOTE_LENGTH_MAX,
)
from parley.kit.config import Settings
from parley.kit.html import escape
from parley.mastodon_api.entities.account import Account, to_account, wire_time
from parley.mastodon_api.entities.report import Rule
from parley.media.kinds import FILM_TYPES, PICTURE_TYPES, SOUND_TYPES
from parley.moderation.domains import domain_digest, shown_domain
from parley.moderation.models import BlockedDomain, SiteText
from parley.moderation.site_texts import TextInForce
from parley.publishing.bookmark import PINS_MAX
from parley.publishing.poll import EXPIRES_IN_SECONDS_MAX, EXPIRES_IN_SECONDS_MIN, OPTION_LENGTH_MAX
from parley.publishing.text import CHARACTERS_PER_LINK

# What clients compare with the releases of Mastodon whose methods they know.
API_VERSION = f"4.5.0 (compatible; Parley {__version__})"
# The numbers stand for features: 2 for grouped notifications, 7 for quotes; 8 would claim yearly reports.
API_VERSIONS = {"mastodon": 7}
LANGUAGES = ("en",)
_CLOSED_MESSAGE = "<p>This server takes no new members at present.</p>"


class AccountLimits(msgspec.Struct, frozen=True):
    max_featured_tags: int = FEATURED_TAGS_MAX
    max_pinned_statuses: int = PINS_MAX
    max_display_name_length: int = DISPLAY_NAME_LENGTH_MAX
    max_note_length: int = NOTE_LENGTH_MAX
    max_avatar_description_length: int = DESCRIPTION_LENGTH_MAX
    max_header_description_length: int = DESCRIPTION_LENGTH_MAX
    max_profile_fields: int = FIELDS_MAX
    profile_field_name_limit: int = FIELD_LENGTH_MAX
    profile_field_value_limit: int = FIELD_LENGTH_MAX


class StatusLimits(msgspec.Struct, frozen=True):
    max_characters: int
    max_media_attachments: int
    characters_reserved_per_url: int = CHARACTERS_PER_LINK
    supported_mime_types: tuple[str, ...] = ("text/plain",)


class MediaLimits(msgspec.Struct, frozen=True):
    supported_mime_types: tuple[str, ...]
    description_limit: int
    image_size_limit: int
    image_matrix_limit: int
    video_size_limit: int
    video_frame_rate_limit: int
    video_matrix_limit: int


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
    """Public also where older pages alone ask for signing in: it is a feed's beginning that clients look for."""

    local: Literal["public", "authenticated"] = "public"
    remote: Literal["public", "authenticated"] = "public"


class TimelinesAccess(msgspec.Struct, frozen=True):
    live_feeds: FeedAccess = FeedAccess()
    hashtag_feeds: FeedAccess = FeedAccess()
    trending_link_feeds: FeedAccess = FeedAccess()


_MEMBERS_ONLY = TimelinesAccess(*[FeedAccess("authenticated", "authenticated")] * 3)


class V1Configuration(msgspec.Struct, frozen=True, kw_only=True):
    accounts: AccountLimits = AccountLimits()
    statuses: StatusLimits
    media_attachments: MediaLimits
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
    sign_up_url: str = ""


class Icon(msgspec.Struct, frozen=True):
    src: str
    size: str


class Contact(msgspec.Struct, frozen=True):
    """Whom the operator names in the settings: who else is of the staff is nobody's business."""

    email: str
    account: Account | None = None


class Instance(msgspec.Struct, frozen=True, kw_only=True):
    domain: str
    title: str
    version: str = API_VERSION
    source_url: str
    description: str
    usage: Usage
    thumbnail: Thumbnail
    icon: tuple[Icon, ...]
    languages: tuple[str, ...] = LANGUAGES
    configuration: Configuration
    registrations: Registrations
    api_versions: dict[str, int]
    contact: Contact
    rules: tuple[Rule, ...]


class V1Urls(msgspec.Struct, frozen=True):
    streaming_api: str


class Stats(msgspec.Struct, frozen=True):
    user_count: int
    status_count: int
    domain_count: int


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
    contact_account: Account | None
    rules: tuple[Rule, ...]


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


class PrivacyPolicy(msgspec.Struct, frozen=True):
    """`updated_at` is null while it is the one that comes with the server."""

    content: str
    updated_at: str | None = None


class TermsOfService(msgspec.Struct, frozen=True):
    """`succeeded_by` is the day on which another version takes its place."""

    effective_date: str
    effective: bool
    content: str
    succeeded_by: str | None


class DomainBlock(msgspec.Struct, frozen=True):
    """`digest` is the hash of the whole domain, where `domain` shows only a part of it."""

    domain: str
    digest: str
    severity: str
    comment: str | None


class Site(msgspec.Struct, frozen=True):
    """What is asked of the database for these documents."""

    counts: SiteCounts
    rules: tuple[Rule, ...]
    domains: tuple[str, ...]
    contact: AccountView | None
    has_terms: bool
    push_key: str = ""
    for_members_only: bool = False


def to_instance(settings: Settings, site: Site) -> Instance:
    picture = f"{settings.base_url}/static/header.png"
    return Instance(
        domain=settings.domain,
        title=settings.title,
        source_url=settings.source_address,
        description=settings.description,
        usage=Usage(Users(site.counts.active_month)),
        thumbnail=Thumbnail(picture, {"@1x": picture, "@2x": picture}),
        icon=(Icon(f"{settings.base_url}/static/icon.png", "192x192"),),
        configuration=Configuration(
            statuses=StatusLimits(settings.status_length_max, settings.media_attachments_max),
            media_attachments=_media_limits(settings),
            polls=PollLimits(settings.poll_options_max),
            urls=_urls(settings, site),
            vapid=Vapid(site.push_key),
            timelines_access=_MEMBERS_ONLY if site.for_members_only else TimelinesAccess(),
        ),
        registrations=Registrations(
            enabled=settings.registrations != "closed",
            approval_required=settings.registrations == "approval",
            reason_required=settings.registrations == "approval",
            message=_CLOSED_MESSAGE if settings.registrations == "closed" else None,
            sign_up_url=f"{settings.base_url}/auth/sign_up",
        ),
        api_versions=API_VERSIONS,
        contact=Contact(settings.contact_email, _contact(settings, site)),
        rules=site.rules,
    )


def _urls(settings: Settings, site: Site) -> Urls:
    base_url = settings.base_url
    return Urls(
        streaming=_streaming_url(settings),
        about=f"{base_url}/about",
        privacy_policy=f"{base_url}/privacy-policy",
        terms_of_service=f"{base_url}/terms-of-service" if site.has_terms else None,
    )


def _contact(settings: Settings, site: Site) -> Account | None:
    return None if site.contact is None else to_account(site.contact, settings.base_url)


def to_v1_instance(settings: Settings, site: Site) -> V1Instance:
    return V1Instance(
        uri=settings.domain,
        title=settings.title,
        short_description=settings.description,
        description=settings.description,
        email=settings.contact_email,
        urls=V1Urls(_streaming_url(settings)),
        stats=Stats(site.counts.members, site.counts.statuses, len(site.domains)),
        thumbnail=f"{settings.base_url}/static/header.png",
        registrations=settings.registrations != "closed",
        approval_required=settings.registrations == "approval",
        configuration=V1Configuration(
            statuses=StatusLimits(settings.status_length_max, settings.media_attachments_max),
            media_attachments=_media_limits(settings),
            polls=PollLimits(settings.poll_options_max),
        ),
        contact_account=_contact(settings, site),
        rules=site.rules,
    )


def _media_limits(settings: Settings) -> MediaLimits:
    return MediaLimits(
        supported_mime_types=(*PICTURE_TYPES, *FILM_TYPES, *SOUND_TYPES),
        description_limit=settings.media_description_length_max,
        image_size_limit=settings.picture_size_bytes_max,
        image_matrix_limit=settings.picture_pixels_max,
        video_size_limit=settings.film_size_bytes_max,
        video_frame_rate_limit=settings.film_frames_per_second_max,
        video_matrix_limit=settings.film_pixels_max,
    )


def to_extended_description(settings: Settings, text: SiteText | None) -> ExtendedDescription:
    if text is None:
        return ExtendedDescription(f"<p>{escape(settings.description)}</p>")
    return ExtendedDescription(text.html, wire_time(text.created_at))


def to_terms(found: TextInForce) -> TermsOfService:
    return TermsOfService(
        found.text.effective_on.isoformat(),
        found.in_force,
        found.text.html,
        None if found.followed_by is None else found.followed_by.isoformat(),
    )


def to_domain_block(block: BlockedDomain) -> DomainBlock:
    return DomainBlock(
        shown_domain(block), domain_digest(block.domain), block.severity, block.public_comment or None
    )


def _streaming_url(settings: Settings) -> str:
    return f"{'wss' if settings.secure else 'ws'}://{settings.domain}"


def nodeinfo(settings: Settings, counts: SiteCounts, version: Literal["2.0", "2.1"]) -> dict[str, Any]:
    """http://nodeinfo.diaspora.software/schema.html. It speaks no protocol of other servers yet."""
    software = {"name": "parley", "version": __version__}
    return {
        "version": version,
        "software": software
        if version == "2.0"
        else software | {"homepage": settings.base_url, "repository": settings.source_address},
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
