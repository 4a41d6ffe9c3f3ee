"""Proof that the member sits at the browser: asked for before what an open session alone must not do.

That is: changing the e-mail address or the second factor, having recovery codes made anew, and closing the account.
"""

from datetime import timedelta

from parley.identity import second_factor_queries as queries
from parley.identity.errors import ProofDue
from parley.identity.login import ProvenMember, require_ready
from parley.identity.viewer import Viewer, require_account
from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.ids import AccountId

PROOF_LIFETIME = timedelta(minutes=10)


async def note_proof(conn: Connection, viewer: Viewer, member: ProvenMember) -> None:
    """Good for this session alone. Raises SecondFactorDue when the member gave the password without the code."""
    await require_ready(conn, member)
    if viewer.token_id is None or viewer.account_id != member.account_id:
        raise ProofDue
    await queries.update_proven_at(conn, viewer.token_id, clock.now())


async def has_proof(conn: Connection, viewer: Viewer) -> bool:
    """Only a browser's: what an application was allowed to do was never this."""
    if viewer.token_id is None or viewer.application_id is not None:
        return False
    proven_at = await queries.find_proven_at(conn, viewer.token_id)
    return proven_at is not None and clock.now() - proven_at < PROOF_LIFETIME


async def require_proof(conn: Connection, viewer: Viewer) -> AccountId:
    """Raises ProofDue."""
    account_id = require_account(viewer)
    if not await has_proof(conn, viewer):
        raise ProofDue
    return account_id
