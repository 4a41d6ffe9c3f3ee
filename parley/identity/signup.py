"""Signing up: which names and addresses will do, making the account; approval where the server asks for it.

What somebody learns from signing up: whether a username is taken, which is public anyway. Whether an address
belongs to a member is not told where addresses are confirmed by mail: the account is made, waits for a
confirmation that only the address's owner could give, and is removed when none comes. Where nothing is
confirmed an account opens at once, so there the answer has to be ERR_TAKEN.
"""

import re
from datetime import datetime

import msgspec

from parley.identity import login_queries, queries
from parley.identity.accounts import account_views
from parley.identity.addresses import USERNAME_LENGTH_MAX, handle_key
from parley.identity.admission import UNHINDERED, Admission
from parley.identity.confirmation import ask_to_confirm
from parley.identity.email_addresses import EMAIL_LENGTH_MAX, claim_address, normal_email
from parley.identity.errors import RegistrationsClosed
from parley.identity.events import AccountCreated
from parley.identity.letters import send_approved, send_rejected
from parley.identity.models import Account, User
from parley.identity.passwords import PasswordHash, password_faults, prepare_password
from parley.identity.private_words import PrivateWords, release_email_of, with_words, words_of_all
from parley.identity.tokens import TokenCache
from parley.kit import clock
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.errors import Invalid, NotFound
from parley.kit.events import emit
from parley.kit.ids import AccountId, ApplicationId, new_account_id
from parley.kit.owners_keys import lasting_key

REASON_LENGTH_MAX = 2000
_USERNAME = re.compile(r"[A-Za-z0-9_]+")
_LOCALE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})?")
_FAULT_NAMES = {"email": "E-mail address", "agreement": "Service agreement"}

Faults = dict[str, list[tuple[str, str]]]


class SignUpForm(msgspec.Struct, frozen=True):
    """As typed."""

    username: str = ""
    email: str = ""
    password: str = ""
    agreement: bool = False
    locale: str = "en"
    reason: str = ""


class PreparedSignUp(msgspec.Struct, frozen=True):
    """Checked as far as that goes without the database; the password is a hash by now."""

    username: str
    email: str
    password_hash: PasswordHash
    locale: str
    reason: str
    needs_approval: bool = False


def check_sign_up(settings: Settings, form: SignUpForm) -> None:
    """What can be told at no cost, before a sign-up counts against the visitor. Raises Invalid with all of it."""
    if settings.registrations == "closed":
        raise RegistrationsClosed
    refuse_faults(sign_up_faults(settings, form))


async def prepare_sign_up(
    settings: Settings, form: SignUpForm, admission: Admission = UNHINDERED
) -> PreparedSignUp:
    """To be called before the transaction opens: hashing takes long. Raises what `check_sign_up` does."""
    check_sign_up(settings, form)
    needs_approval = settings.registrations == "approval" or admission.needs_approval
    return PreparedSignUp(
        username=form.username,
        email=normal_email(form.email) or "",
        password_hash=await prepare_password(settings, form.password),
        locale=form.locale if _LOCALE.fullmatch(form.locale) else "en",
        reason=form.reason.strip() if needs_approval else "",
        needs_approval=needs_approval,
    )


async def sign_up(
    conn: Connection,
    settings: Settings,
    prepared: PreparedSignUp,
    application_id: ApplicationId | None = None,
) -> AccountId:
    """Makes the account; it opens once confirmed and approved, where that is asked for. Raises Invalid."""
    now = clock.now()
    account_id = new_account_id()
    if not await queries.claim_handle(conn, handle_key(prepared.username), account_id):
        refuse_faults({"username": [("ERR_TAKEN", "has already been taken")]})
    user = msgspec.structs.replace(
        new_user(account_id, prepared.password_hash),
        locale=prepared.locale,
        confirmed_at=None if settings.confirm_email else now,
        approved_at=None if prepared.needs_approval else now,
        application_id=application_id,
    )
    await queries.insert_account(conn, new_account(account_id, prepared.username))
    await queries.insert_account_counts(conn, account_id)
    key = await lasting_key(conn, account_id)
    user = await with_words(conn, key, user, PrivateWords(prepared.email, prepared.reason))
    await login_queries.insert_user(conn, user)
    if settings.confirm_email:
        await ask_to_confirm(conn, settings, key, user, prepared.email)
    elif await claim_address(conn, prepared.email, account_id) is not None:
        refuse_faults({"email": [("ERR_TAKEN", "has already been taken")]})
    if user.confirmed_at is not None and user.approved_at is not None:
        await emit(conn, AccountCreated(account_id))
    return account_id


def new_account(account_id: AccountId, username: str) -> Account:
    """As every local account begins: open to followers, to be found by its name, and empty."""
    return Account(
        id=account_id,
        username=username,
        domain=None,
        display_name="",
        note="",
        note_html="",
        fields=(),
        locked=False,
        bot=False,
        discoverable=True,
        indexable=False,
        hide_collections=False,
        uri=None,
        url=None,
        created_at=clock.now(),
        suspended_at=None,
        limited_at=None,
    )


