"""The second factor: a secret made here and shared with the member's authenticator app, and recovery codes.

Codes follow RFC 6238: six digits, thirty seconds. A step more and a step less are taken for clocks that are wrong.
"""

import base64
import hmac
import secrets
from datetime import datetime, timedelta

import msgspec
import pyotp

from parley.identity import login_queries, queries
from parley.identity import second_factor_queries as factor_queries
from parley.identity.errors import SecondFactorOn, WrongCode
from parley.identity.letters import send_second_factor_changed
from parley.identity.login import ProvenMember
from parley.identity.models import SecondFactor
from parley.identity.step_up import require_proof
from parley.identity.viewer import Viewer, require_account
from parley.kit import clock, crypto, sealing
from parley.kit.config import Settings
from parley.kit.db import Connection, Database
from parley.kit.errors import NotFound, TooMany
from parley.kit.ids import AccountId
from parley.kit.server_secrets import server_secret

RECOVERY_CODES = 10
TRIES_MAX = 5
TRIES_SPAN = timedelta(minutes=15)
CODE_LENGTH_MAX = 100
_STEP_SECONDS = 30
_DIGITS = 6
_SECRET_BYTES = 20
_RECOVERY_BYTES = 10
_GROUP = 4


class Enrolment(msgspec.Struct, frozen=True):
    """What the member's app is to learn: as text, and as the address in the QR code."""

    secret: str
    address: str


class FactorState(msgspec.Struct, frozen=True):
    on: bool
    recovery_codes_left: int


async def factor_state(conn: Connection, viewer: Viewer) -> FactorState:
    account_id = require_account(viewer)
    if not await has_second_factor(conn, account_id):
        return FactorState(on=False, recovery_codes_left=0)
    left = await factor_queries.count_recovery_codes(conn, account_id)
    return FactorState(on=True, recovery_codes_left=left)


async def has_second_factor(conn: Connection, account_id: AccountId) -> bool:
    factor = await factor_queries.find_second_factor(conn, account_id)
    return factor is not None and factor.confirmed_at is not None


# Enrolling


async def begin_enrolment(conn: Connection, viewer: Viewer) -> None:
    """A secret of our making, never one that somebody sends. Raises ProofDue, SecondFactorOn."""
    account_id = await require_proof(conn, viewer)
    secret = secrets.token_bytes(_SECRET_BYTES)
    sealed = sealing.seal(await _key(conn), secret, _place(account_id))
    factor = SecondFactor(account_id, sealed, clock.now(), None, 0, [])
    if not await factor_queries.put_second_factor(conn, factor):
        raise SecondFactorOn


async def find_enrolment(conn: Connection, settings: Settings, viewer: Viewer) -> Enrolment | None:
    """The one begun and not confirmed, for whoever proved to be the member lately; else None."""
    account_id = await require_proof(conn, viewer)
    factor = await factor_queries.find_second_factor(conn, account_id)
    account = await queries.find_account(conn, account_id)
    if factor is None or factor.confirmed_at is not None or account is None:
        return None
    secret = base64.b32encode(await _secret_of(conn, factor)).decode()
    address = pyotp.TOTP(secret).provisioning_uri(
        name=f"{account.username}@{settings.domain}", issuer_name=settings.title
    )
    return Enrolment(secret, address)


async def confirm_enrolment(database: Database, settings: Settings, viewer: Viewer, code: str) -> list[str]:
    """Turns it on by a code of the app, and returns the recovery codes: this once they are known.

    Raises ProofDue, WrongCode, SecondFactorOn; NotFound when nothing was begun, TooMany after five wrong codes.
    """
    async with database.transaction() as conn:
        account_id = await require_proof(conn, viewer)
        factor = await factor_queries.lock_second_factor(conn, account_id)
        if factor is None:
            raise NotFound
        if factor.confirmed_at is not None:
            raise SecondFactorOn
        right = await _try_code(conn, factor, code)
        if right:
            await factor_queries.update_confirmed(conn, account_id, clock.now())
            await _tell(conn, settings, account_id, "on")
            return await _make_recovery_codes(conn, account_id)
    raise WrongCode


async def renew_recovery_codes(conn: Connection, settings: Settings, viewer: Viewer) -> list[str]:
    """Those from before serve no more. Raises ProofDue, NotFound."""
    account_id = await require_proof(conn, viewer)
    if not await has_second_factor(conn, account_id):
        raise NotFound
    await _tell(conn, settings, account_id, "codes")
    return await _make_recovery_codes(conn, account_id)


