"""What a recipient's policy makes of a notification: let through, held back, or dropped."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.ids import AccountId, bucket_of, moment_of
from parley.notifications import queries
from parley.notifications.models import CHOICES, OWN_TYPES, Event, Recipient, Sender

# What a member has a part in, and what staff must hear of, no policy holds back.
_FREE_TYPES = OWN_TYPES | {"update", "quoted_update", "admin.sign_up", "admin.report"}
_NEW_ACCOUNT = timedelta(days=30)
_NEW_FOLLOWER = timedelta(days=3)
_THREAD_LOOKED_AT = 4096


async def judge(conn: Connection, event: Event, recipients: Sequence[Recipient]) -> dict[AccountId, str]:
    """One of CHOICES for each. Asks nothing when the sender is known to all; three statements at most."""
    doubtful = [each for each in recipients if event.type not in _FREE_TYPES and _may_be_stranger(each)]
    choices = {each.account_id: "accept" for each in recipients}
    if not doubtful:
        return choices
    sender = await queries.find_sender(conn, event.from_account_id)
    if sender is None or (sender.staff and event.type == "mention"):
        return choices
    spoken_to = await _who_spoke_first(conn, event, doubtful)
    for each in doubtful:
        found = _choices(
            event, each, sender, clock.now(), answers=each.account_id in spoken_to | event.known_to
        )
        choices[each.account_id] = max(found, key=CHOICES.index, default="accept")
    return choices


def _may_be_stranger(recipient: Recipient) -> bool:
    if recipient.permitted:
        return False
    return recipient.follow_id is None or recipient.policy.for_not_followers != "accept"


def _choices(
    event: Event, recipient: Recipient, sender: Sender, now: datetime, *, answers: bool
) -> Iterator[str]:
    policy, follower_id = recipient.policy, recipient.followed_by_id
    if follower_id is None or moment_of(follower_id) > now - _NEW_FOLLOWER:
        yield policy.for_not_followers
    if recipient.follow_id is not None:
        return
    yield policy.for_not_following
    if sender.created_at > now - _NEW_ACCOUNT:
        yield policy.for_new_accounts
    if sender.limited:
        yield policy.for_limited_accounts
    if event.direct and event.type == "mention" and not answers:
        yield policy.for_private_mentions


async def _who_spoke_first(
    conn: Connection, event: Event, recipients: Sequence[Recipient]
) -> frozenset[AccountId]:
    """Those whom a direct status answers: they have spoken to its sender in the same thread before."""
    if not event.direct or event.type != "mention":
        return frozenset()
    if event.thread_id is None or event.thread_id == event.status_id:
        return frozenset()
    asked = [each.account_id for each in recipients if each.policy.for_private_mentions != "accept"]
    buckets = {bucket_of(each) for each in asked}
    thread = await queries.newest_of_thread(conn, event.thread_id, _THREAD_LOOKED_AT)
    theirs = [each for each in (event.thread_id, *thread) if bucket_of(each) in buckets]
    if not theirs:
        return frozenset()
    return frozenset(await queries.authors_mentioning(conn, theirs, asked, event.from_account_id))
