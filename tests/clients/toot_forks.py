"""Run by itself: imports toot, which takes a second, and forks once for each command line read from stdin.

What a fork runs is what `python -m toot` runs. A line holds arguments, environment and stdin as JSON; the answer
is a line with exit code and output.
"""

import json
import os
import runpy
import sys
import tempfile
from typing import IO, Any

import toot.cli  # noqa: F401 - imported for the forks


def main() -> None:
    for line in sys.stdin:
        sys.stdout.write(json.dumps(run(json.loads(line))) + "\n")
        sys.stdout.flush()


def run(command: dict[str, Any]) -> dict[str, Any]:
    with (
        tempfile.TemporaryFile() as given,
        tempfile.TemporaryFile() as output,
        tempfile.TemporaryFile() as errors,
    ):
        given.write(command["stdin"].encode())
        given.seek(0)
        child = os.fork()
        if child == 0:
            _become_toot(command, (given, output, errors))
        _, status = os.waitpid(child, 0)
        return {
            "code": os.waitstatus_to_exitcode(status),
            "output": _read(output),
            "errors": _read(errors),
        }


def _become_toot(command: dict[str, Any], files: tuple[IO[bytes], ...]) -> None:
    for number, file in enumerate(files):
        os.dup2(file.fileno(), number)
    os.environ.update(command["environment"])
    sys.argv = ["toot", *command["arguments"]]
    code: Any = 1
    try:
        runpy.run_module("toot", run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        code = ended.code
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 0 if code is None else 1)


def _read(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()


if __name__ == "__main__":
    main()
