"""Answers that a test sends by hand, without a socket: fast enough for thousands of questions."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from tests.talon_world import TalonWorld
from tests.talon_world.world import PACKAGE

HANG_UP = "The bridge closed the connection during the answer."


class ScriptedStream:
    """The place of `EventStream`: what the test sends arrives with the next poll."""

    def __init__(self, body: dict[str, Any], reader: Any) -> None:
        self.body, self.reader = body, reader
        self.finished = False
        self.error: str | None = None
        self.error_code = ""
        self._pieces: list[str] = []

    def send(self, kind: str, **fields: Any) -> None:
        """Send one event of the Responses API."""
        if self.finished:
            return
        try:
            piece = self.reader.feed(json.dumps({"type": kind, **fields}))
        except Exception as error:  # noqa: BLE001 - AnswerFailed of the loaded copy
            self.error, self.finished = str(error), True
            return
        self._pieces += [piece] if piece else []
        self.finished = self.reader.complete

    def send_text(self, text: str) -> None:
        """Send a piece of the answer."""
        self.send("response.output_text.delta", delta=text)

    def send_end(self) -> None:
        """End the answer."""
        self.send("response.completed", response={"id": "resp_1"})

    def hang_up(self) -> None:
        """Close the connection before the end."""
        if not self.finished:
            self.error, self.finished = HANG_UP, True

    def poll(self) -> list[str]:
        """Return the pieces since the last call."""
        pieces, self._pieces = self._pieces, []
        return pieces

    def close(self) -> None:
        """Close the connection; what has arrived and was not polled is lost."""
        self.finished, self._pieces = True, []


class ScriptedBridge:
    """The streams that a world has opened, oldest first."""

    def __init__(self) -> None:
        self.streams: list[ScriptedStream] = []

    @property
    def open_stream(self) -> ScriptedStream | None:
        """The newest stream, unless it has ended."""
        newest = self.streams[-1] if self.streams else None
        return None if newest is None or newest.finished else newest

    def answer(self, world: TalonWorld, *pieces: str, pause: float = 0.1) -> None:
        """Answer the newest question, with a pause after each piece, and let it be inserted."""
        for piece in pieces:
            self.streams[-1].send_text(piece)
            world.advance(pause)
        self.streams[-1].send_end()
        world.advance(4)

    def attach(self, world: TalonWorld, monkeypatch: pytest.MonkeyPatch) -> None:
        """Answer the questions of `world` from now on, also after a reload."""
        client = sys.modules[f"{PACKAGE}.voice.client"]
        monkeypatch.setattr(client, "open_stream", self._open)

    def _open(self, _path: str, body: Any, reader: Any, control: bool = False) -> ScriptedStream:
        assert not control
        self.streams.append(ScriptedStream(body, reader))
        return self.streams[-1]
