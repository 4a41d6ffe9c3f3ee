"""Who joins when, and who follows whom: a few are followed by nearly all, most by a handful."""

from datetime import datetime, timedelta

import msgspec

from parley.cli.demo_world.chance import Chance
from parley.cli.demo_world.deeds import Admit, Appear, Follow, Gather, Join, Timed
from parley.cli.demo_world.script import GUIDE, Person, Scene, World
from parley.publishing.models import Visibility

Pair = tuple[str, str]

_DAY = timedelta(days=1)
_FOLLOWS_MIDDLE = 14
_FOLLOWS_MAX = 42
_RANK_EXPONENT = 1.0
_BELLS = ((GUIDE, "hollis"), ("hollis", GUIDE), ("pearl", "dot"))
_LISTS = (
    (GUIDE, "Plots and pots", ["jonas", "carmen", "odile", "oksana", "lupe"]),
    (GUIDE, "Up early", ["hollis", "oskar_bakes", "haruka", "uwe"]),
)
# What the guide must see, or their first look at home would show little of this world.
_GUIDE_FOLLOWS = (
    "hollis", "oskar_bakes", "lupe", "wren", "dot", "fenwick", "nell",
    "jonas", "carmen", "odile", "juno", "noor", "layla", "haruka",
    "saoirse", "pearl", "frau_k", "kofi", "anselm", "priya", "ploy",
    "pip", "quiet_fox", "harbour_weather", "xiaoyu", "femke", "oksana", "uwe",
)  # fmt: skip
# Their requests are still open.
_WAITING = ("pip", "zeke", "tomek")


class Graph(msgspec.Struct, frozen=True):
    """`followers` of each, with the moment since when; `deeds` in no order."""

    joined: dict[str, datetime]
    followers: dict[str, dict[str, datetime]]
    deeds: list[Timed]


def plan_graph(world: World, now: datetime) -> Graph:
    people = world.people
    joined = {each.username: _join_moment(each, now) for each in people}
    deeds = [Timed(joined[each.username], Join(each)) for each in people]
    followers: dict[str, dict[str, datetime]] = {each.username: {} for each in people}
    locked = {each.username for each in people if each.locked}
    confided = _who_confided(world.scenes)
    for who, whom in _follows(people, _who_talked(world.scenes), confided):
        early = who == GUIDE or (who, whom) in confided
        moment = _follow_moment(Chance("follow", who, whom), max(joined[who], joined[whom]), now, early)
        deeds.append(Timed(moment, Follow(who, whom, bell=(who, whom) in _BELLS)))
        if whom in locked and who in _WAITING:
            continue
        if whom in locked:
            moment += timedelta(hours=2)
            deeds.append(Timed(moment, Admit(whom, who)))
        followers[whom][who] = moment
    opening = now - 11 * _DAY
    deeds += [Timed(opening, Appear(name)) for name, moment in joined.items() if moment < opening]
    deeds += [
        Timed(opening, Gather(owner, title, [each for each in names if each in joined]))
        for owner, title, names in _LISTS
    ]
    return Graph(joined, followers, deeds)


def _join_moment(person: Person, now: datetime) -> datetime:
    days = 50.0 if person.joined is None else person.joined
    return now - days * _DAY + Chance("join", person.username).between(-0.2, 0.2) * _DAY


def _follow_moment(chance: Chance, earliest: datetime, now: datetime, early: bool) -> datetime:
    """Mostly soon after both were there; if `early`, before the conversations begin in any case."""
    last = now - 11.5 * _DAY
    if earliest > last:
        return earliest + min(chance.between(0.02, 1.5) * _DAY, (now - earliest) * 0.8)
    if not early and chance.happens(0.06):
        return now - chance.between(0.1, 9) * _DAY
    moment = earliest + chance.spread(12, 1.0) * _DAY
    return moment if moment < last else earliest + (last - earliest) * chance.unit()


def _who_talked(scenes: list[Scene]) -> set[Pair]:
    """Pairs that meet in a conversation."""
    pairs: set[Pair] = set()
    for scene in scenes:
        names = {line.author for line in scene}
        pairs |= {(one, other) for one in names for other in names if one != other}
    return pairs


def _who_confided(scenes: list[Scene]) -> set[Pair]:
    """Pairs that meet where only followers can."""
    return _who_talked([scene for scene in scenes if scene[0].visibility == Visibility.PRIVATE])


def _follows(people: list[Person], talked: set[Pair], confided: set[Pair]) -> list[Pair]:
    wanted: dict[Pair, None] = dict.fromkeys(sorted(confided))
    for person in people:
        if not person.bot:
            wanted.update(dict.fromkeys((person.username, whom) for whom in _choices(person, people)))
    wanted.update(dict.fromkeys(sorted(pair for pair in talked if Chance("talk", *pair).happens(0.65))))
    for who, whom in list(wanted):
        if Chance("back", who, whom).happens(0.15):
            wanted[whom, who] = None
    wanted.update(dict.fromkeys((GUIDE, whom) for whom in _GUIDE_FOLLOWS))
    wanted.update(dict.fromkeys((who, "quiet_fox") for who in _WAITING))
    acting = {each.username for each in people if not each.bot}
    names = {each.username for each in people}
    return [(who, whom) for who, whom in wanted if who in acting and whom in names]


def _choices(person: Person, people: list[Person]) -> list[str]:
    """The better known, the more interests in common, and only who can be understood."""
    chance = Chance("choices", person.username)
    names = [each.username for each in people]
    weights = [
        0.0 if each.username == person.username else (rank + 1) ** -_RANK_EXPONENT * _affinity(person, each)
        for rank, each in enumerate(people)
    ]
    return chance.several(names, weights, min(int(chance.spread(_FOLLOWS_MIDDLE, 0.5)), _FOLLOWS_MAX))


def _affinity(one: Person, other: Person) -> float:
    shared = len(set(one.topics) & set(other.topics))
    understood = 1.0 if other.language in one.languages else 0.12
    return (1 + 1.5 * shared) * understood
