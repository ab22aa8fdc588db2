"""The sequence of messages: whose turn it is, and which result answers which call."""

from __future__ import annotations

from typing import Any

from tests.fake_anthropic.checks.binding import blocks_of
from tests.fake_anthropic.checks.blocks import SERVER_RESULTS, Found, check_block
from tests.fake_anthropic.rejection import (
    need,
    need_dict,
    need_list,
    need_one_of,
    need_only,
    refuse,
)
from tests.fake_anthropic.rules import Rules

Message = dict[str, Any]
_MOST_MESSAGES = 100_000


def check_messages(messages: Any, model: Rules, found: Found) -> None:
    """Each message by itself, then their order."""
    messages = need_list(messages, "messages")
    need(bool(messages), "messages: at least one message is required")
    need(len(messages) <= _MOST_MESSAGES, "messages: too many messages")
    need(
        need_dict(messages[0], "messages.0").get("role") != "assistant",
        'messages: first message must use the "user" role',
    )
    last = len(messages) - 1
    for index, message in enumerate(messages):
        _check_message(message, f"messages.{index}", found, is_last=index == last)
    for index, message in enumerate(messages):
        if message["role"] == "system":
            _check_mid_system(messages, index, model)
    _check_calls(messages)
    _check_server_calls(messages)
    if messages[-1]["role"] == "assistant":
        _check_prefill(messages[-1], model)


def _check_message(message: Any, where: str, found: Found, *, is_last: bool) -> None:
    message = need_dict(message, where)
    role = need_one_of(message.get("role"), ("user", "assistant", "system"), f"{where}.role")
    need_only(message, frozenset({"role", "content"}), where)
    need("content" in message, f"{where}.content: Field required")
    content = message["content"]
    if content in ("", []):
        need(
            is_last and role == "assistant",
            f"{where}: all messages must have non-empty content except for the optional final "
            "assistant message",
        )
    if isinstance(content, str):
        need(
            not content or bool(content.strip()),
            "messages: text content blocks must contain non-whitespace text",
        )
        return
    for index, block in enumerate(need_list(content, f"{where}.content")):
        check_block(block, f"{where}.content.{index}", role, found)


def _check_mid_system(messages: list[Message], index: int, model: Rules) -> None:
    where = f"messages.{index}"
    need(model.mid_system, f"{where}.role: `system` is not supported on this model.")
    need(index > 0, f"{where}: a system message cannot be the first; use the `system` parameter")
    after = messages[index + 1]["role"] if index + 1 < len(messages) else "assistant"
    need(
        messages[index - 1]["role"] != "assistant" and after != "user",
        f"{where}: a system message must follow a user message and be the last or be followed by "
        "an assistant message",
    )


def _check_prefill(message: Message, model: Rules) -> None:
    blocks = blocks_of(message)
    if any(block["type"] == "server_tool_use" for block in blocks):
        return  # a paused turn, sent back to go on
    need(
        model.prefill,
        "This model does not support assistant message prefill. The conversation must end with "
        "a user message.",
    )
    text = blocks[-1].get("text", "") if blocks else ""
    need(
        text == text.rstrip(),
        "messages: final assistant content cannot end with trailing whitespace",
    )


def _check_calls(messages: list[Message]) -> None:
    """Each call has its result at the head of the next user message, and no result is an orphan."""
    calls: list[dict[str, Any]] = []
    before = 0
    for index, role, blocks in _turns(messages):
        results = [block for block in blocks if block["type"] == "tool_result"]
        if role == "user":
            _check_results(index, blocks, results, {call["id"]: call for call in calls})
        _check_answered(before, calls, results)
        calls = [block for block in blocks if block["type"] == "tool_use"]
        # In one turn only: recorded requests use an id again in a later one.
        ids = [call["id"] for call in calls]
        need(len(set(ids)) == len(ids), f"messages.{index}: `tool_use` ids must be unique")
        before = index
    _check_answered(before, calls, [])


def _check_answered(index: int, calls: list[Message], results: list[Message]) -> None:
    missing = sorted({call["id"] for call in calls} - {r["tool_use_id"] for r in results})
    need(
        not missing,
        f"messages.{index}: `tool_use` ids were found without `tool_result` blocks immediately "
        f"after: {', '.join(missing)}. Each `tool_use` block must have a corresponding "
        "`tool_result` block in the next message.",
    )


def _check_results(
    index: int, blocks: list[Message], results: list[Message], calls: dict[str, Message]
) -> None:
    given: set[str] = set()
    for position, result in enumerate(results):
        id = result["tool_use_id"]
        where = f"messages.{index}.content.{position}"
        need(
            id in calls,
            f"{where}: unexpected `tool_use_id` found in `tool_result` blocks: {id}. Each "
            "`tool_result` block must have a corresponding `tool_use` block in the previous "
            "message.",
        )
        need(
            id not in given,
            f"{where}: each tool_use must have a single result. Found multiple `tool_result` "
            f"blocks with id: {id}",
        )
        need(
            result.get("toolset_name") == calls[id].get("toolset_name"),
            f"{where}.tool_result.toolset_name: must equal the `tool_use` block's toolset_name",
        )
        given.add(id)
    need(
        all(block["type"] == "tool_result" for block in blocks[: len(results)]),
        f"messages.{index}: `tool_result` blocks must come first in the user message",
    )


def _check_server_calls(messages: list[Message]) -> None:
    """Each result of a server tool follows its call.

    Only the newest turn, or one that also calls the client's tools, may lack a result.
    """
    calls: dict[str, str] = {}
    last = ""
    for index, role, blocks in _turns(messages):
        if role != "assistant":
            continue
        _check_no_open_call(calls, last)
        for position, block in enumerate(blocks):
            kind = block["type"]
            if kind in ("server_tool_use", "mcp_tool_use"):
                calls[block["id"]] = f"messages.{index}: `{block['name']}`"
            elif kind in SERVER_RESULTS:
                id = block["tool_use_id"]
                need(
                    calls.pop(id, None) is not None,
                    f"messages.{index}.content.{position}: unexpected `tool_use_id` found in "
                    f"`{kind}` blocks: {id}. Each `{kind}` block must have a corresponding "
                    "`server_tool_use` block before it.",
                )
        waits = any(block["type"] == "tool_use" for block in blocks)
        last = "" if waits else f"messages.{index}"


def _check_no_open_call(calls: dict[str, str], last: str) -> None:
    if last:
        for id, where in calls.items():
            raise refuse(
                f"{where} tool use with id `{id}` was found without a corresponding result"
            )


def _turns(messages: list[Message]) -> list[tuple[int, str, list[dict[str, Any]]]]:
    """Consecutive messages of one role as one turn, with its first message's index."""
    turns: list[tuple[int, str, list[dict[str, Any]]]] = []
    for index, message in enumerate(messages):
        if message["role"] == "system":
            continue
        if turns and turns[-1][1] == message["role"]:
            turns[-1][2].extend(blocks_of(message))
        else:
            turns.append((index, message["role"], blocks_of(message)))
    return turns
