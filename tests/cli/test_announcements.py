"""`parley announcement …`."""

from parley.kit.db import Database
from parley.notifications.announcements import shown_announcements
from tests.cli.operator import Operator


def test_announcements_are_made_listed_and_deleted(operator: Operator) -> None:
    assert operator.types("announcement", "list") == "There are no announcements.\n"
    made = operator.types("announcement", "create", "Tea at #five\x1b[2J", "--ends-at", "2999-01-31T20:00")
    later = operator.types("announcement", "create", "Later", "--publish-at", "2998-12-31T23:00:00+01:00")
    number = made.split()[0]
    assert made.split()[1:4] == ["shown:", "Tea", "at"]
    assert later.split()[1:4] == ["from", "2998-12-31", "22:00:"]
    assert sorted(operator.types("announcement", "list").splitlines()) == sorted(
        [made.strip(), later.strip()]
    )

    async def look(database: Database) -> list[int]:
        async with database.reading() as conn:
            return [each.id for each in await shown_announcements(conn)]

    assert operator.looks(look) == [int(number)]
    assert operator.types("announcement", "delete", number) == f"{number} is deleted.\n"
    assert "no announcement" in operator.fails("announcement", "delete", number)
    assert "no announcement" in operator.fails("announcement", "delete", "nonsense")
    assert "end before" in operator.fails("announcement", "create", "x", "--ends-at", "2001-01-01")
    assert operator.fails("announcement", "create", " ")
    assert len(operator.types("announcement", "list").splitlines()) == 1
