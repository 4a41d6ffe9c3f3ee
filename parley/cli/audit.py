"""`parley audit …`: what an attacker would try first, on the operator's own running server."""

import asyncio
import sys

import msgspec
from cyclopts import App
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from parley.cli.leaks.checks import findings_of
from parley.cli.leaks.outcome import Finding, Ground, Verdict
from parley.kit.config import Settings, load_settings
from parley.kit.db import connect
from parley.kit.errors import OperatorError, ParleyError
from parley.kit.master_keys import key_ring
from parley.kit.own_server import OwnServer
from parley.kit.postgres import with_database
from parley.kit.storage import make_store

app = App(name="audit", help="What an attacker would try: a running server is asked.")

_STYLES: dict[Verdict, str] = {"pass": "green", "skipped": "yellow", "fail": "bold red"}
_CANNOT_RUN = 2


@app.command
def leaks(*, url: str = "", json: bool = False) -> None:
    """Try what would give members' things away; exit code 1 when something does, 2 when it can't be tried.

    Parameters
    ----------
    url
        Where the running server is asked; its public address if left out.
    json
        Print the findings as JSON.
    """
    settings = load_settings()
    try:
        with with_database(settings) as reachable:
            findings = asyncio.run(_looked(reachable, url or settings.base_url))
    except (OperatorError, ParleyError) as error:
        told = error.logged if isinstance(error, ParleyError) else error
        print(f"parley: {told}", file=sys.stderr)
        sys.exit(_CANNOT_RUN)
    if json:
        print(msgspec.json.encode(findings).decode())
    else:
        _print(findings)
    sys.exit(1 if any(each.verdict == "fail" for each in findings) else 0)


async def _looked(settings: Settings, url: str) -> list[Finding]:
    conn = await connect(settings.database_url, keys=key_ring(settings))
    try:
        async with OwnServer(url) as server:
            return await findings_of(Ground(settings, conn, make_store(settings), server))
    finally:
        await conn.close()


def _print(findings: list[Finding]) -> None:
    table = Table("", "what was tried", "", "", box=None, pad_edge=False)
    for each in findings:
        verdict = f"[{_STYLES[each.verdict]}]{each.verdict}[/]"
        table.add_row(each.name, each.tried, verdict, escape(each.said))
    console = Console()
    console.print(table)
    counts = {verdict: sum(each.verdict == verdict for each in findings) for verdict in _STYLES}
    console.print(", ".join(f"{count} {verdict}" for verdict, count in counts.items()))
