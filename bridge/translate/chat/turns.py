"""Put turns into the order that Anthropic's API requires, and lose nothing on the way.

Adjacent turns of one role are merged, the first turn is the user's, every tool call gets a result
in the next turn, and system turns and images stand only where the API accepts them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from bridge.models.rules import ModelRules
from bridge.translate.chat.computer_toolset import TOOLSET_NAME
from bridge.translate.notices import Notices
from bridge.wire.messages import Block, Message
from bridge.wire.response_items.server_calls import (
    SERVER_PARTS,
    is_server_call,
    is_server_result,
)

BEGIN = "Begin the conversation."
"""The first turn of a conversation that begins with Claude."""

CONTINUE = "Continue."
"""The user message of a conversation that has none."""

_NO_TEXT: Block = {"type": "text", "text": "(see the next message)"}
"""What Claude said with a turn of images alone."""


_IN_USER_TURNS = frozenset({"image", "document"})
_CALL_PARTS = frozenset({"tool_use", "tool_result"})


def fit_turns(turns: list[Message], rules: ModelRules, notices: Notices) -> list[Message]:
    """Return turns that Claude's API accepts. Those that are passed may be changed."""
    turns = place_systems(turns)
    begin_with_user(turns, notices)
    # Most conversations have only text: one look at all blocks tells what is there to do.
    kinds = {block["type"] for turn in turns for block in turn["content"]}
    if not kinds.isdisjoint(_IN_USER_TURNS):
        move_images(turns, notices)
    if not kinds.isdisjoint(SERVER_PARTS):
        pair_server_calls(turns, notices)
    if not kinds.isdisjoint(_CALL_PARTS):
        answer_every_call(turns, notices)
    end_with_user(turns, rules, notices)
    return turns


def append_turn(turns: list[Message], turn: Message) -> None:
    """Add a turn, merging it into the last one if the role is the same, tool results first."""
    if not turn["content"]:
        return
    last = turns[-1] if turns else None
    if last is None or last["role"] != turn["role"]:
        turns.append(turn)
    else:
        # The API requires tool results before any text of their turn.
        last["content"] = results_first([*last["content"], *turn["content"]])


def as_note(turn: Message) -> Message:
    """Convert a system turn to a marked user turn, where Claude accepts no system turn."""
    content = [{**block, "text": f"[system note] {block['text']}"} for block in turn["content"]]
    return {"role": "user", "content": content}


def place_systems(turns: list[Message]) -> list[Message]:
    """Convert system turns in places where the API refuses them to user turns.

    It accepts them only after a user turn, and only before an assistant turn or at the end.
    """
    if "system" not in {turn["role"] for turn in turns}:
        return turns
    placed: list[Message] = []
    for index, turn in enumerate(turns):
        follows_user = bool(placed) and placed[-1]["role"] == "user"
        before_user = index + 1 < len(turns) and turns[index + 1]["role"] == "user"
        stays = turn["role"] != "system" or (follows_user and not before_user)
        append_turn(placed, turn if stays else as_note(turn))
    return placed


def results_first(blocks: Iterable[Block]) -> list[Block]:
    return sorted(blocks, key=lambda block: block["type"] != "tool_result")


def begin_with_user(turns: list[Message], notices: Notices) -> None:
    """Put a user turn before a conversation that begins with Claude, as the API requires."""
    if turns and turns[0]["role"] == "assistant":
        turns.insert(0, {"role": "user", "content": [{"type": "text", "text": BEGIN}]})
        notices.add("messages: the first one is the assistant's; a user message was put before it")


def move_images(turns: list[Message], notices: Notices) -> None:
    """Move images and documents from Claude's turns, where the API refuses them, to the next."""
    for index in range(len(turns) - 1, -1, -1):
        turn = turns[index]
        moved = [block for block in turn["content"] if block["type"] in ("image", "document")]
        if turn["role"] != "assistant" or not moved:
            continue
        rest = [block for block in turn["content"] if block["type"] not in ("image", "document")]
        turn["content"] = rest or [_NO_TEXT]
        if index + 1 == len(turns) or turns[index + 1]["role"] != "user":
            turns.insert(index + 1, {"role": "user", "content": []})
        following = turns[index + 1]
        following["content"] = results_first([*moved, *following["content"]])
        notices.add("messages: the assistant's images and files are in the next user message")


def answer_every_call(turns: list[Message], notices: Notices) -> None:
    """Give every call a result in the next turn, and turn results without a call into text.

    The API refuses both a call without a result and a result without a call.
    """
    index = 0
    open_calls: list[Block] = []
    while index <= len(turns):
        turn = turns[index] if index < len(turns) else None
        if open_calls and (turn is None or turn["role"] != "user"):
            # No turn for the results: one is added, and filled below.
            turns.insert(index, {"role": "user", "content": []})
            turn = turns[index]
        if turn is None:
            return
        if turn["role"] == "user":
            turn["content"] = _match_results(turn["content"], open_calls, notices)
            open_calls = []
        else:
            open_calls = [b for b in turn["content"] if b["type"] == "tool_use"]
        index += 1


