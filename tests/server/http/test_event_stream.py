"""In which order answers that are written at the same time go out."""

from __future__ import annotations

import asyncio
import socket
from typing import Any, cast

from bridge.server.http.dialect import OPENAI
from bridge.server.http.event_stream import _Pulse


class Written:
    """A response that notes what is written, among those of others."""

    def __init__(self, order: list[bytes]) -> None:
        self._order = order

    async def write(self, data: bytes) -> None:
        self._order.append(data)


async def test_the_first_words_of_all_answers_go_before_the_rest_of_any() -> None:
    order: list[bytes] = []

    async def answer(name: str) -> None:
        pulse = _Pulse(cast(Any, Written(order)), OPENAI, 60)
        async with pulse:
            for word in ("role", "first", "rest"):
                await pulse.write(f"{name} {word}. ".encode())
            await pulse.flush()

    async def answer_when_upstream_does(upstream: asyncio.StreamReader) -> None:
        await upstream.read(1)
        await answer("b")

    near, far = socket.socketpair()
    reader, writer = await asyncio.open_connection(sock=near)
    other = asyncio.create_task(answer_when_upstream_does(reader))
    await asyncio.sleep(0.01)
    # It is there, and not read yet: the loop has not looked.
    far.send(b"x")
    await answer("a")
    await other
    assert order == [b"a role. a first. ", b"b role. b first. ", b"a rest. ", b"b rest. "]
    far.close()
    writer.close()
    await writer.wait_closed()
