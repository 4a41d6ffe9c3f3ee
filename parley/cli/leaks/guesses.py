"""Guessing: ids of hidden things, ids beside known ones, ids of what is gone; as a stranger, at API, pages and files."""

import secrets
from collections.abc import Iterable, Iterator
from itertools import pairwise

from parley.cli import audit_queries as queries
from parley.cli.audit_queries import SampledStatus
from parley.cli.leaks.outcome import Ground, Outcome, judged, passed, skipped
from parley.kit.ids import new_random_id
from parley.kit.own_server import OwnAnswer, OwnServer, OwnServerSilent

_STATUSES_LOOKED_AT = 5000
_OPEN, _PRIVATE, _DIRECT, _READY = (0, 1), 2, 3, 1
# Little, so that no limit on strangers is reached, nor an alarm rung.
_HIDDEN_TRIED = 1
_THINGS_TRIED = 1
_AT_ONCE = 20
_BESIDE, _IN_MOMENT = 6, 12
_HOMES, _ENTRIES, _GONE_TRIED = 20, 400, 3
_FILES_TRIED = 1

_OF_STATUS = (
    "/api/v1/statuses/{id}",
    "/api/v1/statuses/{id}/context",
    "/@{name}/{id}",
    "/@{name}/{id}/embed",
    "/api/oembed?url={base}/@{name}/{id}",
)
_OF_GONE = ("/api/v1/statuses/{id}", "/@parley/{id}")
_OF_THINGS = {
    "list": ("/api/v1/lists/{id}", "/api/v1/timelines/list/{id}", "/lists/{id}"),
    "filter": ("/api/v2/filters/{id}",),
    "keyword": ("/api/v1/filters/{id}", "/api/v2/filters/keywords/{id}"),
    "scheduled": ("/api/v1/scheduled_statuses/{id}", "/api/v1/statuses/{id}"),
    "conversation": ("/messages/{id}",),
    "notification": ("/api/v1/notifications/{id}", "/api/v2/notifications/ungrouped-{id}"),
    "report": ("/api/v1/admin/reports/{id}", "/admin/reports/{id}"),
    "account": ("/api/v1/admin/accounts/{id}", "/admin/accounts/{id}"),
}


class Stopped(OwnServerSilent):
    """The server's own limits, which hold for the operator, too."""


async def asked(server: OwnServer, path: str) -> OwnAnswer:
    """Raises Stopped."""
    return not_stopped(await server.ask(path))


def not_stopped(answer: OwnAnswer) -> OwnAnswer:
    if answer.status == 429:
        raise Stopped(
            f"the server's limits stopped this: try again in {answer.header('retry-after')} seconds"
        )
    return answer


async def hidden_statuses(ground: Ground) -> Outcome:
    sample = await queries.newest_statuses(ground.conn, _STATUSES_LOOKED_AT)
    faults: list[str] = []
    tried = 0
    for visibility, name in ((_PRIVATE, "private"), (_DIRECT, "direct")):
        for status in [each for each in sample if each.visibility == visibility][:_HIDDEN_TRIED]:
            tried += 1
            found = await _told_apart(ground.server, _paths_of(ground, status), status.id)
            faults += [f"{name}: {path}" for path in found]
    if not tried:
        return skipped("there is no private or direct post yet")
    return judged(faults, f"{tried} posts answer as posts that never were")


def _paths_of(ground: Ground, status: SampledStatus) -> Iterator[str]:
    """With `{id}` left open."""
    for path in _OF_STATUS:
        yield path.replace("{name}", status.username).replace("{base}", ground.settings.base_url)
    if status.poll_id is not None:
        yield f"/api/v1/polls/{status.poll_id}"


async def _told_apart(server: OwnServer, paths: Iterable[str], any_id: int) -> list[str]:
    """The paths, with the id in it, by which something shows."""
    told = [path for path in paths if not await _like_nothing(server, path, any_id)]
    return [path.replace("{id}", str(any_id)) for path in told]


async def _like_nothing(server: OwnServer, path: str, any_id: int) -> bool:
    """Whether nothing tells the thing from one that never was."""
    invented = str(new_random_id())
    known = await asked(server, path.replace("{id}", str(any_id)))
    if known.status < 300:
        return False
    if "{id}" not in path:
        return known.status in {401, 403, 404}
    missing = await asked(server, path.replace("{id}", invented))
    return known.status == missing.status and _words(known, str(any_id)) == _words(missing, invented)


def _words(answer: OwnAnswer, any_id: str) -> str:
    """Pages that ask for sign-in name the address they lead back to."""
    return f"{answer.header('location')} {answer.text}".replace(any_id, "ID")


async def things_of_members(ground: Ground) -> Outcome:
    faults: list[str] = []
    kinds = set()
    for kind, any_id in await queries.things_of_members(ground.conn, _THINGS_TRIED):
        kinds.add(kind)
        found = await _told_apart(ground.server, _OF_THINGS[kind], any_id)
        faults += [f"{kind}: {path}" for path in found]
    if not kinds:
        return skipped("there is nothing of members yet")
    return judged(faults, f"closed to strangers: {', '.join(sorted(kinds))}")


