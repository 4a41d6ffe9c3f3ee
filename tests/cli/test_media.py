"""`parley media check`."""

import os
from pathlib import Path

import pytest
from PIL import Image

from tests.cli.operator import Operator


def test_the_check_tells_what_is_missing_and_heals_what_it_can(
    operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARLEY_DATA_DIR", str(tmp_path / "data"))
    picture = tmp_path / "blob.png"
    Image.new("RGBA", (200, 100), "green").save(picture)
    operator.types("emoji", "add", "blob", str(picture))
    store = tmp_path / "data" / "media"
    assert operator.types("media", "check") == "1 files are as they should be.\n"
    orphan = store / "ab" / "orphan.jpg"
    orphan.parent.mkdir(exist_ok=True)
    orphan.write_bytes(b"left by a process that was killed")
    os.utime(orphan, (0, 0))
    assert "--heal` deletes them" in operator.types("media", "check")
    assert "belong to nothing: deleted" in operator.types("media", "check", "--heal")
    assert not orphan.exists()
    [kept] = store.rglob("*.png")
    whole = kept.read_bytes()
    kept.write_bytes(whole[:-1])
    assert f"Of a wrong size: {kept.relative_to(store)}" in operator.run("media", "check")[1]
    kept.unlink()
    code, printed, _ = operator.run("media", "check", "--heal")
    assert (code, f"Missing: {kept.relative_to(store)}" in printed) == (1, True)
