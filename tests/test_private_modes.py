"""Files and folders of the bridge are private, whatever the umask and whatever they were before."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.private_modes import create_folder, open_private, restrict_folders

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Windows has no such modes")


@pytest.fixture(autouse=True, params=[0, 0o022, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_missing_parents_are_private_and_existing_ones_stay(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    create_folder(tmp_path / "a" / "b" / "c")
    create_folder(tmp_path / "a" / "b" / "c")
    assert [mode(tmp_path / part) for part in ("a", "a/b", "a/b/c")] == [0o700] * 3
    assert mode(tmp_path) == 0o755


def test_a_file_in_place_of_a_folder_is_an_error_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    for path in (tmp_path / "a", tmp_path / "a" / "b"):
        with pytest.raises(OSError, match="a") as caught:
            create_folder(path)
        assert caught.value.filename


def test_a_file_is_private_also_if_it_was_not(tmp_path: Path) -> None:
    path = tmp_path / "f"
    for _ in range(2):
        os.close(open_private(path, os.O_RDWR))
        assert mode(path) == 0o600
        path.chmod(0o666)


def test_what_an_earlier_version_wrote_becomes_private(tmp_path: Path) -> None:
    folder, outside = tmp_path / "logs", tmp_path / "outside"
    folder.mkdir()
    folder.chmod(0o755)
    for name in ("bridge.log", "bridge.log.1", "bridge.log.2"):
        (folder / name).write_text("x")
        (folder / name).chmod(0o644)
    outside.write_text("")
    outside.chmod(0o644)
    (folder / "link").symlink_to(outside)
    restrict_folders([folder, tmp_path / "missing"])
    assert {mode(folder / f"bridge.log{end}") for end in ("", ".1", ".2")} == {0o600}
    assert (mode(folder), mode(outside)) == (0o700, 0o644)


def test_a_device_keeps_its_mode() -> None:
    before = mode(Path("/dev/null"))
    os.close(open_private("/dev/null", os.O_WRONLY))
    assert mode(Path("/dev/null")) == before
