"""A GTK 3 window in which Ctrl+S opens a dialog to save; gtk_save.py FILE writes each name to it.

A click on its button opens a menu.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, Gtk  # noqa: E402  # after their versions were chosen


def ask_name(window: Any, file: Path) -> bool:
    """Return that the keys were used."""
    dialog = Gtk.FileChooserDialog(
        title="Save as", transient_for=window, action=Gtk.FileChooserAction.SAVE
    )
    dialog.add_buttons("Cancel", Gtk.ResponseType.CANCEL, "Save", Gtk.ResponseType.OK)
    dialog.set_default_response(Gtk.ResponseType.OK)
    dialog.set_current_folder(str(file.parent))
    if dialog.run() == Gtk.ResponseType.OK:
        with file.open("a", encoding="utf-8") as names:
            names.write(f"{Path(dialog.get_filename()).name}\n")
    dialog.destroy()
    return True


def main(file: Path) -> None:
    window = Gtk.Window(title="Document")
    window.connect("destroy", Gtk.main_quit)
    keys = Gtk.AccelGroup()
    save = Gdk.keyval_from_name("s")
    keys.connect(
        save,
        Gdk.ModifierType.CONTROL_MASK,
        Gtk.AccelFlags.VISIBLE,
        lambda *_: ask_name(window, file),
    )
    window.add_accel_group(keys)
    box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL)
    menu = Gtk.Menu()
    for number in range(8):
        menu.append(Gtk.MenuItem(label=f"Item {number}"))
    menu.show_all()
    button = Gtk.MenuButton(label="Menu", popup=menu)
    box.pack_start(button, False, False, 0)
    box.pack_start(Gtk.TextView(), True, True, 0)
    window.add(box)
    window.set_default_size(800, 600)
    window.move(0, 0)
    window.show_all()
    Gtk.main()


main(Path(sys.argv[1]))
