"""`parley worker`: one process of jobs, beside others or alone."""

import importlib
import os

from parley.kit.config import Settings
from parley.kit.postgres import with_database


def run_alone(settings: Settings) -> None:
    with with_database(settings) as reachable:
        os.environ["PARLEY_DATABASE_URL"] = reachable.database_url
        # By name: the command line and the worker stand on one line, where nobody imports a neighbour.
        importlib.import_module("parley.worker").run()
