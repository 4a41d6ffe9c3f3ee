"""`parley doctor`: what is well, what isn't, and the exit code."""

import os
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from parley.kit import clock
from parley.kit.db import Database
from parley.kit.jobs import insert_job
from parley.kit.postgres import database_beside
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
    assert found["media"]["health"] == "ok"
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
    monkeypatch.setenv("PARLEY_MEDIA_STORE", "s3://files")
    monkeypatch.setenv("PARLEY_MEDIA_STORE_ENDPOINT", "http://127.0.0.1:1")
    assert findings(operator, code=1)["media"]["health"] == "problem"
    assert "the store can't be read" in operator.fails("media", "check")
    monkeypatch.delenv("PARLEY_MEDIA_STORE")
    assert operator.types("media", "check", "--heal") == "0 files are as they should be.\n"
    monkeypatch.setenv("PARLEY_URL", "https://social.test")
    assert "trusted_proxies" in findings(operator, code=1)["address"]["said"]
    present = os.environ["DATABASE_URL"]
    for unreachable in (
        "postgresql://nobody@127.0.0.1:1/none",
        "postgresql://nobody:secret@127.0.0.1:99999/none",
        "postgresql://nobody:sec/ret@127.0.0.1/none",
        database_beside(present, "no such database"),
    ):
        monkeypatch.setenv("DATABASE_URL", unreachable)
        found = findings(operator, code=1)
        assert found["database"]["health"] == "problem"
        assert "sec" not in found["database"]["said"]
        assert "schema" not in found


def test_each_wrong_setting_is_named(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_PORT", "x")
    monkeypatch.setenv("PARLEY_WORKERS", "0")
    monkeypatch.setenv("PARLEY_SMTP_URL", "ftp://user:secret@mail.test")
    monkeypatch.setenv("PARLEY_NONSENSE", "1")
    said, printed, _ = operator.run("doctor", "--json")
    faults = [each["said"] for each in msgspec.json.decode(printed)]
    assert said == 1
    assert sorted(fault.partition(":")[0] for fault in faults) == [
        "PARLEY_NONSENSE", "PARLEY_PORT", "smtp_url", "workers",
    ]  # fmt: skip
    assert "secret" not in printed


def test_a_fault_in_the_file_is_told_once(operator: Operator, tmp_path: Path) -> None:
    (tmp_path / "parley.toml").write_text('port = "x"\n')
    said, printed, _ = operator.run("doctor")
    assert (said, printed.count("problem")) == (1, 1)
    assert "port" in printed


def test_without_a_database_none_is_made(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.setenv("PARLEY_DATA_DIR", str(tmp_path / "data"))
    assert findings(operator)["database"]["said"].startswith("there is none yet")
    assert not (tmp_path / "data").exists()


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
