"""What was done on the desktop: JSON lines, one an action, for the person alone."""

from __future__ import annotations

import base64
import io
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.computer.actions import Action, Type, read_action
from bridge.computer.batch import Outcome
from bridge.computer.screen.geometry import Rect, Size, View
from bridge.errors import BridgeError, SettingsError

LARGEST = 20 * 1024 * 1024
"""Bytes; then the file is put aside as `.1`, and the one that was there is gone."""

_THUMBNAIL = (320, 320)
_SECRET_RISK = "a password"  # noqa: S105 - the name of a risk


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: what, where, when, who asked, who agreed."""

    at: float
    """Unix seconds."""
    asked_by: str
    approved_by: str
    view: View
    outcome: Outcome

    def row(self, *, thumbnails: bool) -> dict[str, Any]:
        """As it is written. A text that may be a password is left out, and its length kept."""
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
            "result": outcome.text,
        }
        if isinstance(outcome.action, Type) and _SECRET_RISK in outcome.risks:
            count = len(outcome.action.text)
            row["what"] = f"Type {count} characters (left out: {_SECRET_RISK})"
            row["action"] = {"action": "type", "text": None, "characters": count}
        if thumbnails and outcome.picture is not None:
            row["thumbnail"] = _thumbnail(outcome.picture.data)
        return row


@dataclass(frozen=True, slots=True)
class Step:
    """A line that was read again."""

    at: float
    what: str
    action: Action | None
    """None where its text was left out."""
    picture: Size
    screen: Rect
    done: bool


class ActionLog:
    """Appends; called in one thread at a time. The file is 0600."""

    def __init__(self, path: Path, *, thumbnails: bool = False) -> None:
        self._path = path
        self._thumbnails = thumbnails

    def write(self, entry: Entry) -> None:
        """A whole line in one write: a crash leaves no half of one."""
        row = entry.row(thumbnails=self._thumbnails)
        line = json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n"
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self._path.exists() and self._path.stat().st_size > LARGEST:
            self._path.replace(self._path.with_name(self._path.name + ".1"))
        handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(handle, "ab") as file:
            file.write(line.encode("utf-8", "replace"))


def read_log(path: Path) -> Iterator[Step]:
    """The lines of a log, in order. Raises SettingsError that names the line that is none."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from error
    for number, line in enumerate(lines, start=1):
        try:
            yield _step(json.loads(line))
        except (ValueError, KeyError, TypeError, BridgeError) as error:
            raise SettingsError(f"{path}: line {number} is no line of an action log") from error


def _step(row: Mapping[str, Any]) -> Step:
    given = dict(row["action"])
    member = given.pop("action")
    left_out = member == Type.member and given.get("text") is None
    return Step(
        at=float(row["at"]),
        what=str(row["what"]),
        action=None if left_out else read_action(member, given),
        picture=Size(*row["picture"]),
        screen=Rect(*row["screen"]),
        done=bool(row["done"]),
    )


def _thumbnail(data: bytes) -> str:
    from PIL import Image

    with Image.open(io.BytesIO(data)) as image:
        small = image.convert("RGB")
    small.thumbnail(_THUMBNAIL)
    written = io.BytesIO()
    small.save(written, "jpeg", quality=60)
    return base64.b64encode(written.getvalue()).decode("ascii")
