"""Tell Claude who speaks, where several speakers have one role: its API has no `name`."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.translate.notices import Notices
from bridge.wire.chat import AssistantMessage, ChatMessage, SystemMessage, UserMessage
from bridge.wire.messages import Block

_SILENT = ("thinking", "redacted_thinking", "tool_result")


class Speakers:
    """The speakers of a conversation, by their roles."""

    def __init__(self, messages: Sequence[ChatMessage], notices: Notices) -> None:
        self._shared: set[str] = set()
        """Roles with more than one speaker; one without a name counts, too."""
        # By the role: `isinstance` is slow for a model that is of another class.
        named = [m for m in messages if m.role != "tool" and m.role != "function" and m.name]
        if not named:
            return
        names: dict[str, set[str | None]] = {}
        for message in messages:
            if isinstance(message, UserMessage | AssistantMessage):
                names.setdefault(message.role, set()).add(message.name or None)
            elif isinstance(message, SystemMessage) and message.name:
                notices.add("messages.name ignored on system messages: Claude's API has no names")
        for role, found in names.items():
            if len(found) > 1:
                self._shared.add(role)
            elif found != {None}:
                notices.add(f"messages.name ignored: the {role} messages have one speaker")

    @property
    def has_several(self) -> bool:
        """Whether `name_speaker` has anything to do."""
        return bool(self._shared)

    def name_speaker(self, message: ChatMessage, content: list[Block]) -> list[Block]:
        """Put the speaker's name before what they say or send, behind tool results and thinking."""
        if not self._shared or not isinstance(message, UserMessage | AssistantMessage):
            return content
        if message.role not in self._shared or not message.name or not content:
            return content
        at = next((i for i, block in enumerate(content) if block["type"] == "text"), None)
        if at is not None:
            said: Block = {**content[at], "text": f"{message.name}: {content[at]['text']}"}
            return [*content[:at], said, *content[at + 1 :]]
        at = next((i for i, block in enumerate(content) if block["type"] not in _SILENT), None)
        if at is None:
            return content
        # Images, files or calls alone: the name is all that is said.
        return [*content[:at], {"type": "text", "text": f"{message.name}:"}, *content[at:]]
