"""The workshop: a process of its own for one hostile file. An Order comes in as JSON, a Product or Refused goes out.

It may not do much: little memory, little time, no network where the system allows to give it up, no other files than
those of its folder by habit, and nothing of the server's in its environment. Started by chamber.py.
"""

import ctypes
import errno
import os
import resource
import sys

import msgspec

from parley.media.models import Limits, Order, Product, Refused

_FILES_OPEN_MAX = 64
_NEW_USER_NAMESPACE = 0x10000000  # CLONE_NEWUSER of <sched.h>
_NEW_NETWORK_NAMESPACE = 0x40000000  # CLONE_NEWNET
# Nothing is wrong with the file: it may be tried again when there is room on the disk.
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})
NO_ROOM_EXIT = 75
_BROKEN = "the file is broken, or of a kind that is not taken"


def main() -> None:
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    confine(order.limits)
    answer = work(order)
    sys.stdout.buffer.write(msgspec.json.encode(answer))


def confine(limits: Limits) -> None:
    """Before any byte of the file is read, and before the libraries that read it are loaded.

    The end of its time comes a second before it is killed, so that the chamber can tell it from other ends.
    """
    os.nice(5)
    memory, seconds = limits.memory_bytes_max, limits.work_seconds_max
    written = 2 * max(limits.film_size_bytes_max, limits.picture_size_bytes_max)
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, written),
        (resource.RLIMIT_NOFILE, _FILES_OPEN_MAX),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most + (what == resource.RLIMIT_CPU)))
    if sys.platform == "linux":
        # Best effort: where namespaces are not allowed to us, the process keeps a network that it has no use for.
        ctypes.CDLL(None).unshare(_NEW_USER_NAMESPACE | _NEW_NETWORK_NAMESPACE)


def work(order: Order) -> Product | Refused:
    # After the limits stand.
    from parley.media.spoiled import Spoiled  # noqa: PLC0415

    try:
        return _rebuild(order)
    except Spoiled as spoiled:
        return Refused(spoiled.reason)
    except OSError as error:
        if error.errno in NO_ROOM:
            sys.exit(NO_ROOM_EXIT)
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return Refused(_BROKEN)
    except MemoryError:
        return Refused("the file needs more memory than may be spent on it")
    except Exception as error:  # noqa: BLE001 - whatever a broken file brings about, it is the file's fault
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return Refused(_BROKEN)


def _rebuild(order: Order) -> Product:
    from parley.media.kinds import HEAD_BYTES, kind_of  # noqa: PLC0415
    from parley.media.spoiled import Spoiled  # noqa: PLC0415

    with open(order.source, "rb") as file:  # noqa: PTH123 - one file, by the name we were given
        kind = kind_of(file.read(HEAD_BYTES))
    if kind == "picture":
        return _rebuild_picture(order)
    if kind is None or order.purpose != "attachment":
        raise Spoiled("the file is not of a kind that is taken here")
    from parley.media import films  # noqa: PLC0415 - a picture need not wait for it

    return films.rebuild_film(order) if kind == "film" else films.rebuild_sound(order)


def _rebuild_picture(order: Order) -> Product:
    from parley.media import pictures  # noqa: PLC0415

    picture = pictures.open_picture(order)
    moves = getattr(picture, "is_animated", False) and picture.format in {"GIF", "WEBP", "PNG", "AVIF"}
    if not moves or order.purpose in {"card", "thumbnail"}:
        return pictures.rebuild_still(order, picture)
    if order.purpose == "attachment":
        from parley.media import films  # noqa: PLC0415

        return films.rebuild_animation(
            order, pictures.frames_of(picture, order.limits, order.limits.frames_max)
        )
    return pictures.rebuild_moving(order, picture)


if __name__ == "__main__":
    main()