def new_user(account_id: AccountId, password_hash: PasswordHash) -> User:
    """Confirmed, approved and active today, without an address; a sign-up takes back what must wait."""
    now = clock.now()
    return User(
        account_id=account_id,
        open_email="",
        password_hash=password_hash,
        role="user",
        locale="en",
        open_reason="",
        default_visibility=0,
        default_sensitive=False,
        default_language=None,
        created_at=now,
        confirmed_at=now,
        approved_at=now,
        disabled_at=None,
        last_active_on=now.date(),
    )


# What may be wrong


def sign_up_faults(settings: Settings, form: SignUpForm) -> Faults:
    """By field, the documented code and a sentence for each fault."""
    found = {
        "username": username_faults(settings, form.username),
        "email": _email_faults(form.email),
        "password": password_faults(settings, form.password),
        "agreement": [] if form.agreement else [("ERR_ACCEPTED", "must be accepted")],
        "reason": _reason_faults(form.reason),
    }
    return {field: faults for field, faults in found.items() if faults}


def username_faults(settings: Settings, username: str) -> list[tuple[str, str]]:
    if not username:
        return [("ERR_BLANK", "can't be blank")]
    faults = []
    if not _USERNAME.fullmatch(username):
        faults.append(("ERR_INVALID", "must contain only letters, numbers and underscores"))
    if len(username) > USERNAME_LENGTH_MAX:
        faults.append(("ERR_TOO_LONG", f"is too long (maximum is {USERNAME_LENGTH_MAX} characters)"))
    if username.lower() in {name.lower() for name in settings.reserved_usernames}:
        faults.append(("ERR_RESERVED", "is reserved"))
    return faults


def _email_faults(email: str) -> list[tuple[str, str]]:
    if not email.strip():
        return [("ERR_BLANK", "can't be blank")]
    if len(email) > EMAIL_LENGTH_MAX:
        return [("ERR_TOO_LONG", f"is too long (maximum is {EMAIL_LENGTH_MAX} characters)")]
    return [] if normal_email(email) is not None else [("ERR_INVALID", "is not a valid e-mail address")]


def _reason_faults(reason: str) -> list[tuple[str, str]]:
    if len(reason) <= REASON_LENGTH_MAX:
        return []
    return [("ERR_TOO_LONG", f"is too long (maximum is {REASON_LENGTH_MAX} characters)")]


def refuse_faults(faults: Faults) -> None:
    if not faults:
        return
    sentences = [
        f"{_FAULT_NAMES.get(field, field.capitalize())} {sentence}"
        for field, pairs in faults.items()
        for _, sentence in pairs
    ]
    raise Invalid(f"Validation failed: {', '.join(sentences)}", details=faults)


# Approval, and removing those who never came


class PendingSignUp(msgspec.Struct, frozen=True):
    username: str
    words: PrivateWords
    created_at: datetime
    confirmed: bool


async def pending_sign_ups(conn: Connection, limit: int) -> list[PendingSignUp]:
    """For the operator and moderators: who waits, the longest waiting first."""
    users = await login_queries.pending_users(conn, limit)
    views = await account_views(conn, [each.account_id for each in users])
    words = await words_of_all(conn, users)
    return [
        PendingSignUp(
            views[each.account_id].account.username,
            words[each.account_id],
            each.created_at,
            confirmed=each.confirmed_at is not None,
        )
        for each in users
        if each.account_id in views
    ]


async def approve_sign_up(
    conn: Connection, settings: Settings, tokens: TokenCache, account_id: AccountId
) -> None:
    """Raises NotFound for who has no login; a second time does no harm."""
    user = await login_queries.lock_user(conn, account_id)
    if user is None:
        raise NotFound
    if not await login_queries.update_approved(conn, account_id, clock.now()):
        return
    tokens.announce_changed(conn, account_id)
    # An address that nobody confirmed may be a stranger's: no mails but the one that asks.
    if user.confirmed_at is not None:
        await send_approved(conn, settings, user)
        await emit(conn, AccountCreated(account_id))


async def reject_sign_up(
    conn: Connection, settings: Settings, tokens: TokenCache, account_id: AccountId
) -> None:
    """Removes who waits for approval, and tells them. Raises NotFound for everybody else."""
    user = await login_queries.lock_user(conn, account_id)
    if user is None or user.approved_at is not None:
        raise NotFound
    if user.confirmed_at is not None:
        await send_rejected(conn, settings, user)
    await remove_unopened_account(conn, user)
    tokens.announce_changed(conn, account_id)


async def remove_unopened_account(conn: Connection, user: User) -> None:
    """For accounts that never were open: nothing but these rows can exist of them. Their names are free again."""
    account = await queries.find_account(conn, user.account_id)
    if account is not None:
        await login_queries.delete_handle(conn, handle_key(account.username), user.account_id)
    await release_email_of(conn, user)
    await login_queries.delete_login(conn, user.account_id)
