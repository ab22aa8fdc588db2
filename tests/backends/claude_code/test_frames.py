"""A turn as a transcript: frames to Claude Code, frames from it, events to the client."""

from __future__ import annotations

import itertools
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.backends.claude_code.backend import read_models
from bridge.backends.claude_code.frames import CONTINUE, Frame, Step, Turn
from bridge.backends.unknown_parts import UnknownParts
from bridge.errors import (
    AccountRefused,
    BillingFailed,
    BridgeError,
    ContextTooLong,
    InvalidRequest,
    ModelNotFound,
    NotSignedIn,
    Overloaded,
    RateLimited,
    RequestTooLarge,
    StreamBroken,
    UpstreamFailed,
    UpstreamUnreachable,
)
from bridge.models.names import resolve_rules
from bridge.wire.messages import MessagesRequest
from tests import scripts
from tests.server import odd_events


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def user(*blocks: Any) -> Any:
    return {"role": "user", "content": list(blocks)}


def claude(*blocks: Any) -> Any:
    return {"role": "assistant", "content": list(blocks)}


UNKNOWN = UnknownParts(lambda part, type: None)


def turn(*messages: Any, model: str = "claude-opus-5-5", **fields: Any) -> Turn:
    ids = itertools.count(1)
    request = MessagesRequest(model, 900, messages or (user(text("Hi")),), **fields)
    return Turn(request, resolve_rules(model), lambda: f"id{next(ids)}", UNKNOWN.add)


def relayed(event: Any) -> Frame:
    return {"type": "stream_event", "event": event, "parent_tool_use_id": None}


RESULT: Frame = {"type": "result", "subtype": "success", "is_error": False, "result": ""}


def user_frame(id: str, *blocks: Any, **more: Any) -> Frame:
    return {
        "type": "user",
        "message": {"role": "user", "content": list(blocks)},
        "parent_tool_use_id": None,
        "session_id": "default",
        "uuid": id,
        "client_composed": True,
        **more,
    }


def test_a_conversation_of_one_turn_is_sent_at_once() -> None:
    settings, initialize, question = turn(system=(text("Be kind."), text("Be brief."))).start()
    body = json.loads(settings["request"]["settings"]["env"].pop("CLAUDE_CODE_EXTRA_BODY"))
    assert settings == {
        "type": "control_request",
        "request_id": "settings",
        "request": {
            "subtype": "apply_flag_settings",
            "settings": {"model": "claude-opus-5-5", "env": {}},
        },
    }
    assert body == {"max_tokens": 900, "output_config": {"effort": "medium"}}
    assert initialize["request"] == {
        "subtype": "initialize",
        "systemPrompt": ["Be kind.", "Be brief."],
    }
    assert question == user_frame("id1", text("Hi"))


def test_history_is_sent_turn_by_turn() -> None:
    call = {"type": "tool_use", "id": "toolu_1", "name": "add", "input": {}}
    result = {"type": "tool_result", "tool_use_id": "toolu_1"}
    machine = turn(
        user(text("one")), claude(call), user(result), claude(text("two")), user(text("x"))
    )
    assert machine.start()[2:] == [user_frame("id1", text("one"), shouldQuery=False)]
    frame, second = machine.feed(RESULT).send
    assert (frame["type"], frame["message"]["content"], frame["message"]["model"]) == (
        "assistant",
        [call],
        "claude-opus-5-5",
    )
    assert second == user_frame("id4", result, shouldQuery=False)
    frame, question = machine.feed(RESULT).send
    assert frame["message"]["content"] == [text("two")]
    assert question == user_frame("id7", text("x"))


def test_events_are_relayed_until_the_first_stop_reason() -> None:
    machine = turn()
    machine.start()
    events = [scripts.start(), *scripts.text(0, "Hi"), *scripts.end("max_tokens")]
    assert [e for event in events for e in machine.feed(relayed(event)).events] == events
    assert machine.ended
    assert machine.feed(relayed(scripts.start())) == Step()


def test_other_frames_are_not_part_of_the_answer() -> None:
    machine = turn()
    machine.start()
    for frame in (
        {"type": "control_response", "response": {"subtype": "success", "request_id": "settings"}},
        {"type": "system", "subtype": "init"},
        {"type": "system", "subtype": "status", "status": "requesting"},
        {"type": "assistant", "message": {"content": [text("Hi")]}},
        {"type": "something_new"},
    ):
        assert machine.feed(frame) == Step()