async def neighbours(ground: Ground) -> Outcome:
    """Ids of the same moment and bucket, of which there are 256, and those just beside."""
    sample = await queries.newest_statuses(ground.conn, _STATUSES_LOOKED_AT)
    hidden = [each.id for each in sample if each.visibility not in _OPEN][:1]
    known = hidden or [each.id for each in sample][:1]
    if not known:
        return skipped("there are no posts yet")
    guesses = {each + step for each in known for step in range(-_BESIDE, _BESIDE + 1)}
    guesses |= {each >> 8 << 8 | secrets.randbelow(256) for each in known for _ in range(_IN_MOMENT)}
    left, shown = sorted(guesses), set()
    while left:
        some, left = left[:_AT_ONCE], left[_AT_ONCE:]
        query = "&".join(f"id[]={each}" for each in some)
        text = (await asked(ground.server, f"/api/v1/statuses?{query}")).text
        shown |= {each for each in some if f'"{each}"' in text}
    open_to_all = await queries.visibilities_among(ground.conn, shown)
    faults = [f"/api/v1/statuses/{each}" for each in shown if open_to_all.get(each) not in _OPEN]
    return judged(faults, f"{len(guesses)} guesses found nothing but public posts")


async def deleted_statuses(ground: Ground) -> Outcome:
    """Homes name deleted posts until they are trimmed: whoever had one knows its id."""
    gone: set[int] = set()
    for owner_id in await queries.member_ids_from(ground.conn, secrets.randbits(62), _HOMES):
        named = await queries.home_status_ids(ground.conn, owner_id, _ENTRIES)
        gone |= set(named) - (await queries.visibilities_among(ground.conn, named)).keys()
    faults: list[str] = []
    for status_id in sorted(gone, reverse=True)[:_GONE_TRIED]:
        faults += await _told_apart(ground.server, _OF_GONE, status_id)
    if not gone:
        return skipped("no home of those looked at names a deleted post")
    return judged(faults, f"{min(len(gone), _GONE_TRIED)} deleted posts answer as posts that never were")


async def guarded_files(ground: Ground) -> Outcome:
    """Without a seal, with an invented one, with one that is over, and with neighbouring numbers."""
    some = await queries.files_from(ground.conn, 0, _READY, 500)
    guarded = [each for each in some if each.guarded and each.variants][:_FILES_TRIED]
    faults: list[str] = []
    for each in guarded:
        path = f"/media/{each.id}/{each.variants[0]['file']}"
        seal = secrets.token_urlsafe(16)
        tries = [path, f"{path}?until=99999999999&seal={seal}", f"{path}?until=1&seal={seal}"]
        tries += [f"/media/{each.id + 1}/{each.variants[0]['file']}", f"/api/v1/media/{each.id}"]
        had = [tried for tried in tries if (await asked(ground.server, tried)).status < 400]
        faults += [tried.partition("?")[0] for tried in had]
    if not guarded:
        return skipped("there is no file yet that not everybody may see")
    return judged(faults, f"{len(guarded)} files that not everybody may see can't be had")


async def random_ids(ground: Ground) -> Outcome:
    """Drawn from 62 bits, two in a few thousand lie millions of millions apart."""
    start = secrets.randbits(62)
    faults = []
    for name, ids in (
        ("members", await queries.member_ids_from(ground.conn, start, 2000)),
        ("files", await queries.media_ids_from(ground.conn, start, 2000)),
    ):
        if any(each.bit_length() < 62 for each in ids):
            faults.append(f"numbers of {name} are small")
        if any(after - before < 1 << 20 for before, after in pairwise(ids)):
            faults.append(f"numbers of {name} lie close together")
    names = [each["file"].partition(".")[0] for row in await queries.files_from(ground.conn, start, _READY, 500) for each in row.variants]  # fmt: skip
    if any(len(each) * 4 < 128 for each in names) or len(set(names)) < len(names):
        faults.append("names of files can be guessed")
    return judged(faults, "members, files and names of files can't be walked")


async def own_limits(ground: Ground) -> Outcome:
    if not ground.settings.rate_limits:
        return judged(["the setting rate_limits is off: whoever wants may take everything"], "")
    answer = await asked(ground.server, "/api/v1/instance")
    if not answer.header("x-ratelimit-limit"):
        return judged(["the running server counts no requests: restart it with rate_limits on"], "")
    things = ground.settings.read_by_address_max
    said = f"{answer.header('x-ratelimit-limit')} requests in five minutes, {things} things a day from one address"
    return passed(said)


async def wall(ground: Ground) -> Outcome:
    settings = ground.settings
    if settings.sign_in_wall == "off":
        if settings.sign_in_wall_on_alarm:
            return passed("open to all until somebody takes too much: then it asks for sign-in by itself")
        return judged(["sign_in_wall_on_alarm is off: nothing stops who is noticed to take everything"], "")
    answer = await asked(ground.server, "/api/v1/timelines/public?max_id=1")
    faults = (
        [] if answer.status == 401 else ["the wall is set, and older pages are shown: restart the server"]
    )
    return judged(faults, "older pages ask for sign-in")
