"""What is asked of the workshop and what it gives back; a media file as its row says."""

from datetime import datetime
from typing import Literal

import msgspec

from parley.kit.ids import AccountId, MediaId, StatusId
from parley.media.kinds import Kind

# What the file is for decides which sizes are made of it.
Purpose = Literal["attachment", "avatar", "header", "emoji", "card", "thumbnail"]


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How much a file may hold before it is refused, and how much may be spent on it."""

    picture_size_bytes_max: int
    picture_pixels_max: int
    film_size_bytes_max: int
    film_pixels_max: int
    film_seconds_max: int
    film_frames_per_second_max: int
    frames_max: int
    memory_bytes_max: int
    work_seconds_max: int


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """Work for the workshop: one file into a folder."""

    source: str
    folder: str
    purpose: Purpose
    limits: Limits


class Variant(msgspec.Struct, frozen=True, kw_only=True):
    """One file made. `name`: original, small, static; `duration_seconds` and `frames_per_second` of film and sound.

    made, with the `blurhash` of its own: what stood for the file before its owner sent a picture that does.
    """

    name: str
    file: str
    content_type: str
    size_bytes: int
    width: int = 0
    height: int = 0
    duration_seconds: float | None = None
    frames_per_second: float | None = None
    bitrate: int | None = None
    blurhash: str | None = None


class Product(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """What came out. `kind` as apps see it: an animated picture is a film without sound."""

    kind: Kind | Literal["animation"]
    variants: list[Variant]
    blurhash: str | None = None


class Refused(msgspec.Struct, frozen=True, tag=True):
    """Why a file was not taken, in a sentence that may be shown."""

    reason: str


# Whose the files are that belong to the server itself: emojis, and pictures of previews.
NOBODY = AccountId(0)

# What came of a file so far.
WAITING, READY, FAILED = 0, 1, 2


class MediaFile(msgspec.Struct, frozen=True, kw_only=True):
    """A row. `focus_x` and `focus_y` from -1 to 1, the middle being nought; `guarded`: not for everybody to see.

    `kept_until`: when it goes if no post bears it; another each time that one ceases to.

    `description` is empty in the database, where it lies sealed (see descriptions.py).
    """

    id: MediaId
    account_id: AccountId
    purpose: Purpose
    kind: str
    state: int
    failure: str | None
    variants: list[Variant]
    blurhash: str | None
    focus_x: float | None
    focus_y: float | None
    description: str
    status_id: StatusId | None
    guarded: bool
    created_at: datetime
    incoming: str | None
    sealed_description: bytes | None = None
    kept_until: datetime | None = None

    def variant(self, name: str) -> Variant | None:
        return next((each for each in self.variants if each.name == name), None)


class OpenDescription(msgspec.Struct, frozen=True):
    """One from before they were sealed."""

    id: MediaId
    account_id: AccountId
    description: str


class Incoming(msgspec.Struct, frozen=True):
    """What was sent and still waits for the workshop: sealed in the store under `name`."""

    account_id: AccountId
    purpose: Purpose
    name: str
    key: bytes
    size_bytes: int


class DoomedFile(msgspec.Struct, frozen=True):
    id: int
    name: str


class EmojiPicture(msgspec.Struct, frozen=True, kw_only=True):
    """Names of its files; `static` stands still, where `file` may move."""

    file: str
    static: str
    width: int
    height: int


class CustomEmoji(msgspec.Struct, frozen=True, kw_only=True):
    """A picture that members write as `:shortcode:`. `visible_in_picker`: whether apps offer it."""

    shortcode: str
    media_id: MediaId
    picture: EmojiPicture
    category: str | None
    visible_in_picker: bool
    disabled: bool
    created_at: datetime
