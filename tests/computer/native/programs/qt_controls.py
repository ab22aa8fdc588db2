"""A window of Qt 5 or 6 with controls of every kind; it writes where they are to a file.

qt_controls.py FILE TITLE [BUTTON...]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

try:
    from PyQt6 import QtCore, QtWidgets
except ImportError:
    from PyQt5 import QtCore, QtWidgets

WIDGETS: dict[str, Any] = {}
MENU = ("&Open\tCtrl+O", "Move to &Trash\tDel", "&Delete permanently\tShift+Del")
_STYLE = QtWidgets.QStyle.StandardPixmap
_BUTTONS = QtWidgets.QMessageBox.StandardButton


def keep(name: str, widget: Any) -> Any:
    WIDGETS[name] = widget
    return widget


def make_icon_button(name: str, icon: Any, style: Any) -> Any:
    button = QtWidgets.QToolButton()
    button.setIcon(style.standardIcon(icon))
    button.setToolTip(name)
    return keep(f"icon {name}", button)


def make_window(title: str, labels: list[str], style: Any) -> Any:
    window = QtWidgets.QMainWindow()
    window.setWindowTitle(title)
    body = QtWidgets.QWidget()
    window.setCentralWidget(body)
    box = QtWidgets.QVBoxLayout(body)
    keep("menu", window.menuBar().addMenu("&File"))
    keep("bar", window.menuBar())
    for label in MENU:
        WIDGETS["menu"].addAction(label)
    for label in labels:
        button = keep(label, QtWidgets.QPushButton(label))
        if label.startswith("Ask"):
            button.clicked.connect(lambda: make_dialog(window))
        box.addWidget(button)
    box.addWidget(make_icon_button("Delete row", _STYLE.SP_TrashIcon, style))
    box.addWidget(make_icon_button("Browser forward", _STYLE.SP_ArrowForward, style))
    secret = QtWidgets.QLineEdit()
    secret.setEchoMode(QtWidgets.QLineEdit.EchoMode.Password)
    rows = QtWidgets.QListWidget()
    rows.addItems(["Delete me.txt", "Notes.txt"])
    for name, widget in (
        ("label", QtWidgets.QLabel("Delete is a word in this text")),
        *(("entry", QtWidgets.QLineEdit()), ("password", secret)),
        *(("text", QtWidgets.QTextEdit()), ("Remind me", QtWidgets.QCheckBox("Remind me"))),
        ("list", rows),
    ):
        box.addWidget(keep(name, widget))
    window.resize(500, 640)
    return window


def make_dialog(parent: Any) -> None:
    dialog = QtWidgets.QMessageBox(parent)
    dialog.setWindowTitle("Editor")
    dialog.setText("Save changes?")
    dialog.setInformativeText("Your changes will be lost.")
    for name, button in (("Don't Save", _BUTTONS.Discard), ("Cancel", _BUTTONS.Cancel)):
        keep(f"dialog {name}", dialog.addButton(button))
    dialog.setDefaultButton(_BUTTONS.Cancel)
    dialog.open()


def find_area(widget: Any, area: Any = None) -> list[int] | None:
    """Return the area on the screen of a widget, or of a part of it."""
    if not widget.isVisible():
        return None
    part = widget.rect() if area is None else area
    place = widget.mapToGlobal(part.topLeft())
    return [place.x(), place.y(), part.width(), part.height()]


def list_areas() -> dict[str, list[int] | None]:
    menu, bar = WIDGETS["menu"], WIDGETS["bar"]
    areas = {name: find_area(widget) for name, widget in WIDGETS.items()}
    areas["File"] = find_area(bar, bar.actionGeometry(bar.actions()[0]))
    for action in menu.actions():
        name = action.text().replace("&", "").partition("\t")[0]
        areas[f"File > {name}"] = find_area(menu, menu.actionGeometry(action))
    return areas


def main(path: Path, title: str, labels: list[str]) -> None:
    app = QtWidgets.QApplication(sys.argv[:1])
    window = make_window(title, labels, app.style())
    window.show()

    def write() -> None:
        new = path.with_suffix(".new")
        new.write_text(json.dumps(list_areas()), "utf-8")
        new.replace(path)

    timer = QtCore.QTimer()
    timer.timeout.connect(write)
    timer.start(100)
    app.exec() if hasattr(app, "exec") else app.exec_()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
