"""`parley emoji …`."""

from pathlib import Path

import pytest
from PIL import Image

from tests.cli.operator import Operator


def test_emojis_are_added_listed_and_removed(
    operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARLEY_DATA_DIR", str(tmp_path / "data"))
    picture = tmp_path / "blob.png"
    Image.new("RGBA", (200, 100), "green").save(picture)
    assert operator.types("emoji", "list") == "There are no custom emojis.\n"
    assert (
        operator.types("emoji", "add", ":blob:", str(picture), "--category", "Blobs") == ":blob: (in Blobs)\n"
    )
    assert operator.types("emoji", "add", "secret", str(picture), "--hidden") == ":secret: (hidden)\n"
    assert operator.types("emoji", "list") == ":secret: (hidden)\n:blob: (in Blobs)\n"
    assert len(list((tmp_path / "data" / "media").rglob("*.png"))) == 2

    assert "already" in operator.fails("emoji", "add", "blob", str(picture))
    assert "letters" in operator.fails("emoji", "add", "b-b", str(picture))
    assert "can't be read" in operator.fails("emoji", "add", "none", str(tmp_path / "none.png"))
    words = tmp_path / "words.png"
    words.write_text("<svg/>")
    assert "not of a kind" in operator.fails("emoji", "add", "words", str(words))
    # What was refused left no file.
    assert len(list((tmp_path / "data" / "media").rglob("*.png"))) == 2

    assert operator.types("emoji", "remove", "blob") == ":blob: is removed.\n"
    assert "no emoji" in operator.fails("emoji", "remove", "blob")
    assert operator.types("emoji", "remove", ":secret:") == ":secret: is removed.\n"
    assert operator.types("emoji", "list") == "There are no custom emojis.\n"
