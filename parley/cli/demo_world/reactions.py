"""What others do about a post: likes, boosts, bookmarks, votes; and its author's pin."""

from datetime import datetime, timedelta

import msgspec

from parley.cli.demo_world.chance import Chance
from parley.cli.demo_world.deeds import Boost, Deed, Keep, Like, Pin, Timed, Vote
from parley.cli.demo_world.graph import Graph
from parley.cli.demo_world.posts import Post
from parley.cli.demo_world.script import Person
from parley.publishing.models import Visibility

_REACTION_HOURS = 2.2
_LIKES_PER_FOLLOWER = 0.24
_LIKES_PER_FOLLOWER_MAX = 0.75
_ANSWER_SHARE = 0.35
_BOOSTS_PER_LIKE = 0.14
_BOOKMARK_PROBABILITY = 0.035
_STRANGER_WEIGHT = 0.04
_LINGUIST_WEIGHT = 0.15


class Crowd(msgspec.Struct, frozen=True):
    people: list[Person]
    graph: Graph
    end: datetime


def plan_reactions(crowd: Crowd, posts: list[Post]) -> list[Timed]:
    return [timed for post in posts for timed in _reactions_to(crowd, post)]


def _reactions_to(crowd: Crowd, post: Post) -> list[Timed]:
    likers = _likers(crowd, post)
    deeds: list[Timed] = []
    for who in likers:
        _add(deeds, crowd, post, who, Like(who, post.number))
        if Chance("keep", who, post.words).happens(_BOOKMARK_PROBABILITY):
            _add(deeds, crowd, post, who, Keep(who, post.number))
    for who in _boosters(crowd, post, len(likers)):
        _add(deeds, crowd, post, who, Boost(who, post.number))
    if post.line.ballot is not None:
        deeds += _votes(crowd, post)
    if post.line.pinned:
        moment = min(post.moment + timedelta(minutes=6), crowd.end)
        deeds.append(Timed(moment, Pin(post.line.author, post.number)))
    return deeds


def _add(deeds: list[Timed], crowd: Crowd, post: Post, who: str, deed: Deed) -> None:
    """Soon after the post, rarely much later, never before its doer was there; what would come yet is left out."""
    wait = Chance(type(deed).__name__, who, post.words).spread(_REACTION_HOURS, 1.3)
    moment = max(post.moment, crowd.graph.joined[who]) + timedelta(hours=wait)
    if moment <= crowd.end:
        deeds.append(Timed(moment, deed))


def _likers(crowd: Crowd, post: Post) -> list[str]:
    chance = Chance("likes", post.words)
    weights = [_interest(crowd, post, each) for each in crowd.people]
    followers = len(crowd.graph.followers[post.line.author])
    middle = followers * _LIKES_PER_FOLLOWER * post.line.likes * (_ANSWER_SHARE if post.answers else 1)
    wanted = min(chance.spread(middle, 0.75), followers * _LIKES_PER_FOLLOWER_MAX)
    return chance.several([each.username for each in crowd.people], weights, round(wanted))


def _boosters(crowd: Crowd, post: Post, likes: int) -> list[str]:
    if post.answers is not None or post.line.visibility not in (Visibility.PUBLIC, Visibility.UNLISTED):
        return []
    chance = Chance("boosts", post.words)
    weights = [_interest(crowd, post, each) for each in crowd.people]
    wanted = round(likes * _BOOSTS_PER_LIKE * chance.spread(1, 0.6))
    return chance.several([each.username for each in crowd.people], weights, wanted)


def _interest(crowd: Crowd, post: Post, person: Person) -> float:
    """Nothing for those who can't see the post."""
    who, author = person.username, post.line.author
    if person.bot or who == author:
        return 0.0
    if post.line.visibility == Visibility.DIRECT:
        return 0.5 if post.answers is not None and who == post.answers.line.author else 0.0
    since = crowd.graph.followers[author].get(who)
    follows = since is not None and since < post.moment
    if post.line.visibility == Visibility.PRIVATE and not follows:
        return 0.0
    answered = post.answers is not None and who == post.answers.line.author
    understood = 1.0 if post.line.language in person.languages else _LINGUIST_WEIGHT
    return (1.0 if follows else _STRANGER_WEIGHT) * understood + 2.0 * answered


def _votes(crowd: Crowd, post: Post) -> list[Timed]:
    ballot, chance = post.line.ballot, Chance("ballot", post.words)
    if ballot is None:
        return []
    shares = [chance.spread(1, 0.7) for _ in ballot.options]
    weights = [_interest(crowd, post, each) for each in crowd.people]
    voters = chance.several([each.username for each in crowd.people], weights, chance.whole(7, 24))
    closing = min(post.moment + timedelta(hours=ballot.hours), crowd.end)
    deeds = []
    for who in voters:
        draw = Chance("vote", who, post.words)
        latest = closing - timedelta(minutes=2)
        moment = max(post.moment, crowd.graph.joined[who]) + timedelta(hours=draw.spread(3, 1.2))
        choices = [draw.weighted(range(len(shares)), shares)]
        if ballot.several and draw.happens(0.5):
            choices = sorted({*choices, draw.weighted(range(len(shares)), shares)})
        if moment < latest:
            deeds.append(Timed(moment, Vote(who, post.number, choices)))
    return deeds
