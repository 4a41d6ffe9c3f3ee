"""Deeds done for real, through the same acts that apps and pages call."""

from datetime import date
from typing import Literal, assert_never

import msgspec
from msgspec import UNSET, UnsetType

from parley.cli.demo_world import deeds
from parley.cli.demo_world.album import Album
from parley.cli.demo_world.script import Ballot, Line, Person, Picture
from parley.graph.follow import accept_request, follow
from parley.graph.lists import add_members, create_list
from parley.identity.accounts import find_local_account
from parley.identity.members import NewMembers, create_members, note_active
from parley.identity.models import Picture as ProfilePicture
from parley.identity.passwords import PasswordHash
from parley.identity.preferences import PostingDefaultChanges, edit_posting_defaults
from parley.identity.profile import ProfileChanges, accept_picture_of, edit_profile
from parley.identity.statistics import note_week
from parley.identity.viewer import Viewer
from parley.kit import clock
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.ids import AccountId, StatusId, id_at
from parley.media.own import MediaChanges, change_media
from parley.media.upload import accept_made
from parley.publishing.bookmark import bookmark, pin
from parley.publishing.create import StatusDraft
from parley.publishing.edit import EditDraft, edit_status
from parley.publishing.favourite import favourite
from parley.publishing.models import Visibility
from parley.publishing.poll import PollDraft, vote
from parley.publishing.visibility import require_visible
from parley.timelines.markers import TIMELINES, set_markers
from parley.timelines.publish import publish_reblog, publish_status


class Cast(msgspec.Struct, frozen=True):
    """Who and what is there by now, by username and by the post's number in the plan."""

    settings: Settings
    password_hash: PasswordHash
    album: Album
    account_ids: dict[str, AccountId] = {}
    status_ids: dict[int, StatusId] = {}
    active_on: dict[str, date] = {}

    def viewer(self, who: str) -> Viewer:
        return Viewer(account_id=self.account_ids[who], application_name="Web")


async def do(conn: Connection, cast: Cast, deed: deeds.Deed) -> None:  # noqa: C901, PLR0912 - one line each
    match deed:
        case deeds.Join():
            await _join(conn, cast, deed.person)
        case deeds.Appear():
            await _arrive(conn, cast, deed.who)
        case deeds.Follow():
            viewer = await _arrive(conn, cast, deed.who)
            await follow(conn, viewer, cast.account_ids[deed.whom], notify=deed.bell)
        case deeds.Admit():
            viewer = await _arrive(conn, cast, deed.who)
            await accept_request(conn, viewer, cast.account_ids[deed.whom])
        case deeds.Gather():
            await _gather(conn, cast, deed)
        case deeds.Say():
            await _say(conn, cast, deed)
        case deeds.Rewrite():
            viewer = await _arrive(conn, cast, deed.line.author)
            draft = EditDraft(deed.text, deed.line.warning, language=deed.line.language)
            await edit_status(conn, viewer, cast.settings, cast.status_ids[deed.number], draft)
        case deeds.Boost():
            await publish_reblog(conn, await _arrive(conn, cast, deed.who), cast.status_ids[deed.number])
        case deeds.Like():
            await favourite(conn, await _arrive(conn, cast, deed.who), cast.status_ids[deed.number])
        case deeds.Keep():
            await bookmark(conn, await _arrive(conn, cast, deed.who), cast.status_ids[deed.number])
        case deeds.Pin():
            await pin(conn, await _arrive(conn, cast, deed.who), cast.status_ids[deed.number])
        case deeds.Vote():
            await _vote(conn, cast, deed)
        case deeds.CatchUp():
            read = dict.fromkeys(TIMELINES, id_at(clock.now_milliseconds()))
            await set_markers(conn, cast.account_ids[deed.who], read)
        case deeds.NoteWeek():
            await note_week(conn)
        case _:
            assert_never(deed)


