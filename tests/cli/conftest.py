"""The operator, for every test of the command line."""

from tests.cli.operator import dsn, operator

__all__ = ["dsn", "operator"]