def pair_server_calls(turns: list[Message], notices: Notices) -> None:
    """Write calls of server tools without a result, and results without a call, as text.

    The API refuses both. Only the newest turn may lack a result: one comes after the results of the
    client's tools that Claude called beside it.
    """
    claude = [turn for turn in turns if turn["role"] == "assistant"]
    called: set[str] = set()
    answered = {
        block["tool_use_id"]
        for turn in claude
        for block in turn["content"]
        if is_server_result(block)
    }
    for turn in claude:
        waits = turn is claude[-1] and any(b["type"] == "tool_use" for b in turn["content"])
        content: list[Block] = []
        for block in turn["content"]:
            if is_server_call(block):
                complete = waits or block["id"] in answered
                called.add(block["id"])
            else:
                complete = not is_server_result(block) or block["tool_use_id"] in called
            content.append(block if complete else _describe_lone_block(block, notices))
        turn["content"] = content


def _describe_lone_block(block: Block, notices: Notices) -> Block:
    what = "call has no result" if is_server_call(block) else "result belongs to no call"
    notices.add(f"messages: a server tool's {what}; it was sent as text")
    return {
        "type": "text",
        "text": f"[{block['type']}] {json.dumps(block.get('input') or block.get('content'))}",
    }


def _match_results(
    blocks: Sequence[Block], open_calls: Sequence[Block], notices: Notices
) -> list[Block]:
    answered = [block["tool_use_id"] for block in blocks if block["type"] == "tool_result"]
    if answered == [call["id"] for call in open_calls]:
        # Nearly always so; most turns have neither.
        return results_first(blocks) if answered else list(blocks)
    results = _join_results(blocks, notices)
    others = [b for b in blocks if b["type"] != "tool_result"]
    matched = [
        results.get(call["id"]) or _build_missing_result(call, notices) for call in open_calls
    ]
    called = {call["id"] for call in open_calls}
    orphans = (_convert_orphan(b, notices) for call, b in results.items() if call not in called)
    return [*matched, *(block for blocks in orphans for block in blocks), *others]


def _join_results(blocks: Sequence[Block], notices: Notices) -> dict[str, Block]:
    """Return the results by their calls; the API accepts one for each, so several are joined."""
    results: dict[str, Block] = {}
    for block in blocks:
        if block["type"] != "tool_result":
            continue
        id = block["tool_use_id"]
        first = results.get(id)
        if first is None:
            results[id] = block
            continue
        content = [*first.get("content", ()), *block.get("content", ())]
        results[id] = {**first, "content": content} if content else first
        notices.add(f"messages: tool call {id} has several results; they were sent as one")
    return results


def _build_missing_result(call: Block, notices: Notices) -> Block:
    notices.add(f"messages: tool call {call['id']} has no result; an error was sent for it")
    toolset = {"toolset_name": TOOLSET_NAME} if call.get("toolset_name") else {}
    return {
        "type": "tool_result",
        "tool_use_id": call["id"],
        **toolset,
        "content": [{"type": "text", "text": "(no result)"}],
        "is_error": True,
    }


def _convert_orphan(block: Block, notices: Notices) -> list[Block]:
    """Convert a result without a call to text, with its images and files behind it."""
    notices.add(
        f"messages: tool result {block['tool_use_id']} belongs to no call; it was sent as text"
    )
    content = block.get("content", [])
    text = "\n".join(inner.get("text", f"({inner['type']})") for inner in content)
    said: Block = {"type": "text", "text": f"[tool result] {text}"}
    return [said, *(inner for inner in content if inner["type"] != "text")]


def end_with_user(turns: list[Message], rules: ModelRules, notices: Notices) -> None:
    """End the turns with a user turn, unless the model supports prefill."""
    if not turns:
        turns.append({"role": "user", "content": [{"type": "text", "text": CONTINUE}]})
    if turns[-1]["role"] != "assistant":
        return
    if rules.prefill:
        last = turns[-1]["content"][-1]
        if last["type"] == "text":
            # The API refuses a prefill that ends with whitespace.
            turns[-1]["content"][-1] = {**last, "text": last["text"].rstrip()}
        return
    notices.add(
        f"messages: {rules.id} does not support prefill here; it is asked to continue instead"
    )
    prompt = "Continue your last message exactly where it stopped. Do not repeat any of it."
    turns.append({"role": "user", "content": [{"type": "text", "text": prompt}]})
