"""A GTK 3 window with controls of every kind; it writes where they are to a file.

gtk_controls.py FILE TITLE [BUTTON...]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import gi

gi.require_version("Atk", "1.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Atk, GLib, Gtk  # noqa: E402  # after their versions were chosen

WIDGETS: dict[str, Any] = {}


def keep(name: str, widget: Any) -> Any:
    WIDGETS[name] = widget
    return widget


def make_menu() -> Any:
    bar = Gtk.MenuBar()
    for title, items in (("File", ("Open", "Move to Trash")), ("Edit", ("Copy", "Delete"))):
        menu = Gtk.Menu()
        for label in items:
            menu.append(keep(f"{title} > {label}", Gtk.MenuItem(label=label)))
        head = keep(title, Gtk.MenuItem(label=title))
        head.set_submenu(menu)
        bar.append(head)
    return bar


def make_icon_button(name: str) -> Any:
    button = Gtk.Button.new_from_icon_name("user-trash", Gtk.IconSize.BUTTON)
    button.get_accessible().set_name(name)
    return keep(f"icon {name}", button)


def make_list() -> Any:
    rows = Gtk.ListStore(str)
    for name in ("Delete me.txt", "Notes.txt", "Order.txt"):
        rows.append([name])
    view = Gtk.TreeView(model=rows)
    view.append_column(Gtk.TreeViewColumn("Name", Gtk.CellRendererText(), text=0))
    return keep("list", view)


def make_notebook() -> Any:
    notebook = Gtk.Notebook()
    for page, label in (("General", "Erase all data"), ("Other", "Remove all")):
        notebook.append_page(keep(label, Gtk.Button(label=label)), Gtk.Label(label=page))
    return notebook


def make_window(title: str, labels: list[str]) -> Any:
    window = keep("window", Gtk.Window(title=title))
    window.move(40, 40)
    window.resize(500, 560)
    box = Gtk.VBox()
    window.add(box)
    box.add(make_menu())
    for label in labels:
        button = keep(label, Gtk.Button(label=label))
        if label.endswith("…") and label.startswith("Ask"):
            button.connect("clicked", lambda *_: make_dialog(window))
        box.add(button)
    box.add(make_icon_button("Delete row"))
    box.add(keep("label", Gtk.Label(label="Delete is a word in this text")))
    box.add(keep("entry", Gtk.Entry()))
    secret = keep("password", Gtk.Entry())
    secret.set_visibility(False)
    secret.set_text("hunter2")
    box.add(secret)
    box.add(keep("text", Gtk.TextView()))
    box.add(make_list())
    box.add(make_notebook())
    area = keep("drawing", Gtk.DrawingArea())
    area.set_size_request(60, 30)
    area.get_accessible().set_role(Atk.Role.DRAWING_AREA)
    box.add(area)
    window.connect("destroy", Gtk.main_quit)
    return window


def make_dialog(parent: Any) -> None:
    dialog = Gtk.MessageDialog(
        transient_for=parent,
        title="Editor",
        message_type=Gtk.MessageType.QUESTION,
        text="Save changes?",
        secondary_text="Your changes will be lost.",
    )
    for number, label in enumerate(("Don't Save", "Cancel", "Save")):
        keep(f"dialog {label}", dialog.add_button(label, number))
    dialog.set_default_response(1)
    dialog.connect("response", lambda *_: dialog.destroy())
    dialog.show_all()


def find_area(widget: Any) -> list[int] | None:
    if not widget.get_mapped():
        return None
    area, parent = widget.get_allocation(), widget.get_parent_window()
    if parent is None:
        return None
    _, left, top = parent.get_origin()
    left, top = left + area.x, top + area.y
    return [left, top, area.width, area.height]


def main(path: Path, title: str, labels: list[str]) -> None:
    make_window(title, labels).show_all()

    def write() -> bool:
        areas = {name: find_area(widget) for name, widget in WIDGETS.items()}
        new = path.with_suffix(".new")
        new.write_text(json.dumps(areas), "utf-8")
        new.replace(path)
        return True

    GLib.timeout_add(100, write)
    Gtk.main()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
