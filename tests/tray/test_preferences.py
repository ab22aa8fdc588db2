"""The tray's own preferences."""

from __future__ import annotations

from pathlib import Path

import pytest

from tray.preferences import Preferences, PreferenceStore


@pytest.mark.parametrize("broken", ["", "[]", "{", '"on"'])
def test_preferences_are_stored_and_a_broken_file_counts_as_new(
    tmp_path: Path, broken: str
) -> None:
    path = tmp_path / "data" / "tray.json"
    PreferenceStore(path).save(greeted=True)
    assert PreferenceStore(path).values == Preferences(greeted=True)
    path.write_text(broken)
    assert PreferenceStore(path).values == Preferences()


def test_alerts_are_remembered_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "tray.json"
    store = PreferenceStore(path)
    store.save(greeted=True)
    store.save(alerts=("default five_hour:0.8:9", "default extra:9"))
    assert PreferenceStore(path).values == Preferences(
        greeted=True, alerts=("default five_hour:0.8:9", "default extra:9")
    )


def test_what_an_earlier_version_stored_is_ignored(tmp_path: Path) -> None:
    path = tmp_path / "tray.json"
    path.write_text('{"greeted": true, "check_for_updates": true, "checked_at": 5.0}')
    assert PreferenceStore(path).values == Preferences(greeted=True)
