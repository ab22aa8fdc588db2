"""The events of a reply."""

from __future__ import annotations

from typing import Any

from tests.fake_anthropic.checks.binding import sign
from tests.fake_anthropic.directive import play_of
from tests.fake_anthropic.play import collect, counting_ids, events, find_unoffered
from tests.fake_anthropic.script import (
    Event,
    Failure,
    RawBlock,
    Reply,
    ServerCall,
    Text,
    ToolUse,
    Usage,
    calls,
    refuses,
    says,
    thinks,
)

BODY: dict[str, Any] = {
    "model": "claude-opus-5-5",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "Hi"}],
}
SHOWN = {**BODY, "thinking": {"type": "adaptive", "display": "summarized"}}


def play(reply: Reply, body: dict[str, Any] = BODY) -> list[Event]:
    return list(events(reply, body, counting_ids()))


def deltas(reply: Reply, body: dict[str, Any] = BODY) -> list[Event]:
    sequence = play(reply, body)
    return [event["delta"] for event in sequence if event["type"] == "content_block_delta"]


def test_text_comes_word_by_word_between_start_and_stop() -> None:
    assert play(says("Two is two.")) == [
        {
            "type": "message_start",
            "message": {
                "model": "claude-opus-5-5",
                "id": "msg_fake_1",
                "type": "message",
                "role": "assistant",
                "content": [],
                "stop_reason": None,
                "stop_sequence": None,
                "stop_details": None,
                "usage": {
                    "input_tokens": 12,
                    "cache_creation_input_tokens": 0,
                    "cache_read_input_tokens": 0,
                    "output_tokens": 1,
                    "service_tier": "standard",
                },
            },
        },
        {
            "type": "content_block_start",
            "index": 0,
            "content_block": {"type": "text", "text": ""},
        },
        {"type": "ping"},
        {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "text_delta", "text": "Two"},
        },
        {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "text_delta", "text": " is"},
        },
        {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "text_delta", "text": " two."},
        },
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn", "stop_sequence": None, "stop_details": None},
            "usage": {
                "input_tokens": 12,
                "cache_creation_input_tokens": 0,
                "cache_read_input_tokens": 0,
                "output_tokens": 3,
                "output_tokens_details": {"thinking_tokens": 0},
            },
        },
        {"type": "message_stop"},
    ]


def test_thinking_has_no_text_unless_it_is_asked_for() -> None:
    signature = {"type": "signature_delta", "signature": sign(BODY)}
    answer = {"type": "text_delta", "text": "Four."}
    assert deltas(thinks("Add them.", "Four.")) == [signature, answer]
    assert deltas(thinks("Add them.", "Four."), SHOWN) == [
        {"type": "thinking_delta", "thinking": "Add"},
        {"type": "thinking_delta", "thinking": " them."},
        signature,
        answer,
    ]


def test_old_models_show_their_thinking_unasked() -> None:
    body = {**BODY, "model": "claude-haiku-4-5"}
    assert deltas(thinks("Add.", "4"), body)[0] == {"type": "thinking_delta", "thinking": "Add."}


def test_a_call_streams_its_arguments_in_pieces() -> None:
    sequence = play(calls(ToolUse("weather", {"city": "Oslo"})))
    assert sequence[1]["content_block"] == {
        "type": "tool_use",
        "id": "toolu_fake_2",
        "name": "weather",
        "input": {},
        "caller": {"type": "direct"},
    }
    pieces = [e["delta"]["partial_json"] for e in sequence if e["type"] == "content_block_delta"]
    assert pieces == ["", '{"city":', ' "Oslo"}']
    assert sequence[-2]["delta"]["stop_reason"] == "tool_use"


def test_pieces_are_played_as_given() -> None:
    use = ToolUse("add", pieces=('{"a"', ": 1}"))
    assert deltas(calls(use)) == [
        {"type": "input_json_delta", "partial_json": '{"a"'},
        {"type": "input_json_delta", "partial_json": ": 1}"},
    ]
    assert deltas(Reply((Text("ab", pieces=("a", "b")),))) == [
        {"type": "text_delta", "text": "a"},
        {"type": "text_delta", "text": "b"},
    ]


def test_a_call_of_a_toolset_names_it() -> None:
    use = ToolUse("screenshot", toolset_name="computer")
    assert play(calls(use))[1]["content_block"]["toolset_name"] == "computer"


