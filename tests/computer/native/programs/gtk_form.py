"""A GTK 3 form with controls of every kind; it writes what it has to a file.

gtk_form.py FILE TITLE
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GLib, Gtk  # noqa: E402  # after their versions were chosen


def add_row(box: Any, label: str, widget: Any) -> Any:
    """Add a widget with its label beside it."""
    row = Gtk.Box(spacing=6)
    text = Gtk.Label(label=label)
    text.set_mnemonic_widget(widget)
    row.pack_start(text, False, False, 0)
    row.pack_start(widget, True, True, 0)
    box.pack_start(row, False, False, 0)
    return widget


def wait_for_dialog(window: Any) -> None:
    """Open a dialog, and wait for it here, as many programs do."""
    dialog = Gtk.MessageDialog(transient_for=window, title="Question", text="Sure?")
    dialog.add_button("Yes", Gtk.ResponseType.YES)
    dialog.run()
    dialog.destroy()


def make_list() -> Any:
    rows = Gtk.ListStore(str)
    for name in ("Apple", "Pear", "Plum"):
        rows.append([name])
    view = Gtk.TreeView(model=rows)
    view.append_column(Gtk.TreeViewColumn("Fruit", Gtk.CellRendererText(), text=0))
    return view


def make_menu(window: Any, log: list[str]) -> Any:
    """Make a menu whose items have shortcuts: Ctrl and their first letter."""
    bar, menu, keys = Gtk.MenuBar(), Gtk.Menu(), Gtk.AccelGroup()
    window.add_accel_group(keys)
    for label in ("New", "Open"):
        item = Gtk.MenuItem(label=label)
        key, held = Gdk.keyval_from_name(label[0].lower()), Gdk.ModifierType.CONTROL_MASK
        item.add_accelerator("activate", keys, key, held, Gtk.AccelFlags.VISIBLE)
        item.connect("activate", lambda _, label=label: log.append(f"menu {label}"))
        menu.append(item)
    head = Gtk.MenuItem(label="File")
    head.set_submenu(menu)
    bar.append(head)
    return bar


def main(path: Path, title: str) -> None:
    log: list[str] = []
    window = Gtk.Window(title=title)
    window.move(40, 40)
    window.resize(500, 500)
    box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL)
    window.add(box)
    box.pack_start(make_menu(window, log), False, False, 0)
    city = add_row(box, "City", Gtk.Entry())
    secret = add_row(box, "Password", Gtk.Entry(visibility=False))
    size = add_row(box, "Size", Gtk.ComboBoxText())
    for name in ("Small", "Middle", "Large"):
        size.append_text(name)
    size.set_active(0)
    volume = add_row(box, "Volume", Gtk.Scale.new_with_range(0, 0, 100, 1))
    agree = Gtk.CheckButton(label="I agree")
    box.pack_start(agree, False, False, 0)
    ask = Gtk.Button(label="Ask")
    ask.connect("clicked", lambda _: wait_for_dialog(window))
    box.pack_start(ask, False, False, 0)
    for label in ("Send it", "Close", "Twice", "Twice"):
        button = Gtk.Button(label=label)
        button.connect("clicked", lambda _, label=label: log.append(label))
        box.pack_start(button, False, False, 0)
    grey = Gtk.Button(label="Grey", sensitive=False)
    box.pack_start(grey, False, False, 0)
    notes = Gtk.TextView()
    box.pack_start(notes, True, True, 0)
    box.pack_start(make_list(), False, False, 0)
    window.connect("destroy", Gtk.main_quit)

    def write() -> bool:
        buffer = notes.get_buffer()
        state = {
            "city": city.get_text(),
            "secret": secret.get_text(),
            "size": size.get_active_text(),
            "volume": volume.get_value(),
            "agree": agree.get_active(),
            "notes": buffer.get_text(buffer.get_start_iter(), buffer.get_end_iter(), True),
            "log": log,
        }
        new = path.with_suffix(".new")
        new.write_text(json.dumps(state), "utf-8")
        new.replace(path)
        return True

    window.show_all()
    GLib.timeout_add(20, write)
    Gtk.main()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
