"""Every door of the client API that shows a status or acts on one; trying them, and comparing with a table."""

import re
from collections.abc import Awaitable, Callable, Iterator
from html import unescape
from typing import Any, TypeVar

import httpx

from tests.publishing.visibility_world import LETTERS, TAG, Ids, World, word_of
from tests.world import Member

# What a cell shows instead of a letter: not there, as if it had never been; refused to this viewer.
HIDDEN, REFUSED = "-", "x"
REFUSALS = {401, 403, 410, 422}

Door = TypeVar("Door")

Try = Callable[[World, Member, str], Awaitable[bool | str]]
"""A door to one status, named by its letter: whether it was shown or done, or REFUSED."""

Listing = Callable[[World, Member], Awaitable[httpx.Response]]
"""A door to a list."""


async def cell_of_tries(attempt: Try, world: World, viewer: Member, letters: str = "pufd") -> str:
    signs = []
    for letter in LETTERS:
        outcome = await attempt(world, viewer, letter) if letter in letters else False
        signs.append(outcome if isinstance(outcome, str) else letter if outcome else HIDDEN)
    return "".join(signs)


async def cell_of_listing(listing: Listing, ids: Ids, world: World, viewer: Member) -> str:
    """The letters of `ids` that stand in the answer, as items or as what notifications are about."""
    answer = await listing(world, viewer)
    if outcome(answer) is not True:
        return (REFUSED if outcome(answer) else HIDDEN) * 4
    body = answer.json()
    items = body["statuses"] if "notification_groups" in body else body
    shown = {item.get("status", item)["id"] for item in items if "type" not in item or "status" in item}
    return "".join(letter if ids.get(letter) in shown else HIDDEN for letter in LETTERS)


def outcome(answer: httpx.Response) -> bool | str:
    if answer.status_code in REFUSALS:
        return REFUSED
    assert answer.status_code in {200, 404}, answer.text
    return answer.status_code == 200


# Looking at one status ----------------------------------------------------------------------------------


def getting(path: str, part: str = "plain") -> Try:
    """`path` with {id} is asked for each status (or poll) of this part of the world."""

    async def attempt(world: World, viewer: Member, letter: str) -> bool | str:
        return outcome(await viewer.get(path.format(id=getattr(world, part)[letter])))

    return attempt


async def show_several(world: World, viewer: Member, letter: str) -> bool | str:
    answer = await viewer.get("/api/v1/statuses", **{"id[]": [world.plain[letter], world.root]})
    found = outcome(answer)
    return found if isinstance(found, str) else world.plain[letter] in _ids(answer.json())


async def as_ancestor(world: World, viewer: Member, letter: str) -> bool | str:
    return await _in_context(viewer, world.answers[letter], "ancestors", world.plain[letter])


async def as_descendant(world: World, viewer: Member, letter: str) -> bool | str:
    return await _in_context(viewer, world.root, "descendants", world.said_back[letter])


async def _in_context(viewer: Member, centre: str, side: str, wanted: str) -> bool | str:
    answer = await viewer.get(f"/api/v1/statuses/{centre}/context")
    found = outcome(answer)
    return found if found is not True else wanted in _ids(answer.json()[side])


async def in_a_quote(world: World, viewer: Member, letter: str) -> bool | str:
    """Inside a public status that quotes it: shown whole, or not a word of it."""
    answer = await viewer.get(f"/api/v1/statuses/{world.quoting[letter]}")
    found = outcome(answer)
    if found is not True:
        return found
    quoted = answer.json()["quote"]["quoted_status"]
    if quoted is None:
        assert word_of("plain", letter) not in answer.text
        assert world.plain[letter] not in answer.text
    return quoted is not None and quoted["id"] == world.plain[letter]


async def revoke_quote(world: World, viewer: Member, letter: str) -> bool | str:
    path = f"/api/v1/statuses/{world.plain[letter]}/quotes/{world.quoting[letter]}/revoke"
    return outcome(await viewer.post(path))


async def quote_by_a_new_one(world: World, viewer: Member, letter: str) -> bool | str:
    body = {"status": "I quote", "quoted_status_id": world.plain[letter]}
    return outcome(await viewer.post("/api/v1/statuses", body))


async def change_policy(world: World, viewer: Member, letter: str) -> bool | str:
    path = f"/api/v1/statuses/{world.plain[letter]}/interaction_policy"
    return outcome(await viewer.put(path, {"quote_approval_policy": "public"}))


async def search_by_address(world: World, viewer: Member, letter: str) -> bool | str:
    address = f"https://parley.test/@author/{world.plain[letter]}"
    answer = await viewer.get("/api/v2/search", q=address)
    found = outcome(answer)
    return found if isinstance(found, str) else world.plain[letter] in _ids(answer.json()["statuses"])


async def told_of_one(world: World, viewer: Member, letter: str) -> bool | str:
    """A single notification, by ids that the viewer has had from a list before."""
    return await _told_of(world, viewer, letter, "/api/v1/notifications/")


async def told_of_group(world: World, viewer: Member, letter: str) -> bool | str:
    return await _told_of(world, viewer, letter, "/api/v2/notifications/ungrouped-")


async def _told_of(world: World, viewer: Member, letter: str, path: str) -> bool | str:
    ids = world.notification_ids.get(world.name_of(viewer), {}).get(letter) or ["1"]
    outcomes = [outcome(await viewer.get(f"{path}{each}")) for each in ids]
    return True in outcomes or outcomes[0]


async def file_by_api(world: World, viewer: Member, letter: str) -> bool | str:
    """The picture of a status, by the addresses that whoever sees the status is given."""
    answer = await viewer.get(f"/api/v1/statuses/{world.said_back[letter]}")
    found = outcome(answer)
    if found is not True:
        return found
    [attached] = answer.json()["media_attachments"]
    return await _are_served(viewer, [attached["url"], attached["preview_url"]])


