"""attach_card: a status's first link, looked at once for all who post it; the cards of many statuses."""

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import msgspec

from parley.identity.accounts import accounts_by_handles
from parley.identity.addresses import parse_handle
from parley.kit import clock, http_client
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.events import emit
from parley.kit.http_client import AddressRefused, AnswerRefused, Fetched, HostUnreachable, Limits
from parley.kit.ids import AccountId, CardId, StatusId, bucket_of_text, new_id_in_bucket
from parley.kit.jobs import defer
from parley.kit.web_page import decode_page, read_head, tags_of
from parley.media.attach import delete_media
from parley.publishing import card_queries, queries
from parley.publishing.card_models import (
    FetchCard,
    FetchCardPicture,
    ForgetCard,
    PreviewCard,
    recent_cards,
)
from parley.publishing.events import CardAttached
from parley.publishing.link_facts import NOTHING, LinkFacts, facts_of_page, oembed_address, with_oembed
from parley.publishing.links import first_link, normal_url
from parley.publishing.models import Status, Visibility
from parley.publishing.sealed_words import read_statuses

CARD_LIFETIME = timedelta(days=14)
EMPTY_LIFETIME = timedelta(hours=1)
# Whoever does not answer is asked again by the jobs that wanted to know, and by nobody before.
RETRY_AFTER = timedelta(minutes=5)
_ATTEMPTS_MAX = 3
# Ten jobs are leased together, for two minutes: together these stay below.
_PAGE = Limits(seconds=7, body_bytes_max=1_048_576, cut=True)
_OEMBED = Limits(seconds=3, body_bytes_max=65_536)
_PAGE_KINDS = ("text/html", "application/xhtml+xml")
_OEMBED_KINDS = ("application/json", "application/json+oembed", "text/json+oembed", "text/json")
# As in editing: what memories hold of a version that was rolled back must not bear the next one.
_VERSION_STEP_MAX = 10_000
_NEVER = float("inf")


async def find_card(conn: Connection, url: str) -> PreviewCard | None:
    """The card of an address, if there is one that shows something."""
    normal = normal_url(url)
    found = None if normal is None else await card_queries.find_card_by_hash(conn, *key_of(normal))
    return found if found is not None and found.title else None


async def cards_by_ids(conn: Connection, card_ids: Collection[int]) -> dict[int, PreviewCard]:
    """No statement for what was just read, one otherwise. Inside a transaction the database alone is asked."""
    now = _NEVER if conn.in_transaction else clock.now_seconds()
    mark = recent_cards.mark()
    found, missing = recent_cards.find_all(card_ids, now)
    for card in await card_queries.cards_by_ids(conn, missing) if missing else ():
        found[card.id] = card
        if now != _NEVER:
            recent_cards.keep(mark, card.id, card, now)
    return found


async def attach_card(conn: Connection, settings: Settings, payload: FetchCard) -> None:
    """Gives a status the card of its first link, and takes away one that is no longer its own.

    The other host is asked before anything is written, so that no row is held meanwhile. No host hears of a link in a
    direct status.
    """
    status = await _find(conn, payload.status_id)
    if status is None:
        return
    url = None if status.visibility == Visibility.DIRECT else first_link(status.content)
    normal = None if url is None else normal_url(url)
    card = None
    if normal is not None:
        card = await card_queries.find_card_by_hash(conn, *key_of(normal))
        if settings.link_previews and (card is None or _is_old(card, clock.now())):
            card = await _look(conn, settings, normal, card, payload)
    if not settings.link_previews and card is not None and card.id != status.card_id:
        card = None
    await give_card(conn, status, card.id if card is not None and card.title else None)


async def let_go_of_card(conn: Connection, status_id: StatusId, card_id: CardId) -> None:
    """For a status that goes or links elsewhere: what it linked to is nobody's to know, unless others link to it."""
    await card_queries.delete_entry(conn, card_id, status_id)
    await defer(conn, ForgetCard(card_id))


async def forget_empty_cards(conn: Connection, limit: int) -> None:
    """Of links that showed nothing: they are looked at anew when somebody posts them again."""
    for card_id in await card_queries.empty_cards(conn, clock.now() - EMPTY_LIFETIME, limit):
        await defer(conn, ForgetCard(card_id))


async def forget_card(conn: Connection, card_id: CardId) -> None:
    """The card and its picture go, if no status bears it any more. Alone in its transaction, as a job is."""
    card = await card_queries.find_card_for_update(conn, card_id)
    if card is None or await card_queries.has_bearer(conn, card_id):
        return
    await card_queries.delete_card(conn, card_id)
    if card.picture is not None:
        await delete_media(conn, [card.picture.media_id])


def key_of(normal: str) -> tuple[int, bytes]:
    return bucket_of_text(normal), hashlib.sha256(normal.encode()).digest()


def _is_old(card: PreviewCard, now: datetime) -> bool:
    return card.fetched_at + (CARD_LIFETIME if card.title else EMPTY_LIFETIME) <= now


