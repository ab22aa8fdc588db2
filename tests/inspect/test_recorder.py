"""The recorder stores little, for a limited time, and nothing while it is off."""

from __future__ import annotations

import asyncio

import pytest

from bridge.errors import UpstreamFailed
from bridge.inspect.exchange import ClientRequest, Outcome
from bridge.inspect.recorder import Recorder
from bridge.inspect.recording import Recording
from bridge.wire.json_bytes import decode_json
from bridge.wire.messages import MessagesRequest
from tests.inspect.search import is_stored

REQUEST = ClientRequest("POST", "/v1/chat/completions")
OUTCOME = Outcome("req_1", 200, "stop", False, 1.5, "claude-opus-5-5", "anthropic")


def ask(text: str) -> MessagesRequest:
    return MessagesRequest("claude-opus-5-5", 100, ({"role": "user", "content": [{"a": text}]},))


def record(recorder: Recorder, content: bytes = b"Swordfish") -> Recording:
    recording = recorder.begin(REQUEST, "http", 0.0)
    recording.set_body(content)
    recording.add_notices([f"notice: {content.decode()}"])
    call = recording.start_call("anthropic", ask(content.decode()))
    call.note_open()
    call.add_events([{"type": "message_start", "text": content.decode()}])
    call.finish()
    recording.add_written(content)
    return recording


async def test_it_is_off_until_it_is_turned_on_and_again_at_its_end() -> None:
    recorder = Recorder()
    assert (recorder.is_on, recorder.until) == (False, None)
    recorder.turn_on(minutes=0.0005)
    assert recorder.is_on
    assert recorder.until is not None
    record(recorder).finish(OUTCOME)
    assert is_stored(recorder, "Swordfish")
    async with asyncio.timeout(30):
        with recorder.watch() as watcher:
            while recorder.is_on:
                await watcher.wait()
    assert not is_stored(recorder, "Swordfish")
    assert (recorder.list_exchanges(), recorder.size) == ([], 0)


async def test_turning_it_on_again_sets_another_end() -> None:
    recorder = Recorder()
    recorder.turn_on(minutes=30)
    first = recorder.until
    record(recorder)
    recorder.turn_on(minutes=60)
    assert first is not None
    assert recorder.until is not None
    assert recorder.until > first
    assert len(recorder.list_exchanges()) == 1
    recorder.turn_off()


async def test_an_exchange_has_all_that_passed() -> None:
    recorder = Recorder()
    recorder.turn_on(30)
    recording = record(recorder)
    running = recorder.get(recording.id)
    assert running is not None
    assert running.outcome is None
    recording.finish(OUTCOME)
    (exchange,) = recorder.list_exchanges()
    assert exchange.request.body == b"Swordfish"
    assert exchange.notices == ("notice: Swordfish",)
    (call,) = exchange.calls
    assert decode_json(call.body)["messages"][0]["content"] == [{"a": "Swordfish"}]
    (event,) = call.list_events()
    assert event.data == b'{"type":"message_start","text":"Swordfish"}'
    assert call.opened_at is not None
    assert call.ended_at is not None
    assert call.sent_at <= call.opened_at <= event.at <= call.ended_at
    assert [moment.data for moment in exchange.written] == [b"Swordfish"]
    assert exchange.outcome == OUTCOME
    recorder.turn_off()


async def test_a_request_that_runs_when_it_is_turned_off_is_forgotten() -> None:
    recorder = Recorder()
    recorder.turn_on(30)
    recording = record(recorder)
    call = recording.start_call("anthropic", ask(""))
    recorder.turn_off()
    call.add_events([{"text": "Swordfish"}])
    call.finish(UpstreamFailed("Swordfish"))
    recording.set_body(b"Swordfish")
    recording.add_notices(["Swordfish"])
    recording.add_written(b"Swordfish")
    recording.start_call("anthropic", ask("Swordfish")).note_open()
    recording.finish(OUTCOME)
    assert recorder.list_exchanges() == []
    for holder in (recorder, recording, call):
        assert not is_stored(holder, "Swordfish")


async def test_everything_is_dropped_while_it_goes_on() -> None:
    recorder = Recorder()
    recorder.turn_on(30)
    record(recorder).finish(OUTCOME)
    running = record(recorder)
    recorder.clear()
    assert (recorder.count, recorder.size, recorder.is_on) == (0, 0, True)
    assert not is_stored(running, "Swordfish")
    running.finish(OUTCOME)
    assert recorder.count == 0
    recorder.turn_off()


