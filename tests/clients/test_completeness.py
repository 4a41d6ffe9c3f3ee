"""What Mastodon.py can do and this release can't yet is named here; all else is used in the tests beside."""

import ast
from fnmatch import fnmatchcase
from pathlib import Path

from mastodon import Mastodon

# Methods of Mastodon.py for what is no part of this release, and those that ask no server.
_METHODS_LEFT_OUT = (
    "account_collections",
    "account_in_collections",
    "annual_report*",
    "clear_caches",
    "collection*",
    "decode_blurhash",
    "follows",  # taken out of Mastodon in 3.0
    "get_status_length",
    "get_supported_version",
    "reports",  # taken out in 2.5
    "search_v1",  # taken out in 3.0
    "stream_open_websocket",  # by a library of its own; the same frames are read by hand
)


def test_every_method_of_mastodon_py_is_used_or_left_out_by_name() -> None:
    methods = {
        name for name in dir(Mastodon) if not name.startswith("_") and callable(getattr(Mastodon, name))
    }
    left_out = {name for name in methods if any(fnmatchcase(name, each) for each in _METHODS_LEFT_OUT)}
    used = _called_in_tests("test_mastodon_py*.py")
    assert methods - left_out - used == set()
    assert left_out & used == set()


def _called_in_tests(pattern: str) -> set[str]:
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in Path(__file__).parent.glob(pattern)]
    return {node.attr for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
