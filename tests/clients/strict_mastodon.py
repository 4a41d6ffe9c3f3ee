"""Mastodon.py made to complain: it swallows what it can't parse, so each answer is compared with its types."""

import ast
import copy
import inspect
import itertools
import re
import sys
import types
import typing
from datetime import datetime
from functools import cache
from typing import Any

from mastodon import Mastodon, internals, return_types, types_base
from mastodon.types_base import AttribAccessDict, MaybeSnowflakeIdType

# What the server says it is compatible with; attributes that came later may be missing.
_RELEASE = (4, 5, 0)
# A status names its application by these alone; the library has one class for that and for a registered one.
_SHORT_APPLICATION = {"name", "website"}
# And a filter that it meets by what a filter of version 2 is, without its words; the library takes it for an older one.
_SHORT_FILTER = {"id", "context", "expires_at", "title", "filter_action"}
# The library declares a filter of version 1 for one of version 2, and one account for many.
_DECLARED_WRONGLY = {
    "filter_v2": return_types.FilterV2,
    "admin_accounts_v1": types_base.NonPaginatableList[return_types.AdminAccount],
}
# Mastodon sends null for these where nothing was written and nobody named; the library forgets to say so.
_NULL_IN_MASTODON = {
    "ExtendedDescription.updated_at",
    "Instance.contact_account",
    "InstanceContact.account",
    "PreviewCardAuthor.account",
}
# Apps with fixed types read it as the number that Mastodon sends, whatever its documentation says.
_NUMBERS_IN_MASTODON = {"WebPushSubscription.id"}
# What is documented as the parameters of a poll to come, the library takes for a poll; it misspells `rule_ids`; and
# takes for a number what may be a version's name, and accounts as staff see them for plain ones.
_OTHERWISE_DOCUMENTED = {
    "AdminDimensionData.value",
    "AdminReport.account",
    "AdminReport.target_account",
    "Report.rules_ids",
    "ScheduledStatusParams.poll",
}
# Left out for who isn't signed in.
_FOR_MEMBERS = {"Poll.voted", "Poll.own_votes"}
_ADDED = re.compile(r"\* (\d+)\.(\d+)\.(\d+): added")


# Private to the library, and without types of its own.
_parse: Any = vars(internals.Mastodon)["_Mastodon__try_cast_to_type"]
_cast: Any = vars(types_base)["try_cast_recurse"]
_type_called: Any = vars(types_base)["_str_to_type"]


class UnparsedEntity(BaseException):
    """An answer that doesn't have the form which the library declares for it.

    No Exception, because the library goes on after every Exception that its parsing raises.
    """


class StrictMastodon(Mastodon):
    """As Mastodon.py, but an answer that doesn't fit its declared type raises UnparsedEntity."""

    def _Mastodon__try_cast_to_type(  # noqa: N802 - the library's private name
        self, value: Any, override_type: Any = None
    ) -> Any:
        # Two frames up stands the method of the library that was called; its annotation declares the answer.
        method = sys._getframe(2).f_code.co_name
        declared = override_type or _declared_by(method)
        if isinstance(declared, str):  # so a page names its type to the next
            declared = _type_called(declared)
        raw = copy.deepcopy(value)
        parsed = _parse(self, value, override_type=declared)
        if not (isinstance(raw, dict) and "error" in raw):
            found = complaints(declared, raw, parsed[0], method)
            if found:
                raise UnparsedEntity("\n".join(found))
        return parsed


@cache
def _declared_by(method: str) -> Any:
    if method in _DECLARED_WRONGLY:
        return _DECLARED_WRONGLY[method]
    declared = typing.get_type_hints(getattr(Mastodon, method)).get("return")
    return AttribAccessDict if declared in {None, type(None)} else declared


def complaints(declared: Any, raw: Any, parsed: Any, where: str) -> list[str]:
    """What keeps `raw`, the JSON, or `parsed`, what became of it, from being of the declared type."""
    if typing.get_origin(declared) in {typing.Union, types.UnionType}:
        return _complaints_of_union(declared, raw, parsed, where)
    origin = typing.get_origin(declared) or declared
    if declared in {Any, AttribAccessDict, dict} or isinstance(declared, typing.TypeVar):
        return []
    if raw is None:
        return [] if declared is type(None) else [f"{where}: null"]
    if isinstance(origin, type) and issubclass(origin, (list, tuple)):
        return _complaints_of_list(declared, raw, parsed, where)
    if isinstance(origin, type) and issubclass(origin, AttribAccessDict):
        return _complaints_of_entity(origin, raw, parsed, where)
    if isinstance(origin, type) and issubclass(origin, dict):
        return _complaints_of_dict(declared, raw, where)
    return [] if _fits(origin, raw, parsed) else [f"{where}: {raw!r} became {parsed!r}, not {declared}"]


