"""What a client only keeps and gives back, as one opaque string: thinking, and summaries.

The Responses API hands both to clients as `encrypted_content`; thinking has a signature already.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

_MARK = "claude.1."
SUMMARY = "compaction"
"""The type of a block whose `text` stands for a conversation."""
_KINDS = {"thinking": ("thinking", "signature"), "redacted_thinking": ("data",), SUMMARY: ("text",)}


def pack_block(block: Mapping[str, Any]) -> str:
    """A thinking block, a redacted one, or a summary, as `encrypted_content`."""
    return _MARK + base64.urlsafe_b64encode(json.dumps(block).encode()).decode()


def unpack_block(content: object) -> dict[str, Any] | None:
    """The block; None for what another service has encrypted, or what was changed."""
    if not isinstance(content, str) or not content.startswith(_MARK):
        return None
    try:
        block = json.loads(base64.urlsafe_b64decode(content.removeprefix(_MARK)))
    except (ValueError, binascii.Error):
        return None
    if not isinstance(block, dict):
        return None
    fields = _KINDS.get(str(block.get("type")))
    whole = fields is not None and all(isinstance(block.get(name), str) for name in fields)
    return {name: block[name] for name in ("type", *(fields or ()))} if whole else None
