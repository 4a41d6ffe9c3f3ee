"""The log: which lines there are, and what never stands in one, whatever goes wrong.

Parley's own lines follow the setting `log_level`. Libraries are heard from warnings on: what they say below that holds
the addresses and words they work with.
"""

import logging
from types import TracebackType
from typing import TypeAlias

from parley.kit.config import Settings
from parley.kit.db import forget_values

_ExceptionInfo: TypeAlias = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
)


class _Discreet(logging.Formatter):
    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the library's name for it
        """On one line: what somebody asked for may hold line breaks, and would look like lines of ours."""
        return super().formatMessage(record).replace("\r", "\\r").replace("\n", "\\n")

    def formatException(self, ei: _ExceptionInfo) -> str:  # noqa: N802 - the library's name for it
        if ei[1] is not None:
            forget_values(ei[1])
        return super().formatException(ei)


def start_log(settings: Settings, line: str, *, times: str | None = None) -> None:
    """In each process, once. `line` and `times` are formats of the standard library."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Discreet(line, times))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("parley").setLevel(settings.log_level.upper())
