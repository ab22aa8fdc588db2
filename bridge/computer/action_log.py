"""The action log: one JSON line per action, readable by the user only."""

from __future__ import annotations

import base64
import io
import json
import logging
import os
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.computer.actions import (
    Action,
    FindElement,
    HoldKey,
    Key,
    ListElements,
    ListWindows,
    ReadText,
    SetValue,
    Type,
    read_action,
)
from bridge.computer.batch import Outcome
from bridge.computer.effects import type_text
from bridge.computer.matching.windows import has_title_word
from bridge.computer.rules.shipped import PASSWORD, PASSWORD_TITLES
from bridge.computer.screen.geometry import Rect, Size, View
from bridge.errors import BridgeError, SettingsError
from bridge.private_files import read_file
from bridge.private_modes import create_folder, open_private

_log = logging.getLogger(__name__)

MAX_BYTES = 20 * 1024 * 1024
"""A log larger than this is renamed to `.1`, replacing the previous `.1`."""

# Of all logs of this process: an action must not be written while older ones are deleted.
_writing = threading.Lock()

_READING = (FindElement, ListElements, ListWindows, ReadText)
_THUMBNAIL = (320, 320)
_TYPING = {
    Type.member: "text",
    Key.member: "text",
    HoldKey.member: "text",
    SetValue.member: "value",
}
"""Actions that type, and their field with what is typed."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An action to log: what, where and when, who requested it and who approved it."""

    at: float
    """Unix seconds."""
    asked_by: str
    approved_by: str
    view: View
    outcome: Outcome

    def to_row(self, *, thumbnails: bool) -> dict[str, Any]:
        """Return the line as a dict; text that may be a password becomes its length."""
        outcome, view = self.outcome, self.view
        window = outcome.window
        row: dict[str, Any] = {
            "at": round(self.at, 3),
            "asked_by": self.asked_by,
            "approved_by": self.approved_by,
            "what": outcome.what,
            "action": {"action": outcome.action.member, **outcome.action.model_dump()},
            "window": window and {"title": window.title, "program": window.program},
            "screen": [view.area.left, view.area.top, view.area.width, view.area.height],
            "picture": list(view.picture),
            "risks": list(outcome.risks),
            "done": not outcome.failed,
            "result": _summarize_result(outcome),
        }
        reason = _find_secret(outcome)
        if reason is not None:
            count = len(type_text(outcome.action))
            member = outcome.action.member
            row["what"] = f"Type {count} characters (left out: {reason})"
            row["action"] = {"action": member, _TYPING[member]: None, "characters": count}
        if thumbnails and outcome.picture is not None:
            row["thumbnail"] = _make_thumbnail(outcome.picture.data)
        return row


@dataclass(frozen=True, slots=True)
class Step:
    """An action read back from a log."""

    at: float
    what: str
    action: Action | None
    """None if its text was not logged."""
    picture: Size
    screen: Rect
    done: bool


def _summarize_result(outcome: Outcome) -> str:
    """Return the result, but of what was read from the screen only the size."""
    if outcome.failed or not isinstance(outcome.action, _READING):
        return outcome.text
    return f"({len(outcome.text):,} characters)"


def _find_secret(outcome: Outcome) -> str | None:
    """Return why the text that an action types is not logged; None if it is."""
    if outcome.action.member not in _TYPING or not type_text(outcome.action):
        return None
    window = outcome.window
    # The user's own rules may have no such risk.
    if outcome.element is not None and outcome.element.is_password:
        return PASSWORD
    if PASSWORD in outcome.risks or (window and has_title_word(PASSWORD_TITLES, window)):
        return PASSWORD
    # Refused for a window on the never list, or left over behind a failed action: the text may be
    # a password for a window that is no longer in front.
    return "its window is unknown" if outcome.failed and window is None else None


class ActionLog:
    """Writer of a log file with mode 0600; used by one thread at a time."""

    def __init__(self, path: Path, *, thumbnails: bool = False) -> None:
        self._path = path
        self._thumbnails = thumbnails
        self._is_failing = False

    def write(self, entry: Entry) -> None:
        """Append a line; a failure is logged, as what was done must still be reported."""
        try:
            self._append(entry)
            self._is_failing = False
        except OSError as error:
            if not self._is_failing:
                _log.warning(
                    "%s cannot be written: %s. Actions are missing from it.", self._path, error
                )
            self._is_failing = True

    def _append(self, entry: Entry) -> None:
        # One write for the whole line, so that a crash cannot leave half of it.
        row = entry.to_row(thumbnails=self._thumbnails)
        line = json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n"
        with _writing:
            self._append_line(line)

    def _append_line(self, line: str) -> None:
        create_folder(self._path.parent)
        if self._path.exists() and self._path.stat().st_size > MAX_BYTES:
            self._path.replace(_find_older(self._path))
        # Mode 0600, as the log shows what was typed and into which window.
        handle = open_private(self._path, os.O_WRONLY | os.O_APPEND)
        with os.fdopen(handle, "ab") as file:
            file.write(line.encode("utf-8", "replace"))


def delete_actions(path: Path, before: float | None = None) -> int:
    """Delete the actions before a Unix time, or all; return how many. Raises OSError."""
    count = 0
    with _writing:
        for file in (path, _find_older(path)):
            if file.exists():
                lines = read_file(file).splitlines(keepends=True)
                later = (
                    [] if before is None else [line for line in lines if _is_after(line, before)]
                )
                count += len(lines) - len(later)
                _replace_lines(file, later)
    return count


def _find_older(path: Path) -> Path:
    return path.with_name(path.name + ".1")


def _is_after(line: bytes, before: float) -> bool:
    try:
        return float(json.loads(line)["at"]) >= before
    # A damaged line has no time; it must not outlive the wish to delete it.
    except (ValueError, KeyError, TypeError, RecursionError):
        return False


def _replace_lines(file: Path, lines: list[bytes]) -> None:
    if not lines:
        file.unlink()
        return
    new = file.with_name(file.name + ".new")
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as writer:
        writer.writelines(lines)
    new.replace(file)


def read_log(path: Path) -> Iterator[Step]:
    """Read a log in order. Raises SettingsError for an invalid line."""
    try:
        lines = read_file(path).decode("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from error
    for number, line in enumerate(lines, start=1):
        try:
            yield _parse_step(json.loads(line))
        except (ValueError, KeyError, TypeError, BridgeError) as error:
            raise SettingsError(f"{path}: line {number} is not a line of an action log") from error


def _parse_step(row: Mapping[str, Any]) -> Step:
    fields = dict(row["action"])
    member = fields.pop("action")
    left_out = member in _TYPING and fields.get(_TYPING[member]) is None
    return Step(
        at=float(row["at"]),
        what=str(row["what"]),
        action=None if left_out else read_action(member, fields),
        picture=Size(*row["picture"]),
        screen=Rect(*row["screen"]),
        done=bool(row["done"]),
    )


def _make_thumbnail(data: bytes) -> str:
    from PIL import Image

    with Image.open(io.BytesIO(data)) as image:
        small = image.convert("RGB")
    small.thumbnail(_THUMBNAIL)
    written = io.BytesIO()
    small.save(written, "jpeg", quality=60)
    return base64.b64encode(written.getvalue()).decode("ascii")
