"""The pages of staff: which there are, who may open which, their common links, and staff's acts in plain words."""

from parley.identity.staff import Permission, may
from parley.identity.viewer import Viewer
from parley.moderation.models import AuditEntry

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

# What was decided about a member, as staff read it and as the log tells it. Those above hold until they are taken back.
ACTION_NAMES = {
    "none": "Warned",
    "sensitive": "Their pictures hidden behind a warning",
    "disable": "Login disabled",
    "silence": "Limited",
    "suspend": "Suspended",
}
_ACT_WORDS = {
    "account.none": "warned",
    "account.sensitive": "hid behind a warning the pictures of",
    "account.disable": "disabled the login of",
    "account.silence": "limited",
    "account.suspend": "suspended",
    "account.unsensitive": "no longer hides the pictures of",
    "account.enable": "enabled the login of",
    "account.unsilence": "lifted the limit on",
    "account.unsuspend": "lifted the suspension of",
    "account.approve": "let in",
    "account.reject": "turned away",
    "account.destroy": "deleted all that was left by",
    "account.close": "closed the account of",
    "account.promote": "gave a role to",
    "report.update": "said what it is about: report",
    "report.assign_to_self": "took on report",
    "report.unassign": "no longer works on report",
    "report.resolve": "resolved report",
    "report.reopen": "opened again report",
    "rule.create": "added the rule",
    "rule.update": "changed the rule",
    "rule.destroy": "removed the rule",
    "text.publish": "published the text",
    "text.withdraw": "withdrew the text",
    "announcement.create": "announced",
    "announcement.destroy": "deleted the announcement",
    "ip_block.create": "blocked the network",
    "ip_block.update": "changed the block of the network",
    "ip_block.destroy": "no longer blocks the network",
    "email_domain_block.create": "blocked addresses at",
    "email_domain_block.destroy": "no longer blocks addresses at",
    "canonical_email_block.create": "blocked the e-mail address with the hash",
    "canonical_email_block.destroy": "no longer blocks the e-mail address with the hash",
    "domain_block.create": "blocked the server",
    "domain_block.update": "changed the block of the server",
    "domain_block.destroy": "no longer blocks the server",
    "domain_allow.create": "allowed the server",
    "domain_allow.destroy": "no longer allows the server",
    "crawl_alarm.close": "closed the alarm about",
    "sign_in_wall.update": "put the sign-in wall to",
    "sign_in_wall.destroy": "took down the sign-in wall put up",
    "tag_trend.allow": "allowed as a trend the tag",
    "tag_trend.refuse": "refused as a trend the tag",
    "status_trend.allow": "allowed as a trend the post",
    "status_trend.refuse": "refused as a trend the post",
    "author_trend.allow": "allowed as trends all posts of",
    "author_trend.refuse": "refused as trends all posts of",
    "link_trend.allow": "allowed as a trend the link",
    "link_trend.refuse": "refused as a trend the link",
    "publisher_trend.allow": "allowed as trends all links on",
    "publisher_trend.refuse": "refused as trends all links on",
    "CustomEmoji.create": "added the emoji",
    "CustomEmoji.destroy": "removed the emoji",
    "CustomEmoji.disable": "disabled the emoji",
    "CustomEmoji.enable": "enabled the emoji",
}


def act_words(entry: AuditEntry) -> str:
    """What stands between who did it and what it was done to."""
    action = entry.action if "." in entry.action else f"{entry.target_type}.{entry.action}"
    return _ACT_WORDS.get(action) or action.replace(".", ": ").replace("_", " ")


def desk_links(viewer: Viewer) -> list[tuple[str, str]]:
    """Path and name of each page of staff that the viewer may open; none for members."""
    return [(path, name) for path, name, needed in _PAGES if may(viewer, needed)]
