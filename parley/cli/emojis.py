"""`parley emoji …`: pictures that members write as `:shortcode:`: add one from a file, list, remove."""

from collections.abc import Callable, Iterator
from pathlib import Path

from cyclopts import App

from parley.cli.transaction import in_database, printable, told_plainly
from parley.kit.config import Settings, load_settings
from parley.kit.db import Connection
from parley.kit.errors import NotFound, OperatorError
from parley.kit.services import make_services
from parley.media import emoji_acts, jobs
from parley.media.emoji_acts import EmojiDraft
from parley.media.kinds import HEAD_BYTES
from parley.media.models import CustomEmoji
from parley.media.upload import Upload, made

# Importing them registers the job that tells running processes.
JOB_MODULES = (jobs,)
_PIECE_BYTES = 262_144

app = App(name="emoji", help="Custom emojis: add, list and remove.")


@app.command
def add(shortcode: str, file: Path, *, category: str = "", hidden: bool = False) -> None:
    """Add a picture that members write as `:shortcode:`.

    Parameters
    ----------
    shortcode
        2 to 60 letters, digits and underscores.
    file
        A PNG, GIF, WebP, JPEG or AVIF; it is made at most 128 pixels wide and high, and may move.
    category
        Under which apps show it.
    hidden
        Apps don't offer it; whoever knows its name can write it.
    """
    draft = EmojiDraft(shortcode=shortcode, category=category, visible_in_picker=not hidden)
    settings = load_settings()
    with told_plainly():
        draft = emoji_acts.checked_draft(draft)
        emoji = in_database(settings, lambda conn: _add(conn, settings, draft, _upload_of(file)))
    print(_line(emoji))


@app.command(name="list")
def list_emojis() -> None:
    """List all custom emojis, by category."""
    with told_plainly():
        found = in_database(load_settings(), emoji_acts.all_emojis)
    for each in found:
        print(_line(each))
    if not found:
        print("There are no custom emojis.")


@app.command
def remove(shortcode: str) -> None:
    """Remove one: where it was written, its shortcode is shown.

    Parameters
    ----------
    shortcode
        As the list shows it.
    """
    with told_plainly():
        try:
            in_database(load_settings(), lambda conn: emoji_acts.remove_emoji(conn, shortcode))
        except NotFound:
            raise OperatorError(f"there is no emoji {printable(shortcode)}") from None
    print(f":{shortcode.strip(':')}: is removed.")


async def _add(conn: Connection, settings: Settings, draft: EmojiDraft, upload: Upload) -> CustomEmoji:
    async with made(make_services(settings), upload, "emoji") as product:
        assert product is not None  # noqa: S101 - something was sent
        return await emoji_acts.add_emoji(conn, draft, product)


def _upload_of(file: Path) -> Upload:
    try:
        with file.open("rb") as opened:
            head = opened.read(HEAD_BYTES)
        return Upload(head, file.stat().st_size, _pieces_of(file))
    except OSError as error:
        raise OperatorError(f"{file} can't be read: {error.strerror}") from None


def _pieces_of(file: Path) -> Callable[[], Iterator[bytes]]:
    def pieces() -> Iterator[bytes]:
        with file.open("rb") as opened:
            while piece := opened.read(_PIECE_BYTES):
                yield piece

    return pieces


def _line(each: CustomEmoji) -> str:
    notes = [f"in {printable(each.category)}"] if each.category else []
    notes += ["hidden"] if not each.visible_in_picker else []
    notes += ["disabled"] if each.disabled else []
    return f":{each.shortcode}:" + (f" ({', '.join(notes)})" if notes else "")
