"""What reached upstream, without what Claude Code adds."""

from __future__ import annotations

import json
from typing import Any

OWN_SYSTEM_BLOCKS = 2
"""Claude Code says who it is before the client's own system prompt."""
NOTES = ("# Environment", "<system-reminder>\n")
"""How the notes on its environment begin."""


def without_own(body: dict[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = unmarked(body)
    system = plain.pop("system", [])
    if system and system[0]["text"].startswith("x-anthropic-billing-header"):
        system = system[OWN_SYSTEM_BLOCKS:]
    messages = [without_note(message) for message in plain["messages"]]
    for chosen in ("metadata", "stream"):
        plain.pop(chosen, None)
    if plain.get("tools") == []:
        del plain["tools"]
    return {**plain, "system": system, "messages": [m for m in messages if m["content"]]}


def without_device(body: dict[str, Any]) -> dict[str, Any]:
    """Leave out the device's id, which may change in a new home.

    Each process of Claude Code makes one up while there is none in the file of settings, and reads
    that file again later: another process may have been the last to write it.
    """
    user = json.loads(body["metadata"]["user_id"])
    return {**body, "metadata": {name: user[name] for name in user if name != "device_id"}}


def unmarked(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: unmarked(v) for k, v in value.items() if k != "cache_control"}
    return [unmarked(part) for part in value] if isinstance(value, list) else value


def without_note(message: dict[str, Any]) -> dict[str, Any]:
    """Without the notes on its environment that Claude Code puts beside the user's words."""
    return {"role": message["role"], "content": _without_notes(message["content"])}


def _without_notes(content: Any) -> list[dict[str, Any]]:
    """On older models they may stand inside a tool result, behind a line break."""
    if isinstance(content, str):
        content = [{"type": "text", "text": content}]
    kept = [block for block in content if not str(block.get("text", "")).startswith(NOTES)]
    if len(kept) < len(content) and kept and kept[-1].get("text", "").endswith("\n"):
        kept[-1] = {**kept[-1], "text": kept[-1]["text"][:-1]}
    return [_result_without_notes(block) for block in kept]


def _result_without_notes(block: dict[str, Any]) -> dict[str, Any]:
    if block["type"] != "tool_result" or "content" not in block:
        return block
    content = _without_notes(block["content"])
    bare = {name: value for name, value in block.items() if name != "content"}
    return {**bare, "content": content} if content else bare
