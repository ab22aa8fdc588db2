"""A GTK 4 window with controls of every kind; it writes where they are in it to a file.

gtk4_controls.py FILE TITLE [BUTTON...]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import gi

gi.require_version("Gtk", "4.0")
from gi.repository import Gio, GLib, Gtk  # noqa: E402  # after its version was chosen

WIDGETS: dict[str, Any] = {}
MENU = ("_Open", "Move to _Trash", "_Rename…")


def keep(name: str, widget: Any) -> Any:
    WIDGETS[name] = widget
    return widget


def make_menu(app: Any) -> Any:
    menu = Gio.Menu()
    for number, label in enumerate(MENU):
        menu.append(label, f"app.item{number}")
        app.add_action(Gio.SimpleAction.new(f"item{number}", None))
    return keep("File", Gtk.MenuButton(label="File", menu_model=menu))


def make_icon_button(name: str, icon: str) -> Any:
    button = Gtk.Button.new_from_icon_name(icon)
    button.set_tooltip_text(name)
    return keep(f"icon {name}", button)


def make_list() -> Any:
    rows = Gtk.ListBox()
    for name in ("Delete me.txt", "Notes.txt"):
        rows.append(keep(name, Gtk.Label(label=name, xalign=0)))
    return rows


def make_window(app: Any, title: str, labels: list[str]) -> Any:
    window = keep("window", Gtk.ApplicationWindow(application=app, title=title))
    window.set_default_size(600, 620)
    box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL)
    window.set_child(box)
    box.append(make_menu(app))
    for label in labels:
        button = keep(label, Gtk.Button.new_with_mnemonic(label))
        if label.startswith("Ask"):
            button.connect("clicked", lambda *_: make_dialog(window))
        box.append(button)
    box.append(make_icon_button("Delete row", "user-trash"))
    box.append(make_icon_button("Add row", "list-add"))
    box.append(keep("label", Gtk.Label(label="Delete is a word in this text")))
    for name, field in (
        *(("entry", Gtk.Entry()), ("password", Gtk.PasswordEntry()), ("text", Gtk.TextView())),
        *(("Remind me", Gtk.CheckButton(label="Remind me")), ("switch", Gtk.Switch())),
    ):
        field.set_size_request(-1, 24)
        box.append(keep(name, field))
    box.append(make_list())
    return window


def make_dialog(parent: Any) -> None:
    dialog = Gtk.MessageDialog(
        transient_for=parent,
        modal=True,
        title="Editor",
        text="Save changes?",
        secondary_text="Your changes will be lost.",
    )
    for number, label in enumerate(("Don't Save", "Cancel", "Save")):
        keep(f"dialog {label}", dialog.add_button(label, number))
    dialog.set_default_response(1)
    dialog.connect("response", lambda *_: dialog.destroy())
    dialog.present()


def find_area(widget: Any) -> list[Any] | None:
    """Return the title of the window of a widget, and the area in it."""
    root = widget.get_root()
    if root is None or not widget.get_mapped():
        return None
    found, area = widget.compute_bounds(root)
    sides = (area.get_x(), area.get_y(), area.get_width(), area.get_height())
    return [root.get_title(), *map(round, sides)] if found else None


def main(path: Path, title: str, labels: list[str]) -> None:
    app = Gtk.Application(flags=Gio.ApplicationFlags.NON_UNIQUE)
    app.connect("activate", lambda app: make_window(app, title, labels).present())

    def write() -> bool:
        areas = {name: find_area(widget) for name, widget in WIDGETS.items()}
        new = path.with_suffix(".new")
        new.write_text(json.dumps(areas), "utf-8")
        new.replace(path)
        return True

    GLib.timeout_add(100, write)
    app.run()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
