"""`parley media …`: whether every file is where it should be, and nothing else."""

import asyncio

from cyclopts import App

from parley.kit.config import Settings, load_settings
from parley.kit.db import connect
from parley.kit.errors import OperatorError
from parley.kit.postgres import with_database
from parley.kit.storage import StoreDown, make_store
from parley.media.check import StoreReport, check_store

app = App(name="media", help="Files that members sent: check that all are there.")

_SHOWN_MAX = 20


@app.command
def check(*, heal: bool = False) -> None:
    """Compare the store with the database, both ways.

    Parameters
    ----------
    heal
        Delete what nothing refers to, and begin anew with what waits to be worked on for hours.
    """
    settings = load_settings()
    with with_database(settings) as reachable:
        try:
            report = asyncio.run(_check(reachable, heal=heal))
        except StoreDown as error:
            raise OperatorError(f"the store can't be read: {error.logged}") from None
    for line in _lines(report, heal=heal):
        print(line)
    if report.missing or report.damaged:
        raise SystemExit(1)


async def _check(settings: Settings, *, heal: bool) -> StoreReport:
    conn = await connect(settings.database_url)
    try:
        return await check_store(conn, make_store(settings), heal=heal)
    finally:
        await conn.close()


def _lines(report: StoreReport, *, heal: bool) -> list[str]:
    done = "deleted" if heal else "`parley media check --heal` deletes them"
    begun = "begun anew" if heal else "`parley media check --heal` begins anew"
    return [
        f"{report.good} files are as they should be.",
        *(f"Missing: {name}" for name in report.missing[:_SHOWN_MAX]),
        *(f"Of a wrong size: {name}" for name in report.damaged[:_SHOWN_MAX]),
        *(
            [f"{len(report.stuck)} files have waited for hours to be worked on: {begun}."]
            if report.stuck
            else []
        ),
        *(
            [f"{report.orphans} files ({_size(report.orphan_bytes)}) belong to nothing: {done}."]
            if report.orphans
            else []
        ),
    ]


def _size(count: int) -> str:
    return f"{count / 1_048_576:.1f} MB"
