"""“claude doctor”: looks at all that the voice commands need, and says what to do."""

import platform
from typing import Any, Optional

from talon import app, clip, registry

from ..desktop.hud import PANES, gui_module
from ..desktop.speech import find_voice
from ..wire.http_client import Fetch
from ..wire.paths import control_token

NEWEST_PYTHON = (3, 13)


def local_lines() -> list[str]:
    """Return a line for each thing on this side of the bridge."""
    has_community = "user.get_last_phrase" in registry.actions
    guis = [name for name in PANES if gui_module(name) is not None]
    return [
        f"Talon: {getattr(app, 'version', 'of unknown version')}",
        f"Python: {platform.python_version()}",
        _line("community", has_community, "not loaded; all but the source “last” works without it"),
        _line("Clipboard", _clipboard_works(), "it cannot be read; restart Talon"),
        _line("Control token", control_token() is not None, "none; start the bridge once"),
        _line("Window for answers", bool(guis), "neither canvas nor imgui; notifications are used"),
        _line("Voice", find_voice() is not None, "none; on Linux install speech-dispatcher"),
    ]


def bridge_lines(health: Fetch) -> list[str]:
    """Return lines for what `GET /health` said."""
    if health.error is not None:
        return [f"Bridge: {health.error}"]
    answer = health.answer
    backend = answer.get("backend")
    backend = backend if isinstance(backend, dict) else {}
    lines = [
        f"Bridge: version {answer.get('version')} at {answer.get('url')}",
        f"Claude: {backend.get('reason') or answer.get('status')}",
        f"Its model: {answer.get('model')}",
    ]
    cure: Any = backend.get("cure")
    return [*lines, str(cure)] if cure else lines


def _line(name: str, well: bool, otherwise: str) -> str:
    return f"{name}: {'found' if well else otherwise}"


def _clipboard_works() -> bool:
    serial: Optional[int] = clip.serial()
    return isinstance(serial, int)
