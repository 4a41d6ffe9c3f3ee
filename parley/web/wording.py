"""What pages say: times, numbers, visibilities, notices, scopes and refusals in plain words."""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from parley.hydration.models import StatusView
from parley.identity.scopes import covers
from parley.kit import clock
from parley.kit.errors import Invalid, ParleyError
from parley.kit.languages import LANGUAGES
from parley.notifications.models import Announcement
from parley.publishing.models import QuoteState, ReplyPolicy, Visibility

_LINES_MAX = 30
_MINUTE, _HOUR, _DAY, _WEEK = 60, 3600, 86_400, 604_800

VISIBILITIES = (
    ("public", "Everyone", "everyone can see it"),
    ("unlisted", "Everyone, quietly", "everyone can see it, but it stays out of the local timeline"),
    ("private", "Followers only", "only followers and those it mentions can see it"),
    ("direct", "Mentioned people only", "only those it mentions can see it"),
)
_VISIBILITY_SENTENCES = {name: sentence for name, _, sentence in VISIBILITIES}

REPLY_POLICIES = (
    ("everybody", "Everyone who sees it"),
    ("followers", "My followers, and those it mentions"),
    ("mentioned", "Only those it mentions"),
    ("nobody", "Only me"),
)
_REPLY_SENTENCES = {
    ReplyPolicy.EVERYBODY: "Everyone who sees this post can reply.",
    ReplyPolicy.FOLLOWERS: "Its author's followers, and those it mentions, can reply.",
    ReplyPolicy.MENTIONED: "Only those whom this post mentions can reply.",
    ReplyPolicy.NOBODY: "Only its author can reply to this post.",
}
QUOTE_POLICIES = (("public", "Everyone"), ("followers", "My followers"), ("nobody", "Only me"))
_QUOTE_SENTENCES = {
    QuoteState.REVOKED: "The author has taken their post out of this one.",
    QuoteState.DELETED: "The quoted post is deleted.",
    QuoteState.UNAUTHORIZED: "The quoted post is not for you to see.",
    QuoteState.BLOCKED_ACCOUNT: "The quoted post is by somebody you blocked.",
    QuoteState.MUTED_ACCOUNT: "The quoted post is by somebody you muted.",
}

POLL_LENGTHS = (
    (1800, "30 minutes"),
    (3600, "1 hour"),
    (21_600, "6 hours"),
    (86_400, "1 day"),
    (259_200, "3 days"),
    (604_800, "7 days"),
)
_COMMON_LANGUAGES = frozenset((
    "ar", "bg", "ca", "cs", "da", "de", "el", "en", "es", "eu", "fa", "fi", "fr", "gl", "he", "hi",
    "hu", "id", "it", "ja", "ko", "nb", "nl", "pl", "pt", "ro", "ru", "sv", "th", "tr", "uk", "vi",
    "zh",
))  # fmt: skip

