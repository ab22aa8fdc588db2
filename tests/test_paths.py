"""The folders are those that docs/privacy.md names for each platform."""

from __future__ import annotations

from pathlib import Path

import platformdirs
import pytest
from platformdirs import macos, unix, windows

from bridge.paths import find_paths


@pytest.mark.parametrize(
    ("platform", "folders"),
    [
        (
            unix.Unix,
            (
                ".config/claude-bridge",
                ".local/share/claude-bridge",
                ".local/state/claude-bridge/log",
            ),
        ),
        (
            macos.MacOS,
            (
                "Library/Application Support/claude-bridge",
                "Library/Application Support/claude-bridge",
                "Library/Logs/claude-bridge",
            ),
        ),
        (windows.Windows, ("claude-bridge", "claude-bridge", "claude-bridge/Logs")),
    ],
    ids=["linux", "macos", "windows"],
)
def test_the_folders_of_a_platform(
    platform: type, folders: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CLAUDE_BRIDGE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    # Elsewhere than on Windows, its folder cannot be found out.
    monkeypatch.setattr(windows, "get_win_folder", lambda _name: str(tmp_path))
    monkeypatch.setattr(platformdirs, "PlatformDirs", platform)
    paths = find_paths()
    found = (paths.config, paths.data, paths.logs)
    assert tuple(folder.relative_to(tmp_path).as_posix() for folder in found) == folders
