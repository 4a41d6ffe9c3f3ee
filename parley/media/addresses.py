"""Where files are found: names that can't be guessed, and seals on the addresses of what not everybody may see.

A sealed address ends within two hours. It is no more than the address: whoever deletes a post takes its file away at
once, seal or not.
"""

import base64
import hashlib
import hmac
import secrets
from datetime import datetime

from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.server_secrets import KeptSecret
from parley.media.models import MediaFile, Variant

SECRET_NAME = "media addresses"  # noqa: S105 - what the secret is called
_WINDOW_SECONDS = 3600
_NAME_BYTES = 20
_SEAL_BYTES = 16
_SECRET = KeptSecret(SECRET_NAME)


def new_file_name(extension: str) -> str:
    """160 random bits: no variant's name tells another's."""
    return f"{secrets.token_hex(_NAME_BYTES)}{extension}"


def stored_name(file: str) -> str:
    """Spread over folders, as file systems like it."""
    return f"{file[:2]}/{file}"


async def signing_key(conn: Connection) -> bytes:
    """Raises NoMasterKey."""
    return await _SECRET.read(conn)


def file_path(media_id: int, file: str) -> str:
    return f"/media/{media_id}/{file}"


def sealed_query(key: bytes, media: MediaFile, file: str, now: datetime) -> str:
    """The same for everybody within an hour, so that it may be kept by browsers."""
    until = (int(now.timestamp()) // _WINDOW_SECONDS + 2) * _WINDOW_SECONDS
    return f"?until={until}&seal={_seal(key, media, file, until)}"


def is_sealed(key: bytes, media: MediaFile, file: str, until: str, seal: str) -> bool:
    """Whether the address of a guarded file is ours, and still good."""
    if not (until.isascii() and until.isdigit() and len(until) < 12):
        return False
    if int(until) < clock.now().timestamp():
        return False
    return hmac.compare_digest(_seal(key, media, file, int(until)).encode(), seal.encode())


def media_path(key: bytes, media: MediaFile, variant: Variant, now: datetime) -> str:
    """Path and query of a variant, for whoever was found to be allowed to see it."""
    query = sealed_query(key, media, variant.file, now) if media.guarded else ""
    return file_path(media.id, variant.file) + query


def _seal(key: bytes, media: MediaFile, file: str, until: int) -> str:
    """For the post that bears it now, or since one ceased to: once that is deleted, no seal made before is good."""
    borne = media.status_id or f"until {media.kept_until}"
    sealed = f"{media.id}/{file}/{borne}/{until}".encode()
    mac = hmac.new(key, sealed, hashlib.sha256).digest()[:_SEAL_BYTES]
    return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()
