"""Every page URL on one page, in the order of a visit; who may open it; and how each becomes a handler."""

from collections.abc import Awaitable, Callable
from typing import Any, Literal
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler

from parley.identity.errors import ProofDue
from parley.identity.reading import Terms, answer_counted
from parley.identity.staff import Permission, may
from parley.identity.tokens import TokenCache
from parley.identity.viewer import Viewer
from parley.kit.errors import NotFound, ParleyError
from parley.kit.rate_limit import RateLimiter
from parley.kit.readings import ReadEnough
from parley.kit.services import Services
from parley.moderation.sign_in_wall import wall_height
from parley.web.attached import files_bytes_max
from parley.web.errors import SessionOver, refused_page, typed_by
from parley.web.pages import (
    admin_accounts,
    admin_blocks,
    admin_crawling,
    admin_overview,
    admin_reports,
    admin_site,
    announcements,
    around,
    authorize,
    closing,
    compose,
    domains,
    email_change,
    embed,
    emojis,
    explore,
    filters,
    join,
    landing,
    lists,
    messages,
    notification_settings,
    notifications,
    outbox,
    password,
    profile,
    prove,
    quotes,
    relations,
    report,
    scheduled,
    search,
    second_factor,
    security,
    settings,
    sign_in,
    site,
    status,
    tags,
    timelines,
)
from parley.web.paging import asks_deep
from parley.web.session import PageCall, own_path

PageHandler = Callable[[PageCall], Awaitable[Response[bytes]]]


class PageRoute(msgspec.Struct, frozen=True):
    method: Literal["GET", "POST"]
    path: str
    handler: PageHandler
    # Readers: anyone, as far as the sign-in wall lets them.
    who: Literal["anyone", "reader", "member"] = "member"
    with_files: bool = False
    # What it shows, the member follows or was sent: it counts into no budget of reading.
    own: bool = False
    # What it shows once a budget of reading is used up, where a refusal would shut the door.
    when_used_up: Callable[[PageCall, ReadEnough], Awaitable[Response[bytes]]] | None = None
    # The member's home: it counts for those who joined lately alone, and is refused to nobody.
    home: bool = False
    # What the member's role must allow; for the pages of staff, which for everybody else aren't there.
    needs: Permission | None = None

    @property
    def is_way_in(self) -> bool:
        return self.path.startswith("/auth/")

    @property
    def terms(self) -> Terms:
        """On which it answers. What staff read counts into no budget."""
        return Terms(
            counted=not self.own and self.needs is None,
            home=self.home,
            refuses=self.method == "GET" and not self.home,
            guessable=self.who != "anyone",
        )