async def _look(
    conn: Connection, settings: Settings, url: str, known: PreviewCard | None, payload: FetchCard
) -> PreviewCard | None:
    """Asks the page; what came before stays when it tells nothing any more."""
    facts = await _ask(settings, url)
    now = clock.now()
    if facts is None and payload.attempt < _ATTEMPTS_MAX:
        again = FetchCard(payload.status_id, payload.attempt + 1)
        await defer(conn, again, run_at=now + RETRY_AFTER * payload.attempt)
    if known is not None and known.title and (facts is None or not facts.title):
        fetched_at = now - CARD_LIFETIME + EMPTY_LIFETIME if facts is None else now
        await card_queries.update_fetched(conn, known.id, fetched_at)
        return known
    # Nobody else needs to try in vain until the next attempt.
    looked_at = now if facts is not None else now - EMPTY_LIFETIME + RETRY_AFTER * 0.9
    bucket, url_hash = key_of(url)
    author_id = await _author(conn, settings, facts, url) if facts is not None else None
    card = card_of(CardId(new_id_in_bucket(bucket)), url, facts or NOTHING, author_id, looked_at)
    card = msgspec.structs.replace(card, id=await card_queries.upsert_card(conn, url_hash, card))
    if card.image_url is not None or (known is not None and known.picture is not None):
        await defer(conn, FetchCardPicture(card.id))
    return card


async def _ask(settings: Settings, url: str) -> LinkFacts | None:
    """None when it may go better later."""
    try:
        page = await http_client.fetch(settings, url, _PAGE, _PAGE_KINDS)
    except (AddressRefused, AnswerRefused):
        return NOTHING
    except HostUnreachable:
        return None
    if page.status != 200:
        return None if page.status in {408, 429} or page.status >= 500 else NOTHING
    head = read_head(decode_page(page.body, page.headers.get("content-type", "")))
    facts = facts_of_page(head, page.url)
    address = oembed_address(head, page.url)
    return facts if address is None else await _ask_oembed(settings, facts, address)


async def _ask_oembed(settings: Settings, facts: LinkFacts, address: str) -> LinkFacts:
    try:
        told: Fetched = await http_client.fetch(settings, address, _OEMBED, _OEMBED_KINDS)
    except http_client.OutgoingError:
        return facts
    return with_oembed(facts, told.body, told.url) if told.status == 200 else facts


async def _author(conn: Connection, settings: Settings, facts: LinkFacts, url: str) -> AccountId | None:
    """Whom the page names as its author, if that member names the page's host: in a field, or as one that may credit them.

    Anybody can write any name into a page: the other direction is what makes it true.
    """
    handle = parse_handle(facts.creator, settings.domain) if facts.creator else None
    if handle is None:
        return None
    account = (await accounts_by_handles(conn, [handle])).get(handle)
    host = urlsplit(url).hostname
    if account is None or account.suspended_at is not None:
        return None
    hosts = {urlsplit(link).hostname for field in account.fields for link in _links_in(field.value_html)}
    hosts.update(account.attribution_domains)
    return account.id if host in hosts else None


def _links_in(html: str) -> list[str]:
    return [normal for tag in tags_of(html) if (normal := normal_url(tag.attributes.get("href", "")))]


def card_of(
    card_id: CardId, url: str, facts: LinkFacts, author_id: AccountId | None, fetched_at: datetime
) -> PreviewCard:
    return PreviewCard(
        id=card_id,
        url=url,
        type=facts.type,
        title=facts.title,
        description=facts.description,
        author_name=facts.author_name,
        author_url=facts.author_url,
        author_account_id=author_id,
        provider_name=facts.provider_name,
        provider_url=facts.provider_url,
        language=facts.language,
        image_url=facts.image_url,
        image_description=facts.image_description,
        width=facts.width,
        height=facts.height,
        published_at=facts.published_at,
        fetched_at=fetched_at,
    )


async def _find(conn: Connection, status_id: StatusId) -> Status | None:
    return next(iter(await read_statuses(conn, [status_id])), None)


async def give_card(conn: Connection, looked_at: Status, card_id: CardId | None) -> None:
    """Unless the status went, or its words changed, while the page was asked: that edit has its own job."""
    version = await queries.lock_status(conn, looked_at.id)
    status = await _find(conn, looked_at.id)
    if version is None or status is None or status.content != looked_at.content:
        if card_id is not None:
            await defer(conn, ForgetCard(card_id))
        return
    if status.card_id == card_id:
        return
    if card_id is not None and not await card_queries.hold_card(conn, card_id):
        # Its last bearer went just now, and the card with it.
        await defer(conn, FetchCard(status.id))
        return
    after = version + 1 + secrets.randbelow(_VERSION_STEP_MAX)
    await card_queries.update_status_card(conn, status.id, card_id, version, after)
    if status.card_id is not None:
        await let_go_of_card(conn, status.id, status.card_id)
    if card_id is None:
        return
    listed = status.visibility == Visibility.PUBLIC
    await card_queries.insert_entry(conn, card_id, status.id, status.account_id, listed=listed)
    await emit(conn, CardAttached(status.id, card_id, status.account_id))
