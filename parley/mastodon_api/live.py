"""Hub: what this process hears of posts, notifications and tokens, to all who have streams open here.

Nothing runs while nobody has: the clock starts with the first reader, the work with the first message.
"""

import asyncio
import functools
import logging
from collections import deque
from collections.abc import Awaitable, Callable

from parley.conversations.live import LIVE_CONVERSATIONS_TOPIC, read_told
from parley.graph.filter_matching import recent_filters
from parley.identity.tokens import LOGIN_CHANGED_TOPIC, TOKEN_REVOKED_TOPIC, good_tokens
from parley.kit.db import Connection, lost_connection
from parley.kit.errors import Unavailable
from parley.kit.ids import AccountId
from parley.kit.services import Services
from parley.mastodon_api.live_announcements import send_announcement
from parley.mastodon_api.live_conversations import send_conversations
from parley.mastodon_api.live_events import (
    Deliveries,
    send_notified,
    send_status_news,
    tell_filters_changed,
    tell_merged,
)
from parley.mastodon_api.live_places import Places
from parley.mastodon_api.live_readers import REVOKED, STOPPING, Reader
from parley.media.emojis import know_emojis
from parley.notifications.live import (
    LIVE_ANNOUNCEMENTS_TOPIC,
    LIVE_NOTIFICATIONS_TOPIC,
    NOTIFICATIONS_MERGED_TOPIC,
    read_announcement_news,
    read_notified,
)
from parley.timelines.live import LIVE_STATUSES_TOPIC, read_news

_WAITING_MAX = 1_000
_TURN_SECONDS = 15.0
# A revocation is heard of at once; this is for one that was not heard of, and for tokens that expire.
_TURNS_BETWEEN_CHECKS = 4
_LEAVING_LOOK_SECONDS = 0.02

log = logging.getLogger(__name__)

_Work = Callable[[Connection], Awaitable[None]]


class Hub:
    """One per process."""

    __slots__ = ("_clock", "_deliveries", "_services", "_waiting", "_working", "places")

    def __init__(self, services: Services) -> None:
        self.places = Places(limited=services.settings.rate_limits)
        self._services = services
        self._deliveries = Deliveries()
        self._waiting: deque[_Work] = deque()
        self._working: asyncio.Task[None] | None = None
        self._clock: asyncio.Task[None] | None = None

    def listen(self) -> None:
        pubsub = self._services.pubsub
        pubsub.subscribe(LIVE_STATUSES_TOPIC, self._hear_of_status)
        pubsub.subscribe(LIVE_CONVERSATIONS_TOPIC, self._hear_of_conversations)
        pubsub.subscribe(LIVE_NOTIFICATIONS_TOPIC, self._hear_of_notifications)
        pubsub.subscribe(NOTIFICATIONS_MERGED_TOPIC, self._hear_of_merged)
        pubsub.subscribe(recent_filters.topic, self._hear_of_filters)
        pubsub.subscribe(LIVE_ANNOUNCEMENTS_TOPIC, self._hear_of_announcements)
        pubsub.subscribe(TOKEN_REVOKED_TOPIC, self._hear_of_revoked)
        pubsub.subscribe(LOGIN_CHANGED_TOPIC, self._hear_of_changed)
        pubsub.on_reconnect(self._check_tokens_soon)

    def enter(self, reader: Reader) -> None:
        """Raises TooMany or Unavailable. Whoever entered must leave their place."""
        self.places.enter(reader)
        if self._clock is None:
            self._clock = asyncio.get_running_loop().create_task(self._keep_time())

    def stop(self) -> None:
        """Sends everybody away: clients come back to whoever serves next."""
        for reader in self.places.readers:
            reader.end(STOPPING)

    def close(self, then: Callable[[], None]) -> None:
        """Sends everybody away, those too who come meanwhile, and acts as soon as nobody is left."""
        self.stop()
        if self.places.readers:
            asyncio.get_running_loop().call_later(_LEAVING_LOOK_SECONDS, self.close, then)
        else:
            then()

    # What is heard

    def _hear_of_status(self, text: str) -> None:
        if self.places.readers:
            base_url, news = self._services.settings.base_url, read_news(text)
            self._do(lambda conn: send_status_news(conn, self.places, self._deliveries, base_url, news))

    def _hear_of_notifications(self, text: str) -> None:
        if self.places.readers:
            base_url, notified = self._services.settings.base_url, read_notified(text)
            self._do(lambda conn: send_notified(conn, self.places, base_url, notified))

    def _hear_of_merged(self, text: str) -> None:
        tell_merged(self.places, AccountId(int(text)))

    def _hear_of_filters(self, text: str) -> None:
        tell_filters_changed(self.places, AccountId(int(text)))

    def _hear_of_announcements(self, text: str) -> None:
        if self.places.readers:
            base_url, news = self._services.settings.base_url, read_announcement_news(text)
            self._do(lambda conn: send_announcement(conn, self.places, base_url, news))

    def _hear_of_conversations(self, text: str) -> None:
        if self.places.readers:
            base_url, told = self._services.settings.base_url, read_told(text)
            self._do(lambda conn: send_conversations(conn, self.places, base_url, told))

    def _hear_of_revoked(self, text: str) -> None:
        for reader in self.places.readers_with(token_id=int(text)):
            reader.end(REVOKED)

    def _hear_of_changed(self, text: str) -> None:
        """Whoever may still read opens the stream again, as what they are now."""
        for reader in self.places.readers_with(account_id=int(text)):
            reader.end(REVOKED)

    def _check_tokens_soon(self) -> None:
        if self.places.readers:
            self._do(self._check_tokens)

    # One thing after the other

    def _do(self, work: _Work) -> None:
        if len(self._waiting) >= _WAITING_MAX:
            log.warning("live updates: too much is waiting to be sent, one message dropped")
            return
        self._waiting.append(work)
        if self._working is None:
            self._working = asyncio.get_running_loop().create_task(self._work())

    async def _work(self) -> None:
        """A fault in one message is noted, and the next one's turn comes: streams stay open."""
        try:
            while self._waiting:
                act = functools.partial(self._with_connection, self._waiting.popleft())
                (outcome,) = await asyncio.gather(act(), return_exceptions=True)
                if isinstance(outcome, Unavailable) or (outcome and lost_connection(outcome)):
                    log.warning("live updates: one message not sent: %s", outcome)
                elif outcome is not None:
                    log.error("live updates: one message not sent", exc_info=outcome)
        finally:
            self._working = None

    async def _with_connection(self, work: _Work) -> None:
        await know_emojis(self._services.database)
        async with self._services.database.reading() as conn:
            await work(conn)

    # In the course of time

    async def _keep_time(self) -> None:
        turn = 0
        try:
            while self.places.readers:
                await asyncio.sleep(_TURN_SECONDS)
                turn += 1
                for reader in list(self.places.readers):
                    if turn % reader.heartbeat_turns == 0:
                        reader.beat()
                if turn % _TURNS_BETWEEN_CHECKS == 0:
                    self._check_tokens_soon()
        finally:
            self._clock = None

    async def _check_tokens(self, conn: Connection) -> None:
        """Sends away whose token was revoked, is over, or belongs to somebody who may not act any more."""
        readers = [(each, each.viewer.token_id) for each in self.places.readers]
        good = await good_tokens(conn, list({token_id for _, token_id in readers if token_id is not None}))
        for reader, token_id in readers:
            if token_id not in good:
                reader.end(REVOKED)
