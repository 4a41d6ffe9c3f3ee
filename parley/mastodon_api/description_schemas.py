"""Structs of parameters as JSON Schema: what a client may send, by the type hints that shapes.py reads values by."""

from datetime import date, datetime
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from msgspec import UnsetType

from parley.kit.uploads import UploadedFile
from parley.mastodon_api.shapes import INTEGER_MAX, LIST_LENGTH_MAX, LooseText

Schema = dict[str, Any]

_ID: Schema = {"type": "string", "pattern": "^[1-9][0-9]{0,18}$"}
_PLAIN: dict[Any, Schema] = {
    str: {"type": "string"},
    LooseText: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer", "minimum": -INTEGER_MAX, "maximum": INTEGER_MAX},
    float: {"type": "number", "minimum": -INTEGER_MAX, "maximum": INTEGER_MAX},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
    UploadedFile: {"type": "string", "format": "binary"},
}


def fields_of(struct: type[msgspec.Struct]) -> dict[str, Schema]:
    """The struct's parameters by their names on the wire."""
    return {field.encode_name: _schema_of_field(field) for field in msgspec.structs.fields(struct)}


def object_schema(struct: type[msgspec.Struct]) -> Schema:
    return {"type": "object", "properties": fields_of(struct)}


def holds_file(schema: Schema) -> bool:
    return schema.get("format") == "binary" or any(
        holds_file(each) for each in schema.get("properties", {}).values()
    )


def _schema_of_field(field: msgspec.structs.FieldInfo) -> Schema:
    schema = _schema_of(field.type)
    plain = field.default
    if plain is not msgspec.NODEFAULT and type(plain) in {bool, int, str} and plain != "":
        return {**schema, "default": plain}
    return schema


def _schema_of(hint: Any) -> Schema:
    limits: Schema = {}
    while get_origin(hint) is Annotated:
        hint, *notes = get_args(hint)
        limits |= _limits(notes)
    if get_origin(hint) in {Union, UnionType}:
        members = [each for each in get_args(hint) if each not in {NoneType, UnsetType}]
        schemas = [_schema_of(each) for each in members]
        return schemas[0] | limits if len(schemas) == 1 else {"anyOf": schemas} | limits
    return _schema_of_one(hint) | limits


def _schema_of_one(hint: Any) -> Schema:
    if hint in _PLAIN:
        return _PLAIN[hint]
    if getattr(hint, "__supertype__", None) is int:
        return _ID
    origin = get_origin(hint)
    if origin is list:
        return {"type": "array", "items": _schema_of(get_args(hint)[0]), "maxItems": LIST_LENGTH_MAX}
    if origin is dict:
        return {"type": "object", "additionalProperties": _schema_of(get_args(hint)[1])}
    if origin is Literal:
        return {"type": "string", "enum": list(get_args(hint))}
    if isinstance(hint, type) and issubclass(hint, Enum):
        return {"type": "string", "enum": [each.value for each in hint]}
    return object_schema(hint)


def _limits(notes: list[Any]) -> Schema:
    found: Schema = {}
    for note in notes:
        if isinstance(note, msgspec.Meta):
            known = {
                "minimum": note.ge,
                "exclusiveMinimum": note.gt,
                "maximum": note.le,
                "exclusiveMaximum": note.lt,
                "minLength": note.min_length,
                "maxLength": note.max_length,
                "pattern": note.pattern,
            }
            found |= {name: value for name, value in known.items() if value is not None}
    return found
