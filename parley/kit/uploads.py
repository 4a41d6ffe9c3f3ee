"""multipart/form-data to named texts and UploadedFiles, with little memory and a limit on everything."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Any

import multipart

from parley.kit.errors import BadRequest, Invalid, TooLarge, Unavailable

PARTS_MAX = 1000
FILES_MAX = 16
# A file beyond this moves from memory to an unnamed file on disk.
FILE_MEMORY_BYTES_MAX = 262_144
_HEADER_BYTES_MAX = 4096
_HEAD_BYTES = 4096
_HEADERS_MAX = 8
_FILENAME_LENGTH_MAX = 255


class UploadedFile:
    """One file of a form; its content is gone when this is closed or dropped.

    Neither the name nor the content type can be trusted: both are what the sender claims.
    """

    __slots__ = ("content_type", "file", "filename", "size_bytes")

    def __init__(self, filename: str, content_type: str) -> None:
        self.filename = filename
        self.content_type = content_type
        self.size_bytes = 0
        self.file = tempfile.SpooledTemporaryFile(max_size=FILE_MEMORY_BYTES_MAX)  # noqa: SIM115 - closed below

    def append(self, chunk: bytes) -> None:
        """Raises Unavailable when the disk is full."""
        try:
            self.file.write(chunk)
            # Here, rather than when it is read, where nobody expects it to fail.
            self.file.flush()
        except OSError as error:
            raise Unavailable(logged=f"an upload can't be written: {error.strerror}") from error
        self.size_bytes += len(chunk)

    def read(self) -> bytes:
        self.file.seek(0)
        return self.file.read()

    def head(self) -> bytes:
        self.file.seek(0)
        return self.file.read(_HEAD_BYTES)

    def pieces(self) -> Iterator[bytes]:
        self.file.seek(0)
        while piece := self.file.read(FILE_MEMORY_BYTES_MAX):
            yield piece

    def close(self) -> None:
        # Of a file that the disk has no room for, closing fails once more.
        with suppress(OSError):
            self.file.close()

    def __del__(self) -> None:
        # Of a file that the disk has no room for, closing fails once more.
        with suppress(OSError):
            self.file.close()


class _Form:
    """Gathers the parser's events; `pairs` is what came of them."""

    def __init__(self, texts_bytes_max: int) -> None:
        self.pairs: list[tuple[str, str | UploadedFile]] = []
        self._texts_bytes_left = texts_bytes_max
        self._files = 0
        self._name = ""
        self._text = bytearray()
        self._file: UploadedFile | None = None

    def begin(self, segment: Any) -> None:
        self._name = segment.name
        self._text = bytearray()
        self._file = None
        # Browsers send a file field left empty as a part with an empty file name.
        if segment.filename:
            self._files += 1
            if self._files > FILES_MAX:
                raise Invalid(f"Validation failed: at most {FILES_MAX} files can be sent at once")
            filename = segment.filename.replace("\0", "")[:_FILENAME_LENGTH_MAX]
            self._file = UploadedFile(filename, segment.content_type or "application/octet-stream")

    def add(self, chunk: bytes) -> None:
        if self._file is not None:
            self._file.append(chunk)
            return
        self._texts_bytes_left -= len(chunk)
        if self._texts_bytes_left < 0:
            raise TooLarge
        self._text += chunk

    def end(self) -> None:
        if self._file is not None:
            self.pairs.append((self._name, self._file))
            return
        try:
            self.pairs.append((self._name, self._text.decode()))
        except UnicodeDecodeError:
            raise Invalid(f"Validation failed: {self._name} is not valid UTF-8 text") from None


async def read_multipart(
    chunks: AsyncIterator[bytes], content_type: str, texts_bytes_max: int
) -> list[tuple[str, str | UploadedFile]]:
    """The caller's `chunks` bound the whole body; `texts_bytes_max` bounds what stays in memory of it."""
    form = _Form(texts_bytes_max)
    try:
        parser = _parser(content_type)
        started = False
        async for chunk in chunks:
            if chunk:
                started = True
                _feed(parser, chunk, form)
        # A body that never began says that there is nothing to say.
        parser.close(check_complete=started)
    except multipart.ParserLimitReached:
        raise Invalid(
            "Validation failed: the form has too many parts, or one with too long a header"
        ) from None
    except multipart.MultipartError:
        raise BadRequest("The multipart body is malformed") from None
    return form.pairs


def _parser(content_type: str) -> Any:
    boundary = multipart.parse_options_header(content_type)[1].get("boundary", "")
    return multipart.PushMultipartParser(
        boundary,
        max_header_size=_HEADER_BYTES_MAX,
        max_header_count=_HEADERS_MAX,
        max_segment_count=PARTS_MAX,
    )


def _feed(parser: Any, chunk: bytes, form: _Form) -> None:
    for event in parser.parse(chunk):
        if event is None:
            form.end()
        elif isinstance(event, multipart.MultipartSegment):
            form.begin(event)
        else:
            form.add(event)
