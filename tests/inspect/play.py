"""Plays a case that was made of recorded requests, and compares all that must be as it was."""

from __future__ import annotations

import difflib
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bridge.inspect.answer_shape import fill_shape, shape_answer
from bridge.resilience.policy import RetryPolicy
from bridge.server.state import Bridge
from bridge.wire.sse import SseDecoder
from tests.conftest import StartBridge
from tests.fake_anthropic.script import Drop, Failure, Hang, Play, RawHttp, Reply
from tests.fake_anthropic.server import FakeAnthropic

_END = {"type": "content_block_delta"}
"""An event that is never sent: a fault comes in front of one."""


async def play_case(start: StartBridge, fake: FakeAnthropic, case: Any) -> None:
    """Send the requests of a case to a new bridge."""
    tries = max(len(call["failures"]) for step in case["steps"] for call in step["calls"] or [NONE])
    endings = {call["ending"] for step in case["steps"] for call in step["calls"]}
    silence = {"upstream_silence_seconds": 1} if "silent" in endings else {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bridge.resilience.policy.RetryPolicy.compute_delay", _retry_at_once)
        bridge = await start(retries=tries, **silence)
        ids: list[str] = []
        for step in case["steps"]:
            ids.append(await _play_step(bridge, fake, step, case["content"], ids))


NONE: Any = {"failures": []}
_compute_delay = RetryPolicy.compute_delay


def _retry_at_once(policy: RetryPolicy, *words: Any) -> float | None:
    return None if _compute_delay(policy, *words) is None else 0.0


async def _play_step(
    bridge: Bridge, fake: FakeAnthropic, step: Any, content: str, ids: list[str]
) -> str:
    """Play a request; return the id of its answer."""
    before = len(fake.requests)
    fake.script(*(play for call in step["calls"] for play in _list_plays(call)))
    body = step["request"]
    if step["continues"] is not None:
        body = {**body, "previous_response_id": ids[step["continues"]]}
    async with aiohttp.ClientSession(bridge.url, headers=step["headers"]) as session:
        sent = {"data": body, "headers": {"Content-Type": "application/json"}}
        async with session.post(
            step["path"], **(sent if isinstance(body, str) else {"json": body})
        ) as answer:
            notices = answer.headers.get("x-bridge-notice", "")
            received = [data async for data in _read_events(answer, _count_wanted(step))]
    if step["answer"] is not None:
        answers = [shape_answer(data, content) for data in received]
        check_same("answer", answers, step["answer"])
    check_same("status", answer.status, step["status"])
    check_same("notices", notices, "; ".join(step["notices"]))
    _compare_requests([request.body for request in fake.requests[before:]], step["calls"])
    return _find_id(received)


def _count_wanted(step: Any) -> int | None:
    """Return how many events the client waits for before it leaves; None for all."""
    return len(step["answer"]) if step["outcome"] == "cut" else None


async def _read_events(answer: aiohttp.ClientResponse, wanted: int | None) -> AsyncIterator[bytes]:
    """Yield the events of a stream, or the whole answer."""
    if answer.content_type != "text/event-stream":
        yield await answer.read()
        return
    decoder, count = SseDecoder(), 0
    async for piece in answer.content.iter_any():
        for data in decoder.feed(piece):
            yield data
            count += 1
            if count == wanted:
                return


def _compare_requests(sent: list[Any], calls: list[Any]) -> None:
    expected = [call for call in calls for _ in range(len(call["failures"]) + 1)]
    check_same("number of requests", len(sent), len(expected))
    for body, call in zip(sent, expected, strict=True):
        own = {name: value for name, value in body.items() if name != "stream"}
        shown = fill_shape(own) if call["compare"] == "shape" else own
        check_same("request to Claude", shown, call["request"])


def check_same(name: str, found: Any, expected: Any) -> None:
    """Assert that both are equal, and show where they differ."""
    before, after = (json.dumps(v, indent=1, sort_keys=True).split("\n") for v in (expected, found))
    difference = difflib.unified_diff(before, after, "case", "now", lineterm="", n=1)
    assert found == expected, "\n".join([name, *difference])


def _list_plays(call: Any) -> list[Play]:
    plays: list[Play] = [*map(_build_failure, call["failures"])]
    # The fake counts tokens by itself.
    is_count = call["ending"] == "complete" and not call["events"]
    return plays if is_count else [*plays, _build_play(call)]


def _build_play(call: Any) -> Play:
    events, error = tuple(call["events"]), call["error"]
    if error is not None and error["status"] is not None:
        return _build_failure(error)
    deltas = sum(event["type"] == "content_block_delta" for event in events)
    match call["ending"]:
        case "failed":
            return Reply(events=(*events, error["body"]))
        case "broken" if not events:
            return RawHttp(b"", abort=True)
        case "broken":
            return Reply(events=(*events, _END), fault=Drop(deltas))
        case "silent" | "left":
            return Reply(events=(*events, _END), fault=Hang(deltas))
        case _:
            return Reply(events=events)


def _build_failure(error: Any) -> Failure:
    body = error["body"]["error"]
    return Failure(
        error["status"], body["type"], body["message"], details=body.get("details"), retry_after=0
    )


def _find_id(received: list[bytes]) -> str:
    """Return the id of a response, in its first event or in the whole answer."""
    if not received:
        return ""
    first = json.loads(received[0])
    return str((first.get("response") or first).get("id", "")) if isinstance(first, dict) else ""
