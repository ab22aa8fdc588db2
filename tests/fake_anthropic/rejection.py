"""Refusals of requests, with Anthropic's messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Rejection:
    """The error that the API returns; `details` is its machine-readable part, if any."""

    status: int
    type: str
    message: str
    details: Mapping[str, Any] | None = None


class Refused(Exception):
    """Raised by the checks to reject a request."""

    def __init__(self, rejection: Rejection) -> None:
        super().__init__(rejection.message)
        self.rejection = rejection


def refuse(message: str, details: Mapping[str, Any] | None = None) -> Refused:
    """Build a 400 to raise."""
    return Refused(Rejection(400, "invalid_request_error", message, details))


def need(fact: bool, message: str) -> None:
    """Raise a 400 unless `fact` is true."""
    if not fact:
        raise refuse(message)


def need_dict(value: Any, where: str) -> dict[str, Any]:
    """Return the value if it is a dictionary, else raise a 400."""
    if not isinstance(value, dict):
        raise refuse(f"{where}: Input should be a valid dictionary")
    return value


def need_list(value: Any, where: str) -> list[Any]:
    """Return the value if it is a list, else raise a 400."""
    if not isinstance(value, list):
        raise refuse(f"{where}: Input should be a valid list")
    return value


def need_str(value: Any, where: str) -> str:
    """Return the value if it is a string, else raise a 400, which says if it is missing."""
    if not isinstance(value, str):
        what = "Field required" if value is None else "Input should be a valid string"
        raise refuse(f"{where}: {what}")
    return value


def need_one_of(value: Any, allowed: tuple[str, ...], where: str) -> str:
    """Return the value if it is allowed, else raise a 400 that lists the allowed values."""
    if value is None:
        raise refuse(f"{where}: Field required")
    if value not in allowed:
        *most, last = (f"'{word}'" for word in allowed)
        words = f"{', '.join(most)} or {last}" if most else last
        raise refuse(f"{where}: Input should be {words}")
    return str(value)


def need_only(given: dict[str, Any], known: frozenset[str], where: str) -> None:
    """Raise a 400 that names the first unknown field, if there is one."""
    extra = sorted(set(given) - known)
    if extra:
        prefix = f"{where}." if where else ""
        raise refuse(f"{prefix}{extra[0]}: Extra inputs are not permitted")
