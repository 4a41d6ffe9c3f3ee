"""`parley trends …`: what is ranked, and deciding what may be shown of it."""

from typing import Literal

from cyclopts import App

from parley.cli.transaction import in_database, told_plainly
from parley.discovery.decisions import decide
from parley.discovery.links import publisher_id
from parley.discovery.models import Decided, Kind, Trend
from parley.discovery.ranking import rank_all
from parley.discovery.tags import tag_id_of
from parley.discovery.trends import all_trends, is_shown, trending_tags
from parley.identity.accounts import find_local_account
from parley.kit.config import Settings, load_settings
from parley.kit.db import Connection
from parley.kit.errors import OperatorError
from parley.kit.ids import parse_id
from parley.moderation.audit import note_decision_on_trend
from parley.publishing.preview_card import cards_by_ids
from parley.publishing.text import is_tag, normal_tag

app = App(name="trends", help="What is much talked about: look, allow, refuse.")

What = Literal["tag", "status", "author", "link", "publisher"]


@app.command
def show() -> None:
    """List what is ranked, first place first, and how each stands."""
    settings = load_settings()
    for line in in_database(settings, lambda conn: _lines(conn, settings)):
        print(line)


@app.command
def rank() -> None:
    """Rank anew now, instead of within the next minutes."""
    in_database(load_settings(), rank_all)
    print("Ranked.")


@app.command
def allow(what: What, name: str) -> None:
    """Let something be shown as a trend.

    Parameters
    ----------
    what
        Whether it is a tag, a status, all statuses of an author, a link or all links of a publisher.
    name
        The tag's name, the id of the status or link, the author's username, the publisher's host.
    """
    _decide(what, name, allowed=True)


@app.command
def refuse(what: What, name: str) -> None:
    """Keep something from being shown as a trend.

    Parameters
    ----------
    what
        Whether it is a tag, a status, all statuses of an author, a link or all links of a publisher.
    name
        The tag's name, the id of the status or link, the author's username, the publisher's host.
    """
    _decide(what, name, allowed=False)


def _decide(what: What, name: str, *, allowed: bool) -> None:
    async def act(conn: Connection) -> None:
        on = Decided[what.upper()]
        subject_id = await _subject_id(conn, on, name.strip())
        await decide(conn, on, subject_id, allowed=allowed)
        await note_decision_on_trend(conn, None, what, name.strip(), subject_id, allowed=allowed)

    with told_plainly():
        in_database(load_settings(), act)
    print(f"{'Allowed' if allowed else 'Refused'}: {what} {name}")


async def _subject_id(conn: Connection, on: Decided, name: str) -> int:
    if on == Decided.TAG:
        tag = name.removeprefix("#")
        if not is_tag(tag):
            raise OperatorError(f"{name} can't be a tag")
        return tag_id_of(normal_tag(tag))
    if on == Decided.AUTHOR:
        account = await find_local_account(conn, name.removeprefix("@"))
        if account is None:
            raise OperatorError(f"there is no member {name}")
        return account.id
    if on == Decided.PUBLISHER:
        return publisher_id(name.lower().removeprefix("www."))
    found = parse_id(name)
    if found is None:
        raise OperatorError(f"{name} is not an id")
    return found


async def _lines(conn: Connection, settings: Settings) -> list[str]:
    tags = await all_trends(conn, Kind.TAG)
    known = await trending_tags(conn, [each.subject_id for each in tags])
    names = {int(each.id): each.display_name for each in known}
    links = await all_trends(conn, Kind.LINK)
    cards = await cards_by_ids(conn, [each.subject_id for each in links])
    addresses = {int(each): card.url for each, card in cards.items()}
    lines = [f"tag     #{names.get(each.subject_id)}  {_standing(settings, each)}" for each in tags]
    statuses = await all_trends(conn, Kind.STATUS)
    lines += [f"status  {each.subject_id}  {_standing(settings, each)}" for each in statuses]
    lines += [
        f"link    {each.subject_id}  {_standing(settings, each)}  {addresses.get(each.subject_id, '')}"
        for each in links
    ]
    return lines or ["Nothing is ranked."]


def _standing(settings: Settings, trend: Trend) -> str:
    if trend.allowed is None:
        return "undecided, shown" if is_shown(settings, trend) else "undecided, hidden"
    return "allowed" if trend.allowed else "refused"
