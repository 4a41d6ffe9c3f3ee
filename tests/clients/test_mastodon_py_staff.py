"""Mastodon.py: reports, what staff do with members and reports, the lists of who is kept out, figures, texts."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from mastodon import MastodonAPIError, MastodonNotFoundError

from tests.clients.conftest import Join
from tests.clients.running_server import RunningServer
from tests.clients.strict_mastodon import StrictMastodon
from tests.clients.waiting import eventually

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("clients")]

_STAFF: dict[str, StrictMastodon] = {}


@pytest.fixture
def staff(server: RunningServer) -> StrictMastodon:
    """One administrator for all tests here, as their server is one, too."""
    if server.url not in _STAFF:
        made = server.run(
            *("account", "create", "administrator", "--role", "admin"),
            *("--token", "read write admin:read admin:write"),
        )
        _STAFF[server.url] = StrictMastodon(access_token=made.split()[1], api_base_url=server.url)
    return _STAFF[server.url]


def test_reports_come_to_staff_who_work_on_them(
    server: RunningServer, join: Join, staff: StrictMastodon
) -> None:
    alice, bob = join(), join()
    server.run("rules", "add", "Be kind")
    try:
        [rule] = eventually(alice.instance_rules)
        post = bob.status_post("rude")
        report = alice.report(bob.me(), [post], "Look", category="violation", rule_ids=[rule.id])
    finally:
        server.run("rules", "remove", "1")
    assert (report.category, report.status_ids) == ("violation", [post.id])
    assert report.id in [each.id for each in staff.admin_reports(target_account_id=bob.me().id)]
    eventually(lambda: report.id in [each.report.id for each in staff.notifications(types=["admin.report"])])
    seen = staff.admin_report(report)
    assert (seen.statuses[0].id, seen.rules[0].text) == (post.id, "Be kind")
    assert staff.admin_report_assign(report).assigned_account.id == staff.me().id
    assert staff.admin_report_unassign(report).assigned_account is None
    assert staff.admin_report_resolve(report).action_taken
    assert staff.admin_reports(resolved=True, target_account_id=bob.me().id)[0].id == report.id
    assert not staff.admin_report_reopen(report).action_taken
    with pytest.raises(MastodonAPIError, match="403"):
        alice.admin_reports()


def test_members_are_looked_at_and_acted_upon(join: Join, staff: StrictMastodon) -> None:
    alice, bob = join(), join()
    me, name = alice.me().id, alice.me().username
    for found in (
        staff.admin_accounts_v2(origin="local", username=name),
        staff.admin_accounts_v1(username=name),
        staff.admin_accounts(username=name),
    ):
        assert me in [each.id for each in found]
    assert staff.me().id in [each.id for each in staff.admin_accounts_v2(permissions="staff", limit=200)]
    assert staff.admin_account(me).approved
    staff.admin_account_moderate(me, action="sensitive", text="Please mark your pictures")
    assert staff.admin_account(me).sensitized
    told = eventually(lambda: alice.notifications(types=["moderation_warning"]))
    assert told[0].moderation_warning.text == "Please mark your pictures"
    assert not staff.admin_account_unsensitive(me).sensitized
    staff.admin_account_moderate(me, action="silence", send_email_notification=False)
    assert bob.account(me).limited
    assert not staff.admin_account_unsilence(me).silenced
    staff.admin_account_moderate(me, action="disable")
    with pytest.raises(MastodonAPIError, match="403"):
        alice.timeline_home()
    assert not staff.admin_account_enable(me).disabled
    staff.admin_account_moderate(me, action="suspend")
    assert bob.account(me).suspended
    assert not staff.admin_account_unsuspend(me).suspended
    staff.admin_account_moderate(me, action="suspend")
    assert staff.admin_account_delete(me).id == me
    for act in (staff.admin_account_approve, staff.admin_account_reject):
        with pytest.raises(MastodonAPIError, match="403"):
            act(bob.me().id)


def test_who_is_kept_out_stands_in_lists(staff: StrictMastodon) -> None:
    block = staff.admin_create_domain_block("bad.example", severity="suspend", public_comment="Spam")
    changed = staff.admin_update_domain_block(block.id, severity="silence")
    assert staff.admin_domain_blocks(block.id).severity == changed.severity == "silence"
    assert [each.domain for each in staff.instance_domain_blocks()] == ["bad.example"]
    staff.admin_delete_domain_block(block.id)
    assert staff.admin_domain_blocks() == []

    allowed = staff.admin_create_domain_allow("good.example")
    assert staff.admin_domain_allow(allowed.id).domain == staff.admin_domain_allows()[0].domain
    staff.admin_delete_domain_allow(allowed.id)

    email_domain = staff.admin_create_email_domain_block("trash.example")
    assert len(staff.admin_email_domain_block(email_domain.id).history) == 7
    assert [each.id for each in staff.admin_email_domain_blocks()] == [email_domain.id]
    staff.admin_delete_email_domain_block(email_domain.id)

    email = staff.admin_create_canonical_email_block(email="bad.guy@mail.test")
    assert [each.id for each in staff.admin_test_canonical_email_block("badguy+1@mail.test")] == [email.id]
    assert staff.admin_canonical_email_block(email.id).id == staff.admin_canonical_email_blocks()[0].id
    staff.admin_delete_canonical_email_block(email.id)

    ip = staff.admin_create_ip_block("192.0.2.0/24", "sign_up_block", "Spammers", 3600)
    assert staff.admin_update_ip_block(ip.id, severity="no_access").severity == "no_access"
    assert staff.admin_ip_block(ip.id).ip == staff.admin_ip_blocks()[0].ip == "192.0.2.0/24"
    staff.admin_delete_ip_block(ip.id)
    with pytest.raises(MastodonNotFoundError):
        staff.admin_ip_block(ip.id)


def test_figures_for_staff(staff: StrictMastodon) -> None:
    end = datetime.now(UTC)
    start = end - timedelta(days=4)
    measures = staff.admin_measures(start, end, active_users=True, opened_reports=True, tag_uses="1")
    assert [each.key for each in measures] == ["active_users", "opened_reports"]
    assert len(measures[0].data) == 5
    [versions] = staff.admin_dimensions(start, end, software_versions=True)
    assert versions.data[0].key == "parley"
    assert isinstance(staff.admin_retention(start, end, frequency="month"), list)


def test_terms_of_service_by_day(server: RunningServer, alice: StrictMastodon, tmp_path: Path) -> None:
    file = tmp_path / "terms.txt"
    file.write_text("Be good")
    server.run("text", "publish", "terms_of_service", str(file))
    now = eventually(alice.instance_terms_of_service)
    assert alice.instance_terms_of_service(now.effective_date.date()).content == "<p>Be good</p>"
