"""Structs of changes, in which UNSET means "as before"."""

from typing import Any, TypeVar

import msgspec
from msgspec import UNSET

StructT = TypeVar("StructT", bound=msgspec.Struct)


def given(changes: msgspec.Struct) -> dict[str, Any]:
    """Only what is to change, by name."""
    values = msgspec.structs.asdict(changes)
    return {name: value for name, value in values.items() if value is not UNSET}


def with_changes(before: StructT, changes: msgspec.Struct) -> StructT:
    return msgspec.structs.replace(before, **given(changes))
