"""Reads OpenAI's chat completion chunks and error objects: the text they carry, or the failure."""

import json
from typing import Any, Optional

CUT_OFF = {
    "length": "Claude's answer was cut off at its length limit.",
    "content_filter": "Claude stopped here: the answer was refused.",
}
CURES = {401: " Set user.claude_api_key in your Talon settings to the bridge's key."}


class AnswerFailed(Exception):
    """The answer says it failed; the message is a sentence for the user."""


class Answer:
    """A pure machine: `feed` the data of each event and get the text it adds."""

    def __init__(self) -> None:
        """Start before the first chunk."""
        self.complete = False
        self.finish_reason: Optional[str] = None
        self._half = ""

    def feed(self, data: str) -> str:
        """Return the text of one chunk, whitespace and all."""
        if self.complete:
            return ""
        if data.strip() == "[DONE]":
            self.complete = True
            return ""
        chunk = _parse(data)
        if chunk.get("error"):
            raise AnswerFailed(_message_of(chunk["error"]) or "Claude's answer failed.")
        return "".join(self._text_of(choice) for choice in _objects(chunk.get("choices")))

    def _text_of(self, choice: dict[str, Any]) -> str:
        if choice.get("index", 0) != 0:
            return ""
        self.finish_reason = choice.get("finish_reason") or self.finish_reason
        delta = choice.get("delta")
        content = delta.get("content") if isinstance(delta, dict) else None
        return self._whole_characters(content) if isinstance(content, str) else ""

    def _whole_characters(self, text: str) -> str:
        """Join a surrogate pair that JSON escapes split over two chunks."""
        text, self._half = self._half + text, ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            text, self._half = text[:-1], text[-1]
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def http_error(status: int, body: bytes) -> str:
    """Return the sentence for an HTTP error: the OpenAI error object's message and its cure."""
    try:
        message = _message_of(json.loads(body).get("error"))
    except (ValueError, AttributeError):
        message = ""
    return (message or f"The bridge answered with HTTP status {status}.") + CURES.get(status, "")


def _parse(data: str) -> dict[str, Any]:
    try:
        chunk = json.loads(data)
    except ValueError:
        chunk = None
    if not isinstance(chunk, dict):
        raise AnswerFailed("The bridge sent something that is not a chat completion chunk.")
    return chunk


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _message_of(error: Any) -> str:
    message = error.get("message") if isinstance(error, dict) else error
    return message if isinstance(message, str) else ""
