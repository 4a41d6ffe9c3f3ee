"""The album: every file that the demo's people send, drawn here and made anew by the workshop like any member's."""

import asyncio
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack
from functools import partial
from itertools import chain, zip_longest

import msgspec

from parley.cli.demo_world.canvas import as_file
from parley.cli.demo_world.faces import draw_face
from parley.cli.demo_world.recordings import film_of_the_sea, tune
from parley.cli.demo_world.scenes import TALL, WIDE, draw_header, draw_scene
from parley.cli.demo_world.script import Person, Picture, World
from parley.kit.errors import OperatorError, ParleyError
from parley.kit.services import Services
from parley.media.kinds import HEAD_BYTES
from parley.media.models import Product, Purpose
from parley.media.upload import Upload, made

_RECORDINGS = {"film": film_of_the_sea, "tune": tune}
# By what it is for, and then by whose it is or, in a post, by what it shows.
Album = Mapping[tuple[Purpose, str], Product]


class Wanted(msgspec.Struct, frozen=True):
    purpose: Purpose
    name: str
    draw: Callable[[], bytes]


def wanted_by(world: World, most: int | None) -> list[Wanted]:
    """Film and sound, then some of everything; the faces of the best known come first."""
    shown = [each for scene in world.scenes for line in scene for each in line.pictures]
    recordings = [_of_post(each) for each in shown if each.scene in _RECORDINGS]
    pictures = [_of_post(each) for each in shown if each.scene not in _RECORDINGS]
    faces = [Wanted("avatar", each.username, partial(_face, each)) for each in world.people]
    headers = [Wanted("header", each.username, partial(_header, each)) for each in world.people]
    mixed = chain.from_iterable(zip_longest(faces, pictures, headers))
    return [*recordings, *(each for each in mixed if each is not None)][:most]


async def make_album(services: Services, wanted: Iterable[Wanted], kept: AsyncExitStack) -> Album:
    """What was stored is taken out again when `kept` ends with an error. Raises OperatorError."""
    album: dict[tuple[Purpose, str], Product] = {}
    waiting = iter(wanted)
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(max(2, os.cpu_count() or 1)):
                group.create_task(_make(services, waiting, album, kept))
    except* ParleyError as refusals:
        reason = next(_leaves(refusals))
    else:
        return album
    raise OperatorError(f"no picture can be kept: {reason}; nothing was written")


async def _make(
    services: Services,
    waiting: Iterator[Wanted],
    album: dict[tuple[Purpose, str], Product],
    kept: AsyncExitStack,
) -> None:
    for each in waiting:
        content = await asyncio.to_thread(each.draw)
        upload = Upload(content[:HEAD_BYTES], len(content), partial(_whole, content))
        product = await kept.enter_async_context(made(services, upload, each.purpose))
        if product is not None:
            album[each.purpose, each.name] = product


def _whole(content: bytes) -> tuple[bytes]:
    return (content,)


def _leaves(group: ExceptionGroup[ParleyError]) -> Iterator[ParleyError]:
    for each in group.exceptions:
        if isinstance(each, ExceptionGroup):
            yield from _leaves(each)
        else:
            yield each


def _of_post(picture: Picture) -> Wanted:
    draw = _RECORDINGS.get(picture.scene) or partial(_scene, picture)
    return Wanted("attachment", picture.description, draw)


def _scene(picture: Picture) -> bytes:
    return as_file(draw_scene(picture.scene, picture.description, TALL if picture.tall else WIDE))


def _face(person: Person) -> bytes:
    return as_file(draw_face(person))


def _header(person: Person) -> bytes:
    return as_file(draw_header(person))
