"""What an operator can mend ends a command with one line and an exit code instead of a traceback."""

import sys
from collections.abc import Callable

from parley.kit.config import SettingsError
from parley.kit.errors import OperatorError


def told_in_one_line(command: Callable[[], object]) -> None:
    """Exit code 2 for a wrong setting, 1 for the rest."""
    try:
        command()
    except SettingsError as error:
        _end(error, code=2)
    except OperatorError as error:
        _end(error, code=1)


def _end(error: Exception, code: int) -> None:
    print(f"parley: {error}", file=sys.stderr)
    sys.exit(code)
