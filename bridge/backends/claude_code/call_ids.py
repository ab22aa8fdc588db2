"""Rename tool calls that Claude Code would take for copies of others.

Claude Code numbers the calls of its own batches: to it, `call_0_2` is a part of a batch `call_0`.
If both are in a history, it replaces the result of `call_0_2` by an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from bridge.wire.messages import Block, Message

_NUMBERED = re.compile(r"(?P<batch>.+)_(?P<number>\d+)")


def rename_copies(messages: Sequence[Message]) -> Sequence[Message]:
    """Return the messages with call ids none of which is another one and a number behind it.

    Nearly always the same messages; the same messages always get the same ids.
    """
    renamed = _choose_names({str(block.get("id")): None for block in _list_calls(messages)})
    if not renamed:
        return messages
    return [
        {**turn, "content": [_rename_block(block, renamed) for block in turn["content"]]}
        for turn in messages
    ]


def _list_calls(messages: Sequence[Message]) -> Iterator[Block]:
    for turn in messages:
        yield from (block for block in turn["content"] if block["type"] == "tool_use")


def _choose_names(ids: Mapping[str, None]) -> Mapping[str, str]:
    """Return the new ids, by the ids that need one: `call_0_2` becomes `call_0-2`."""
    renamed: dict[str, str] = {}
    for id in ids:
        numbered = _NUMBERED.fullmatch(id)
        if numbered is None or numbered["batch"] not in ids:
            continue
        name = f"{numbered['batch']}-{numbered['number']}"
        while name in ids or name in renamed.values():
            name += "-"
        renamed[id] = name
    return renamed


def _rename_block(block: Block, renamed: Mapping[str, str]) -> Block:
    field = {"tool_use": "id", "tool_result": "tool_use_id"}.get(block["type"])
    if field is None or block.get(field) not in renamed:
        return block
    return {**block, field: renamed[block[field]]}
