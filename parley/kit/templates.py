"""The Jinja2 environment of pages: render(name, **values). Everything is escaped but what `trusted` was asked for."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

_TEMPLATES = Path(__file__).parent.parent / "templates"

_words: dict[str, Any] = {}


def render(name: str, /, **values: Any) -> str:
    """`name` is the template's path below parley/templates."""
    return _environment().get_template(name).render(values)


def add_words(**words: Any) -> None:
    """Makes values and functions known to all templates by name; while modules are imported, before any page."""
    _words.update(words)


def trusted(html: str) -> Markup:
    """Only for HTML that our own renderer or sanitiser made."""
    return Markup(html)  # noqa: S704 - the one place where text becomes HTML, asked for by name


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters["trusted"] = trusted
    environment.globals.update(_words)
    return environment
