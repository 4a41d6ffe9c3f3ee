"""The command line: arguments are parsed here and nowhere else; each command's work is a file beside this one.

Commands import their file when called, so that none pays for the libraries of the others.
"""

import os
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter, validators

from parley.cli.failures import told_in_one_line
from parley.kit.config import Settings, load_settings

app = App(name="parley", help="A social network that one command starts.", version_flags=[])
app.command(
    "parley.cli.accounts:app", name="account", help="Members: make, admit, raise, give new passwords, close."
)
app.command(
    "parley.cli.audit:app", name="audit", help="What an attacker would try: a running server is asked."
)
app.command(
    "parley.cli.keys:app", name="keys", help="The master keys: change them, make one for the setting."
)
app.command(
    "parley.cli.ledger:app", name="ledger", help="Deletions: carry them over to a backup that is put back."
)
app.command("parley.cli.media:app", name="media", help="Files that members sent: check that all are there.")
app.command("parley.cli.trends:app", name="trends", help="What is much talked about: look, allow, refuse.")
app.command(
    "parley.cli.announcements:app",
    name="announcement",
    help="Announcements: tell all members something, list and delete.",
)
app.command("parley.cli.rules:app", name="rules", help="Rules of the site: list, add, edit, remove.")
app.command(
    "parley.cli.rules:text_app",
    name="text",
    help="Texts of the site: about it, its privacy policy, its terms of service.",
)
app.command("parley.cli.emojis:app", name="emoji", help="Custom emojis: add, list and remove.")
app.command("parley.cli.accounts:outbox", name="outbox", help="Show mails that were not sent.")


@app.command
def serve(*, host: str | None = None, port: int | None = None, data_dir: Path | None = None) -> None:
    """Run everything: database, web server and jobs, until Ctrl-C.

    Parameters
    ----------
    host
        Address to listen on (setting PARLEY_HOST).
    port
        Port to listen on (setting PARLEY_PORT).
    data_dir
        Folder of all data (setting PARLEY_DATA_DIR).
    """
    from parley.cli.serve import serve as run  # noqa: PLC0415

    run(_settings(host=host, port=port, data_dir=data_dir))


@app.command
def web() -> None:
    """Run the web server alone, where something else runs the database and the jobs."""
    from parley.cli.web import run_alone  # noqa: PLC0415

    run_alone(_settings())


@app.command
def worker() -> None:
    """Run one process of jobs alone; as many as needed may run."""
    from parley.cli.worker import run_alone  # noqa: PLC0415

    run_alone(_settings())


@app.command
def migrate(*, write_schema: bool = False) -> None:
    """Bring the database's schema up to date.

    Parameters
    ----------
    write_schema
        Instead, write parley/schema.sql anew from the migrations, by way of a database made for it.
    """
    from parley.cli.database import migrate_database, write_schema_file  # noqa: PLC0415

    settings = _settings()
    if write_schema:
        write_schema_file(settings)
    else:
        migrate_database(settings)


@app.command(show=False)
def api_reference() -> None:
    """Write docs/mastodon-api.md anew from the route table."""
    from parley.mastodon_api.reference import FILE, write_reference  # noqa: PLC0415
    from parley.mastodon_api.routes import ROUTES  # noqa: PLC0415

    write_reference(ROUTES)
    print(f"Written: {FILE}")


@app.command
def demo(*, pictures: Annotated[int | None, Parameter(validator=validators.Number(gte=0))] = None) -> None:
    """Fill an empty server with a small world of people and posts, to look around in.

    Parameters
    ----------
    pictures
        How many pictures to draw at most, a film and a sound first among them: all if left out, 0 for none.
    """
    from parley.cli.demo import run_demo  # noqa: PLC0415
    from parley.cli.demo_world.script import read_world  # noqa: PLC0415

    run_demo(_settings(), read_world(), pictures)


@app.command
def doctor(*, json: bool = False) -> None:
    """Look at settings, folder, database, jobs and mail; exit code 1 when something needs mending.

    Parameters
    ----------
    json
        Print the findings as JSON.
    """
    from parley.cli.doctor import run_doctor  # noqa: PLC0415

    if not run_doctor(as_json=json):
        sys.exit(1)


def _settings(**overrides: object) -> Settings:
    """Arguments win over the environment, and reach child processes through it."""
    for name, value in overrides.items():
        if value is not None:
            os.environ[f"PARLEY_{name.upper()}"] = str(value)
    return load_settings()


def main() -> None:
    # Whatever Parley and its processes write is its user's alone.
    os.umask(0o077)
    told_in_one_line(app)
