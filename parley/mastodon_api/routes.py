"""Every URL of this door on one page, by resource; each file's own table says who may call what."""

from litestar.handlers import ASGIRouteHandler

from parley.mastodon_api import (
    accounts,
    admin_accounts,
    admin_blocks,
    admin_figures,
    admin_reports,
    admin_trends,
    announcements,
    async_refreshes,
    conversations,
    description,
    domain_blocks,
    filters,
    instance,
    lists,
    markers,
    media,
    notification_groups,
    notification_requests,
    notifications,
    oauth,
    oembed,
    people,
    polls,
    push,
    quotes,
    relationships,
    reports,
    scheduled_statuses,
    search,
    statuses,
    streaming,
    tags,
    timelines,
    translation,
    trends,
    well_known,
)
from parley.mastodon_api.call import Route, to_litestar

_TABLE: tuple[Route, ...] = (
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
    *media.ROUTES,  # /api/v1/media, /api/v2/media
    *polls.ROUTES,  # /api/v1/polls
    *timelines.ROUTES,  # /api/v1/timelines, an account's statuses, favourites, bookmarks
    *conversations.ROUTES,  # /api/v1/conversations, /api/v1/timelines/direct
    *lists.ROUTES,  # /api/v1/lists
    *domain_blocks.ROUTES,  # /api/v1/domain_blocks
    *filters.ROUTES,  # /api/v2/filters, /api/v1/filters
    *notifications.ROUTES,  # /api/v1/notifications
    *notification_groups.ROUTES,  # /api/v2/notifications
    *notification_requests.ROUTES,  # policy, requests
    *push.ROUTES,  # /api/v1/push/subscription
    *announcements.ROUTES,  # /api/v1/announcements
    *markers.ROUTES,  # /api/v1/markers
    *search.ROUTES,  # /api/v2/search
    *tags.ROUTES,  # /api/v1/tags, followed_tags, featured_tags
    *trends.ROUTES,  # /api/v1/trends
    *people.ROUTES,  # suggestions, directory
    *admin_trends.ROUTES,  # /api/v1/admin/trends
    *reports.ROUTES,  # /api/v1/reports
    *admin_accounts.ROUTES,  # /api/*/admin/accounts
    *admin_reports.ROUTES,  # /api/v1/admin/reports
    *admin_blocks.ROUTES,  # /api/v1/admin: domains, e-mail domains and addresses, networks
    *admin_figures.ROUTES,  # /api/v1/admin: measures, dimensions, retention
    *streaming.ROUTES,  # /api/v1/streaming
    *oembed.ROUTES,  # /api/oembed
)

ROUTES = description.described(_TABLE)  # and /api/openapi.json


def handlers() -> list[ASGIRouteHandler]:
    return to_litestar(ROUTES)
