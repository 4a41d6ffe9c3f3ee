"""Names to sign in with: all spellings of one are counted as one."""

import pytest

from parley.identity.login import NAME_LENGTH_MAX, check_password, sign_in_name
from parley.kit.db import Connection
from parley.kit.services import Services
from tests.identity.world import PASSWORD, make_member


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        (" @Alice ", "alice"),
        ("alice", "alice"),
        ("Alice@Mail.TEST", "alice@mail.test"),
        ("alice@ｍａｉｌ.test", "alice@mail.test"),
        ("alice@ⓜail。test", "alice@mail.test"),
        ("alice@not an address", ""),
        ("a" * (NAME_LENGTH_MAX + 1), ""),
    ],
)
def test_every_spelling_has_one_form(typed: str, name: str) -> None:
    assert sign_in_name(typed) == name


async def test_every_spelling_signs_the_member_in(conn: Connection, services: Services) -> None:
    alice = await make_member(conn, "Alice")
    for typed in ("alice", "@ALICE", "alice@MAIL.test", "Alice@ｍａｉｌ.test"):
        assert (await check_password(services.database, typed, PASSWORD)).account_id == alice
