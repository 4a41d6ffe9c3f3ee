"""A backup from before deletions is put back: the ledger deletes again what was deleted, and nothing else."""

import httpx

from parley.cli.ledger import delete_again
from parley.kit.db import Connection
from parley.kit.services import Services
from tests.conftest import forget_caches
from tests.leaks.canary import CANARY, tables_with
from tests.moderation.world import join_as
from tests.world import make_cast, ok, settle

# Those that hold what members say and who they are; as they were.
TABLES = ("statuses", "status_counts", "accounts", "users", "email_addresses", "media_files")


async def test_what_a_backup_brings_back_is_deleted_again(
    conn: Connection, services: Services, client: httpx.AsyncClient
) -> None:
    cast = await make_cast(conn, client)
    boss = await join_as(conn, client, "boss", "admin")
    gone = await cast.alice.says(f"{CANARY} regretted")
    kept = await cast.alice.says("still meant")
    boosted = ok(await cast.carol.post(f"/api/v1/statuses/{kept['id']}/reblog"))
    await cast.bob.says(f"{CANARY} of somebody who goes")
    await settle(services)
    for table in TABLES:
        await conn.execute(f"create temp table before_{table} on commit drop as select * from {table}")
    ok(await cast.alice.delete(f"/api/v1/statuses/{gone['id']}"))
    ok(await cast.carol.post(f"/api/v1/statuses/{kept['id']}/unreblog"))
    path = f"/api/v1/admin/accounts/{cast.bob.wire_id}"
    ok(await boss.post(f"{path}/action", {"type": "suspend"}))
    ok(await boss.delete(path))
    await settle(services)
    assert await tables_with(conn, CANARY, "bob@mail.test") == {}
    noted = [bytes(each).hex() for each in await conn.fetch_column("select hash from deletions")]
    assert len(noted) == 4
    assert not {f"{int(gone['id']):x}", f"{cast.bob.id:x}"} & set(noted)

    for table in TABLES:
        await conn.execute(f"delete from {table}")
        await conn.execute(f"insert into {table} select * from before_{table}")
    forget_caches()
    assert CANARY in ok(await cast.alice.get(f"/api/v1/statuses/{gone['id']}"))["content"], "it is back"
    assert await delete_again(conn) == 4
    await settle(services)
    forget_caches()
    assert await tables_with(conn, CANARY, "bob@mail.test") == {}
    assert (await cast.alice.get(f"/api/v1/statuses/{gone['id']}")).status_code == 404
    assert (await cast.alice.get(f"/api/v1/statuses/{boosted['id']}")).status_code == 404
    assert ok(await cast.alice.get(f"/api/v1/statuses/{kept['id']}"))["content"] == "<p>still meant</p>"
    assert await delete_again(conn) == 0
