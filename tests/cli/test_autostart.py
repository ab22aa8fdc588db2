"""`claude-bridge autostart` on a computer without a desktop names what starts there."""

from __future__ import annotations

import pytest

from bridge.cli.main import main


@pytest.mark.parametrize("display", ["", ":0"])
def test_without_a_desktop_the_server_is_suggested(
    display: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert main(["autostart", "on"]) == 0
    error = capsys.readouterr().err
    assert ("claude-bridge autostart on --server" in error) is (not display)
