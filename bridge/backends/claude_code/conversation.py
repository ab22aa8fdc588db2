"""Which conversation a request continues: keys of conversations, and the answer that was relayed.

Two requests have the same key if Claude Code would be sent the same frames for them, byte for byte:
the same model, extra body and system prompt, and the same messages without their cache markers. A
key is a digest, so that no text of a conversation is stored for it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from bridge.wire.messages import Block, Message, MessageEvent

_FIELDS: Mapping[str, tuple[str, ...]] = {
    "text": ("type", "text"),
    "thinking": ("type", "thinking", "signature"),
    "redacted_thinking": ("type", "data"),
    "tool_use": ("type", "id", "name", "input"),
}
"""The fields of a block that are sent back."""
_IGNORED: Mapping[str, Any] = {"caller": {"type": "direct"}}
"""Fields of a block that say nothing with this value: Claude Code leaves them out."""
_NOTHING = object()
_THINKING = ("thinking", "redacted_thinking")
_PIECES = {
    "text_delta": "text",
    "thinking_delta": "thinking",
    "signature_delta": "signature",
    "input_json_delta": "input",
}
"""The field of a block that a delta adds to."""
_COMPLETE = ("end_turn", "stop_sequence")
"""Stop reasons after which Claude Code sends no request by itself; after `tool_use`, it waits."""


class ConversationHash:
    """The key of a request's conversation before its last turn, and the keys after the answer."""

    def __init__(self, settings: Any, messages: Sequence[Message]) -> None:
        """`settings` is all but the messages, as JSON; these are as the frames have them."""
        self._hash = hashlib.sha256()
        self._hash.update(_encode(settings))
        for message in messages[:-1]:
            self._hash.update(_encode_message(message))
        self.continued = self._hash.hexdigest()
        """The key of the conversation that the last turn continues."""
        self._hash.update(_encode_message(messages[-1]))

    def list_keys_after(self, answer: Sequence[Block], *, thinking_back: bool) -> list[str]:
        """Return the keys of the conversation with the answer, which the next request continues.

        Without `thinking_back`, new processes cannot send thinking back, and requests come without.
        Claude Code sends it all the same, as the API's backend does within tool loops.
        """
        variants = [list(answer)]
        if not thinking_back:
            variants.append([block for block in answer if block["type"] not in _THINKING])
        keys = []
        for blocks in variants:
            extended = self._hash.copy()
            extended.update(_encode_message({"role": "assistant", "content": blocks}))
            keys.append(extended.hexdigest())
        return keys


def _encode_message(message: Message) -> bytes:
    # The order of a block's own fields depends on who built it; that inside of them is Claude's.
    blocks = [
        {name: block[name] for name in sorted(block) if block[name] != _IGNORED.get(name, _NOTHING)}
        for block in message["content"]
    ]
    return _encode([message["role"], blocks])


def _encode(value: Any) -> bytes:
    # A line cannot be mistaken for a part of the next: JSON has no raw line breaks.
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


class AnswerRecorder:
    """Assembles the blocks of an answer from its events."""

    def __init__(self) -> None:
        self._blocks: list[Block] = []
        self._pieces: dict[str, list[str]] = {}
        """Strings of the open block, by field."""
        self._stop_reason: str | None = None
        self._is_usual = True

    def feed(self, event: MessageEvent) -> None:
        """Take the next event, as it is relayed."""
        match event["type"]:
            case "content_block_delta":
                self._add_piece(event["delta"])
            case "content_block_start":
                self._blocks.append(dict(event["content_block"]))
            case "content_block_stop":
                self._close_block(self._blocks[-1])
            case "message_delta":
                self._stop_reason = event["delta"]["stop_reason"] or self._stop_reason
            case "message_start" | "message_stop" | "ping":
                pass
            case _:
                self._is_usual = False

    @property
    def is_final(self) -> bool:
        """Whether its stop reason is one after which Claude Code sends no request by itself."""
        return self._stop_reason in _COMPLETE

    def get_answer(self) -> list[Block] | None:
        """Return the blocks; None if Claude Code might have them, or send them, in another form."""
        if not self._is_usual or not all(map(_is_usual_block, self._blocks)):
            return None
        kinds = {block["type"] for block in self._blocks}
        if self._stop_reason in _COMPLETE:
            # Clients do not send back the thinking of an answer without calls, so a new process
            # does not get it. Claude Code would send it again.
            is_continued = kinds == {"text"}
        else:
            is_continued = self._stop_reason == "tool_use" and "tool_use" in kinds
        if not is_continued:
            return None
        return [{name: block[name] for name in _FIELDS[block["type"]]} for block in self._blocks]

    def _add_piece(self, delta: Mapping[str, Any]) -> None:
        field = _PIECES.get(delta["type"])
        if field is None:
            self._is_usual = False
        else:
            piece = delta["partial_json" if field == "input" else field]
            self._pieces.setdefault(field, []).append(piece)

    def _close_block(self, block: Block) -> None:
        for field, pieces in self._pieces.items():
            if field == "input":
                self._set_input(block, "".join(pieces))
            else:
                block[field] = str(block.get(field) or "") + "".join(pieces)
        self._pieces = {}

    def _set_input(self, block: Block, written: str) -> None:
        if not written:
            return
        try:
            block["input"] = json.loads(written)
        except (ValueError, RecursionError):
            # Claude Code and the client may each make something else of it.
            self._is_usual = False


def _is_usual_block(block: Block) -> bool:
    fields = _FIELDS.get(block["type"], ())
    for name, value in block.items():
        if value and name not in fields and value != _IGNORED.get(name, _NOTHING):
            return False
    match block["type"]:
        case "text":
            # Claude Code leaves out texts that are blank or just this.
            return block["text"].strip() not in ("", "(no content)")
        case "thinking":
            return bool(block.get("signature"))
        case "tool_use":
            return isinstance(block["input"], dict)
        case _:
            return bool(block.get("data"))
