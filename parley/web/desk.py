"""The pages of staff: which there are, who may open which, and their common links."""

from parley.identity.staff import Permission, may
from parley.identity.viewer import Viewer

_PAGES = (
    ("/admin", "Overview", Permission.VIEW_DASHBOARD),
    ("/admin/reports", "Reports", Permission.MANAGE_REPORTS),
    ("/admin/approvals", "Approvals", Permission.MANAGE_USERS),
    ("/admin/accounts", "Accounts", Permission.MANAGE_USERS),
    ("/explore/review", "Trends", Permission.MANAGE_TAXONOMIES),
    ("/admin/announcements", "Announcements", Permission.MANAGE_ANNOUNCEMENTS),
    ("/custom_emojis", "Emojis", Permission.MANAGE_CUSTOM_EMOJIS),
    ("/admin/rules", "Rules", Permission.MANAGE_RULES),
    ("/admin/texts", "Texts", Permission.MANAGE_SETTINGS),
    ("/admin/blocks", "Blocks", Permission.MANAGE_BLOCKS),
    ("/admin/crawling", "Crawling", Permission.MANAGE_BLOCKS),
    ("/admin/log", "Log", Permission.VIEW_AUDIT_LOG),
)


def desk_links(viewer: Viewer) -> list[tuple[str, str]]:
    """Path and name of each page of staff that the viewer may open; none for members."""
    return [(path, name) for path, name, needed in _PAGES if may(viewer, needed)]