async def _arrive(conn: Connection, cast: Cast, who: str) -> Viewer:
    """Whoever acts is there that day, and so gets the posts of those they follow."""
    today = clock.now().date()
    if cast.active_on.get(who) != today:
        cast.active_on[who] = today
        await note_active(conn, cast.account_ids[who])
    return cast.viewer(who)


async def _join(conn: Connection, cast: Cast, person: Person) -> None:
    await create_members(conn, NewMembers([person.username], cast.password_hash))
    account = await find_local_account(conn, person.username)
    if account is None:
        raise LookupError(person.username)
    cast.account_ids[person.username] = account.id
    changes = ProfileChanges(
        display_name=person.name,
        note=person.bio,
        fields=person.fields,
        locked=person.locked,
        bot=person.bot,
        indexable=not person.locked,
        avatar=await _profile_picture(conn, cast, person.username, "avatar"),
        header=await _profile_picture(conn, cast, person.username, "header"),
    )
    await edit_profile(conn, cast.settings, cast.viewer(person.username), changes)
    usual = Visibility.PRIVATE if person.locked else Visibility.PUBLIC
    defaults = PostingDefaultChanges(language=person.language, visibility=usual)
    await edit_posting_defaults(conn, cast.viewer(person.username), defaults)


async def _profile_picture(
    conn: Connection, cast: Cast, who: str, purpose: Literal["avatar", "header"]
) -> ProfilePicture | UnsetType:
    product = cast.album.get((purpose, who))
    if product is None:
        return UNSET
    return await accept_picture_of(conn, cast.account_ids[who], purpose, product)


async def _gather(conn: Connection, cast: Cast, deed: deeds.Gather) -> None:
    viewer = await _arrive(conn, cast, deed.who)
    made = await create_list(conn, viewer, deed.title)
    await add_members(conn, viewer, made.id, [cast.account_ids[name] for name in deed.members])


async def _say(conn: Connection, cast: Cast, deed: deeds.Say) -> None:
    viewer = await _arrive(conn, cast, deed.line.author)
    answered = None if deed.answers is None else cast.status_ids[deed.answers]
    quoted = None if deed.quotes is None else cast.status_ids[deed.quotes]
    media_ids = [
        each
        for picture in deed.line.pictures
        if (each := await _attachment(conn, cast, deed.line.author, picture)) is not None
    ]
    draft = _draft(deed, answered, quoted, media_ids)
    created = await publish_status(conn, viewer, cast.settings, draft)
    cast.status_ids[deed.number] = created.status_id


async def _attachment(conn: Connection, cast: Cast, who: str, picture: Picture) -> str | None:
    """None for one that was not to be made."""
    product, account_id = cast.album.get(("attachment", picture.description)), cast.account_ids[who]
    if product is None:
        return None
    media_id = await accept_made(conn, account_id, "attachment", product)
    words = MediaChanges(description=picture.description)
    await change_media(conn, cast.settings, account_id, media_id, words)
    return str(media_id)


def _draft(
    deed: deeds.Say, answered: StatusId | None, quoted: StatusId | None, media_ids: list[str]
) -> StatusDraft:
    line: Line = deed.line
    return StatusDraft(
        text=deed.text,
        media_ids=media_ids,
        spoiler_text=line.warning,
        visibility=line.visibility,
        language=line.language,
        sensitive=bool(line.warning),
        in_reply_to_id=answered,
        poll=None if line.ballot is None else _poll(line.ballot),
        quoted_status_id=quoted,
    )


def _poll(ballot: Ballot) -> PollDraft:
    return PollDraft(ballot.options, ballot.hours * 3600, ballot.several)


async def _vote(conn: Connection, cast: Cast, deed: deeds.Vote) -> None:
    viewer = await _arrive(conn, cast, deed.who)
    asked = (await require_visible(conn, viewer, cast.status_ids[deed.number])).status
    if asked.poll_id is not None:
        await vote(conn, viewer, asked.poll_id, deed.choices)
