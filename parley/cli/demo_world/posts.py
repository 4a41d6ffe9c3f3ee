"""When everything is said: conversations begin at lively hours, and who answers sleeps first if it is night there."""

from datetime import datetime, timedelta

import msgspec

from parley.cli.demo_world.bots import bot_posts
from parley.cli.demo_world.chance import Chance
from parley.cli.demo_world.deeds import Rewrite, Say, Timed
from parley.cli.demo_world.script import Line, Person, Scene, World
from parley.publishing.models import Visibility

DAYS = 10.5
# How lively each hour of the day is, from midnight.
_LIVELY = (1.2, 0.5, 0.2, 0.1, 0.1, 0.4, 1.6, 3, 4, 4, 4, 4, 5, 5, 4, 4, 4, 5, 6, 7, 8, 8, 6, 3)
_ASLEEP = range(1, 6)
_ANSWER_MIDDLE = timedelta(minutes=22)
_ANSWER_MAX = timedelta(hours=16)
_TRIES = 60
_LATELY = timedelta(hours=9)
_REMARK_PROBABILITY = 0.8


class Post(msgspec.Struct, frozen=True):
    number: int
    moment: datetime
    line: Line
    answers: "Post | None" = None

    @property
    def words(self) -> str:
        """What chance goes by: the same on every run, as its number is not."""
        return f"{self.line.author}: {self.line.text[:60]}"


class Rhythm(msgspec.Struct, frozen=True):
    """What decides when somebody may speak: since when they are there, and the time where they live."""

    start: datetime
    end: datetime
    joined: dict[str, datetime]
    zones: dict[str, timedelta]

    def local(self, who: str, moment: datetime) -> datetime:
        return moment + self.zones[who]

    def since(self, names: set[str]) -> datetime:
        """When all of them had arrived and settled in."""
        return max([self.start, *(self.joined[name] + timedelta(minutes=20) for name in names)])


def plan_posts(world: World, joined: dict[str, datetime], now: datetime) -> list[Post]:
    """Oldest first, numbered in that order."""
    zones = {each.username: timedelta(hours=each.zone) for each in world.people}
    rhythm = Rhythm(now - timedelta(days=DAYS), now - timedelta(minutes=2), joined, zones)
    spoken = [
        post for number, scene in enumerate(world.scenes) for post in _scene_posts(rhythm, scene, number)
    ]
    posts = spoken + _remark_posts(rhythm, world, spoken)
    bots = [Post(0, moment, line) for moment, line in bot_posts(rhythm.start, rhythm.end)]
    return _numbered(posts + [post for post in bots if post.line.author in joined])


def _numbered(posts: list[Post]) -> list[Post]:
    """What is answered comes first, so that its number is known."""
    numbered: dict[int, Post] = {}
    for number, post in enumerate(sorted(posts, key=lambda post: post.moment)):
        answered = None if post.answers is None else numbered[id(post.answers)]
        numbered[id(post)] = msgspec.structs.replace(post, number=number, answers=answered)
    return list(numbered.values())


# Conversations


def _scene_posts(rhythm: Rhythm, scene: Scene, number: int) -> list[Post]:
    """Begun again at other hours until its end lies in the past; at worst, everybody answers faster."""
    since = rhythm.since({line.author for line in scene})
    if scene[0].lately or (number % 20 == 3 and len(scene) == 1 and scene[0].hour is None):
        since = max(since, rhythm.end - _LATELY)
    posts: list[Post] = []
    for turn in range(_TRIES):
        chance = Chance("scene", scene[0].author, scene[0].text[:40], turn)
        posts = _posts_from(rhythm, scene, chance, _beginning(rhythm, scene[0], chance, since))
        if max(post.moment for post in posts) <= rhythm.end:
            return posts
    return _squeezed(posts, rhythm.end)


def _beginning(rhythm: Rhythm, line: Line, chance: Chance, since: datetime) -> datetime:
    for _ in range(_TRIES):
        moment = since + (rhythm.end - since) * chance.unit()
        hour = rhythm.local(line.author, moment).hour
        if hour == line.hour if line.hour is not None else chance.happens(_LIVELY[hour] / max(_LIVELY)):
            return moment
    return since + (rhythm.end - since) * chance.unit()


