"""The streams there are: their names and parameters, and who may open which.

https://docs.joinmastodon.org/methods/streaming/#streams
"""

import msgspec

from parley.graph.lists import require_untitled
from parley.hydration.rules import (
    Rule,
    keep_in_home,
    keep_in_list,
    keep_in_list_without_replies,
    keep_in_public,
)
from parley.identity.scopes import covers
from parley.identity.viewer import Viewer, require_account, require_scope
from parley.kit.db import Connection
from parley.kit.errors import BadRequest, NotFound, Unauthorized
from parley.kit.ids import ListId, parse_id
from parley.publishing.models import Status
from parley.publishing.text import normal_tag

# In those with "media" stand posts that bear pictures, video or sound.
PUBLIC_NAMES = (
    "public", "public:local", "public:remote", "public:media", "public:local:media", "public:remote:media",
)  # fmt: skip
TAG_NAMES = ("hashtag", "hashtag:local")
OWN_NAMES = ("user", "user:notification", "direct")
NAMES = (*OWN_NAMES, *PUBLIC_NAMES, *TAG_NAMES, "list")
_TAG_LENGTH_MAX = 500


class AskedStream(msgspec.Struct, frozen=True):
    """A stream as a client names it."""

    stream: str = ""
    tag: str | None = None
    list: str | None = None


class Stream(msgspec.Struct, frozen=True):
    """One of the streams that readers share. `owner_id`: the account, or the list, whose it is; `tag` in normal form."""

    name: str
    owner_id: int = 0
    tag: str = ""


class Opened(msgspec.Struct, frozen=True):
    """A stream, and the list of names by which the reader knows it again, as JSON."""

    stream: Stream
    label: bytes


async def open_stream(conn: Connection, viewer: Viewer, asked: AskedStream) -> Opened:
    """Raises BadRequest (no such stream), Unauthorized, Forbidden (scope), Invalid (no member), NotFound (list)."""
    name = asked.stream
    if name not in NAMES:
        raise BadRequest("Unknown stream type")
    if viewer.token_id is None:
        raise Unauthorized("Missing access token")
    require_scope(viewer, "read:notifications" if name == "user:notification" else "read:statuses")
    if name in PUBLIC_NAMES:
        return Opened(Stream(name), _label(name))
    if name in TAG_NAMES:
        return _open_tag(name, asked.tag)
    if name == "list":
        return await _open_list(conn, viewer, asked.list)
    return Opened(Stream(name, owner_id=require_account(viewer)), _label(name))


def is_named(stream: Stream, asked: AskedStream) -> bool:
    """Whether a reader who has the stream open means it."""
    if stream.name != asked.stream:
        return False
    if stream.name in TAG_NAMES:
        return stream.tag == _normal_tag(asked.tag or "")
    return stream.name != "list" or stream.owner_id == parse_id(asked.list or "")


def _open_tag(name: str, tag: str | None) -> Opened:
    if not tag:
        raise BadRequest("Missing tag name parameter")
    if len(tag) > _TAG_LENGTH_MAX:
        raise BadRequest("The tag is too long")
    return Opened(Stream(name, tag=_normal_tag(tag)), _label(name, tag))


def _normal_tag(tag: str) -> str:
    return normal_tag(tag[:_TAG_LENGTH_MAX].removeprefix("#"))


async def _open_list(conn: Connection, viewer: Viewer, list_id: str | None) -> Opened:
    if not list_id:
        raise BadRequest("Missing list name parameter")
    parsed = parse_id(list_id)
    if parsed is None:
        raise NotFound
    found = await require_untitled(conn, viewer, ListId(parsed))
    return Opened(Stream("list", owner_id=found.id), _label("list", list_id))


def _label(*names: str) -> bytes:
    return msgspec.json.encode(names)


def tells_notifications(viewer: Viewer) -> bool:
    """Whether the user stream of this token brings notifications, too."""
    return covers(viewer.scopes, "read:notifications")


def public_streams_of(status: Status, *, local: bool) -> list[Stream]:
    """The streams for everybody in which a public status stands; answers to others stand in those of tags alone."""
    streams = [Stream("hashtag", tag=tag) for tag in status.tags]
    if local:
        streams += [Stream("hashtag:local", tag=tag) for tag in status.tags]
    if status.in_reply_to_account_id in (None, status.account_id):
        names = ["public", "public:local" if local else "public:remote"]
        if status.media_ids:
            names += ["public:media", "public:local:media" if local else "public:remote:media"]
        streams += [Stream(name) for name in names]
    return streams


def rule_of(stream: Stream, lists_without_replies: frozenset[int] = frozenset()) -> Rule:
    """What its reader does not wish to see in it."""
    if stream.name == "user":
        return keep_in_home
    if stream.name == "list":
        return keep_in_list_without_replies if stream.owner_id in lists_without_replies else keep_in_list
    return keep_in_public
