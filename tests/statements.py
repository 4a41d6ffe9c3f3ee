"""Every SQL statement in the package, out of the calls that send it; what is put together is put together here, too."""

import ast
import copy
import functools
import importlib
import itertools
from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from tests.source_code import Function, SourceFile, functions_of, source_files

CALLS = {"fetch_all", "fetch_one", "fetch_rows", "fetch_column", "fetch_value", "execute", "execute_many"}
# Their statements make and drop partitions and databases; tests of their own run all of them.
NOT_STATEMENTS = {
    f"parley/kit/{name}.py" for name in ("db", "migrate", "partitions", "postgres", "pubsub", "schema_text")
}
# What a parameter may hold that becomes part of a statement.
SUBSTITUTIONS: dict[tuple[str, str], tuple[str, ...]] = {
    ("timelines.queries.owners_holding", "partition"): ("home_entries",),
    ("publishing.interaction_queries._mark", "column"): (
        "favourite_id",
        "bookmark_id",
        "reblog_id",
        "pin_id",
    ),
    ("publishing.interaction_queries.unmark", "column"): (
        "favourite_id",
        "bookmark_id",
        "reblog_id",
        "pin_id",
    ),
}
# A partition has the columns of its parent.
PARTITIONS_OF = {"timelines": "home_entries", "notifications": "notifications"}


class Statement(msgspec.Struct, frozen=True):
    """`function` begins with the slice; `values` are the sources of what is sent along, None if not told apart.

    `held`: its caller says so, as it has a limit.
    """

    function: str
    call: str
    sql: str
    into: Any
    values: tuple[str, ...] | None
    at: str
    held: bool = False

    @property
    def slice(self) -> str:
        return self.function.partition(".")[0]


class Copy(msgspec.Struct, frozen=True):
    function: str
    table: str
    columns: tuple[str, ...]

    @property
    def slice(self) -> str:
        return self.function.partition(".")[0]


@functools.cache
def all_statements() -> tuple[Statement, ...]:
    return tuple(
        statement
        for file in query_files()
        for function in functions_of(file.tree)
        for call in _calls_in(function, CALLS)
        for statement in _statements_of(file, function, call)
    )


@functools.cache
def all_copies() -> tuple[Copy, ...]:
    return tuple(
        Copy(_name_of(file, function), *_evaluated(file, call.args[:2]))
        for file in query_files()
        for function in functions_of(file.tree)
        for call in _calls_in(function, {"copy_in"})
    )


def query_files() -> list[SourceFile]:
    return [
        file
        for file in source_files("parley")
        if file.path not in NOT_STATEMENTS and (file.slice == "kit" or file.name.endswith("queries.py"))
    ]


def namespace_of(file: SourceFile) -> Mapping[str, Any]:
    return vars(importlib.import_module(file.module))


def _name_of(file: SourceFile, function: Function) -> str:
    return f"{file.module.removeprefix('parley.')}.{function.name}"


def _calls_in(function: Function, names: set[str]) -> Iterator[ast.Call]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {f"conn.{each}" for each in names}:
            yield node


def _statements_of(file: SourceFile, function: Function, call: ast.Call) -> Iterator[Statement]:
    assert isinstance(call.func, ast.Attribute)
    kind = call.func.attr
    place = 1 if kind in {"fetch_all", "fetch_one"} else 0
    into = _evaluated(file, call.args[:place])[0] if place else None
    values: tuple[str, ...] | None = tuple(ast.unparse(each) for each in call.args[place + 1 :])
    if kind == "execute_many" or any(isinstance(each, ast.Starred) for each in call.args):
        values = None
    name = _name_of(file, function)
    held = any(each.arg == "held" and ast.unparse(each.value) == "True" for each in call.keywords)
    for sql in _variants(file, function, name, call.args[place]):
        yield Statement(name, kind, sql, into, values, file.at(call), held)


def _evaluated(file: SourceFile, nodes: list[ast.expr]) -> list[Any]:
    return [_evaluate(node, namespace_of(file), {}) for node in nodes]


def _evaluate(node: ast.expr, module: Mapping[str, Any], local: Mapping[str, Any]) -> Any:
    return eval(compile(ast.Expression(node), "<statement>", "eval"), dict(module), dict(local))


def _variants(file: SourceFile, function: Function, name: str, node: ast.expr) -> Iterator[str]:
    """The statement for every branch in it, and every combination of what the names in it may stand for."""
    module = namespace_of(file)
    for branch in _branches(node):
        names = {each.id for each in ast.walk(branch) if isinstance(each, ast.Name)} - module.keys()
        choices = {each: _choices(file, function, name, each) for each in sorted(names)}
        for values in itertools.product(*choices.values()):
            sql = _evaluate(branch, module, dict(zip(choices, values, strict=True)))
            assert isinstance(sql, str), file.at(node)
            yield sql


def _branches(node: ast.expr) -> list[ast.expr]:
    """`a if x else b` is two, wherever it stands."""
    fork = next((each for each in ast.walk(node) if isinstance(each, ast.IfExp)), None)
    if fork is None:
        return [node]
    found = []
    for side in (fork.body, fork.orelse):
        taken = _Replace(fork, side).visit(copy.deepcopy(node) if node is not fork else node)
        found += _branches(taken)
    return found


class _Replace(ast.NodeTransformer):
    """Puts one expression in the place of another."""

    def __init__(self, old: ast.expr, new: ast.expr) -> None:
        self._place = (old.lineno, old.col_offset, old.end_col_offset)
        self._new = new

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        return self._new if (node.lineno, node.col_offset, node.end_col_offset) == self._place else node


def _choices(file: SourceFile, function: Function, name: str, wanted: str) -> list[Any]:
    if (name, wanted) in SUBSTITUTIONS:
        return list(SUBSTITUTIONS[name, wanted])
    if wanted == "partition":
        return [PARTITIONS_OF[file.slice]]
    hints = get_type_hints(vars(importlib.import_module(file.module))[function.name])
    if get_origin(hints.get(wanted)) is Literal:
        return list(get_args(hints[wanted]))
    found = [
        value
        for node in ast.walk(function)
        if isinstance(node, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == wanted for target in node.targets)
        for value in _variants(file, function, name, node.value)
    ]
    assert found, f"{file.at(function)}: what may {wanted} stand for? See SUBSTITUTIONS."
    return found
