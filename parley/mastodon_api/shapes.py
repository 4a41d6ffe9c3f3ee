"""Loose values, as forms and JSON bring them, to the fields of a struct by its type hints.

A struct of parameters may use, alone or with `| None` and `| UnsetType`: str, bool, int, float, Id (or any
NewType of int, such as StatusId), datetime, date, Literal and Enum of texts, UploadedFile, LooseText, list[...],
dict[str, ...], another such struct; and `str | list[str]`. Constraints go into `Annotated[..., Meta(...)]`.

What is not given keeps the field's default. Not given is: an absent name; null where the type has no None; an
empty text for anything but text. An empty text for text stays one ("clear it"); an empty text for a list is an
empty list, and empty items are dropped, since a form can't say "no items" otherwise.
"""

import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NewType, TypeVar, Union, get_args, get_origin

import msgspec
from msgspec import UNSET, Struct, UnsetType

from parley.kit.errors import Invalid
from parley.kit.ids import ID_MAX, parse_id
from parley.kit.uploads import UploadedFile

Id = NewType("Id", int)
# For parameters where nonsense means "not given" (limit, max_id ...): never refused, at most not read.
LooseText = NewType("LooseText", str)
# What a text that can't be an id becomes: no row bears it, so it meets the fate of any unknown id.
NO_ID = 0

LIST_LENGTH_MAX = 500
# Everything counted here fits PostgreSQL's integer, and a timedelta when it counts seconds.
INTEGER_MAX = 2**31 - 1

StructT = TypeVar("StructT", bound=Struct)
Reader = Callable[[Any, str], Any]
Plan = dict[str, tuple[Reader, bool]]


class Repeated(list[Any]):
    """The values of a plain name given more than once: all for a list, the last for anything else."""


_plans: dict[type[Struct], Plan] = {}

_INTEGER = re.compile(r"[+-]?[0-9]{1,20}")
_FLOAT = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{0,20})?")
_BOOLEANS = {
    "true": True,
    "1": True,
    "on": True,
    "t": True,
    "false": False,
    "0": False,
    "off": False,
    "f": False,
}


def to_struct(tree: dict[str, Any], struct_type: type[StructT]) -> StructT:
    """Raises Invalid, naming the parameter. Names the struct doesn't know are ignored."""
    values = _read_fields(plan_of(struct_type), tree, "")
    try:
        return msgspec.convert(values, struct_type, strict=False)
    except msgspec.ValidationError as error:
        raise Invalid(_sentence(str(error))) from None


def plan_of(struct_type: type[Struct]) -> Plan:
    plan = _plans.get(struct_type)
    if plan is None:
        # Known before it is filled, so that a struct may hold itself.
        plan = _plans[struct_type] = {}
        for field in msgspec.structs.fields(struct_type):
            plan[field.encode_name] = (_reader_of(field.type), NoneType in _members(field.type))
    return plan


