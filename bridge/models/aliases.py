"""The user's own names for models: those of the settings, and those saved in the dashboard."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path

from bridge.errors import SettingsError
from bridge.models.spelling import index_aliases
from bridge.private_files import make_private_folder, read_text, write_private

_log = logging.getLogger(__name__)


class Aliases:
    """A table of names; a saved name wins over one of the settings.

    Names are in lower case. Each change is written to the file at once.
    """

    def __init__(self, path: Path, configured: Mapping[str, str]) -> None:
        self._path = path
        self._configured = configured
        self.saved: Mapping[str, str] = _load_names(path)
        self._merge()

    def _merge(self) -> None:
        self.names: Mapping[str, str] = {**self._configured, **self.saved}
        self.index = index_aliases(self.names)

    def save(self, name: str, model: str) -> None:
        """Add a name, or change it. Raises SettingsError if the file cannot be written."""
        self._write({**self.saved, name.strip().lower(): model.strip()})

    def remove(self, name: str) -> bool:
        """Remove a saved name, and return whether there was one. Raises SettingsError."""
        name = name.strip().lower()
        if name not in self.saved:
            return False
        self._write({other: model for other, model in self.saved.items() if other != name})
        return True

    def _write(self, saved: Mapping[str, str]) -> None:
        make_private_folder(self._path.parent)
        write_private(self._path, json.dumps(saved, indent=1) + "\n")
        self.saved = saved
        self._merge()


def _load_names(path: Path) -> Mapping[str, str]:
    """Return the saved names; none, with a warning, if the file cannot be read."""
    try:
        table = json.loads(read_text(path) or "{}")
        return {str(name): str(model) for name, model in table.items()}
    except (SettingsError, ValueError, AttributeError, RecursionError) as error:
        # The server is of more use without these names than not at all.
        _log.warning("The model names saved in the dashboard cannot be read (%s): %s", path, error)
        return {}