ROUTES: tuple[PageRoute, ...] = (
    # Arriving
    PageRoute("GET", "/", landing.landing, "anyone", when_used_up=landing.landing_without_posts),
    PageRoute("GET", "/about", landing.about, "anyone"),
    PageRoute("GET", "/privacy-policy", site.show_privacy_policy, "anyone"),
    PageRoute("GET", "/terms-of-service", site.show_terms, "anyone"),
    PageRoute("GET", "/terms-of-service/{date:str}", site.show_terms_of_day, "anyone"),
    PageRoute("GET", "/source.tar.gz", site.download_source, "anyone"),
    PageRoute("GET", "/auth/sign_up", join.show_sign_up, "anyone"),
    PageRoute("POST", "/auth/sign_up", join.sign_up_here, "anyone"),
    PageRoute("GET", "/auth/check_mail", join.check_mail, "anyone"),
    PageRoute("GET", "/auth/waiting", join.waiting, "anyone"),
    PageRoute("GET", "/auth/confirm", join.show_confirm, "anyone"),
    PageRoute("POST", "/auth/confirm", join.confirm, "anyone"),
    PageRoute("GET", "/auth/sign_in", sign_in.show_sign_in, "anyone"),
    PageRoute("POST", "/auth/sign_in", sign_in.sign_in, "anyone"),
    PageRoute("POST", "/auth/sign_in/code", sign_in.sign_in_with_code, "anyone"),
    PageRoute("POST", "/auth/sign_out", sign_in.sign_out),
    PageRoute("GET", "/auth/forgot", password.show_forgot, "anyone"),
    PageRoute("POST", "/auth/forgot", password.forgot, "anyone"),
    PageRoute("GET", "/auth/reset", password.show_reset, "anyone"),
    PageRoute("POST", "/auth/reset", password.reset, "anyone"),
    PageRoute("GET", "/auth/change_email", email_change.show_change, "anyone"),
    PageRoute("POST", "/auth/change_email", email_change.confirm_change, "anyone"),
    # Letting applications in
    PageRoute("GET", "/oauth/authorize", authorize.show_consent, "anyone"),
    PageRoute("POST", "/oauth/authorize", authorize.decide),
    PageRoute("GET", "/oauth/authorize/native", authorize.show_code, "anyone"),
    # Reading
    PageRoute("GET", "/home", timelines.home, home=True),
    PageRoute("GET", "/local", timelines.local, "reader"),
    PageRoute("GET", "/tags/{tag:str}", tags.show_tag, "reader"),
    PageRoute("POST", "/followed_tags/{tag:str}/{act:str}", tags.act_on_tag),
    PageRoute("GET", "/explore", explore.show_explore, "reader"),
    PageRoute("GET", "/explore/review", explore.show_review),
    PageRoute("POST", "/explore/review/{kind:str}/{id:str}/{act:str}", explore.decide),
    PageRoute("GET", "/directory", explore.show_directory, "reader"),
    PageRoute("POST", "/suggestions/{id:str}/dismiss", explore.dismiss),
    PageRoute("GET", "/favourites", timelines.favourites),
    PageRoute("GET", "/bookmarks", timelines.bookmarks),
    PageRoute("GET", "/notifications", notifications.show_notifications, own=True),
    PageRoute("POST", "/notifications/read", notifications.mark_read),
    PageRoute("POST", "/notifications/clear", notifications.clear),
    PageRoute("GET", "/notifications/requests", notifications.show_requests, own=True),
    PageRoute("POST", "/notifications/requests/{id:str}/{act:str}", notifications.act_on_request),
    PageRoute("GET", "/search", search.search),
    # Messages
    PageRoute("GET", "/messages", messages.show_messages, own=True),
    PageRoute("POST", "/messages", messages.begin, with_files=True),
    PageRoute("GET", "/messages/new", messages.show_new),
    PageRoute("GET", "/messages/requests", messages.show_requests, own=True),
    PageRoute("GET", "/messages/{id:str}", messages.show_conversation, own=True),
    PageRoute("POST", "/messages/{id:str}", messages.answer, with_files=True),
    PageRoute("POST", "/messages/{id:str}/{act:str}", messages.act_on_conversation),
    # Lists
    PageRoute("GET", "/lists", lists.show_lists),
    PageRoute("POST", "/lists", lists.create),
    PageRoute("GET", "/lists/{id:str}", timelines.list_timeline),
    PageRoute("GET", "/lists/{id:str}/edit", lists.show_edit),
    PageRoute("POST", "/lists/{id:str}/edit", lists.edit),
    PageRoute("POST", "/lists/{id:str}/add", lists.add_member),
    PageRoute("POST", "/lists/{id:str}/remove", lists.remove_member),
    PageRoute("POST", "/lists/{id:str}/delete", lists.delete),
    # Writing
    PageRoute("GET", "/compose", compose.show_compose),
    PageRoute("POST", "/compose", compose.post, with_files=True),
    PageRoute("GET", "/compose/files/{id:str}", compose.show_file),
    PageRoute("GET", "/scheduled", scheduled.show_scheduled),
    PageRoute("POST", "/scheduled/{id:str}/time", scheduled.change_time),
    PageRoute("POST", "/scheduled/{id:str}/delete", scheduled.cancel),
    PageRoute("GET", "/statuses/{id:str}/edit", compose.show_edit),
    PageRoute("POST", "/statuses/{id:str}/edit", compose.edit, with_files=True),
    PageRoute("GET", "/statuses/{id:str}/delete", status.show_delete),
    PageRoute("POST", "/statuses/{id:str}/delete", status.delete),
    # Doing something with a post or an account: what it can be stands in ACTS of the two files
    PageRoute("POST", "/statuses/{id:str}/{act:str}", status.act_on_status),
    PageRoute("POST", "/statuses/{id:str}/quotes/{quoting_id:str}/revoke", quotes.revoke),
    PageRoute("POST", "/polls/{id:str}/votes", status.vote),
    PageRoute("POST", "/accounts/{id:str}/{act:str}", profile.act_on_account),
    PageRoute("GET", "/follow_requests", relations.show_requests),
    PageRoute("GET", "/blocked", relations.show_blocked),
    PageRoute("GET", "/muted", relations.show_muted),
    # Settings
    PageRoute("GET", "/settings", settings.show_profile_settings),
    PageRoute("POST", "/settings", settings.save_profile, with_files=True),
    PageRoute("GET", "/settings/preferences", settings.show_preferences),
    PageRoute("POST", "/settings/preferences", settings.save_preferences),
    PageRoute("GET", "/settings/notifications", notification_settings.show_policy),
    PageRoute("POST", "/settings/notifications", notification_settings.save_policy),
    PageRoute("GET", "/settings/tags", tags.show_settings),
    PageRoute("POST", "/settings/tags", tags.feature),
    PageRoute("POST", "/settings/tags/{id:str}/remove", tags.unfeature),
    PageRoute("GET", "/settings/account", security.show_security),
    PageRoute("POST", "/settings/account/password", security.save_password),
    PageRoute("POST", "/settings/account/email", email_change.ask_for_change),
    PageRoute("GET", "/settings/account/prove", prove.show_prove),
    PageRoute("POST", "/settings/account/prove", prove.prove),
    PageRoute("GET", "/settings/account/second_factor", second_factor.show_second_factor),
    PageRoute("POST", "/settings/account/second_factor", second_factor.begin),
    PageRoute("POST", "/settings/account/second_factor/confirm", second_factor.confirm),
    PageRoute("POST", "/settings/account/second_factor/codes", second_factor.renew_codes),
    PageRoute("POST", "/settings/account/second_factor/off", second_factor.end),
    PageRoute("GET", "/settings/account/close", closing.show_close),
    PageRoute("POST", "/settings/account/close", closing.close),
    PageRoute("POST", "/settings/account/sessions/revoke_others", security.end_other_sessions),
    PageRoute("POST", "/settings/account/sessions/{id:str}/revoke", security.end_one_session),
    PageRoute("GET", "/settings/filters", filters.show_filters),
    PageRoute("POST", "/settings/filters", filters.create),
    PageRoute("GET", "/settings/filters/{id:str}", filters.show_edit),
    PageRoute("POST", "/settings/filters/{id:str}", filters.edit),
    PageRoute("POST", "/settings/filters/{id:str}/delete", filters.delete),
    PageRoute("GET", "/settings/domains", domains.show_domains),
    PageRoute("POST", "/settings/domains", domains.block),
    PageRoute("POST", "/settings/domains/unblock", domains.unblock),
    # Pictures that stand for their names in texts
    PageRoute("GET", "/custom_emojis", emojis.show_emojis, "anyone"),
    PageRoute("POST", "/custom_emojis", emojis.add, with_files=True),
    PageRoute("POST", "/custom_emojis/{shortcode:str}/{act:str}", emojis.act_on_emoji),
    # What the operator tells all members, at the top of their home
    PageRoute("POST", "/announcements/{id:str}/{act:str}", announcements.act_on_announcement),
    PageRoute("GET", "/outbox", outbox.show_outbox),
    # Reporting, and the pages of staff
    PageRoute("GET", "/report", report.show_form),
    PageRoute("POST", "/report", report.send),
    PageRoute("GET", "/admin", admin_overview.show_overview, needs=Permission.VIEW_DASHBOARD),
    PageRoute("GET", "/admin/log", admin_overview.show_log, needs=Permission.VIEW_AUDIT_LOG),
    PageRoute("GET", "/admin/reports", admin_reports.show_reports, needs=Permission.MANAGE_REPORTS),
    PageRoute("GET", "/admin/reports/{id:str}", admin_reports.show_report, needs=Permission.MANAGE_REPORTS),
    PageRoute(
        "POST",
        "/admin/reports/{id:str}/{act:str}",
        admin_reports.act_on_report,
        needs=Permission.MANAGE_REPORTS,
    ),
    PageRoute("GET", "/admin/approvals", admin_accounts.show_approvals, needs=Permission.MANAGE_USERS),
    PageRoute(
        "POST",
        "/admin/approvals/{id:str}/{act:str}",
        admin_accounts.decide_on_approval,
        needs=Permission.MANAGE_USERS,
    ),
    PageRoute("GET", "/admin/accounts", admin_accounts.show_accounts, needs=Permission.MANAGE_USERS),
    PageRoute("GET", "/admin/accounts/{id:str}", admin_accounts.show_account, needs=Permission.MANAGE_USERS),
    PageRoute(
        "POST",
        "/admin/accounts/{id:str}/{act:str}",
        admin_accounts.act_on_member,
        needs=Permission.MANAGE_USERS,
    ),
    PageRoute("GET", "/admin/rules", admin_site.show_rules, needs=Permission.MANAGE_RULES),
    PageRoute("POST", "/admin/rules", admin_site.add_rule, needs=Permission.MANAGE_RULES),
    PageRoute("POST", "/admin/rules/{id:str}/{act:str}", admin_site.edit_rule, needs=Permission.MANAGE_RULES),
    PageRoute("GET", "/admin/texts", admin_site.show_texts, needs=Permission.MANAGE_SETTINGS),
    PageRoute("GET", "/admin/texts/{kind:str}", admin_site.show_text, needs=Permission.MANAGE_SETTINGS),
    PageRoute("POST", "/admin/texts/{kind:str}", admin_site.save_text, needs=Permission.MANAGE_SETTINGS),
    PageRoute(
        "GET", "/admin/announcements", admin_site.show_announcements, needs=Permission.MANAGE_ANNOUNCEMENTS
    ),
    PageRoute("POST", "/admin/announcements", admin_site.announce, needs=Permission.MANAGE_ANNOUNCEMENTS),
    PageRoute(
        "POST",
        "/admin/announcements/{id:str}/delete",
        admin_site.take_back_announcement,
        needs=Permission.MANAGE_ANNOUNCEMENTS,
    ),
    PageRoute("GET", "/admin/blocks", admin_blocks.show_blocks, needs=Permission.MANAGE_BLOCKS),
    PageRoute("POST", "/admin/blocks/{kind:str}", admin_blocks.add_block, needs=Permission.MANAGE_BLOCKS),
    PageRoute(
        "POST",
        "/admin/blocks/{kind:str}/{id:str}/remove",
        admin_blocks.remove_block,
        needs=Permission.MANAGE_BLOCKS,
    ),
    PageRoute("GET", "/admin/crawling", admin_crawling.show_crawling, needs=Permission.MANAGE_BLOCKS),
    PageRoute("POST", "/admin/crawling/wall", admin_crawling.put_up_wall, needs=Permission.MANAGE_BLOCKS),
    PageRoute(
        "POST", "/admin/crawling/wall/leave", admin_crawling.leave_wall_alone, needs=Permission.MANAGE_BLOCKS
    ),
    PageRoute(
        "POST", "/admin/crawling/{id:str}/close", admin_crawling.close_alarm, needs=Permission.MANAGE_BLOCKS
    ),
    # People and what they say: `account.url` and `status.url`. `{handle}` is `@name`, as a part of a path can't
    # begin with a fixed sign; anything else is refused there as an address that doesn't exist.
    PageRoute("GET", "/profile", profile.show_own_profile),
    PageRoute("GET", "/{handle:str}", profile.show_profile, "reader"),
    PageRoute("GET", "/{handle:str}/followers", profile.show_followers, "reader"),
    PageRoute("GET", "/{handle:str}/following", profile.show_following, "reader"),
    PageRoute("GET", "/{handle:str}/tagged/{tag:str}", tags.show_tagged, "reader"),
    PageRoute("GET", "/{handle:str}/{status_id:str}", status.show_status, "reader"),
    PageRoute("GET", "/{handle:str}/{status_id:str}/files/{place:str}", status.show_file, "reader"),
    PageRoute("GET", "/{handle:str}/{status_id:str}/embed", embed.show_embed, "reader"),
    PageRoute("GET", "/{handle:str}/{status_id:str}/edits", around.show_edits, "reader"),
    PageRoute("GET", "/{handle:str}/{status_id:str}/likes", around.show_likes, "reader"),
    PageRoute("GET", "/{handle:str}/{status_id:str}/boosts", around.show_boosts, "reader"),
    PageRoute("GET", "/{handle:str}/{status_id:str}/quotes", quotes.show_quotes),
)


