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

_COMPLETE = ("end_turn", "stop_sequence")
"""Stop reasons after which Claude Code sends no further request by itself."""


class ConversationHash:
    """The key of a request's conversation before its last turn, and the keys after the answer."""

    def __init__(self, settings: Any, messages: Sequence[Message]) -> None:
        """`settings` is all but the messages, as JSON; these are as the frames have them."""
        self._hash = hashlib.sha256()
        self._add(settings)
        for message in messages[:-1]:
            self._add_message(message)
        self.continued = self._hash.hexdigest()
        """The key of the conversation that the last turn continues."""
        self._add_message(messages[-1])

    def get_key_after(self, answer: Sequence[Block]) -> str:
        """Return the key of the conversation with the answer, which the next request continues."""
        extended = self._hash.copy()
        extended.update(_encode_message({"role": "assistant", "content": list(answer)}))
        return extended.hexdigest()

    def _add_message(self, message: Message) -> None:
        self._hash.update(_encode_message(message))

    def _add(self, value: Any) -> None:
        self._hash.update(_encode(value))


def _encode_message(message: Message) -> bytes:
    # The order of a block's own fields depends on who built it; that inside of them is Claude's.
    blocks = [dict(sorted(block.items())) for block in message["content"]]
    return _encode([message["role"], blocks])


def _encode(value: Any) -> bytes:
    # A line cannot be mistaken for a part of the next: JSON has no raw line breaks.
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


class AnswerRecorder:
    """Assembles the blocks of an answer from its events.

    Only texts are assembled. Clients do not send back the thinking of an answer without calls, so a
    new process does not get it, but Claude Code would send it again.
    """

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._pieces: list[str] = []
        """The open text so far."""
        self._stop_reason: str | None = None
        self._is_usual = True

    def feed(self, event: MessageEvent) -> None:
        """Take the next event, as it is relayed."""
        match event["type"]:
            case "content_block_delta":
                self._add_piece(event["delta"])
            case "content_block_start":
                self._begin_block(event["content_block"])
            case "content_block_stop":
                self._texts.append("".join(self._pieces))
            case "message_delta":
                self._stop_reason = event["delta"]["stop_reason"] or self._stop_reason
            case "message_start" | "message_stop" | "ping":
                pass
            case _:
                self._is_usual = False

    def get_answer(self) -> list[Block] | None:
        """Return the blocks; None if Claude Code might have them, or send them, in another form."""
        is_complete = self._stop_reason in _COMPLETE and bool(self._texts)
        if not self._is_usual or not is_complete or not all(map(_is_usual_text, self._texts)):
            return None
        return [{"type": "text", "text": text} for text in self._texts]

    def _begin_block(self, block: Block) -> None:
        fields = {name for name, value in block.items() if value}
        if block["type"] != "text" or not fields <= {"type", "text"}:
            self._is_usual = False
        self._pieces = [str(block.get("text") or "")]

    def _add_piece(self, delta: Mapping[str, Any]) -> None:
        if delta["type"] == "text_delta":
            self._pieces.append(delta["text"])
        else:
            self._is_usual = False


def _is_usual_text(text: str) -> bool:
    # Claude Code leaves out texts that are blank or just this.
    return text.strip() not in ("", "(no content)")
