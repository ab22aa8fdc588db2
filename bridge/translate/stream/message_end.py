"""Token counts, stop reason and refusal of an answer, for every output format."""

from __future__ import annotations

from bridge.errors import StreamBroken
from bridge.translate.stream.usage import merge_usage
from bridge.wire.messages import MessageDelta, MessageEvent, StopReason, Usage

BROKE_OFF = "Claude's answer broke off before its end."


def read_container(event: MessageDelta) -> str | None:
    """Return the id of the container in which code ran; None if the event names none."""
    container = event["delta"].get("container")
    id = container.get("id") if isinstance(container, dict) else None
    return id if isinstance(id, str) and id else None


class MessageEnd:
    """A collector of usage, stop reason and refusal, from the events about the message.

    It needs `message_start`, `message_delta` and `message_stop`, and ignores all others. Call
    `finish` at the end of the input.
    """

    def __init__(self) -> None:
        self.usage: Usage = {}
        """Claude's latest token counts; empty before the first event."""
        self.stop_reason: StopReason | None = None
        self.refusal: str | None = None
        """Claude's explanation if it declined to answer."""
        self.container: str | None = None
        """The container in which code ran."""
        self._complete = False

    def feed(self, event: MessageEvent) -> None:
        match event["type"]:
            case "message_start":
                self.usage = merge_usage(self.usage, event["message"].get("usage", {}))
            case "message_delta":
                self.usage = merge_usage(self.usage, event["usage"])
                self.stop_reason = event["delta"]["stop_reason"] or self.stop_reason
                self.container = read_container(event) or self.container
                if self.stop_reason == "refusal":
                    details = event["delta"].get("stop_details") or {}
                    self.refusal = details.get("explanation") or "Claude declined to answer."
            case "message_stop":
                self._complete = True
            case _:
                pass

    def finish(self) -> None:
        """Raise StreamBroken if `message_stop` is missing."""
        if not self._complete:
            raise StreamBroken(BROKE_OFF)
