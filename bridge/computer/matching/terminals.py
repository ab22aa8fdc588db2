"""The terminals that are known: what is typed into them runs as a command.

To add one, add its WM_CLASS, executable or bundle id to a list; case is ignored. On X11
`xprop WM_CLASS _NET_WM_PID` and a click show the names of a window.
"""

from __future__ import annotations

import re

from bridge.computer.desktop import Window


def _read_names(table: str) -> frozenset[str]:
    return frozenset(table.split())


TERMINALS = _read_names(
    """
    alacritty aterm bash black-box blackbox bterm butterfly cascadia_hosting_window_class cathode
    cmd cmder co.zeit.hyper com.apple.terminal com.github.wez.wezterm com.googlecode.iterm2
    com.mitchellh.ghostty com.netsarang.xshell com.panic.prompt.3 com.raggesilver.blackbox
    com.system76.cosmicterm com.termius-dmg.mac conemu conemu64 conhost consolewindowclass contour
    cool-retro-term cosmic-term dash deepin-terminal dev.commandline.waveterm dev.warp.warp
    dev.warp.warp-stable domterm eterm evilvte extraterm fbterm finalterm fish fluent-terminal
    fluentterminal.app foot foot-server footclient germinal ghostty git-bash gnome-console
    gnome-terminal gnome-terminal-server gtkterm guake havoc hterm hyper hyperterm io.alacritty
    io.elementary.terminal iterm iterm2 jfbterm kermit kgx kitty konsole ksh kterm kuake kvt
    lilyterm lxterm lxterminal mate-terminal microsoft.windowsterminal mintty mlterm mobaxterm
    mremoteng mrxvt msys2 mxterm net.kovidgoyal.kitty nu nushell nxterm openconsole org.alacritty
    org.codeberg.dnkl.foot org.contourterminal.contour org.gnome.console org.gnome.ptyxis
    org.gnome.ptyxis.devel org.gnome.terminal org.kde.konsole org.kde.yakuake org.tabby
    org.tabby.app org.wezfurlong.wezterm pantheon-terminal powershell powershell_ise prompt
    pseudoconsolewindow pterm ptyxis putty puttytel pwsh pwsh-preview qmlkonsole qterminal rio
    roxterm royalts rterm rxvt rxvt-unicode sakura screen securecrt sh ssh st st-256color stjerm
    stterm tabby tcsh telnet terminal terminal.app terminator terminix terminology terminus termit
    termite termius termux tilda tilix tmux tn5250 ttyd tym urxvt urxvtc urxvtd uxterm
    virtualconsoleclass vte warp warp-terminal waveterm wayst wezterm wezterm-gui windowsterminal
    windowsterminalpreview wsl wslhost wt x-terminal-emulator xfce4-terminal xiterm xshell xterm
    xterm-256color xvt yaft yakuake zoc zsh zutty
    """
)
"""Whole names. Shells are here because Windows names a console by the program in it."""

_PARTS = (
    "cool-retro-term",
    "gnome-terminal",
    "konsole",
    "powershell",
    "rxvt",
    "terminal",
    "wezterm",
    "xterm",
)
"""Parts of names, for variants that no list can name."""

EDITORS = _read_names(
    """
    antigravity antigravity-ide clion code code-insiders code-oss code-url-handler codium
    com.exafunction.windsurf com.google.android.studio com.jetbrains.clion com.jetbrains.datagrip
    com.jetbrains.goland com.jetbrains.intellij com.jetbrains.intellij.ce com.jetbrains.phpstorm
    com.jetbrains.pycharm com.jetbrains.pycharm.ce com.jetbrains.rider com.jetbrains.rubymine
    com.jetbrains.rustrover com.jetbrains.webstorm com.microsoft.vscode
    com.microsoft.vscodeinsiders com.todesktop.230313mzl4w4u92 com.visualstudio.code
    com.visualstudio.code.oss com.vscodium com.vscodium.codium cursor cursor-url-handler datagrip
    datagrip64 dataspell dev.zed.zed dev.zed.zed-preview devenv eclipse emacs emacs-gtk fleet
    gnome-builder gnu.emacs goland goland64 gvim idea idea-ce idea64 jupyter-lab jupyterlab kate
    kdevelop kiro lapce neovide nvim nvim-qt org.gnome.builder org.gnu.emacs org.kde.kate
    org.kde.kdevelop phpstorm phpstorm64 posit.positron positron pulsar pycharm pycharm-ce
    pycharm64 rider rider64 rstudio rubymine rubymine64 rustrover rustrover64 studio studio64
    tabnine-ide theia trae vim void vscode vscode-insiders vscodium webstorm webstorm64 windsurf
    zed zed-editor zeditor
    """
)
"""Editors with a terminal of their own, which no program outside can tell from their text."""

_EDITOR_PARTS = ("jetbrains", "visual studio code", "vscode")

_SUFFIX = re.compile(r"\.(exe|app|appimage|py|sh|bin|desktop)$|-bin$")


def is_terminal(window: Window) -> bool:
    """Return whether a window is a known terminal, by WM_CLASS, process or bundle id."""
    return any(_is_listed(name, TERMINALS, _PARTS) for name in _list_names(window))


def is_editor_with_terminal(window: Window) -> bool:
    """Return whether a window is an editor that may have a terminal in it."""
    return any(_is_listed(name, EDITORS, _EDITOR_PARTS) for name in _list_names(window))


def is_program(window: Window, names: frozenset[str]) -> bool:
    """Return whether a window is that of a listed program, by WM_CLASS, process or bundle id."""
    return any(_is_listed(name, names, ()) for name in _list_names(window))


def _list_names(window: Window) -> list[str]:
    return [name.casefold().strip() for name in (window.program, *window.names)]


def _is_listed(name: str, names: frozenset[str], parts: tuple[str, ...]) -> bool:
    whole = _SUFFIX.sub("", name).strip(".-_ ")
    # A name without version, such as `python3.11`'s, and the last part of a reverse domain name.
    last = whole.rpartition(".")[2]
    bare = re.sub(r"[-_. ]?\d[\d.]*$", "", whole)
    return bool(names & {name, whole, last, bare}) or any(part in whole for part in parts)
