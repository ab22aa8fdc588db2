"""Read the events of `/v1/responses` and OpenAI's error objects."""

import json
from collections.abc import Mapping
from typing import Any, Optional

INCOMPLETE = {
    "max_output_tokens": "Claude's answer reached its length limit. Say “claude continue”.",
    "content_filter": "Claude refused to write more of this answer.",
}
HINTS = {
    401: "Set user.claude_api_key in your Talon settings to the bridge's access key.",
    403: "Say “claude doctor” for details.",
}
SERVER_HINT = "Check the bridge's log, or say “claude retry”."


LOST_THREAD = "previous_response_not_found"
"""The code of an error object: the bridge has forgotten the response to continue from."""


class AnswerFailed(Exception):
    """The stream reports an error; the message is a sentence for the user."""


class AnswerReader:
    """Reader of one streamed answer; `feed` takes each event and returns the text it adds.

    `complete` is true after the last event. `response_id` identifies the answer in its thread.
    `problem` is a sentence when the answer ended early.
    """

    def __init__(self) -> None:
        """Start before the first event."""
        self.complete = False
        self.response_id = ""
        self.model = ""
        self.problem: Optional[str] = None
        self._high_surrogate = ""

    def feed(self, data: str) -> str:
        """Return the text of one event, including whitespace; raise AnswerFailed."""
        if self.complete or data.strip() == "[DONE]":
            return ""
        event = parse_event(data)
        kind = event.get("type")
        if kind == "response.output_text.delta":
            delta = event.get("delta")
            return self._join_surrogates(delta) if isinstance(delta, str) else ""
        if kind in ("response.created", "response.completed", "response.incomplete"):
            self._read_response(_as_object(event.get("response")))
            self.complete = kind != "response.created"
        # Errors inside a stream may be a Responses event or OpenAI's bare error object.
        elif kind in ("error", "response.failed") or (kind is None and event.get("error")):
            raise AnswerFailed(_describe_failed_answer(event))
        return ""

    def _read_response(self, response: dict[str, Any]) -> None:
        self.response_id = str(response.get("id") or self.response_id)
        self.model = str(response.get("model") or self.model)
        reason = _as_object(response.get("incomplete_details")).get("reason")
        if reason is not None:
            other = f"Claude's answer is incomplete: {reason}."
            self.problem = INCOMPLETE.get(str(reason), other)

    def _join_surrogates(self, text: str) -> str:
        """Join a surrogate pair that JSON escapes split over two events."""
        text, self._high_surrogate = self._high_surrogate + text, ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            text, self._high_surrogate = text[:-1], text[-1]
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def parse_event(data: str) -> dict[str, Any]:
    """Return the JSON object of one event; raise AnswerFailed for anything else."""
    try:
        event = json.loads(data)
    except ValueError:
        event = None
    if not isinstance(event, dict):
        raise AnswerFailed(f"The bridge sent an invalid event. {SERVER_HINT}")
    return event


def describe_http_error(status: int, body: bytes, headers: Mapping[str, str]) -> str:
    """Return sentences for an HTTP error: the error object's message, and a hint."""
    try:
        message = read_error_message(json.loads(body).get("error"))
    except (ValueError, AttributeError):
        message = ""
    problem = message or f"The bridge returned HTTP status {status}."
    return f"{problem} {_choose_hint(status, headers)}".strip()


def read_error_code(body: bytes) -> str:
    """Return the code of an HTTP error's object, or empty."""
    try:
        code = json.loads(body)["error"]["code"]
    except (ValueError, TypeError, KeyError):
        return ""
    return code if isinstance(code, str) else ""


def read_error_message(error: Any) -> str:
    """Return the message of an error object or of a plain string, or empty."""
    message = error.get("message") if isinstance(error, dict) else error
    return message if isinstance(message, str) else ""


def _choose_hint(status: int, headers: Mapping[str, str]) -> str:
    wait = headers.get("retry-after", "")
    if wait.isascii() and wait.isdigit():
        return f"Wait {wait} s, then say “claude retry”."
    if status >= 500:
        return SERVER_HINT
    return HINTS.get(status, "")


def _describe_failed_answer(event: dict[str, Any]) -> str:
    error = event.get("error") or _as_object(event.get("response")).get("error")
    message = read_error_message(error) or read_error_message(event)
    return message or f"Claude's answer failed. {SERVER_HINT}"


def _as_object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