def _read_fields(plan: Plan, tree: dict[str, Any], prefix: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in tree.items():
        known = plan.get(name)
        if known is None:
            continue
        reader, nullable = known
        if value is not None:
            read = reader(value, f"{prefix}[{name}]" if prefix else name)
            if read is not UNSET:
                values[name] = read
        elif nullable:
            values[name] = None
    return values


# From a type hint to the function that reads it


def _members(hint: Any) -> tuple[Any, ...]:
    while get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
    return get_args(hint) if get_origin(hint) in {Union, UnionType} else (hint,)


def _reader_of(hint: Any) -> Reader:
    members = [member for member in _members(hint) if member not in {NoneType, UnsetType}]
    if len(members) == 1:
        return _reader_of_one(members[0])
    lists = [member for member in members if get_origin(member) is list]
    others = [member for member in members if get_origin(member) is not list]
    if len(lists) == len(others) == 1:
        return _either(_reader_of_one(lists[0]), _reader_of_one(others[0]))
    raise TypeError(f"A parameter can't be {hint}")


def _reader_of_one(hint: Any) -> Reader:
    while get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
    if hint in _READERS:
        return _READERS[hint]
    if getattr(hint, "__supertype__", None) is int:
        return _read_id
    origin = get_origin(hint)
    if origin in {list, dict}:
        item = _reader_of(get_args(hint)[-1])
        return _list_reader(item) if origin is list else _dict_reader(item)
    if origin is Literal or (isinstance(hint, type) and issubclass(hint, Enum)):
        return _read_word
    if isinstance(hint, type) and issubclass(hint, Struct):
        return _struct_reader(plan_of(hint))
    raise TypeError(f"A parameter can't be {hint}")


def _either(list_reader: Reader, other_reader: Reader) -> Reader:
    def read(value: Any, name: str) -> Any:
        return (list_reader if isinstance(value, list | dict) else other_reader)(value, name)

    return read


def _struct_reader(plan: Plan) -> Reader:
    def read(value: Any, name: str) -> Any:
        if type(value) is dict:
            return _read_fields(plan, value, name)
        return _unset_if_empty(value, name, "must have named parts")

    return read


def _list_reader(item: Reader) -> Reader:
    def read(value: Any, name: str) -> list[Any]:
        read_items = [item(one, name) for one in _items(value, name) if one is not None and one != ""]
        return [one for one in read_items if one is not UNSET]

    return read


def _dict_reader(item: Reader) -> Reader:
    def read(value: Any, name: str) -> Any:
        if type(value) is not dict:
            return _unset_if_empty(value, name, "must have named parts")
        _refuse_long(value, name)
        given = {key: one for key, one in value.items() if one is not None and one != ""}
        read_items = {_read_text(key, name): item(one, f"{name}[{key}]") for key, one in given.items()}
        return {key: one for key, one in read_items.items() if one is not UNSET}

    return read


def _items(value: Any, name: str) -> list[Any]:
    """A list, an index map (`{"0": ..., "1": ...}`: a list in disguise) or a single value, as a list."""
    if isinstance(value, list):
        _refuse_long(value, name)
        return value
    if type(value) is not dict:
        return [value]
    _refuse_long(value, name)
    if not all(key.isascii() and key.isdigit() and len(key) <= 9 for key in value):
        raise _wrong(name, "must be a list")
    return [value[key] for key in sorted(value, key=int)]


def _refuse_long(value: list[Any] | dict[str, Any], name: str) -> None:
    if len(value) > LIST_LENGTH_MAX:
        raise _wrong(name, f"is too long (maximum is {LIST_LENGTH_MAX} items)")


# Readers of single values: the loose value, how the asker calls it; UNSET says "not given"


def _read_text(value: Any, name: str) -> str:
    kind = type(value)
    if kind is Repeated:
        return _read_text(value[-1], name)
    if kind is not str:
        if kind is bool:
            return "true" if value else "false"
        if kind is not int and kind is not float:
            raise _wrong(name, "must be text")
        return str(value)
    # PostgreSQL can't hold it.
    if "\0" in value:
        raise _wrong(name, "must not contain NUL characters")
    return str(value)


def _read_word(value: Any, name: str) -> Any:
    """For what msgspec itself turns into its type: choices and dates."""
    return _read_text(value, name) or UNSET


def _read_loose_text(value: Any, _name: str) -> Any:
    if type(value) is Repeated:
        value = value[-1]
    if type(value) is int:
        return str(value)
    return value if type(value) is str else UNSET


def _read_boolean(value: Any, name: str) -> Any:
    kind = type(value)
    if kind is bool:
        return value
    if kind is Repeated:
        return _read_boolean(value[-1], name)
    if kind is int and value in {0, 1}:
        return value == 1
    if kind is str:
        found = _BOOLEANS.get(value.strip().lower())
        if found is not None:
            return found
    return _unset_if_empty(value, name, "must be true or false")


def _read_integer(value: Any, name: str) -> Any:
    kind = type(value)
    if kind is Repeated:
        return _read_integer(value[-1], name)
    if (kind is str and _INTEGER.fullmatch(value)) or (kind is float and value.is_integer()):
        value = int(value)
    elif kind is not int:
        return _unset_if_empty(value, name, "must be a whole number")
    if not -INTEGER_MAX <= value <= INTEGER_MAX:
        raise _wrong(name, "is out of range")
    return value


def _read_float(value: Any, name: str) -> Any:
    kind = type(value)
    if kind is Repeated:
        return _read_float(value[-1], name)
    if kind is str and _FLOAT.fullmatch(value):
        return float(value)
    if kind is int and -INTEGER_MAX <= value <= INTEGER_MAX:
        return float(value)
    if kind is float and math.isfinite(value):
        return value
    return _unset_if_empty(value, name, "must be a number")


def _read_id(value: Any, name: str) -> Any:
    kind = type(value)
    if kind is str:
        found = parse_id(value)
        if found is not None:
            return found
        return NO_ID if _read_text(value, name).strip() else UNSET
    if kind is int:
        return value if 0 < value <= ID_MAX else NO_ID
    if kind is Repeated:
        return _read_id(value[-1], name)
    raise _wrong(name, "must be an id")


def _read_datetime(value: Any, name: str) -> Any:
    """A time without an offset is one in UTC."""
    text = _read_text(value, name).strip()
    if not text:
        return UNSET
    try:
        moment = msgspec.convert(text, datetime)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (msgspec.ValidationError, OverflowError):
        raise _wrong(name, "must be a date and time such as 2030-01-31T12:00:00Z") from None


def _read_file(value: Any, name: str) -> Any:
    if type(value) is Repeated:
        value = value[-1]
    return value if isinstance(value, UploadedFile) else _unset_if_empty(value, name, "must be a file")


_READERS: dict[Any, Reader] = {
    str: _read_text,
    bool: _read_boolean,
    int: _read_integer,
    float: _read_float,
    datetime: _read_datetime,
    date: _read_word,
    UploadedFile: _read_file,
    LooseText: _read_loose_text,
}


def _unset_if_empty(value: Any, name: str, complaint: str) -> UnsetType:
    if isinstance(value, str) and not value.strip():
        return UNSET
    raise _wrong(name, complaint)


def _wrong(name: str, complaint: str) -> Invalid:
    return Invalid(f"Validation failed: {name[:100]} {complaint}")


# What msgspec refuses: `Object missing required field `x` - at `$.poll``, and the like

_PLACE = re.compile(r" - at `\$\.?(.*)`$")
_MISSING = re.compile(r"missing required field `(.+?)`")


def _sentence(message: str) -> str:
    place = _PLACE.search(message)
    path = re.sub(r"\[(\.\.\.|\d+)\]", "[]", place[1]).split(".") if place else []
    missing = _MISSING.search(message)
    if missing:
        path = [part for part in path if part] + [missing[1]]
    name = (
        path[0] + "".join(part if part == "[]" else f"[{part}]" for part in path[1:]) if path else "request"
    )
    if missing:
        return f"Validation failed: {name} can't be blank"
    if message.startswith("Invalid enum value"):
        return f"Validation failed: {name} is not included in the list"
    reason = message.removesuffix(place[0]) if place else message
    return f"Validation failed: {name} is invalid ({reason.replace('`', '')})"