# What the page after an act says; a cookie carries the name, so that no address can make a page say anything.
NOTICES = {
    "signed_out": "You are signed out.",
    "wall_deep": "What lies further back is for members at present. Sign in, and you go on where you were.",
    "wall_all": "What is said here is for members at present. Sign in, and you go on where you were.",
    "posted": "Your post is out.",
    "edited": "Your post is changed.",
    "deleted": "Your post is deleted.",
    "scheduled": "Your post waits for its time.",
    "rescheduled": "The time is changed.",
    "unscheduled": "The post will not be posted.",
    "quote_revoked": "Your post is taken out of it.",
    "voted": "Your vote is counted.",
    "followed": "You follow this account now.",
    "asked": "You asked to follow this account. Its owner decides.",
    "unfollowed": "You no longer follow this account.",
    "blocked": "This account is blocked.",
    "unblocked": "This account is no longer blocked.",
    "muted": "This account is muted.",
    "unmuted": "This account is no longer muted.",
    "follower_removed": "This account no longer follows you.",
    "noted": "Your note is saved.",
    "accepted": "The request is accepted.",
    "rejected": "The request is rejected.",
    "pinned": "The post is pinned to your profile.",
    "unpinned": "The post is no longer pinned.",
    "thread_muted": "You will hear no more of this conversation.",
    "thread_unmuted": "You will hear of this conversation again.",
    "read": "All notifications are marked as read.",
    "cleared": "All notifications are gone.",
    "let_through": "You will hear from them from now on.",
    "turned_away": "What they sent you is gone.",
    "tag_followed": "You follow this tag now: its posts come into your home.",
    "tag_unfollowed": "You no longer follow this tag.",
    "tag_featured": "The tag stands on your profile now.",
    "tag_unfeatured": "The tag no longer stands on your profile.",
    "decided": "Your decision holds from now on.",
    "message_declined": "You will see no more of it.",
    "conversation_hidden": "It is out of your list until somebody writes in it again.",
    "filter_saved": "The filter is saved.",
    "filter_deleted": "The filter is deleted.",
    "domain_blocked": "Nobody of this server reaches you from now on.",
    "domain_unblocked": "The server is no longer blocked.",
    "list_made": "The list is made. Now put some people on it.",
    "list_changed": "The list is changed.",
    "list_deleted": "The list is deleted.",
    "profile_saved": "Your profile is saved.",
    "preferences_saved": "Your preferences are saved.",
    "password_changed": "Your password is changed, and other browsers are signed out.",
    "email_asked": "A mail went to the new address. It becomes yours when you open the link in it.",
    "email_changed": "Your e-mail address is changed.",
    "second_factor_off": "Two-factor sign-in is off.",
    "session_revoked": "It is signed out.",
    "reported": "Thank you. Staff will look at it.",
    "staff_decided": "It is done, and written down.",
    "let_in": "The account is approved.",
    "sign_up_rejected": "The request is turned away.",
    "report_changed": "The report is changed.",
    "rules_changed": "The rules are changed.",
    "text_changed": "The text is changed.",
    "announced": "The announcement is out.",
    "announcement_gone": "The announcement is deleted.",
    "emojis_changed": "The emojis are changed. Everybody sees it within seconds.",
    "block_made": "The block is made.",
    "block_gone": "The block is gone.",
    "alarm_closed": "The alarm is closed. If it goes on, it opens again in an hour.",
    "wall_put_up": "It is done, and written down. Strangers notice within seconds.",
    "wall_left_alone": "Settings and alarms decide again.",
    "sessions_revoked": "All others are signed out.",
    "welcome": "Welcome! This is your home: it shows the posts of those you follow.",
}

# By scope; an application's list is told from the widest to the narrowest.
SCOPE_SENTENCES = {
    "read": "See everything your account can see: posts, messages, lists, notifications",
    "write": "Act in your name: post, edit, delete, like, change your profile",
    "follow": "Change whom you follow, block and mute",
    "push": "Send you push notifications",
    "profile": "See who you are: your name and picture",
    "read:accounts": "See profiles, and the settings of yours",
    "read:blocks": "See whom you block",
    "read:bookmarks": "See your bookmarks",
    "read:favourites": "See what you liked",
    "read:filters": "See your filters",
    "read:follows": "See whom you follow and who follows you",
    "read:lists": "See your lists",
    "read:mutes": "See whom you mute",
    "read:notifications": "See your notifications",
    "read:search": "Search in your name",
    "read:statuses": "See all posts that you can see",
    "write:accounts": "Change your profile",
    "write:blocks": "Block and unblock accounts",
    "write:bookmarks": "Add and remove bookmarks",
    "write:conversations": "Mute and delete conversations",
    "write:favourites": "Like posts in your name",
    "write:filters": "Change your filters",
    "write:follows": "Follow and unfollow accounts",
    "write:lists": "Change your lists",
    "write:media": "Upload pictures and videos",
    "write:mutes": "Mute and unmute accounts and conversations",
    "write:notifications": "Dismiss your notifications",
    "write:reports": "Report accounts and posts in your name",
    "write:statuses": "Post, edit, delete and boost in your name",
    "admin:read": "See everything that staff can see, if you are staff",
    "admin:write": "Do everything that staff can do, if you are staff",
}


def scope_sentences(scopes: Sequence[str]) -> list[str]:
    """One for each scope that another of them does not cover already."""
    narrow = [each for each in scopes if not any(covers((other,), each) for other in scopes if other != each)]
    found = [_scope_sentence(each) for each in narrow or scopes]
    return list(dict.fromkeys(found))


def _scope_sentence(scope: str) -> str:
    sentence = SCOPE_SENTENCES.get(scope)
    if sentence is not None:
        return sentence
    # The parts of what staff may do differ in words that only staff need.
    above, _, part = scope.rpartition(":")
    return f"{SCOPE_SENTENCES[above]} ({part.replace('_', ' ')} only)"


def language_choices(chosen: str, *, all_of_them: bool = False) -> list[tuple[str, str]]:
    """By name; the common ones, as the whole list would be half of a page's weight, and the one chosen now."""
    known = [each for each in LANGUAGES if all_of_them or each in _COMMON_LANGUAGES or each == chosen]
    choices = sorted(((code, LANGUAGES[code]) for code in known), key=lambda pair: pair[1])
    if chosen and chosen not in LANGUAGES:
        choices.append((chosen, chosen))
    return [("", "Not given"), *choices]


