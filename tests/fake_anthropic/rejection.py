"""The refusal of a request, in Anthropic's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Rejection:
    """What the API answers instead; `details` is the error's machine-readable part, if any."""

    status: int
    type: str
    message: str
    details: Mapping[str, Any] | None = None


class Refused(Exception):
    """Carries a rejection out of the checks."""

    def __init__(self, rejection: Rejection) -> None:
        super().__init__(rejection.message)
        self.rejection = rejection


def refuse(message: str, details: Mapping[str, Any] | None = None) -> Refused:
    """A 400, to be raised."""
    return Refused(Rejection(400, "invalid_request_error", message, details))


def need(fact: bool, message: str) -> None:
    """Raises a 400 unless the fact holds."""
    if not fact:
        raise refuse(message)


def need_dict(value: Any, where: str) -> dict[str, Any]:
    """The value as a dictionary, or a 400."""
    if not isinstance(value, dict):
        raise refuse(f"{where}: Input should be a valid dictionary")
    return value


def need_list(value: Any, where: str) -> list[Any]:
    """The value as a list, or a 400."""
    if not isinstance(value, list):
        raise refuse(f"{where}: Input should be a valid list")
    return value


def need_str(value: Any, where: str) -> str:
    """The value as a string, or a 400; a missing one is called so."""
    if not isinstance(value, str):
        what = "Field required" if value is None else "Input should be a valid string"
        raise refuse(f"{where}: {what}")
    return value


def need_one_of(value: Any, allowed: tuple[str, ...], where: str) -> str:
    """The value, one of the words allowed, or a 400 that lists them."""
    if value is None:
        raise refuse(f"{where}: Field required")
    if value not in allowed:
        *most, last = (f"'{word}'" for word in allowed)
        words = f"{', '.join(most)} or {last}" if most else last
        raise refuse(f"{where}: Input should be {words}")
    return str(value)


def need_only(given: dict[str, Any], known: frozenset[str], where: str) -> None:
    """A 400 that names the first field the API does not know."""
    extra = sorted(set(given) - known)
    if extra:
        prefix = f"{where}." if where else ""
        raise refuse(f"{prefix}{extra[0]}: Extra inputs are not permitted")
