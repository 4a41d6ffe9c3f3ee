"""Posts into the index and out of it: as they are now, whatever happened to them; safe to repeat."""

from collections.abc import Sequence

from parley.discovery import index_queries as queries
from parley.discovery.blind_words import blind, index_secret
from parley.discovery.search_models import Document, HeldDocument
from parley.discovery.search_words import fold, words_of
from parley.identity.accounts import account_views
from parley.kit.db import Connection
from parley.kit.ids import ID_MAX, AccountId, StatusId
from parley.publishing.models import Status, Visibility
from parley.publishing.text import find_links
from parley.publishing.words import StatusWords
from parley.publishing.words import words_of as words_of_statuses

# Of one word PostgreSQL keeps so many positions; between texts of a post lies a gap, so that no phrase spans it.
_POSITIONS_MAX = 200
_GAP = 10
# A word that stands in the index has to fit into a row of its B-tree.
_FACT_LENGTH_MAX = 200
STATUSES_PER_STEP = 200


async def index_statuses(conn: Connection, status_ids: Sequence[StatusId]) -> None:
    """A fixed number of statements, whatever the number of posts, and some for what changed."""
    if not status_ids:
        return
    # Held before the posts are read: who indexes the same post at the same time reads it after this is done.
    held = {row.status_id: row for row in await queries.hold_documents(conn, status_ids)}
    made = await _documents(conn, status_ids)
    new = [each for each in made if each.status_id not in held]
    await _insert(conn, new)
    for document in made:
        if document.status_id in held:
            await _rewrite(conn, held[document.status_id], document)
    standing = {each.status_id for each in made}
    for row in held.values():
        if row.status_id not in standing:
            await _remove(conn, row)


async def _documents(conn: Connection, status_ids: Sequence[StatusId]) -> list[Document]:
    found = await words_of_statuses(conn, status_ids)
    authors = await account_views(conn, {each.status.account_id for each in found})
    known = [each for each in found if each.status.account_id in authors]
    await _note_tags(conn, [each.status for each in known])
    secret = await index_secret(conn)
    return [
        document_of(each, secret, searchable=authors[each.status.account_id].account.indexable)
        for each in known
    ]


def document_of(said: StatusWords, secret: bytes, *, searchable: bool) -> Document:
    status = said.status
    places: dict[str, list[int]] = {fact: [] for fact in facts_of(said)}
    position = 1
    for text in said.texts:
        found = words_of(text, position)
        for word in found:
            held = places.setdefault(blind(secret, word.text), [])
            if len(held) < _POSITIONS_MAX:
                held.append(word.position)
        position += len(found) + _GAP
    return Document(
        status.id,
        status.account_id,
        searchable and status.visibility == Visibility.PUBLIC,
        status.mention_ids,
        places,
    )


def facts_of(said: StatusWords) -> set[str]:
    """Words that begin with a sign, as none in a text does; operators and terms of a search ask for them."""
    status = said.status
    facts = {f"#{tag}" for tag in status.tags} | {f"@{each}" for each in status.mention_ids}
    if status.in_reply_to_id is not None:
        facts.add(":is:reply")
    if status.sensitive:
        facts.add(":is:sensitive")
    if status.poll_id is not None:
        facts.add(":has:poll")
    if status.card_id is not None or any(find_links(text) for text in said.texts):
        facts.add(":has:link")
    if said.embedded:
        facts.add(":has:embed")
    if said.media:
        facts |= {":has:media", *(f":has:{kind}" for kind in said.media)}
    if status.language:
        language = status.language.replace("_", "-").lower()
        facts |= {f":language:{language}", f":language:{language.partition('-')[0]}"}
    return {fact for fact in facts if len(fact) <= _FACT_LENGTH_MAX}


async def _insert(conn: Connection, documents: Sequence[Document]) -> None:
    await queries.insert_documents(conn, documents)
    await queries.copy_words(conn, [(word, each.status_id) for each in documents for word in each.listed])
    mentioned = [(each.status_id, account_id) for each in documents for account_id in each.mention_ids]
    await queries.add_mentioned(conn, mentioned)


async def _rewrite(conn: Connection, held: HeldDocument, document: Document) -> None:
    await queries.update_document(conn, document)
    await queries.delete_words(conn, [(word, held.status_id) for word in held.listed - document.listed])
    await queries.insert_words(conn, [(word, held.status_id) for word in document.listed - held.listed])
    await queries.add_mentioned(conn, [(held.status_id, each) for each in document.mention_ids])
    gone = [(held.status_id, each) for each in held.mention_ids if each not in document.mention_ids]
    await queries.remove_mentioned(conn, gone)


async def _remove(conn: Connection, held: HeldDocument) -> None:
    await queries.delete_document(conn, held.status_id)
    await queries.delete_words(conn, [(word, held.status_id) for word in held.listed])
    await queries.remove_mentioned(conn, [(held.status_id, each) for each in held.mention_ids])


async def _note_tags(conn: Connection, statuses: Sequence[Status]) -> None:
    used = {tag: each.id for each in statuses if each.visibility == Visibility.PUBLIC for tag in each.tags}
    await queries.note_tags(conn, [(tag, fold(tag), used[tag]) for tag in sorted(used)])


async def note_vote(conn: Connection, account_id: AccountId, status_id: StatusId) -> None:
    """What somebody voted in stands in their library."""
    await queries.add_voted(conn, account_id, status_id)


async def note_indexable(conn: Connection, account_id: AccountId) -> bool:
    """Whether the author's public posts are to enter the index, or to leave it, by index_author."""
    author = (await account_views(conn, [account_id])).get(account_id)
    if author is None:
        return False
    return await queries.set_author_indexable(conn, account_id, indexable=author.account.indexable)


async def index_author(conn: Connection, account_id: AccountId, below: int = ID_MAX) -> StatusId | None:
    """A slice of an author's posts as they are to stand now; below which the next begins, if there is one."""
    ids = await queries.document_ids_of(conn, account_id, below, STATUSES_PER_STEP)
    await index_statuses(conn, ids)
    return ids[-1] if len(ids) == STATUSES_PER_STEP else None


async def index_older(conn: Connection, below: int) -> StatusId | None:
    """A slice of what stood before there was an index; likewise."""
    ids: list[StatusId] = await queries.status_ids_below(conn, below, STATUSES_PER_STEP)
    await index_statuses(conn, ids)
    return ids[-1] if len(ids) == STATUSES_PER_STEP else None
