"""The icon on Windows and macOS, on pystray's base class with a fake loop.

This tests the calls of pystray, not what it draws.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from tests.tray.statuses import RUNNING, SONNET, view
from tray.commands import Command, Copy, Quit, Switch
from tray.notifications import Notice
from tray.status import Status


@pytest.fixture
def icons(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The pystray icons that were created; their loop waits for `stop`."""
    monkeypatch.setenv("PYSTRAY_BACKEND", "dummy")
    import pystray
    from pystray import _base

    created: list[Any] = []

    class LoopIcon(_base.Icon):  # type: ignore[misc]  # pystray has no types
        HAS_NOTIFICATION = True

        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self.ended = threading.Event()
            self.notices: list[str] = []
            created.append(self)

        def _run(self) -> None:
            self._mark_ready()
            self.ended.wait(10)

        def _stop(self) -> None:
            self.ended.set()

        def _notify(self, message: str, title: str | None = None) -> None:
            self.notices.append(message)

        def _remove_notification(self) -> None:
            self.notices.append("removed")

        def _nothing(self) -> None:
            """Do nothing: there is no panel to draw on."""

        _show = _hide = _update_icon = _update_title = _update_menu = _nothing

    monkeypatch.setattr(pystray, "Icon", LoopIcon)
    return created


def test_the_icon_is_shown_clicked_updated_and_stopped(icons: list[Any]) -> None:
    from tray.icon.pystray_icon import PystrayIcon

    commands: list[Command] = []
    clicked, up = threading.Event(), threading.Event()

    def record(command: Command) -> None:
        commands.append(command)
        clicked.set()

    icon = PystrayIcon(record)
    thread = threading.Thread(target=icon.run, args=(view(RUNNING), up.set))
    thread.start()
    assert up.wait(10)
    (shown,) = icons
    assert shown.visible
    assert [item.text for item in shown.menu if item.visible and item.text != "- - - -"] == [
        "Ready on http://127.0.0.1:8000 · API key",
        *("Start server", "Stop server", "Restart server", "Pause requests"),
        *("Model: Opus 5.5", "Backend: API key", "Computer use: off", "Connect"),
        *(
            "Today: 3 requests · 12.4k tokens · $0.07",
            "Open dashboard",
            "Accounts & keys…",
            "Show unlock code",
            "Record requests for 30 minutes",
            "Open log",
            "Open settings file",
        ),
        *("Start at login", "About", "Quit"),
    ]
    models = next(item for item in shown.menu if item.text.startswith("Model")).submenu
    assert [(model.text, model.checked, model.radio) for model in models if model.radio][:2] == [
        ("Opus 5.5", True, True),
        ("Sonnet 5.5", False, True),
    ]
    next(model for model in models if model.text == "Sonnet 5.5")(shown)
    assert clicked.wait(30)
    assert commands == [Switch(model=SONNET["id"])]
    clicked.clear()
    list(shown.menu)[-1](shown)
    assert clicked.wait(30)
    assert commands[-1] == Quit()

    before = shown.icon
    icon.show(view(Status("failing", message="It failed. " * 20)))
    assert shown.icon is not before
    assert len(shown.title) == 127
    clicked.clear()
    icon.notify(Notice("It failed.", "x", (("Try", Quit()),), fallback=Copy("url")))
    assert shown.notices == ["It failed."]
    assert clicked.wait(30)
    assert Copy("url") in commands, "pystray has no buttons"
    icon.withdraw("y")
    assert shown.notices == ["It failed."], "it would remove the notification on another topic"
    icon.withdraw("x")
    assert shown.notices == ["It failed.", "removed"]
    icon.stop()
    thread.join(10)
    assert not thread.is_alive()


def test_on_macos_the_menu_changes_only_while_it_is_closed(
    icons: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """pystray would take a click in the open menu for one on the new menu's entry."""
    from tray.icon.pystray_icon import PystrayIcon

    delayed: list[Callable[[], None]] = []
    helper: Any = ModuleType("AppHelper")
    helper.callAfter = lambda call: call()
    helper.callLater = lambda _, call: delayed.append(call)
    package: Any = ModuleType("PyObjCTools")
    package.AppHelper = helper
    monkeypatch.setitem(sys.modules, "PyObjCTools", package)
    monkeypatch.setattr(sys, "platform", "darwin")

    up = threading.Event()
    icon = PystrayIcon(lambda command: None)
    thread = threading.Thread(target=icon.run, args=(view(RUNNING), up.set))
    thread.start()
    assert up.wait(30)
    (shown,) = icons
    icon.show(view(Status("stopped")))
    assert next(iter(shown.menu)).text.startswith("Ready on")
    (update,) = delayed
    update()
    assert next(iter(shown.menu)).text == "Stopped"
    icon.stop()
    thread.join(30)
    assert not thread.is_alive()