def ago(moment: datetime) -> str:
    """How long since, as short as it stands beside a post: `now`, `5 min`, `3 h`, `2 d`, then the day."""
    seconds = (clock.now() - moment).total_seconds()
    if seconds < _MINUTE:
        return "now"
    if seconds < _HOUR:
        return f"{int(seconds // _MINUTE)} min"
    if seconds < _DAY:
        return f"{int(seconds // _HOUR)} h"
    if seconds < _WEEK:
        return f"{int(seconds // _DAY)} d"
    return _day(moment)


def until(moment: datetime) -> str:
    """How long still: `12 minutes left`."""
    # What just begins has its whole time left, though a moment has passed.
    return f"{time_span((moment - clock.now()).total_seconds() + 15)} left"


def in_about(seconds: float) -> str:
    """When to come back: `in about 12 minutes`."""
    return f"in about {time_span(max(_MINUTE, seconds))}"


def time_span(seconds: float) -> str:
    """In the largest unit that it fills: `12 minutes`."""
    for unit, name in ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute")):
        if seconds >= unit:
            number = round(seconds / unit)
            return f"{number} {name}{'' if number == 1 else 's'}"
    return "less than a minute"


def _day(moment: datetime) -> str:
    text = f"{moment.day} {moment:%b}"
    return text if moment.year == clock.now().year else f"{text} {moment.year}"


def full_time(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"


def day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"


def host_of(url: str) -> str:
    """Where a link leads, in short."""
    return (urlsplit(url).hostname or url).removeprefix("www.")


def short_number(number: int) -> str:
    """`999`, `1.2k`, `34k`, `5.6M`: for counts beside buttons."""
    for unit, mark in ((1_000_000, "M"), (1000, "k")):
        if number >= unit:
            whole, tenth = divmod(number * 10 // unit, 10)
            return f"{whole}.{tenth}{mark}" if whole < 10 and tenth else f"{whole}{mark}"
    return str(number)


def megabytes(size_bytes: int) -> str:
    return f"{max(1, size_bytes // 1_048_576)} MB"


def count_of(number: int, one: str, many: str) -> str:
    return f"{short_number(number)} {one if number == 1 else many}"


def visibility_name(visibility: int) -> str:
    return Visibility(visibility).wire


def visibility_sentence(visibility: int) -> str:
    return _VISIBILITY_SENTENCES[Visibility(visibility).wire]


def reply_policy_sentence(policy: int) -> str:
    return _REPLY_SENTENCES[ReplyPolicy(policy)]


def quote_sentence(state: QuoteState) -> str:
    """Why a quoted post is not shown."""
    return _QUOTE_SENTENCES.get(state, "The quoted post can't be shown.")


def span_of(announcement: Announcement) -> str:
    """When what an announcement speaks of takes place."""
    starts_at, ends_at = announcement.starts_at, announcement.ends_at
    told = day if announcement.all_day else full_time
    if starts_at is None or ends_at is None:
        return f"from {told(starts_at)}" if starts_at else f"until {told(ends_at)}" if ends_at else ""
    if day(starts_at) != day(ends_at):
        return f"{told(starts_at)} to {told(ends_at)}"
    return (
        day(starts_at)
        if announcement.all_day
        else f"{day(starts_at)}, {starts_at:%H:%M} to {ends_at:%H:%M} UTC"
    )


def titles_of_filters(view: StatusView, action: str) -> list[str]:
    """Those of the viewer's filters with this action that the post meets in this very list."""
    return [each.filter.title for each in view.filtered if each.here and each.filter.action == action]


def is_hidden(view: StatusView) -> bool:
    return any(match.here and match.filter.action == "hide" for match in view.filtered)


def sentence_of(refusal: ParleyError) -> str:
    """A refusal's text without the words that only clients of the API need."""
    text = refusal.shown.removeprefix("Validation failed: ").strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def has_many_lines(html: str) -> bool:
    """Of what our own renderer made."""
    return html.count("<br") + 2 * html.count("<p") + html.count("<li") > _LINES_MAX


def faults_of(refusal: Invalid) -> dict[str, str]:
    """By field, what is wrong with it, to stand beside it."""
    return {
        field: "; ".join(_fault(sentence) for _, sentence in pairs)
        for field, pairs in (refusal.details or {}).items()
    }


def _fault(sentence: str) -> str:
    return f"This {sentence}"


def suggestion_reason(people: int, sources: tuple[str, ...]) -> str:
    """Why somebody is suggested, in a few words."""
    if people == 1:
        return "Followed by somebody you follow"
    if people > 1:
        return f"Followed by {people} people you follow"
    return "Picked by the staff" if "featured" in sources else "Many follow them lately"
