"""The source code of what runs here as one archive, which its licence promises to everybody who uses it."""

import io
import tarfile
from functools import lru_cache
from pathlib import Path

_PACKAGE = Path(__file__).parent.parent
_SUFFIXES = frozenset((
    ".py", ".sql", ".html", ".txt", ".css", ".svg", ".png", ".md", ".toml", ".lock", ".js", ".json", ".woff2",
))  # fmt: skip
# Beside the package, where it runs from a checkout. Nothing else is looked at, since settings and data lie there too.
_FOLDERS = ("docs", "tests", "bench", "script", ".ci")
_FILES = (
    "README.md", "LICENSE", "CONTRIBUTING.md", "pyproject.toml", "requirements.lock", "requirements-dev.lock",
    "requirements-setup.lock",
)  # fmt: skip


@lru_cache(maxsize=1)
def source_archive() -> bytes:
    """Made at the first request, and the same from then on. Takes about a second: call it in a thread."""
    kept = io.BytesIO()
    with tarfile.open(fileobj=kept, mode="w:gz") as archive:
        for path, name in _files():
            archive.add(path, f"parley/{name}", recursive=False, filter=_anonymous)
    return kept.getvalue()


def _files() -> list[tuple[Path, str]]:
    root = _PACKAGE.parent
    found = [(path, f"parley/{path.relative_to(_PACKAGE)}") for path in _inside(_PACKAGE)]
    if (root / "pyproject.toml").is_file():
        found += [(root / name, name) for name in _FILES if (root / name).is_file()]
        for folder in _FOLDERS:
            found += [(path, str(path.relative_to(root))) for path in _inside(root / folder)]
    return found


def _inside(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file()
        and not path.is_symlink()
        and "__pycache__" not in path.parts
        and (path.suffix in _SUFFIXES or folder.name in {"script", ".ci"})
    )


def _anonymous(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """Who owns the files here is nobody's business."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry
