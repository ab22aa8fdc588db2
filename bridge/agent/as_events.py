"""A run as events of its own, for those who drive it: `/computer/runs`."""

from __future__ import annotations

from typing import Any

from bridge.agent.events import ActionsDone, ApprovalRequested, Event, LoopEnded
from bridge.translate.stream.usage import merge_usage, sum_usage
from bridge.wire.computer import RunActed, RunApproval, RunFinished, RunWords
from bridge.wire.messages import MessageEvent, Usage


class RunEventConverter:
    """Pure: feed it every event of a run; what it gives are the shapes of `RunEvent`."""

    def __init__(self) -> None:
        self._before: Usage = {}
        self._usage: Usage = {}
        self._text: list[str] = []
        self.status: str | None = None
        """How it ended."""

    @property
    def usage(self) -> Usage:
        """Tokens of all turns so far."""
        return sum_usage(self._before, self._usage)

    def feed(self, event: Event) -> list[dict[str, Any]]:
        match event:
            case ApprovalRequested(waiting):
                asked = RunApproval(
                    id=waiting.id,
                    what=list(waiting.what),
                    risks=list(waiting.risks),
                    expires_at=waiting.expires_at,
                )
                return [asked.model_dump()]
            case ActionsDone(what, failed):
                return [RunActed(type="run.acted", what=list(what), failed=failed).model_dump()]
            case LoopEnded():
                return [self._ended(event)]
            case _:
                return self._of_claude(event)

    def _ended(self, event: LoopEnded) -> dict[str, Any]:
        self.status = event.status
        text = "".join(self._text).strip() or event.why or ""
        if event.status == "stopped":
            text = event.why or ""
        return RunFinished(status=event.status, text=text, steps=event.steps).model_dump()

    def _of_claude(self, event: MessageEvent) -> list[dict[str, Any]]:
        match event["type"]:
            case "message_start":
                self._before = sum_usage(self._before, self._usage)
                self._usage = event["message"].get("usage", {})
                self._text = []
            case "message_delta":
                self._usage = merge_usage(self._usage, event["usage"])
            case "content_block_start" if event["content_block"]["type"] == "text":
                if self._text:
                    self._text.append("\n\n")
            case "content_block_delta":
                return self._words(event["delta"])
            case _:
                pass
        return []

    def _words(self, delta: dict[str, Any]) -> list[dict[str, Any]]:
        match delta["type"]:
            case "text_delta":
                self._text.append(delta["text"])
                return [RunWords(type="run.text", text=delta["text"]).model_dump()]
            case "thinking_delta":
                return [RunWords(type="run.thinking", text=delta["thinking"]).model_dump()]
            case _:
                return []