def test_a_refusal_says_why() -> None:
    assert play(refuses())[-2]["delta"] == {
        "stop_reason": "refusal",
        "stop_sequence": None,
        "stop_details": {
            "type": "refusal",
            "category": "cyber",
            "explanation": "I cannot help with that.",
        },
    }


def test_usage_is_as_scripted() -> None:
    usage = Usage(5, 7, cache_creation_input_tokens=3, cache_read_input_tokens=2, thinking_tokens=4)
    sequence = play(says("Hi", usage=usage))
    assert sequence[0]["message"]["usage"]["cache_read_input_tokens"] == 2
    assert sequence[-2]["usage"] == {
        "input_tokens": 5,
        "cache_creation_input_tokens": 3,
        "cache_read_input_tokens": 2,
        "output_tokens": 7,
        "output_tokens_details": {"thinking_tokens": 4},
    }


def test_max_tokens_0_gives_no_answer() -> None:
    sequence = play(says("Hi"), {**BODY, "max_tokens": 0})
    kinds = [event["type"] for event in sequence]
    assert kinds == ["message_start", "message_delta", "message_stop"]


def test_raw_events_are_played_as_they_are() -> None:
    assert play(Reply(events=({"type": "message_stop"},))) == [{"type": "message_stop"}]


def test_the_whole_message_is_the_stream_collected() -> None:
    search = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}
    found = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}
    asked = ({"type": "input_json_delta", "partial_json": '{"query": "x"}'},)
    reply = Reply((RawBlock(search, asked), RawBlock(found), Text("Two words")))
    message = collect(play(reply))
    assert message["content"] == [
        {**search, "input": {"query": "x"}},
        found,
        {"type": "text", "text": "Two words"},
    ]
    assert (message["stop_reason"], message["usage"]["output_tokens"]) == ("end_turn", 3)


def test_a_directive_fails_as_often_as_it_says() -> None:
    directive = play_of({"error": 529, "times": 1}, 0), play_of({"error": 529, "times": 1}, 1)
    assert directive == (Failure(529, message="fake 529"), Reply())


def test_an_unknown_directive_is_told() -> None:
    play = play_of({"txet": "Hi"})  # type: ignore[typeddict-unknown-key]  # the slip is the point
    assert play == Failure(500, message="unknown keys in the directive: txet")


SUM = ServerCall(
    "bash_code_execution",
    {"command": "echo 2"},
    {"type": "bash_code_execution_result", "stdout": "2\n", "stderr": "", "return_code": 0},
)
ASKED = ServerCall("ask", {"q": "x"}, [{"type": "text", "text": "y"}], server="wiki")


def test_a_server_tool_is_called_and_answers_in_the_same_message() -> None:
    message = collect(play(Reply((SUM, Text("Two.")))))
    use, result, text = message["content"]
    assert (use["type"], use["name"], use["input"]) == (
        "server_tool_use",
        "bash_code_execution",
        {"command": "echo 2"},
    )
    assert result["type"] == "bash_code_execution_tool_result"
    assert result["tool_use_id"] == use["id"]
    assert text == {"type": "text", "text": "Two."}
    assert message["stop_reason"] == "end_turn"
    assert message["container"]["id"].startswith("container_")


def test_a_tool_of_an_mcp_server_names_its_server() -> None:
    use, result = collect(play(Reply((ASKED,))))["content"]
    assert (use["type"], use["server_name"], use["input"]) == ("mcp_tool_use", "wiki", {"q": "x"})
    assert (result["type"], result["is_error"]) == ("mcp_tool_result", False)


def test_a_script_can_only_call_server_tools_that_the_request_offers() -> None:
    offer = {"tools": [{"type": "code_execution_20260521", "name": "code_execution"}]}
    servers = {"tools": [{"type": "mcp_toolset", "mcp_server_name": "wiki"}]}
    own = {"tools": [{"name": "code_execution", "input_schema": {"type": "object"}}]}
    assert find_unoffered(Reply((SUM,)), {**BODY, **offer}) is None
    assert find_unoffered(Reply((ASKED,)), {**BODY, **servers}) is None
    for body in (BODY, {**BODY, **servers}, {**BODY, **own}):
        assert find_unoffered(Reply((SUM,)), body) == "bash_code_execution"
    assert find_unoffered(Reply((ASKED,)), {**BODY, **offer}) == "ask"