def handlers() -> list[HTTPRouteHandler]:
    return [to_litestar(route) for route in ROUTES]


def to_litestar(route: PageRoute) -> HTTPRouteHandler:
    """The route as the framework's handler: viewer first, then limits, then forged forms, then the page."""
    terms, is_way_in = route.terms, route.is_way_in

    async def endpoint(request: Request[Any, Any, Any]) -> Response[bytes]:
        state = request.scope["litestar_app"].state
        services: Services = state.services
        tokens: TokenCache = state.tokens
        limiter: RateLimiter = state.limiter
        call = PageCall(request, services, limiter, tokens)

        async def answer_to(reader: Viewer) -> Response[bytes]:
            call.viewer = reader
            return await _answer(route, call)

        try:
            await call.recognise()
            if is_way_in and call.viewer.account_id is None:
                await limiter.spend_way_in(services.database, request.scope)
            else:
                await limiter.spend_request(services.database, call.viewer.account_id, request.scope)
            response = await answer_counted(call.budgets, request.scope, call.viewer, terms, answer_to)
        except ProofDue:
            response = prove.prove_first(call)
        except ParleyError as refusal:
            if isinstance(refusal, ReadEnough) and route.when_used_up is not None:
                response = await route.when_used_up(call, refusal)
            else:
                response = await refused_page(call, refusal)
        return call.finish(response)

    endpoint.__name__ = f"{route.handler.__module__.rpartition('.')[2]}_{route.handler.__name__}"
    endpoint.__doc__ = route.handler.__doc__
    return HTTPRouteHandler(path=route.path, http_method=route.method, name=f"{route.method} {route.path}")(
        endpoint
    )


async def _answer(route: PageRoute, call: PageCall) -> Response[bytes]:
    if route.method == "POST":
        # Nobody but a member sends this much.
        roomy = route.with_files and call.viewer.account_id is not None
        await call.receive_form(files_bytes_max(call.settings) if roomy else 0)
    if call.viewer.account_id is None:
        after = call.here if route.method == "GET" else own_path(call.form.text("back")) or "/home"
        sign_in_path = f"/auth/sign_in?{urlencode({'next': after})}"
        if route.who == "member" and typed_by(call):
            raise SessionOver
        if route.who == "member":
            return call.redirect(sign_in_path)
        height = await wall_height(call.database, call.settings) if route.who == "reader" else "off"
        if height == "all" or (height == "deep" and asks_deep(call)):
            return call.redirect(sign_in_path, f"wall_{height}")
    if route.method == "POST":
        call.refuse_forged()
    if route.needs is not None and not may(call.viewer, route.needs):
        raise NotFound
    return await route.handler(call)
