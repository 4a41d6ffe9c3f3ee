"""How pictures are laid out on pages: what stays in view, in which size; and which of them other sites are told of."""

import msgspec

from parley.hydration.media import told_pictures
from parley.kit import templates
from parley.media.models import MediaFile, Variant

_STEPS = (-1, 0, 1)
_DOWN = ("Top", "Middle", "Bottom")
_ACROSS = ("left", "", "right")
_CLASSES_MAX = 10
# A single picture is neither cropped nor padded; what is higher than this is made smaller.
_WIDTH_MAX, _HEIGHT_MAX = 640, 512


class FocusChoice(msgspec.Struct, frozen=True):
    """One of nine; `value` is the focus as the file has it, where it is the nearest."""

    value: str
    name: str
    chosen: bool


def focus_choices(media: MediaFile) -> list[FocusChoice]:
    """Row by row. Whoever chose a point between them by an app keeps it by leaving the form alone."""
    here = _nearest(media)
    return [
        FocusChoice(
            _text(media) if (x, y) == here else f"{x},{y}",
            f"{_DOWN[1 - y]} {_ACROSS[x + 1]}".strip(),
            (x, y) == here,
        )
        for y in reversed(_STEPS)
        for x in _STEPS
    ]


def _nearest(media: MediaFile) -> tuple[int, int]:
    return round(media.focus_x or 0), round(media.focus_y or 0)


def _text(media: MediaFile) -> str:
    return "" if media.focus_x is None or media.focus_y is None else f"{media.focus_x},{media.focus_y}"


def focus_classes(media: MediaFile) -> str:
    """Two of the stylesheet's, as pages bear no styles of their own; empty for the middle."""
    if media.focus_x is None or media.focus_y is None:
        return ""
    across, down = (media.focus_x + 1) / 2, (1 - media.focus_y) / 2
    return f"x{round(across * _CLASSES_MAX)} y{round(down * _CLASSES_MAX)}"


def shown_size(variant: Variant) -> tuple[int, int]:
    """Of one that stands alone."""
    if not variant.width or not variant.height:
        return _WIDTH_MAX, _HEIGHT_MAX
    share = min(1, _WIDTH_MAX / variant.width, _HEIGHT_MAX / variant.height)
    return max(1, round(variant.width * share)), max(1, round(variant.height * share))


def length_of(variant: Variant | None) -> str:
    """Minutes and seconds of film and sound; empty where they aren't known."""
    if variant is None or not variant.duration_seconds:
        return ""
    seconds = max(1, round(variant.duration_seconds))
    return f"{seconds // 60}:{seconds % 60:02d}"


templates.add_words(
    focus_choices=focus_choices,
    focus_classes=focus_classes,
    shown_size=shown_size,
    length_of=length_of,
    told_pictures=told_pictures,
)
