"""What pages say of the code is so: names beside their files, headings that links lead to, examples, tables' owners."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

from tests.source_code import ROOT, source_files
from tests.test_sql import owned_tables

PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
NAME_AND_FILE = re.compile(r"^\| `(\w+)` \| `(parley/[\w/]+\.py)` \|", re.MULTILINE)
LINK_TO_HEADING = re.compile(r"\]\(([^)\s#:]*)#([^)\s]+)\)")
EXAMPLE = re.compile(r"^( *)```python\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
DECISION_PARTS = ["Context", "Decision", "Consequences", "Alternatives"]


def texts() -> Iterator[tuple[Path, str]]:
    return ((path, path.read_text(encoding="utf-8")) for path in PAGES)


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_names_stand_in_the_files_beside_them():
    defined = {
        file.path: {
            node.name
            for node in ast.walk(file.tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        }
        for file in source_files("parley")
    }
    named = [(path, *found) for path, text in texts() for found in NAME_AND_FILE.findall(text)]
    assert [each for each in named if each[1] not in defined.get(each[2], ())] == []
    assert any(path.name == "architecture.md" for path, *_ in named), "the walks have lost their tables"


def headings_of(path: Path) -> set[str]:
    """As addresses within a page write them: in lower case, without signs, with dashes for blanks."""
    lines = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in lines}


def test_links_to_headings_lead_somewhere():
    broken = [
        f"{shown(path)}: {target}#{heading}"
        for path, text in texts()
        for target, heading in LINK_TO_HEADING.findall(text)
        if heading not in headings_of((path.parent / target) if target else path)
    ]
    assert broken == []


def test_examples_are_the_code_itself():
    code = [_bare(file.text) for file in source_files("parley")]
    strange = [
        f"{shown(path)}: {example.splitlines()[0]}"
        for path, text in texts()
        for _, example in EXAMPLE.findall(text)
        if not any(_bare(dedent(example)) in each for each in code)
    ]
    assert strange == []


def _bare(text: str) -> str:
    """Lines without their indentation, and no empty ones."""
    return "\n".join(line.strip() for line in text.splitlines() if line.strip()) + "\n"


def test_decisions_are_numbered_and_complete():
    records = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [int(path.name[:4]) for path in records] == list(range(1, len(records) + 1))
    for path in records:
        text = path.read_text(encoding="utf-8")
        assert text.startswith(f"# {int(path.name[:4])}. "), path.name
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == DECISION_PARTS, path.name


def test_each_table_stands_beside_its_owner():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = text.partition("| owner | tables |\n|---|---|\n")[2].partition("\n\n")[0].splitlines()
    told = {owner: set(tables.split(", ")) for owner, tables in (row[2:-2].split(" | ") for row in rows)}
    assert told == {owner: tables for owner, tables in owned_tables().items() if tables}
