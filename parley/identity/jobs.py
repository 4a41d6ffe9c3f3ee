"""Jobs of identity: answering requests for a new password, noting how busy weeks are, removing what is over."""

from datetime import timedelta

from parley.identity import admission_queries, login_queries, queries, token_queries
from parley.identity.admission_blocks import ATTEMPT_DAYS
from parley.identity.email_addresses import KeyOlderAddresses, key_some_older
from parley.identity.passwords import SendPasswordReset, answer_reset_request
from parley.identity.private_words import SealOlderLogins, seal_some_logins
from parley.identity.sign_in_addresses import SealOlderAddresses, seal_some_older
from parley.identity.signup import remove_unopened_account
from parley.identity.statistics import note_week
from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.jobs import defer, job, scheduled
from parley.kit.services import Services

_AT_ONCE_MAX = 5000
_UNCONFIRMED_AT_ONCE_MAX = 500
_KEEP_CODES = timedelta(days=1)
_KEEP_EMAIL_TOKENS = timedelta(days=7)
_KEEP_DEAD_TOKENS = timedelta(days=30)
_KEEP_UNCONFIRMED = timedelta(days=7)
_KEEP_ENDED_BLOCKS = timedelta(days=7)


@job(SendPasswordReset, lane="mail")
async def send_password_reset(conn: Connection, services: Services, payload: SendPasswordReset) -> None:
    await answer_reset_request(conn, services.settings, payload)


@job(SealOlderLogins, lane="upkeep")
async def seal_older_logins(conn: Connection, _services: Services, payload: SealOlderLogins) -> None:
    after = await seal_some_logins(conn, payload.after)
    if after is not None:
        await defer(conn, SealOlderLogins(after))


@job(KeyOlderAddresses, lane="upkeep")
async def key_older_addresses(conn: Connection, _services: Services, payload: KeyOlderAddresses) -> None:
    if await key_some_older(conn):
        await defer(conn, payload)


@job(SealOlderAddresses, lane="upkeep")
async def seal_older_addresses(conn: Connection, _services: Services, payload: SealOlderAddresses) -> None:
    if await seal_some_older(conn):
        await defer(conn, payload)


@scheduled(timedelta(days=1))
async def find_unsealed_logins(conn: Connection, _services: Services) -> None:
    """From before addresses were sealed, if there are any."""
    if await login_queries.unsealed_users(conn, 0, 1):
        await defer(conn, SealOlderLogins())
    if await login_queries.unkeyed_hashes(conn, 1):
        await defer(conn, KeyOlderAddresses())
    if await admission_queries.any_login_address(conn):
        await defer(conn, SealOlderAddresses())


@scheduled(timedelta(days=1))
async def list_members(conn: Connection, _services: Services) -> None:
    """Who stands in the directory; events keep it true, this catches up with what had none."""
    await queries.list_members(conn, _AT_ONCE_MAX)


@scheduled(timedelta(hours=1))
async def note_weekly_activity(conn: Connection, _services: Services) -> None:
    await note_week(conn)


@scheduled(timedelta(hours=6))
async def prune_credentials(conn: Connection, _services: Services) -> None:
    now = clock.now()
    await token_queries.delete_old_codes(conn, now - _KEEP_CODES, _AT_ONCE_MAX)
    await token_queries.delete_dead_tokens(conn, now - _KEEP_DEAD_TOKENS, _AT_ONCE_MAX)
    await login_queries.delete_old_email_tokens(conn, now - _KEEP_EMAIL_TOKENS, _AT_ONCE_MAX)


@scheduled(timedelta(hours=6))
async def prune_addresses(conn: Connection, services: Services) -> None:
    """Where members signed in from is kept for days; so is who tried a blocked domain, and a block that is over."""
    now = clock.now()
    kept = timedelta(days=services.settings.keep_addresses_days)
    await admission_queries.delete_old_login_addresses(conn, now - kept, _AT_ONCE_MAX)
    await admission_queries.delete_old_sign_in_addresses(conn, now - kept, _AT_ONCE_MAX)
    await admission_queries.delete_old_attempts(conn, (now - timedelta(days=ATTEMPT_DAYS)).date())
    await admission_queries.delete_old_ip_blocks(conn, now - _KEEP_ENDED_BLOCKS)


@scheduled(timedelta(hours=6))
async def prune_unconfirmed(conn: Connection, _services: Services) -> None:
    """Frees the names of those who signed up and never confirmed."""
    before = clock.now() - _KEEP_UNCONFIRMED
    for account_id in await login_queries.unconfirmed_account_ids(conn, before, _UNCONFIRMED_AT_ONCE_MAX):
        user = await login_queries.lock_user(conn, account_id)
        if user is not None and user.confirmed_at is None:
            await remove_unopened_account(conn, user)
