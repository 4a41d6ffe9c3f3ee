"""plan_world: every deed of the last months in order of time, out of what is written and of chance."""

from datetime import datetime, timedelta

from parley.cli.demo_world.deeds import CatchUp, NoteWeek, Timed
from parley.cli.demo_world.graph import plan_graph
from parley.cli.demo_world.posts import plan_posts, speaking
from parley.cli.demo_world.reactions import Crowd, plan_reactions
from parley.cli.demo_world.script import GUIDE, World

_WEEKS = 12
# Some news is left for the newcomer.
_UNREAD_HOURS = 9


def plan_world(world: World, now: datetime) -> list[Timed]:
    """The same whenever it is planned, but for the hours, which end `now`."""
    graph = plan_graph(world, now)
    posts = plan_posts(world, graph.joined, now)
    end = now - timedelta(seconds=20)
    deeds = graph.deeds + speaking(posts, end) + plan_reactions(Crowd(world.people, graph, end), posts)
    deeds += [Timed(moment, NoteWeek()) for moment in (*_sundays(now), now)]
    deeds.append(Timed(now - timedelta(hours=_UNREAD_HOURS), CatchUp(GUIDE)))
    return sorted(deeds, key=lambda timed: timed.moment)


def _sundays(now: datetime) -> list[datetime]:
    """The last hour of each past week."""
    monday = (now - timedelta(days=now.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)
    return [monday - timedelta(weeks=number, hours=1) for number in range(_WEEKS)]
