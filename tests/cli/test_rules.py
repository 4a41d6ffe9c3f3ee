"""`parley rules …` and `parley text publish`."""

from pathlib import Path

from parley.identity.viewer import Viewer
from parley.kit.db import Database
from parley.kit.ids import AccountId
from parley.kit.paging import Page
from parley.moderation.audit import audit_log
from parley.moderation.site_texts import text_in_force
from tests.cli.operator import Operator


def test_rules_are_kept(operator: Operator, tmp_path: Path) -> None:
    assert operator.types("rules", "list") == "There are no rules.\n"
    operator.types("rules", "add", "Be kind\x1b[2J", "--hint", "To all")
    assert operator.types("rules", "add", "Read this", "--place", "1").splitlines() == [
        "1. Read this",
        "2. Be kind [2J",
        "   To all",
    ]
    assert operator.types("rules", "edit", "2", "--text", "Be good", "--place", "1").startswith(
        "1. Be good\n"
    )
    assert operator.types("rules", "remove", "2") == "1. Be good\n   To all\n"
    assert "no rule 7" in operator.fails("rules", "remove", "7")
    assert "blank" in operator.fails("rules", "add", " ")

    file = tmp_path / "terms.txt"
    file.write_text("# Terms\nBe good")
    assert "In force from" in operator.types("text", "publish", "terms_of_service", str(file))
    assert "past" in operator.fails(
        "text", "publish", "terms_of_service", str(file), "--effective-on", "2001-01-01"
    )
    assert "No such file" in operator.fails("text", "publish", "privacy_policy", str(tmp_path / "none"))

    async def look(database: Database) -> tuple[str, list[str]]:
        staff = Viewer(account_id=AccountId(1), role="admin")
        async with database.reading() as conn:
            text = await text_in_force(conn, "terms_of_service")
            entries = await audit_log(conn, staff, Page(limit=20))
        assert all(each.staff_id is None for each in entries)
        return "" if text is None else text.html, [each.action for each in entries]

    assert operator.looks(look) == (
        "<h2>Terms</h2><p>Be good</p>",
        ["text.publish", "rule.destroy", "rule.update", "rule.create", "rule.create"],
    )
