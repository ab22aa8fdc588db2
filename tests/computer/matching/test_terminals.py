"""Terminals are known by WM_CLASS, process or bundle id, not by their title."""

from __future__ import annotations

import pytest

from bridge.computer.desktop import Window
from bridge.computer.matching.terminals import is_editor_with_terminal, is_terminal
from bridge.computer.screen.geometry import Rect

TERMINALS = """
    XTerm UXTerm URxvt urxvt rxvt st st-256color foot footclient org.codeberg.dnkl.foot Tilix
    Terminator com.mitchellh.ghostty ghostty kgx org.gnome.Console org.gnome.Ptyxis
    Gnome-terminal gnome-terminal-server konsole org.kde.konsole Alacritty kitty
    org.wezfurlong.wezterm wezterm-gui.exe yakuake Guake Tilda Xfce4-terminal Lxterminal
    Mate-terminal qterminal cool-retro-term dev.warp.Warp-Stable Hyper.exe tabby.exe rio
    contour com.raggesilver.BlackBox mintty.exe pwsh.exe powershell.exe cmd.exe conhost.exe
    WindowsTerminal.exe OpenConsole.exe iTerm2 com.googlecode.iterm2 com.apple.Terminal Terminal
    ConsoleWindowClass CASCADIA_HOSTING_WINDOW_CLASS deepin-terminal io.elementary.terminal
    terminology sakura termite zutty cosmic-term x-terminal-emulator putty.exe wt.exe wsl.exe
    python3-xterm gnome-terminal-preview.AppImage
"""
EDITORS = """
    Code code.exe code-oss VSCodium cursor Cursor.exe windsurf com.microsoft.VSCode
    jetbrains-idea jetbrains-pycharm-ce jetbrains-studio idea64.exe com.jetbrains.intellij
    com.todesktop.230313mzl4w4u92 dev.zed.Zed Emacs kate
"""
OTHERS = """
    Steam steam.exe firefox Navigator org.gnome.TextEditor gedit Notes footballmanager
    barcode-reader Xcode hyperspace contours Tk best.exe encoder cmdlet-viewer studio-one
"""


def window(program: str, *names: str) -> Window:
    return Window("A title", program, Rect(0, 0, 9, 9), active=True, names=names)


@pytest.mark.parametrize("program", TERMINALS.split())
def test_a_terminal_is_known(program: str) -> None:
    assert is_terminal(window(program))
    assert is_terminal(window(program.upper()))
    assert is_terminal(window("Something", "else", program))


@pytest.mark.parametrize("program", EDITORS.split())
def test_an_editor_with_a_terminal_is_known(program: str) -> None:
    assert is_editor_with_terminal(window(program))
    assert not is_terminal(window(program))


@pytest.mark.parametrize("program", OTHERS.split())
def test_other_programs_are_neither(program: str) -> None:
    assert not is_terminal(window(program))
    assert not is_editor_with_terminal(window(program))


def test_a_title_makes_no_terminal() -> None:
    assert not is_terminal(Window("xterm", "Notes", Rect(0, 0, 9, 9), active=True))