async def file_by_page(world: World, viewer: Member, letter: str) -> bool | str:
    """The same on the status's page, by whoever is signed in in a browser."""
    headers = {"cookie": world.cookies.get(world.name_of(viewer), ""), "accept": "text/html"}
    page = await viewer.client.get(f"/@author/{world.said_back[letter]}", headers=headers)
    named = [unescape(each) for each in re.findall(r'(?:src|href)="(/media/[^"]+)"', page.text)]
    found = outcome(page)
    assert bool(named) == (found is True)
    return await _are_served(viewer, named) if found is True else found


async def _are_served(viewer: Member, addresses: list[str]) -> bool:
    """By the address alone: no file asks who somebody is."""
    answers = [await viewer.client.get(each) for each in addresses]
    return all(each.status_code == 200 for each in answers)


def _ids(statuses: list[dict[str, Any]]) -> set[str]:
    return {status["id"] for status in statuses}


# Acting on one status -----------------------------------------------------------------------------------


def acting(act: str, part: str = "plain", body: Any = None) -> Try:
    async def attempt(world: World, viewer: Member, letter: str) -> bool | str:
        path = f"/api/v1/{'polls' if part == 'polls' else 'statuses'}/{getattr(world, part)[letter]}/{act}"
        return outcome(await viewer.post(path, body))

    return attempt


async def reply(world: World, viewer: Member, letter: str) -> bool | str:
    body = {"status": "I answer", "in_reply_to_id": world.plain[letter]}
    return outcome(await viewer.post("/api/v1/statuses", body))


async def put_in_a_filter(world: World, viewer: Member, letter: str) -> bool | str:
    made = await viewer.post("/api/v2/filters", {"title": letter, "context": ["thread"]})
    filter_id = made.json()["id"] if made.status_code == 200 else "1"
    path = f"/api/v2/filters/{filter_id}/statuses"
    return outcome(await viewer.post(path, {"status_id": world.plain[letter]}))


async def edit(world: World, viewer: Member, letter: str) -> bool | str:
    return outcome(await viewer.put(f"/api/v1/statuses/{world.said_back[letter]}", {"status": "changed"}))


async def delete(world: World, viewer: Member, letter: str) -> bool | str:
    return outcome(await viewer.delete(f"/api/v1/statuses/{world.said_back[letter]}"))


# Lists --------------------------------------------------------------------------------------------------


def listing(path: str, **query: Any) -> Listing:
    async def ask(world: World, viewer: Member) -> httpx.Response:
        wanted = path.format(
            author=world.author.id,
            neighbour=world.neighbour.id,
            list=world.lists.get(world.name_of(viewer), "1"),
            tag=TAG,
        )
        return await viewer.get(wanted, limit="80", **query)

    return ask


def conversations(path: str) -> Listing:
    """The last status of each."""

    async def ask(_world: World, viewer: Member) -> httpx.Response:
        answer = await viewer.get(path, limit="40")
        return (
            httpx.Response(200, json=[each["last_status"] for each in answer.json()])
            if answer.is_success
            else answer
        )

    return ask


async def search_by_words(world: World, viewer: Member) -> httpx.Response:
    """The author has not opted in, so these are what the viewer wrote, is mentioned in, or keeps."""
    return await _found(viewer, f"from:{world.author.name}")


async def search_by_tag(_world: World, viewer: Member) -> httpx.Response:
    return await _found(viewer, f"#{TAG}")


async def _found(viewer: Member, q: str) -> httpx.Response:
    answer = await viewer.get("/api/v2/search", q=q, type="statuses", limit="40")
    return httpx.Response(200, json=answer.json()["statuses"]) if answer.is_success else answer


# Tables -------------------------------------------------------------------------------------------------


def cells_of(table: str) -> dict[tuple[str, str], str]:
    """By relation and column."""
    head, *rows = (line.split() for line in table.strip().splitlines())
    return {(row[0], column): cell for row in rows for column, cell in zip(head[1:], row[1:], strict=True)}


def relations_of(table: str) -> list[str]:
    return list(dict.fromkeys(relation for relation, _ in cells_of(table)))


class Tables:
    """Tries doors and remembers each cell that is not as expected, so that a failure tells all of them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.wrong: list[str] = []

    async def try_listings(
        self,
        table: str,
        by_column: dict[str, dict[str, Listing]],
        ids: Ids,
        but: dict[tuple[str, str], str] | None = None,
    ) -> None:
        for relation, viewer, name, ask, expected in self._tries(table, by_column, but):
            self._compare(relation, name, expected, await cell_of_listing(ask, ids, self.world, viewer))

    async def try_single(
        self, table: str, by_column: dict[str, dict[str, Try]], letters: str = "pufd"
    ) -> None:
        for relation, viewer, name, attempt, expected in self._tries(table, by_column):
            cell = await cell_of_tries(attempt, self.world, viewer, letters)
            self._compare(relation, name, expected, cell)

    def _tries(
        self,
        table: str,
        by_column: dict[str, dict[str, Door]],
        but: dict[tuple[str, str], str] | None = None,
    ) -> Iterator[tuple[str, Member, str, Door, str]]:
        expected = cells_of(table) | (but or {})
        for column, named in by_column.items():
            for name, door in named.items():
                for relation, viewer in self.world.viewers.items():
                    if (relation, column) in expected:
                        yield relation, viewer, name, door, expected[relation, column]

    def _compare(self, relation: str, door: str, expected: str, cell: str) -> None:
        if cell != expected:
            self.wrong.append(f"{relation} at {door}: expected {expected}, got {cell}")