def _posts_from(rhythm: Rhythm, scene: Scene, chance: Chance, beginning: datetime) -> list[Post]:
    latest: list[Post] = []
    posts: list[Post] = []
    for line in scene:
        if line.depth == 0:
            post = Post(0, beginning, line)
        else:
            answered = latest[line.depth - 1]
            # Of two answers to one post, the one written below came later.
            after = max([answered.moment, *(each.moment for each in posts if each.answers is answered)])
            # What is said to a few is answered to a few.
            shown = msgspec.structs.replace(line, visibility=max(line.visibility, answered.line.visibility))
            post = Post(0, _answer_moment(rhythm, line.author, chance, after), shown, answered)
        latest[line.depth :] = [post]
        posts.append(post)
    return posts


def _answer_moment(rhythm: Rhythm, who: str, chance: Chance, after: datetime) -> datetime:
    wait = min(_ANSWER_MIDDLE * chance.spread(1, 1.2), _ANSWER_MAX)
    moment = after + max(wait, timedelta(seconds=50))
    local = rhythm.local(who, moment)
    if local.hour in _ASLEEP and not chance.happens(0.15):
        waking = local.replace(hour=6, minute=0) + timedelta(minutes=chance.between(5, 150))
        moment += waking - local
    return moment


def _squeezed(posts: list[Post], end: datetime) -> list[Post]:
    """The same order, in the time there is."""
    first, last = posts[0].moment, max(post.moment for post in posts)
    first = min(first, end - timedelta(minutes=3 * len(posts)))
    factor = (end - first) / max(last - posts[0].moment, timedelta(seconds=1))
    squeezed: dict[int, Post] = {}
    for post in posts:
        moment = first + (post.moment - posts[0].moment) * min(factor, 1.0)
        answered = None if post.answers is None else squeezed[id(post.answers)]
        squeezed[id(post)] = msgspec.structs.replace(post, moment=moment, answers=answered)
    return list(squeezed.values())


# Remarks: short answers under what others have said


def _remark_posts(rhythm: Rhythm, world: World, posts: list[Post]) -> list[Post]:
    """Each remark under another post, by somebody who understands it and has not answered there."""
    made = []
    taken: set[int] = set()
    for language, sentences in world.remarks.items():
        speakers = [each for each in world.people if each.language == language and not each.bot]
        openings = [post for post in posts if post.line.language == language and _invites(post)]
        for sentence in sentences:
            chance = Chance("remark", sentence)
            free = [post for post in openings if id(post) not in taken]
            if free and chance.happens(_REMARK_PROBABILITY):
                post = chance.one(free)
                taken.add(id(post))
                made += _remark(rhythm, post, chance, sentence, speakers, posts)
    return made


def _invites(post: Post) -> bool:
    return post.answers is None and post.line.visibility == Visibility.PUBLIC and post.line.ballot is None


def _remark(
    rhythm: Rhythm, post: Post, chance: Chance, sentence: str, speakers: list[Person], posts: list[Post]
) -> list[Post]:
    present = {each.line.author for each in posts if each.answers is post} | {post.line.author}
    willing = [each.username for each in speakers if each.username not in present and not each.locked]
    if not willing:
        return []
    who = chance.one(willing)
    moment = _answer_moment(rhythm, who, chance, max(post.moment, rhythm.since({who})))
    line = Line(author=who, depth=1, text=sentence, language=post.line.language, likes=0.5)
    return [Post(0, moment, line, post)] if moment <= rhythm.end else []


# To deeds


def speaking(posts: list[Post], end: datetime) -> list[Timed]:
    deeds = []
    for post in posts:
        line = post.line
        above = None if post.answers is None else post.answers.number
        answered, quoted = (None, above) if line.quotes else (above, None)
        first = line.first_text or line.text
        deeds.append(Timed(post.moment, Say(post.number, line, _addressed(post, first), answered, quoted)))
        if line.first_text:
            later = post.moment + timedelta(minutes=Chance("edit", post.words).between(4, 240))
            deeds.append(Timed(min(later, end), Rewrite(post.number, line, _addressed(post, line.text))))
    return deeds


def _addressed(post: Post, text: str) -> str:
    """An answer begins with whom it answers, as apps write it."""
    if post.line.quotes or post.answers is None or post.answers.line.author == post.line.author:
        return text
    return f"@{post.answers.line.author} {text}"
