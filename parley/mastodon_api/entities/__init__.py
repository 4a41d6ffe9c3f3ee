"""The documented JSON shapes, as structs and as cached fragments of JSON."""

from parley.mastodon_api.entities import account, status


def clear_fragments() -> None:
    """For tests: what is rolled back would otherwise be remembered."""
    account.clear_fragments()
    status.clear_fragments()
