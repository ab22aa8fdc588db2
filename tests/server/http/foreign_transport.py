"""Transports as other event loops make them: with asyncio's methods, but not of its classes."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bridge.server.http.header_timeout import HeaderTimeout


class ForeignTransport:
    """A transport of asyncio's that is of none of its classes."""

    def __init__(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


def use_foreign_transports(monkeypatch: pytest.MonkeyPatch) -> list[ForeignTransport]:
    """Give such transports to the server from now on; return the list that gets them all."""
    made: list[ForeignTransport] = []
    connection_made: Any = HeaderTimeout.connection_made

    def connect(protocol: HeaderTimeout, transport: asyncio.BaseTransport) -> None:
        made.append(ForeignTransport(transport))
        connection_made(protocol, made[-1])

    monkeypatch.setattr(HeaderTimeout, "connection_made", connect)
    return made
