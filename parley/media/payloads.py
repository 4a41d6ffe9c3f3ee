"""Payloads of this slice's jobs."""

import msgspec

from parley.kit.ids import MediaId


class ProcessMedia(msgspec.Struct, frozen=True):
    media_id: MediaId


class PurgeFiles(msgspec.Struct, frozen=True):
    """Takes all doomed files out of the store."""


class CheckStore(msgspec.Struct, frozen=True):
    """One part of the store against the database, then the next."""

    part: int = 0


class TellOfEmojis(msgspec.Struct, frozen=True):
    """To all processes: the custom emojis have changed."""
