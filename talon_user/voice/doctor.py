"""“claude doctor”: check what the voice commands need, and show how to fix problems."""

import platform
from typing import Any, Optional

from talon import app, clip, registry

from ..desktop.hud import import_gui
from ..desktop.panes import PANES
from ..desktop.speech import find_voice
from ..wire.http_client import Fetch
from ..wire.paths import read_control_token


def check_talon() -> list[str]:
    """Return a line for each requirement on Talon and this computer."""
    has_community = "user.get_last_phrase" in registry.actions
    has_gui = any(import_gui(name) is not None for name in PANES)
    return [
        f"Talon: {getattr(app, 'version', 'unknown version')}",
        f"Python: {platform.python_version()}",
        _format_check(
            "community", has_community, "not loaded; only needed for the sources “last” and “that”"
        ),
        _format_check("Clipboard", _is_clipboard_readable(), "not readable; restart Talon"),
        _format_check(
            "Control token", read_control_token() is not None, "not found; start the bridge once"
        ),
        _format_check(
            "Answer window", has_gui, "canvas and imgui not found; notifications are used instead"
        ),
        _format_check(
            "Voice", find_voice() is not None, "not found; on Linux install speech-dispatcher"
        ),
    ]


def describe_bridge(health: Fetch) -> list[str]:
    """Return lines for the answer of `GET /health`."""
    if health.error is not None:
        return [f"Bridge: {health.error}"]
    answer = health.answer
    backend = answer.get("backend")
    backend = backend if isinstance(backend, dict) else {}
    lines = [
        f"Bridge: version {answer.get('version')} at {answer.get('url')}",
        f"Claude: {backend.get('reason') or answer.get('status')}",
        f"Model: {answer.get('model')}",
    ]
    # `cure` is the field's older name.
    hint: Any = backend.get("hint") or backend.get("cure")
    return [*lines, str(hint)] if hint else lines


def _format_check(name: str, ok: bool, problem: str) -> str:
    return f"{name}: {'found' if ok else problem}"


def _is_clipboard_readable() -> bool:
    serial: Optional[int] = clip.serial()
    return isinstance(serial, int)
