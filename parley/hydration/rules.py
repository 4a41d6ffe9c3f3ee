"""What a viewer does not wish to see in a list: their own blocks and mutes, hidden boosts, a list's own policy.

What they *may not* see has been dropped before, by publishing/visibility.py.
"""

from collections.abc import Callable

from parley.identity.viewer import Viewer
from parley.publishing.models import Visibility
from parley.publishing.visibility import VisibleStatus

Rule = Callable[[VisibleStatus, Viewer], bool]


def keep_in_public(found: VisibleStatus, viewer: Viewer) -> bool:
    """Local, tag and other public lists: nobody whom the viewer blocks or mutes; no account that staff limited."""
    own = found.status.account_id == viewer.account_id
    if found.author.account.limited_at is not None and not own and not found.relation.following:
        return False
    return not _unwanted(found)


def keep_in_home(found: VisibleStatus, viewer: Viewer) -> bool:
    """Home: also nothing from accounts no longer followed, no boosts of those whose boosts are off."""
    if found.status.account_id != viewer.account_id:
        if not found.relation.following:
            return False
        if found.reblog is not None and not found.relation.showing_reblogs:
            return False
    return keep_in_list(found, viewer)


def may_come_by_tag(found: VisibleStatus, viewer: Viewer) -> bool:
    """Whether it can stand in a home for a tag that its reader follows, though they don't follow its author."""
    status = found.status
    return (
        bool(status.tags)
        and status.visibility == Visibility.PUBLIC
        and not found.relation.following
        and status.account_id != viewer.account_id
        and found.author.account.limited_at is None
    )


def keep_by_tag(found: VisibleStatus, viewer: Viewer, followed: frozenset[str]) -> bool:
    """Home, for who follows these tags."""
    return (
        may_come_by_tag(found, viewer)
        and not followed.isdisjoint(found.status.tags)
        and keep_in_list(found, viewer)
    )


def keep_in_list(found: VisibleStatus, _viewer: Viewer) -> bool:
    return not _unwanted(found) and (found.reblog is None or not _unwanted(found.reblog))


def keep_in_list_without_replies(found: VisibleStatus, viewer: Viewer) -> bool:
    """A list whose policy is `none`: nothing said to somebody else."""
    answered = found.status.in_reply_to_account_id
    return answered in (None, found.status.account_id) and keep_in_list(found, viewer)


def keep_in_profile(found: VisibleStatus, viewer: Viewer) -> bool:
    """Whoever opens a profile wants to see it; boosts there of others they block stay away."""
    boosted = found.reblog
    if boosted is None or viewer.account_id is None:
        return True
    return not (boosted.relation.blocking or boosted.relation.domain_blocking)


def keep_in_thread(found: VisibleStatus, _viewer: Viewer) -> bool:
    return not _unwanted(found)


def keep_in_search(found: VisibleStatus, viewer: Viewer, *, in_library: bool) -> bool:
    """What stands in the viewer's own library; of the rest, public posts whose authors want them found, at this moment.

    What viewers have marked is shown even by those whom they mute.
    """
    if in_library:
        flags = found.flags
        return flags.favourited or flags.bookmarked or flags.reblogged or not _unwanted(found)
    wanted = found.status.visibility == Visibility.PUBLIC and found.author.account.indexable
    return wanted and keep_in_public(found, viewer)


def keep_all(_found: VisibleStatus, _viewer: Viewer) -> bool:
    """Favourites and bookmarks: the viewer put them there."""
    return True


def _unwanted(found: VisibleStatus) -> bool:
    relation = found.relation
    return relation.blocking or relation.muting or relation.domain_blocking
