"""No program is started with anything secret: a browser gets the name of a private file."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.opening import find_browser_snap, open_page

pytestmark = pytest.mark.skipif("sys.platform != 'linux'", reason="snaps are on Linux only")


def write_program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_the_browser_gets_the_name_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = write_program(tmp_path / "browser", f'echo "$@" > {tmp_path / "words"}')
    monkeypatch.setenv("BROWSER", f"{browser} %s")
    asked: list[tuple[str, str | None]] = []

    def create_file(page: str, snap: str | None) -> str:
        asked.append((page, snap))
        return str(tmp_path / "a page.html")

    assert open_page(create_file, "/setup")
    assert asked == [("/setup", None)]
    assert (tmp_path / "words").read_text() == f"file://{tmp_path}/a%20page.html\n"


@pytest.mark.parametrize(
    ("browser", "default", "expected"),
    [
        ("/snap/bin/firefox %s", "", "firefox"),
        ("firefox", "", "firefox"),
        ("chromium --new-window %s", "", None),
        ("'", "", None),
        ("", "firefox_firefox.desktop", "firefox"),
        ("", "firefox.desktop", "firefox"),
        ("", "org.mozilla.firefox.desktop", None),
        ("", "", None),
    ],
)
def test_a_browser_from_a_snap_is_recognized(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    browser: str,
    default: str,
    expected: str | None,
) -> None:
    (tmp_path / "snap" / "firefox" / "common").mkdir(parents=True)
    write_program(tmp_path / "bin" / "xdg-settings", f"echo {default}")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("BROWSER", browser)
    assert find_browser_snap() == expected


def test_without_xdg_settings_no_snap_is_assumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("BROWSER", raising=False)
    assert find_browser_snap() is None