def test_the_limits_of_the_plan_are_reported_beside_the_answer() -> None:
    machine = turn()
    machine.start()
    limits = {"status": "allowed"}
    frame = {"type": "rate_limit_event", "rate_limit_info": limits}
    assert machine.feed(frame) == Step(limits=limits)
    assert machine.feed({"type": "rate_limit_event"}) == Step(limits={})


def test_cache_markers_are_removed() -> None:
    marker = {"type": "ephemeral"}
    tool = {"name": "add", "input_schema": {"type": "object"}, "cache_control": marker}
    machine = turn(
        user({**text("Hi"), "cache_control": marker}), tools=(tool,), cache_control=marker
    )
    assert "cache_control" not in json.dumps(machine.start())


@pytest.mark.parametrize(
    ("model", "fields", "body"),
    [
        (
            "claude-opus-4-6",
            {"temperature": 0.5},
            {
                "temperature": 0.5,
                "thinking": {"type": "disabled"},
                "output_config": {"effort": "high"},
            },
        ),
        ("claude-haiku-4-5", {}, {"thinking": {"type": "disabled"}}),
        (
            "claude-sonnet-5-5",
            {
                "stop_sequences": ("END",),
                "tools": ({"name": "a"},),
                "tool_choice": {"type": "none"},
                "thinking": {"type": "adaptive"},
                "output_config": {"effort": "low", "format": {"type": "json_schema"}},
                "metadata": {"user_id": "x"},
            },
            {
                "stop_sequences": ["END"],
                "tools": [{"name": "a"}],
                "tool_choice": {"type": "none"},
                "thinking": {"type": "adaptive"},
                "output_config": {"effort": "low", "format": {"type": "json_schema"}},
            },
        ),
    ],
)
def test_other_fields_become_the_extra_body(model: str, fields: Any, body: Any) -> None:
    settings = turn(model=model, **fields).start()[0]["request"]["settings"]
    assert json.loads(settings["env"]["CLAUDE_CODE_EXTRA_BODY"]) == {"max_tokens": 900, **body}


TOOL = {"name": "add", "input_schema": {"type": "object"}}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "add", "input": {}}


def call_frame(id: str) -> Frame:
    params = {"name": "add", "arguments": {}, "_meta": {"claudecode/toolUseId": id}}
    message = {"method": "tools/call", "params": params, "jsonrpc": "2.0", "id": f"rpc {id}"}
    request = {"subtype": "mcp_message", "server_name": "client", "message": message}
    return {"type": "control_request", "request_id": f"request {id}", "request": request}


def result(id: str, content: Any, **more: Any) -> Any:
    return {"type": "tool_result", "tool_use_id": id, "content": content, **more}


def repeated(block: Any) -> Frame:
    return {"type": "user", "message": {"role": "user", "content": [block]}}


def test_the_clients_tools_are_declared_by_name() -> None:
    search = {"type": "web_search_20250305", "name": "web_search"}
    initialize = turn(tools=(TOOL, search)).start()[1]["request"]
    assert initialize["sdkMcpServers"] == ["client"]
    (listed,) = initialize["sdkMcpServerManifests"]["client"]["toolsListResult"]["tools"]
    assert (listed["name"], listed["inputSchema"]) == ("add", {"type": "object"})
    assert "sdkMcpServers" not in turn(tools=(search,)).start()[1]["request"]


def test_a_conversation_goes_on_with_its_last_turn_only() -> None:
    machine = turn(user(text("one")), claude(text("two")), user(text("three")))
    assert machine.resume({}) == [user_frame("id1", text("three"))]
    events = [scripts.start(), *scripts.text(0, "Hi"), *scripts.end("end_turn")]
    assert [e for event in events for e in machine.feed(relayed(event)).events] == events


def test_the_process_of_an_answer_with_calls_waits_for_the_results() -> None:
    machine = turn(tools=(TOOL,))
    machine.start()
    for frame in (
        relayed(scripts.start()),
        *map(relayed, scripts.tool(0, "toolu_1", "add")),
        call_frame("toolu_1"),
        *map(relayed, scripts.tool(1, "toolu_2", "add")),
        *map(relayed, scripts.end("tool_use")),
    ):
        machine.feed(frame)
    ended = machine.end()
    assert ended is not None
    assert ended.called == {"toolu_1", "toolu_2"}
    assert ended.calls == {"toolu_1": call_frame("toolu_1")}


