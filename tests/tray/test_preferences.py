"""The tray's own preferences."""

from __future__ import annotations

from pathlib import Path

import pytest

from tray.preferences import Preferences, PreferenceStore


@pytest.mark.parametrize("broken", ["", "[]", "{", '{"checked_at": "never"}'])
def test_preferences_are_stored_and_a_broken_file_counts_as_new(
    tmp_path: Path, broken: str
) -> None:
    path = tmp_path / "data" / "tray.json"
    PreferenceStore(path).save(greeted=True, checked_at=5.0)
    assert PreferenceStore(path).values == Preferences(greeted=True, checked_at=5.0)
    path.write_text(broken)
    assert PreferenceStore(path).values == Preferences()
