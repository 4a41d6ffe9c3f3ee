"""`parley doctor`: what is well, what isn't, and the exit code."""

from datetime import timedelta

import msgspec
import pytest

from parley.kit import clock
from parley.kit.db import Database
from parley.kit.jobs import insert_job
from tests.cli.operator import Operator


def findings(operator: Operator, code: int = 0) -> dict[str, dict[str, str]]:
    said, printed, complaint = operator.run("doctor", "--json")
    assert (said, complaint) == (code, "")
    found = msgspec.json.decode(printed, type=list[dict[str, str]])
    return {each["what"]: each for each in found}


def test_a_server_without_mail_or_administrator_is_warned(operator: Operator) -> None:
    found = findings(operator)
    assert {each["health"] for each in found.values()} == {"ok", "warning"}
    assert (found["schema"]["health"], found["partitions"]["health"]) == ("ok", "ok")
    assert "smtp_url" in found["sign-up"]["said"]
    assert "promote" in found["administrator"]["said"]
    operator.types("account", "create", "root", "--role", "admin")
    assert findings(operator)["administrator"]["health"] == "ok"
    assert "administrator" in operator.types("doctor")


def test_dead_and_late_jobs_are_told(operator: Operator) -> None:
    async def leave_jobs(database: Database) -> None:
        async with database.transaction() as conn:
            await insert_job(conn, "mail", "send_mail", b"{}", clock.now() - timedelta(hours=1))
            await insert_job(conn, "upkeep", "close_poll", b"{}")
            await conn.execute("update jobs set dead = true where lane = 'upkeep'")

    async def clear(database: Database) -> None:
        async with database.transaction() as conn:
            await conn.execute("delete from jobs")

    operator.looks(leave_jobs)
    said, printed, _ = operator.run("doctor")
    assert said == 1
    assert "lane mail are more than five minutes late" in " ".join(printed.split())
    assert "lane upkeep failed for good" in " ".join(printed.split())
    operator.looks(clear)


def test_what_cannot_be_reached_is_a_problem(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_SMTP_URL", "smtp://127.0.0.1:1")
    assert findings(operator, code=1)["mail"]["health"] == "problem"
    monkeypatch.setenv("PARLEY_URL", "https://social.test")
    assert "trusted_proxies" in findings(operator, code=1)["address"]["said"]
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    found = findings(operator, code=1)
    assert found["database"]["health"] == "problem"
    assert "schema" not in found


def test_a_database_newer_than_the_code_is_a_problem(operator: Operator) -> None:
    async def record(database: Database) -> None:
        async with database.transaction() as conn:
            await conn.execute("insert into migrations values ('9999_pre_later', 1, 1, 'x', now())")

    async def forget(database: Database) -> None:
        async with database.transaction() as conn:
            await conn.execute("delete from migrations where name = '9999_pre_later'")

    operator.looks(record)
    assert "update Parley" in findings(operator, code=1)["schema"]["said"]
    operator.looks(forget)
