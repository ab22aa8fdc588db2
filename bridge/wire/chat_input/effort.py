"""How much Claude thinks, in OpenAI's words."""

from __future__ import annotations

from typing import Literal

ReasoningEffort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
"""`reasoning_effort`; `none` is without thinking."""
