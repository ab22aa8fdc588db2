"""Store the tray's own preferences in `tray.json`."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from bridge.errors import SettingsError
from bridge.private_files import write_private

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Preferences:
    """The values of `tray.json`."""

    greeted: bool = False
    """Whether the notification of the first start was shown."""
    alerts: tuple[str, ...] = ()
    """The alerts about plans that the server reports and that were shown."""


class PreferenceStore:
    """A small file in the data folder; an unreadable one counts as new."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.values = _load_preferences(path)

    def save(self, **changes: Any) -> None:
        """Write the whole file or nothing; after a failure, values are lost when the tray ends."""
        self.values = replace(self.values, **changes)
        try:
            write_private(self._path, json.dumps(asdict(self.values)))
        except SettingsError as error:
            _log.warning("%s", error)


def _load_preferences(path: Path) -> Preferences:
    try:
        stored = json.loads(path.read_text("utf-8"))
        alerts = stored.get("alerts", [])
        return Preferences(bool(stored.get("greeted")), tuple(str(key) for key in alerts))
    except FileNotFoundError:
        return Preferences()
    except (OSError, ValueError, TypeError, AttributeError) as error:
        _log.warning("%s cannot be read; starting with a new one: %s", path, error)
        return Preferences()