async def turn_off(conn: Connection, settings: Settings, viewer: Viewer) -> None:
    """Raises ProofDue, NotFound."""
    account_id = await require_proof(conn, viewer)
    if not await has_second_factor(conn, account_id):
        raise NotFound
    await reset_second_factor(conn, settings, account_id)


async def reset_second_factor(conn: Connection, settings: Settings, account_id: AccountId) -> bool:
    """For the operator, too, when a member lost the app and the recovery codes. Whether there was one that counted."""
    counted = await has_second_factor(conn, account_id)
    await factor_queries.delete_second_factor(conn, account_id)
    await factor_queries.delete_recovery_codes(conn, account_id)
    if counted:
        await _tell(conn, settings, account_id, "off")
    return counted


async def _tell(conn: Connection, settings: Settings, account_id: AccountId, change: str) -> None:
    user = await login_queries.find_user(conn, account_id)
    if user is not None:
        await send_second_factor_changed(conn, settings, user, change)


async def _make_recovery_codes(conn: Connection, account_id: AccountId) -> list[str]:
    await factor_queries.delete_recovery_codes(conn, account_id)
    codes = [
        base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode().lower() for _ in range(RECOVERY_CODES)
    ]
    await factor_queries.insert_recovery_codes(conn, account_id, [crypto.hash_secret(each) for each in codes])
    return ["-".join(each[at : at + _GROUP] for at in range(0, len(each), _GROUP)) for each in codes]


# Proving


async def prove_code(database: Database, member: ProvenMember, code: str) -> ProvenMember:
    """A code of the app, or a recovery code, each good once. Members without a second factor need none.

    Takes the database and not a connection: what was tried stays counted whatever becomes of the request. Raises
    WrongCode, and TooMany after five wrong ones within fifteen minutes, whether or not the next is right.
    """
    async with database.transaction() as conn:
        factor = await factor_queries.lock_second_factor(conn, member.account_id)
        if factor is None or factor.confirmed_at is None:
            return member
        if await _try_code(conn, factor, code):
            return ProvenMember(member.account_id, with_code=True)
    raise WrongCode


async def _try_code(conn: Connection, factor: SecondFactor, typed: str) -> bool:
    """On a locked row, within a transaction that is to commit: a wrong code must stay counted."""
    now = clock.now()
    failed = [each for each in factor.failed_at if now - each < TRIES_SPAN]
    if len(failed) >= TRIES_MAX:
        wait = min(failed) + TRIES_SPAN - now
        raise TooMany("Too many wrong codes", retry_after_seconds=int(wait.total_seconds()) + 1)
    if await _matches(conn, factor, typed, now):
        return True
    await factor_queries.update_failed_at(conn, factor.account_id, [*failed, now])
    return False


async def _matches(conn: Connection, factor: SecondFactor, typed: str, now: datetime) -> bool:
    code = "".join(typed[:CODE_LENGTH_MAX].split()).replace("-", "").lower()
    if not code.isascii():
        return False
    if not (len(code) == _DIGITS and code.isdigit()):
        return await factor_queries.use_recovery_code(conn, factor.account_id, crypto.hash_secret(code), now)
    step = _step_of(await _secret_of(conn, factor), code, now)
    if step is None or step <= factor.last_step:
        return False
    await factor_queries.update_last_step(conn, factor.account_id, step)
    return True


def _step_of(secret: bytes, code: str, now: datetime) -> int | None:
    """The latest step, of those near now, whose code this is."""
    made = pyotp.TOTP(base64.b32encode(secret).decode(), digits=_DIGITS, interval=_STEP_SECONDS)
    present = int(now.timestamp()) // _STEP_SECONDS
    near = range(present - 1, present + 2)
    return max((step for step in near if hmac.compare_digest(made.generate_otp(step), code)), default=None)


async def _secret_of(conn: Connection, factor: SecondFactor) -> bytes:
    return sealing.open_sealed(await _key(conn), factor.sealed_secret, _place(factor.account_id))


async def _key(conn: Connection) -> bytes:
    return await server_secret(conn, "second factors")


def _place(account_id: AccountId) -> bytes:
    return b"second factor " + str(account_id).encode()
