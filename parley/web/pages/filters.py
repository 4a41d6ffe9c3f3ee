"""Filters: which there are, making, changing and deleting them. What they do is in templates/parts/status.html."""

import msgspec
from litestar import Response
from msgspec import UNSET

from parley.graph import filters
from parley.graph.filters import FilterChanges, KeywordDraft
from parley.graph.models import WholeFilter
from parley.kit import clock
from parley.kit.errors import Invalid
from parley.kit.ids import FilterId
from parley.web.render import page
from parley.web.session import PageCall
from parley.web.wording import sentence_of

CONTEXTS = (
    ("home", "Home and lists"),
    ("notifications", "Notifications"),
    ("public", "Local and tags"),
    ("thread", "Conversations"),
    ("account", "Profiles"),
)
ACTIONS = (
    ("warn", "Fold them", "only the filter's name shows, until you open the post"),
    ("hide", "Leave them out", "as if they were not there"),
    ("blur", "Cover pictures and film", "the words show, pictures and film only when you ask for them"),
)
LENGTHS = (
    ("", "for good"),
    ("1800", "for 30 minutes"),
    ("21600", "for 6 hours"),
    ("86400", "for 1 day"),
    ("604800", "for 7 days"),
    ("2592000", "for 30 days"),
)
_KEEP = "keep"
_PATH = "/settings/filters"


class FilterForm(msgspec.Struct, frozen=True):
    """`words` hold as whole words, `parts` anywhere; one a line."""

    title: str = ""
    words: str = ""
    parts: str = ""
    contexts: tuple[str, ...] = ("home", "public")
    action: str = "warn"
    length: str = ""


async def show_filters(call: PageCall) -> Response[bytes]:
    return await _show_all(call, FilterForm())


async def create(call: PageCall) -> Response[bytes]:
    form = _sent(call)
    try:
        changes, drafts = _changes(form), _drafts(form, None)
        async with call.database.transaction() as conn:
            await filters.create_filter(conn, call.viewer, changes, drafts)
    except Invalid as refusal:
        return await _show_all(call, form, sentence_of(refusal))
    return call.redirect(_PATH, "filter_saved")


async def show_edit(call: PageCall) -> Response[bytes]:
    whole = await _require(call)
    return await _show_one(call, whole, _form_of(whole))


async def edit(call: PageCall) -> Response[bytes]:
    form, filter_id = _sent(call), FilterId(call.path_id())
    try:
        changes = _changes(form)
        async with call.database.transaction() as conn:
            whole = await filters.require_filter(conn, call.viewer, filter_id)
            await filters.edit_filter(conn, call.viewer, filter_id, changes, _drafts(form, whole))
    except Invalid as refusal:
        return await _show_one(call, await _require(call), form, sentence_of(refusal))
    return call.redirect(_PATH, "filter_saved")


async def delete(call: PageCall) -> Response[bytes]:
    async with call.database.transaction() as conn:
        await filters.delete_filter(conn, call.viewer, FilterId(call.path_id()))
    return call.redirect(_PATH, "filter_deleted")


async def _require(call: PageCall) -> WholeFilter:
    async with call.database.reading() as conn:
        return await filters.require_filter(conn, call.viewer, FilterId(call.path_id()))


def _sent(call: PageCall) -> FilterForm:
    form = call.form
    return FilterForm(
        form.text("title").strip(),
        form.text("words"),
        form.text("parts"),
        tuple(form.texts("context")),
        form.text("effect"),
        form.text("length"),
    )


def _form_of(whole: WholeFilter) -> FilterForm:
    return FilterForm(
        whole.filter.title,
        "\n".join(each.keyword for each in whole.keywords if each.whole_word),
        "\n".join(each.keyword for each in whole.keywords if not each.whole_word),
        whole.filter.contexts,
        whole.filter.action,
        _KEEP if whole.filter.expires_at is not None else "",
    )


def _changes(form: FilterForm) -> FilterChanges:
    known = {value for value, _ in LENGTHS}
    seconds = int(form.length) if form.length in known and form.length else None
    return FilterChanges(
        title=form.title,
        contexts=form.contexts,
        action=form.action,
        expires_at=UNSET if form.length == _KEEP else filters.end_in(seconds),
    )


def _drafts(form: FilterForm, whole: WholeFilter | None) -> list[KeywordDraft]:
    """What must be done so that the filter holds just the words of the form."""
    wanted = {(word, True): None for word in _lines(form.words)}
    wanted |= {(part, False): None for part in _lines(form.parts)}
    drafts = []
    for each in () if whole is None else whole.keywords:
        if (each.keyword, each.whole_word) in wanted:
            del wanted[each.keyword, each.whole_word]
        else:
            drafts.append(KeywordDraft(each.id, destroy=True))
    return drafts + [KeywordDraft(None, keyword, whole_word) for keyword, whole_word in wanted]


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


async def _show_all(call: PageCall, form: FilterForm, complaint: str = "") -> Response[bytes]:
    async with call.database.reading() as conn:
        found = await filters.filters_of(conn, call.viewer)
    return await page(
        call,
        "settings_filters",
        status=422 if complaint else 200,
        filters=found,
        form=form,
        complaint=complaint,
        now=clock.now(),
        contexts=CONTEXTS,
        actions=ACTIONS,
        lengths=LENGTHS,
    )


async def _show_one(
    call: PageCall, whole: WholeFilter, form: FilterForm, complaint: str = ""
) -> Response[bytes]:
    ends = whole.filter.expires_at
    kept = () if ends is None else ((_KEEP, "until its end, as it is"),)
    return await page(
        call,
        "settings_filter",
        status=422 if complaint else 200,
        whole=whole,
        form=form,
        complaint=complaint,
        contexts=CONTEXTS,
        actions=ACTIONS,
        lengths=(*kept, *LENGTHS),
    )
