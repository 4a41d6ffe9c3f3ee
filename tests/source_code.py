"""The package's own source as syntax trees, for tests of its form."""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

import msgspec

ROOT = Path(__file__).parents[1]


class SourceFile(msgspec.Struct, frozen=True):
    """`path` runs from the checkout, with forward slashes."""

    path: str
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def slice(self) -> str:
        """The folder (or module) right under the package; empty outside it."""
        parts = self.path.removesuffix(".py").split("/")
        return parts[1] if parts[0] == "parley" else ""

    @property
    def module(self) -> str:
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    def at(self, node: ast.AST) -> str:
        return f"{self.path}:{getattr(node, 'lineno', 1)}"


@functools.cache
def source_files(*folders: str) -> tuple[SourceFile, ...]:
    return tuple(_read(path) for folder in folders for path in sorted((ROOT / folder).rglob("*.py")))


def _read(path: Path) -> SourceFile:
    text = path.read_text(encoding="utf-8")
    return SourceFile(path.relative_to(ROOT).as_posix(), text, ast.parse(text))


def imported_names(file: SourceFile) -> Iterator[tuple[ast.AST, str]]:
    """Every module, and everything out of a module, that the file imports, by its full name."""
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Import):
            for each in node.names:
                yield node, each.name
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node, node.module
            for each in node.names:
                yield node, f"{node.module}.{each.name}"


Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions_of(tree: ast.AST) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))
