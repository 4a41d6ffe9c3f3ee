"""`parley audit leaks` on a running server: all is well; then one thing after the other is broken, and it says which."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from parley.cli.failures import told_in_one_line
from parley.cli.main import app
from parley.kit import clock
from parley.kit.db import Connection, connect
from tests.clients.running_server import RunningServer
from tests.conftest import DSN_VARIABLE
from tests.mastodon_api.test_media import jpeg
from tests.media.canaries import CANARY, exif_of, picture, written
from tests.media.samples import sound_of

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def server(attacked: RunningServer) -> RunningServer:
    made = attacked.run("account", "create", "member", "--count", "2", "--token", "read write follow")
    with httpx.Client(base_url=attacked.url, timeout=30) as client:
        live(client, *({"authorization": f"Bearer {line.split()[1]}"} for line in made.splitlines()))
    return attacked


class Audited:
    """The server, as its operator sees it."""

    def __init__(self, server: RunningServer, capsys: pytest.CaptureFixture[str]) -> None:
        self.server = server
        self.folder = Path(server.environment["PARLEY_DATA_DIR"])
        self._capsys = capsys

    def types(self, *words: str) -> tuple[Any, str, str]:
        with pytest.raises(SystemExit) as end:
            told_in_one_line(lambda: app(list(words)))
        captured = self._capsys.readouterr()
        return end.value.code or 0, captured.out, captured.err

    def findings(self) -> dict[str, tuple[str, str]]:
        """Verdict, and what was said, by name; the exit code must be the verdicts'."""
        code, printed, complaint = self.types("audit", "leaks", "--json")
        assert complaint == ""
        found = msgspec.json.decode(printed, type=list[dict[str, str]])
        assert code == int(any(each["verdict"] == "fail" for each in found))
        return {each["name"]: (each["verdict"], each["said"]) for each in found}

    def does(self, act: Callable[[Connection], Awaitable[Any]]) -> Any:
        async def run() -> Any:
            conn = await connect(self.server.environment["PARLEY_DATABASE_URL"])
            try:
                return await act(conn)
            finally:
                await conn.close()

        return asyncio.run(run())


@pytest.fixture
def audited(
    server: RunningServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Audited:
    monkeypatch.delenv(DSN_VARIABLE)
    for name, value in server.environment.items():
        if name.startswith("PARLEY_"):
            monkeypatch.setenv(name, value)
    return Audited(server, capsys)


def live(client: httpx.Client, one: dict[str, str], two: dict[str, str]) -> None:
    """Two members who follow each other, and posts, files and things of every kind."""

    def post(path: str, who: dict[str, str], **body: Any) -> Any:
        answer = client.post(path, json=body, headers=who)
        assert answer.status_code == 200, answer.text
        return answer.json()

    me = client.get("/api/v1/accounts/verify_credentials", headers=one).json()
    post(f"/api/v1/accounts/{me['id']}/follow", two)
    files = {
        "public": ("a.jpg", jpeg(), "image/jpeg"),
        "private": ("b.jpg", jpeg(), "image/jpeg"),
        "direct": ("c.mp3", sound_of("mp3"), "audio/mpeg"),
    }
    for visibility, file in files.items():
        sent = client.post("/api/v2/media", files={"file": file}, headers=one)
        while client.get(f"/api/v1/media/{sent.json()['id']}", headers=one).status_code == 206:
            time.sleep(0.05)
        body = {"status": f"@member2 {visibility}", "visibility": visibility}
        post("/api/v1/statuses", one, **body, media_ids=[sent.json()["id"]])
    poll = {"options": ["tea", "coffee"], "expires_in": 3600}
    post("/api/v1/statuses", one, status="which?", visibility="private", poll=poll)
    later = (clock.now() + timedelta(days=1)).isoformat()
    post("/api/v1/statuses", one, status="later", scheduled_at=later)
    post("/api/v1/lists", one, title="friends")
    post("/api/v2/filters", one, title="quiet", context=["home"], keywords_attributes=[{"keyword": "noise"}])
    gone = post("/api/v1/statuses", one, status="regretted")
    wait_until_at_home(client, two, gone["id"])
    assert client.delete(f"/api/v1/statuses/{gone['id']}", headers=one).status_code == 200


def wait_until_at_home(client: httpx.Client, who: dict[str, str], status_id: str) -> None:
    for _ in range(200):
        if status_id in client.get("/api/v1/timelines/home", headers=who).text:
            return
        time.sleep(0.05)
    raise AssertionError("it never came")


def test_all_is_well(audited: Audited) -> None:
    before = audited.does(rows_of)
    found = audited.findings()
    assert {name: said for name, (verdict, said) in found.items() if verdict == "fail"} == {}
    assert {name for name, (verdict, _) in found.items() if verdict == "skipped"} == {"https", "backups"}, (
        found
    )
    assert audited.does(rows_of) == before, "it leaves nothing behind"


async def rows_of(conn: Connection) -> dict[str, int]:
    tables = ("statuses", "accounts", "users", "mails", "email_tokens", "access_tokens", "media_files", "login_addresses", "applications")  # fmt: skip
    return {each: await conn.fetch_value(f"select count(*) from {each}") for each in tables}


def test_it_says_what_is_broken(audited: Audited) -> None:
    """All at once, and nothing else; words of the table, too."""
    (audited.folder / "master.keys").chmod(0o644)
    stored = sorted((audited.folder / "media").rglob("*.jpg"))
    for each in stored:
        # Of another length than its row says, so that its answer breaks off.
        each.write_bytes(written(picture(), "JPEG", exif=exif_of(), comment=CANARY.encode()))
    audited.does(make_old_address)
    audited.does(put_back)
    found = audited.findings()
    # Others look at this server, too.
    (audited.folder / "master.keys").chmod(0o600)
    said = {name: words for name, (verdict, words) in found.items() if verdict == "fail"}
    assert said.keys() == {"file modes", "metadata", "old traces", "deletions"}, said
    assert "master.keys: 644" in said["file modes"]
    assert stored[0].name in said["metadata"]
    assert said["old traces"].startswith("1 network addresses of sign-ins older")


async def make_old_address(conn: Connection) -> None:
    await conn.execute(
        """
        insert into login_addresses (bucket, account_id, address, used_at)
        select bucket, account_id, '192.0.2.1'::inet, $1 from users limit 1
        """,
        clock.now() - timedelta(days=9),
    )


async def put_back(conn: Connection) -> None:
    """The row of a deleted post, as from an older copy of the database."""
    gone = await conn.fetch_value(
        "select status_id from home_entries h where not exists (select 1 from statuses s where s.id = h.status_id)"
    )
    columns = [each for each in await conn.fetch_column(
        "select attname::text from pg_attribute where attrelid = 'statuses'::regclass and attnum > 0 and not attisdropped"
    ) if each != "id"]  # fmt: skip
    named = ", ".join(columns)
    await conn.execute(
        f"insert into statuses (id, {named}) select $1, {named} from statuses where visibility = 2 and poll_id is null limit 1",
        gone,
    )


def test_without_a_server_it_cannot_run(audited: Audited, monkeypatch: pytest.MonkeyPatch) -> None:
    code, printed, complaint = audited.types("audit", "leaks", "--url", "http://127.0.0.1:1")
    assert (code, printed, complaint.count("\n")) == (2, "", 1)
    assert "does not answer" in complaint
    monkeypatch.setenv("PARLEY_PORT", "x")
    assert audited.types("audit", "leaks")[0] == 2
