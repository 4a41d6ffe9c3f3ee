"""The cast with browsers, for those who attack through pages."""

from tests.web.conftest import alice, anyone, bob, join

__all__ = ["alice", "anyone", "bob", "join"]
