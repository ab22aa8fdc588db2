"""Pack thinking and summaries into `encrypted_content`, which clients store and send back.

The Responses API treats it as an opaque string. It is not encrypted here: Claude's thinking has a
signature that shows changes, and a summary has nothing that the client may not read.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

# The prefix distinguishes our strings from OpenAI's encrypted ones, and contains a version.
_MARK = "claude.1."
SUMMARY = "compaction"
"""The type of a block whose `text` is the summary of a conversation."""
_KINDS = {"thinking": ("thinking", "signature"), "redacted_thinking": ("data",), SUMMARY: ("text",)}


def encode_opaque(mark: str, value: Any) -> str:
    """Encode a JSON value for a client to send back; `mark` tells what it is."""
    return mark + base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


def decode_opaque(mark: str, content: object) -> Any:
    """Decode what `encode_opaque` made with this mark; None if it is anything else."""
    if not isinstance(content, str) or not content.startswith(mark):
        return None
    try:
        return json.loads(base64.urlsafe_b64decode(content.removeprefix(mark)))
    except (ValueError, RecursionError):
        return None


def pack_block(block: Mapping[str, Any]) -> str:
    """Encode a thinking block, a redacted one, or a summary."""
    return encode_opaque(_MARK, block)


def unpack_block(content: object) -> dict[str, Any] | None:
    """Decode a block; returns None if another service made the string, or if it is damaged."""
    block = decode_opaque(_MARK, content)
    if not isinstance(block, dict):
        return None
    fields = _KINDS.get(str(block.get("type")))
    if fields is None or not all(isinstance(block.get(name), str) for name in fields):
        return None
    # Other fields are dropped: the string comes from the client and goes to Claude.
    return {name: block[name] for name in ("type", *fields)}
