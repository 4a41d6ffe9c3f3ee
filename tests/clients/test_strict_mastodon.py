"""The comparison of answers with the library's types notices what the library swallows."""

from typing import Any

import pytest
from mastodon import types_base
from mastodon.return_types import StatusMention, Tag
from mastodon.types_base import PaginatableList

from tests.clients.strict_mastodon import complaints

_parse: Any = vars(types_base)["try_cast_recurse"]
_MENTION = {"id": "12", "username": "bob", "acct": "bob", "url": "http://parley.test/@bob"}


def _complaints(declared: Any, raw: Any) -> list[str]:
    return complaints(declared, raw, _parse(declared, raw), "answer")


def test_an_entity_as_declared_is_accepted() -> None:
    assert _complaints(StatusMention, _MENTION) == []
    assert _complaints(PaginatableList[StatusMention], [_MENTION, _MENTION | {"more": 1}]) == []


@pytest.mark.parametrize(
    ("raw", "complaint"),
    [
        (_MENTION | {"id": 12}, "answer[0].id: 12 became"),
        (_MENTION | {"url": None}, "answer[0].url: null"),
        ({name: value for name, value in _MENTION.items() if name != "acct"}, "answer[0].acct: missing"),
        ("bob", "answer[0]: 'bob' became str"),
    ],
)
def test_what_is_missing_or_of_another_type_is_told(raw: Any, complaint: str) -> None:
    (told,) = _complaints(PaginatableList[StatusMention], [raw])
    assert told.startswith(complaint)


def test_wrong_parts_of_parts_are_told() -> None:
    tag = {"name": "tea", "url": "http://parley.test/tags/tea", "id": "1", "following": "perhaps"}
    told = _complaints(Tag, tag | {"history": [{"day": "x", "uses": "1", "accounts": "1"}]})
    assert any(each.startswith("answer.following") for each in told)
    assert any(each.startswith("answer.history[0].day") for each in told)
