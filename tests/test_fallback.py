"""Steps of the chain of fallbacks: how they are written, and which one is next."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import (
    AccountRefused,
    BridgeError,
    ContextTooLong,
    ExtraUsageNotAgreed,
    InvalidRequest,
    KeyRejected,
    ModelNotFound,
    NotSignedIn,
    Overloaded,
    RateLimited,
    StreamBroken,
    UpstreamSilent,
    list_errors,
)
from bridge.fallback import REASONS, FallbackStep, find_reason, list_next_steps, parse_step

ALL = frozenset(REASONS)


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("claude-code", FallbackStep("claude-code")),
        ("anthropic", FallbackStep("anthropic")),
        ("anthropic:work", FallbackStep("anthropic", key="work")),
        ("claude-code:work", FallbackStep("claude-code", key="work")),
        ("model:claude-haiku-5-5", FallbackStep(model="claude-haiku-5-5")),
        (
            "anthropic:work when limited",
            FallbackStep("anthropic", key="work", reasons=frozenset({"limited"})),
        ),
        (
            "claude-code when overloaded, down",
            FallbackStep("claude-code", reasons=frozenset({"overloaded", "down"})),
        ),
    ],
)
def test_a_step_is_parsed(text: str, step: FallbackStep) -> None:
    assert parse_step(text) == step


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "offline",
            "must be `claude-code`, `claude-code:SIGN-IN`, `anthropic`, `anthropic:KEY` or",
        ),
        ("model:", "must be `claude-code`"),
        ("anthropic: work", "must be `claude-code`"),
        ("anthropic when tired", "reasons behind `when`, of: limited, overloaded, refused-key"),
        ("anthropic when ", "reasons behind `when`"),
    ],
)
def test_a_step_that_is_none_is_refused_with_the_reason(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        parse_step(text)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (RateLimited, "limited"),
        (ExtraUsageNotAgreed, "limited"),
        (Overloaded, "overloaded"),
        (KeyRejected, "refused-key"),
        (NotSignedIn, "refused-key"),
        (AccountRefused, "refused-key"),
        (StreamBroken, "down"),
        (UpstreamSilent, "down"),
        (ModelNotFound, "missing-model"),
        (InvalidRequest, None),
        (ContextTooLong, None),
    ],
)
def test_a_failure_has_a_reason(kind: type[BridgeError], reason: str | None) -> None:
    assert find_reason(kind("No.")) == reason


def test_another_backend_does_not_have_a_model_that_is_missing() -> None:
    chain = [FallbackStep("anthropic"), FallbackStep(model="claude-haiku-5-5")]
    assert list_next_steps(chain, -1, ModelNotFound("No.")) == [(1, chain[1])]


STEPS = st.builds(
    FallbackStep,
    backend=st.sampled_from(["anthropic", "claude-code"]),
    reasons=st.frozensets(st.sampled_from(REASONS)),
)
ERRORS = st.sampled_from(list_errors())


@given(st.lists(STEPS, max_size=6), st.lists(ERRORS, max_size=20))
def test_a_chain_ends_and_each_step_is_for_its_failure(
    chain: list[FallbackStep], kinds: list[type[BridgeError]]
) -> None:
    position, taken = -1, []
    for kind in kinds:
        error = kind("No.")
        following = list_next_steps(chain, position, error)
        if following:
            position, step = following[0]
            assert find_reason(error) in step.reasons
            taken.append(position)
    assert taken == sorted(set(taken))
