"""An event stream frees what its events come from, however far it was read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.backends.base import Batch, EventStream
from bridge.backends.batches import map_batches
from bridge.backends.claude_code.lines import LineSplitter
from bridge.errors import StreamBroken
from tests import scripts

BATCHES: list[Batch] = [[scripts.start()], scripts.text(0, "One ", "two."), scripts.end("end_turn")]


def open_stream(log: list[str]) -> EventStream:
    async def read_batches() -> AsyncGenerator[Batch, None]:
        try:
            for batch in BATCHES:
                yield batch
        finally:
            log.append("generator closed")

    async def release() -> None:
        log.append("released")

    return EventStream(read_batches(), release)


async def test_a_stream_that_was_never_read_is_released() -> None:
    log: list[str] = []
    await open_stream(log).aclose()
    assert log == ["released"]


async def test_a_stream_is_released_once_however_often_it_is_closed() -> None:
    log: list[str] = []
    stream = open_stream(log)
    await stream.aclose()
    await stream.aclose()
    assert log == ["released"]


async def test_a_release_that_was_cancelled_is_finished_by_the_next() -> None:
    log: list[str] = []

    async def read_batches() -> AsyncGenerator[Batch, None]:
        yield BATCHES[0]

    async def release() -> None:
        log.append("begins")
        await asyncio.sleep(0)
        log.append("ends")

    stream = EventStream(read_batches(), release)
    closing = asyncio.create_task(stream.aclose())
    await asyncio.sleep(0)
    closing.cancel()
    await asyncio.wait([closing])
    await stream.aclose()
    assert log == ["begins", "begins", "ends"]


async def test_a_stream_that_was_left_half_way_is_closed_and_released() -> None:
    log: list[str] = []
    async with aclosing(open_stream(log)) as stream:
        async for _ in stream:
            break
        assert log == []
    assert log == ["generator closed", "released"]


async def test_a_stream_is_released_even_if_closing_its_generator_fails() -> None:
    log: list[str] = []

    async def read_batches() -> AsyncGenerator[Batch, None]:
        try:
            yield BATCHES[0]
        finally:
            raise StreamBroken("broken")

    async def release() -> None:
        log.append("released")

    stream = EventStream(read_batches(), release)
    await anext(aiter(stream))
    with pytest.raises(StreamBroken):
        await stream.aclose()
    assert log == ["released"]


async def test_a_stream_yields_its_batches() -> None:
    async with aclosing(open_stream([])) as stream:
        assert [batch async for batch in stream] == list(BATCHES)


async def in_batches(*batches: list[int]) -> AsyncIterator[list[int]]:
    for batch in batches:
        yield batch


async def test_a_batch_without_outputs_is_skipped() -> None:
    made = map_batches(in_batches([1, 2], [3], [4, 5]), lambda number: [number] * (number % 2))
    assert [batch async for batch in made] == [[1], [3], [5]]


async def test_a_failure_comes_behind_the_outputs_before_it() -> None:
    def feed(number: int) -> list[int]:
        if number == 3:
            raise StreamBroken("three")
        return [number]

    made = map_batches(in_batches([1], [2, 3, 4]), feed)
    assert [await anext(made), await anext(made)] == [[1], [2]]
    with pytest.raises(StreamBroken, match="three"):
        await anext(made)


@given(st.lists(st.binary(max_size=8).map(lambda piece: piece.replace(b"x", b"\n"))))
def test_lines_do_not_depend_on_how_they_were_read(pieces: list[bytes]) -> None:
    splitter = LineSplitter(1000)
    lines = [line for piece in pieces for line in splitter.feed(piece)] + splitter.finish()
    *expected, rest = b"".join(pieces).split(b"\n")
    assert lines == expected + ([rest] if rest else [])


def test_a_line_that_is_too_long_is_refused_before_it_ends() -> None:
    splitter = LineSplitter(10)
    assert splitter.feed(b"1234567890\n123456") == [b"1234567890"]
    with pytest.raises(StreamBroken, match="too long"):
        splitter.feed(b"78901")
