"""Statuses that many tests show."""

from __future__ import annotations

from tray.api_types import Client, Computer, Model, Usage
from tray.icon.base import View
from tray.menu import entries_of
from tray.status import Status, describe, look_of

OPUS = Model("claude-opus-5-5", "Opus 5.5", "Opus")
SONNET = Model("claude-sonnet-5-5", "Sonnet 5.5", "Sonnet")
ECHO = Model("bridge-echo", "Bridge Echo (not Claude)", "")

RUNNING = Status(
    "running",
    url="http://127.0.0.1:8000",
    ready=True,
    model=OPUS.id,
    models=(OPUS, SONNET, ECHO),
    setting="auto",
    backend="anthropic",
    reason="ANTHROPIC_API_KEY is set",
    computer=Computer("off"),
    clients=(Client("Zed", "In settings.json.", "{}"),),
    usage=Usage(3, 12_000, 400, 0.0712, 0),
    server_version="0.1.0",
    pid=4711,
    start_at_login=False,
)


def view(status: Status) -> View:
    return View(look_of(status), describe(status), entries_of(status, "0.1.0"))
