"""The file managers that are known: a click in their windows selects a file, or opens one.

To add one, add its WM_CLASS, executable or bundle id to the list; case is ignored.
"""

from __future__ import annotations

from bridge.computer.desktop import Window
from bridge.computer.matching.terminals import is_program

FILE_MANAGERS = frozenset(
    (
        *("caja", "com.apple.finder", "dde-file-manager", "dolphin", "doublecmd", "explorer"),
        *("finder", "io.elementary.files", "krusader", "nautilus", "nemo", "org.gnome.nautilus"),
        *("org.kde.dolphin", "pantheon-files", "pcmanfm", "pcmanfm-qt", "peony", "rox", "spacefm"),
        *("thunar", "worker", "xfe", "zzzfm"),
    )
)


def is_file_list(window: Window) -> bool:
    """Return whether a window is that of a file manager, and neither its menu nor its dialog."""
    return not window.is_secondary and is_program(window, FILE_MANAGERS)
