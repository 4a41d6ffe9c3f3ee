"""Documentation that can fail: settings, jobs, events, commands, dependencies and hot paths, each with its page."""

import ast
import inspect
import re
import tomllib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cyclopts import App

from parley import worker
from parley.cli.main import app
from parley.kit.config import Settings, load_settings
from parley.kit.jobs import registered_kinds, registered_schedules
from parley.side_effects.dispatch import EVENT_TYPES
from tests.source_code import ROOT, functions_of, source_files

DOCS = ROOT / "docs"
JOBS = worker.JOB_MODULES
CODE = re.compile(r"`([^`]+)`")
# Both are read; the second is the one every PostgreSQL tool knows.
SECOND_NAMES = {"database_url": " or `DATABASE_URL`"}


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def section(text: str, heading: str) -> str:
    """What stands under a heading, up to the next of its kind."""
    after = text.partition(f"\n{heading}\n")[2]
    assert after, f"there is no {heading}"
    return after.partition(f"\n{heading.split(' ', maxsplit=1)[0]} ")[0]


def rows_of(text: str) -> dict[str, list[str]]:
    """The rows of all tables, without heads, by the name in code at their beginning: the other cells."""
    rows: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line.startswith("| `"):
            first, *others = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            name = CODE.findall(first)[0]
            assert name not in rows, f"{name} stands twice"
            assert all(others), f"an empty cell beside {name}"
            rows[name] = others
    return rows


# Settings -----------------------------------------------------------------------------------------------


def shown(value: Any) -> str:
    """A default as its page shows it."""
    if value in ("", ()):
        return "empty"
    if isinstance(value, bool):
        return "`on`" if value else "`off`"
    return ", ".join(f"`{each}`" for each in (value if isinstance(value, tuple) else (value,)))


def test_every_setting_is_described():
    rows = rows_of(page("operators/settings.md"))
    fields = {field.name: field.default for field in msgspec.structs.fields(Settings)}
    assert rows.keys() == fields.keys()
    wrong = [
        name
        for name, default in fields.items()
        if rows[name][:2] != [f"`PARLEY_{name.upper()}`" + SECOND_NAMES.get(name, ""), shown(default)]
    ]
    assert wrong == []


def test_the_example_of_a_settings_file_is_taken(tmp_path: Path):
    example = page("operators/settings.md").partition("```toml\n")[2].partition("```")[0]
    (tmp_path / "parley.toml").write_text(example)
    settings = load_settings({}, tmp_path)
    assert settings.base_url == tomllib.loads(example)["url"]


# Jobs, schedules, events --------------------------------------------------------------------------------


def test_every_job_is_listed_with_its_lane():
    rows = rows_of(section(page("jobs.md"), "## Jobs"))
    lanes = {name: f"`{kind.lane}`" for name, kind in registered_kinds().items()}
    assert {name: cells[0] for name, cells in rows.items()} == lanes


def test_every_schedule_is_listed_with_its_period():
    rows = rows_of(section(page("jobs.md"), "## Schedules"))
    periods = {name: in_words(each.every) for name, each in registered_schedules().items()}
    assert {name: cells[0] for name, cells in rows.items()} == periods


def in_words(period: timedelta) -> str:
    minutes = int(period.total_seconds()) // 60
    for unit, length in (("day", 1440), ("hour", 60), ("minute", 1)):
        if minutes % length == 0:
            count = minutes // length
            return f"{count} {unit}{'s' if count > 1 else ''}"
    raise AssertionError(period)


def test_every_event_is_listed():
    assert rows_of(section(page("jobs.md"), "## Events")).keys() == EVENT_TYPES.keys()


# Commands -----------------------------------------------------------------------------------------------


def commands_of(group: App, path: str) -> Iterator[tuple[str, App]]:
    for name in group:
        if not name.startswith("-"):
            command = group[name]
            if command.default_command is not None:
                yield f"{path} {name}", command
            yield from commands_of(command, f"{path} {name}")


def options_of(command: App) -> set[str]:
    assert command.default_command is not None
    parameters = inspect.signature(command.default_command).parameters.values()
    return {
        f"--{each.name.replace('_', '-')}" if each.kind == each.KEYWORD_ONLY else each.name.upper()
        for each in parameters
    }


def test_every_command_is_described_with_its_options():
    text = page("operators/commands.md")
    commands = dict(commands_of(app, "parley"))
    assert sorted(re.findall(r"^## (.+)$", text, re.MULTILINE)) == sorted(commands)
    wrong = [
        name
        for name, command in commands.items()
        if rows_of(section(text, f"## {name}")).keys() != options_of(command)
    ]
    assert wrong == []


# Dependencies -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heading", "path"),
    [
        ("## What runs", ("project", "dependencies")),
        ("## What only development needs", ("dependency-groups", "dev")),
    ],
)
def test_every_dependency_has_its_reason(heading: str, path: tuple[str, str]):
    named = tomllib.loads((ROOT / "pyproject.toml").read_text())[path[0]][path[1]]
    names = {re.split(r"[\[<>=;~! ]", each)[0] for each in named}
    assert rows_of(section(page("dependencies.md"), heading)).keys() == names


# Hot paths ----------------------------------------------------------------------------------------------


def test_every_hot_path_is_listed():
    hot = {
        (function.name, file.path)
        for file in source_files("parley")
        for function in functions_of(file.tree)
        if re.search(r"^Hot path:", ast.get_docstring(function) or "", re.MULTILINE)
    }
    rows = rows_of(section(page("performance.md"), "## Hot paths"))
    assert {(name, cells[0].strip("`")) for name, cells in rows.items()} == hot


# All pages ----------------------------------------------------------------------------------------------


def test_links_between_pages_lead_somewhere():
    broken = [
        f"{path.relative_to(ROOT)}: {target}"
        for path in [*DOCS.rglob("*.md"), *ROOT.glob("*.md")]
        for target in re.findall(r"\]\(([^)#\s]+)", path.read_text(encoding="utf-8"))
        if "://" not in target and not target.startswith("mailto:")
        if not (path.parent / target).exists()
    ]
    assert broken == []


def test_paths_in_pages_exist():
    """Files that pages name in code, from the checkout."""
    missing = [
        f"{path.relative_to(ROOT)}: {named}"
        for path in [*DOCS.rglob("*.md"), *ROOT.glob("*.md")]
        for named in CODE.findall(path.read_text(encoding="utf-8"))
        if re.fullmatch(r"(parley|tests|docs|script|bench)/[\w./]+", named) and not (ROOT / named).exists()
    ]
    assert missing == []
