"""The user's own names for models: those of the settings, and those saved in the dashboard."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Mapping
from pathlib import Path

from bridge.errors import SettingsError
from bridge.models.spelling import index_aliases
from bridge.private_files import make_private_folder, read_text, write_private
from bridge.setting_values import check_alias

_log = logging.getLogger(__name__)


class Aliases:
    """A table of names; a saved name wins over one of the settings.

    Names are in lower case. Each change is written to the file at once. `save` and `remove` may be
    called in several threads.
    """

    def __init__(self, path: Path, configured: Mapping[str, str]) -> None:
        self._path = path
        self._lock = threading.Lock()
        self.configured = configured
        """The names of the settings: a flag, a variable or the file."""
        self.saved: Mapping[str, str] = _load_names(path)
        self._merge()

    def _merge(self) -> None:
        self.names: Mapping[str, str] = {**self.configured, **self.saved}
        self.index = index_aliases(self.names)

    def preview(self, name: str, model: str | None) -> Mapping[str, str]:
        """Return the index as it would be with a name saved, or removed if `model` is None."""
        return index_aliases({**self.configured, **self._change(name, model)})

    def save(self, name: str, model: str) -> None:
        """Add a name, or change it. Raises SettingsError if the file cannot be written."""
        with self._lock:
            self._write(self._change(name, model))

    def remove(self, name: str) -> bool:
        """Remove a saved name, and return whether there was one. Raises SettingsError."""
        with self._lock:
            if name.strip().lower() not in self.saved:
                return False
            self._write(self._change(name, None))
        return True

    def _change(self, name: str, model: str | None) -> Mapping[str, str]:
        name = name.strip().lower()
        if model is not None:
            return {**self.saved, name: model.strip()}
        return {other: model for other, model in self.saved.items() if other != name}

    def _write(self, saved: Mapping[str, str]) -> None:
        make_private_folder(self._path.parent)
        write_private(self._path, json.dumps(saved, indent=1) + "\n")
        self.saved = saved
        self._merge()


def _load_names(path: Path) -> Mapping[str, str]:
    """Return the saved names; none, with a warning, if the file cannot be read."""
    try:
        table = json.loads(read_text(path) or "{}")
        for name, model in table.items():
            check_alias(name, model)
        return {name.strip().lower(): model.strip() for name, model in table.items()}
    except (SettingsError, ValueError, AttributeError, RecursionError) as error:
        # The server is of more use without these names than not at all.
        _log.warning("The model names saved in the dashboard cannot be read (%s): %s", path, error)
        return {}
