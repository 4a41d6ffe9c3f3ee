"""`parley demo`: fills an empty server with a small world, so that a newcomer sees a living network.

Its pictures are made first. Then all in one transaction, with the clock set to each deed's moment: ids, times and
notifications agree, and whoever interrupts it leaves nothing behind.
"""

import asyncio
import importlib
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import TypeVar

import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from parley.cli.database import bring_up_to_date
from parley.cli.demo_world.album import make_album, wanted_by
from parley.cli.demo_world.deeds import Boost, Join, Like, Say, Timed
from parley.cli.demo_world.doing import Cast, do
from parley.cli.demo_world.plan import plan_world
from parley.cli.demo_world.script import GUIDE, World
from parley.cli.keys import make_first_key
from parley.discovery.decisions import decide
from parley.discovery.models import Decided, Kind
from parley.discovery.ranking import rank_all
from parley.discovery.trends import all_trends
from parley.identity.passwords import prepare_password
from parley.identity.statistics import has_accounts
from parley.kit import clock, crypto
from parley.kit.config import Settings
from parley.kit.db import Connection, UniqueViolation, connect
from parley.kit.errors import OperatorError
from parley.kit.jobs import run_written
from parley.kit.master_keys import key_ring
from parley.kit.port import answers
from parley.kit.postgres import with_database
from parley.kit.postgres_home import make_data_dir
from parley.kit.services import Services, make_services

Item = TypeVar("Item")

_PASSWORD_LENGTH = 16
# The demo's own texts and polls keep to these, whatever the members' limits are.
_TEXT_LENGTH = 1000
_POLL_OPTIONS = 4
_ATTACHMENTS = 4
_DESCRIPTION_LENGTH = 400
_NOT_EMPTY = (
    "there are members on this server: the demo fills only an empty one "
    "(PARLEY_DATA_DIR=another-folder makes one beside it)"
)


def run_demo(settings: Settings, world: World, pictures: int | None = None) -> None:
    """`pictures`: how many are made at most, all if left out."""
    started = time.monotonic()
    password = (crypto.new_secret() + crypto.new_secret())[
        : max(_PASSWORD_LENGTH, settings.password_length_min)
    ]
    try:
        with with_database(settings) as reachable:
            plan = asyncio.run(_fill(reachable, world, password, pictures))
    except KeyboardInterrupt:
        raise OperatorError("interrupted: nothing was written") from None
    _tell(settings, plan, password, time.monotonic() - started)


def _roomy(settings: Settings) -> Settings:
    return msgspec.structs.replace(
        settings,
        status_length_max=max(settings.status_length_max, _TEXT_LENGTH),
        poll_options_max=max(settings.poll_options_max, _POLL_OPTIONS),
        media_attachments_max=max(settings.media_attachments_max, _ATTACHMENTS),
        media_description_length_max=max(settings.media_description_length_max, _DESCRIPTION_LENGTH),
    )


async def _fill(settings: Settings, world: World, password: str, pictures: int | None) -> list[Timed]:
    """All of the world, or nothing; returns what was done. Raises OperatorError where somebody lives already."""
    await bring_up_to_date(settings.control_database_url or settings.database_url)
    make_data_dir(settings.data_dir)
    await make_first_key(settings, settings.database_url)
    conn = await connect(settings.database_url, keys=key_ring(settings))
    try:
        if await has_accounts(conn):
            raise OperatorError(_NOT_EMPTY)
        services, password_hash = make_services(settings), await prepare_password(settings, password)
        async with AsyncExitStack() as kept:
            wanted = _counted("Pictures are being drawn", wanted_by(world, pictures))
            cast = Cast(_roomy(settings), password_hash, await make_album(services, wanted, kept))
            plan = plan_world(world, clock.now())
            async with conn.begin():
                await _live(conn, cast, services, plan)
    except UniqueViolation:
        raise OperatorError(
            "somebody signed up, or another demo ran, just now: nothing was written"
        ) from None
    finally:
        await conn.close()
    return plan


async def _live(conn: Connection, cast: Cast, services: Services, plan: list[Timed]) -> None:
    """Every deed in its moment, with all that follows from it."""
    # By name: the command line and the worker, who knows all jobs, stand on one line, where nobody imports a neighbour.
    importlib.import_module("parley.worker")
    since = plan[0].moment - timedelta(hours=1)
    for timed in _counted("A world is being made", plan):
        with clock.shifted(timed.moment - clock.now()):
            await do(conn, cast, timed.deed)
            await run_written(conn, services, since)
        since = timed.moment
    await run_written(conn, services, since)
    await _show_trends(conn)


async def _show_trends(conn: Connection) -> None:
    """What its people talk about is there to be seen at once: somebody of the staff has allowed it."""
    await rank_all(conn)
    for kind, on in ((Kind.TAG, Decided.TAG), (Kind.STATUS, Decided.STATUS), (Kind.LINK, Decided.LINK)):
        for trend in await all_trends(conn, kind):
            await decide(conn, on, trend.subject_id, allowed=True)


def _counted(what: str, items: Sequence[Item]) -> Iterable[Item]:
    """With a bar on the terminal."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    with Progress(
        *columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()
    ) as bar:
        task = bar.add_task(what, total=len(items))
        for item in items:
            yield item
            bar.update(task, advance=1)


def _tell(settings: Settings, plan: list[Timed], password: str, seconds: float) -> None:
    counts = {kind: sum(isinstance(timed.deed, kind) for timed in plan) for kind in (Join, Say, Boost, Like)}
    print(
        f"{counts[Join]} people, {counts[Say]} posts, {counts[Boost]} boosts and {counts[Like]} likes "
        f"in {seconds:.0f} s."
    )
    if not answers(settings.host, settings.port):
        print("Start the server with: parley serve")
    print(f"Sign in at {settings.base_url}/auth/sign_in")
    print(f"  name      {GUIDE}")
    print(f"  password  {password}")
    print("The password is shown this once, and is the same for everybody in the demo.")