def test_an_answer_that_calls_an_unknown_tool_ends_its_process() -> None:
    machine = turn(tools=(TOOL,))
    machine.start()
    for event in [
        scripts.start(),
        *scripts.tool(0, "toolu_1", "invented"),
        *scripts.end("tool_use"),
    ]:
        machine.feed(relayed(event))
    assert machine.end() is None


def test_an_answer_whose_calls_would_be_renamed_ends_its_process() -> None:
    earlier = {**CALL, "id": "call_0"}
    machine = turn(
        user(text("q")), claude(earlier), user(result("call_0", [text("one")])), tools=(TOOL,)
    )
    machine.start()
    for event in [scripts.start(), *scripts.tool(0, "call_0_2", "add"), *scripts.end("tool_use")]:
        machine.feed(relayed(event))
    assert machine.end() is None


def test_results_are_given_one_by_one_as_claude_code_repeats_them() -> None:
    one, two = result("toolu_1", [text("one")]), result("toolu_2", "bad", is_error=True)
    machine = turn(user(text("q")), claude(CALL), user(two, one), tools=(TOOL,))
    calls = {id: call_frame(id) for id in ("toolu_1", "toolu_2")}
    assert machine.can_resume(calls)
    (answered,) = machine.resume(calls)
    message = {
        "jsonrpc": "2.0",
        "id": "rpc toolu_2",
        "result": {"content": [text("bad")], "isError": True},
    }
    assert answered["response"] == {
        "subtype": "success",
        "request_id": "request toolu_2",
        "response": {"mcp_response": message},
    }
    (answered,) = machine.feed(repeated(two)).send
    message = answered["response"]["response"]["mcp_response"]
    assert (message["id"], message["result"]) == ("rpc toolu_1", {"content": [text("one")]})
    assert machine.feed(repeated(one)) == Step()
    assert machine.feed(relayed(scripts.start())).events == [scripts.start()]


@pytest.mark.parametrize(
    "frame", [repeated(result("toolu_1", "one")), relayed(scripts.start()), RESULT]
)
def test_a_result_that_claude_code_changes_is_not_relied_on(frame: Frame) -> None:
    machine = turn(user(text("q")), claude(CALL), user(result("toolu_1", [text("one")])))
    machine.resume({"toolu_1": call_frame("toolu_1")})
    with pytest.raises(StreamBroken):
        machine.feed(frame)


PICTURE = {"type": "base64", "media_type": "image/png", "data": "aGk="}


@pytest.mark.parametrize(
    ("content", "is_resumed"),
    [
        ([result("toolu_1", [text("one"), {"type": "image", "source": PICTURE}])], True),
        ([result("toolu_1", "bad", is_error=True)], True),
        ([result("toolu_1", "one")], False),
        ([result("toolu_1", [])], False),
        ([result("toolu_1", [text(" ")])], False),
        ([result("toolu_1", [text("bad")], is_error=True)], False),
        ([result("toolu_1", " ", is_error=True)], False),
        ([result("toolu_1", [text("one")], is_error=False)], False),
        ([result("toolu_1", [{"type": "image", "source": {"type": "url", "url": "x"}}])], False),
        ([result("toolu_1", [{"type": "document", "source": PICTURE}])], False),
        ([result("toolu_1", [{**text("one"), "citations": []}])], False),
        ([result("toolu_1", [text("x" * 250_001)])], False),
        ([{"type": "tool_result", "tool_use_id": "toolu_1"}], False),
        ([result("toolu_2", [text("one")])], False),
        ([result("toolu_1", [text("one")])] * 2, False),
        ([result("toolu_1", [text("one")]), text("Stop.")], False),
        ([text("Stop.")], False),
    ],
)
def test_only_results_that_claude_code_leaves_as_they_are_go_on(
    content: Any, is_resumed: bool
) -> None:
    machine = turn(user(text("q")), claude(CALL), user(*content))
    assert machine.can_resume({"toolu_1": call_frame("toolu_1")}) == is_resumed


def test_a_paused_turn_is_continued_by_a_user_turn() -> None:
    search = {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {}}
    found = {"type": "web_search_tool_result", "tool_use_id": "s1", "content": []}
    machine = turn(user(text("q")), claude(search, found, {**search, "id": "s2"}))
    machine.start()
    said, question = machine.feed(RESULT).send
    assert said["message"]["content"] == [search, found]
    assert question["message"]["content"] == [text(CONTINUE)]


