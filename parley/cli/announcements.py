"""`parley announcement …`: telling all members something, listing what was told, taking it back."""

from datetime import UTC, datetime

from cyclopts import App

from parley.cli.transaction import in_database, printable, told_plainly
from parley.kit import clock
from parley.kit.config import load_settings
from parley.kit.errors import NotFound, OperatorError
from parley.kit.html import plain_excerpt
from parley.kit.ids import AnnouncementId, parse_id
from parley.notifications import announcements, jobs
from parley.notifications.announcements import AnnouncementDraft
from parley.notifications.models import Announcement

# Importing them registers the job that tells open streams.
JOB_MODULES = (jobs,)
_EXCERPT_LENGTH = 80

app = App(name="announcement", help="Announcements: tell all members something, list and delete.")


@app.command
def create(
    text: str,
    *,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    all_day: bool = False,
    publish_at: datetime | None = None,
) -> None:
    """Announce something to all members: at the top of their home, and in their apps.

    Parameters
    ----------
    text
        What to say, as in a post: mentions, hashtags and addresses become links.
    starts_at
        When what it speaks of begins, such as 2030-01-31T20:00 (in UTC, unless an offset follows).
    ends_at
        When that ends; from then on the announcement is not shown any more.
    all_day
        Only the days of these two count.
    publish_at
        When to show it; at once if left out.
    """
    settings = load_settings()
    draft = AnnouncementDraft(
        text=text,
        starts_at=_in_utc(starts_at),
        ends_at=_in_utc(ends_at),
        all_day=all_day,
        published_at=_in_utc(publish_at),
    )
    with told_plainly():
        made = in_database(settings, lambda conn: announcements.create_announcement(conn, settings, draft))
    print(_line(made))


@app.command(name="list")
def list_announcements() -> None:
    """List all announcements, the newest first."""
    with told_plainly():
        found = in_database(load_settings(), announcements.newest_announcements)
    for each in found:
        print(_line(each))
    if not found:
        print("There are no announcements.")


@app.command
def delete(id: str) -> None:
    """Take an announcement back, with all reactions to it.

    Parameters
    ----------
    id
        Its number, as the list shows it.
    """
    found = parse_id(id) or 0
    with told_plainly():
        try:
            in_database(
                load_settings(),
                lambda conn: announcements.delete_announcement(conn, AnnouncementId(found)),
            )
        except NotFound:
            raise OperatorError(f"there is no announcement {id}") from None
    print(f"{found} is deleted.")


def _line(each: Announcement) -> str:
    now = clock.now()
    if each.published_at > now:
        state = f"from {each.published_at:%Y-%m-%d %H:%M}"
    elif each.is_shown_at(now):
        state = "shown"
    else:
        state = "over"
    return f"{each.id} {state}: {printable(plain_excerpt(each.content, _EXCERPT_LENGTH))}"


def _in_utc(moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
