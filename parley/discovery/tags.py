"""Hashtags as things of their own: their names, a week of use, and what the viewer has to do with them."""

from collections.abc import Iterable, Mapping, Sequence

from parley.discovery import index_queries, tag_queries
from parley.discovery.models import Kind, Tag, TagView
from parley.discovery.search_words import fold
from parley.discovery.uses import histories_of
from parley.graph import followed_tags
from parley.identity.viewer import Viewer
from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.errors import NotFound
from parley.kit.ids import TagId, bucket_of, id_of_text
from parley.kit.paging import Page
from parley.publishing.text import is_tag, normal_tag

_TAGS_PER_STEP = 200


def tag_id_of(name: str) -> TagId:
    """`name` in normal form."""
    return TagId(id_of_text(f"tag {name}"))


def require_tag_name(text: str) -> str:
    """A tag's name as given, without its sign. Raises NotFound for what can't be one."""
    name = text.removeprefix("#")
    if not is_tag(name):
        raise NotFound
    return name


async def tags_by_names(conn: Connection, names: Sequence[str]) -> list[Tag]:
    """In the order given, each once; also those that nobody has used: these are shown as asked. Two statements."""
    spelled: dict[str, str] = {}
    for name in names:
        spelled.setdefault(normal_tag(name), name)
    ids = {tag_id_of(normal): normal for normal in spelled}
    if not ids:
        return []
    for tag_id, _, display_name in await tag_queries.tags_by_ids(conn, list(ids)):
        spelled[ids[tag_id]] = display_name
    return await _with_histories(conn, {tag_id: (normal, spelled[normal]) for tag_id, normal in ids.items()})


async def tags_by_ids(conn: Connection, tag_ids: Sequence[TagId]) -> list[Tag]:
    """In the order given, without those that nobody has used. Two statements."""
    if not tag_ids:
        return []
    found = {row[0]: (row[1], row[2]) for row in await tag_queries.tags_by_ids(conn, tag_ids)}
    return await _with_histories(conn, {each: found[each] for each in tag_ids if each in found})


async def _with_histories(conn: Connection, names: Mapping[TagId, tuple[str, str]]) -> list[Tag]:
    histories = await histories_of(conn, Kind.TAG, list(names))
    return [Tag(tag_id, name, shown, histories[tag_id]) for tag_id, (name, shown) in names.items()]


async def require_tag_by_id(conn: Connection, tag_id: TagId) -> Tag:
    found = await tags_by_ids(conn, [tag_id])
    if not found:
        raise NotFound
    return found[0]


async def tag_views(conn: Connection, viewer: Viewer, tags: Sequence[Tag]) -> list[TagView]:
    """With what the viewer has to do with them: two statements for a member, none for others."""
    if viewer.account_id is None:
        return [TagView(tag, None, None) for tag in tags]
    followed = await followed_tags.followed_tags_of(conn, viewer.account_id)
    featured = {each.tag for each in await tag_queries.featured_tags(conn, viewer.account_id)}
    return [TagView(tag, tag.name in followed, tag.name in featured) for tag in tags]


async def tag_view(conn: Connection, viewer: Viewer, name: str) -> TagView:
    """`name` in any spelling. Raises NotFound for what can't be a tag's."""
    tags = await tags_by_names(conn, [require_tag_name(name)])
    return (await tag_views(conn, viewer, tags))[0]


async def follow_tag(conn: Connection, viewer: Viewer, name: str) -> TagView:
    await followed_tags.follow_tag(conn, viewer, normal_tag(require_tag_name(name)))
    return await tag_view(conn, viewer, name)


async def unfollow_tag(conn: Connection, viewer: Viewer, name: str) -> TagView:
    await followed_tags.unfollow_tag(conn, viewer, normal_tag(require_tag_name(name)))
    return await tag_view(conn, viewer, name)


async def followed_tags_page(conn: Connection, viewer: Viewer, page: Page) -> tuple[list[TagView], list[int]]:
    """Last followed first, and the ids by which the list is paged."""
    rows = await followed_tags.followed_tags_page(conn, viewer, page)
    tags = await tags_by_names(conn, [each.tag for each in rows])
    return await tag_views(conn, viewer, tags), [each.id for each in rows]


async def note_spellings(conn: Connection, spelled: Mapping[str, str]) -> None:
    """The spellings of tags in a public post, by normal form; each tag keeps its first."""
    for name, display_name in sorted(spelled.items()):
        await tag_queries.insert_tag(conn, tag_id_of(name), name, display_name, clock.now())


async def unspelled(conn: Connection, names: Sequence[str]) -> list[str]:
    """Those of these tags, in normal form, that nobody has used before."""
    ids = {tag_id_of(name): name for name in names}
    known = {row[0] for row in await tag_queries.tags_by_ids(conn, list(ids))}
    return [name for tag_id, name in ids.items() if tag_id not in known]


async def forget_unborne(conn: Connection, names: Iterable[str]) -> None:
    """Of these tags, in normal form, those that no public post bears any more: as if nobody had ever used them.

    What staff decided about one stays, by its number: it counts again if the tag comes back.
    """
    for tag_id, name in sorted((tag_id_of(name), name) for name in names):
        if not await tag_queries.is_borne(conn, name):
            await index_queries.delete_tag_name(conn, name, fold(name))
            await tag_queries.delete_tag(conn, tag_id)


async def forget_some_unborne(conn: Connection, after: int) -> TagId | None:
    """A slice of all tags; after which the next begins, if there is one."""
    rows = await tag_queries.tags_after(conn, bucket_of(after) if after else -1, after, _TAGS_PER_STEP)
    await forget_unborne(conn, [name for _, name in rows])
    return rows[-1][0] if len(rows) == _TAGS_PER_STEP else None
