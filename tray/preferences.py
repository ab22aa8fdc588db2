"""What the tray itself remembers: whether it has greeted, and whether it looks for updates."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Kept:
    """The values of `tray.json`."""

    greeted: bool = False
    check_for_updates: bool = False
    checked_at: float = 0.0
    """Unix seconds."""


class Memory:
    """A small file in the data folder; one that cannot be read counts as new."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.kept = _read(path)

    def keep(self, **changes: Any) -> None:
        """Writes it whole or not at all; where it cannot be written, it holds until the end."""
        self.kept = replace(self.kept, **changes)
        new = self._path.with_suffix(".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            new.write_text(json.dumps(asdict(self.kept)), "utf-8")
            new.replace(self._path)
        except OSError as error:
            _log.warning("%s cannot be written: %s", self._path, error)


def _read(path: Path) -> Kept:
    try:
        said = json.loads(path.read_text("utf-8"))
        return Kept(
            bool(said.get("greeted")),
            bool(said.get("check_for_updates")),
            float(said.get("checked_at", 0)),
        )
    except FileNotFoundError:
        return Kept()
    except (OSError, ValueError, TypeError, AttributeError) as error:
        _log.warning("%s cannot be read, and is begun anew: %s", path, error)
        return Kept()
