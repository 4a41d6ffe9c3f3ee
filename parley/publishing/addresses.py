"""Where statuses live on the web and towards other servers."""

from parley.identity.addresses import account_uri, account_url, tag_url
from parley.identity.models import Account
from parley.publishing.models import Status

__all__ = ["status_uri", "status_url", "tag_url"]


def status_url(base_url: str, status: Status, author: Account) -> str:
    """The page for people: the API id is the third and last part of its path, as clients expect."""
    return status.url or f"{account_url(base_url, author)}/{status.id}"


def status_uri(base_url: str, status: Status, author: Account) -> str:
    return status.uri or f"{account_uri(base_url, author)}/statuses/{status.id}"
