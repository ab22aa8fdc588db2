"""The catalogue of failures: complete, unique and consistent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import bridge.errors
from bridge.errors import (
    BridgeError,
    KeyRejected,
    NotSignedIn,
    Overloaded,
    UpstreamFailed,
    UpstreamTimedOut,
    error_for_status,
    list_errors,
)


def walk_errors(kind: type[BridgeError] = BridgeError) -> Iterator[type[BridgeError]]:
    for child in kind.__subclasses__():
        if child.__module__.startswith("bridge."):
            yield child
            yield from walk_errors(child)


ALL = list(walk_errors())


def test_there_are_many_errors() -> None:
    assert len(ALL) > 30


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_each_error_says_what_happened_and_what_to_do(kind: type[BridgeError]) -> None:
    assert 400 <= kind.status < 600
    assert kind.outcome.isidentifier()
    assert kind.summary.endswith(".")
    assert kind.hint.endswith(".")
    assert kind("words").status == kind.status
    assert kind.__name__ in bridge.errors.__all__


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_each_error_has_an_anthropic_type_from_its_api(kind: type[BridgeError]) -> None:
    # https://platform.claude.com/docs/en/api/errors
    assert kind.anthropic_type in {
        "api_error",
        "authentication_error",
        "billing_error",
        "invalid_request_error",
        "not_found_error",
        "overloaded_error",
        "permission_error",
        "rate_limit_error",
        "request_too_large",
        "timeout_error",
    }


def test_no_two_errors_declare_the_same_code() -> None:
    codes = [kind.code for kind in ALL if "code" in vars(kind)]
    assert len(codes) == len(set(codes))


def test_the_list_has_each_outcome_once() -> None:
    outcomes = [kind.outcome for kind in list_errors()]
    assert len(outcomes) == len(set(outcomes))
    assert set(outcomes) == {kind.outcome for kind in ALL}


def test_an_error_without_a_hint_cannot_be_defined() -> None:
    with pytest.raises(TypeError, match="Mute has no hint"):
        type("Mute", (UpstreamFailed,), {"code": "mute", "summary": "Nothing."})


def test_an_error_without_a_status_cannot_be_defined() -> None:
    with pytest.raises(TypeError, match="Bare has no status and no type"):
        type("Bare", (BridgeError,), {})


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, KeyRejected),
        (408, UpstreamTimedOut),
        (503, Overloaded),
        (529, Overloaded),
        (418, UpstreamFailed),
    ],
)
def test_an_upstream_status_has_its_error(status: int, kind: type[BridgeError]) -> None:
    assert error_for_status(status) is kind


def test_an_upstream_can_override_a_status() -> None:
    assert error_for_status(401, {401: NotSignedIn}) is NotSignedIn