async def test_the_oldest_goes_when_there_are_too_many() -> None:
    recorder = Recorder(most=3)
    recorder.turn_on(30)
    running = record(recorder)
    ids = [recording.id for recording in [record(recorder) for _ in range(3)]]
    assert [exchange.id for exchange in recorder.list_exchanges()] == ids
    assert recorder.dropped == 1
    assert not is_stored(running, "Swordfish")
    recorder.turn_off()


async def test_the_oldest_goes_when_they_are_too_large() -> None:
    recorder = Recorder(most_bytes=100_000)
    recorder.turn_on(30)
    first = record(recorder, b"a" * 10_000)
    first.finish(OUTCOME)
    second = record(recorder, b"b" * 15_000)
    assert recorder.size <= 100_000
    assert [exchange.id for exchange in recorder.list_exchanges()] == [second.id]
    # It is larger than the memory of all.
    third = record(recorder, b"c" * 200_000)
    assert recorder.list_exchanges() == []
    assert recorder.size == 0
    third.finish(OUTCOME)
    assert recorder.list_exchanges() == []
    recorder.turn_off()


async def test_a_watcher_is_told_which_exchanges_have_changed() -> None:
    recorder = Recorder()
    with recorder.watch() as watcher:
        recorder.turn_on(30)
        assert await watcher.wait() == [""]
        recordings = [record(recorder) for _ in range(2)]
        assert await watcher.wait() == [recording.id for recording in recordings]
        recordings[1].finish(OUTCOME)
        assert await watcher.wait() == [recordings[1].id]
    recorder.turn_off()


async def test_to_read_is_no_change() -> None:
    recorder = Recorder()
    recorder.turn_on(30)
    with recorder.watch() as watcher:
        recording = record(recorder)
        assert recorder.list_exchanges()
        assert await watcher.wait() == [recording.id]
        assert recorder.list_exchanges() == [recorder.get(recording.id)]
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(watcher.wait(), 0.01)
    recorder.turn_off()


async def test_a_request_that_was_let_in_while_it_was_turned_off_is_not_stored() -> None:
    recorder = Recorder()
    recorder.turn_on(1)
    recorder.turn_off()
    recording = record(recorder)
    recording.finish(OUTCOME)
    assert (recorder.count, recorder.size) == (0, 0)
    assert not is_stored(recording, "Swordfish")


async def test_headers_and_the_query_count() -> None:
    recorder = Recorder(most_bytes=10_000)
    recorder.turn_on(1)
    large = ClientRequest("POST", "/", (("x-note", "a" * 4000),), query="b" * 4000)
    recorder.begin(large, "http", 0.0).finish(OUTCOME)
    assert recorder.size > 8000
    recorder.begin(large, "http", 0.0).finish(OUTCOME)
    assert (recorder.count, recorder.dropped) == (1, 1)
    recorder.turn_off()


async def test_a_call_whose_body_is_too_large_is_not_stored_either() -> None:
    recorder = Recorder(most_bytes=10_000)
    recorder.turn_on(1)
    recording = recorder.begin(REQUEST, "http", 0.0)
    recording.start_call("anthropic", ask("Swordfish" * 5000))
    recording.finish(OUTCOME)
    assert recording.is_discarded
    assert not is_stored(recording, "Swordfish")
    recorder.turn_off()


async def test_what_a_client_waits_for_is_encoded_once_it_has_it() -> None:
    recorder = Recorder()
    recorder.turn_on(1)
    recording = recorder.begin(REQUEST, "http", 0.0)
    call = recording.start_call("anthropic", ask("Swordfish"))
    call.set_sent(b'{"model": "as it was sent"}')
    sent = recorder.size
    call.add_events([{"type": "message_start", "text": "Herring" * 1000}])
    assert recorder.size == sent
    recording.add_written(b"Herring")
    assert recorder.size > sent + 7000
    # A whole answer is written at its end only.
    for _ in range(100):
        call.add_events([{"type": "ping", "text": "Herring" * 1000}])
    assert recorder.size > sent + 300_000
    exchange = recorder.get(recording.id)
    assert exchange is not None
    assert exchange.calls[0].body == b'{"model": "as it was sent"}'
    assert len(exchange.calls[0].list_events()) == 101
    recorder.turn_off()
