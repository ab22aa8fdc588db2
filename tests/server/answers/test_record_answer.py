"""The record of an answer: when its first chunk came, how it ended, and what it cost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from typing import Any

import aiohttp
import pytest

from bridge.errors import StreamBroken
from bridge.server.answers.record_answer import record_answer
from bridge.server.http import accounting
from bridge.server.request_record import RequestRecord
from bridge.server.state import Bridge
from bridge.store.ledger import Entry
from tests.fake_anthropic.script import Reply
from tests.fake_anthropic.server import FakeAnthropic

HI = [{"role": "user", "content": "Hi"}]
REQUESTS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "chat": ("/v1/chat/completions", {"messages": HI}),
    "chat twice": ("/v1/chat/completions", {"messages": HI, "n": 2}),
    "completions": ("/v1/completions", {"prompt": "Hi"}),
    "responses": ("/v1/responses", {"input": "Hi"}),
    "messages": ("/v1/messages", {"messages": HI, "max_tokens": 100}),
}
WAIT = 0.2


async def send_batches(*batches: str) -> AsyncIterator[str]:
    for batch in batches:
        yield batch


def refuse() -> str:
    raise StreamBroken("The answer is not complete.")


async def test_the_first_chunk_is_timed_from_the_request_on() -> None:
    record = RequestRecord()
    record.started -= 5.0
    answer = record_answer(record, send_batches("a", "b"), lambda: "stop", list)
    assert [batch async for batch in answer] == ["a", "b"]
    assert record.first_chunk_seconds is not None
    assert 5.0 <= record.first_chunk_seconds < 6.0
    assert record.outcome == "stop"


async def test_an_answer_without_chunks_has_no_first_chunk() -> None:
    record = RequestRecord()
    assert [_ async for _ in record_answer(record, send_batches(), lambda: "-", list)] == []
    assert record.first_chunk_seconds is None


async def test_an_incomplete_answer_is_counted_and_has_no_outcome() -> None:
    record = RequestRecord()
    usage: Any = {"input_tokens": 7, "output_tokens": 3}
    with pytest.raises(StreamBroken):
        async for _ in record_answer(record, send_batches("a"), refuse, lambda: [usage]):
            pass
    assert (record.outcome, record.prompt_tokens, record.completion_tokens) == ("-", 7, 3)


async def test_an_answer_that_is_left_is_counted() -> None:
    record = RequestRecord()
    usages: Any = [{"input_tokens": 7, "output_tokens": 3}, {}, {"input_tokens": 1}]
    answer = record_answer(record, send_batches("a", "b"), refuse, lambda: usages)
    async with aclosing(answer) as batches:
        await anext(batches)
    assert (record.prompt_tokens, record.completion_tokens) == (8, 3)
    # An answer that did not begin has no tokens.
    assert record.usages == [usages[0], usages[2]]


@pytest.mark.parametrize("stream", [True, False])
async def test_every_endpoint_counts_the_wait_for_claude(
    bridge: Bridge, fake: FakeAnthropic, monkeypatch: pytest.MonkeyPatch, stream: bool
) -> None:
    entries: list[Entry] = []
    monkeypatch.setattr(bridge.ledger, "put", entries.append)
    async with aiohttp.ClientSession() as session:
        for path, body in REQUESTS.values():
            for _ in range(body.get("n", 1)):
                fake.script(Reply(first_delay=WAIT))
            sent = {"model": "claude-opus-5-5", **body, "stream": stream}
            async with session.post(bridge.url + path, json=sent) as response:
                assert response.status == 200, await response.text()
                await response.read()
    # A row is written once the client has its answer.
    await asyncio.sleep(0.05)
    assert len(entries) == len(REQUESTS)
    for name, entry in zip(REQUESTS, entries, strict=True):
        first = entry.first_chunk_milliseconds
        assert first is not None, name
        assert WAIT * 1000 <= first <= entry.milliseconds, name


async def test_a_guard_logs_once_and_lets_a_cancellation_pass(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounting, "_reported", set())
    for _ in range(2):
        with accounting.guard_accounting("a test"):
            raise ValueError("not countable")
    assert [record.message for record in caplog.records if "a test" in record.message] == [
        "Requests are missing in a test, because of an error that is logged only once"
    ]
    with pytest.raises(asyncio.CancelledError), accounting.guard_accounting("a test"):
        raise asyncio.CancelledError
