"""Turn the events of an agent loop into the events of `POST /computer/runs`."""

from __future__ import annotations

from typing import Any

from bridge.agent.events import (
    ActionsDone,
    ApprovalRequested,
    Event,
    LoopEnded,
    PauseChanged,
)
from bridge.translate.stream.usage import merge_usage, sum_usage
from bridge.wire.computer import (
    RunActed,
    RunApproval,
    RunFinished,
    RunPaused,
    RunResumed,
    RunText,
)
from bridge.wire.messages import MessageEvent, Usage


class RunEventConverter:
    """Converter that takes every event of a loop and returns `RunEvent`s as JSON objects."""

    def __init__(self) -> None:
        self._earlier_usage: Usage = {}
        self._turn_usage: Usage = {}
        self._text: list[str] = []
        """Texts of the current turn; those of the last turn are the task's result."""
        self._block = ""
        """The type of the current block; other types than text may have text, too."""
        self.status: str | None = None
        """How the task ended."""

    @property
    def usage(self) -> Usage:
        """Tokens of all turns so far."""
        return sum_usage(self._earlier_usage, self._turn_usage)

    def feed(self, event: Event) -> list[dict[str, Any]]:
        match event:
            case ApprovalRequested(approval):
                request = RunApproval(
                    id=approval.id,
                    what=list(approval.what),
                    risks=list(approval.risks),
                    expires_at=approval.expires_at,
                    digest=approval.digest,
                )
                return [request.model_dump()]
            case ActionsDone(what, failed):
                return [RunActed(what=list(what), failed=failed).model_dump()]
            case PauseChanged(reason):
                change = RunPaused(reason=reason) if reason else RunResumed()
                return [change.model_dump()]
            case LoopEnded():
                return [self._finish(event)]
            case _:
                return self._convert_message_event(event)

    def _finish(self, event: LoopEnded) -> dict[str, Any]:
        self.status = event.status
        text = "".join(self._text).strip() or event.why or ""
        if event.status == "stopped":
            text = event.why or ""
        return RunFinished(status=event.status, text=text, steps=event.steps).model_dump()

    def _convert_message_event(self, event: MessageEvent) -> list[dict[str, Any]]:
        match event["type"]:
            case "message_start":
                self._earlier_usage = sum_usage(self._earlier_usage, self._turn_usage)
                self._turn_usage = event["message"].get("usage", {})
                self._text = []
            case "message_delta":
                self._turn_usage = merge_usage(self._turn_usage, event["usage"])
            case "content_block_start":
                self._block = event["content_block"]["type"]
                if self._block == "text" and self._text:
                    self._text.append("\n\n")
            case "content_block_delta":
                return self._convert_delta(event["delta"])
            case _:
                pass
        return []

    def _convert_delta(self, delta: dict[str, Any]) -> list[dict[str, Any]]:
        match delta["type"]:
            case "text_delta" if self._block == "text":
                self._text.append(delta["text"])
                return [RunText(type="run.text", text=delta["text"]).model_dump()]
            case "thinking_delta" if self._block == "thinking":
                return [RunText(type="run.thinking", text=delta["thinking"]).model_dump()]
            case _:
                return []
