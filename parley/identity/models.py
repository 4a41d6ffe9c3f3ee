"""Account (public, local or remote), AccountCounts, User (local login), Application, AccessToken."""

from datetime import date, datetime
from typing import Literal

import msgspec

from parley.kit.ids import AccountId, ApplicationId, MediaId, TokenId

ROLES = ("user", "moderator", "admin")
# How staff tell members apart.
Standing = Literal["any", "active", "pending", "disabled", "silenced", "suspended"]


class Field(msgspec.Struct, frozen=True):
    """A row of the table on a profile: as typed, and as HTML."""

    name: str
    value: str
    value_html: str
    verified_at: datetime | None = None


class Picture(msgspec.Struct, frozen=True):
    """An avatar or header: a media file, and its names; `static` stands still, where `file` may move."""

    media_id: MediaId
    file: str
    static: str


class Account(msgspec.Struct, frozen=True):
    """The columns of `accounts`, in their order. `domain` is None for local accounts."""

    id: AccountId
    username: str
    domain: str | None
    display_name: str
    note: str
    note_html: str
    fields: tuple[Field, ...]
    locked: bool
    bot: bool
    discoverable: bool
    indexable: bool
    hide_collections: bool
    uri: str | None
    url: str | None
    created_at: datetime
    suspended_at: datetime | None
    limited_at: datetime | None
    sensitized_at: datetime | None = None
    avatar: Picture | None = None
    header: Picture | None = None
    avatar_description: str = ""
    header_description: str = ""
    show_media: bool = True
    show_media_replies: bool = True
    show_featured: bool = True
    attribution_domains: tuple[str, ...] = ()

    @property
    def acct(self) -> str:
        """What stands behind the @: bare for local accounts."""
        return self.username if self.domain is None else f"{self.username}@{self.domain}"

    @property
    def local(self) -> bool:
        return self.domain is None


class AccountCounts(msgspec.Struct, frozen=True):
    """What changes often. `version` rises with every change of the Account itself, so caches know."""

    account_id: AccountId
    version: int
    statuses_count: int
    followers_count: int
    following_count: int
    last_status_on: date | None
    # The account is no more: its member closed it, or staff erased it. Only its name is left.
    erased: bool = False


class AccountView(msgspec.Struct, frozen=True):
    """An account as presented: what rarely changes beside what often does."""

    account: Account
    counts: AccountCounts


class User(msgspec.Struct, frozen=True):
    """The login behind a local account; never leaves identity but through its own forms.

    Its words lie sealed: private_words.py opens them. `open_email` and `open_reason` are those of rows from before.
    """

    account_id: AccountId
    open_email: str
    password_hash: str
    role: str
    locale: str
    open_reason: str
    default_visibility: int
    default_sensitive: bool
    default_language: str | None
    created_at: datetime
    confirmed_at: datetime | None
    approved_at: datetime | None
    disabled_at: datetime | None
    last_active_on: date | None
    # Through which application the member signed up; None for the web.
    application_id: ApplicationId | None = None
    # None for who has no address.
    email_hash: bytes | None = None
    sealed: bytes | None = None


class PostingDefaults(msgspec.Struct, frozen=True):
    """The part of a User that new statuses begin with; visibility and policy are their numbers in the tables."""

    visibility: int
    sensitive: bool
    language: str | None
    quote_policy: int = 0


class Application(msgspec.Struct, frozen=True):
    id: ApplicationId
    secret_hash: bytes
    name: str
    website: str | None
    redirect_uris: tuple[str, ...]
    scopes: tuple[str, ...]
    created_at: datetime


class AccessToken(msgspec.Struct, frozen=True):
    """A bearer token's row, or a browser session's (then `application_id` is None)."""

    id: TokenId
    secret_hash: bytes
    account_id: AccountId | None
    application_id: ApplicationId | None
    application_name: str
    application_website: str | None
    scopes: tuple[str, ...]
    user_agent: str
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None


class SiteCounts(msgspec.Struct, frozen=True):
    """Members whose login is open, how many of them were here lately, and what they all have posted."""

    members: int
    active_month: int
    active_half_year: int
    statuses: int


class WeekTotals(msgspec.Struct, frozen=True):
    """How a week stood when it was last looked at; `statuses_total` are all there were by then."""

    week: date
    statuses_total: int
    logins: int
    registrations: int


class EmailDomainBlock(msgspec.Struct, frozen=True):
    """Nobody signs up with an address of this domain; or only with approval."""

    id: int
    domain: str
    allow_with_approval: bool
    created_at: datetime


class DayOfAttempts(msgspec.Struct, frozen=True):
    """How often somebody tried a blocked domain on one day, and from how many networks."""

    domain: str
    day: date
    attempts: int
    visitors: int


class CanonicalEmailBlock(msgspec.Struct, frozen=True):
    """One person's address in every spelling of it, known by its hash alone."""

    id: int
    canonical_email_hash: str
    created_at: datetime


class IpBlock(msgspec.Struct, frozen=True):
    """`ip` is a network in its normal form; `severity` is one of admission.SEVERITIES."""

    id: int
    ip: str
    severity: str
    comment: str
    created_at: datetime
    expires_at: datetime | None


class LoginAddress(msgspec.Struct, frozen=True):
    """From where a member signed in lately."""

    account_id: AccountId
    address: str
    used_at: datetime


class SecondFactor(msgspec.Struct, frozen=True):
    """The columns of `second_factors`; it counts once `confirmed_at` is set. Its secret lies sealed."""

    account_id: AccountId
    sealed_secret: bytes
    created_at: datetime
    confirmed_at: datetime | None
    last_step: int
    failed_at: list[datetime]
