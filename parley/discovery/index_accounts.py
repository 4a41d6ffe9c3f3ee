"""Accounts into the index: each word of their names, and its spellings with a letter left out."""

from collections.abc import Sequence

from parley.discovery import account_queries as queries
from parley.discovery.index_queries import account_ids_above
from parley.discovery.search_words import words_of
from parley.identity.accounts import account_views
from parley.identity.models import Account
from parley.kit.db import Connection
from parley.kit.ids import AccountId

ACCOUNTS_PER_STEP = 500
_WORDS_MAX = 40
SPELLED_LENGTH_MIN = 4
SPELLED_LENGTH_MAX = 24


async def index_accounts(conn: Connection, account_ids: Sequence[AccountId]) -> None:
    """As they are called now, without those that are no more; safe to repeat."""
    found = await account_views(conn, account_ids)
    views = {each: view for each, view in found.items() if not view.counts.erased}
    await queries.delete_names(conn, account_ids)
    words = [(each, word) for each, view in views.items() for word in names_of(view.account)]
    await queries.insert_words(conn, words)
    typos = [(each, spelling) for each, word in words for spelling in spellings_of(word)]
    await queries.insert_typos(conn, sorted(set(typos)))


async def index_more_accounts(conn: Connection, above: int) -> AccountId | None:
    """A slice of those that stood before there was an index; above which the next begins, if there is one."""
    ids: list[AccountId] = await account_ids_above(conn, above, ACCOUNTS_PER_STEP)
    await index_accounts(conn, ids)
    return ids[-1] if len(ids) == ACCOUNTS_PER_STEP else None


def names_of(account: Account) -> list[str]:
    """The words of both names."""
    found = [*words_of(account.username), *words_of(account.display_name)]
    return list(dict.fromkeys(word.text for word in found))[:_WORDS_MAX]


def spellings_of(word: str) -> set[str]:
    """The word, and what it is with one letter left out: two words share one of these when one slip lies between."""
    if not SPELLED_LENGTH_MIN <= len(word) <= SPELLED_LENGTH_MAX:
        return set()
    return {word} | {word[:place] + word[place + 1 :] for place in range(len(word))}


def one_slip_apart(typed: str, word: str) -> bool:
    """A letter too many, too few, another one, or two that changed places; two slips where words are long."""
    if typed == word:
        return True
    start = 0
    while start < min(len(typed), len(word)) and typed[start] == word[start]:
        start += 1
    typed, word = typed[start:], word[start:]
    while typed and word and typed[-1] == word[-1]:
        typed, word = typed[:-1], word[:-1]
    if len(typed) <= 1 and len(word) <= 1:
        return True
    return len(typed) == 2 and typed == word[::-1]
