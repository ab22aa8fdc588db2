"""What the server holds while it runs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from aiohttp import web

from bridge.backends.choice import BackendChoice
from bridge.models.catalogue import Catalogue
from bridge.models.rules import ECHO
from bridge.settings import Settings
from bridge.wire.control import Switches


@dataclass
class Bridge:
    """Made by `compose`; the only state of the server, found in the application under `BRIDGE`."""

    settings: Settings
    switches: Switches
    choice: BackendChoice
    catalogue: Catalogue
    control_token: str
    started_at: int
    url: str = ""
    open_streams: int = 0
    stop_asked: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def stopping(self) -> bool:
        return self.stop_asked.is_set()

    @property
    def active_model(self) -> str:
        """What answers `default` and OpenAI's names: the echo while the backend is offline."""
        return ECHO if self.switches.backend == "offline" else self.switches.model

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Counts an answer that is being written."""
        self.open_streams += 1
        try:
            yield
        finally:
            self.open_streams -= 1


BRIDGE = web.AppKey("bridge", Bridge)
