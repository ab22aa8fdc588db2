"""What is the same whenever a recorded request is played again: its texts in shape, but no ids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.inspect.events import list_client_events
from bridge.inspect.exchange import Exchange
from bridge.inspect.filler import fill_text, fill_value
from bridge.inspect.streamed_keys import replace_split_keys
from bridge.wire.json_bytes import decode_json

_OWN_FIELDS = frozenset(
    """
    id item_id response_id previous_response_id call_id tool_call_id tool_use_id request_id created
    created_at completed_at expires_at background
    obfuscation system_fingerprint encrypted_content
    """.split()  # noqa: SIM905 - one list of words is read more easily
)
"""Fields whose values are new in each answer."""


def fill_shape(value: Any) -> Any:
    """Return JSON with a filler for each text, also for the pieces of arguments."""
    match value:
        # The digest of the client's `user`, which is another one for the filler.
        case {"metadata": {"user_id": str()} as metadata}:
            value = {**value, "metadata": {**metadata, "user_id": "*"}}
    return fill_value(value, whole_json=False)


def list_answer(exchange: Exchange, content: str) -> list[Any]:
    """Return what the client got, event by event, as `shape_answer` makes it."""
    events = [moment.data for moment in list_client_events(exchange)]
    # A keep-alive is a comment.
    answers = [data for data in events if not data.startswith(b":")]
    return [shape_answer(data, content) for data in replace_split_keys(answers)]


def shape_answer(data: bytes, content: str) -> Any:
    """Return one event, or a whole answer, without what is new each time.

    `content`: "filler" replaces the texts, "kept" leaves them.
    """
    try:
        value = decode_json(data)
    except ValueError:
        text = data.decode("utf-8", "replace")
        # The end of a stream.
        return text if content == "kept" or len(text) < 20 else fill_text(text)
    masked = _mask(value)
    return fill_shape(masked) if content == "filler" else masked


def _mask(value: Any) -> Any:
    match value:
        case {"error": {"message": str()} as error}:
            # It may name times and addresses of this machine.
            return {**_mask_fields(value), "error": {**_mask_fields(error), "message": "*"}}
        case dict():
            return _mask_fields(value)
        case list():
            return [_mask(item) for item in value]
        case _:
            return value


def _mask_fields(value: Mapping[Any, Any]) -> dict[str, Any]:
    masked: dict[str, Any] = {}
    for name, item in value.items():
        if name in _OWN_FIELDS and item is not None:
            masked[name] = "*"
        # A tool call of `/v1/messages` may have any value there.
        elif name == "embedding" and isinstance(item, list | str):
            masked[name] = len(item)
        else:
            masked[name] = _mask(item)
    return masked
