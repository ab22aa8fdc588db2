"""The chain of fallbacks: which backend or model answers next, after which failures. Pure."""

# A chain is a list of steps, such as
#
#     fallback = ["claude-code", "anthropic:work when limited", "model:claude-haiku-4-5"]
#
# After a failure the next step that is for its reason is taken, and never an earlier one, so that a
# chain ends. A step for a backend asks for the requested model; a step for a model asks at the
# backend that was asked first.

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from bridge.errors import (
    BillingFailed,
    BridgeError,
    BudgetSpent,
    ExtraUsageNotAgreed,
    Forbidden,
    KeyRejected,
    ModelNotFound,
    NotSignedIn,
    Overloaded,
    RateLimited,
    UpstreamFailed,
    UpstreamTimedOut,
)
from bridge.wire.health import BackendName

Reason = Literal["limited", "overloaded", "refused-key", "down", "missing-model"]
"""Why a step is taken."""
REASONS: tuple[Reason, ...] = get_args(Reason)

_FAILURES: Mapping[Reason, tuple[type[BridgeError], ...]] = {
    "limited": (RateLimited, ExtraUsageNotAgreed, BudgetSpent),
    "overloaded": (Overloaded,),
    "refused-key": (BillingFailed, Forbidden, KeyRejected, NotSignedIn),
    "down": (UpstreamFailed, UpstreamTimedOut),
    "missing-model": (ModelNotFound,),
}
_STEP = re.compile(
    r"(?P<backend>claude-code|anthropic)(?::(?P<key>\S+))?|model:(?P<model>\S+)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class FallbackStep:
    """One step: a backend, perhaps with the name of a key, cloud or sign-in, or a model."""

    backend: BackendName | None = None
    key: str = ""
    model: str = ""
    reasons: frozenset[Reason] = frozenset(REASONS)

    def is_for(self, reason: Reason) -> bool:
        """Return whether the step is taken for a reason; every backend lacks the same models."""
        return reason in self.reasons and (reason != "missing-model" or bool(self.model))


def parse_step(text: str) -> FallbackStep:
    """Parse `claude-code`, `anthropic:NAME` or `model:NAME`, perhaps with `when REASON …`.

    Raises ValueError with the reason, to follow the name of a setting.
    """
    target, _, when = (part.strip() for part in text.partition(" when "))
    found = _STEP.fullmatch(target)
    if found is None:
        raise ValueError(
            f"`{target}` must be `claude-code`, `claude-code:SIGN-IN`, `anthropic`, "
            "`anthropic:KEY` or `model:NAME`"
        )
    words = when.replace(",", " ").split()
    unknown = [word for word in words if word not in REASONS]
    if unknown or (not words and " when" in f" {text}"):
        listed = ", ".join(REASONS)
        raise ValueError(f"`{text}` must have reasons behind `when`, of: {listed}")
    reasons = frozenset(reason for reason in REASONS if not words or reason in words)
    backend: BackendName | None = None
    if found["backend"]:
        backend = "anthropic" if found["backend"].lower() == "anthropic" else "claude-code"
    return FallbackStep(backend, found["key"] or "", found["model"] or "", reasons)


def find_reason(error: BridgeError) -> Reason | None:
    """Return the reason that a failure is; None if another backend or model would not help."""
    return next((reason for reason in REASONS if isinstance(error, _FAILURES[reason])), None)


def list_next_steps(
    chain: Sequence[FallbackStep], position: int, error: BridgeError
) -> list[tuple[int, FallbackStep]]:
    """List the steps behind a position that are for a failure, with their positions."""
    reason = find_reason(error)
    if reason is None:
        return []
    behind = enumerate(chain[position + 1 :], start=position + 1)
    return [(at, step) for at, step in behind if step.is_for(reason)]
