"""Where a request to Claude first differs from the one before it, which decides what is cached.

Claude's cache has prefixes: the tools, then the system prompt, then the messages. What follows the
first different byte is computed again. Cache markers are no part of a prefix.
https://platform.claude.com/docs/en/build-with-claude/prompt-caching
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bridge.inspect.exchange import Exchange
from bridge.wire.json_bytes import decode_json, encode_json

_QUOTE = 40
_SETTINGS = ("thinking", "tool_choice", "output_config")
"""Fields outside of the prefix whose change drops cached messages."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What has changed, in words, and how much of the earlier request is still a prefix."""

    words: str
    same_bytes: int
    earlier_bytes: int


@dataclass(frozen=True, slots=True)
class _Part:
    """A tool, a block of the system prompt or a block of a message, encoded."""

    section: str
    label: str
    data: bytes


def find_previous(earlier: Sequence[Exchange], exchange: Exchange) -> Exchange | None:
    """Return the last request of the same conversation, of those that came before.

    It has the same client and begins with the same message.
    """
    first = find_first_message(exchange)
    if first is None:
        return None
    for candidate in reversed(earlier):
        is_same_client = (
            candidate.request.client == exchange.request.client
            and candidate.request.key == exchange.request.key
        )
        if is_same_client and find_first_message(candidate) == first:
            return candidate
    return None


def describe_change(previous: Exchange, exchange: Exchange) -> Difference:
    """Compare the last request of one exchange with the first of another; both must have one."""
    return compare_requests(
        decode_json(previous.calls[-1].body), decode_json(exchange.calls[0].body)
    )


def compare_requests(before: Mapping[str, Any], after: Mapping[str, Any]) -> Difference:
    """Return the first difference of two request bodies."""
    old, new = list(_list_parts(before)), list(_list_parts(after))
    size = sum(len(part.data) for part in old)
    if before.get("model") != after.get("model"):
        words = f"model changed: {after.get('model')} instead of {before.get('model')}"
        return Difference(f"{words}; each model has a cache of its own", 0, size)
    same = 0
    for index, part in enumerate(old):
        if index >= len(new) or new[index] != part:
            other = new[index] if index < len(new) else None
            return _describe_first(before, after, part, other, same, size)
        same += len(part.data)
    added = len(new) - len(old)
    changed = [name for name in _SETTINGS if before.get(name) != after.get(name)]
    if changed:
        words = f"{' and '.join(changed)} changed, which drops cached messages"
        return Difference(words, same, size)
    words = f"{_count_parts(added, 'block')} added at the end" if added else "the same request"
    return Difference(f"nothing changed before: {words}", same, size)


def _describe_first(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    part: _Part,
    other: _Part | None,
    same: int,
    size: int,
) -> Difference:
    """Describe the first part that differs; `other` stands in its place."""
    if part.section == "tools" or (other is not None and other.section == "tools"):
        names = _list_names(before), _list_names(after)
        if (words := _describe_tools(*names)) is not None:
            return Difference(f"tools changed: {words}", same, size)
    if other is None or other.section != part.section:
        return Difference(f"{part.label} is gone", same, size)
    at = _find_first(part.data, other.data)
    quotes = f"“{_quote(part.data, at)}” became “{_quote(other.data, at)}”"
    label = part.label if part.label == other.label else f"{part.label} (now {other.label})"
    return Difference(f"{label} changed at byte {at}: {quotes}", same + at, size)


def _describe_tools(before: list[str], after: list[str]) -> str | None:
    """Describe tools that came, went or moved; None if only their content differs."""
    added = [f"`{name}` was added" for name in after if name not in before]
    gone = [f"`{name}` was removed" for name in before if name not in after]
    if added or gone:
        return ", ".join([*added, *gone])
    if before != after:
        pairs = enumerate(zip(before, after, strict=False))
        at = next((i for i, pair in pairs if len({*pair}) > 1), None)
        if at is None:
            return f"{len(after)} in the place of {len(before)}"
        return f"the order changed: `{after[at]}` is in the place of `{before[at]}`"
    return None


def _list_parts(body: Mapping[str, Any]) -> Iterator[_Part]:
    for tool in body.get("tools") or ():
        yield _Part("tools", f"the tool `{_name(tool)}`", _encode(tool))
    for number, block in enumerate(body.get("system") or (), 1):
        yield _Part("system", f"block {number} of the system prompt", _encode(block))
    for number, message in enumerate(body.get("messages") or (), 1):
        role = message.get("role")
        for block in message.get("content") or ():
            data = f"{role}:".encode() + _encode(block)
            yield _Part("messages", f"message {number} ({role})", data)


def _encode(block: Any) -> bytes:
    if isinstance(block, dict) and "cache_control" in block:
        block = {name: value for name, value in block.items() if name != "cache_control"}
    return encode_json(block)


def _list_names(body: Mapping[str, Any]) -> list[str]:
    return [_name(tool) for tool in body.get("tools") or ()]


def _name(tool: Mapping[str, Any]) -> str:
    return str(tool.get("name") or tool.get("type"))


def _find_first(one: bytes, other: bytes) -> int:
    """Return the index of the first byte that differs; the shorter one's length if it begins so."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _quote(data: bytes, at: int) -> str:
    text = data[at : at + _QUOTE].decode("utf-8", "replace")
    return text + ("…" if len(data) > at + _QUOTE else "")


def _count_parts(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def find_first_message(exchange: Exchange) -> bytes | None:
    """Return the first message of the first call, encoded; None without one."""
    if not exchange.calls or not exchange.calls[0].body:
        return None
    messages = decode_json(exchange.calls[0].body).get("messages")
    if not messages:
        return None
    return b"".join(_encode(block) for block in messages[0].get("content") or ())
