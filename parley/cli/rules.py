"""`parley rules …` and `parley text …`: what the site asks of its members, and what it tells them at length."""

import sys
from datetime import date
from pathlib import Path

from cyclopts import App

from parley.cli.transaction import in_database, printable, told_plainly
from parley.kit.config import load_settings
from parley.kit.db import Connection
from parley.kit.errors import OperatorError
from parley.moderation import jobs, rules
from parley.moderation.models import Rule, TextKind
from parley.moderation.rules import RuleForm
from parley.moderation.site_texts import publish_text

app = App(name="rules", help="Rules of the site: list, add, edit, remove.")
text_app = App(name="text", help="Texts of the site: about it, its privacy policy, its terms of service.")

# Importing them registers the job that tells the processes of a running server.
JOB_MODULES = (jobs,)
_TEXT_BYTES_MAX = 1_000_000


@app.command(name="list")
def list_rules() -> None:
    """List the rules in their order, each with its number."""
    with told_plainly():
        found = in_database(load_settings(), rules.rules)
    for rule in found:
        print(f"{rule.place}. {printable(rule.text)}")
        if rule.hint:
            print(f"   {printable(rule.hint)}")
    if not found:
        print("There are no rules.")


@app.command
def add(text: str, *, hint: str = "", place: int = 0) -> None:
    """Add a rule.

    Parameters
    ----------
    text
        The rule, in few words.
    hint
        The same in more words.
    place
        Its number among the others; the last if left out.
    """

    async def act(conn: Connection) -> Rule:
        return await rules.add_rule(conn, None, RuleForm(text, hint, place=place))

    with told_plainly():
        in_database(load_settings(), act)
    list_rules()


@app.command
def edit(number: int, *, text: str | None = None, hint: str | None = None, place: int | None = None) -> None:
    """Change a rule; what is left out stays.

    Parameters
    ----------
    number
        As `parley rules list` shows it.
    text
        The rule, in few words.
    hint
        The same in more words.
    place
        Its new number.
    """

    async def act(conn: Connection) -> None:
        rule = await _numbered(conn, number)
        form = RuleForm(
            rule.text if text is None else text,
            rule.hint if hint is None else hint,
            rule.translations,
            number if place is None else place,
        )
        await rules.edit_rule(conn, None, rule.id, form)

    with told_plainly():
        in_database(load_settings(), act)
    list_rules()


@app.command
def remove(number: int) -> None:
    """Remove a rule; it stays with the reports that name it.

    Parameters
    ----------
    number
        As `parley rules list` shows it.
    """

    async def act(conn: Connection) -> None:
        await rules.remove_rule(conn, None, (await _numbered(conn, number)).id)

    with told_plainly():
        in_database(load_settings(), act)
    list_rules()


@text_app.command
def publish(kind: TextKind, file: Path, *, effective_on: date | None = None) -> None:
    """Publish a text of the site out of a file, as a new version.

    Parameters
    ----------
    kind
        Which text.
    file
        Where it stands; "-" reads what comes in. Lines that begin with # are headings, those with - items of a list.
    effective_on
        From which day on it is in force, such as 2030-01-31; from today if left out.
    """
    typed = _read(file)
    with told_plainly():
        made = in_database(load_settings(), lambda conn: publish_text(conn, None, kind, typed, effective_on))
    print(f"In force from {made.effective_on} on.")


def _read(file: Path) -> str:
    try:
        raw = sys.stdin.buffer.read(_TEXT_BYTES_MAX) if str(file) == "-" else file.read_bytes()
        return raw[:_TEXT_BYTES_MAX].decode()
    except OSError as error:
        raise OperatorError(f"{file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise OperatorError(f"{file} is not a text in UTF-8") from None


async def _numbered(conn: Connection, number: int) -> Rule:
    found = next((rule for rule in await rules.rules(conn) if rule.place == number), None)
    if found is None:
        raise OperatorError(f"there is no rule {number}: see parley rules list")
    return found
