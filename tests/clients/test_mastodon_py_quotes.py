"""Mastodon.py: quotes and who may make them, statuses that wait for their hour, and what is declared as off."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from mastodon import MastodonAPIError, MastodonNotFoundError

from tests.clients.strict_mastodon import StrictMastodon
from tests.clients.waiting import eventually

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("clients")]


def test_a_quote_and_its_revocation(
    alice: StrictMastodon, bob: StrictMastodon, carol: StrictMastodon
) -> None:
    said = alice.status_post("worth quoting")
    quoting = bob.status_post("look", quoted_status_id=said)
    assert (quoting.quote.state, quoting.quote.quoted_status.id) == ("accepted", said.id)
    again = carol.status_post("and look", quoted_status_id=quoting)
    assert again.quote.quoted_status.quote.quoted_status_id == said.id
    assert [each.id for each in carol.status_quotes(said)] == [quoting.id]
    assert alice.status(said).quotes_count == 1
    (told,) = eventually(lambda: alice.notifications(types=["quote"]))
    assert told.status.id == quoting.id
    alice.status_update(said, "worth quoting anew")
    (told,) = eventually(lambda: bob.notifications(types=["quoted_update"]))
    assert (told.status.id, told.status.quote.quoted_status.id) == (quoting.id, said.id)
    revoked = alice.status_quote_revoke(said, quoting)
    assert (revoked.id, revoked.quote.state, revoked.quote.quoted_status) == (quoting.id, "revoked", None)
    assert alice.status_quotes(said) == []


def test_who_may_quote(alice: StrictMastodon, bob: StrictMastodon) -> None:
    said = alice.status_post("mine", quote_approval_policy="nobody")
    assert (said.quote_approval.automatic, said.quote_approval.current_user) == ([], "automatic")
    assert bob.status(said).quote_approval.current_user == "denied"
    with pytest.raises(MastodonAPIError):
        bob.status_post("look", quoted_status_id=said)
    opened = alice.status_update_quote_approval_policy(said, "public")
    assert opened.quote_approval.automatic == ["public"]
    assert bob.status_post("look", quoted_status_id=said).quote.state == "accepted"


def test_statuses_that_wait(alice: StrictMastodon, bob: StrictMastodon) -> None:
    hour = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    poll = alice.make_poll(["yes", "no"], 600)
    made = [
        alice.status_post("later", scheduled_at=hour, spoiler_text="then", visibility="unlisted"),
        alice.status_post("later still", scheduled_at=hour, poll=poll),
        alice.status_post("last", scheduled_at=hour),
    ]
    assert (made[0].scheduled_at, made[0].params.text, made[0].params.spoiler_text) == (hour, "later", "then")
    assert made[1].params.poll.options == ["yes", "no"]
    newest = alice.scheduled_statuses(limit=2)
    assert [each.id for each in newest] == [made[2].id, made[1].id]
    older: Any = alice.fetch_next(newest)
    assert [each.id for each in older] == [made[0].id]
    assert bob.scheduled_statuses() == []
    moved = alice.scheduled_status_update(made[0], hour + timedelta(hours=1))
    assert moved.scheduled_at == hour + timedelta(hours=1)
    assert alice.scheduled_status(made[0]).scheduled_at == moved.scheduled_at
    alice.scheduled_status_delete(made[0])
    with pytest.raises(MastodonNotFoundError):
        alice.scheduled_status(made[0])
    with pytest.raises(MastodonAPIError):
        alice.status_post("too soon", scheduled_at=datetime.now(UTC) + timedelta(minutes=1))


def test_what_is_declared_as_off(alice: StrictMastodon) -> None:
    said = alice.status_post("Guten Tag", language="de")
    with pytest.raises(MastodonAPIError):
        alice.status_translate(said, lang="en")
    context = alice.status_context(said)
    assert alice.get_async_refresh_info(context) is None
    assert alice.await_async_refresh(context) == context
    with pytest.raises(MastodonNotFoundError):
        alice.get_async_refresh_status("anything")
