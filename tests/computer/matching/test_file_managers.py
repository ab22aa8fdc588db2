"""The windows of file managers, by the names of their programs."""

from __future__ import annotations

import pytest

from bridge.computer.desktop import Window
from bridge.computer.matching.file_managers import is_file_list
from bridge.computer.screen.geometry import Rect


def window(program: str, *, is_secondary: bool = False) -> Window:
    return Window("Files", program, Rect(0, 0, 9, 9), active=True, is_secondary=is_secondary)


@pytest.mark.parametrize("program", ["Pcmanfm", "thunar", "org.gnome.Nautilus", "explorer.exe"])
def test_a_file_manager_is_known_by_its_name(program: str) -> None:
    assert is_file_list(window(program))
    assert not is_file_list(window(program, is_secondary=True)), "its menus and dialogs act"


@pytest.mark.parametrize("program", ["Tk", "filezilla", "gimp", ""])
def test_other_programs_are_none(program: str) -> None:
    assert not is_file_list(window(program))