def _complaints_of_union(declared: Any, raw: Any, parsed: Any, where: str) -> list[str]:
    alternatives = [complaints(each, raw, parsed, where) for each in typing.get_args(declared)]
    return [] if [] in alternatives else max(alternatives, key=len)


def _complaints_of_list(declared: Any, raw: Any, parsed: Any, where: str) -> list[str]:
    if not isinstance(raw, list):
        return [f"{where}: {raw!r} is no list"]
    (element,) = typing.get_args(declared) or (Any,)
    pairs = zip(raw, parsed, strict=True)
    return [
        line
        for number, (each, became) in enumerate(pairs)
        for line in complaints(element, each, became, f"{where}[{number}]")
    ]


def _complaints_of_dict(declared: Any, raw: Any, where: str) -> list[str]:
    """Values that have a type are parsed by the methods themselves, after this; so it is done here, too."""
    if not isinstance(raw, dict):
        return [f"{where}: {raw!r} is no object"]
    _, value = typing.get_args(declared) or (Any, Any)
    return [
        line
        for key, each in raw.items()
        for line in complaints(value, each, _cast(value, each), f"{where}.{key}")
    ]


def _complaints_of_entity(entity: Any, raw: Any, parsed: Any, where: str) -> list[str]:
    if not isinstance(raw, dict) or parsed.__class__ is not entity:
        return [f"{where}: {raw!r} became {type(parsed).__name__}, not {entity.__name__}"]
    found: list[str] = []
    wire_names = getattr(entity, "_rename_map", {})
    for name, declared in _attributes(entity).items():
        wire_name, here = wire_names.get(name, name), f"{where}.{name}"
        full_name = f"{entity.__name__}.{name}"
        if full_name in _OTHERWISE_DOCUMENTED:
            continue
        if raw.get(wire_name) is None and full_name in _NULL_IN_MASTODON:
            continue
        if type(raw.get(wire_name)) is int and f"{entity.__name__}.{name}" in _NUMBERS_IN_MASTODON:
            continue
        if wire_name in raw:
            found += complaints(declared, raw[wire_name], parsed[name], here)
        elif not _may_be_missing(entity, name, declared, where):
            found.append(f"{here}: missing ({entity.__name__}.{name})")
    return found


@cache
def _attributes(entity: Any) -> dict[str, Any]:
    own = inspect.get_annotations(entity)
    return {name: hint for name, hint in typing.get_type_hints(entity).items() if name in own}


def _may_be_missing(entity: Any, name: str, declared: Any, where: str) -> bool:
    if where.endswith(".application") and name not in _SHORT_APPLICATION:
        return True
    if where.endswith("].filter") and name not in _SHORT_FILTER:
        return True
    full_name = f"{entity.__name__}.{name}"
    return type(None) in typing.get_args(declared) or full_name in _FOR_MEMBERS | _later_attributes()


@cache
def _later_attributes() -> frozenset[str]:
    """By the version histories that the library writes under each attribute."""
    found = set()
    for entity in ast.parse(inspect.getsource(return_types)).body:
        if isinstance(entity, ast.ClassDef):
            for attribute, text in itertools.pairwise(entity.body):
                if isinstance(attribute, ast.AnnAssign) and isinstance(text, ast.Expr):
                    added = _ADDED.search(ast.literal_eval(text.value))
                    # The newest have an empty history.
                    if added is None or tuple(map(int, added.groups())) > _RELEASE:
                        found.add(f"{entity.name}.{ast.unparse(attribute.target)}")
    return frozenset(found)


def _fits(declared: Any, raw: Any, parsed: Any) -> bool:
    """Scalars: `parsed` is of the type, and `raw` was a form of it that the API documents."""
    if declared is bool:
        return isinstance(raw, bool)
    if declared is int:
        # Counts of days and weeks are documented as strings.
        digits = isinstance(raw, str) and raw.isdigit()
        return (type(raw) is int or digits) and type(parsed) is int
    if declared is float:
        return type(raw) in {int, float} and isinstance(parsed, float)
    if declared is datetime:
        return isinstance(raw, str) and isinstance(parsed, datetime)
    if declared in {str, MaybeSnowflakeIdType}:
        return isinstance(raw, str) and isinstance(parsed, str)
    return isinstance(parsed, declared)