def failed(
    words: str, status: int | None, word: str = "unknown", before: tuple[Frame, ...] = ()
) -> BridgeError:
    machine = turn()
    machine.start()
    for frame in before:
        machine.feed(frame)
    with pytest.raises(BridgeError) as caught:
        machine.feed(
            {
                "type": "assistant",
                "is_api_error_message": True,
                "error": word,
                "api_error_status": status,
                "message": {"content": [text(words)]},
            }
        )
    return caught.value


@pytest.mark.parametrize(
    ("words", "status", "word", "kind", "message"),
    [
        (
            "API Error: 400 messages.0: no good",
            400,
            "invalid_request",
            InvalidRequest,
            "messages.0: no good",
        ),
        ("Prompt is too long", 400, "invalid_request", ContextTooLong, "Prompt is too long"),
        ("Prompt is too long", None, "invalid_request", ContextTooLong, "Prompt is too long"),
        (
            "Not logged in · Please run /login",
            None,
            "authentication_failed",
            NotSignedIn,
            "Claude Code is not signed in: Not logged in · Please run /login "
            "Run `claude-bridge login` to sign in.",
        ),
        ("API Error: 402 pay", 402, "unknown", BillingFailed, "pay"),
        ("Request too large (max 32MB).", 413, "invalid_request", RequestTooLarge, "Request too"),
        ("There's an issue with it.", 404, "model_not_found", ModelNotFound, "There's an issue"),
        (
            "API Error: 529 Overloaded. This is temporary. If it persists, check your inference "
            "gateway (127.0.0.1:33787).",
            529,
            "server_error",
            Overloaded,
            "Overloaded. This is temporary.",
        ),
        ("API Error: 500 oh", 500, "server_error", UpstreamFailed, "oh"),
        (
            "API Error: Connection to the API was lost (ECONNRESET).",
            None,
            "server_error",
            StreamBroken,
            "Connection to the API was lost (ECONNRESET).",
        ),
        (
            "API Error: Connection refused — a firewall may be blocking it (ECONNREFUSED)",
            None,
            "server_error",
            UpstreamUnreachable,
            "Connection refused",
        ),
        ("API Error: Overloaded", 529, "unknown", Overloaded, "Overloaded"),
        ("API Error: Overloaded", None, "overloaded", Overloaded, "Overloaded"),
        ("API Error: It broke.", None, "server_error", UpstreamFailed, "It broke."),
        ("Your account is on hold.", None, "account_on_hold", AccountRefused, "Your account"),
        ("Not allowed.", 401, "oauth_org_not_allowed", AccountRefused, "Not allowed."),
        ("Verify it is you.", 403, "verification_required", AccountRefused, "Verify it is you."),
        ("Could not load AWS credentials", None, "cloud_credential_error", UpstreamFailed, "Could"),
        ("It exceeded the maximum.", None, "max_output_tokens", UpstreamFailed, "It exceeded"),
    ],
)
def test_each_failure_becomes_its_own_error(
    words: str, status: int | None, word: str, kind: type[BridgeError], message: str
) -> None:
    error = failed(words, status, word)
    assert type(error) is kind
    assert error.message.startswith(message)


def test_a_subscription_limit_says_when_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.backends.claude_code.errors.time.time", lambda: 1_795_000_000.0)
    info = {"status": "rejected", "resetsAt": 1_795_003_600, "rateLimitType": "five_hour"}
    error = failed(
        "You've hit your 5-hour limit · resets 4:57am (UTC)",
        429,
        "rate_limit",
        ({"type": "rate_limit_event", "rate_limit_info": info},),
    )
    assert type(error) is RateLimited
    assert error.headers == {"retry-after": "3600"}
    assert error.message == "You've hit your 5-hour limit · resets 4:57am (UTC)"


@pytest.mark.parametrize(
    "resets_at", [None, "soon", float("inf"), float("nan"), -5, 1e300, 10**400, [], {}, True]
)
def test_a_limit_without_a_usable_end_has_no_wait(resets_at: object) -> None:
    event = {"type": "rate_limit_event", "rate_limit_info": {"status": "rejected"}}
    event["rate_limit_info"]["resetsAt"] = resets_at  # type: ignore[index]  # a plain dict
    error = failed("Limited.", 429, "rate_limit", (event,))
    assert type(error) is RateLimited
    assert error.headers == {}


