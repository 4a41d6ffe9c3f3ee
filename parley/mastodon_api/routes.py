"""Every URL of this door on one page, by resource; each file's own table says who may call what."""

from litestar.handlers import ASGIRouteHandler

from parley.mastodon_api import (
    accounts,
    async_refreshes,
    description,
    instance,
    lists,
    markers,
    notification_groups,
    notification_requests,
    notifications,
    oauth,
    polls,
    push,
    quotes,
    relationships,
    scheduled_statuses,
    search,
    statuses,
    streaming,
    timelines,
    translation,
    well_known,
)
from parley.mastodon_api.call import Route, to_litestar

ROUTES: tuple[Route, ...] = (
    *oauth.ROUTES,  # /oauth/*, /api/v1/apps
    *well_known.ROUTES,  # /.well-known: webfinger, host-meta, nodeinfo's index; /health
    *instance.ROUTES,  # /api/*/instance, nodeinfo, custom emojis
    *accounts.ROUTES,  # /api/v1/accounts: profiles, credentials, preferences
    *relationships.ROUTES,  # follow, block, mute, notes, follow requests
    *statuses.ROUTES,  # /api/v1/statuses
    *quotes.ROUTES,  # who quotes a status, who may
    *translation.ROUTES,  # of statuses: declared, and off
    *scheduled_statuses.ROUTES,  # /api/v1/scheduled_statuses
    *async_refreshes.ROUTES,  # /api/v1_alpha/async_refreshes
    *polls.ROUTES,  # /api/v1/polls
    *timelines.ROUTES,  # /api/v1/timelines, an account's statuses, favourites, bookmarks
    *lists.ROUTES,  # /api/v1/lists
    *notifications.ROUTES,  # /api/v1/notifications
    *notification_groups.ROUTES,  # /api/v2/notifications
    *notification_requests.ROUTES,  # policy, requests
    *push.ROUTES,  # /api/v1/push/subscription
    *markers.ROUTES,  # /api/v1/markers
    *search.ROUTES,  # /api/v2/search
    *streaming.ROUTES,  # /api/v1/streaming
    *description.ROUTES,  # /api/openapi.json
)


def handlers() -> list[ASGIRouteHandler]:
    return to_litestar(ROUTES)
