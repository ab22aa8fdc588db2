"""An answer that was given is never replaced by a failure to record it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, NoReturn

import aiohttp
import pytest

from bridge.server.http import accounting
from bridge.server.state import Bridge
from tests.fake_anthropic import oddities
from tests.fake_anthropic.script import Reply, Text, Usage
from tests.fake_anthropic.server import FakeAnthropic

HI = [{"role": "user", "content": "Hi"}]
REQUESTS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "chat": ("/v1/chat/completions", {"messages": HI, "stream_options": {"include_usage": True}}),
    "chat twice": ("/v1/chat/completions", {"messages": HI, "n": 2}),
    "completions": ("/v1/completions", {"prompt": "Hi"}),
    "responses": ("/v1/responses", {"input": "Hi"}),
    "messages": ("/v1/messages", {"messages": HI, "max_tokens": 100}),
}
PARTS = (
    "bridge.server.metrics.Metrics.observe",
    "bridge.store.ledger.Ledger.put",
    "bridge.server.request_record.RequestRecord.log",
    "bridge.server.request_record.RequestRecord.set_usages",
    "bridge.server.request_record.list_counts",
    "bridge.server.http.accounting.calculate_cost",
    "bridge.server.http.accounting.count_hour_writes",
    "bridge.server.http.accounting.to_micro_dollars",
    "bridge.server.http.accounting.LastFailure",
    "bridge.server.answers.chat.sum_completion_usage",
)


def fail(*_: object, **__: object) -> NoReturn:
    raise RuntimeError("accounting is broken")


async def ask_everything(bridge: Bridge, status: int) -> None:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        for name, (path, body) in REQUESTS.items():
            for stream in (False, True):
                sent = {"model": "claude-opus-5-5", **body, "stream": stream}
                if not stream:
                    sent.pop("stream_options", None)
                async with session.post(bridge.url + path, json=sent) as response:
                    text = await response.text()
                assert response.status == status, (name, text)
                assert ("Hello from the" in text or " from" in text) is (status == 200), name
                assert "internal" not in text.lower(), (name, text)
                assert ("error" in text) is (status != 200 or '"error":null' in text), (name, text)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.rpartition(".")[2])
async def test_a_broken_part_is_logged_once_and_changes_no_answer(
    bridge: Bridge,
    fake: FakeAnthropic,
    part: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(accounting, "_reported", set())
    monkeypatch.setattr(part, fail)
    await ask_everything(bridge, 200)
    fake.everywhere = oddities.http("429 Slow down", oddities.LIMITED)
    await ask_everything(bridge, 429)
    places = [r.args for r in caplog.records if r.message.startswith("Requests are missing")]
    assert places
    assert len(places) == len(set(places))


@pytest.mark.parametrize("odd", [-5, 10**40, 1.5, "12", [], {}, True, None])
async def test_odd_token_counts_are_left_out(
    bridge: Bridge, fake: FakeAnthropic, odd: object, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    names = (
        *("input_tokens", "output_tokens", "cache_read_input_tokens"),
        *("output_tokens_details", "cache_creation"),
    )
    usage = Usage(more={**dict.fromkeys(names, odd), "cache_creation_input_tokens": 3})
    fake.default = Reply((Text("Hello from the fake."),), usage=usage)
    async with aiohttp.ClientSession() as session:
        body = {"model": "claude-opus-5-5", "messages": HI}
        async with session.post(f"{bridge.url}/v1/chat/completions", json=body) as response:
            counts = (await response.json())["usage"]
        assert all(0 <= counts[name] < 20 for name in ("total_tokens", "prompt_tokens"))
        async with session.get(f"{bridge.url}/usage") as response:
            (row,) = (await response.json())["recent"]
    assert row["cache_write_tokens"] == 3
    assert [record for record in caplog.records if "missing" in record.message] == []


@pytest.mark.parametrize(
    ("written", "dollars"),
    [
        ({"ephemeral_1h_input_tokens": 0, "ephemeral_5m_input_tokens": 1_000_000}, 6.25),
        ({"ephemeral_1h_input_tokens": 1_000_000, "ephemeral_5m_input_tokens": 0}, 10),
        ({"ephemeral_1h_input_tokens": 9_000_000}, 10),
        ({"ephemeral_1h_input_tokens": "many"}, 6.25),
    ],
)
async def test_what_is_cached_for_an_hour_costs_more(
    bridge: Bridge, fake: FakeAnthropic, written: dict[str, Any], dollars: float
) -> None:
    """As Claude Code has it cached."""
    counts = {"input_tokens": 0, "cache_creation_input_tokens": 1_000_000, "output_tokens": 0}
    usage = Usage(more={**counts, "cache_creation": written})
    fake.default = Reply((Text("Hello from the fake."),), usage=usage)
    async with aiohttp.ClientSession() as session:
        body = {"model": "claude-opus-5", "messages": HI}
        async with session.post(f"{bridge.url}/v1/chat/completions", json=body) as response:
            assert response.status == 200
        async with session.get(f"{bridge.url}/usage") as response:
            (row,) = (await response.json())["recent"]
    assert row["cost"] == dollars
