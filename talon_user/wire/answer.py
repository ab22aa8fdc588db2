"""Reads the events of `/v1/responses` and OpenAI's error objects: the text, or the failure."""

import json
from collections.abc import Mapping
from typing import Any, Optional

NOT_WHOLE = {
    "max_output_tokens": "Claude's answer was cut off at its length limit: say “claude continue”.",
    "content_filter": "Claude stopped here: the answer was refused.",
}
CURES = {
    401: "Set user.claude_api_key in your Talon settings to the bridge's key.",
    403: "See “claude doctor”.",
}
OURS = "Look into the bridge's log, or say “claude retry”."


class AnswerFailed(Exception):
    """The answer says it failed; the message is a sentence for the user."""


class Answer:
    """A pure machine: `feed` the data of each event and get the text it adds.

    `complete` is true after the last event, `response_id` is the thread's next link, and `trouble`
    is a sentence when the answer ended before it was whole.
    """

    def __init__(self) -> None:
        """Start before the first event."""
        self.complete = False
        self.response_id = ""
        self.model = ""
        self.trouble: Optional[str] = None
        self._half = ""

    def feed(self, data: str) -> str:
        """Return the text of one event, whitespace and all; raise AnswerFailed."""
        if self.complete or data.strip() == "[DONE]":
            return ""
        event = parsed(data)
        kind = event.get("type")
        if kind == "response.output_text.delta":
            delta = event.get("delta")
            return self._whole_characters(delta) if isinstance(delta, str) else ""
        if kind in ("response.created", "response.completed", "response.incomplete"):
            self._note(_object(event.get("response")))
            self.complete = kind != "response.created"
        elif kind in ("error", "response.failed") or (kind is None and event.get("error")):
            raise AnswerFailed(_failure(event))
        return ""

    def _note(self, response: dict[str, Any]) -> None:
        self.response_id = str(response.get("id") or self.response_id)
        self.model = str(response.get("model") or self.model)
        reason = _object(response.get("incomplete_details")).get("reason")
        if reason is not None:
            self.trouble = NOT_WHOLE.get(str(reason), f"Claude's answer is not whole: {reason}.")

    def _whole_characters(self, text: str) -> str:
        """Join a surrogate pair that JSON escapes split over two events."""
        text, self._half = self._half + text, ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            text, self._half = text[:-1], text[-1]
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def parsed(data: str) -> dict[str, Any]:
    """Return the JSON object of one event; raise AnswerFailed for anything else."""
    try:
        event = json.loads(data)
    except ValueError:
        event = None
    if not isinstance(event, dict):
        raise AnswerFailed(f"The bridge sent something that is no event of an answer. {OURS}")
    return event


def http_error(status: int, body: bytes, headers: Mapping[str, str]) -> str:
    """Return the sentences for an HTTP error: the error object's message, and its cure."""
    try:
        message = message_of(json.loads(body).get("error"))
    except (ValueError, AttributeError):
        message = ""
    said = message or f"The bridge answered with HTTP status {status}."
    return f"{said} {_cure(status, headers)}".strip()


def message_of(error: Any) -> str:
    """Return the message of an error object, or of a plain string."""
    message = error.get("message") if isinstance(error, dict) else error
    return message if isinstance(message, str) else ""


def _cure(status: int, headers: Mapping[str, str]) -> str:
    wait = headers.get("retry-after", "")
    if wait.isascii() and wait.isdigit():
        return f"Wait {wait} s, then say “claude retry”."
    if status >= 500:
        return OURS
    return CURES.get(status, "")


def _failure(event: dict[str, Any]) -> str:
    error = event.get("error") or _object(event.get("response")).get("error")
    return message_of(error) or message_of(event) or f"Claude's answer failed. {OURS}"


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
