"""What every answer says of its end, in whichever words it is told: tokens, reason, refusal."""

from __future__ import annotations

from bridge.errors import StreamBroken
from bridge.translate.stream.usage import merge_usage
from bridge.wire.messages import MessageEvent, StopReason, Usage

BROKE_OFF = "Claude's answer broke off before its end."


class MessageEnd:
    """Feed it every event, or those of the message itself; `finish` at the end of input."""

    def __init__(self) -> None:
        self.usage: Usage = {}
        """Upstream's last word on tokens so far; empty before the answer began."""
        self.stop_reason: StopReason | None = None
        self.refusal: str | None = None
        """Why Claude declined, where it did."""
        self._complete = False

    def feed(self, event: MessageEvent) -> None:
        match event["type"]:
            case "message_start":
                self.usage = merge_usage(self.usage, event["message"].get("usage", {}))
            case "message_delta":
                self.usage = merge_usage(self.usage, event["usage"])
                self.stop_reason = event["delta"]["stop_reason"] or self.stop_reason
                if self.stop_reason == "refusal":
                    details = event["delta"].get("stop_details") or {}
                    self.refusal = details.get("explanation") or "Claude declined to answer."
            case "message_stop":
                self._complete = True
            case _:
                pass

    def finish(self) -> None:
        """Raises StreamBroken when the answer had not ended by itself."""
        if not self._complete:
            raise StreamBroken(BROKE_OFF)