@pytest.mark.parametrize("status", ["429", [429], 429.5, True, -1, 10**30])
def test_an_odd_status_leaves_the_word_or_a_general_error(status: object) -> None:
    assert isinstance(failed("Odd.", status, "rate_limit"), UpstreamFailed | RateLimited)  # type: ignore[arg-type]  # on purpose
    assert type(failed("Odd.", status, ["odd"])) is UpstreamFailed  # type: ignore[arg-type]  # on purpose


def test_a_retry_by_claude_code_is_an_error() -> None:
    machine = turn()
    machine.start()
    retry = {"type": "system", "subtype": "api_retry", "error_status": 529, "error": "overloaded"}
    with pytest.raises(Overloaded):
        machine.feed(retry)


@pytest.mark.parametrize("status", [401, 403])
def test_a_retry_after_a_refused_sign_in_is_none_yet(status: int) -> None:
    machine = turn()
    machine.start()
    retry = {"type": "system", "subtype": "api_retry", "error_status": status, "error": "x"}
    assert machine.feed(retry).events == []


def test_refused_settings_are_an_error() -> None:
    machine = turn()
    machine.start()
    response = {"subtype": "error", "request_id": "settings", "error": "unknown subtype"}
    with pytest.raises(UpstreamFailed, match="unknown subtype"):
        machine.feed({"type": "control_response", "response": response})


@pytest.mark.parametrize(
    ("version", "good"), [("2.1.256", False), ("", False), ("2.1.257", True), ("3", True)]
)
def test_a_program_that_is_too_old_is_an_error(version: str, good: bool) -> None:
    machine = turn()
    machine.start()
    answer = {"claude_code_version": version}
    response = {"subtype": "success", "request_id": "initialize", "response": answer}
    frame = {"type": "control_response", "response": response}
    if good:
        assert machine.feed(frame) == Step()
    else:
        with pytest.raises(UpstreamFailed, match=r"too old; 2\.1\.257 or newer is needed"):
            machine.feed(frame)


def test_a_turn_without_an_answer_is_a_broken_stream() -> None:
    machine = turn()
    machine.start()
    with pytest.raises(StreamBroken):
        machine.feed(RESULT)


FRAMES: tuple[Frame, ...] = (
    {
        "type": "control_response",
        "response": {
            "subtype": "success",
            "request_id": "initialize",
            "response": {
                "claude_code_version": "2.1.332",
                "models": [
                    {
                        "resolvedModel": "claude-opus-5-5",
                        "description": "Opus 5.5 · Most capable",
                        "supportedEffortLevels": ["low", "high"],
                    }
                ],
            },
        },
    },
    {"type": "control_response", "response": {"subtype": "error", "error": "no"}},
    {"type": "result", "is_error": False, "result": "", "api_error_status": None},
    {"type": "result", "is_error": True, "result": "API Error: 500 no", "api_error_status": 500},
    {
        "type": "assistant",
        "is_api_error_message": True,
        "api_error_status": 429,
        "error": "rate_limit",
        "message": {"content": [{"type": "text", "text": "Limit reached"}]},
    },
    {
        "type": "rate_limit_event",
        "rate_limit_info": {"status": "rejected", "resetsAt": 1_795_000_000},
    },
    {"type": "system", "subtype": "api_retry", "error_status": 529, "error": "overloaded"},
    {"type": "stream_event", "event": scripts.start(), "parent_tool_use_id": None},
    {"type": "future_frame", "x": 1},
)


@given(st.lists(st.sampled_from(FRAMES).flatmap(odd_events.changed_events), max_size=6))
@settings(max_examples=500)
def test_whatever_claude_code_writes_is_understood_or_named(frames: list[Any]) -> None:
    running = turn()
    with suppress(BridgeError):
        for frame in frames:
            if isinstance(frame, dict):
                running.feed(frame)
        read_models(running.initialized or {})


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("Your credit balance is too low to access the Anthropic API.", ""),
        (
            "Third-party apps now draw from your extra usage, not your plan limits.",
            "Anthropic decides which programs a plan pays for",
        ),
    ],
)
def test_a_refusal_about_money_is_no_invalid_request(text: str, hint: str) -> None:
    error = failed(f"API Error: 400 {text}", 400, "invalid_request")
    assert isinstance(error, BillingFailed)
    assert text.rstrip(".") in error.message
    assert hint in error.message
