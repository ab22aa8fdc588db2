"""Requests are counted for Prometheus and recorded in the ledger, without their content."""

from __future__ import annotations

import logging
from typing import Any

import aiohttp
import openai
import pytest
from openai import AsyncOpenAI
from prometheus_client.parser import text_string_to_metric_families

from bridge.plan.storage import PlanStorage
from bridge.plan.tracker import PlanTracker
from bridge.server.state import Bridge
from tests import scripts
from tests.conftest import StartBridge
from tests.fake_anthropic.script import Drop, Reply, Text, Usage, overloaded, says
from tests.fake_anthropic.server import FakeAnthropic

HI: Any = [{"role": "user", "content": "Hi, my secret is 4711."}]
MODEL = "claude-opus-5-5"


async def read_samples(bridge: Bridge) -> dict[tuple[str, tuple[str, ...]], float]:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{bridge.url}/metrics") as answer,
    ):
        assert answer.content_type == "text/plain"
        text = await answer.text()
    return {
        (sample.name, tuple(sorted(sample.labels.values()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def read_plan_samples(bridge: Bridge) -> dict[tuple[str, tuple[str, ...]], float]:
    """Return the samples of the plans, without the beginning of their names."""
    return {
        (name.removeprefix("bridge_plan_"), labels): value
        for (name, labels), value in (await read_samples(bridge)).items()
        if name.startswith("bridge_plan_")
    }


async def test_an_answer_is_counted(
    bridge: Bridge, client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    fake.script(says("one two", usage=Usage(1000, 200, 300, 400)))
    await client.chat.completions.create(model=MODEL, messages=HI)
    samples = await read_samples(bridge)
    path = "/v1/chat/completions"
    assert samples["bridge_requests_total", tuple(sorted((path, "200")))] == 1
    assert samples["bridge_answers_total", tuple(sorted((MODEL, "anthropic", "stop")))] == 1
    assert samples["bridge_tokens_total", tuple(sorted((MODEL, "anthropic", "prompt")))] == 1700
    assert samples["bridge_tokens_total", tuple(sorted((MODEL, "anthropic", "completion")))] == 200
    assert samples["bridge_first_chunk_seconds_count", ("anthropic",)] == 1
    assert samples["bridge_open_streams", ()] == 0


async def test_an_unknown_event_is_counted(
    bridge: Bridge, client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    answer: list[Any] = [scripts.start(), *scripts.text(0, "Hi"), *scripts.end("end_turn")]
    fake.script(Reply(events=({"type": "future_event"}, *answer)))
    completion = await client.chat.completions.create(model=MODEL, messages=HI)
    assert completion.choices[0].message.content == "Hi"
    samples = await read_samples(bridge)
    assert samples["bridge_upstream_unknown_total", ("event", "future_event")] == 1


async def test_unknown_paths_share_one_series(bridge: Bridge) -> None:
    async with aiohttp.ClientSession() as session:
        for name in ("a", "b"):
            (await session.get(f"{bridge.url}/{name}")).close()
    samples = await read_samples(bridge)
    counted = {key: value for key, value in samples.items() if key[0] == "bridge_requests_total"}
    assert [value for (_, labels), value in counted.items() if "404" in labels] == [2.0]


async def test_an_answer_is_recorded_with_its_cost(
    bridge: Bridge, client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    fake.script(says("one two", usage=Usage(1000, 200, 300, 400)))
    await client.chat.completions.create(model=MODEL, messages=HI)
    (entry,) = await bridge.ledger.list_recent(5)
    assert (entry.model, entry.backend, entry.outcome) == (MODEL, "anthropic", "stop")
    assert entry.client == "openai-python"
    assert (entry.input_tokens, entry.cache_write_tokens) == (1000, 300)
    assert (entry.cache_read_tokens, entry.output_tokens) == (400, 200)
    # 1000 at $4, 300 at $5, 400 at $0.20 and 200 at $20 a million.
    assert entry.cost == 9580
    assert entry.first_chunk_milliseconds is not None


async def test_two_choices_are_one_row(
    bridge: Bridge, client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    fake.default = Reply((Text("x"),), usage=Usage(100, 10))
    await client.chat.completions.create(model=MODEL, messages=HI, n=2)
    (entry,) = await bridge.ledger.list_recent(5)
    assert (entry.input_tokens, entry.output_tokens) == (200, 20)


async def test_a_broken_answer_is_recorded_too(
    bridge: Bridge, client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    fake.script(Reply((Text("one two three"),), fault=Drop(1), usage=Usage(50)), overloaded())
    for _ in range(2):
        with pytest.raises(openai.InternalServerError):
            await client.chat.completions.create(model=MODEL, messages=HI)
    failed, broken = await bridge.ledger.list_recent(5)
    assert (broken.outcome, broken.input_tokens, broken.backend) == (
        "stream_broken", 50, "anthropic",
    )  # fmt: skip
    assert (failed.outcome, failed.input_tokens, failed.cost) == ("overloaded", 0, 0)


async def test_the_echo_is_not_recorded(start_bridge: StartBridge) -> None:
    bridge = await start_bridge(backend="offline")
    async with AsyncOpenAI(base_url=f"{bridge.url}/v1", api_key="x") as client:
        await client.chat.completions.create(model="bridge-echo", messages=HI)
    assert await bridge.ledger.list_recent(5) == []


async def test_upstreams_id_of_a_rejected_request_is_logged_and_returned(
    bridge: Bridge, client: AsyncOpenAI, fake: FakeAnthropic, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    fake.script(overloaded())
    with pytest.raises(openai.InternalServerError) as caught:
        await client.chat.completions.create(model=MODEL, messages=HI)
    upstream_id = caught.value.response.headers["x-upstream-request-id"]
    (line,) = [message for message in caplog.messages if "overloaded" in message]
    assert line.startswith(f"{caught.value.request_id} POST /v1/chat/completions -> 503 overloaded")
    assert f"upstream={upstream_id} " in line


async def test_a_plan_is_measured_until_its_windows_reset(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_795_985_724.0
    monkeypatch.setattr(bridge, "plan", PlanTracker("ask", PlanStorage(None), lambda: now))
    assert await read_plan_samples(bridge) == {}
    session = {"utilization": 0.62, "resetsAt": now + 60}
    week = {"utilization": 0.31, "resetsAt": now + 3600}
    windows = {"five_hour": session, "seven_day": week}
    bridge.plan.for_account().note({"unifiedWindows": windows, "overageStatus": "allowed"})
    assert await read_plan_samples(bridge) == {
        ("used_ratio", ("default", "five_hour")): 0.62,
        ("used_ratio", ("default", "seven_day")): 0.31,
        ("reset_timestamp_seconds", ("default", "five_hour")): now + 60,
        ("reset_timestamp_seconds", ("default", "seven_day")): now + 3600,
        ("extra_usage_in_use", ("default",)): 0,
    }
    now += 100
    assert await read_plan_samples(bridge) == {
        ("used_ratio", ("default", "seven_day")): 0.31,
        ("reset_timestamp_seconds", ("default", "seven_day")): now + 3500,
        ("extra_usage_in_use", ("default",)): 0,
    }
    bridge.plan.for_account().note({"isUsingOverage": True})
    assert (await read_plan_samples(bridge))["extra_usage_in_use", ("default",)] == 1


async def test_extra_usage_that_is_not_known_is_not_measured(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bridge, "plan", PlanTracker("ask", PlanStorage(None), lambda: 1.0))
    bridge.plan.for_account().note(
        {"unifiedWindows": {"five_hour": {"utilization": 0.5, "resetsAt": 60}}}
    )
    names = {name for name, _ in await read_plan_samples(bridge)}
    assert names == {"used_ratio", "reset_timestamp_seconds"}
