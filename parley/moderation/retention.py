"""Retention: of those who joined in one day or month, how many were there in each that followed.

https://docs.joinmastodon.org/entities/Admin_Cohort/
"""

from itertools import groupby

from parley.identity.staff import Permission, require_staff
from parley.identity.viewer import Viewer
from parley.kit.db import Connection
from parley.kit.errors import Invalid
from parley.moderation import figure_queries as queries
from parley.moderation.measures import Span
from parley.moderation.models import CohortFigure

FREQUENCIES = ("day", "month")


async def retention(conn: Connection, viewer: Viewer, frequency: str, span: Span) -> list[list[CohortFigure]]:
    """Cohorts in order, each with its periods in order; as noted down, so none where nobody joined."""
    require_staff(viewer, Permission.VIEW_DASHBOARD)
    if frequency not in FREQUENCIES:
        raise Invalid("Validation failed: Frequency is not included in the list")
    start = span.start if frequency == "day" else span.start.replace(day=1)
    found = await queries.cohorts(conn, frequency, start, span.end)
    return [list(group) for _, group in groupby(found, key=lambda each: each.cohort)]
