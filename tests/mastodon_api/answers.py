"""Reading answers: strictly as the documented entity, or as a refusal."""

from typing import Any, TypeVar

import httpx
import msgspec

Entity = TypeVar("Entity")


def strictly(answer: httpx.Response, entity: type[Entity]) -> Entity:
    """Each documented key present and of its type, and none beside them."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    found = msgspec.json.decode(answer.content, type=entity)
    assert msgspec.json.decode(msgspec.json.encode(found)) == answer.json()
    return found


def refusal(answer: httpx.Response) -> tuple[int, Any]:
    """(status, sentence); nothing else may stand there."""
    assert set(answer.json()) == {"error"}, answer.text
    return answer.status_code, answer.json()["error"]
